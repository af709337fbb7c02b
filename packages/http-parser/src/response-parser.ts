import type { HttpError } from './errors.js'
import type { Fields } from './fields.js'
import { LazyResponseHead, type ResponseHead } from './head.js'
import { AGAIN, BODILESS, checkHooks, MessageParser, type Role, SWITCH } from './message-parser.js'
import { type ParserOptions, settle } from './options.js'
import { Kind } from './scanner/layout.js'
import { scratchFor } from './scanner/scratches.js'

/** Where a {@link ResponseParser} reports to, synchronously, in message order. A hook that throws leaves the parser dead. */
export interface ResponseHooks {
  /** The head of the final response is complete. Return false to stop right behind it: pushing the rest, or nothing, goes on. */
  head(head: ResponseHead): boolean | undefined | void
  /**
   * The head of an interim response (1xx but 101) is complete; the final one follows. Without this hook interim responses
   * are read and passed over. This head can be read inside the hook, or when retained. Return false to stop behind it.
   */
  informational?(head: ResponseHead): boolean | undefined | void
  /**
   * Octets `start…end` of the caller's own chunk are content, without chunk framing. No copy is made: they are the
   * caller's. Return false to stop behind them.
   */
  content?(bytes: Uint8Array, start: number, end: number): boolean | undefined | void
  /** The message is complete; `trailers` when there were any, readable for ever. `next()` may be called from here. */
  complete?(trailers: Fields | undefined): void
}

/**
 * Reads HTTP/1.1 responses from octets, incrementally: `push` what the server sent, in pieces of any size. It does no I/O.
 * The method of the request decides how a response is framed (RFC 9112 §6.3): say it when it is HEAD or CONNECT.
 */
export class ResponseParser {
  private readonly parser: MessageParser
  private readonly role: ResponseRole

  /**
   * @param hooks where events go
   * @param options limits and leniences, checked here; `requestMethod` is the method of the first request, default GET
   * @throws TypeError or RangeError when an option is not usable or does not exist, or a hook is none
   */
  constructor(hooks: ResponseHooks, options: ParserOptions & { readonly requestMethod?: string } = {}) {
    checkHooks(hooks, ['informational', 'content', 'complete'])
    const settings = settle(options)
    this.role = new ResponseRole(hooks, options.requestMethod ?? 'GET')
    this.parser = new MessageParser(this.role, scratchFor(settings), settings)
    this.role.parser = this.parser
  }

  /** Between messages, and not an octet of the next one was read: the connection may be closed without harm. */
  get idle(): boolean {
    return this.parser.idle && this.role.informational === 0
  }

  /** A message is complete and `next()` was not called yet. */
  get complete(): boolean {
    return this.parser.complete
  }

  /** The connection speaks another protocol now: after 101, or after 2xx to CONNECT. What was not consumed is that. */
  get switched(): boolean {
    return this.parser.switched
  }

  /** Octets of an incomplete head or trailer section that the parser holds. */
  get buffered(): number {
    return this.parser.buffered
  }

  /** The error that ended this parser, if one did. */
  get error(): HttpError | undefined {
    return this.parser.error
  }

  /**
   * Feeds octets received from the server; calls the hooks synchronously, in message order. It stops behind each message.
   * Octets that were not consumed must be the same when they are pushed again.
   *
   * @param chunk octets as read; `content` hands out ranges of it, no copy is made; once used up it is not kept
   * @param start first octet to read
   * @param end octet to stop before
   * @returns index of the first octet not consumed, `start ≤ index ≤ end`
   * @throws HttpError when the octets are not HTTP/1.1; the parser stays dead
   * @throws TypeError when called inside a hook, after a hook threw, or with something else than a Uint8Array; when a hook
   * detached the chunk before all of it was read
   * @throws RangeError when the range is not within the chunk
   * @see RFC 9112 §6.3
   */
  push(chunk: Uint8Array, start: number = 0, end: number = chunk?.length): number {
    return this.parser.push(chunk, start, end)
  }

  /**
   * Makes the parser ready for the following response. The head of the one before can no longer be read, unless it was
   * retained.
   *
   * @param requestMethod method of the request that is answered next, default GET
   * @throws TypeError inside a message, or when the connection speaks another protocol
   * @throws HttpError the one that ended this parser, if one did
   */
  next(requestMethod: string = 'GET'): void {
    if (!this.parser.complete && !this.idle && this.error === undefined)
      throw new TypeError('next() was called inside a message')
    this.role.begin(requestMethod)
    this.parser.next()
  }

  /**
   * The server will send no more: this completes a response that lasts until the connection closes.
   *
   * @throws HttpError `HTTP_ERR_INCOMPLETE` inside a message
   * @throws TypeError inside a hook, or after a hook threw, before the message is complete
   */
  finish(): void {
    this.parser.finish(this.role.informational > 0)
  }
}

class ResponseRole implements Role {
  readonly kind: number = Kind.RESPONSE
  private readonly hooks: ResponseHooks
  private method: string
  private status = 0
  /** interim responses so far */
  informational = 0
  parser!: MessageParser

  constructor(hooks: ResponseHooks, method: string) {
    this.hooks = hooks
    this.method = checkMethod(method)
  }

  begin(method: string): void {
    this.method = checkMethod(method)
    this.informational = 0
  }

  framing(status: number): number {
    this.status = status
    if (status < 200) {
      if (status === 101) return SWITCH
      return ++this.informational > this.parser.settings.maxInformational ? -1 : AGAIN
    }
    if (this.method === 'CONNECT' && status < 300) return SWITCH
    return this.method === 'HEAD' || status === 204 || status === 304 ? BODILESS : 0
  }

  head(flags: number, length: number, content: number, framing: number): boolean {
    const parser = this.parser
    const head = new LazyResponseHead(parser, parser.serial, flags, length, this.status, content, framing === SWITCH)
    const hooks = this.hooks
    if (framing !== AGAIN) return hooks.head(head) !== false
    return hooks.informational === undefined || hooks.informational(head) !== false
  }

  content(chunk: Uint8Array, start: number, end: number): boolean {
    const hooks = this.hooks
    return hooks.content === undefined || hooks.content(chunk, start, end) !== false
  }

  complete(trailers: Fields | undefined): void {
    this.hooks.complete?.(trailers)
  }
}

function checkMethod(method: string): string {
  if (typeof method !== 'string') throw new TypeError(`the method of a request is a string, not ${String(method)}`)
  return method
}
