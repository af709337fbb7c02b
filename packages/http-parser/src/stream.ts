/**
 * The pull flavour: messages out of any stream of octets, one after the other, each with its content as an async iterable.
 * Nothing is read ahead of what was asked for, so back-pressure is simply not pulling.
 *
 * @module
 */
import { HttpError } from './errors.js'
import type { Fields } from './fields.js'
import type { MessageHead, RequestHead, ResponseHead } from './head.js'
import { type OctetSource, type Source, sourceOf } from './octet-source.js'
import { isOctets } from './octets.js'
import type { ParserOptions } from './options.js'
import { RequestParser } from './request-parser.js'
import { ResponseParser } from './response-parser.js'

export type { OctetReader, OctetSource } from './octet-source.js'

/** One message of a stream: its head, readable for ever, and its content, which can be read once. */
export interface StreamMessage<Head extends MessageHead> {
  /** the head */
  readonly head: Head
  /**
   * Chunks of the content, as ranges of what the source gave: no copy is made. What was not read when the next message is
   * asked for is skipped. Throws `HttpError` where the message is broken, what the source throws, and a `TypeError` when there
   * is content that was skipped, or not read when the iteration was ended, or that somebody else is reading.
   */
  readonly content: AsyncIterable<Uint8Array>
  /**
   * Reads the content to its end and gives it in one piece, a copy. Throws like `content`; also `HttpError`
   * `HTTP_ERR_CONTENT_TOO_LARGE` when it is longer than `maxSize` octets (default 1 MiB; `Infinity` for no limit), after which
   * the next message can still be asked for; a `RangeError` when `maxSize` is none, and a `TypeError` when some of the content
   * was read before.
   */
  bytes(options?: { readonly maxSize?: number }): Promise<Uint8Array>
  /** Trailer fields, when there were any and the content was read to its end. */
  readonly trailers: Fields | undefined
}

/** A message that `readResponses` gives. */
export interface StreamResponse extends StreamMessage<ResponseHead> {
  /** heads of the interim responses (1xx) that came before, readable for ever */
  readonly informational: readonly ResponseHead[]
}

/** A message that `readRequests` gives. */
export type StreamRequest = StreamMessage<RequestHead>

/**
 * What changes behind a message, and what was read of it: after an upgrade or CONNECT, `rest` gives the octets behind the
 * last head that are not HTTP.
 */
export interface MessageStream<Message> extends AsyncIterableIterator<Message> {
  /**
   * Ends the iteration at the call and gives every octet behind what was read of the last message, those already taken from the
   * source first. Whoever leaves it early has the source again, which is neither ended nor locked; to end it is up to them.
   */
  rest(): AsyncIterable<Uint8Array>
}

/**
 * Reads requests.
 *
 * ```ts
 * for await (const request of readRequests(socket)) {
 *   console.log(request.head.method, request.head.target, await request.bytes())
 * }
 * ```
 *
 * @param source octets of one connection
 * @param options limits and leniences
 * @throws HttpError from the iteration, when the octets are not HTTP/1.1
 */
export function readRequests(source: OctetSource, options?: ParserOptions): MessageStream<StreamRequest> {
  return new Messages<Message<RequestHead>>(source, (events) => {
    const parser = new RequestParser(
      {
        head: (head) => events.head(new Message(head.retain(), events, [])),
        content: (bytes, start, end) => events.content(bytes, start, end),
        complete: (trailers) => events.complete(trailers),
      },
      options,
    )
    return { parser, next: () => parser.next() }
  })
}

/**
 * Reads responses. It ends behind a response that switches protocols: `rest()` has what follows.
 *
 * @param source octets of one connection
 * @param options limits and leniences; `methods` are those of the requests, in order, where they are not GET
 * @throws HttpError from the iteration, when the octets are not HTTP/1.1
 */
export function readResponses(
  source: OctetSource,
  options: ParserOptions & { readonly methods?: Iterable<string> } = {},
): MessageStream<StreamResponse> {
  return new Messages<Message<ResponseHead>>(source, (events) => {
    const { methods: given = [], ...rest } = options
    // A string is iterable, too: of letters, none of which is HEAD.
    if (typeof given === 'string') throw new TypeError('methods are a list of strings, not one')
    const methods = given[Symbol.iterator]()
    const method = (): string => methods.next().value ?? 'GET'
    let informational: ResponseHead[] = []
    const parser = new ResponseParser(
      {
        head: (head) => {
          events.head(new Message(head.retain(), events, informational))
          informational = []
          return false
        },
        informational: (head) => void informational.push(head.retain()),
        content: (bytes, start, end) => events.content(bytes, start, end),
        complete: (trailers) => events.complete(trailers),
      },
      { ...rest, requestMethod: method() },
    )
    return { parser, next: () => parser.next(method()) }
  })
}

