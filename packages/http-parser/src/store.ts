import { At } from './scanner/layout.js'

/**
 * Where a head finds its octets. While its parser is at it, that is the scratch memory itself; when another parser needs
 * the memory, or the head is retained, a text of its own; and after `next()`, nothing.
 */
export interface HeadStore {
  /** records of the field lines, four numbers each (layout.ts), from `recordsAt` on */
  readonly records: Uint16Array
  readonly recordsAt: number
  /** where `text()` starts in the memory; right after `text()` was called */
  readonly textStart: number
  /** number of field lines */
  count(): number
  methodEnd(): number
  targetEnd(): number
  /** first octet of the head */
  start(): number
  text(): string
  slice(start: number, end: number): string
}

/** What lazy things hold on to: its store is exchanged under them. */
export interface StoreHolder {
  readonly store: HeadStore
}

/** A head or trailer section copied out of the scratch memory, valid for ever. */
export class RetainedText implements HeadStore {
  readonly records: Uint16Array
  readonly recordsAt: number = 0
  readonly textStart: number
  private readonly savedText: string
  private readonly savedCount: number
  private readonly savedMethodEnd: number
  private readonly savedTargetEnd: number
  private readonly savedStart: number

  constructor(source: HeadStore) {
    this.savedText = source.text()
    this.textStart = source.textStart
    this.savedCount = source.count()
    this.savedMethodEnd = source.methodEnd()
    this.savedTargetEnd = source.targetEnd()
    this.savedStart = source.start()
    this.records = source.records.slice(source.recordsAt, source.recordsAt + 4 * this.savedCount)
  }

  count(): number {
    return this.savedCount
  }

  methodEnd(): number {
    return this.savedMethodEnd
  }

  targetEnd(): number {
    return this.savedTargetEnd
  }

  start(): number {
    return this.savedStart
  }

  text(): string {
    return this.savedText
  }

  slice(start: number, end: number): string {
    return this.savedText.substring(start - this.textStart, end - this.textStart)
  }
}

/** The store of a head that its parser is through with: asking it is the caller's mistake, and never a wrong value. */
export const PAST: HeadStore = {
  records: new Uint16Array(0),
  recordsAt: At.RECORDS,
  textStart: 0,
  count: past,
  methodEnd: past,
  targetEnd: past,
  start: past,
  text: past,
  slice: past,
}

function past(): never {
  throw new TypeError('This head was not read before next() of its parser: call head.retain() while the message lasts')
}
