/** Up to here one copied piece is cheaper than a vector of pieces. */
const JOINED = 16 * 1024

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

  /** The whole batch as one string, if nothing but strings of one encoding came. */
  get string(): string | undefined {
    return this.pieces === undefined ? this.text : undefined
  }

  /** The encoding of `string`. */
  get stringEncoding(): BufferEncoding {
    return this.encoding
  }

  /** The batch as octets: in one piece as long as that is the cheaper way, because copying large pieces is not. */
  octets(): Uint8Array[] {
    this.seal()
    const pieces = this.pieces ?? []
    return pieces.length > 1 && this.size <= JOINED ? [Buffer.concat(pieces)] : pieces
  }

  private seal(): void {
    if (this.text === '') return
    this.pieces ??= []
    this.pieces.push(Buffer.from(this.text, this.encoding))
    this.text = ''
  }
}
