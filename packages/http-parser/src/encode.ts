/**
 * The other direction: heads, chunks and trailers as octets. Everything is checked before a single octet is made, and what
 * the parser would refuse is refused here: a TypeError is the caller's mistake, found before it becomes response splitting
 * (RFC 9112 §11.1) or a message that two readers frame differently.
 *
 * Strings are ISO-8859-1: one character, one octet. The `format` functions give such strings, for a server that writes head
 * and content in one piece; the `encode` functions give octets.
 *
 * @module
 */
import type { HttpErrorCode } from './errors.js'
import { isHost } from './host.js'
import { isOctets } from './octets.js'
import { isToken } from './scanner/classes.js'
import { isForbiddenTrailer, NAME_NUMBERS } from './scanner/names.js'
import { targetForm } from './target.js'

/** Field lines to write: pairs in order, or an object; several values make several lines. A parser's `Fields` is one, too. */
export type FieldsInit =
  | Iterable<readonly [name: string, value: string | number | readonly string[]]>
  | { readonly [name: string]: string | number | readonly string[] }

/** What {@link encodeRequestHead} takes. */
export interface RequestHeadInit {
  /** a token */
  readonly method: string
  /** request-target in the form its method takes */
  readonly target: string
  /** default 1 */
  readonly versionMinor?: number
  /** field lines; an HTTP/1.1 request needs exactly one Host */
  readonly fields?: FieldsInit
}

/** What {@link encodeResponseHead} takes. */
export interface ResponseHeadInit {
  /** 100…999 */
  readonly status: number
  /** reason phrase; default the usual one of the status, or nothing */
  readonly reason?: string
  /** default 1 */
  readonly versionMinor?: number
  /** field lines; 1xx and 204 take neither Content-Length nor Transfer-Encoding */
  readonly fields?: FieldsInit
}

/** A mistake of the caller's: `code` says which, with the same names that {@link HttpErrorCode} has for the peer's. */
export class EncodeError extends TypeError {
  override readonly name = 'EncodeError'
  /** stable code */
  readonly code: HttpErrorCode

  /**
   * @param code what the parser would call it
   * @param message what is wrong, with the value quoted
   */
  constructor(code: HttpErrorCode, message: string) {
    super(`${message} (${code})`)
    this.code = code
  }
}

/** End of the data of a chunk. */
export const CHUNK_END = '\r\n'

/** The last chunk, without trailers. */
export const LAST_CHUNK = '0\r\n\r\n'

/**
 * Checks a field name.
 *
 * @throws EncodeError `HTTP_ERR_BAD_FIELD_NAME` when it is not a token (RFC 9110 §5.1)
 */
export function checkFieldName(name: string): void {
  if (typeof name !== 'string' || !isToken(name)) {
    throw new EncodeError('HTTP_ERR_BAD_FIELD_NAME', `${quote(name)} is not a field name`)
  }
}

/**
 * Checks a field value.
 *
 * @throws EncodeError `HTTP_ERR_BAD_FIELD_VALUE` when it contains a control character other than HTAB, or a character
 * beyond U+00FF, or begins or ends with whitespace (RFC 9110 §5.5)
 */
export function checkFieldValue(value: string): void {
  if (typeof value !== 'string' || !isText(value) || isBlank(value, 0) || isBlank(value, value.length - 1)) {
    throw new EncodeError('HTTP_ERR_BAD_FIELD_VALUE', `${quote(value)} is not a field value`)
  }
}

/**
 * The head of a request as a string of octets.
 *
 * @throws EncodeError when a part is not valid, Host is missing or repeated, or the framing is contradictory
 * @see RFC 9112 §3
 */
export function formatRequestHead(head: RequestHeadInit): string {
  const { method, target, versionMinor = 1 } = head
  if (typeof method !== 'string' || !isToken(method)) {
    throw new EncodeError('HTTP_ERR_BAD_METHOD', `${quote(method)} is not a method`)
  }
  if (method.length > 64) {
    throw new EncodeError('HTTP_ERR_METHOD_TOO_LONG', `${quote(method)} is longer than 64 octets`)
  }
  if (
    typeof target !== 'string' ||
    !/^[\x21-\x7e]+$/.test(target) ||
    targetForm(octetsOf(target), method, 0, target.length) < 0
  ) {
    throw new EncodeError('HTTP_ERR_BAD_TARGET', `${quote(target)} is not a request-target for ${method}`)
  }
  checkVersion(versionMinor)
  const framing = new Framing(versionMinor)
  const lines = formatFields(head.fields, framing)
  checkHost(framing, versionMinor)
  return `${method} ${target} HTTP/1.${versionMinor}\r\n${lines}\r\n`
}

/**
 * The head of a response as a string of octets.
 *
 * @throws EncodeError when a part is not valid, or the framing is contradictory
 * @see RFC 9112 §4
 */
