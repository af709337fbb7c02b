import { isThenable } from './attempt.js'
import { answer } from './fetch/answer.js'
import { LazyRequest, standardRequest } from './fetch/request.js'
import type { FetchHandler, FetchInfo, Handler, ServerRequest, ServerResponse } from './message.js'

export { installFastGlobals } from './fetch/globals.js'
export { FastResponse } from './fetch/response.js'
export type { FetchHandler, FetchInfo } from './message.js'

/** Options of {@link fetchHandler}. */
export interface FetchOptions {
  /**
   * Hands the app a real `Request` every time, instead of a lazy one: for code that makes another of it with
   * `new Request(request, …)` and can not do with {@link installFastGlobals}. Some 25 µs a request. Default `false`:
   * only requests with chunked content, which body-limiting middleware wraps like that, are real ones.
   */
  standardRequest?: boolean
}

/**
 * Makes a handler of a function from `Request` to `Response`, as Hono, h3 and the other runtimes' servers have it.
 *
 * The `Request` is lazy: what most apps look at costs a fraction of the real one. A {@link FastResponse} with a string or
 * octets leaves in one write without a stream; a real `Response` is read through its stream, as fast as the peer reads,
 * and cancelled when the peer leaves. `request.signal` aborts then, too. A rejection is answered with the error's status.
 *
 * After its answer, the `Request` stays readable for what an asynchronous handler left behind. One that answers at once pays
 * for no copy of the head: its timers take along what they look at, or a `clone()`; asking later throws a `TypeError`.
 *
 * ```ts
 * const server = await serve({ port: 8080, handler: fetchHandler((request) => new Response(request.url)) })
 * ```
 */
export function fetchHandler(fetch: FetchHandler, options: FetchOptions = {}): Handler {
  if (typeof fetch !== 'function') throw new TypeError('fetchHandler takes a function from Request to Response')
  const always = options.standardRequest === true
  return (request, response) => {
    const lazy = new LazyRequest(request)
    const real = always || (request.hasContent && request.contentLength === undefined)
    const seen = real ? standardRequest(lazy) : (lazy as unknown as Request)
    const result = fetch(seen, new RequestInfo(request, response))
    if (!isThenable(result)) return answer(result, response)
    // Where there is one promise there may be others, which look at the request after this one has settled.
    request.head.retain()
    return (result as Promise<Response>).then((settled) => answer(settled, response))
  }
}

/** Getters instead of values: an address costs a system call. */
class RequestInfo implements FetchInfo {
  readonly request: ServerRequest
  readonly response: ServerResponse

  constructor(request: ServerRequest, response: ServerResponse) {
    this.request = request
    this.response = response
  }

  get remote() {
    return this.request.remote
  }

  get local() {
    return this.request.local
  }
}
