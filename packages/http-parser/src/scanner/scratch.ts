import { Latin1 } from '../latin1.js'
import type { SectionLimits } from '../options.js'
import { SHORT_TEXT, shortText } from '../short-text.js'
import type { HeadStore } from '../store.js'
import { At, Size } from './layout.js'

/** What a scanner offers besides its memory. */
export interface Scanner {
  readonly octets: Uint8Array
  scan(kind: number, start: number, from: number, end: number): number
  isAscii(start: number, end: number): boolean | number
}

/** Who has its octets in the scratch memory: it is told to save them before they are overwritten. */
export interface Owner {
  release(): void
}

// How much of a large chunk is copied at first: most heads, and a batch of pipelined ones. Body octets behind are wasted.
const WINDOW = 4096
// How far a text is decoded ahead when several messages are in the memory; more would pin more behind each kept string.
const TEXT_AHEAD = 1024

/**
 * The memory of a scanner with the octets of one parser in it. All parsers share one (two, when both scanners are in use):
 * a parser that comes in between makes the owner save what it still needs, so an idle connection holds no buffer, and a
 * message that is answered before the next one arrives is never copied out at all.
 */
export class Scratch implements HeadStore {
  readonly octets: Uint8Array
  readonly words: Int32Array
  readonly records: Uint16Array
  readonly recordsAt: number = At.RECORDS >> 1
  readonly scan: (kind: number, start: number, from: number, end: number) => number
  private readonly isAscii: (start: number, end: number) => boolean | number
  private readonly latin1: Latin1
  private readonly teller: (() => Scratch) | undefined

  owner: Owner | undefined = undefined
  limits: SectionLimits | undefined = undefined
  /** end of the octets that are in the memory */
  loaded: number = At.INPUT
  /** the head the owner handed out last */
  headStart: number = At.INPUT
  headEnd: number = At.INPUT
  /** whether octets behind the head may be another head */
  pipelined = false

  // The caller's chunk whose octets from `windowAt` on are here, for the next message in the same chunk.
  chunk: Uint8Array | undefined = undefined
  chunkEnd = 0
  windowAt = 0

  private textOnce: string | undefined = undefined
  textStart = 0
  private textEnd = 0

  /** @param teller where to ask why, for a scanner that only refuses */
  constructor(scanner: Scanner, teller?: () => Scratch) {
    this.octets = scanner.octets
    this.words = new Int32Array(scanner.octets.buffer)
    this.records = new Uint16Array(scanner.octets.buffer)
    this.scan = scanner.scan
    this.isAscii = scanner.isAscii
    this.latin1 = new Latin1(scanner.octets, At.INPUT)
    this.teller = teller
  }

  /** Makes the memory the owner's, and its limits the ones in force. */
  take(owner: Owner | undefined, limits: SectionLimits): void {
    this.owner?.release()
    this.owner = owner
    this.chunk = undefined
    this.textOnce = undefined
    if (this.limits !== limits) {
      this.limits = limits
      const words = this.words
      words[At.MAX_START_LINE >> 2] = limits.startLine
      words[At.MAX_FIELD >> 2] = limits.field
      words[At.MAX_SECTION >> 2] = limits.section
      words[At.MAX_FIELDS >> 2] = limits.fields
      words[At.LENIENCES >> 2] = limits.leniences
    }
  }

  /** Copies octets of a chunk to the start of the memory. */
  load(chunk: Uint8Array, at: number, end: number): void {
    this.loaded = At.INPUT
    this.textOnce = undefined
    const stop = end - at > WINDOW ? at + WINDOW : end
    this.append(chunk, at, stop)
    this.chunk = chunk
    this.chunkEnd = end
    this.windowAt = at
    this.headEnd = At.INPUT
  }

  /** Appends octets of a chunk; returns how many fitted. */
  append(chunk: Uint8Array, at: number, end: number): number {
    const octets = this.octets
    const room = At.INPUT + Size.INPUT - this.loaded
    let size = end - at
    if (size > room) size = room
    if (size < 24) for (let i = 0; i < size; i++) octets[this.loaded + i] = chunk[at + i]!
    else octets.set(at === 0 && size === chunk.length ? chunk : chunk.subarray(at, at + size), this.loaded)
    this.loaded += size
    octets[this.loaded] = 0
    return size
  }

  /**
   * Number of the error for which the section that begins at `start` was refused; its place is in At.OFFSET then.
   *
   * @param result what `scan` answered
   */
  tell(result: number, kind: number, start: number): number {
    if (this.teller === undefined) return -1 - result
    const other = this.teller()
    other.take(undefined, this.limits!)
    other.loaded = At.INPUT
    other.append(this.octets, start, this.loaded)
    const told = other.scan(kind, At.INPUT, At.INPUT, other.loaded)
    this.words[At.OFFSET >> 2] = other.words[At.OFFSET >> 2]! + start - At.INPUT
    return -1 - told
  }

  // What a lazy head reads; the same members as those of RetainedText.

  count(): number {
    return this.words[At.COUNT >> 2]!
  }

  methodEnd(): number {
    return this.words[At.METHOD_END >> 2]!
  }

  targetEnd(): number {
    return this.words[At.TARGET_END >> 2]!
  }

  start(): number {
    return this.headStart
  }

  /** The head as a string, decoded once; octet `i` of the memory is character `i - textStart`. */
  text(): string {
    const text = this.textOnce
    if (text !== undefined && this.textStart <= this.headStart && this.headEnd <= this.textEnd) return text
    const start = this.headStart
    let end = this.headEnd
    if (this.pipelined && this.loaded > end) {
      const ahead = Math.min(this.loaded, start + TEXT_AHEAD)
      if (ahead > end && this.isAscii(start, ahead)) end = ahead
    }
    this.textStart = start
    this.textEnd = end
    this.textOnce = this.latin1.decode(start, end, Boolean(this.isAscii(start, end)))
    return this.textOnce
  }

  /** Some octets of the start line as a string, without decoding the whole head. */
  slice(start: number, end: number): string {
    if (end - start <= SHORT_TEXT) return shortText(this.octets, start, end - start)
    if (this.textOnce !== undefined || (this.pipelined && this.loaded > this.headEnd)) {
      const text = this.text()
      return text.substring(start - this.textStart, end - this.textStart)
    }
    return this.latin1.decode(start, end, Boolean(this.isAscii(start, end)))
  }
}
