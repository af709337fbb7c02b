// The state machine of both parsers: heads by a scanner, content by counting or by its chunks.
//
// Theory of operation
// - Rule 1: push() consumes octets up to the end of one message and says where it stopped. Pipelining, back-pressure and a
//   change of protocol are the caller's decisions about the rest.
// - Rule 2: a head is copied into the scratch memory of its scanner and scanned there. One that comes in pieces is left to
//   PartialSection; nearly all come whole.
// - Rule 3: content is never copied; the content hook gets ranges of the caller's chunk.
// - Rule 4: framing is decided once, when the head is complete, by headEnds, which follows RFC 9112 §6.3 step by step.
// - Rule 5: state is set before a hook is called, so a hook may stop the parser, and a hook that throws leaves it dead.
import { ChunkedReader, type ContentSink } from './chunked.js'
import { CODES, HttpError, type HttpErrorCode } from './errors.js'
import { FieldLines, type Fields } from './fields.js'
import { review } from './framing.js'
import { CONTENT, CONTENT_UNTIL_CLOSE, NO_CONTENT } from './head.js'
import { isOctets } from './octets.js'
import type { Settings } from './options.js'
import { PartialSection } from './partial-section.js'
import { CLASSES, TOKEN } from './scanner/classes.js'
import { At, Failure, Flag, Kind, Name } from './scanner/layout.js'
import { isForbiddenTrailer } from './scanner/names.js'
import type { Owner, Scratch } from './scanner/scratch.js'
import { type HeadStore, RetainedText, type StoreHolder } from './store.js'

const BEFORE = 0 // between messages, or behind empty lines before a request
const EMPTY_LINE = 1 // CR of an empty line was read
const SECTION = 2 // a head or trailer section is incomplete
const COUNTED = 3
const CHUNKED = 4
const TRAILERS_NEXT = 5
const UNTIL_CLOSE = 6
const INTERIM = 7 // the hook of an interim head runs
const ENDING = 8 // everything is read, the complete hook is still to be called
const COMPLETE = 9
const SWITCHED = 10 // complete, and the connection speaks another protocol
const DEAD = 11

// `STOP - at` is the result of a step that consumed everything before `at` and ends the push: a hook asked for it, or the
// message is complete.
const STOP = -1

/** The message ends with its head, whatever its fields say. */
export const BODILESS = 1
/** Another head of the same message follows: this one is 1xx. */
export const AGAIN = 2
/** The message ends with its head, and what follows is not HTTP. */
export const SWITCH = 4

/** What differs between requests and responses, and where events go. The events answer false to stop the parser. */
export interface Role extends ContentSink {
  /** Kind.REQUEST or Kind.RESPONSE */
  readonly kind: number
  /** BODILESS, AGAIN, SWITCH or 0, which the status of a response decides; negative for a 1xx too many */
  framing(status: number): number
  /** makes the head that is in the scratch memory and calls the hook; `content` is one of the three of head.ts */
  head(flags: number, length: number, content: number, framing: number): boolean
  complete(trailers: Fields | undefined): void
}

/** Hooks are looked at when a parser is made: one that is missing by mistake would end it at the first message. */
export function checkHooks<Hooks extends object>(hooks: Hooks, optional: readonly (keyof Hooks & string)[]): void {
  const { head } = (hooks ?? {}) as { head?: unknown }
  if (typeof head !== 'function') throw new TypeError('a parser needs a head hook')
  for (const name of optional) {
    if (hooks[name] !== undefined && typeof hooks[name] !== 'function')
      throw new TypeError(`${name} must be a function`)
  }
}

/** See the top of this file. */
export class MessageParser implements Owner, StoreHolder {
  readonly settings: Settings
  /** number of the head that was handed out last, or will be next: heads of other numbers are past */
  serial = 0
  private readonly scratch: Scratch
  private readonly role: Role
  private state = BEFORE
  private failure: HttpError | undefined = undefined
  // True while a hook runs, and for ever when it threw.
  private busy = false
  // What follows the message at hand is not HTTP.
  private switching = false
  // Octets of the stream before this push, and where in its chunk it started.
  private offset = 0
  private start = 0
  // Where the push before stopped, in the chunk that is partly in the scratch memory.
  private stopped = 0
  // Octets of content still to come.
  private remaining = 0
  private emptyLines = 0
  // The head that was handed out, when another parser has taken the scratch memory.
  private saved: HeadStore | undefined = undefined
  // Made when they are needed: most connections see neither.
  private partial: PartialSection | undefined = undefined
  private chunks: ChunkedReader | undefined = undefined

