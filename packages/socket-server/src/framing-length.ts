import { checkCount } from './checks.js'
import { SocketError } from './errors.js'
import type { FrameDecoder } from './framing-source.js'
import { PartialFrame } from './partial-frame.js'

/** Options of {@link LengthPrefixDecoder} and {@link encodeLengthPrefixed}. */
export interface LengthPrefixOptions {
  /** octets of the length: 1, 2 or 4 (default 4) */
  prefix?: 1 | 2 | 4
  /** the length's least significant octet comes first (default false: network order) */
  littleEndian?: boolean
  /** octets of a frame (default 1 MiB: memory that a peer can claim) */
  maxSize?: number
}

/** Frames that begin with their length, which does not count itself. */
export class LengthPrefixDecoder implements FrameDecoder<Uint8Array> {
  private readonly prefix: number
  private readonly littleEndian: boolean
  private readonly maxSize: number
  /** The prefix as far as it has come, then the frame. */
  private readonly partial = new PartialFrame()
  /** Size of the frame that is under way; −1: its prefix is not complete. */
  private expected = -1
  private dead: SocketError | undefined = undefined

  /** @throws RangeError an option makes no sense */
  constructor(options: LengthPrefixOptions = {}) {
    this.prefix = checkPrefix(options.prefix ?? 4)
    checkCount('maxSize', options.maxSize)
    this.littleEndian = options.littleEndian ?? false
    this.maxSize = options.maxSize ?? 1024 * 1024
  }

  /** Octets of a frame that is not complete yet, its prefix included. */
  get buffered(): number {
    return this.partial.size + (this.expected === -1 ? 0 : this.prefix)
  }

  push(chunk: Uint8Array, frame: (frame: Uint8Array) => void): void {
    if (this.dead !== undefined) throw this.dead
    const { partial } = this
    let at = 0
    for (;;) {
      if (this.expected === -1) {
        const end = Math.min(chunk.length, at + this.prefix - partial.size)
        partial.add(chunk, at, end)
        at = end
        if (partial.size < this.prefix) return
        this.expected = readLength(partial.take(), this.littleEndian)
        if (this.expected > this.maxSize) this.fail()
      }
      const missing = this.expected - partial.size
      if (chunk.length - at < missing) {
        partial.add(chunk, at, chunk.length)
        return
      }
      let whole: Uint8Array
      if (partial.size === 0) whole = chunk.slice(at, at + missing)
      else {
        partial.add(chunk, at, at + missing)
        whole = partial.take()
      }
      at += missing
      this.expected = -1
      frame(whole)
    }
  }

  end(_frame?: (frame: Uint8Array) => void): void {
    if (this.dead !== undefined) throw this.dead
    if (this.buffered > 0) throw new SocketError('SOCKET_ERR_TRUNCATED', 'the source ended inside a frame')
  }

  private fail(): never {
    const message = `a frame announces ${this.expected} octets, more than ${this.maxSize}`
    this.dead = new SocketError('SOCKET_ERR_FRAME_TOO_LARGE', message)
    throw this.dead
  }
}

/**
 * The frame with its length before it.
 *
 * @throws RangeError the frame is larger than the prefix can say, or than `maxSize`; an option makes no sense
 */
export function encodeLengthPrefixed(frame: Uint8Array, options: LengthPrefixOptions = {}): Uint8Array {
  if (!(frame instanceof Uint8Array)) throw new TypeError(`a frame is a Uint8Array, not ${typeof frame}`)
  const prefix = checkPrefix(options.prefix ?? 4)
  checkCount('maxSize', options.maxSize)
  const max = Math.min(2 ** (8 * prefix) - 1, options.maxSize ?? Infinity)
  if (frame.length > max) throw new RangeError(`a frame has at most ${max} octets here, not ${frame.length}`)
  const encoded = new Uint8Array(prefix + frame.length)
  for (let index = 0, rest = frame.length; index < prefix; index++, rest = Math.floor(rest / 256)) {
    encoded[options.littleEndian === true ? index : prefix - 1 - index] = rest % 256
  }
  encoded.set(frame, prefix)
  return encoded
}

function readLength(octets: Uint8Array, littleEndian: boolean): number {
  let length = 0
  for (let index = 0; index < octets.length; index++) {
    length = length * 256 + octets[littleEndian ? octets.length - 1 - index : index]!
  }
  return length
}

function checkPrefix(prefix: number): 1 | 2 | 4 {
  if (prefix === 1 || prefix === 2 || prefix === 4) return prefix
  throw new RangeError(`a length prefix has 1, 2 or 4 octets, not ${String(prefix)}`)
}
