import { RECORDS } from './scanner/layout.js'

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
  readonly #text: string
  readonly #count: number
  readonly #methodEnd: number
  readonly #targetEnd: number
  readonly #start: number

  constructor(source: HeadStore) {
    this.#text = source.text()
    this.textStart = source.textStart
    this.#count = source.count()
    this.#methodEnd = source.methodEnd()
    this.#targetEnd = source.targetEnd()
    this.#start = source.start()
    this.records = source.records.slice(source.recordsAt, source.recordsAt + 4 * this.#count)
  }

  count(): number {
    return this.#count
  }

  methodEnd(): number {
    return this.#methodEnd
  }

  targetEnd(): number {
    return this.#targetEnd
  }

  start(): number {
    return this.#start
  }

  text(): string {
    return this.#text
  }

  slice(start: number, end: number): string {
    return this.#text.substring(start - this.textStart, end - this.textStart)
  }
}

/** The store of a head that its parser is through with: asking it is the caller's mistake, and never a wrong value. */
export const PAST: HeadStore = {
  records: new Uint16Array(0),
  recordsAt: RECORDS,
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