  constructor(role: Role, scratch: Scratch, settings: Settings) {
    this.role = role
    this.scratch = scratch
    this.settings = settings
  }

  get idle(): boolean {
    return this.state === BEFORE && this.emptyLines === 0
  }

  get complete(): boolean {
    return this.state === COMPLETE || this.state === SWITCHED
  }

  get switched(): boolean {
    return this.state === SWITCHED
  }

  get buffered(): number {
    return this.state === SECTION ? this.partial!.size : 0
  }

  get error(): HttpError | undefined {
    return this.failure
  }

  store(serial: number): HeadStore {
    if (serial === this.serial) return this.saved ?? this.scratch
    throw new TypeError(
      'This head was not read before next() of its parser: call head.retain() while the message lasts',
    )
  }

  push(chunk: Uint8Array, start: number, end: number): number {
    if (this.busy) throw new TypeError('push() was called inside a hook, or after a hook threw')
    if (!(chunk instanceof Uint8Array) && !isOctets(chunk)) throw new TypeError('push() takes a Uint8Array')
    if (!(start >= 0 && start <= end && end <= chunk.length && Number.isInteger(start) && Number.isInteger(end))) {
      throw new RangeError(`octets ${start}…${end} are not within a chunk of ${chunk.length}`)
    }
    if (this.state === DEAD) throw this.failure
    const scratch = this.scratch
    // Octets that were copied ahead are those of the chunk as long as it is read on where it was left. A caller may have moved
    // them since, and filled its one buffer anew.
    if (scratch.chunk !== undefined && scratch.owner === this && (scratch.chunk !== chunk || start !== this.stopped)) {
      scratch.chunk = undefined
    }
    let at = start
    this.start = start
    while (at < end || this.state === ENDING) {
      at = this.state === BEFORE ? this.readSection(chunk, at, end, this.role.kind) : this.readOn(chunk, at, end)
      if (at < 0) {
        at = STOP - at
        break
      }
      if (chunk.length < end) this.lost()
    }
    this.offset += at - start
    if (scratch.chunk === chunk) {
      // Nothing keeps the caller's chunk alive once it is used up.
      if (at === end) scratch.chunk = undefined
      else this.stopped = at
    }
    return at
  }

  next(): void {
    const state = this.state
    if (state === COMPLETE) {
      this.state = BEFORE
      this.letGo()
    } else if (state === DEAD) throw this.failure
    else if (state === SWITCHED) {
      throw new TypeError('next() was called, but the connection speaks another protocol now')
    } else if (state > EMPTY_LINE || this.busy) throw new TypeError('next() was called inside a message')
  }

  /** @param interim whether 1xx responses came and the final one did not */
  finish(interim: boolean = false): void {
    const { state } = this
    if (state === DEAD) throw this.failure
    if (state === COMPLETE || state === SWITCHED || (state === BEFORE && !interim)) return
    if (this.busy) throw new TypeError('finish() was called inside a hook, or after a hook threw')
    if (state === ENDING || state === UNTIL_CLOSE) this.finishMessage(undefined, 0)
    else this.fail('HTTP_ERR_INCOMPLETE', this.start)
  }

  /** Another parser needs the scratch memory: what is in it that is still needed moves out. */
  release(): void {
    const { state } = this
    if (state === SECTION) this.partial!.release()
    else if (this.saved === undefined && state > SECTION && state < DEAD) {
      this.saved = new RetainedText(this.scratch)
    }
  }

  // The head can no longer be read.
  private letGo(): void {
    this.serial = (this.serial + 1) | 0
    this.saved = undefined
  }

  private readOn(chunk: Uint8Array, at: number, end: number): number {
    switch (this.state) {
      case EMPTY_LINE:
        return this.readEmptyLines(chunk, at, end)
      case SECTION:
        return this.partEnds(this.partial!.resume(chunk, at, end), end)
      case COUNTED:
        return this.readCounted(chunk, at, end)
      case CHUNKED:
        return this.readChunked(chunk, at, end)
      case TRAILERS_NEXT:
        // Nearly always the empty line.
        if (end - at >= 2 && chunk[at] === 13 && chunk[at + 1] === 10) return this.finishMessage(undefined, at + 2)
        return this.readSection(chunk, at, end, Kind.TRAILERS)
      case UNTIL_CLOSE:
        return this.deliver(chunk, at, end) ? end : STOP - end
      case ENDING:
        return this.finishMessage(undefined, at)
      default:
        return STOP - at
    }
  }

  // Sections: heads and trailers.

