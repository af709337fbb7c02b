/** The runtime's own class, whatever {@link installFastGlobals} puts in its place later. */
export const NativeResponse = globalThis.Response

/** What the platform's constructors take, by whichever library declares them. */
export type BodyInit = NonNullable<ConstructorParameters<typeof Response>[0]>
/** As {@link BodyInit}. */
export type HeadersInit = NonNullable<ConstructorParameters<typeof Headers>[0]>

/** Content that needs no stream. */
type WholeBody = string | Uint8Array | null

/** What the connection needs of a response that has not been touched since it was made. */
export interface ResponseParts {
  /** The status code. */
  readonly status: number
  /** The reason phrase, `''` for the usual one. */
  readonly statusText: string
  /** The fields as the caller gave them, or the `Headers` made of them. */
  readonly headers: HeadersInit | undefined
  /** The Content-Type that goes out unless the fields have one. */
  readonly contentType: string | undefined
  /** The content. */
  readonly body: WholeBody
}

/** The parts of a {@link FastResponse} whose body is whole and unread, else `undefined`. */
export let responseParts: (response: object) => ResponseParts | undefined

const TEXT = 'text/plain;charset=UTF-8'
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * A `Response` that costs next to nothing when its body is a string or octets: status, fields and body are kept as given
 * and go out in one write. A real `Response` is made when a member is touched that needs one (`body`,
 * `formData()`), or at once for any other body (a stream, a `Blob`, a form).
 *
 * It can be used wherever a `Response` can: the prototype chain leads there, and a real `Response` counts as an instance
 * of this class, so that it can stand in for the global one (see {@link installFastGlobals}). Two things differ: octets
 * and fields that were given are not copied, so leave them alone until they are sent; and a bad field name or value is
 * noticed when the response is sent or its `headers` are looked at, not in the constructor.
 */
export class FastResponse {
  #body: WholeBody = null
  #status = 200
  #statusText = ''
  #init: HeadersInit | undefined
  #contentType: string | undefined
  #headers: Headers | undefined
  #real: Response | undefined
  #used = false

  static {
    responseParts = (response) => {
      if (!(#body in response) || response.#real !== undefined || response.#used) return undefined
      return {
        status: response.#status,
        statusText: response.#statusText,
        headers: response.#headers ?? response.#init,
        contentType: response.#headers === undefined ? response.#contentType : undefined,
        body: response.#body,
      }
    }
  }

  /**
   * @throws RangeError for a status outside 200–599
   * @throws TypeError for content with a status that has none, a bad `statusText`, or an `init` or fields that are no object
   */
  constructor(body?: BodyInit | null, init?: ResponseInit) {
    if (init !== undefined && init !== null) {
      if (typeof init !== 'object') throw new TypeError(`The second argument is an object, not ${String(init)}`)
      const { status = 200, statusText = '', headers } = init
      this.#status = statusIn(status)
      if (statusText !== '') this.#statusText = reasonIn(statusText)
      if (headers === null || (headers !== undefined && typeof headers !== 'object'))
        throw new TypeError(`Fields are given as Headers, pairs or an object, not ${String(headers)}`)
      this.#init = headers as HeadersInit | undefined
    }
    if (body === undefined || body === null) return
    if (this.#status === 204 || this.#status === 205 || this.#status === 304) {
      throw new TypeError(`A response of status ${this.#status} has no content`)
    }
    if (typeof body === 'string') {
      this.#body = body
      this.#contentType = TEXT
    } else if (body instanceof Uint8Array) {
      this.#body = body
    } else if (body instanceof ArrayBuffer) {
      this.#body = new Uint8Array(body)
    } else {
      this.#real = new NativeResponse(body, init)
    }
  }

  /** As `Response.json`. @throws TypeError for a value JSON has no text for */
  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data)
    if (text === undefined) throw new TypeError('JSON has no text for that value')
    const response = new FastResponse(text, init)
    response.#contentType = 'application/json'
    return response as unknown as Response
  }

  /** As `Response.redirect`: an absolute URL, and a status of 301, 302, 303, 307 or 308. @throws TypeError, RangeError */
  static redirect(url: string | URL, status = 302): Response {
    if (![301, 302, 303, 307, 308].includes(Number(status))) throw new RangeError(`${status} is no redirect`)
    return new FastResponse(null, { status, headers: { location: new URL(url).href } }) as unknown as Response
  }

  /** As `Response.error`: a network error, which a server can not send. */
  static error(): Response {
    return NativeResponse.error()
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it may be asked of a derived class
    return isInstance(this, FastResponse, NativeResponse, value)
  }

  #standard(): Response {
    if (this.#real === undefined) {
      const init = { status: this.#status, statusText: this.#statusText, headers: this.headers }
      this.#real = new NativeResponse(this.#body as BodyInit | null, init)
    }
    return this.#real
  }

