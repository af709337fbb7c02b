import { checkCount } from './checks.js'
import { SocketError } from './errors.js'
import type { FrameDecoder } from './framing-source.js'
import { PartialFrame } from './partial-frame.js'

/** Options of {@link LineDecoder}. */
export interface LineOptions {
  /** octets of a line without its end (default 64 KiB: memory that a peer can claim) */
  maxLength?: number
  /** how octets become a string (default `utf8`; malformed UTF-8 becomes U+FFFD, as everywhere on the web) */
  encoding?: 'utf8' | 'latin1'
}

const LF = 10
const CR = 13

/**
 * Lines that end with CR LF or LF; the end is not part of the line. A CR that no LF follows belongs to the line.
 * Characters are decoded from whole lines, so UTF-8 that was split across chunks is whole again.
 */
export class LineDecoder implements FrameDecoder<string> {
  private readonly maxLength: number
  private readonly decode: (octets: Uint8Array) => string
  private readonly partial = new PartialFrame()
  private dead: SocketError | undefined = undefined

  /** @throws RangeError TypeError an option makes no sense */
  constructor(options: LineOptions = {}) {
    checkCount('maxLength', options.maxLength)
    this.maxLength = options.maxLength ?? 64 * 1024
    // A byte order mark is data here, as any other character: only files have one.
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
    const { encoding = 'utf8' } = options
    if (encoding !== 'utf8' && encoding !== 'latin1')
      throw new TypeError(`encoding is 'utf8' or 'latin1', not ${String(encoding)}`)
    this.decode = encoding === 'latin1' ? latin1 : (octets) => utf8.decode(octets)
  }

  /** Octets of a line that is not complete yet. */
  get buffered(): number {
    return this.partial.size
  }

  push(chunk: Uint8Array, frame: (line: string) => void): void {
    if (this.dead !== undefined) throw this.dead
    const { partial } = this
    let start = 0
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, start)) {
      let octets: Uint8Array
      if (partial.size === 0) octets = withoutCr(chunk.subarray(start, at))
      else {
        if (partial.size + at - start > this.maxLength + 1) this.fail()
        partial.add(chunk, start, at)
        octets = withoutCr(partial.view())
      }
      if (octets.length > this.maxLength) this.fail()
      const line = this.decode(octets)
      partial.clear()
      start = at + 1
      frame(line)
    }
    if (start === chunk.length) return
    // A CR may be the first half of the line's end: one octet beyond the limit can still be right.
    const rest = partial.size + chunk.length - start
    if (rest > this.maxLength + 1 || (rest > this.maxLength && chunk[chunk.length - 1] !== CR)) this.fail()
    partial.add(chunk, start, chunk.length)
  }

  /** The source has ended; a last line without its end is a line. @throws SocketError `SOCKET_ERR_LINE_TOO_LONG` */
  end(frame: (line: string) => void): void {
    if (this.dead !== undefined) throw this.dead
    if (this.partial.size === 0) return
    if (this.partial.size > this.maxLength) this.fail()
    frame(this.decode(this.partial.take()))
  }

  private fail(): never {
    this.partial.clear()
    this.dead = new SocketError('SOCKET_ERR_LINE_TOO_LONG', `a line has more than ${this.maxLength} octets`)
    throw this.dead
  }
}

function withoutCr(octets: Uint8Array): Uint8Array {
  const end = octets.length
  return end > 0 && octets[end - 1] === CR ? octets.subarray(0, end - 1) : octets
}

/** One character per octet. TextDecoder has no such encoding: its "latin1" is windows-1252. */
function latin1(octets: Uint8Array): string {
  let text = ''
  for (let at = 0; at < octets.length; at += 4096) text += String.fromCharCode(...octets.subarray(at, at + 4096))
  return text
}