/** What the hooks tell and what a message asks of its stream. */
interface Events<M> {
  head(message: M): false
  content(bytes: Uint8Array, start: number, end: number): false
  complete(trailers: Fields | undefined): void
  /** the next range of content of a message, `undefined` at its end */
  pull(message: M): Promise<Uint8Array | undefined>
  /** octets of the stream read so far */
  readonly position: number
}

/** The part of both parsers that is used here. */
interface Parser {
  readonly idle: boolean
  readonly complete: boolean
  readonly switched?: boolean
  push(chunk: Uint8Array, start?: number): number
  finish(): void
}

class Message<Head extends MessageHead> implements StreamMessage<Head> {
  readonly head: Head
  readonly informational: readonly ResponseHead[]
  trailers: Fields | undefined = undefined
  /** Nothing of the content is left that its reader did not get. */
  whole: boolean
  private begun = false
  private reading = false
  private readonly events: Events<Message<Head>>

  constructor(head: Head, events: Events<Message<Head>>, informational: readonly ResponseHead[]) {
    this.head = head
    this.informational = informational
    this.events = events
    this.whole = !head.hasContent
  }

  get content(): AsyncIterable<Uint8Array> {
    return this.ranges()
  }

  async bytes({ maxSize = 1024 * 1024 }: { readonly maxSize?: number } = {}): Promise<Uint8Array> {
    if (!(typeof maxSize === 'number' && maxSize >= 0))
      throw new RangeError(`maxSize must be 0 or more, not ${maxSize}`)
    if (this.begun || this.reading) throw new TypeError('bytes() was called when some of the content was read')
    // Copied at once: a peer that sends chunks of one octet would have a view kept of each.
    let gathered = new Uint8Array(0)
    let size = 0
    for await (const range of this.ranges()) {
      const at = size
      size += range.length
      if (size > maxSize) {
        const status = 'status' in this.head ? 502 : undefined
        throw new HttpError('HTTP_ERR_CONTENT_TOO_LARGE', this.events.position - (size - maxSize), status)
      }
      if (size > gathered.length) {
        const larger = new Uint8Array(Math.max(size, Math.min(2 * at, maxSize, this.head.contentLength ?? maxSize)))
        larger.set(gathered.subarray(0, at))
        gathered = larger
      }
      gathered.set(range, at)
    }
    return size === gathered.length ? gathered : gathered.slice(0, size)
  }

  // One reader at a time: of two, each would get a part and take it for the whole.
  private async *ranges(): AsyncGenerator<Uint8Array> {
    if (this.reading) throw new TypeError('The content is being read by somebody else')
    this.reading = !this.whole
    try {
      for (;;) {
        const range = await this.events.pull(this)
        if (range === undefined) return
        this.begun = true
        yield range
      }
    } finally {
      this.reading = false
    }
  }
}

const NOTHING = new Uint8Array(0)

/** One connection: a chunk is pulled when the parser has used up the one before. */
class Messages<M extends Message<MessageHead>> implements MessageStream<M>, Events<M> {
  private readonly parser: Parser
  private readonly nextMessage: () => void
  private readonly source: Source
  // What the source gave and the parser did not use up: what was used up is the caller's, who may detach it. Where it ends is
  // kept, too: detached too soon it would look used up, and what was in it would be missing in silence.
  private chunk: Uint8Array = NOTHING
  private at = 0
  private size = 0
  // Octets of the chunks before.
  private before = 0
  private ended = false
  // No more messages are given.
  private over = false
  // What went wrong, for everybody who asks on.
  private failure: { readonly error: unknown } | undefined = undefined
  private message: M | undefined = undefined
  private range: Uint8Array | undefined = undefined
  // Pulls of one connection happen one after the other, whoever asks.
  private turn: Promise<unknown> = Promise.resolve()

  constructor(source: OctetSource, make: (events: Messages<M>) => { parser: Parser; next: () => void }) {
    // Options are judged before the source is touched.
    const { parser, next } = make(this)
    this.parser = parser
    this.nextMessage = next
    this.source = sourceOf(source)
  }

