/** What a corked connection collects. Strings stay strings, because one joined string is the cheapest write there is. */
export class WriteBatch {
  /** Octets collected; what is still a string counts one per UTF-16 unit. */
  size = 0
  private text = ''
  private encoding: BufferEncoding = 'utf8'
  private pieces: Uint8Array[] | undefined = undefined

  add(data: string | Uint8Array, encoding: 'utf8' | 'latin1'): void {
    this.size += data.length
    if (typeof data === 'string') {
      if (encoding !== this.encoding) {
        this.seal()
        this.encoding = encoding
      }
      this.text += data
      return
    }
    this.seal()
    this.pieces ??= []
    this.pieces.push(data)
  }

  /** The batch in one piece: a string as long as nothing but strings of one encoding came. */
  join(): { data: string | Uint8Array; encoding: BufferEncoding } {
    if (this.pieces === undefined) return { data: this.text, encoding: this.encoding }
    this.seal()
    return { data: this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces), encoding: 'latin1' }
  }

  private seal(): void {
    if (this.text === '') return
    this.pieces ??= []
    this.pieces.push(Buffer.from(this.text, this.encoding))
    this.text = ''
  }
}
