/**
 * Everything that a peer, the network or a deadline can do: the code, the status it is answered with, and a sentence.
 *
 * `status` 0 means that nobody is left to answer: the connection ends without a word.
 */
export const WEB_ERRORS = {
  WEB_ERR_HEAD_TIMEOUT: [408, 'The head of the request did not arrive in time.'],
  WEB_ERR_CONTENT_TIMEOUT: [408, 'The content of the request did not arrive in time.'],
  WEB_ERR_CONTENT_TOO_LARGE: [413, 'The content of the request is larger than the reader accepts.'],
  WEB_ERR_UNSUPPORTED_MEDIA_TYPE: [415, 'The content of the request is of another media type than the reader accepts.'],
  WEB_ERR_EXPECTATION_FAILED: [417, 'The request expects something that this server does not offer.'],
  WEB_ERR_BAD_CONTENT: [400, 'The content of the request is not what its media type says.'],
  WEB_ERR_CONTENT_INCOMPLETE: [400, 'The peer stopped sending before the content of the request was complete.'],
  WEB_ERR_CONTENT_DROPPED: [0, 'The answer was over before the content of the request was read; the rest was dropped.'],
  WEB_ERR_TUNNEL_REFUSED: [501, 'This server opens no tunnels.'],
  WEB_ERR_NOT_UPGRADED: [500, 'The connection can not be handed over any more.'],
  WEB_ERR_HANDLER_TIMEOUT: [503, 'The handler did not answer in time.'],
  WEB_ERR_TOO_MANY_CONNECTIONS: [503, 'The server has as many connections as it accepts.'],
  WEB_ERR_WRITE_TIMEOUT: [0, 'The peer did not read in time.'],
  WEB_ERR_PEER_GONE: [0, 'The peer left before the answer was complete.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>

/** A key of {@link WEB_ERRORS}. */
export type WebErrorCode = keyof typeof WEB_ERRORS

/**
 * What the peer, the network or a deadline did to a request; a caller's mistake is a `TypeError` or `RangeError` instead.
 *
 * Thrown from a handler it decides the answer: the connection makes an error page of `status` out of it.
 */
export class WebError extends Error {
  override readonly name = 'WebError'
  /** Stable, one of {@link WEB_ERRORS}. */
  readonly code: WebErrorCode
  /** The status code it is answered with, 0 when nobody is left to answer. */
  readonly status: number

  /**
   * @param detail what the client may read; the sentence of the table by default
   * @param options `cause` is kept for the log and never shown to a client; `status` overrides the table's
   */
  constructor(code: WebErrorCode, detail?: string, options?: { cause?: unknown; status?: number }) {
    super(detail ?? WEB_ERRORS[code][1], options)
    this.code = code
    this.status = options?.status ?? WEB_ERRORS[code][0]
  }
}

/**
 * The caller's mistakes that have a code: they are a `TypeError` with that `code`, thrown at the call. A value that is out
 * of its range (a status, a size, a field name that is no token) is a `RangeError` or `TypeError` without one.
 */
export const MISUSES = {
  WEB_ERR_NO_HANDLER: 'There is neither a handler nor a fetch handler, or there are both.',
  WEB_ERR_HEAD_SENT: 'The head was sent: status and fields are settled.',
  WEB_ERR_HEAD_OPEN: 'The head was not ended before the content.',
  WEB_ERR_ENDED: 'The response was ended before.',
  WEB_ERR_BAD_REASON: 'A reason phrase has no control characters.',
  WEB_ERR_BAD_FRAMING: 'A field says otherwise how long the content is than the server can send it.',
  WEB_ERR_CONTENT_USED: 'The content was taken before.',
  WEB_ERR_NOT_A_RESPONSE: 'What a fetch handler gave is no answer that can be sent.',
  WEB_ERR_NOT_OCTETS: 'The body of a Response is a stream of something else than octets or text.',
  WEB_ERR_NO_TUNNEL: 'A 2xx answer to CONNECT opens a tunnel: an upgrade is accepted, a response can not say it.',
  WEB_ERR_NOT_OFFERED: 'The client did not offer this protocol.',
} as const satisfies Record<string, string>

/** A key of {@link MISUSES}. */
export type MisuseCode = keyof typeof MISUSES

/** A caller's mistake with its code; the sentence of the table unless there is more to say. */
export function misuse(code: MisuseCode, detail: string = MISUSES[code]): TypeError {
  return Object.assign(new TypeError(detail), { code })
}

/**
 * The one place where an error becomes a status code.
 *
 * Errors that carry a status of 400–599 themselves (`HttpError`, {@link WebError}, or a user's own class) keep it;
 * everything else is the server's fault.
 */
export function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 500
  let status: unknown
  try {
    status = (error as { status?: unknown }).status
  } catch {
    // What can not even be looked at is nobody else's fault.
  }
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : 500
}

/** Whether an error says that nobody is left to answer: a {@link WebError} of status 0. */
export function isSilent(error: unknown): boolean {
  try {
    return error instanceof WebError && error.status === 0
  } catch {
    // A proxy that was revoked says nothing at all.
    return false
  }
}
