import { checkCount } from './checks.js'
import { SocketError } from './errors.js'
import type { FrameDecoder } from './framing-source.js'
import { PartialFrame } from './partial-frame.js'

/** Options of {@link DelimiterDecoder}. */
export interface DelimiterOptions {
  /** octets of a frame without its delimiter (default 1 MiB: memory that a peer can claim) */
  maxSize?: number
}

/**
 * Frames that end with a delimiter of one or more octets; the delimiter is not part of the frame. A frame is what stands
 * before the first occurrence of the delimiter, also where the delimiter's own beginning repeats (`aab` in `aaab`).
 */
export class DelimiterDecoder implements FrameDecoder<Uint8Array> {
  private readonly delimiter: Uint8Array
  private readonly last: number
  private readonly maxSize: number
  private readonly partial = new PartialFrame()
  private dead: SocketError | undefined = undefined

  /**
   * @param delimiter octets, or a string that is taken as UTF-8
   * @throws RangeError it is empty, or an option makes no sense
   */
  constructor(delimiter: string | Uint8Array, options: DelimiterOptions = {}) {
    checkCount('maxSize', options.maxSize)
    this.delimiter = typeof delimiter === 'string' ? new TextEncoder().encode(delimiter) : delimiter.slice()
    if (this.delimiter.length === 0) throw new RangeError('a delimiter has at least one octet')
    this.last = this.delimiter[this.delimiter.length - 1]!
    this.maxSize = options.maxSize ?? 1024 * 1024
  }

  /** Octets of a frame that is not complete yet. */
  get buffered(): number {
    return this.partial.size
  }

  push(chunk: Uint8Array, frame: (frame: Uint8Array) => void): void {
    if (this.dead !== undefined) throw this.dead
    const { last, partial } = this
    const { length } = this.delimiter
    let start = 0
    // Each place where the delimiter's last octet stands is looked at once, backwards from there.
    for (let at = chunk.indexOf(last); at !== -1; at = chunk.indexOf(last, at + 1)) {
      const size = partial.size + at + 1 - start
      if (size < length || !this.endsWith(chunk, start, at)) continue
      if (size - length > this.maxSize) this.fail()
      if (partial.size === 0) {
        const end = at + 1 - length
        const from = start
        start = at + 1
        frame(chunk.slice(from, end))
      } else {
        partial.add(chunk, start, at + 1)
        start = at + 1
        frame(partial.take(length))
      }
    }
    // The delimiter may have begun: that much may stand beyond the limit.
    if (partial.size + chunk.length - start > this.maxSize + length - 1) this.fail()
    if (start < chunk.length) partial.add(chunk, start, chunk.length)
  }

  end(_frame?: (frame: Uint8Array) => void): void {
    if (this.dead !== undefined) throw this.dead
    if (this.partial.size > 0) throw new SocketError('SOCKET_ERR_TRUNCATED', 'the source ended before a delimiter')
  }

  /** Whether the delimiter ends at `chunk[at]`, with its beginning perhaps in an earlier chunk. */
  private endsWith(chunk: Uint8Array, start: number, at: number): boolean {
    const { delimiter, partial } = this
    for (let index = delimiter.length - 2, back = at - 1; index >= 0; index--, back--) {
      const octet = back >= start ? chunk[back] : partial.at(partial.size + back - start)
      if (octet !== delimiter[index]) return false
    }
    return true
  }

  private fail(): never {
    this.partial.clear()
    this.dead = new SocketError('SOCKET_ERR_FRAME_TOO_LARGE', `a frame has more than ${this.maxSize} octets`)
    throw this.dead
  }
}
