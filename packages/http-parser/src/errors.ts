/** One row of {@link ERRORS}: what a code means and what to do about it. */
export interface ErrorRow {
  /** status a server answers with; a gateway that read a response answers 502, whatever this says */
  readonly status: number
  /** clause that decides it */
  readonly rfc: string
  /** one sentence for a person who reads a log */
  readonly message: string
}

const row = (status: number, rfc: string, message: string): ErrorRow => ({ status, rfc, message })

/**
 * Every error code with its suggested status, the RFC clause that decides and a sentence. The order is part of the seam to
 * the scanners, which name a code by its position here (see scanner/layout.ts); new codes go to the end.
 */
export const ERRORS = {
  HTTP_ERR_BAD_METHOD: row(400, 'RFC 9112 §3.1', 'The method is not a token'),
  HTTP_ERR_METHOD_TOO_LONG: row(501, 'RFC 9112 §3', 'The method is longer than 64 octets'),
  HTTP_ERR_BAD_TARGET: row(400, 'RFC 9112 §3.2', 'The request-target is not one of the four forms its method allows'),
  HTTP_ERR_BAD_REQUEST_LINE: row(
    400,
    'RFC 9112 §3',
    'The request line is not method SP request-target SP version CRLF',
  ),
  HTTP_ERR_BAD_VERSION: row(400, 'RFC 9112 §2.3', 'The version is missing or malformed'),
  HTTP_ERR_UNSUPPORTED_VERSION: row(505, 'RFC 9110 §15.6.6', 'The major version is not 1'),
  HTTP_ERR_START_LINE_TOO_LONG: row(414, 'RFC 9112 §3', 'The start line is longer than maxStartLineSize'),
  HTTP_ERR_BAD_STATUS_LINE: row(502, 'RFC 9112 §4', 'The status line is not version SP status-code SP reason CRLF'),
  HTTP_ERR_BARE_CR: row(400, 'RFC 9112 §2.2', 'A CR is not followed by LF'),
  HTTP_ERR_BARE_LF: row(400, 'RFC 9112 §2.2', 'A line ends with LF alone'),
  HTTP_ERR_BAD_FIELD_NAME: row(400, 'RFC 9112 §5', 'The field name is not a token'),
  HTTP_ERR_SPACE_AFTER_FIELD_NAME: row(400, 'RFC 9112 §5.1', 'There is whitespace between field name and colon'),
  HTTP_ERR_MISSING_COLON: row(400, 'RFC 9112 §5', 'The field line has no colon'),
  HTTP_ERR_OBS_FOLD: row(400, 'RFC 9112 §5.2', 'A line of the section starts with whitespace'),
  HTTP_ERR_BAD_FIELD_VALUE: row(400, 'RFC 9110 §5.5', 'The value contains a control character'),
  HTTP_ERR_FIELD_TOO_LARGE: row(431, 'RFC 6585 §5', 'The field line is longer than maxFieldSize'),
  HTTP_ERR_HEAD_TOO_LARGE: row(431, 'RFC 6585 §5', 'The head is longer than maxHeadSize'),
  HTTP_ERR_TOO_MANY_FIELDS: row(431, 'RFC 6585 §5', 'The head has more field lines than maxFields'),
  HTTP_ERR_TRAILERS_TOO_LARGE: row(431, 'RFC 6585 §5', 'The trailer section is longer than maxTrailerSize'),
  HTTP_ERR_TOO_MANY_TRAILERS: row(431, 'RFC 6585 §5', 'The trailer section has more field lines than maxTrailers'),
  HTTP_ERR_TOO_MANY_EMPTY_LINES: row(400, 'RFC 9112 §2.2', 'There are more than maxEmptyLines before the request line'),
  HTTP_ERR_MISSING_HOST: row(400, 'RFC 9112 §3.2', 'An HTTP/1.1 request has no Host'),
  HTTP_ERR_REPEATED_HOST: row(400, 'RFC 9112 §3.2', 'The request has several Host fields'),
  HTTP_ERR_BAD_HOST: row(400, 'RFC 9110 §7.2', 'The Host is not uri-host [":" port]'),
  HTTP_ERR_BAD_CONTENT_LENGTH: row(400, 'RFC 9112 §6.3', 'The Content-Length is not a decimal number'),
  HTTP_ERR_REPEATED_CONTENT_LENGTH: row(400, 'RFC 9112 §6.3', 'There are several Content-Length values'),
  HTTP_ERR_CONTENT_LENGTH_TOO_LARGE: row(413, 'RFC 9110 §8.6', 'The Content-Length is beyond 2^53 - 1'),
  HTTP_ERR_BAD_TRANSFER_ENCODING: row(400, 'RFC 9112 §6.1', 'The Transfer-Encoding does not end with chunked, once'),
  HTTP_ERR_UNSUPPORTED_TRANSFER_CODING: row(501, 'RFC 9112 §6.1', 'A transfer coding other than chunked is applied'),
  HTTP_ERR_TRANSFER_ENCODING_IN_HTTP_1_0: row(400, 'RFC 9112 §6.1', 'An HTTP/1.0 message has a Transfer-Encoding'),
  HTTP_ERR_TWO_FRAMINGS: row(400, 'RFC 9112 §6.1', 'There are both Transfer-Encoding and Content-Length'),
  HTTP_ERR_BAD_CHUNK_SIZE: row(400, 'RFC 9112 §7.1', 'The chunk size is not a hexadecimal number'),
  HTTP_ERR_CHUNK_TOO_LARGE: row(413, 'RFC 9112 §7.1', 'The chunk size is beyond 2^53 - 1 or longer than 16 digits'),
  HTTP_ERR_BAD_CHUNK_EXTENSION: row(400, 'RFC 9112 §7.1.1', 'The chunk extension does not follow its grammar'),
  HTTP_ERR_CHUNK_EXTENSIONS_TOO_LARGE: row(
    413,
    'RFC 9112 §7.1.1',
    'Chunk extensions are longer than maxChunkExtensionSize or maxChunkExtensionsSize',
  ),
  HTTP_ERR_BAD_CHUNK_END: row(400, 'RFC 9112 §7.1', 'The data of a chunk is not followed by CRLF'),
  HTTP_ERR_FORBIDDEN_TRAILER: row(
    400,
    'RFC 9110 §6.5.1',
    'A field of framing, routing, authentication or content format is in the trailers',
  ),
  HTTP_ERR_TOO_MANY_INFORMATIONAL: row(502, 'RFC 9110 §15.2', 'There are more than maxInformational 1xx responses'),
  HTTP_ERR_INCOMPLETE: row(400, 'RFC 9112 §8', 'The peer stopped inside a message'),
  HTTP_ERR_CONTENT_TOO_LARGE: row(413, 'RFC 9110 §15.5.14', 'The content is longer than maxSize'),
} as const satisfies Record<string, ErrorRow>

