import { calm } from '../attempt.js'
import { WebError } from '../errors.js'
import type { ServerRequest } from '../message.js'
import { formType, parseForm, parseJson } from '../parsed-content.js'
import { RequestHeaders } from './headers.js'
import { requestUrl } from './url.js'

/** The runtime's own class, whatever {@link installFastGlobals} puts in its place later. */
const NativeRequest = globalThis.Request

/** Methods that the Fetch standard refuses, whatever their case. */
const FORBIDDEN_METHOD = /^(?:CONNECT|TRACE|TRACK)$/i

/** Methods for which a standard Request takes no body, and which it spells in capitals however they came. */
const WITHOUT_BODY = /^(?:GET|HEAD)$/i

/** What a `Request` is made of when the real one is needed. */
type StandardInit = RequestInit & { duplex?: 'half' }

/**
 * The Web's `Request` over a request of ours.
 *
 * Method, URL, headers, signal and the body readers work on what the parser has; a real `Request`, which costs more than
 * everything else a small request needs, is made when a rarer member is touched: `body`, `clone()`, `cache`, `mode` …
 * The prototype chain leads to `Request`, so `instanceof Request` holds.
 *
 * The readers (`text`, `json`, `arrayBuffer`, `bytes`, `blob`, `formData`) refuse content beyond the server's
 * `maxContentSize` with an error that is answered 413; `body` is a stream without a bound. What is no JSON or no form is
 * the platform's `SyntaxError` or `TypeError`, with the `code` and the `status` of the {@link WebError} behind it.
 */
export class LazyRequest {
  readonly #request: ServerRequest
  #url: string | undefined
  #headers: RequestHeaders | undefined
  #real: Request | undefined
  /** The whole content, once `clone()` has made it belong to two. */
  #shared: Promise<Uint8Array<ArrayBuffer>> | undefined
  #sharedUsed = false

  constructor(request: ServerRequest) {
    this.#request = request
  }

  /** The real `Request` behind it, for code that can not do with a likeness. */
  static standard(request: LazyRequest): Request {
    const real = request.#standard()
    // A reader of ours has passed its stream by: what makes another request of it has to see that it was read.
    if (request.bodyUsed && !disturbed(real) && real.body?.locked === false) real.body.getReader()
    return real
  }

  /** Whether a value is a lazy request, and not merely an instance of `Request`. */
  static is(value: unknown): value is LazyRequest {
    return typeof value === 'object' && value !== null && #request in value
  }

  #standard(): Request {
    if (this.#real === undefined) {
      const { method, signal } = this.#request
      const init: StandardInit = { method, headers: this.headers, signal }
      const body = this.#bodyStream()
      if (body !== null) {
        init.body = body
        init.duplex = 'half'
      }
      if (FORBIDDEN_METHOD.test(method)) {
        throw Object.assign(new TypeError(`A standard Request can not have the method ${method}`), { status: 501 })
      }
      this.#real = new NativeRequest(this.url, init)
      RequestHeaders.join(this.#headers!, this.#real.headers)
    }
    return this.#real
  }

  #bodyStream(): ReadableStream<Uint8Array> | null {
    // A standard Request has no room for the content that GET and HEAD may carry (RFC 9110 §9.3.1 gives it no meaning).
    if (!this.#request.hasContent || WITHOUT_BODY.test(this.#request.method)) return null
    return streamOf(() => this.#content())
  }

  /** What the stream reads. It asks when it is read, for it may have been made before `clone()` was called. */
  #content(): AsyncIterator<Uint8Array> {
    return this.#shared === undefined ? this.#request.content[Symbol.asyncIterator]() : onePiece(this.#shared)
  }

  get method(): string {
    return this.#request.method
  }

  get url(): string {
    this.#url ??= requestUrl(this.#request)
    return this.#url
  }

  get headers(): Headers {
    this.#headers ??= new RequestHeaders(this.#request.fields)
    return this.#headers as unknown as Headers
  }

  get signal(): AbortSignal {
    return this.#request.signal
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#request.hasContent ? (this.#standard().body as ReadableStream<Uint8Array> | null) : null
  }

  get bodyUsed(): boolean {
    if (!this.#request.hasContent) return false
    if (this.#shared === undefined ? this.#request.contentUsed : this.#sharedUsed) return true
    return this.#real !== undefined && disturbed(this.#real)
  }

  /**
   * Whether a reader takes the content of the request: not what is shared, nor what somebody reads as a stream, nor the
   * nothing that can be read again and again.
   */
  get #takes(): boolean {
    return this.#shared === undefined && this.#request.hasContent && !this.#locked
  }

  /** Whether somebody reads the body as a stream, or is about to. */
  get #locked(): boolean {
    return this.#real?.body?.locked === true
  }

