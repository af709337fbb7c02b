/** One class of disagreement: what we make of octets, what the peer makes of them, and the clause that decides for us. */
export interface Disagreement {
  peer: 'node' | 'http-parser-js'
  type: 'request' | 'response'
  /** our error, or how far we read */
  ours: string
  theirs: string
  /** the clause that decides */
  rfc: string
  /** what the clause says, or why we take the stricter of two readings it allows */
  because: string
  /** the version of llhttp that settled it our way */
  until?: string
}

type Row = [ours: string, theirs: string, rfc: string, because: string, until?: string]

const nodeRequests: Row[] = [
  [
    'HTTP_ERR_BAD_CHUNK_EXTENSION',
    'accepted',
    'RFC 9112 §7.1.1',
    'an extension follows its grammar or the chunk is refused',
  ],
  ['HTTP_ERR_BAD_HOST', 'accepted', 'RFC 9112 §3.2', '400 for an invalid Host'],
  [
    'HTTP_ERR_BAD_REQUEST_LINE',
    'accepted',
    'RFC 9112 §3',
    'one SP between the parts; a lenient reading of whitespace has been an attack (§11.2)',
  ],
  [
    'HTTP_ERR_BAD_TARGET',
    'accepted',
    'RFC 9112 §3.2',
    'each form of target belongs to some methods, and none holds whitespace or controls',
  ],
  [
    'HTTP_ERR_BAD_TRANSFER_ENCODING',
    'accepted',
    'RFC 9112 §6.3',
    'the length cannot be known unless chunked is final, and it is applied once (§7)',
  ],
  [
    'HTTP_ERR_BAD_VERSION',
    'accepted',
    'RFC 9112 §2.3',
    'HTTP-version is `HTTP/` DIGIT `.` DIGIT at this very place; ICE, RTSP and HTTP/0.9 are other protocols',
  ],
  ['HTTP_ERR_BARE_CR', 'accepted', 'RFC 9112 §2.2', 'a bare CR makes the element invalid'],
  [
    'HTTP_ERR_BARE_LF',
    'accepted',
    'RFC 9112 §2.2',
    'a recipient MAY take LF for a line end; readers that differ there are a smuggled request',
  ],
  [
    'HTTP_ERR_CHUNK_EXTENSIONS_TOO_LARGE',
    'accepted',
    'RFC 9112 §7.1.1',
    'a server ought to limit the total length of extensions',
  ],
  [
    'HTTP_ERR_CHUNK_TOO_LARGE',
    'accepted',
    'RFC 9112 §7.1',
    'recipients MUST anticipate large sizes and not overflow; 17 digits are no size anybody needs',
  ],
  [
    'HTTP_ERR_CONTENT_LENGTH_TOO_LARGE',
    'accepted',
    'RFC 9110 §8.6',
    'a number that cannot be counted exactly is refused (§17.5), not rounded',
  ],
  ['HTTP_ERR_FORBIDDEN_TRAILER', 'accepted', 'RFC 9110 §6.5.1', 'framing and routing cannot come after the content'],
  [
    'HTTP_ERR_MISSING_HOST',
    'accepted',
    'RFC 9112 §3.2',
    '400 for an HTTP/1.1 request without Host, whatever the method',
  ],
  ['HTTP_ERR_REPEATED_HOST', 'accepted', 'RFC 9112 §3.2', '400 for more than one Host'],
  [
    'HTTP_ERR_TOO_MANY_EMPTY_LINES',
    'accepted',
    'RFC 9112 §2.2',
    'at least one empty line is to be ignored, not any number of them',
  ],
  [
    'HTTP_ERR_TOO_MANY_FIELDS',
    'accepted',
    'RFC 6585 §5',
    'more fields than the limit are refused; to drop them would change the message',
  ],
  ['HTTP_ERR_TOO_MANY_TRAILERS', 'accepted', 'RFC 6585 §5', 'trailers have a limit of their own'],
  [
    'HTTP_ERR_TRANSFER_ENCODING_IN_HTTP_1_0',
    'accepted',
    'RFC 9112 §6.1',
    'its framing is faulty: chunked did not exist in HTTP/1.0',
  ],
  [
    'HTTP_ERR_TWO_FRAMINGS',
    'accepted',
    'RFC 9112 §6.1',
    'both are an attempt at smuggling more often than not, and may be refused',
    '9.4.0',
  ],
  ['HTTP_ERR_UNSUPPORTED_TRANSFER_CODING', 'accepted', 'RFC 9112 §6.1', 'a coding that is not understood: 501'],
  ['HTTP_ERR_UNSUPPORTED_VERSION', 'accepted', 'RFC 9110 §2.5', 'another major version has other message syntax; 505'],
  ['incomplete', 'refused', 'RFC 9112 §2.2', 'a line is judged when it has ended; there each octet is'],
  [
    'read',
    'other content',
    'RFC 9110 §7.8',
    'an upgrade takes effect behind the whole request; there its content is handed over as the new protocol',
  ],
  ['read', 'other messages', 'RFC 9110 §7.8', 'Upgrade in HTTP/1.0 MUST be ignored'],
  [
    'read',
    'refused: HPE_CLOSED_CONNECTION',
    'RFC 9112 §9.3',
    'whether to read on behind close is the server’s decision; the verdict is told',
  ],
  ['read', 'refused: HPE_INVALID_CONTENT_LENGTH', 'RFC 9110 §5.5', 'HTAB around a value is no part of it', '9.4.0'],
  [
    'read',
    'refused: HPE_INVALID_METHOD',
    'RFC 9110 §9.1',
    'a method is any token, case-sensitive; which ones to serve is the server’s decision',
  ],
  ['read', 'refused: HPE_INVALID_TRANSFER_ENCODING', 'RFC 9110 §5.5', 'HTAB around a value is no part of it'],
  ['read', 'refused: HPE_INVALID_VERSION', 'RFC 9110 §2.5', 'a higher minor version is read as the highest one known'],
]

