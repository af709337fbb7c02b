import type { Duplex } from 'node:stream'
import type { Fields, RequestHead } from '@plainwire/http-parser'
import type { Address, Connection } from '@plainwire/socket-server'
import type { StoredLines } from './stored-lines.js'

/** A value of {@link ServerResponse.setField}: one field line, or one line for every member. */
export type FieldValue = string | number | readonly string[]

/** Fields as callers like to write them: an object, a `Map`, `Headers`, or an array of pairs (a name may repeat). */
export type FieldsInit = Readonly<Record<string, FieldValue>> | Iterable<readonly [name: string, value: FieldValue]>

/** Whatever {@link ServerResponse.send} can send: whole content, or a source of pieces. */
export type Sendable =
  | string
  | Uint8Array
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>
  | ReadableStream<Uint8Array | string>
  | NodeJS.ReadableStream
  | null

/** A limit for one reading of a request's content. */
export interface ReadOptions {
  /** Octets; content beyond it is refused with 413. 0: no limit. Default: the server's `maxContentSize`, 1 MiB. */
  maxSize?: number
}

/**
 * One request, as its handler sees it.
 *
 * Everything is made when asked: a handler that looks only at `path` costs no header object, no stream and no signal.
 */
export interface ServerRequest {
  /** The method as sent, case-sensitive (RFC 9110 §9.1). */
  readonly method: string
  /** The request-target as sent (RFC 9112 §3.2). */
  readonly target: string
  /**
   * The target's path, not decoded, without the query; begins with `/`, or is an authority (CONNECT). It is `*` in what an
   * access log is told of `OPTIONS *`, which the engine answers itself.
   */
  readonly path: string
  /** What follows the target's first `?`, not decoded; `''` if nothing does. */
  readonly query: string
  /** The host and port the client addressed: of an absolute target, else of the Host field (RFC 9112 §3.3); `''` if neither. */
  readonly authority: string
  /** `http` or `https`, by the connection. */
  readonly scheme: 'http' | 'https'
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  readonly versionMinor: number
  /** The field section; values are ISO-8859-1 strings. */
  readonly fields: Fields
  /** The head as the parser gave it out. */
  readonly head: RequestHead
  /** The peer. It stays known when the peer is gone, but not to who has answered before it returned: ask before. */
  readonly remote: Address
  /** Our end of the connection. */
  readonly local: Address
  /** Whether the connection is encrypted. */
  readonly secure: boolean
  /** The connection below, for its counters, identity and TLS facts; writing to it breaks the framing. */
  readonly connection: Connection<unknown>
  /**
   * Aborts when the peer leaves before the answer is complete, or half-closes: nearly all that do have left. To one that
   * has not, the answer is still sent. Made when first asked for.
   */
  readonly signal: AbortSignal
  /** Whether the message has content (possibly of length 0): it has Content-Length or Transfer-Encoding. */
  readonly hasContent: boolean
  /** The content's length in octets when the head declares it, `undefined` for chunked content; 0 without content. */
  readonly contentLength: number | undefined
  /** Whether the content has been taken: `content` was iterated or a reader was called. It can be taken once. */
  readonly contentUsed: boolean
  /**
   * The content when all of it has arrived together with the head (always so without content), else `undefined`.
   * Looking at it does not take it. The octets belong to the reader of the request.
   */
  readonly wholeContent: Uint8Array | undefined
  /**
   * The content as it arrives; the peer is read no faster than this is. Beginning to read sends `100 (Continue)` when
   * the client waits for it. Leaving the loop early drops the rest.
   *
   * Rejects with {@link WebError} `WEB_ERR_PEER_GONE`, `WEB_ERR_CONTENT_TIMEOUT`, or `HttpError` when its framing is broken.
   * @throws TypeError when the content was taken before
   */
  readonly content: AsyncIterable<Uint8Array>
  /** All of the content. @throws WebError `WEB_ERR_CONTENT_TOO_LARGE` (413), RangeError for a `maxSize` that is none, and as `content` */
  bytes(options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>
  /** All of the content as UTF-8; a byte order mark is dropped, malformed octets become U+FFFD. @throws as `bytes` */
  text(options?: ReadOptions): Promise<string>
  /** All of the content as JSON. @throws WebError `WEB_ERR_BAD_CONTENT` (400), and as `bytes` */
  json(options?: ReadOptions): Promise<unknown>
  /**
   * All of the content as a form: `multipart/form-data` or `application/x-www-form-urlencoded`.
   * @throws WebError `WEB_ERR_UNSUPPORTED_MEDIA_TYPE` (415), `WEB_ERR_BAD_CONTENT` (400), and as `bytes`
   */
  formData(options?: ReadOptions): Promise<FormData>
  /** The trailer section, known when all content has arrived; `undefined` if there is none. Rejects as `content` does. */
  readonly trailers: Promise<Fields | undefined>
  /** The user's slot: whatever a handler wants to hand to the next. */
  context: unknown
}

/**
 * The answer to one request.
 *
 * Its framing is decided once, when the head is written: whole content gets a Content-Length and leaves with the head in
 * one write; content in pieces goes chunked to HTTP/1.1 and until close to HTTP/1.0; an answer to HEAD and one of
 * status 204, 205 or 304 has none, whatever the handler writes. When the peer has left, writing does nothing and
 * {@link ServerResponse.drained} rejects.
 */
export interface ServerResponse {
  /** The status code, 200 until set; 200–599. */
  status: number
  /** The reason phrase; the status code's usual one when left `undefined`. */
  reason: string | undefined
  /** The request this answers. */
  readonly request: ServerRequest
  /** Whether the final head has been written: fields and status are settled. */
  readonly headSent: boolean
  /** Whether `end` was called: the handler has nothing to add. */
  readonly ended: boolean
  /** Whether the answer is over: handed to the connection whole, or cut off. */
  readonly finished: boolean
  /** Whether the handler's answer was cut off: the peer left, an error came after the head, or `handlerTimeout` was answered. */
  readonly aborted: boolean
  /** Octets of content handed to the connection so far, without chunk framing. */
  readonly contentSize: number
  /** Whether content goes out at all: `false` for HEAD, 204, 205 and 304, where all that is written is dropped. */
  readonly hasContent: boolean

