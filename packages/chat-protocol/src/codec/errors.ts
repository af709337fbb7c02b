/**
 * Stable codes of everything this package throws or reports. The codec's come first; the client's follow.
 *
 * A code is part of the interface: it is never renamed, and every throw site has its own sentence.
 */
export type ChatErrorCode =
  /** A line has no command: it is empty, or ends after its tags or its source. */
  | 'CHAT_ERR_NO_COMMAND'
  /** A command is neither letters nor three digits. */
  | 'CHAT_ERR_BAD_COMMAND'
  /** CR, LF or NUL where none may be. */
  | 'CHAT_ERR_BAD_CHARACTER'
  /** A line without its tags exceeds the limit, 512 bytes with CR LF by default. */
  | 'CHAT_ERR_LINE_TOO_LONG'
  /** The tags exceed their own limit: 8,191 bytes with `@` and space, 4,096 from a client. */
  | 'CHAT_ERR_TAGS_TOO_LONG'
  /** A line is not UTF-8. */
  | 'CHAT_ERR_INVALID_UTF8'
  /** A parameter other than the last is empty, holds a space or starts with a colon. */
  | 'CHAT_ERR_BAD_PARAMETER'
  /** A tag's key holds other characters than its grammar has. */
  | 'CHAT_ERR_BAD_TAG'
  /** A message's source is not one word. */
  | 'CHAT_ERR_BAD_SOURCE'
  /** A connection could not be made or was lost. */
  | 'CHAT_ERR_CONNECTION'
  /** The server refused registration for good (banned, wrong password). */
  | 'CHAT_ERR_REFUSED'
  /** The server answered a request with an error. */
  | 'CHAT_ERR_COMMAND_FAILED'
  /** No answer came within the time given, or the connection was lost before it. */
  | 'CHAT_ERR_NO_ANSWER'
  /** An answer is longer than the client keeps, 100,000 lines: it is not handed out in part. */
  | 'CHAT_ERR_ANSWER_TOO_LONG'
  /** The server does not offer what was asked for. */
  | 'CHAT_ERR_UNSUPPORTED'
  /** More is waiting than the limit allows: unsent messages, or events that nobody reads. */
  | 'CHAT_ERR_QUEUE_FULL'
  /** The client was closed. */
  | 'CHAT_ERR_CLOSED'
  /** Options or arguments of a command line cannot be used. */
  | 'CHAT_ERR_USAGE'

/** What a {@link ChatError} may carry beside its code and sentence. */
export interface ChatErrorDetail {
  /** The line at fault as far as it is known, invalid octets as U+FFFD, without CR LF. */
  line?: string
  /** The error beneath. */
  cause?: unknown
}

/**
 * The peer's fault, or the network's, with a stable code. The caller's own fault is a `TypeError` or `RangeError` that
 * has the same kind of `code`.
 */
export class ChatError extends Error {
  /** Stable code, see {@link ChatErrorCode}. */
  readonly code: ChatErrorCode
  /** The line at fault as far as it is known, invalid octets as U+FFFD, without CR LF. */
  readonly line: string | undefined

  constructor(code: ChatErrorCode, message: string, detail: ChatErrorDetail = {}) {
    super(message, detail.cause === undefined ? {} : { cause: detail.cause })
    this.name = 'ChatError'
    this.code = code
    this.line = detail.line
  }
}

/** The caller's fault: a `TypeError` (a value) or `RangeError` (a size) with a stable code. */
export function callerFault<E extends TypeError | RangeError>(
  Fault: new (message: string) => E,
  code: ChatErrorCode,
  message: string,
): E & { code: ChatErrorCode } {
  return Object.assign(new Fault(message), { code })
}
