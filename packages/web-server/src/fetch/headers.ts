import type { Fields } from '@plainwire/http-parser'

type Callback = (value: string, name: string, parent: Headers) => void

/** What a name must be (RFC 9110 §5.1). That of a field is: it is looked at where there is none. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/

/** Throws what the platform does when it is asked for what is no name. */
const NOTHING = new Headers()

/**
 * A request's `Headers` over the fields as parsed: `get` and `has` look there, and real `Headers` are made when anything
 * else is asked for. Making them always would cost more than the rest of a small request together.
 *
 * Its prototype chain leads to `Headers`, so `instanceof Headers` holds and `new Headers(it)` copies it.
 */
export class RequestHeaders {
  readonly #fields: Fields
  #real: Headers | undefined

  constructor(fields: Fields) {
    this.#fields = fields
  }

  /** Puts the `Headers` of a `Request` that was made with these behind them: what changes in one changes in both. */
  static join(headers: RequestHeaders, real: Headers): void {
    headers.#real = real
  }

  #standard(): Headers {
    this.#real ??= new Headers([...this.#fields] as Array<[string, string]>)
    return this.#real
  }

  get(name: string): string | null {
    if (this.#real !== undefined) return this.#real.get(name)
    const value = this.#fields.get(String(name))
    if (value === undefined) return TOKEN.test(name) ? null : NOTHING.get(name)
    // The one field of which there is the first alone: its lines can not be joined, and the platform joins them.
    return isSetCookie(name) ? this.#standard().get(name) : value
  }

  has(name: string): boolean {
    if (this.#real !== undefined) return this.#real.has(name)
    return this.#fields.has(String(name)) || (!TOKEN.test(name) && NOTHING.has(name))
  }

  set(name: string, value: string): void {
    this.#standard().set(name, value)
  }

  append(name: string, value: string): void {
    this.#standard().append(name, value)
  }

  delete(name: string): void {
    this.#standard().delete(name)
  }

  getSetCookie(): string[] {
    return this.#standard().getSetCookie()
  }

  forEach(callback: Callback, self?: unknown): void {
    for (const [name, value] of this.#standard()) callback.call(self, value, name, this as unknown as Headers)
  }

  keys(): IterableIterator<string> {
    return this.#standard().keys()
  }

  values(): IterableIterator<string> {
    return this.#standard().values()
  }

  entries(): IterableIterator<[string, string]> {
    return this.#standard().entries()
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#standard().entries()
  }

  [Symbol.for('nodejs.util.inspect.custom')](): Headers {
    return this.#standard()
  }
}

/** The hyphen tells it from other names as long, such as User-Agent, before anything is compared. */
function isSetCookie(name: string): boolean {
  return name.length === 10 && name[3] === '-' && name.toLowerCase() === 'set-cookie'
}

Object.setPrototypeOf(RequestHeaders.prototype, Headers.prototype)
