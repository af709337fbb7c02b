import { LazyRequest } from './request.js'
import { FastResponse, isInstance } from './response.js'

/**
 * Puts {@link FastResponse} in the place of the global `Response`, and a `Request` that can be made of a lazy one in the
 * place of the global `Request`, for apps and frameworks (Hono, h3 …) that write `new Response('…')` themselves. Their
 * string answers then go out without a stream, four to ten times cheaper. `fetch` takes a lazy request then, too.
 *
 * It changes globals, so nothing does it for you: call it once, before the app is loaded.
 *
 * @returns puts the former globals back
 */
export function installFastGlobals(): () => void {
  const { Request: FormerRequest, Response: FormerResponse, fetch: formerFetch } = globalThis
  const real = (input: string | URL | Request) => (LazyRequest.is(input) ? LazyRequest.standard(input) : input)
  class StandardRequest extends FormerRequest {
    constructor(input: string | URL | Request, init?: RequestInit) {
      super(real(input), init)
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      // biome-ignore lint/complexity/noThisInStatic: it may be asked of a derived class
      return isInstance(this, StandardRequest, FormerRequest, value)
    }
  }
  Object.defineProperty(StandardRequest, 'name', { value: 'Request' })
  globalThis.Request = StandardRequest as typeof Request
  globalThis.Response = FastResponse as unknown as typeof Response
  globalThis.fetch = function fetch(input, init) {
    return formerFetch(real(input as string | URL | Request), init)
  }
  return () => {
    globalThis.Request = FormerRequest
    globalThis.Response = FormerResponse
    globalThis.fetch = formerFetch
  }
}
