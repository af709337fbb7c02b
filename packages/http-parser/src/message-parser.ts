// The state machine of both parsers: heads by a scanner, content by counting, chunks by their lines.
//
// Theory of operation
// - Rule 1: push() consumes octets up to the end of one message and says where it stopped. Pipelining, back-pressure and a
//   change of protocol are the caller's decisions about the rest.
// - Rule 2: a head is copied into the scratch memory of its scanner and scanned there. While it is incomplete it stays there
//   and the scan resumes at the first incomplete line, only when a line has ended: each octet is looked at a fixed number of
//   times however the network cuts it. When another parser needs the memory, the incomplete head moves out and back.
// - Rule 3: content is never copied; the content hook gets ranges of the caller's chunk.
// - Rule 4: framing is decided once, when the head is complete, by headEnds, which follows RFC 9112 §6.3 step by step.
// - Rule 5: state is set before a hook is called, so a hook may stop the parser, and a hook that throws leaves it dead.
import { ChunkSizeReader, hexDigit } from './chunk-size.js'
import { CODES, HttpError, type HttpErrorCode } from './errors.js'
import { FieldLines, type Fields } from './fields.js'
import { review } from './framing.js'
import type { Settings } from './options.js'
import { CLASSES, TOKEN } from './scanner/classes.js'
import { At, Failure, Flag, Kind, Name, Size } from './scanner/layout.js'
import { isForbiddenTrailer, KNOWN_NAMES } from './scanner/names.js'
import type { Scratch } from './scanner/scratch.js'
import { RetainedText } from './store.js'

const BEFORE = 0 // between messages, or in the empty lines before a request
const SECTION = 1 // a head or trailer section is incomplete
const COUNTED = 2
const CHUNK_SIZE = 3
const CHUNK_DATA = 4
const CHUNK_END = 5
const CHUNK_END_LF = 6
const TRAILERS_NEXT = 7
const UNTIL_CLOSE = 8
const ENDING = 9 // everything is read, the complete hook is still to be called
const COMPLETE = 10
const SWITCHED = 11 // complete, and the connection speaks another protocol
const DEAD = 12

// `STOP - at` is the result of a step that consumed everything before `at` and ends the push: a hook asked for it, or the
// message is complete.
const STOP = -1

// Octets of a long head that are copied at a time.
const LONG_STEP = 16_384

/** What a head is followed by. */
export const NO_CONTENT = 0
export const CONTENT = 1
export const CONTENT_UNTIL_CLOSE = 2

/** The message ends with its head, whatever its fields say. */
export const BODILESS = 1
/** Another head of the same message follows: this one is 1xx. */
export const AGAIN = 2
/** The message ends with its head, and what follows is not HTTP. */
export const SWITCH = 4

/** A head that was handed out. */
export interface HeldHead {
  /** the scratch memory is about to be overwritten */
  save(): void
  /** its parser goes on to the next message */
  end(): void
}

/** What differs between requests and responses, and where events go. The three events answer false to stop the parser. */
export interface Role {
  /** Kind.REQUEST or Kind.RESPONSE */
  readonly kind: number
  /** BODILESS, AGAIN, SWITCH or 0, which the status of a response decides */
  framing(status: number): number
  /** makes the head that is in the scratch memory and calls the hook; `content` is one of the three above */
  head(flags: number, length: number, content: number, framing: number): boolean
  content(chunk: Uint8Array, start: number, end: number): boolean
  complete(trailers: Fields | undefined): void
}