  private readSection(chunk: Uint8Array, at: number, end: number, kind: number): number {
    const scratch = this.scratch
    const position = scratch.place(
      this,
      kind === Kind.TRAILERS ? this.settings.trailers : this.settings.head,
      chunk,
      at,
      end,
    )
    const stop = scratch.scan(kind, position, position, scratch.loaded)
    if (stop <= 0) return this.readUnusual(chunk, at, end, kind, position, stop)
    scratch.headStart = position
    scratch.headEnd = stop
    if (stop < scratch.loaded) scratch.chunk = chunk
    const next = at + stop - position
    return kind === Kind.TRAILERS ? this.trailersEnd(next) : this.headEnds(next)
  }

  /** A section that the scanner did not read to its end: it is not all here, or it is refused, or nothing has begun yet. */
  private readUnusual(
    chunk: Uint8Array,
    at: number,
    end: number,
    kind: number,
    position: number,
    result: number,
  ): number {
    const first = chunk[at]!
    if (kind === Kind.REQUEST) {
      if (first === 13 || first === 10) return this.readEmptyLines(chunk, at, end)
      // RFC 9112 §2.2 and §3.1: what cannot begin a method is refused at once, a TLS hello at its first octet.
      if ((CLASSES[first]! & TOKEN) === 0) this.fail('HTTP_ERR_BAD_METHOD', at)
    } else if (kind === Kind.RESPONSE && first !== 0x48) this.fail('HTTP_ERR_BAD_VERSION', at)
    if (result < 0) this.refuse(result, kind, position, at)
    this.partial ??= new PartialSection(this, this.scratch)
    this.state = SECTION
    return this.partEnds(this.partial.begin(kind, this.scratch.limits!, chunk, at, end, position), end)
  }

  /** @param start where the section began, an index in the chunk at hand that may be negative */
  private partEnds(start: number, end: number): number {
    const scratch = this.scratch
    const { result, kind } = this.partial!
    if (result === 0) return end
    if (result < 0) this.refuse(result, kind, At.INPUT, start)
    scratch.headStart = At.INPUT
    scratch.headEnd = result
    const next = start + result - At.INPUT
    return kind === Kind.TRAILERS ? this.trailersEnd(next) : this.headEnds(next)
  }

  /** RFC 9112 §2.2: a few empty lines before a request line are skipped. */
  private readEmptyLines(chunk: Uint8Array, at: number, end: number): number {
    for (; at < end; at++) {
      const octet = chunk[at]!
      if (this.state === EMPTY_LINE) {
        if (octet !== 10) this.fail('HTTP_ERR_BARE_CR', at)
        this.state = BEFORE
        continue
      }
      if (octet !== 13 && octet !== 10) break
      if (octet === 10 && !this.settings.leniences.bareLineFeed) this.fail('HTTP_ERR_BARE_LF', at)
      if (++this.emptyLines > this.settings.maxEmptyLines) this.fail('HTTP_ERR_TOO_MANY_EMPTY_LINES', at)
      if (octet === 13) this.state = EMPTY_LINE
    }
    return at
  }

  /** The section that begins at `position` of the memory and at `at` of the chunk is refused. */
  private refuse(result: number, kind: number, position: number, at: number): never {
    let number = this.scratch.tell(result, kind, position)
    if (kind === Kind.TRAILERS && number === Failure.START_LINE_TOO_LONG) number = Failure.FIELD_TOO_LARGE
    let code: HttpErrorCode = CODES[number]!
    if (kind === Kind.TRAILERS && number === Failure.HEAD_TOO_LARGE) code = 'HTTP_ERR_TRAILERS_TOO_LARGE'
    if (kind === Kind.TRAILERS && number === Failure.TOO_MANY_FIELDS) code = 'HTTP_ERR_TOO_MANY_TRAILERS'
    this.fail(code, this.scratch.words[At.OFFSET >> 2]! - position + at)
  }