  /** Always `default`. */
  get type(): Response['type'] {
    return 'default'
  }

  /** Always `''`: it was not fetched. */
  get url(): string {
    return ''
  }

  /** Always `false`: it was not fetched. */
  get redirected(): boolean {
    return false
  }

  /** The status code, 200–599. */
  get status(): number {
    return this.#status
  }

  /** Whether the status is 200–299. */
  get ok(): boolean {
    return this.#status < 300
  }

  /** The reason phrase, `''` for the usual one. */
  get statusText(): string {
    return this.#statusText
  }

  /** The fields; made when first asked for, and then they are what is sent. @throws TypeError for a bad name or value */
  get headers(): Headers {
    if (this.#headers === undefined) {
      // A body of another kind brings its own Content-Type, which only the real response knows.
      this.#headers = this.#real?.headers ?? new Headers(this.#init)
      if (this.#contentType !== undefined && !this.#headers.has('content-type')) {
        this.#headers.set('content-type', this.#contentType)
      }
    }
    return this.#headers
  }

  /** The content as a stream, `null` without content. Makes a real response. */
  get body(): ReadableStream<Uint8Array> | null {
    if (this.#body === null && this.#real === undefined) return null
    if (this.#used && this.#real === undefined) return lockedStream()
    return this.#standard().body as ReadableStream<Uint8Array> | null
  }

  /** Whether the content was read. */
  get bodyUsed(): boolean {
    return this.#used || this.#real?.bodyUsed === true
  }

  #take(): WholeBody {
    if (this.#used) throw new TypeError('The body has been read before')
    this.#used = this.#body !== null
    return this.#body
  }

  /** The content as UTF-8. @throws TypeError when it was read before */
  async text(): Promise<string> {
    return this.#real !== undefined ? this.#real.text() : new TextDecoder().decode(await this.bytes())
  }

  /** The content as JSON. @throws SyntaxError, and as `text` */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  /** The content, copied. @throws TypeError when it was read before */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#real !== undefined) return new Uint8Array(await this.#real.arrayBuffer())
    const body = this.#take()
    return typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body ?? [])
  }

  /** As `bytes`. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }

  /** The content with its type. @throws as `bytes` */
  async blob(): Promise<Blob> {
    if (this.#real !== undefined) return this.#real.blob()
    return new Blob([await this.bytes()], { type: this.headers.get('content-type') ?? '' })
  }

  /** The content as a form. Makes a real response. @throws TypeError when it is none, or was read before */
  async formData(): Promise<FormData> {
    if (this.#used) throw new TypeError('The body has been read before')
    return this.#standard().formData()
  }

  /** Another response with the same status, fields and content. @throws TypeError when the content was read before */
  clone(): Response {
    if (this.bodyUsed) throw new TypeError('A response whose body was read can not be cloned')
    // Fields of its own: what is changed in one is not changed in the other.
    const init = { status: this.#status, statusText: this.#statusText, headers: new Headers(this.headers) }
    const body = this.#real === undefined ? this.#body : this.#real.clone().body
    const clone = new FastResponse(body as BodyInit | null, init)
    // It is among the fields, or has been taken away.
    clone.#contentType = undefined
    return clone as unknown as Response
  }

  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { status: this.status, statusText: this.statusText, headers: this.headers, bodyUsed: this.bodyUsed }
  }
}

/** A status as the platform reads it, where `'201'` is 201. */
function statusIn(given: number): number {
  const status = Number.isInteger(given) ? given : Math.trunc(Number(given))
  if (status >= 200 && status <= 599) return status
  throw new RangeError(`A response has a status of 200–599, not ${String(given)}`)
}

function reasonIn(given: string): string {
  const reason = String(given)
  if (REASON_PHRASE.test(reason)) return reason
  throw new TypeError('That is no reason phrase')
}

/**
 * What `instanceof` says of a class that stands in for a native one: any native object is an instance of it, but not of the
 * classes that are derived from it.
 */
export function isInstance(Asked: Class, StandIn: Class, Native: Class, value: unknown): boolean {
  return Asked === StandIn ? value instanceof Native : Function.prototype[Symbol.hasInstance].call(Asked, value)
}

type Class = abstract new (...values: never[]) => object

// Elysia and others tell a Response by the name of its class.
Object.defineProperty(FastResponse, 'name', { value: 'Response' })
Object.setPrototypeOf(FastResponse.prototype, NativeResponse.prototype)
Object.setPrototypeOf(FastResponse, NativeResponse)

/** What `body` shows after it was read: a stream that is locked and over. */
function lockedStream(): ReadableStream<Uint8Array> {
  const stream = new ReadableStream({ start: (controller) => controller.close() })
  stream.getReader()
  return stream as ReadableStream<Uint8Array>
}