/** See the top of this file. */
export class MessageParser {
  readonly scratch: Scratch
  readonly settings: Settings
  private readonly role: Role
  private state = BEFORE
  /** the head that was handed out last */
  held: HeldHead | undefined = undefined
  private failure: HttpError | undefined = undefined
  // True while a hook runs, and for ever when it threw.
  private busy = false
  // Octets of the stream before the chunk at hand.
  private offset = 0
  // Octets of content or of the chunk still to come.
  private remaining = 0
  private chunks: ChunkSizeReader | undefined = undefined
  // What follows the message at hand is not HTTP.
  private switching = false
  // Index behind the head at hand in the chunk at hand.
  private headAt = 0
  private emptyLines = 0
  private emptyLineCr = false
  // The incomplete section: what it is, how many octets of it there are, where its incomplete line starts.
  private section = Kind.REQUEST
  private sectionSize = 0
  private line = 0
  // Where the section is while another parser has the memory.
  private carry: Uint8Array | undefined = undefined
  private carryRecords: Uint16Array | undefined = undefined
  private carryWords: Int32Array | undefined = undefined

  constructor(role: Role, scratch: Scratch, settings: Settings) {
    this.role = role
    this.scratch = scratch
    this.settings = settings
  }

  get idle(): boolean {
    return this.state === BEFORE && this.emptyLines === 0 && !this.emptyLineCr
  }

  get complete(): boolean {
    return this.state === COMPLETE || this.state === SWITCHED
  }

  get switched(): boolean {
    return this.state === SWITCHED
  }

  get buffered(): number {
    return this.state === SECTION ? this.sectionSize : 0
  }

  get error(): HttpError | undefined {
    return this.failure
  }

