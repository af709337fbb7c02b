/**
 * The pull flavour: messages out of any stream of octets, one after the other, each with its content as an async iterable.
 * Nothing is read ahead of what was asked for, so back-pressure is simply not pulling.
 *
 * @module
 */
import { HttpError } from './errors.js'
import type { Fields } from './fields.js'
import type { MessageHead, RequestHead, ResponseHead } from './head.js'
import type { ParserOptions } from './options.js'
import { RequestParser } from './request-parser.js'
import { ResponseParser } from './response-parser.js'

/** Where octets come from: a Node stream, a file, a `fetch` body, a generator, an array of chunks. */
export type OctetSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | { getReader(): OctetReader }

/** The part of a `ReadableStreamDefaultReader` that is used. */
export interface OctetReader {
  /** the next chunk, or done */
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  /** tells the source that no more will be read */
  cancel?(reason?: unknown): Promise<unknown>
  /** gives the stream back */
  releaseLock(): void
}

/** One message of a stream: its head, readable for ever, and its content, which can be read once. */
export interface StreamMessage<Head extends MessageHead> {
  /** the head */
  readonly head: Head
  /**
   * Chunks of the content, as ranges of what the source gave: no copy is made. What was not read when the next message is
   * asked for is skipped. Throws `HttpError` where the message is broken.
   */
  readonly content: AsyncIterable<Uint8Array>
  /**
   * Reads the content to its end and gives it in one piece; throws `HttpError` `HTTP_ERR_CONTENT_TOO_LARGE` when it is longer
   * than `maxSize` octets (default 1 MiB), after which the next message can still be asked for.
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
  /** Ends the iteration and gives every octet behind the last message, those already read first. The source is the caller's again. */
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
  return new Messages(source, (events) => {
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
  return new Messages(source, (events) => {
    const methods = (options.methods ?? [])[Symbol.iterator]()
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
      { ...options, requestMethod: method() },
    )
    return { parser, next: () => parser.next(method()) }
  })
}

/** What the hooks tell and what a message asks of its stream. */
interface Events<Message> {
  head(message: Message): false
  content(bytes: Uint8Array, start: number, end: number): false
  complete(trailers: Fields | undefined): void
  /** the next range of content of the message at hand, `undefined` at its end */
  pull(message: object): Promise<Uint8Array | undefined>
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
  private readonly events: Pick<Events<unknown>, 'pull' | 'position'>

  constructor(head: Head, events: Pick<Events<unknown>, 'pull' | 'position'>, informational: readonly ResponseHead[]) {
    this.head = head
    this.informational = informational
    this.events = events
  }

  get content(): AsyncIterable<Uint8Array> {
    return this.ranges()
  }

  async bytes({ maxSize = 1024 * 1024 }: { readonly maxSize?: number } = {}): Promise<Uint8Array> {
    const ranges: Uint8Array[] = []
    let size = 0
    for await (const range of this.ranges()) {
      size += range.length
      if (size > maxSize) {
        const status = 'status' in this.head ? 502 : undefined
        throw new HttpError('HTTP_ERR_CONTENT_TOO_LARGE', this.events.position - (size - maxSize), status)
      }
      ranges.push(range)
    }
    const whole = new Uint8Array(size)
    let at = 0
    for (const range of ranges) {
      whole.set(range, at)
      at += range.length
    }
    return whole
  }

  private async *ranges(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const range = await this.events.pull(this)
      if (range === undefined) return
      yield range
    }
  }
}

/** One connection: a chunk is pulled when the parser has used up the one before. */
class Messages<M extends { trailers: Fields | undefined }> implements MessageStream<M>, Events<M> {
  private readonly parser: Parser
  private readonly nextMessage: () => void
  private readonly read: () => Promise<Uint8Array | undefined>
  private readonly stop: () => Promise<void>
  private chunk: Uint8Array = new Uint8Array(0)
  private at = 0
  // Octets of the chunks before.
  private before = 0
  private ended = false
  private over = false
  private message: M | undefined = undefined
  private range: Uint8Array | undefined = undefined
  // Pulls of one connection happen one after the other, whoever asks.
  private turn: Promise<unknown> = Promise.resolve()

  constructor(source: OctetSource, make: (events: Messages<M>) => { parser: Parser; next: () => void }) {
    const { read, stop } = reader(source)
    this.read = read
    this.stop = stop
    const { parser, next } = make(this)
    this.parser = parser
    this.nextMessage = next
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

  pull(message: object): Promise<Uint8Array | undefined> {
    return this.inTurn(() => (message === this.message ? this.nextRange() : Promise.resolve(undefined)))
  }

  next(): Promise<IteratorResult<M>> {
    return this.inTurn(async () => {
      if (this.over) return { done: true, value: undefined }
      try {
        while (this.message !== undefined && (await this.nextRange()) !== undefined) {
          // What the reader left of the content is skipped.
        }
        if (this.parser.complete) {
          if (this.parser.switched) return this.end()
          this.message = undefined
          this.nextMessage()
        }
        while (this.message === undefined) if (!(await this.advance())) return this.end()
        return { done: false, value: this.message }
      } catch (error) {
        this.over = true
        await this.stop().catch(() => {})
        throw error
      }
    })
  }

  return(): Promise<IteratorResult<M>> {
    return this.inTurn(async () => {
      if (!this.over) {
        this.over = true
        await this.stop()
      }
      return { done: true, value: undefined }
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async *rest(): AsyncGenerator<Uint8Array> {
    this.over = true
    if (this.at < this.chunk.length) yield this.chunk.subarray(this.at)
    for (;;) {
      const chunk = await this.read()
      if (chunk === undefined) return
      yield chunk
    }
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
    if (this.at === this.chunk.length && !this.ended) {
      // A message without content is complete without another octet.
      if (this.message !== undefined) {
        this.parser.push(this.chunk, this.at)
        if (this.parser.complete) return true
      }
      const chunk = await this.read()
      this.ended = chunk === undefined
      this.before += this.chunk.length
      this.chunk = chunk ?? new Uint8Array(0)
      this.at = 0
    }
    if (this.ended && this.at === this.chunk.length) {
      this.parser.finish()
      return false
    }
    this.at = this.parser.push(this.chunk, this.at)
    return true
  }
}

function reader(source: OctetSource): { read: () => Promise<Uint8Array | undefined>; stop: () => Promise<void> } {
  if (Symbol.asyncIterator in source) {
    const iterator = source[Symbol.asyncIterator]()
    return {
      read: async () => {
        const { done, value } = await iterator.next()
        return done ? undefined : value
      },
      stop: async () => void (await iterator.return?.()),
    }
  }
  if (Symbol.iterator in source) {
    const iterator = source[Symbol.iterator]()
    return {
      read: async () => {
        const { done, value } = iterator.next()
        return done ? undefined : value
      },
      stop: async () => void iterator.return?.(),
    }
  }
  const stream = source.getReader()
  // Behind the end, and behind stop(), the lock is given back: the reader can not be asked again.
  let over = false
  return {
    read: async () => {
      if (over) return undefined
      const { done, value } = await stream.read()
      if (!done) return value
      over = true
      stream.releaseLock()
      return undefined
    },
    stop: async () => {
      if (over) return
      over = true
      await stream.cancel?.()
      stream.releaseLock()
    },
  }
}