const BODILESS = 'HEAD, 1xx, 204, 304 and 2xx to CONNECT end with their head, regardless of the fields in it'

const nodeResponses: Row[] = [
  [
    'HTTP_ERR_BAD_CHUNK_EXTENSION',
    'accepted',
    'RFC 9112 §7.1.1',
    'an extension follows its grammar or the chunk is refused',
  ],
  ['HTTP_ERR_BAD_STATUS_LINE', 'accepted', 'RFC 9112 §4', 'the SP behind the status code is not optional'],
  [
    'HTTP_ERR_BAD_TRANSFER_ENCODING',
    'accepted',
    'RFC 9112 §6.3',
    'the length cannot be known unless chunked is final, and it is applied once (§7)',
  ],
  [
    'HTTP_ERR_BAD_VERSION',
    'accepted',
    'RFC 9112 §2.3',
    'HTTP-version is `HTTP/` DIGIT `.` DIGIT at this very place; ICE, RTSP and HTTP/0.9 are other protocols',
  ],
  [
    'HTTP_ERR_CONTENT_LENGTH_TOO_LARGE',
    'accepted',
    'RFC 9110 §8.6',
    'a number that cannot be counted exactly is refused (§17.5), not rounded',
  ],
  [
    'HTTP_ERR_TOO_MANY_FIELDS',
    'accepted',
    'RFC 6585 §5',
    'more fields than the limit are refused; to drop them would change the message',
  ],
  [
    'HTTP_ERR_TRANSFER_ENCODING_IN_HTTP_1_0',
    'accepted',
    'RFC 9112 §6.1',
    'its framing is faulty: chunked did not exist in HTTP/1.0',
  ],
  [
    'HTTP_ERR_FORBIDDEN_TRAILER',
    'accepted',
    'RFC 9110 §6.5.1',
    'what belongs into a head cannot come after the content',
  ],
  ['HTTP_ERR_UNSUPPORTED_TRANSFER_CODING', 'accepted', 'RFC 9112 §6.1', 'a coding that is not understood: 501'],
  ['HTTP_ERR_UNSUPPORTED_VERSION', 'accepted', 'RFC 9110 §2.5', 'another major version has other message syntax; 505'],
  ['incomplete', 'refused', 'RFC 9112 §2.2', 'a line is judged when it has ended; there each octet is'],
  [
    'read',
    'other content',
    'RFC 9112 §6.3',
    'only 2xx to CONNECT has no content; and `head` is not HEAD (RFC 9110 §9.1)',
  ],
  ['read', 'refused: HPE_INVALID_CONTENT_LENGTH', 'RFC 9112 §6.3', BODILESS],
  ['read', 'refused: HPE_INVALID_TRANSFER_ENCODING', 'RFC 9112 §6.3', BODILESS],
  ['read', 'refused: HPE_UNEXPECTED_CONTENT_LENGTH', 'RFC 9112 §6.3', BODILESS],
  ['read', 'refused: HPE_INVALID_VERSION', 'RFC 9110 §2.5', 'a higher minor version is read as the highest one known'],
]