export function formatResponseHead(head: ResponseHeadInit): string {
  const { status, versionMinor = 1 } = head
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new EncodeError('HTTP_ERR_BAD_STATUS_LINE', `${quote(status)} is not a status code`)
  }
  const reason = head.reason ?? REASONS[status] ?? ''
  if (typeof reason !== 'string' || !isText(reason)) {
    throw new EncodeError('HTTP_ERR_BAD_STATUS_LINE', `${quote(reason)} is not a reason phrase`)
  }
  checkVersion(versionMinor)
  const framing = new Framing(versionMinor)
  const lines = formatFields(head.fields, framing)
  if ((status < 200 || status === 204) && (framing.length !== undefined || framing.chunked)) {
    throw new EncodeError(
      'HTTP_ERR_TWO_FRAMINGS',
      `a ${status} response has no content and says nothing about its length`,
    )
  }
  return `HTTP/1.${versionMinor} ${status} ${reason}\r\n${lines}\r\n`
}

/** {@link formatRequestHead} as octets. */
export function encodeRequestHead(head: RequestHeadInit): Uint8Array {
  return octetsOf(formatRequestHead(head))
}

/** {@link formatResponseHead} as octets. */
export function encodeResponseHead(head: ResponseHeadInit): Uint8Array {
  return octetsOf(formatResponseHead(head))
}

/**
 * What goes before the data of a chunk; {@link CHUNK_END} goes behind it.
 *
 * @param size octets of data, at least 1: a chunk without data would end the message
 */
export function formatChunkHead(size: number): string {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new EncodeError('HTTP_ERR_BAD_CHUNK_SIZE', `${quote(size)} is not the size of a chunk`)
  }
  return `${size.toString(16)}\r\n`
}

/**
 * A whole chunk; none for no octets, because an empty chunk would end the message.
 *
 * @throws TypeError when it is given something else than a Uint8Array
 */
export function encodeChunk(bytes: Uint8Array): Uint8Array {
  if (!isOctets(bytes)) throw new TypeError('encodeChunk() takes a Uint8Array')
  if (bytes.length === 0) return new Uint8Array(0)
  const head = formatChunkHead(bytes.length)
  const chunk = new Uint8Array(head.length + bytes.length + 2)
  writeLatin1(chunk, 0, head)
  chunk.set(bytes, head.length)
  writeLatin1(chunk, chunk.length - 2, CHUNK_END)
  return chunk
}

/**
 * The last chunk with a trailer section, as a string of octets.
 *
 * @throws EncodeError `HTTP_ERR_FORBIDDEN_TRAILER` for a field of framing, routing, authentication or content handling,
 * which must not come late (RFC 9110 §6.5.1)
 */
export function formatLastChunk(trailers?: FieldsInit): string {
  return trailers === undefined ? LAST_CHUNK : `0\r\n${formatFields(trailers, undefined)}\r\n`
}

/** {@link formatLastChunk} as octets. */
export function encodeLastChunk(trailers?: FieldsInit): Uint8Array {
  return octetsOf(formatLastChunk(trailers))
}

/**
 * A string of characters up to U+00FF as octets.
 *
 * @throws RangeError at a character beyond, which would become another one: U+010A a line feed
 */
export function latin1(text: string): Uint8Array {
  const at = text.search(/[^\0-\xff]/)
  if (at >= 0) throw new RangeError(`${quote(text[at])} at ${at} is no character of ISO-8859-1`)
  return octetsOf(text)
}

function octetsOf(text: string): Uint8Array {
  const octets = new Uint8Array(text.length)
  writeLatin1(octets, 0, text)
  return octets
}

function writeLatin1(octets: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) octets[at + i] = text.charCodeAt(i)
}

/** What the field lines of a head say about where the message ends. */
class Framing {
  hosts = 0
  host = ''
  chunked = false
  length: number | undefined = undefined
  readonly #versionMinor: number

  constructor(versionMinor: number) {
    this.#versionMinor = versionMinor
  }

  note(name: string, value: string): void {
    // Cheap for the fields that do not matter: three lengths.
    if (name.length === 4 && name.toLowerCase() === 'host') this.#noteHost(value)
    else if (name.length === 14 && name.toLowerCase() === 'content-length') this.#noteLength(value)
    else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') this.#noteCoding(value)
  }

