import { Latin1 } from '../latin1.js'
import type { SectionLimits } from '../options.js'
import type { HeadStore } from '../store.js'
import { At, Lenient } from './layout.js'

/** What a scanner offers besides its memory. */
export interface Scanner {
  readonly octets: Uint8Array
  scan(kind: number, start: number, from: number, end: number): number
}

/** Who has its octets in the scratch memory: it is told to save them before they are overwritten. */
export interface Owner {
  release(): void
}

// How much of a large chunk is copied at first: most heads, and a batch of pipelined ones. Body octets behind are wasted.
const WINDOW = 4096
// How far a text is decoded ahead when several messages are in the memory; more would pin more behind each kept string. Where
// folds become spaces, which they do when their section is scanned, nothing is: it would still have the line ends.
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
  private readonly latin1: Latin1
  private readonly teller: (() => Scratch) | undefined

  owner: Owner | undefined = undefined
  limits: SectionLimits | undefined = undefined
  /** end of the octets that are in the memory */
  loaded: number = At.INPUT
  /** the head the owner handed out last */
  headStart: number = At.INPUT
  headEnd: number = At.INPUT
  /** octets behind the head may be other heads up to here */
  ahead: number = At.INPUT

  /** the caller's chunk, when octets of it that are here were not read yet */
  chunk: Uint8Array | undefined = undefined
  // Which part of it was copied.
  private chunkEnd = 0
  private windowAt = 0

  textStart = 0
  private textEnd = 0
  private textOnce: string | undefined = undefined
  private textAhead = TEXT_AHEAD
  // Whether every string was made of this head, and of the one before: then a whole text is the cheapest source of any.
  private read = false
  private readBefore = false

  /** @param teller where to ask why, for a scanner that only refuses */
  constructor(scanner: Scanner, teller?: () => Scratch) {
    this.octets = scanner.octets
    this.words = new Int32Array(scanner.octets.buffer)
    this.records = new Uint16Array(scanner.octets.buffer)
    this.scan = scanner.scan
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
      this.textAhead = (limits.leniences & Lenient.OBS_FOLD) === 0 ? TEXT_AHEAD : 0
    }
  }

  /**
   * Where the octets of a chunk are in the memory, that of `owner` from here on. The message before may have been in the
   * same chunk, and this one was copied along with it; else it is copied now.
   */
  place(owner: Owner, limits: SectionLimits, chunk: Uint8Array, at: number, end: number): number {
    if (this.owner !== owner || this.limits !== limits) this.take(owner, limits)
    else if (this.chunk === chunk && this.chunkEnd === end) {
      const position = At.INPUT + at - this.windowAt
      if (position >= this.headEnd && position < this.loaded) return position
    }
    this.load(chunk, at, end)
    return At.INPUT
  }

  /** Copies octets of a chunk to the start of the memory. */
  load(chunk: Uint8Array, at: number, end: number): void {
    this.loaded = At.INPUT
    this.textOnce = undefined
    this.readBefore = this.read
    this.read = false
    this.append(chunk, at, end - at > WINDOW ? at + WINDOW : end)
    this.chunk = undefined
    this.chunkEnd = end
    this.windowAt = at
  }

  /** Appends octets of a chunk: together with what is there at most Size.INPUT. */
  append(chunk: Uint8Array, at: number, end: number): void {
    const octets = this.octets
    const size = end - at
    let loaded = this.loaded
    if (size < 24) while (at < end) octets[loaded++] = chunk[at++]!
    else {
      octets.set(size === chunk.length ? chunk : chunk.subarray(at, end), loaded)
      loaded += size
    }
    octets[loaded] = 0
    this.loaded = loaded
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
    this.read = true
    return this.hasText() ? this.textOnce! : this.decode()
  }

  slice(start: number, end: number): string {
    if (this.hasText()) return this.textOnce!.substring(start - this.textStart, end - this.textStart)
    if (this.readBefore || this.ahead > this.headEnd)
      return this.decode().substring(start - this.textStart, end - this.textStart)
    return this.latin1.decode(start, end)
  }

  private hasText(): boolean {
    return this.textOnce !== undefined && this.textStart <= this.headStart && this.headEnd <= this.textEnd
  }

  private decode(): string {
    const start = this.headStart
    let end = Math.min(this.ahead, start + this.textAhead)
    if (end < this.headEnd) end = this.headEnd
    this.textStart = start
    this.textEnd = end
    this.textOnce = this.latin1.decode(start, end)
    return this.textOnce
  }
}
