import type { Fields, RequestHead } from '@plainwire/http-parser'
import type { Address, Connection } from '@plainwire/socket-server'
import { calm } from './attempt.js'
import { type ContentQueue, collect, tooLarge } from './content.js'
import { misuse, type WebError } from './errors.js'
import type { ReadOptions, ServerRequest } from './message.js'
import { checkNumber } from './option-checks.js'
import { formType, parseForm, parseJson } from './parsed-content.js'

/** What a request asks of the connection it came on. */
export interface RequestOwner {
  readonly connection: Connection<unknown>
  readonly secure: boolean
  readonly maxContentSize: number
}

const NOTHING = new Uint8Array(0)
/** Without `stream` it keeps nothing between calls; a new one costs more than most contents. */
const decoder = new TextDecoder()

const asItIs = (content: Uint8Array<ArrayBuffer>) => content
const decode = (content: Uint8Array) => decoder.decode(content)
const decodeJson = (content: Uint8Array) => parseJson(decoder.decode(content))

/** The engine's {@link ServerRequest}: the head, and the content either whole or in a queue. */
export class HttpRequest implements ServerRequest {
  readonly head: RequestHead
  readonly wholeContent: Uint8Array | undefined
  contentUsed = false
  context: unknown = undefined
  private readonly owner: RequestOwner
  /** The content still arriving; `undefined` when it came whole. */
  private readonly queue: ContentQueue | undefined
  private readonly wholeTrailers: Fields | undefined
  private knownTarget: string | undefined = undefined
  private pathEnd = -1
  private controller: AbortController | undefined = undefined
  private reason: WebError | undefined = undefined

  constructor(
    head: RequestHead,
    owner: RequestOwner,
    content: Uint8Array | undefined,
    trailers: Fields | undefined,
    queue: ContentQueue | undefined,
  ) {
    this.head = head
    this.owner = owner
    this.wholeContent = queue === undefined ? (content ?? NOTHING) : undefined
    this.wholeTrailers = trailers
    this.queue = queue
  }

  get method(): string {
    return this.head.method
  }

  get target(): string {
    return this.head.target
  }

  get path(): string {
    const target = this.originTarget()
    return this.pathEnd === target.length ? target : target.slice(0, this.pathEnd)
  }

  get query(): string {
    const target = this.originTarget()
    return target.slice(this.pathEnd + 1)
  }

  get authority(): string {
    const { head } = this
    if (head.targetForm === 'authority') return head.target
    if (head.targetForm === 'absolute') return /^[^:]*:\/\/([^/?#]*)/.exec(head.target)?.[1] ?? ''
    return head.fields.get('host') ?? ''
  }

  get scheme(): 'http' | 'https' {
    return this.secure ? 'https' : 'http'
  }

  get versionMinor(): number {
    return this.head.versionMinor
  }

  get fields(): Fields {
    return this.head.fields
  }

  get remote(): Address {
    return this.owner.connection.remote
  }

  get local(): Address {
    return this.owner.connection.local
  }

  get secure(): boolean {
    return this.owner.secure
  }

  get connection(): Connection<unknown> {
    return this.owner.connection
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    if (this.reason !== undefined) this.controller.abort(this.reason)
    return this.controller.signal
  }

  /** Whether {@link leave} was called. */
  get left(): boolean {
    return this.reason !== undefined
  }

  /** Nobody waits for the handler's answer any more, as far as we know: the peer is gone, or was answered in its place. */
  leave(reason: WebError): void {
    this.reason ??= reason
    this.controller?.abort(reason)
  }

  get hasContent(): boolean {
    return this.head.hasContent
  }

  get contentLength(): number | undefined {
    return this.head.chunked ? undefined : (this.head.contentLength ?? 0)
  }

  get content(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => this.iterate() }
  }

  bytes(options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
    return this.read(options, asItIs)
  }

  text(options?: ReadOptions): Promise<string> {
    return this.read(options, decode)
  }

  json(options?: ReadOptions): Promise<unknown> {
    return this.read(options, decodeJson)
  }

  formData(options?: ReadOptions): Promise<FormData> {
    try {
      const type = formType(this.fields.get('content-type'))
      return calm(this.read(options, asItIs).then((content) => parseForm(content, type)))
    } catch (problem) {
      return calm(Promise.reject(problem))
    }
  }

  get trailers(): Promise<Fields | undefined> {
    return this.queue === undefined ? Promise.resolve(this.wholeTrailers) : calm(this.queue.trailers())
  }

  /** Collects the content and makes something of it. */
  private read<T>(options: ReadOptions | undefined, make: (content: Uint8Array<ArrayBuffer>) => T): Promise<T> {
    // Not async: for content that is here already, a frame to come back to would cost more than all the rest.
    try {
      const content = this.collect(options)
      return content instanceof Promise ? calm(content.then(make)) : Promise.resolve(make(content))
    } catch (problem) {
      return calm(Promise.reject(problem))
    }
  }

  private collect(options: ReadOptions | undefined): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    const { maxContentSize } = this.owner
    const maxSize = options === undefined ? maxContentSize : checkNumber('maxSize', options.maxSize ?? maxContentSize)
    const limit = maxSize === 0 ? Number.MAX_SAFE_INTEGER : maxSize
    this.takeOnce()
    const { queue } = this
    if (queue === undefined) {
      const whole = this.wholeContent as Uint8Array<ArrayBuffer>
      if (whole.length > limit) throw tooLarge(limit)
      return whole
    }
    if (!this.head.chunked && this.head.contentLength! > limit) {
      queue.drop()
      throw tooLarge(limit)
    }
    return collect(queue, limit)
  }

  private iterate(): AsyncIterator<Uint8Array> {
    this.takeOnce()
    return this.queue ?? onePiece(this.wholeContent!)
  }

  private takeOnce(): void {
    if (this.contentUsed) throw misuse('WEB_ERR_CONTENT_USED', 'The content of the request was taken before')
    this.contentUsed = true
  }

  /** Path and query: the target itself, or what an absolute target has after its authority (RFC 9112 §3.2.2). */
  private originTarget(): string {
    if (this.knownTarget !== undefined) return this.knownTarget
    const { target, targetForm } = this.head
    let origin = target
    if (targetForm === 'absolute') {
      const rest = /^[^:]*:\/\/[^/?#]*(.*)$/.exec(target)?.[1] ?? ''
      origin = rest.startsWith('/') ? rest : `/${rest}`
    }
    const mark = origin.indexOf('?')
    this.pathEnd = mark === -1 ? origin.length : mark
    this.knownTarget = origin
    return origin
  }
}

function onePiece(whole: Uint8Array): AsyncIterator<Uint8Array> {
  let given = whole.length === 0
  return {
    async next() {
      if (given) return { done: true, value: undefined }
      given = true
      return { done: false, value: whole }
    },
    async return() {
      given = true
      return { done: true, value: undefined }
    },
  }
}
