import { LazyRequest } from './request.js'
import { FastResponse } from './response.js'

/**
 * Puts {@link FastResponse} in the place of the global `Response`, and a `Request` that can be made of a lazy one in the
 * place of the global `Request`, for apps and frameworks (Hono, h3 …) that write `new Response('…')` themselves. Their
 * string answers then go out without a stream, four to ten times cheaper.
 *
 * It changes globals, so nothing does it for you: call it once, before the app is loaded.
 *
 * @returns puts the former globals back
 */
export function installFastGlobals(): () => void {
  const { Request: FormerRequest, Response: FormerResponse } = globalThis
  class StandardRequest extends FormerRequest {
    constructor(input: string | URL | Request, init?: RequestInit) {
      super(LazyRequest.is(input) ? LazyRequest.standard(input) : input, init)
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof FormerRequest
    }
  }
  Object.defineProperty(StandardRequest, 'name', { value: 'Request' })
  globalThis.Request = StandardRequest as typeof Request
  globalThis.Response = FastResponse as unknown as typeof Response
  return () => {
    globalThis.Request = FormerRequest
    globalThis.Response = FormerResponse
  }
}