/** A stable code of {@link HttpError}, a key of {@link ERRORS}. */
export type HttpErrorCode = keyof typeof ERRORS

/**
 * The peer sent something that is not HTTP/1.1 as this parser was told to accept it. The parser that threw it stays dead:
 * every later `push` throws the same error, because after a framing error no octet can be trusted (RFC 9112 §6.3).
 */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  /** stable code, a key of {@link ERRORS} */
  readonly code: HttpErrorCode
  /** suggested status: what a server answers to such a request, 400…599; 502, what a gateway answers, after a response */
  readonly status: number
  /** the octet where parsing stopped, counted from the first octet ever pushed into this parser */
  readonly offset: number
  /** the clause that decides, e.g. `RFC 9112 §6.1` */
  readonly rfc: string

  /**
   * @param code key of {@link ERRORS}
   * @param offset octet of the stream where parsing stopped
   * @param status what to answer, if not what {@link ERRORS} says
   */
  constructor(code: HttpErrorCode, offset: number, status: number = ERRORS[code].status) {
    const { message, rfc } = ERRORS[code]
    super(`${message} (${code} at octet ${offset}, ${rfc})`)
    this.code = code
    this.status = status
    this.offset = offset
    this.rfc = rfc
  }
}

/** Codes by the number that the scanners use for them. */
export const CODES = Object.keys(ERRORS) as HttpErrorCode[]
