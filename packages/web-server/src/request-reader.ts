import {
  type Fields,
  HttpError,
  type ParserOptions,
  type RequestHead,
  type RequestHooks,
  RequestParser,
} from '@plainwire/http-parser'

/** What a held chunk weighs at least, so that a peer pays for the objects that single octets become. */
const CHUNK_OVERHEAD = 256

/**
 * What came from the peer and is not read yet, and the parser that reads it, one step at a time.
 *
 * Between two messages it knows nothing of its connection, so it can serve another one.
 *
 * The parser's hooks only take notes: `head`, `content` and `complete` say what the last step found, and whoever acts on
 * it can not be called from within the parser.
 */
export class RequestReader implements RequestHooks {
  /** Of the last step: the head of a new message. */
  newHead: RequestHead | undefined = undefined
  /** Of the current message: all of it has been read. */
  messageComplete = false
  trailers: Fields | undefined = undefined
  private readonly parser: RequestParser
  /** What is being read, from `at` on; what waits behind it, from `first` on. */
  private input: Uint8Array | undefined = undefined
  private at = 0
  private ahead: Uint8Array[] | undefined = undefined
  private first = 0
  private aheadWeight = 0
  /** Of the last step: where content is in the chunk that was read. */
  private chunk: Uint8Array | undefined = undefined
  private rangeStart = -1
  private rangeEnd = -1
  private ranges: number[] | undefined = undefined
  /** Octets the parser has consumed, and had when this connection began: its errors count over all that it has read. */
  private consumed = 0
  private base = 0

  constructor(options: ParserOptions | undefined) {
    this.parser = new RequestParser(this, options)
  }

  /** Whether there is anything to read. */
  get hasInput(): boolean {
    return this.input !== undefined
  }

  /** Octets that wait to be read, small chunks counted as {@link CHUNK_OVERHEAD}. */
  get weight(): number {
    return this.input === undefined ? 0 : this.input.length - this.at + this.aheadWeight
  }

  /** Between two messages, with not an octet of the next one. */
  get idle(): boolean {
    return this.input === undefined && this.parser.idle
  }

  /** A connection takes it over. */
  begin(): void {
    this.base = this.consumed
  }

  /** Takes what the socket read; the chunk is ours. */
  add(chunk: Uint8Array): void {
    if (this.input === undefined) {
      this.input = chunk
      this.at = 0
      return
    }
    this.ahead ??= []
    this.ahead.push(chunk)
    this.aheadWeight += Math.max(chunk.length, CHUNK_OVERHEAD)
  }

  /** Reads on to the end of the message or of the chunk. @throws HttpError: nothing more may be read */
  step(): void {
    const input = this.input!
    this.newHead = undefined
    this.rangeStart = -1
    this.ranges = undefined
    const end = this.push(this.parser, input)
    this.consumed += end - this.at
    this.chunk = this.rangeStart === -1 ? undefined : input
    if (end < input.length) this.at = end
    else {
      this.input = this.ahead === undefined ? undefined : this.shift()
      this.at = 0
    }
  }

  private push(parser: RequestParser, input: Uint8Array): number {
    try {
      return parser.push(input, this.at)
    } catch (problem) {
      throw problem instanceof HttpError ? new HttpError(problem.code, problem.offset - this.base) : problem
    }
  }

  /** How much content the last step found. */
  get contentSize(): number {
    if (this.rangeStart === -1) return 0
    const { ranges } = this
    if (ranges === undefined) return this.rangeEnd - this.rangeStart
    let size = 0
    for (let at = 0; at < ranges.length; at += 2) size += ranges[at + 1]! - ranges[at]!
    return size
  }

  /** The content that the last step found: a view when it is in one piece, joined when chunk framing was between. */
  takeContent(): Uint8Array | undefined {
    const { chunk, ranges } = this
    if (chunk === undefined) return undefined
    this.chunk = undefined
    if (ranges === undefined) return chunk.subarray(this.rangeStart, this.rangeEnd)
    const joined = Buffer.allocUnsafe(this.contentSize)
    let size = 0
    for (let at = 0; at < ranges.length; at += 2) {
      joined.set(chunk.subarray(ranges[at]!, ranges[at + 1]!), size)
      size += ranges[at + 1]! - ranges[at]!
    }
    return joined
  }

  /** The message is dealt with: ready for the following one. */
  next(): void {
    this.parser.next()
    this.newHead = undefined
    this.messageComplete = false
    this.trailers = undefined
  }

  /** The peer sends no more. @throws HttpError when a message is incomplete */
  finish(): void {
    this.parser.finish()
  }

  /** Gives up what was not read, for another protocol or for nobody. */
  takeRest(): Uint8Array[] {
    const rest: Uint8Array[] = []
    if (this.input !== undefined) rest.push(this.input.subarray(this.at))
    for (let chunk = this.shift(); chunk !== undefined; chunk = this.shift()) rest.push(chunk)
    this.input = undefined
    this.newHead = undefined
    return rest
  }

  /** @internal */
  head(head: RequestHead): void {
    this.newHead = head
  }

  /** @internal */
  content(_chunk: Uint8Array, start: number, end: number): void {
    if (this.rangeStart === -1) {
      this.rangeStart = start
      this.rangeEnd = end
    } else {
      this.ranges ??= [this.rangeStart, this.rangeEnd]
      this.ranges.push(start, end)
    }
  }

  /** @internal */
  complete(trailers: Fields | undefined): void {
    this.messageComplete = true
    this.trailers = trailers
  }

  private shift(): Uint8Array | undefined {
    const chunk = this.ahead?.[this.first]
    if (chunk === undefined) return undefined
    this.first++
    this.aheadWeight -= Math.max(chunk.length, CHUNK_OVERHEAD)
    if (this.first === this.ahead!.length) {
      this.ahead = undefined
      this.first = 0
    }
    return chunk
  }
}