  /** RFC 9112 §6.3: how long the content of this message is. */
  private headEnds(at: number): number {
    const scratch = this.scratch
    const role = this.role
    let flags = scratch.words[At.FLAGS >> 2]!
    let length = (flags & Flag.HAS_CONTENT_LENGTH) !== 0 ? scratch.words[At.CONTENT_LENGTH >> 2]! : 0
    let framing = 0
    if (role.kind === Kind.RESPONSE) {
      framing = role.framing(scratch.methodEnd())
      if (framing < 0) this.fail('HTTP_ERR_TOO_MANY_INFORMATIONAL', at)
    }
    if ((flags & Flag.REVIEW) !== 0) {
      scratch.ahead = scratch.headEnd
      const { leniences } = this.settings
      let outcome = review(scratch, role.kind === Kind.REQUEST, true, leniences)
      if (outcome.code !== undefined) {
        if (framing === 0) this.fail(outcome.code, at - scratch.headEnd + outcome.at)
        // Steps 1 and 2 come first: such a response ends here, whatever its fields say.
        outcome = review(scratch, false, false, leniences)
      }
      flags = outcome.flags
      length = outcome.length
    }
    let content = (flags & Flag.CHUNKED) !== 0 || length > 0 ? CONTENT : NO_CONTENT
    if (role.kind === Kind.RESPONSE) {
      // Steps 1 and 2: HEAD, 1xx, 204, 304 and 2xx to CONNECT end with their head, whatever their fields say.
      if ((framing & (BODILESS | AGAIN | SWITCH)) !== 0) content = NO_CONTENT
      // Step 8: neither field is there.
      else if ((flags & (Flag.CHUNKED | Flag.HAS_CONTENT_LENGTH)) === 0) content = CONTENT_UNTIL_CLOSE
      this.switching = (framing & SWITCH) !== 0
    }
    this.emptyLines = 0
    scratch.ahead = content === NO_CONTENT ? scratch.loaded : scratch.headEnd
    if (content === NO_CONTENT) {
      this.state = (framing & AGAIN) !== 0 ? INTERIM : ENDING
    } else if (content === CONTENT_UNTIL_CLOSE) {
      this.state = UNTIL_CLOSE
    } else if ((flags & Flag.CHUNKED) !== 0) {
      this.chunks ??= new ChunkedReader(this.settings)
      this.chunks.start()
      this.state = CHUNKED
    } else {
      this.remaining = length
      this.state = COUNTED
    }
    this.busy = true
    const goOn = role.head(flags, length, content, framing)
    this.busy = false
    if ((framing & AGAIN) !== 0) {
      this.state = BEFORE
      this.letGo()
    }
    if (!goOn) return STOP - at
    return this.state === ENDING ? this.finishMessage(undefined, at) : at
  }

  private trailersEnd(at: number): number {
    const scratch = this.scratch
    const count = scratch.count()
    for (let i = 0, record = scratch.recordsAt; i < count; i++, record += 4) {
      const name = scratch.records[record + 1]!
      if (name >= Name.KNOWN && isForbiddenTrailer(name & 255)) {
        this.fail('HTTP_ERR_FORBIDDEN_TRAILER', at - scratch.headEnd + At.INPUT + scratch.records[record]!)
      }
    }
    scratch.ahead = scratch.headEnd
    this.state = ENDING
    return this.finishMessage(count === 0 ? undefined : new FieldLines(new RetainedText(scratch)), at)
  }

  private finishMessage(trailers: Fields | undefined, at: number): number {
    this.state = this.switching ? SWITCHED : COMPLETE
    this.busy = true
    this.role.complete(trailers)
    this.busy = false
    return STOP - at
  }

  // Content.

  private readCounted(chunk: Uint8Array, at: number, end: number): number {
    const stop = end - at > this.remaining ? at + this.remaining : end
    this.remaining -= stop - at
    if (this.remaining === 0) this.state = ENDING
    if (!this.deliver(chunk, at, stop)) return STOP - stop
    return this.state === ENDING ? this.finishMessage(undefined, stop) : stop
  }

  private readChunked(chunk: Uint8Array, at: number, end: number): number {
    const chunks = this.chunks!
    this.busy = true
    const stop = chunks.read(chunk, at, end, this.role)
    this.busy = false
    if (chunks.error !== undefined) {
      if (chunk.length < end) this.lost()
      this.fail(chunks.error, stop)
    }
    if (chunks.done) this.state = TRAILERS_NEXT
    return chunks.stopped ? STOP - stop : stop
  }

  private deliver(chunk: Uint8Array, start: number, end: number): boolean {
    this.busy = true
    const goOn = this.role.content(chunk, start, end)
    this.busy = false
    return goOn
  }

  /** A hook detached the chunk or made it shorter, with octets in it still to be read: the peer is not to blame for that. */
  private lost(): never {
    this.busy = true
    throw new TypeError('a hook detached or shortened the chunk before all of it was read')
  }

  /** @param at index in the chunk at hand, may be negative for an octet of a chunk before */
  private fail(code: HttpErrorCode, at: number): never {
    // The head that was handed out stays readable: who answers the error looks at it. Of trailers it was saved before.
    if (this.state > SECTION) this.saved ??= new RetainedText(this.scratch)
    else if (this.saved === undefined) this.letGo()
    this.state = DEAD
    this.partial = undefined
    const status = this.role.kind === Kind.RESPONSE ? 502 : undefined
    this.failure = new HttpError(code, this.offset + at - this.start, status)
    throw this.failure
  }
}