const httpParserJsRequests: Row[] = [
  [
    'HTTP_ERR_BAD_CHUNK_END',
    'accepted',
    'RFC 9112 §7.1',
    'CRLF follows the data; other octets are not skipped until one comes',
  ],
  [
    'HTTP_ERR_BAD_CHUNK_EXTENSION',
    'accepted',
    'RFC 9112 §7.1.1',
    'an extension follows its grammar or the chunk is refused',
  ],
  ['HTTP_ERR_BAD_CHUNK_SIZE', 'accepted', 'RFC 9112 §7.1', 'a chunk size is 1*HEXDIG'],
  [
    'HTTP_ERR_BAD_CONTENT_LENGTH',
    'accepted',
    'RFC 9112 §6.3',
    'an invalid Content-Length is an unrecoverable error; it is 1*DIGIT (RFC 9110 §8.6), not what parseInt() takes',
  ],
  ['HTTP_ERR_BAD_FIELD_NAME', 'accepted', 'RFC 9110 §5.1', 'a field name is a token'],
  [
    'HTTP_ERR_BAD_FIELD_VALUE',
    'accepted',
    'RFC 9110 §5.5',
    'control characters are refused, CR, LF and NUL without any choice',
  ],
  ['HTTP_ERR_BAD_HOST', 'accepted', 'RFC 9112 §3.2', '400 for an invalid Host'],
  ['HTTP_ERR_BAD_METHOD', 'accepted', 'RFC 9112 §3.1', 'a method is a token; anything in upper case passes there'],
  ['HTTP_ERR_BAD_REQUEST_LINE', 'accepted', 'RFC 9112 §3', 'CRLF follows the version'],
  [
    'HTTP_ERR_BAD_TARGET',
    'accepted',
    'RFC 9112 §3.2',
    'each form of target belongs to some methods, and none holds whitespace or controls',
  ],
  [
    'HTTP_ERR_BAD_TRANSFER_ENCODING',
    'accepted',
    'RFC 9112 §6.3',
    'the length cannot be known unless chunked is final, and it is applied once (§7)',
  ],
  [
    'HTTP_ERR_BAD_VERSION',
    'accepted',
    'RFC 9112 §2.3',
    'HTTP-version is `HTTP/` DIGIT `.` DIGIT at this very place; ICE, RTSP and HTTP/0.9 are other protocols',
  ],
  ['HTTP_ERR_BARE_CR', 'accepted', 'RFC 9112 §2.2', 'a bare CR makes the element invalid'],
  [
    'HTTP_ERR_BARE_LF',
    'accepted',
    'RFC 9112 §2.2',
    'a recipient MAY take LF for a line end; readers that differ there are a smuggled request',
  ],
  [
    'HTTP_ERR_CHUNK_EXTENSIONS_TOO_LARGE',
    'accepted',
    'RFC 9112 §7.1.1',
    'a server ought to limit the total length of extensions',
  ],
  [
    'HTTP_ERR_CHUNK_TOO_LARGE',
    'accepted',
    'RFC 9112 §7.1',
    'recipients MUST anticipate large sizes and not overflow; 17 digits are no size anybody needs',
  ],
  ['HTTP_ERR_FORBIDDEN_TRAILER', 'accepted', 'RFC 9110 §6.5.1', 'framing and routing cannot come after the content'],
  [
    'HTTP_ERR_MISSING_COLON',
    'accepted',
    'RFC 9112 §5',
    'a field line has a colon; a line without one is not passed over',
  ],
  [
    'HTTP_ERR_MISSING_HOST',
    'accepted',
    'RFC 9112 §3.2',
    '400 for an HTTP/1.1 request without Host, whatever the method',
  ],
  [
    'HTTP_ERR_OBS_FOLD',
    'accepted',
    'RFC 9112 §5.2',
    'a fold MUST be refused or replaced; and no line stands before the first field',
  ],
  [
    'HTTP_ERR_REPEATED_CONTENT_LENGTH',
    'accepted',
    'RFC 9112 §6.3',
    'several values are refused; taking one of them is allowed when they are equal, and an option',
  ],
  ['HTTP_ERR_REPEATED_HOST', 'accepted', 'RFC 9112 §3.2', '400 for more than one Host'],
  ['HTTP_ERR_SPACE_AFTER_FIELD_NAME', 'accepted', 'RFC 9112 §5.1', 'whitespace before the colon MUST be refused'],
  [
    'HTTP_ERR_TOO_MANY_EMPTY_LINES',
    'accepted',
    'RFC 9112 §2.2',
    'at least one empty line is to be ignored, not any number of them',
  ],
  [
    'HTTP_ERR_TOO_MANY_FIELDS',
    'accepted',
    'RFC 6585 §5',
    'more fields than the limit are refused; to drop them would change the message',
  ],
  ['HTTP_ERR_TOO_MANY_TRAILERS', 'accepted', 'RFC 6585 §5', 'trailers have a limit of their own'],
  [
    'HTTP_ERR_TRANSFER_ENCODING_IN_HTTP_1_0',
    'accepted',
    'RFC 9112 §6.1',
    'its framing is faulty: chunked did not exist in HTTP/1.0',
  ],
  [
    'HTTP_ERR_TWO_FRAMINGS',
    'accepted',
    'RFC 9112 §6.1',
    'both are an attempt at smuggling more often than not, and may be refused',
  ],
  ['HTTP_ERR_UNSUPPORTED_TRANSFER_CODING', 'accepted', 'RFC 9112 §6.1', 'a coding that is not understood: 501'],
  ['HTTP_ERR_UNSUPPORTED_VERSION', 'accepted', 'RFC 9110 §2.5', 'another major version has other message syntax; 505'],
  ['incomplete', 'read', 'RFC 9112 §8', 'octets that end within a head are incomplete; there nothing is said'],
  [
    'incomplete',
    'refused',
    'RFC 9112 §8',
    'octets that end within a message are incomplete; there finish() is an error',
  ],
  [
    'read',
    'other fields',
    'RFC 9110 §5.5',
    'octets of a value are kept; there they are read as UTF-8 or ASCII, and blanks of Unicode are trimmed',
  ],
  ['read', 'other messages', 'RFC 9110 §7.8', 'Upgrade in HTTP/1.0 MUST be ignored'],
  [
    'read',
    'refused: Parse Error',
    'RFC 9110 §9.1',
    'a method is any token, in any case and with any of its punctuation',
  ],
  ['read', 'refused: invalid request method', 'RFC 9110 §9.1', 'a method is any token'],
  ['refused', 'never returns', 'RFC 9112 §7.1', 'a chunk size has no sign: there a negative one moves back for ever'],
]

