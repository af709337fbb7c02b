import { ChatError } from './errors.js'
import { type LineLimits, MAX_LINE, MAX_TAGS } from './message.js'

/** What a {@link LineDecoder} calls, synchronously and in the order of the octets. */
export interface LineHooks {
  /** A line without its line break; never empty. */
  line(line: string): void
  /**
   * A line that was refused and skipped: `CHAT_ERR_LINE_TOO_LONG`, `CHAT_ERR_TAGS_TOO_LONG`, `CHAT_ERR_INVALID_UTF8`.
   * The error's `line` shows what is known of it. Lines after it are read as if it had not been.
   */
  refused(error: ChatError): void
}

/** Options of a {@link LineDecoder}. */
export interface LineDecoderOptions extends LineLimits {
  /**
   * What to do with a line that is not UTF-8: `refuse` it (default; what a UTF8ONLY server does) or read it as
   * `latin1`, as a client of old networks wants.
   */
  invalidUtf8?: 'refuse' | 'latin1'
}

// Shared by all decoders, because a server has one for each connection: whole lines are decoded, so they keep no state.
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lossy = new TextDecoder()
const NOTHING = new Uint8Array(0)

/**
 * Cuts received octets into lines. CR, LF and CR LF each end a line (RFC 1459 §2.3.1 and what old clients send), empty
 * lines are skipped. Where the octets are cut makes no difference, and never are more than one line's octets held.
 *
 * Limits are exact: a message may have `maxLength` − 2 bytes before its line break, its tags `maxTagsLength` bytes from
 * `@` to the space after them.
 */
export class LineDecoder {
  readonly #hooks: LineHooks
  readonly #maxMessage: number
  readonly #maxTags: number
  readonly #latin1: boolean
  /** Octets of a line whose end has not come; grows up to the limits. */
  #held = NOTHING
  #heldLength = 0
  /** Inside a refused line: skip up to its end. */
  #skipping = false

  constructor(hooks: LineHooks, options: LineDecoderOptions = {}) {
    this.#hooks = hooks
    this.#maxMessage = (options.maxLength ?? MAX_LINE) - 2
    this.#maxTags = options.maxTagsLength ?? MAX_TAGS
    this.#latin1 = options.invalidUtf8 === 'latin1'
  }

  /** Octets held of a line whose end has not come. */
  get buffered(): number {
    return this.#heldLength
  }

  /**
   * Feeds octets as read. They are not kept: what is needed of an unfinished line is copied.
   *
   * @param chunk any octets, any cut
   */
  push(chunk: Uint8Array): void {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!
      if (octet !== 10 && octet !== 13) continue
      if (this.#skipping) this.#skipping = false
      else if (this.#heldLength > 0) {
        if (this.#hold(chunk, start, at)) this.#finish(this.#held.subarray(0, this.#heldLength))
        else this.#skipping = false
        this.#heldLength = 0
      } else if (at > start) this.#finish(chunk.subarray(start, at))
      start = at + 1
    }
    if (start < chunk.length && !this.#skipping) this.#hold(chunk, start, chunk.length)
  }

  /**
   * The peer will send no more. A line without an end is not a line: it is dropped, as a message that was cut off must
   * not be obeyed.
   *
   * @returns whether something was dropped
   */
  finish(): boolean {
    const dropped = this.#heldLength > 0
    this.#heldLength = 0
    this.#skipping = false
    return dropped
  }

  /** Keeps part of a line, unless it is too long already; then it is refused, `#skipping` is set and the answer false. */
  #hold(chunk: Uint8Array, start: number, end: number): boolean {
    // One octet beyond the limits is enough to know.
    const room = this.#maxMessage + this.#maxTags + 1 - this.#heldLength
    const stop = Math.min(end, start + room)
    const length = this.#heldLength + stop - start
    if (length > this.#held.length) {
      const grown = new Uint8Array(
        Math.min(this.#maxMessage + this.#maxTags + 1, Math.max(length, 2 * this.#held.length)),
      )
      grown.set(this.#held.subarray(0, this.#heldLength))
      this.#held = grown
    }
    this.#held.set(chunk.subarray(start, stop), this.#heldLength)
    this.#heldLength = length
    const line = this.#held.subarray(0, length)
    const error = this.#measure(line)
    if (error === undefined) return true
    this.#heldLength = 0
    this.#skipping = true
    this.#hooks.refused(error)
    return false
  }

  /** A whole line: a hook's, one way or the other. */
  #finish(line: Uint8Array): void {
    const error = this.#measure(line)
    if (error !== undefined) this.#hooks.refused(error)
    else this.#emit(line)
  }

  #emit(line: Uint8Array): void {
    let text: string
    try {
      text = strict.decode(line)
    } catch {
      if (!this.#latin1) {
        this.#hooks.refused(new ChatError('CHAT_ERR_INVALID_UTF8', 'a line is not UTF-8', { line: lossy.decode(line) }))
        return
      }
      text = String.fromCharCode(...line)
    }
    this.#hooks.line(text)
  }

  /** The same verdict for the whole line and for as much of it as makes the verdict certain. */
  #measure(line: Uint8Array): ChatError | undefined {
    let tags = 0
    if (line[0] === 64 /* @ */ && line.length > Math.min(this.#maxMessage, this.#maxTags)) {
      tags = line.indexOf(32) + 1 || line.length
    }
    const tagsFit = tags <= this.#maxTags
    if (tagsFit && line.length - tags <= this.#maxMessage) return undefined
    const [code, what] = tagsFit ? (['LINE', 'a line'] as const) : (['TAGS', 'tags'] as const)
    // The excerpt is the same wherever the octets were cut.
    const detail = { line: lossy.decode(line.subarray(0, 64)) }
    return new ChatError(`CHAT_ERR_${code}_TOO_LONG`, `${what} too long`, detail)
  }
}
