/** The octets of one head or trailer section with what the scan found in them. */
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
  /** the whole of it as a string */
  text(): string
  slice(start: number, end: number): string
}

/** Who has the octets of the messages of a connection, one after the other. */
export interface StoreHolder {
  /**
   * The octets of the message with this number.
   *
   * @throws TypeError when it is past: that is the caller's mistake, and never a wrong value
   */
  store(serial: number): HeadStore
}

/** Where field lines find their octets, which may move. */
export interface StoreSource {
  store(): HeadStore
}

/** A head or trailer section copied out of the scratch memory, valid for ever. */
export class RetainedText implements HeadStore, StoreHolder, StoreSource {
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

  store(): HeadStore {
    return this
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