  /** Sets a field in place of all lines of that name. @throws TypeError for a bad name or value, or after the head was sent */
  setField(name: string, value: FieldValue): this
  /** Adds a field line. @throws as `setField` */
  appendField(name: string, value: FieldValue): this
  /** The value set, several lines joined by `, `; `undefined` if none. */
  getField(name: string): string | undefined
  /** Whether a field of that name is set. */
  hasField(name: string): boolean
  /** Takes back all lines of that name. @throws TypeError after the head was sent */
  removeField(name: string): this
  /** Takes back all fields. @throws TypeError after the head was sent */
  clearFields(): this
  /** Name and value of every line set, in order. */
  fieldLines(): Array<[name: string, value: string]>

  /** Settles status, fields (set in place of those of the same name) and reason; the head leaves with the first content. */
  writeHead(status: number, fields?: FieldsInit, reason?: string): this
  /** Sends the head now, before there is content: a long poll, an event stream. */
  flushHead(): this
  /** Sends an informational response, for example 103 (Early Hints); HTTP/1.0 clients get none (RFC 9110 §15.2). */
  informational(status: number, fields?: FieldsInit): this

  /**
   * Writes a piece of content. Strings are UTF-8. The octets must stay as they are until the connection has sent them.
   * Who never waits has the answer cut off when more than `maxWriteQueue` waits for the peer, 16 MiB.
   *
   * @returns whether to go on; `false`: wait for {@link ServerResponse.drained}
   * @throws TypeError after `end`, RangeError beyond a Content-Length that was set
   */
  write(chunk: string | Uint8Array): boolean
  /** Resolves when the connection takes more; rejects with {@link WebError} `WEB_ERR_PEER_GONE` when it never will. */
  drained(): Promise<void>
  /**
   * Ends the answer. Without a `write` before it the chunk is the whole content: its length is computed, and head and
   * content leave in one write. Trailers go to HTTP/1.1 in a chunked answer and are dropped where they can not go.
   */
  end(chunk?: string | Uint8Array | null, trailers?: FieldsInit): this
  /**
   * Sends head and content that the caller made and checked once, for answers that are the same again and again: a status
   * line, the fields set before, `lines` as they are, Date, Connection, and the content, in one write.
   *
   * @param lines made once and kept. Content-Length must be among them unless the status has no content
   * @param content a string is octets (ISO-8859-1), for small content; larger octets are not copied. Dropped for HEAD, 205
   * and 304
   */
  endStored(status: number, lines: StoredLines, content?: string | Uint8Array | null): void
  /**
   * Sends content from any source and ends the answer. A whole one is sent at once; a stream is read no faster than the
   * peer reads, and is cancelled when the peer leaves. The promise resolves when all was handed over, or the peer left;
   * it rejects when the source failed. After the head the connection is cut off then, so that the client sees it; before
   * it, whoever waits for the promise may have another answer, and for who does not the error page answers.
   */
  send(content: Sendable): void | Promise<void>
  /**
   * Answers with the error page: escaped, HTML or JSON by the request's Accept. Fields set before stay, those that
   * describe content (Content-*, ETag, Last-Modified, Cache-Control …) are replaced. After the head was sent it cuts the connection off.
   *
   * @param detail a sentence the client may read; the status' own by default
   */
  sendError(status: number, detail?: string): void
  /**
   * Cuts the connection off at once: the client sees an incomplete answer.
   * @param reason what an access log is told as the error of the exchange
   */
  abort(reason?: unknown): void
  /** Calls the listener once when the answer is `finished`, at once if it is; look at `aborted`. */
  onFinish(listener: (response: ServerResponse) => void): this
}

/**
 * Answers requests. A synchronous one costs no promise; of an asynchronous one the rejection is answered with the error's
 * status (500 unless it carries one). Returning is not answering: the response is over when `end` was called. What `end` and
 * its like return may be returned, and says nothing.
 */
export type Handler = (
  request: ServerRequest,
  response: ServerResponse,
) => void | ServerResponse | Promise<void | ServerResponse>

/** What a fetch handler learns beside the `Request`. */
export interface FetchInfo {
  /** The peer. */
  readonly remote: Address
  /** Our end of the connection. */
  readonly local: Address
  /** The request below, with everything the Web's `Request` has no word for. */
  readonly request: ServerRequest
  /** The response below, for early hints and the like. */
  readonly response: ServerResponse
}

/** Answers Web-standard requests. */
export type FetchHandler = (request: Request, info: FetchInfo) => Response | Promise<Response>

/** A connection that has been handed over. */
export interface Detached {
  /** The bare `net.Socket` or `tls.TLSSocket`; nobody else reads, writes or times it any more. */
  readonly socket: Duplex
  /** The octets that had arrived after the request: the first of the new protocol. May be empty. */
  readonly head: Buffer
  /** Whether the peer has half-closed already: after `head` nothing follows, and `socket` tells of no end any more. */
  readonly ended: boolean
  /** Tells the server's `onError` what went wrong with the new protocol that is no peer's fault. */
  report(error: unknown): void
}

/** What whoever took a connection over wants to hear of the server. */
export interface DetachOptions {
  /** Called when the server begins to close; end the protocol politely. The socket is destroyed when the close times out. */
  closing?: () => void
}

/** The chance to leave HTTP on this connection (RFC 9110 §7.8, §9.3.6). */
export interface Upgrade {
  /** The protocols of the Upgrade field, in the client's order and case; empty for CONNECT. */
  readonly protocols: readonly string[]
  /** `101 (Switching Protocols)` (`200` for CONNECT) with the fields given and the hand-over in one call. @throws as `detach`, and TypeError for a protocol that was not offered */
  accept(protocol: string, fields?: FieldsInit, options?: DetachOptions): Detached
  /**
   * Hands the connection over without a word: the taker writes the `101` itself.
   * @throws WebError `WEB_ERR_NOT_UPGRADED` when the response has begun or the connection was taken before, `WEB_ERR_PEER_GONE`
   */
  detach(options?: DetachOptions): Detached
}

/**
 * Decides about a request that asks to leave HTTP (`Upgrade` with `Connection: upgrade`, or CONNECT; without content).
 * It takes the connection (`upgrade.accept`, `upgrade.detach`), or answers through the response, or returns `false`: not
 * mine. Then the handler answers an ordinary request (RFC 9110 §7.8: Upgrade may be ignored), and CONNECT gets 501.
 */
export type UpgradeHandler = (
  request: ServerRequest,
  response: ServerResponse,
  upgrade: Upgrade,
) => boolean | void | Promise<boolean | void>

/** What an access log is told once for every answer, refused requests and cut off ones included. */
export interface Exchange {
  /** The request; `undefined` when its head was refused. */
  readonly request: ServerRequest | undefined
  /** The peer. */
  readonly remote: Address
  /** The status code sent; 0 when the peer left before there was one. */
  readonly status: number
  /** Octets of content handed to the connection, without chunk framing. */
  readonly contentSize: number
  /** When the handler was called (the refusal was decided), milliseconds since 1970. */
  readonly startTime: number
  /** Milliseconds from there to the end of the answer. */
  readonly duration: number
  /** Whether the answer was cut off. */
  readonly aborted: boolean
  /** Why a request was refused or failed; `undefined` for an answer that was cut off by `abort` without a reason. */
  readonly error: unknown
}