const httpParserJsResponses: Row[] = [
  [
    'HTTP_ERR_BAD_CHUNK_END',
    'accepted',
    'RFC 9112 §7.1',
    'CRLF follows the data; other octets are not skipped until one comes',
  ],
  [
    'HTTP_ERR_BAD_CHUNK_EXTENSION',
    'accepted',
    'RFC 9112 §7.1.1',
    'an extension follows its grammar or the chunk is refused',
  ],
  ['HTTP_ERR_BARE_CR', 'accepted', 'RFC 9112 §2.2', 'a bare CR makes the element invalid'],
  ['HTTP_ERR_BAD_CHUNK_SIZE', 'accepted', 'RFC 9112 §7.1', 'a chunk size is 1*HEXDIG'],
  [
    'HTTP_ERR_BAD_CONTENT_LENGTH',
    'accepted',
    'RFC 9112 §6.3',
    'an invalid Content-Length is an unrecoverable error; it is 1*DIGIT (RFC 9110 §8.6), not what parseInt() takes',
  ],
  ['HTTP_ERR_BAD_FIELD_NAME', 'accepted', 'RFC 9110 §5.1', 'a field name is a token'],
  [
    'HTTP_ERR_BAD_FIELD_VALUE',
    'accepted',
    'RFC 9110 §5.5',
    'control characters are refused, CR, LF and NUL without any choice',
  ],
  ['HTTP_ERR_BAD_STATUS_LINE', 'accepted', 'RFC 9112 §4', 'the SP behind the status code is not optional'],
  [
    'HTTP_ERR_BAD_TRANSFER_ENCODING',
    'accepted',
    'RFC 9112 §6.3',
    'the length cannot be known unless chunked is final, and it is applied once (§7)',
  ],
  [
    'HTTP_ERR_BAD_VERSION',
    'accepted',
    'RFC 9112 §2.3',
    'HTTP-version is `HTTP/` DIGIT `.` DIGIT at this very place; ICE, RTSP and HTTP/0.9 are other protocols',
  ],
  [
    'HTTP_ERR_BARE_LF',
    'accepted',
    'RFC 9112 §2.2',
    'a recipient MAY take LF for a line end; readers that differ there are a smuggled request',
  ],
  ['HTTP_ERR_FORBIDDEN_TRAILER', 'accepted', 'RFC 9110 §6.5.1', 'framing and routing cannot come after the content'],
  [
    'HTTP_ERR_MISSING_COLON',
    'accepted',
    'RFC 9112 §5',
    'a field line has a colon; a line without one is not passed over',
  ],
  [
    'HTTP_ERR_OBS_FOLD',
    'accepted',
    'RFC 9112 §5.2',
    'a fold MUST be refused or replaced; and no line stands before the first field',
  ],
  [
    'HTTP_ERR_REPEATED_CONTENT_LENGTH',
    'accepted',
    'RFC 9112 §6.3',
    'several values are refused; taking one of them is allowed when they are equal, and an option',
  ],
  ['HTTP_ERR_SPACE_AFTER_FIELD_NAME', 'accepted', 'RFC 9112 §5.1', 'whitespace before the colon MUST be refused'],
  [
    'HTTP_ERR_TOO_MANY_FIELDS',
    'accepted',
    'RFC 6585 §5',
    'more fields than the limit are refused; to drop them would change the message',
  ],
  [
    'HTTP_ERR_TRANSFER_ENCODING_IN_HTTP_1_0',
    'accepted',
    'RFC 9112 §6.1',
    'its framing is faulty: chunked did not exist in HTTP/1.0',
  ],
  [
    'HTTP_ERR_TWO_FRAMINGS',
    'accepted',
    'RFC 9112 §6.1',
    'both are an attempt at smuggling more often than not, and may be refused',
  ],
  ['HTTP_ERR_UNSUPPORTED_TRANSFER_CODING', 'accepted', 'RFC 9112 §6.1', 'a coding that is not understood: 501'],
  ['HTTP_ERR_UNSUPPORTED_VERSION', 'accepted', 'RFC 9110 §2.5', 'another major version has other message syntax; 505'],
  [
    'incomplete',
    'read',
    'RFC 9112 §8',
    'octets that end within a head, or before the final response, are incomplete; there nothing is said',
  ],
  [
    'incomplete',
    'refused',
    'RFC 9112 §8',
    'octets that end within a message are incomplete; there finish() is an error',
  ],
  ['read', 'another start line', 'RFC 9112 §4', 'a reason phrase keeps its octets; there they are decoded and trimmed'],
  ['read', 'other content', 'RFC 9112 §6.3', '2xx to CONNECT has no content, and what is read belongs to the tunnel'],
  [
    'read',
    'other fields',
    'RFC 9110 §5.5',
    'octets of a value are kept; there they are read as UTF-8 or ASCII, and blanks of Unicode are trimmed',
  ],
  ['read', 'other messages', 'RFC 9112 §6.3', '1xx have no content'],
  [
    'read',
    'refused: Parse Error',
    'RFC 9112 §6.3',
    '1xx, 204 and 304 have no content: what follows is the next response',
  ],
  [
    'read',
    'refused: invalid state for EOF',
    'RFC 9112 §6.3',
    '204 and 304 have no content, whatever Content-Length says',
  ],
]

function table(peer: Disagreement['peer'], type: Disagreement['type'], rows: Row[]): Disagreement[] {
  return rows.map(([ours, theirs, rfc, because, until]) => ({
    peer,
    type,
    ours,
    theirs,
    rfc,
    because,
    ...(until && { until }),
  }))
}

/** Every way in which others read the vectors and their mutants differently; the test fails for one more and for one less. */
export const disagreements: Disagreement[] = [
  ...table('node', 'request', nodeRequests),
  ...table('node', 'response', nodeResponses),
  ...table('http-parser-js', 'request', httpParserJsRequests),
  ...table('http-parser-js', 'response', httpParserJsResponses),
]
