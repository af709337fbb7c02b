import type { Fields } from '@plainwire/http-parser'
import type { Address } from '@plainwire/socket-server'
import { isThenable } from './attempt.js'
import { misuse } from './errors.js'
import type { Handler, ServerRequest, ServerResponse } from './message.js'

/** The methods of RFC 9110 §9 and RFC 5789: a class that lacks one answers 405, any other method is unknown, 501. */
const KNOWN_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']

/**
 * A class whose method names are HTTP's: `doGET` answers GET, `doPOST` POST, and so on; also `doPROPFIND`, if you like.
 *
 * ```ts
 * class Hello extends BaseRequestHandler {
 *   doGET() {
 *     this.sendResponse(200)
 *     this.sendHeader('Content-Type', 'text/plain')
 *     this.endHeaders()
 *     this.write('Hello, web!\n')
 *   }
 * }
 * await serve({ port: 8080, handler: handlerOf(Hello) })
 * ```
 *
 * One object is made for each request. When the method returns (its promise resolves), the answer is ended. HEAD is
 * answered by `doGET` without its content unless there is a `doHEAD`.
 */
export abstract class BaseRequestHandler {
  /** The request below, with the content readers. */
  readonly request: ServerRequest
  readonly #response: ServerResponse
  #headersEnded = false
  /** Content written while `handle` has not returned yet: what is all of it leaves with the head in one write. */
  #held: Array<string | Uint8Array> | undefined

  /** Made by {@link handlerOf}, one for each request. */
  constructor(request: ServerRequest, response: ServerResponse) {
    this.request = request
    this.#response = response
  }

  /** The response below. What was written before goes out when it is asked for, so that all content keeps its order. */
  get response(): ServerResponse {
    if (this.#held !== undefined && this.#held.length > 0) this.#release()
    return this.#response
  }

  /** The request's method, `GET` for example. */
  get command(): string {
    return this.request.method
  }

  /** The request-target's path, not decoded, without the query. */
  get path(): string {
    return this.request.path
  }

  /** The request's fields. */
  get headers(): Fields {
    return this.request.fields
  }

  /** Where the client is. */
  get clientAddress(): Address {
    return this.request.remote
  }

  /** Begins the answer: the status, and the reason phrase unless it is the usual one. @throws TypeError after the head was sent */
  sendResponse(status: number, reason?: string): void {
    if (this.#headersEnded) throw misuse('WEB_ERR_HEAD_SENT', 'sendResponse after endHeaders')
    this.#response.status = status
    this.#response.reason = reason
  }

  /** Adds a field line; a name may repeat. @throws TypeError for a bad name or value, or after `endHeaders` */
  sendHeader(name: string, value: string | number): void {
    if (this.#headersEnded) throw misuse('WEB_ERR_HEAD_SENT', 'sendHeader after endHeaders')
    this.#response.appendField(name, String(value))
  }

  /** Settles the head. It leaves with the first content, or when the method returns. */
  endHeaders(): void {
    this.#headersEnded = true
  }

  /**
   * Writes content.
   * @returns whether to go on; `false`: wait for `response.drained()`
   * @throws TypeError before `endHeaders`
   */
  write(chunk: string | Uint8Array): boolean {
    if (!this.#headersEnded) throw misuse('WEB_ERR_HEAD_OPEN', 'write before endHeaders')
    if (this.#held === undefined) return this.#response.write(chunk)
    this.#held.push(chunk)
    return true
  }

  /** Answers with the error page: escaped, HTML or JSON by Accept. After the head was sent it cuts the connection off. */
  sendError(status: number, message?: string): void {
    this.#held = undefined
    this.#headersEnded = true
    this.#response.sendError(status, message)
  }

  /** Answers the request: calls the method named after it. {@link handlerOf} calls this. */
  handle(): void | Promise<void> {
    const method = this.#method()
    if (method === undefined) return this.#refuse()
    this.#held = []
    const result = method.call(this)
    if (isThenable(result)) {
      this.#release()
      return Promise.resolve(result).then(() => this.#finish())
    }
    this.#finish()
  }

  #method(): Method | undefined {
    const { command } = this
    return methodOf(this, command) ?? (command === 'HEAD' ? methodOf(this, 'GET') : undefined)
  }

  #refuse(): void {
    if (!KNOWN_METHODS.includes(this.command)) {
      this.sendError(501, 'This server does not know the method of the request.')
      return
    }
    const allowed = KNOWN_METHODS.filter((name) => methodOf(this, name) !== undefined)
    if (allowed.includes('GET') && !allowed.includes('HEAD')) allowed.splice(1, 0, 'HEAD')
    this.#response.setField('Allow', allowed.join(', '))
    this.sendError(405, 'The resource does not support the method of the request.')
  }

  /** From here on content goes straight to the response. */
  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const chunk of held) this.#response.write(chunk)
  }

  #finish(): void {
    const held = this.#held
    this.#held = undefined
    if (this.#response.ended || this.#response.finished) return
    if (held === undefined || held.length === 0) this.#response.end()
    else if (held.length === 1) this.#response.end(held[0])
    else if (held.every((chunk) => typeof chunk === 'string')) this.#response.end(held.join(''))
    else
      this.#response.end(Buffer.concat(held.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk))))
  }
}

type Method = (this: BaseRequestHandler) => void | Promise<void>

/** Methods are spelled in capitals: a request must not reach `document` by the method `cument`. */
function methodOf(handler: BaseRequestHandler, name: string): Method | undefined {
  if (!/^[A-Z]+$/.test(name)) return undefined
  const method = (handler as unknown as Record<string, unknown>)[`do${name}`]
  return typeof method === 'function' ? (method as Method) : undefined
}

/** Makes a {@link Handler} of a class: an object for each request, whose `handle` is called. @throws TypeError without a class */
export function handlerOf(
  Class: new (request: ServerRequest, response: ServerResponse) => BaseRequestHandler,
): Handler {
  if (typeof Class !== 'function') throw new TypeError(`handlerOf takes a class, not ${typeof Class}`)
  return (request, response) => new Class(request, response).handle()
}