  #bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#takes) return this.#request.bytes()
    if (this.#locked) return Promise.reject(new TypeError('The body is locked: somebody reads it as a stream'))
    if (this.#shared === undefined) return Promise.resolve(new Uint8Array(0))
    if (this.bodyUsed) return Promise.reject(new TypeError('The body has been read before'))
    this.#sharedUsed = true
    return this.#shared.then((bytes) => new Uint8Array(bytes))
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return calm(this.#bytes().then(ownOctets))
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return calm(this.#bytes().then(ownBuffer))
  }

  blob(): Promise<Blob> {
    const type = this.headers.get('content-type') ?? ''
    return calm(this.#bytes().then((bytes) => new Blob([bytes], { type })))
  }

  text(): Promise<string> {
    return this.#takes ? this.#request.text() : this.#bytes().then((bytes) => new TextDecoder().decode(bytes))
  }

  json(): Promise<unknown> {
    return calm((this.#takes ? this.#request.json() : this.text().then(parseJson)).catch(throwAs(SyntaxError)))
  }

  formData(): Promise<FormData> {
    return calm((this.#takes ? this.#request.formData() : this.#formData()).catch(throwAs(TypeError)))
  }

  async #formData(): Promise<FormData> {
    const type = formType(this.headers.get('content-type'))
    return parseForm(await this.#bytes(), type)
  }

  /**
   * A real `Request` with the same content. The content is collected for it, up to the server's `maxContentSize`, for
   * both to read: two readers of one connection would have to hold it anyway.
   * @throws TypeError when the body was read before
   */
  clone(): Request {
    if (this.bodyUsed) throw new TypeError('A request whose body was read can not be cloned')
    const real = this.#standard()
    if (this.#takes) {
      this.#shared = this.#request.bytes()
      // Whoever reads the body hears of the failure; until then it is nobody's unhandled rejection.
      this.#shared.catch(() => {})
    }
    return NativeRequest.prototype.clone.call(real)
  }

  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { method: this.method, url: this.url, headers: this.headers, bodyUsed: this.bodyUsed }
  }
}

const READERS = ['arrayBuffer', 'blob', 'bytes', 'clone', 'formData', 'json', 'text'] as const

/**
 * A real `Request`, which other code can make another of (`new Request(it, …)`), with the readers of the lazy one: they
 * keep the server's bound on content.
 */
export function standardRequest(lazy: LazyRequest): Request {
  const real = LazyRequest.standard(lazy)
  for (const name of READERS) {
    const read = () => {
      const result = lazy[name]()
      LazyRequest.standard(lazy)
      return result
    }
    Object.defineProperty(real, name, { configurable: true, value: read })
  }
  Object.defineProperty(real, 'bodyUsed', { configurable: true, get: () => lazy.bodyUsed })
  // A real one makes GET of `get`, which is another method (RFC 9110 §9.1) and may have been let through as such.
  Object.defineProperty(real, 'method', { configurable: true, value: lazy.method })
  return real
}

for (const name of Object.getOwnPropertyNames(NativeRequest.prototype)) {
  if (Object.hasOwn(LazyRequest.prototype, name)) continue
  Object.defineProperty(LazyRequest.prototype, name, {
    configurable: true,
    get(this: LazyRequest): unknown {
      const real = LazyRequest.standard(this)
      const value = real[name as keyof Request] as unknown
      return typeof value === 'function' ? value.bind(real) : value
    },
  })
}
Object.setPrototypeOf(LazyRequest.prototype, NativeRequest.prototype)

/** Whether somebody has read from the stream of a real request, which may say of itself what its lazy one says. */
function disturbed(real: Request): boolean {
  return Reflect.get(NativeRequest.prototype, 'bodyUsed', real)
}

/** Makes what the platform throws of content that is not what it was asked for as; everything else stays what it is. */
function throwAs(Standard: ErrorConstructor): (problem: unknown) => never {
  return (problem) => {
    if (!(problem instanceof WebError)) throw problem
    const { code, status, message, cause } = problem
    if (code !== 'WEB_ERR_BAD_CONTENT' && code !== 'WEB_ERR_UNSUPPORTED_MEDIA_TYPE') throw problem
    throw Object.assign(new Standard(message, { cause }), { code, status })
  }
}

/** Octets with a buffer of their own: a view of the connection's would give away what lies beside, and keep it alive. */
function ownOctets(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteLength === bytes.buffer.byteLength && !Buffer.isBuffer(bytes) ? bytes : new Uint8Array(bytes)
}

function ownBuffer(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return ownOctets(bytes).buffer
}

/** A byte stream over content; the peer is read no faster than the stream is. */
function streamOf(content: () => AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  let iterator: AsyncIterator<Uint8Array> | undefined
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      iterator ??= content()
      for (;;) {
        const { done, value } = await iterator.next()
        if (done) {
          controller.close()
          controller.byobRequest?.respond(0)
          return
        }
        if (value.length === 0) continue
        // The stream takes over the buffer it is given, so it gets a copy: ours is a view of the connection's.
        controller.enqueue(new Uint8Array(value))
        return
      }
    },
    async cancel() {
      iterator ??= content()
      await iterator.return?.()
    },
  }) as unknown as ReadableStream<Uint8Array>
}

async function* onePiece(content: Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await content
}