  push(chunk: Uint8Array, start: number, end: number): number {
    if (this.busy) throw new TypeError('push() was called inside a hook, or after a hook threw')
    if (!(chunk instanceof Uint8Array) && !isOctets(chunk)) throw new TypeError('push() takes a Uint8Array')
    if (!(start >= 0 && start <= end && end <= chunk.length)) {
      throw new RangeError(`octets ${start}…${end} are not within a chunk of ${chunk.length}`)
    }
    if (this.state === DEAD) throw this.failure
    let at = start
    this.offset -= start
    while (at < end || this.state === ENDING) {
      switch (this.state) {
        case BEFORE:
          at = this.readBefore(chunk, at, end)
          break
        case SECTION:
          at = this.resumeSection(chunk, at, end)
          break
        case COUNTED:
          at = this.readCounted(chunk, at, end)
          break
        case UNTIL_CLOSE:
          at = this.deliver(chunk, at, end) ? end : STOP - end
          break
        case ENDING:
          at = this.finishMessage(undefined, at)
          break
        case COMPLETE:
        case SWITCHED:
          this.offset += at
          return at
        default:
          at = this.readChunked(chunk, at, end)
          break
      }
      if (at < 0) {
        at = STOP - at
        break
      }
    }
    this.offset += at
    // Nothing keeps the caller's chunk alive once it is used up.
    if (at === end && this.scratch.owner === this) this.scratch.chunk = undefined
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
    } else if (state !== BEFORE || this.busy) throw new TypeError('next() was called inside a message')
  }

  /** @param interim whether 1xx responses came and the final one did not */
  finish(interim: boolean = false): void {
    switch (this.state) {
      case BEFORE:
        if (!this.emptyLineCr && !interim) return
        break
      case COMPLETE:
      case SWITCHED:
        return
      case ENDING:
      case UNTIL_CLOSE:
        this.finishMessage(undefined, 0)
        return
      case DEAD:
        throw this.failure
      default:
        break
    }
    this.fail('HTTP_ERR_INCOMPLETE', 0)
  }

  /** Another parser needs the scratch memory: what is in it that is still needed moves out. */
  release(): void {
    const scratch = this.scratch
    if (this.state === SECTION) {
      const capacity = Math.max(256, this.sectionSize * 2)
      if (this.carry === undefined || this.carry.length < this.sectionSize) this.carry = new Uint8Array(capacity)
      this.carry.set(scratch.octets.subarray(At.INPUT, At.INPUT + this.sectionSize))
      const records = scratch.count() * 4
      this.carryRecords = scratch.records.slice(scratch.recordsAt, scratch.recordsAt + records)
      this.carryWords = scratch.words.slice(At.FLAGS >> 2, At.OFFSET >> 2)
    } else if (this.held !== undefined) this.held.save()
  }

  /** The peer sends 1xx responses without end; called while the head of one is in the memory. */
  refuseInformational(): never {
    this.fail('HTTP_ERR_TOO_MANY_INFORMATIONAL', this.headAt)
  }

  private letGo(): void {
    if (this.held !== undefined) {
      this.held.end()
      this.held = undefined
    }
  }

  // Before a message.

  private readBefore(chunk: Uint8Array, at: number, end: number): number {
    const first = chunk[at]!
    if (this.role.kind === Kind.REQUEST) {
      if (this.emptyLineCr || first === 13 || first === 10) {
        at = this.readEmptyLines(chunk, at, end)
        if (at === end) return at
        if (chunk[at] === 13 || chunk[at] === 10) return at
      }
      // RFC 9112 §2.2 and §3.1: what cannot begin a method is refused at once, a TLS hello at its first octet.
      if ((CLASSES[chunk[at]!]! & TOKEN) === 0) this.fail('HTTP_ERR_BAD_METHOD', at)
    } else if (first !== 0x48) this.fail('HTTP_ERR_BAD_VERSION', at)
    this.emptyLines = 0
    return this.readSection(chunk, at, end, this.role.kind)
  }

  /** RFC 9112 §2.2: a few empty lines before a request line are skipped. */
  private readEmptyLines(chunk: Uint8Array, at: number, end: number): number {
    for (; at < end; at++) {
      const octet = chunk[at]!
      if (this.emptyLineCr) {
        if (octet !== 10) this.fail('HTTP_ERR_BARE_CR', at)
        this.emptyLineCr = false
        continue
      }
      if (octet !== 13 && octet !== 10) return at
      if (octet === 10 && this.settings.leniences.bareLineFeed !== true) this.fail('HTTP_ERR_BARE_LF', at)
      if (++this.emptyLines > this.settings.maxEmptyLines) this.fail('HTTP_ERR_TOO_MANY_EMPTY_LINES', at)
      this.emptyLineCr = octet === 13
    }
    return at
  }

  // Sections: heads and trailers.

  private readSection(chunk: Uint8Array, at: number, end: number, kind: number): number {
    const scratch = this.scratch
    let position = At.INPUT + at - scratch.windowAt
    // The message before may have been in the same chunk, and this one was copied along with it.
    const here = scratch.chunk === chunk && scratch.owner === this && scratch.chunkEnd === end
    if (!here || position >= scratch.loaded || position < scratch.headEnd || kind === Kind.TRAILERS) {
      if (scratch.owner !== this || this.held !== undefined || scratch.limits !== this.settings.head) {
        scratch.take(this, kind === Kind.TRAILERS ? this.settings.trailers : this.settings.head)
      }
      scratch.load(chunk, at, end)
      position = At.INPUT
    }
    const stop = scratch.scan(kind, position, position, scratch.loaded)
    if (stop <= 0) {
      if (stop < 0) this.failScan(stop, kind, position, at - position)
      return this.readLongSection(chunk, at, end, kind, position)
    }
    scratch.headStart = position
    scratch.headEnd = stop
    const next = at + stop - position
    return kind === Kind.TRAILERS ? this.trailersEnd(next) : this.headEnds(next)
  }

  /** The octets that were copied do not hold the whole section: copy more of the chunk, else wait for the next one. */
  private readLongSection(chunk: Uint8Array, at: number, end: number, kind: number, position: number): number {
    const scratch = this.scratch
    const limits = kind === Kind.TRAILERS ? this.settings.trailers : this.settings.head
    let from = scratch.words[At.LINE >> 2]!
    if (position !== At.INPUT) {
      scratch.take(this, limits)
      scratch.load(chunk, at, end)
      from = At.INPUT
    }
    for (;;) {
      const copied = scratch.loaded - At.INPUT
      // A section that just moved to the start of the memory is scanned before more is copied.
      const size = from === At.INPUT && position !== At.INPUT ? 0 : Math.min(end - at - copied, LONG_STEP)
      if (size === 0 && position === At.INPUT) break
      scratch.append(chunk, at + copied, at + copied + size)
      position = At.INPUT
      if (size > 0) {
        // Behind what is loaded there may be a line feed of an earlier message, which does not count.
        const lineFeed = scratch.octets.indexOf(10, At.INPUT + copied)
        if (!this.isWorthAScan(limits, kind, from, lineFeed >= 0 && lineFeed < scratch.loaded)) continue
      }
      const stop = scratch.scan(kind, At.INPUT, from, scratch.loaded)
      if (stop < 0) this.failScan(stop, kind, At.INPUT, at - At.INPUT)
      if (stop > 0) return this.sectionEnds(kind, At.INPUT, stop, at + stop - At.INPUT)
      from = scratch.words[At.LINE >> 2]!
    }
    this.state = SECTION
    this.section = kind
    this.sectionSize = scratch.loaded - At.INPUT
    this.line = from - At.INPUT
    return end
  }

  /** More octets of a section that was incomplete. */
  private resumeSection(chunk: Uint8Array, at: number, end: number): number {
    const scratch = this.scratch
    const kind = this.section
    const limits = kind === Kind.TRAILERS ? this.settings.trailers : this.settings.head
    const size = Math.min(end - at, LONG_STEP, Size.INPUT - this.sectionSize)
    const before = this.sectionSize
    if (scratch.owner === this) scratch.append(chunk, at, at + size)
    else this.appendCarry(chunk, at, size)
    this.sectionSize += size
    const whole = hasLineFeed(chunk, at, at + size)
    if (!this.isWorthAScan(limits, kind, At.INPUT + this.line, whole, At.INPUT + this.sectionSize)) return at + size
    if (scratch.owner !== this) this.restore(limits)
    const stop = scratch.scan(kind, At.INPUT, At.INPUT + this.line, scratch.loaded)
    if (stop < 0) this.failScan(stop, kind, At.INPUT, at - before - At.INPUT)
    if (stop === 0) {
      this.line = scratch.words[At.LINE >> 2]! - At.INPUT
      return at + size
    }
    this.carry = undefined
    scratch.chunk = undefined
    return this.sectionEnds(kind, At.INPUT, stop, at + stop - At.INPUT - before)
  }

  /** Whether a line has ended or is too long since the last scan: else the same octets would be looked at again and again. */
  private isWorthAScan(
    limits: Settings['head'],
    kind: number,
    line: number,
    ended: boolean,
    stop: number = this.scratch.loaded,
  ): boolean {
    const longest = line === At.INPUT && kind !== Kind.TRAILERS ? limits.startLine : limits.field
    return ended || stop - line >= longest + 2 || stop - At.INPUT > limits.section
  }

  private appendCarry(chunk: Uint8Array, at: number, size: number): void {
    let carry = this.carry!
    const total = this.sectionSize + size
    if (total > carry.length) {
      carry = new Uint8Array(Math.min(Size.INPUT, total * 2))
      carry.set(this.carry!.subarray(0, this.sectionSize))
      this.carry = carry
    }
    if (size < 24) for (let i = 0; i < size; i++) carry[this.sectionSize + i] = chunk[at + i]!
    else carry.set(chunk.subarray(at, at + size), this.sectionSize)
  }

  /** Moves the incomplete section back into the scratch memory. */
  private restore(limits: Settings['head']): void {
    const scratch = this.scratch
    scratch.take(this, limits)
    scratch.loaded = At.INPUT
    scratch.append(this.carry!, 0, this.sectionSize)
    scratch.records.set(this.carryRecords!, scratch.recordsAt)
    scratch.words.set(this.carryWords!, At.FLAGS >> 2)
    scratch.words[At.LINE >> 2] = At.INPUT + this.line
  }

  private failScan(result: number, kind: number, start: number, delta: number): never {
    let number = this.scratch.tell(result, kind, start)
    if (kind === Kind.TRAILERS && number === Failure.START_LINE_TOO_LONG) number = Failure.FIELD_TOO_LARGE
    let code: HttpErrorCode = CODES[number]!
    if (kind === Kind.TRAILERS && number === Failure.HEAD_TOO_LARGE) code = 'HTTP_ERR_TRAILERS_TOO_LARGE'
    if (kind === Kind.TRAILERS && number === Failure.TOO_MANY_FIELDS) code = 'HTTP_ERR_TOO_MANY_TRAILERS'
    this.fail(code, this.scratch.words[At.OFFSET >> 2]! + delta)
  }

  private sectionEnds(kind: number, start: number, stop: number, at: number): number {
    const scratch = this.scratch
    scratch.headStart = start
    scratch.headEnd = stop
    return kind === Kind.TRAILERS ? this.trailersEnd(at) : this.headEnds(at)
  }

  /** RFC 9112 §6.3: how long the content of this message is. */
  private headEnds(at: number): number {
    const scratch = this.scratch
    const role = this.role
    let flags = scratch.words[At.FLAGS >> 2]!
    let length = (flags & Flag.HAS_CONTENT_LENGTH) !== 0 ? scratch.words[At.CONTENT_LENGTH >> 2]! : 0
    if ((flags & Flag.REVIEW) !== 0) {
      const outcome = review(scratch, role.kind === Kind.REQUEST, this.settings.leniences)
      if (outcome.code !== undefined) this.fail(outcome.code, at - scratch.headEnd + outcome.at)
      flags = outcome.flags
      length = outcome.length
    }
    scratch.pipelined = false
    this.headAt = at
    let content = (flags & Flag.CHUNKED) !== 0 || length > 0 ? CONTENT : NO_CONTENT
    let framing = 0
    if (role.kind === Kind.RESPONSE) {
      framing = role.framing(scratch.methodEnd())
      // Steps 1 and 2: HEAD, 1xx, 204, 304 and 2xx to CONNECT end with their head, whatever their fields say.
      if ((framing & (BODILESS | AGAIN | SWITCH)) !== 0) content = NO_CONTENT
      // Step 8: neither field is there.
      else if ((flags & (Flag.CHUNKED | Flag.HAS_CONTENT_LENGTH)) === 0) content = CONTENT_UNTIL_CLOSE
    }
    if ((framing & AGAIN) !== 0) {
      this.state = BEFORE
    } else if (content === NO_CONTENT) {
      this.state = ENDING
      scratch.pipelined = true
    } else if (content === CONTENT_UNTIL_CLOSE) {
      this.state = UNTIL_CLOSE
    } else if ((flags & Flag.CHUNKED) !== 0) {
      this.chunkReader().start()
      this.state = CHUNK_SIZE
    } else {
      this.remaining = length
      this.state = COUNTED
    }
    this.switching = (framing & SWITCH) !== 0
    this.busy = true
    const goOn = role.head(flags, length, content, framing)
    this.busy = false
    if ((framing & AGAIN) !== 0) this.letGo()
    if (!goOn) return STOP - at
    return this.state === ENDING ? this.finishMessage(undefined, at) : at
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
    return this.remaining === 0 ? this.finishMessage(undefined, stop) : stop
  }

  private deliver(chunk: Uint8Array, start: number, end: number): boolean {
    this.busy = true
    const goOn = this.role.content(chunk, start, end)
    this.busy = false
    return goOn
  }

  private chunkReader(): ChunkSizeReader {
    this.chunks ??= new ChunkSizeReader({
      line: this.settings.maxChunkExtensionSize,
      total: this.settings.maxChunkExtensionsSize,
      whitespace: this.settings.leniences.chunkWhitespace === true,
      bareLineFeed: this.settings.leniences.bareLineFeed === true,
    })
    return this.chunks
  }

  /** chunked-body (RFC 9112 §7.1); chunks that are wholly here take one turn of the loop each. */
  private readChunked(chunk: Uint8Array, at: number, end: number): number {
    for (;;) {
      if (at === end) return at
      if (this.state === CHUNK_SIZE) {
        at = this.readChunkSize(chunk, at, end)
        if (this.state === CHUNK_SIZE) return at
        if (this.state === TRAILERS_NEXT) continue
        if (at === end) return at
      }
      if (this.state === CHUNK_DATA) {
        const remaining = this.remaining
        const stop = end - at > remaining ? at + remaining : end
        this.remaining = remaining - (stop - at)
        if (stop - at === remaining) this.state = CHUNK_END
        if (!this.deliver(chunk, at, stop)) return STOP - stop
        at = stop
        if (at === end) return at
      }
      if (this.state === CHUNK_END) {
        if (end - at >= 2 && chunk[at] === 13 && chunk[at + 1] === 10) {
          at += 2
          this.state = CHUNK_SIZE
          continue
        }
        const octet = chunk[at]!
        if (octet === 10 && this.settings.leniences.bareLineFeed === true) {
          at++
          this.state = CHUNK_SIZE
          continue
        }
        if (octet !== 13) this.fail('HTTP_ERR_BAD_CHUNK_END', at)
        this.state = CHUNK_END_LF
        if (++at === end) return at
      }
      if (this.state === CHUNK_END_LF) {
        if (chunk[at] !== 10) this.fail('HTTP_ERR_BAD_CHUNK_END', at)
        at++
        this.state = CHUNK_SIZE
        continue
      }
      // TRAILERS_NEXT: nearly always the empty line.
      if (end - at >= 2 && chunk[at] === 13 && chunk[at + 1] === 10) {
        return this.finishMessage(undefined, at + 2)
      }
      return this.readSection(chunk, at, end, Kind.TRAILERS)
    }
  }

  private readChunkSize(chunk: Uint8Array, at: number, end: number): number {
    const reader = this.chunks!
    let size = 0
    if (reader.fresh) {
      // The usual line: up to seven digits and CRLF, all here.
      const limit = end - at > 9 ? at + 7 : end - 2
      let digits = at
      while (digits < limit) {
        const digit = hexDigit(chunk[digits]!)
        if (digit < 0) break
        size = (size << 4) | digit
        digits++
      }
      if (digits > at && digits <= end - 2 && chunk[digits] === 13 && chunk[digits + 1] === 10) {
        this.remaining = size
        this.state = size === 0 ? TRAILERS_NEXT : CHUNK_DATA
        return digits + 2
      }
    }
    at = reader.read(chunk, at, end)
    if (reader.error !== undefined) this.fail(reader.error, at)
    if (reader.done) {
      this.remaining = reader.size
      this.state = reader.size === 0 ? TRAILERS_NEXT : CHUNK_DATA
      reader.restart()
    }
    return at
  }

  private trailersEnd(at: number): number {
    const scratch = this.scratch
    const count = scratch.count()
    for (let i = 0; i < count; i++) {
      const name = scratch.records[scratch.recordsAt + 4 * i + 1]!
      if (name >= Name.KNOWN && isForbiddenTrailer(KNOWN_NAMES[256 + (name & 255)]!)) {
        this.fail(
          'HTTP_ERR_FORBIDDEN_TRAILER',
          at - scratch.headEnd + At.INPUT + scratch.records[scratch.recordsAt + 4 * i]!,
        )
      }
    }
    this.state = ENDING
    return this.finishMessage(count === 0 ? undefined : new FieldLines({ store: new RetainedText(scratch) }), at)
  }

  /** @param at index in the chunk at hand, may be negative for an octet of a chunk before */
  private fail(code: HttpErrorCode, at: number): never {
    this.state = DEAD
    this.letGo()
    this.carry = undefined
    this.failure = new HttpError(code, this.offset + at)
    throw this.failure
  }
}

function hasLineFeed(chunk: Uint8Array, at: number, end: number): boolean {
  for (let i = end - 1; i >= at; i--) if (chunk[i] === 10) return true
  return false
}

function isOctets(chunk: unknown): boolean {
  return Object.prototype.toString.call(chunk) === '[object Uint8Array]'
}