  head(message: M): false {
    this.message = message
    return false
  }

  content(bytes: Uint8Array, start: number, end: number): false {
    this.range = bytes.subarray(start, end)
    return false
  }

  complete(trailers: Fields | undefined): void {
    if (this.message !== undefined) this.message.trailers = trailers
  }

  get position(): number {
    return this.before + this.at
  }

  pull(message: M): Promise<Uint8Array | undefined> {
    return this.inTurn(async () => {
      if (message.whole) return undefined
      if (message !== this.message) throw new TypeError('The content was skipped: read it before the next message')
      if (this.over && this.failure === undefined) {
        throw new TypeError('The iteration was ended: read the content of a message before')
      }
      const range = await this.nextRange()
      if (range === undefined) message.whole = true
      return range
    })
  }

  next(): Promise<IteratorResult<M>> {
    return this.inTurn(async () => {
      if (this.over) return { done: true, value: undefined }
      try {
        await this.skipContent()
        if (this.parser.complete) {
          if (this.parser.switched) return this.end()
          this.message = undefined
          this.nextMessage()
        }
        while (this.message === undefined) if (!(await this.advance())) return this.end()
        return { done: false, value: this.message }
      } catch (error) {
        this.over = true
        await this.source.stop().catch(() => {})
        throw error
      }
    })
  }

  return(): Promise<IteratorResult<M>> {
    return this.inTurn(async () => {
      if (!this.over) {
        this.over = true
        await this.source.stop().catch((error: unknown) => {
          // A source that failed was heard of.
          if (this.failure === undefined) throw error
        })
      }
      return { done: true, value: undefined }
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  rest(): AsyncGenerator<Uint8Array> {
    // In turn, so that whoever waits for a message gets it; and now, so that leaving the loop does not stop the source.
    void this.inTurn(async () => {
      this.over = true
    })
    return this.octetsBehind()
  }

  private async *octetsBehind(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = await this.inTurn(() => this.takeChunk())
        if (chunk === undefined) return
        yield chunk
      }
    } finally {
      this.source.release()
    }
  }

  /** Octets that the parser will not see, `undefined` at the end of the source. */
  private async takeChunk(): Promise<Uint8Array | undefined> {
    while (this.size === 0 && !this.ended) await this.readChunk()
    if (this.ended) return undefined
    this.checkChunk()
    const rest = this.chunk.subarray(this.at)
    this.useUp(this.size)
    return rest
  }

  private inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.turn.then(step)
    this.turn = result.catch(() => {})
    return result
  }

  private end(): IteratorResult<M> {
    this.over = true
    this.message = undefined
    return { done: true, value: undefined }
  }

  /** What the reader left of the content is passed over. */
  private async skipContent(): Promise<void> {
    const { message } = this
    if (message === undefined) return
    let skipped = false
    while ((await this.nextRange()) !== undefined) skipped = true
    if (!skipped) message.whole = true
  }

  /** The next range of content, `undefined` when the message is complete. */
  private async nextRange(): Promise<Uint8Array | undefined> {
    while (!this.parser.complete) {
      await this.advance()
      const range = this.range
      this.range = undefined
      if (range !== undefined) return range
    }
    return undefined
  }

  /** One push, with a chunk from the source when there is none left; false at the end of the source. */
  private async advance(): Promise<boolean> {
    if (this.failure !== undefined) throw this.failure.error
    try {
      if (this.size === 0 && !this.ended) {
        // A message without content is complete without another octet.
        if (this.message !== undefined) {
          this.parser.push(NOTHING)
          if (this.parser.complete) return true
        }
        await this.readChunk()
      }
      if (this.ended) {
        this.parser.finish()
        return false
      }
      this.checkChunk()
      this.useUp(this.parser.push(this.chunk, this.at))
      return true
    } catch (error) {
      this.failure = { error }
      throw error
    }
  }

  private async readChunk(): Promise<void> {
    const { done, value } = await this.source.read()
    if (done === true) this.ended = true
    else if (!isOctets(value)) throw new TypeError('a source gives chunks that are Uint8Arrays')
    else {
      this.chunk = value
      this.size = value.length
    }
  }

  private checkChunk(): void {
    if (this.chunk.length < this.size)
      throw new TypeError('a chunk was detached or shortened before all of it was read')
  }

  private useUp(at: number): void {
    if (at < this.size) {
      this.at = at
      return
    }
    this.before += at
    this.at = 0
    this.size = 0
    this.chunk = NOTHING
  }
}
