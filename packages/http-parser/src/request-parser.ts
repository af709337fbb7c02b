import type { HttpError } from './errors.js'
import type { Fields } from './fields.js'
import { LazyRequestHead, type RequestHead } from './head.js'
import { checkHooks, MessageParser, type Role } from './message-parser.js'
import { type ParserOptions, settle } from './options.js'
import { Kind } from './scanner/layout.js'
import { scratchFor } from './scanner/scratches.js'

/** Where a {@link RequestParser} reports to, synchronously, in message order. A hook that throws leaves the parser dead. */
export interface RequestHooks {
  /** A head is complete. Return false to stop right behind it: `push` returns, and pushing the rest, or nothing, goes on. */
  head(head: RequestHead): boolean | undefined | void
  /**
   * Octets `start…end` of the caller's own chunk are content, without chunk framing. No copy is made: they are the
   * caller's. Return false to stop behind them.
   */
  content?(bytes: Uint8Array, start: number, end: number): boolean | undefined | void
  /** The message is complete; `trailers` when there were any, readable for ever. `next()` may be called from here. */
  complete?(trailers: Fields | undefined): void
}

/**
 * Reads HTTP/1.1 requests from octets, incrementally: `push` what the peer sent, in pieces of any size. It does no I/O.
 *
 * ```ts
 * const parser = new RequestParser({
 *   head: (head) => console.log(head.method, head.target, head.fields.get('host')),
 *   complete: () => parser.next(),
 * })
 * let at = 0
 * while (at < chunk.length) at = parser.push(chunk, at)
 * ```
 */
export class RequestParser {
  private readonly parser: MessageParser

  /**
   * @param hooks where events go
   * @param options limits and leniences, checked here
   * @throws TypeError or RangeError when an option is not usable or does not exist, or a hook is none
   */
  constructor(hooks: RequestHooks, options: ParserOptions = {}) {
    checkHooks(hooks, ['content', 'complete'])
    const settings = settle(options)
    const role = new RequestRole(hooks)
    this.parser = new MessageParser(role, scratchFor(settings), settings)
    role.parser = this.parser
  }

  /** Between messages, and not an octet of the next one was read: the connection may be closed without harm. */
  get idle(): boolean {
    return this.parser.idle
  }

  /** A message is complete and `next()` was not called yet. */
  get complete(): boolean {
    return this.parser.complete
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
   * Feeds octets received from the peer; calls the hooks synchronously, in message order. It stops behind each message, so
   * the rest may be pushed after `next()`, or handed to another protocol. Octets that were not consumed must be the same
   * when they are pushed again.
   *
   * @param chunk octets as read; `content` hands out ranges of it, no copy is made; once used up it is not kept
   * @param start first octet to read
   * @param end octet to stop before
   * @returns index of the first octet not consumed, `start ≤ index ≤ end`
   * @throws HttpError when the octets are not HTTP/1.1; the parser stays dead
   * @throws TypeError when called inside a hook, after a hook threw, or with something else than a Uint8Array; when a hook
   * detached the chunk before all of it was read
   * @throws RangeError when the range is not within the chunk
   * @see RFC 9112 §2.2
   */
  push(chunk: Uint8Array, start: number = 0, end: number = chunk?.length): number {
    return this.parser.push(chunk, start, end)
  }

  /**
   * Makes the parser ready for the following message. The head of the one before can no longer be read, unless it was
   * retained.
   *
   * @throws TypeError inside a message
   */
  next(): void {
    this.parser.next()
  }

  /**
   * The peer will send no more.
   *
   * @throws HttpError `HTTP_ERR_INCOMPLETE` inside a message
   * @throws TypeError inside a hook, or after a hook threw, before the message is complete
   */
  finish(): void {
    this.parser.finish()
  }
}

class RequestRole implements Role {
  readonly kind: number = Kind.REQUEST
  private readonly hooks: RequestHooks
  parser!: MessageParser

  constructor(hooks: RequestHooks) {
    this.hooks = hooks
  }

  framing(): number {
    return 0
  }

  head(flags: number, length: number): boolean {
    const parser = this.parser
    return this.hooks.head(new LazyRequestHead(parser, parser.serial, flags, length)) !== false
  }

  content(chunk: Uint8Array, start: number, end: number): boolean {
    const hooks = this.hooks
    return hooks.content === undefined || hooks.content(chunk, start, end) !== false
  }

  complete(trailers: Fields | undefined): void {
    this.hooks.complete?.(trailers)
  }
}