  // A response may have one, which means nothing: it is judged where a request is written.
  #noteHost(value: string): void {
    this.hosts++
    this.host = value
  }

  #noteLength(value: string): void {
    if (!/^\d+$/.test(value)) throw new EncodeError('HTTP_ERR_BAD_CONTENT_LENGTH', `${quote(value)} is not a length`)
    if (!Number.isSafeInteger(Number(value))) {
      throw new EncodeError('HTTP_ERR_CONTENT_LENGTH_TOO_LARGE', `${quote(value)} is beyond 2^53 - 1`)
    }
    if (this.length !== undefined) {
      throw new EncodeError('HTTP_ERR_REPEATED_CONTENT_LENGTH', 'a head has one Content-Length')
    }
    this.length = Number(value)
    this.#check()
  }

  #noteCoding(value: string): void {
    if (this.chunked || value.toLowerCase() !== 'chunked') {
      throw new EncodeError('HTTP_ERR_BAD_TRANSFER_ENCODING', `Transfer-Encoding is chunked, once, not ${quote(value)}`)
    }
    if (this.#versionMinor === 0) {
      throw new EncodeError('HTTP_ERR_TRANSFER_ENCODING_IN_HTTP_1_0', 'HTTP/1.0 has no Transfer-Encoding')
    }
    this.chunked = true
    this.#check()
  }

  #check(): void {
    if (this.chunked && this.length !== undefined) {
      throw new EncodeError('HTTP_ERR_TWO_FRAMINGS', 'a head has Transfer-Encoding or Content-Length, not both')
    }
  }
}

type Pair = readonly [name: string, value: string | number | readonly string[]]

/** Field lines; with their framing judged for a head, as trailers without. */
function formatFields(fields: FieldsInit | undefined, framing: Framing | undefined): string {
  if (fields === undefined) return ''
  if (typeof fields !== 'object' || fields === null) throw notFields(fields)
  const pairs = (Symbol.iterator in fields ? fields : Object.entries(fields)) as Iterable<Pair>
  let lines = ''
  for (const pair of pairs) {
    // Of a flat list, `name, value, name, value …`, the first two letters of each string would be taken for a pair; of
    // longer ones the rest would be lost.
    if (!Array.isArray(pair) || pair.length !== 2) throw notFields(pair)
    const [name, value] = pair
    checkFieldName(name)
    if (framing === undefined && isForbiddenTrailer(NAME_NUMBERS.get(name.toLowerCase()))) {
      throw new EncodeError('HTTP_ERR_FORBIDDEN_TRAILER', `${name} must not be in the trailer section`)
    }
    if (Array.isArray(value)) for (const one of value as readonly string[]) lines += formatField(name, one, framing)
    // NaN and the infinities are left to be refused: nobody means them.
    else
      lines += formatField(
        name,
        typeof value === 'number' && Number.isFinite(value) ? String(value) : (value as string),
        framing,
      )
  }
  return lines
}

const notFields = (value: unknown): TypeError =>
  new TypeError(`fields are pairs of a name and a value, or an object of them, not ${quote(value)}`)

function formatField(name: string, value: string, framing: Framing | undefined): string {
  checkFieldValue(value)
  framing?.note(name, value)
  return `${name}: ${value}\r\n`
}

/** RFC 9112 §3.2: one Host, which HTTP/1.0 may lack, and empty when the target has no authority. */
function checkHost({ hosts, host }: Framing, versionMinor: number): void {
  if (hosts === 0 && versionMinor > 0) {
    throw new EncodeError('HTTP_ERR_MISSING_HOST', 'an HTTP/1.1 request has a Host')
  }
  if (hosts > 1) throw new EncodeError('HTTP_ERR_REPEATED_HOST', `a request has one Host, not ${hosts}`)
  if (host !== '' && !isHost(octetsOf(host), 0, host.length)) {
    throw new EncodeError('HTTP_ERR_BAD_HOST', `${quote(host)} is not uri-host [":" port]`)
  }
}

function checkVersion(minor: number): void {
  if (minor !== 0 && minor !== 1)
    throw new EncodeError('HTTP_ERR_BAD_VERSION', `HTTP/1.${quote(minor)} is not a version`)
}

/** HTAB, SP, VCHAR, obs-text. */
function isText(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if ((code < 32 && code !== 9) || code === 127 || code > 255) return false
  }
  return true
}

function isBlank(value: string, at: number): boolean {
  const code = value.charCodeAt(at)
  return code === 32 || code === 9
}

/** Something for an error's message, of one line whatever it is. */
function quote(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value)
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? `some ${typeof value}`
    : String(value)
}

const REASONS: { readonly [status: number]: string } = {
  100: 'Continue',
  101: 'Switching Protocols',
  102: 'Processing',
  103: 'Early Hints',
  104: 'Upload Resumption Supported',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  203: 'Non-Authoritative Information',
  204: 'No Content',
  205: 'Reset Content',
  206: 'Partial Content',
  207: 'Multi-Status',
  208: 'Already Reported',
  226: 'IM Used',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  305: 'Use Proxy',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  423: 'Locked',
  424: 'Failed Dependency',
  425: 'Too Early',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  506: 'Variant Also Negotiates',
  507: 'Insufficient Storage',
  508: 'Loop Detected',
  511: 'Network Authentication Required',
}

/** The usual reason phrase of a status code (RFC 9110 §15), or an empty string. */
export function reasonPhrase(status: number): string {
  return REASONS[status] ?? ''
}
