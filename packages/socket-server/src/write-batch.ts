/** What a corked connection collects: strings stay strings, because one joined string is the cheapest write there is. */
export class WriteBatch {
  private text = ''
  private encoding: BufferEncoding = 'latin1'
  private parts: Uint8Array[] | undefined = undefined
  /** Octets collected; strings that are still strings count one per UTF-16 unit. */
  size = 0

  add(data: string | Uint8Array, encoding: 'utf8' | 'latin1'): void {
    this.size += data.length
    if (typeof data === 'string') {
      if (this.text === '') this.encoding = encoding
      else if (this.encoding !== encoding) this.seal()
      if (this.text === '') this.encoding = encoding
      this.text += data
      return
    }
    this.seal()
    this.parts ??= []
    this.parts.push(data)
  }

  /** The batch as one piece; undefined when it is empty. */
  take(): { data: string | Uint8Array; encoding: BufferEncoding } | undefined {
    if (this.parts === undefined) {
      return this.text === '' ? undefined : { data: this.text, encoding: this.encoding }
    }
    this.seal()
    return { data: this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts), encoding: 'latin1' }
  }

  private seal(): void {
    if (this.text === '') return
    this.parts ??= []
    this.parts.push(Buffer.from(this.text, this.encoding))
    this.text = ''
  }
}
