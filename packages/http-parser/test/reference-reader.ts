/**
 * A second reading of RFC 9110 and RFC 9112, to hold the parser against: whole input only, one octet at a time, nothing
 * shared with `src`. It is as slow and as plain as the text of the RFCs, and it knows the strict grammar only: no lenience.
 *
 * Offsets follow one rule. What cannot be read is reported at the first octet that cannot be read; what can be read but must
 * not be is reported at the first octet of the thing refused (a field line, a request-target); a limit at the first octet
 * past it; and something missing at the octet where the head ends.
 */
import { describeText, type EventLog } from './event-log.js'

/** What the reading depends on besides the octets. */
export interface ReadingContext {
  type: 'request' | 'response'
  /** For responses: the methods of the requests they answer, in order; GET where the list is shorter. */
  methods?: readonly string[]
  requireHost?: boolean
}

/** Thrown inside: the octets are refused. */
class Refusal extends Error {
  constructor(
    readonly offset: number,
    readonly code: string,
  ) {
    super(`${code} at ${offset}`)
  }
}

/** Thrown inside: the octets end before the message does. */
class Incomplete extends Error {}

interface Field {
  name: string
  value: string
  offset: number
}

/** How the content is delimited, as far as the fields say. */
interface Framing {
  kind: 'none' | 'length' | 'chunked'
  length: number
  words?: string
}

const CR = 0x0d
const LF = 0x0a
const SP = 0x20
const isDigit = (octet: number): boolean => octet >= 0x30 && octet <= 0x39
const isTokenOctet = (octet: number): boolean => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(octet))
const isVisible = (octet: number): boolean => octet > 0x20 && octet < 0x7f
const isBlank = (octet: number): boolean => octet === 0x20 || octet === 0x09
const isText = (octet: number): boolean => isBlank(octet) || isVisible(octet) || octet >= 0x80

const hostPattern =
  /^(?:\[(?:[0-9A-Fa-f:.]+|v[0-9A-Fa-f]+\.[\w.~!$&'()*+,;=:-]+)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d*)?$/

/** RFC 9110 §6.5.1: framing, routing, connection, authentication and content format cannot come after the content. */
const forbiddenTrailers = (
  'host content-length transfer-encoding connection upgrade expect trailer te keep-alive proxy-connection ' +
  'authorization proxy-authorization www-authenticate proxy-authenticate cookie set-cookie ' +
  'content-encoding content-type content-range'
).split(' ')

/** RFC 9110 §10.1.4: transfer-coding, of which nothing but the name matters here. */
const codingPattern = /^[!#$%&'*+\-.^_`|~0-9a-z]+[ \t]*(;|$)/

/** Reads octets and gives the log of what they mean, in the form the vectors use. */
export function readReference(octets: Uint8Array, context: ReadingContext): EventLog {
  return new ReferenceReader(octets, context).read()
}

class ReferenceReader {
  readonly #octets: Uint8Array
  readonly #context: ReadingContext
  readonly #log: EventLog = []
  #at = 0
  #messages = 0
  /** An interim response was the last: the final one is still to come. */
  #interim = false

  constructor(octets: Uint8Array, context: ReadingContext) {
    this.#octets = octets
    this.#context = context
  }

  read(): EventLog {
    try {
      while (this.#at < this.#octets.length) {
        const goesOn = this.#context.type === 'request' ? this.#request() : this.#response()
        if (!goesOn) return this.#log
      }
      if (this.#interim) throw new Incomplete()
    } catch (error) {
      if (error instanceof Refusal) this.#log.push(`error ${error.offset} ${error.code}`)
      else if (error instanceof Incomplete) this.#log.push(`error ${this.#octets.length} HTTP_ERR_INCOMPLETE`)
      else throw error
    }
    return this.#log
  }

  // §3, §6: one request; false when what follows is no longer HTTP/1.1
  #request(): boolean {
    let emptyLines = 0
    while (this.#peek() === CR) {
      if (emptyLines++ === 4) throw new Refusal(this.#at, 'HTTP_ERR_TOO_MANY_EMPTY_LINES')
      this.#lineEnd('')
      // nothing but empty lines: no message has begun
      if (this.#peek() === undefined) return true
    }
    if (this.#need() === LF) throw new Refusal(this.#at, 'HTTP_ERR_BARE_LF')
    const methodAt = this.#at
    const method = this.#span(isTokenOctet, 'HTTP_ERR_BAD_METHOD')
    if (method.length > 64) throw new Refusal(methodAt + 64, 'HTTP_ERR_METHOD_TOO_LONG')
    // A line that ends too early has no fault in its parts.
    this.#exactly(' ', this.#atLineEnd() ? 'HTTP_ERR_BAD_REQUEST_LINE' : 'HTTP_ERR_BAD_METHOD')
    const targetAt = this.#at
    if (this.#need() === SP) throw new Refusal(this.#at, 'HTTP_ERR_BAD_REQUEST_LINE')
    const target = this.#atLineEnd() ? '' : this.#span(isVisible, 'HTTP_ERR_BAD_TARGET')
    this.#exactly(' ', this.#atLineEnd() ? 'HTTP_ERR_BAD_VERSION' : 'HTTP_ERR_BAD_TARGET')
    const minor = this.#version()
    this.#lineEnd('HTTP_ERR_BAD_REQUEST_LINE')
    const fields = this.#fieldLines(100, 'HTTP_ERR_TOO_MANY_FIELDS')
    const form = targetForm(method, target)
    if (form === undefined) throw new Refusal(targetAt, 'HTTP_ERR_BAD_TARGET')
    const framing = this.#framing(fields, minor)
    const options = connectionOptions(fields)
    const keepAlive = !options.includes('close') && (minor >= 1 || options.includes('keep-alive'))
    const upgrade = method === 'CONNECT' || (minor >= 1 && options.includes('upgrade') && has(fields, 'upgrade'))
    this.#log.push(`head ..${this.#at} ${method} ${describeText(target)} HTTP/1.${minor} ${form}`)
    this.#logFields(fields)
    const expectations = fields.filter((field) => field.name.toLowerCase() === 'expect').map((field) => field.value)
    const expectation =
      expectations.length === 0
        ? []
        : minor >= 1 && list(fields, 'expect').every((value) => value.toLowerCase() === '100-continue')
          ? ['expect 100-continue']
          : [`expect ${describeText(expectations.join(', '))}`]
    this.#log.push(
      `  ${[framing.words ?? 'no content', keepAlive ? 'keep-alive' : 'close', ...expectation, ...(upgrade ? ['upgrade'] : [])].join(', ')}`,
    )
    // RFC 9112 §6: request message framing is independent of method semantics, CONNECT too
    this.#content(framing)
    if (upgrade) this.#log.push(`handover ${this.#at}`)
    return !upgrade
  }

  // §4, §6: one response; false when what follows is no longer HTTP/1.1
  #response(): boolean {
    const method = this.#context.methods?.[this.#messages] ?? 'GET'
    const minor = this.#version()
    if (this.#atLineEnd() && !this.#startsWith(CR, LF)) this.#lineEnd('')
    this.#exactly(' ', 'HTTP_ERR_BAD_STATUS_LINE')
    let status = ''
    while (status.length < 3) {
      const octet = this.#need()
      if (!isDigit(octet) || (status === '' && octet === 0x30)) throw new Refusal(this.#at, 'HTTP_ERR_BAD_STATUS_LINE')
      status += String.fromCharCode(octet)
      this.#at++
    }
    this.#exactly(' ', 'HTTP_ERR_BAD_STATUS_LINE')
    const reasonAt = this.#at
    while (isText(this.#need())) this.#at++
    const reason = this.#text(reasonAt, this.#at)
    this.#lineEnd('HTTP_ERR_BAD_STATUS_LINE')
    const fields = this.#fieldLines(100, 'HTTP_ERR_TOO_MANY_FIELDS')
    const code = Number(status)
    const options = connectionOptions(fields)
    const informational = code >= 100 && code < 200 && code !== 101
    const bodiless = method === 'HEAD' || code < 200 || code === 204 || code === 304
    const tunnel = method === 'CONNECT' && code >= 200 && code < 300
    let framing: Framing = { kind: 'none', length: 0 }
    let contradictory = false
    try {
      framing = this.#framing(fields, minor)
    } catch (error) {
      // RFC 9112 §6.3: these end with their head, whatever their fields say. Who contradicts himself sends nothing more.
      if (!(error instanceof Refusal) || !(bodiless || tunnel)) throw error
      contradictory = true
    }
    const untilClose = framing.kind === 'none' && !bodiless && !tunnel
    const upgrade = code === 101 || tunnel
    const persistent = !contradictory && !options.includes('close') && (minor >= 1 || options.includes('keep-alive'))
    this.#log.push(
      `${informational ? 'informational' : 'head'} ..${this.#at} HTTP/1.${minor} ${status} ${describeText(reason)}`,
    )
    this.#logFields(fields)
    this.#interim = informational
    if (informational) return true
    const words = untilClose
      ? 'until close'
      : bodiless || tunnel || (framing.kind === 'length' && framing.length === 0)
        ? 'no content'
        : framing.words!
    this.#log.push(
      `  ${[words, persistent && !untilClose ? 'keep-alive' : 'close', ...(upgrade ? ['upgrade'] : [])].join(', ')}`,
    )
    this.#messages++
    if (bodiless || tunnel) {
      this.#log.push(`complete ${this.#at}`)
      if (upgrade) this.#log.push(`handover ${this.#at}`)
      return !upgrade
    }
    if (untilClose) {
      this.#logContent(this.#at, this.#octets.length)
      this.#log.push(`complete ${this.#octets.length}`)
      return false
    }
    this.#content(framing)
    return true
  }

  // §2.3: HTTP-version, of which the major must be 1; gives the minor
  #version(): number {
    for (const letter of 'HTTP/') this.#exactly(letter, 'HTTP_ERR_BAD_VERSION')
    const major = this.#need()
    if (!isDigit(major)) throw new Refusal(this.#at, 'HTTP_ERR_BAD_VERSION')
    this.#at++
    this.#exactly('.', 'HTTP_ERR_BAD_VERSION')
    const minor = this.#need()
    if (!isDigit(minor)) throw new Refusal(this.#at, 'HTTP_ERR_BAD_VERSION')
    if (major !== 0x31) throw new Refusal(this.#at - 2, 'HTTP_ERR_UNSUPPORTED_VERSION')
    this.#at++
    return minor - 0x30
  }

  // §5: field lines up to and with the empty line
  #fieldLines(most: number, tooMany: string): Field[] {
    const fields: Field[] = []
    for (;;) {
      // A line that is one too many is not read at all.
      const open = this.#peek() === CR && this.#at + 1 === this.#octets.length
      if (fields.length === most && !open && this.#need() >= 0 && !this.#startsWith(CR, LF))
        throw new Refusal(this.#at, tooMany)
      if (this.#peek() === CR) {
        this.#lineEnd('HTTP_ERR_BAD_FIELD_LINE')
        return fields
      }
      if (isBlank(this.#need())) throw new Refusal(this.#at, 'HTTP_ERR_OBS_FOLD')
      if (this.#need() === LF) throw new Refusal(this.#at, 'HTTP_ERR_BARE_LF')
      const offset = this.#at
      const name = this.#span(isTokenOctet, 'HTTP_ERR_BAD_FIELD_NAME')
      const next = this.#need()
      if (isBlank(next)) throw new Refusal(this.#at, 'HTTP_ERR_SPACE_AFTER_FIELD_NAME')
      if (next === CR || next === LF) throw new Refusal(this.#at, 'HTTP_ERR_MISSING_COLON')
      this.#exactly(':', 'HTTP_ERR_BAD_FIELD_NAME')
      const valueAt = this.#at
      while (isText(this.#need())) this.#at++
      const value = trimmed(this.#text(valueAt, this.#at))
      this.#lineEnd('HTTP_ERR_BAD_FIELD_VALUE')
      fields.push({ name, value, offset })
    }
  }

  // RFC 9112 §3.2 and §6.3 as far as the fields decide it: line by line, then what all of them say together
  #framing(fields: Field[], minor: number): Framing {
    const lengths: Field[] = []
    const codings: { name: string; offset: number }[] = []
    let hosts = 0
    const checksHost = this.#context.type === 'request' && this.#context.requireHost !== false
    for (const field of fields) {
      const name = field.name.toLowerCase()
      if (name === 'host' && checksHost) {
        if (++hosts > 1) throw new Refusal(field.offset, 'HTTP_ERR_REPEATED_HOST')
        if (!isHost(field.value)) throw new Refusal(field.offset, 'HTTP_ERR_BAD_HOST')
      }
      if (name === 'content-length') {
        if (codings.length > 0) throw new Refusal(field.offset, 'HTTP_ERR_TWO_FRAMINGS')
        lengths.push(field)
        this.#length(lengths)
      }
      if (name === 'transfer-encoding') {
        if (lengths.length > 0) throw new Refusal(field.offset, 'HTTP_ERR_TWO_FRAMINGS')
        if (minor === 0) throw new Refusal(field.offset, 'HTTP_ERR_TRANSFER_ENCODING_IN_HTTP_1_0')
        for (const coding of field.value.split(','))
          codings.push({ name: trimmed(coding).toLowerCase(), offset: field.offset })
      }
    }
    if (checksHost && hosts === 0 && minor >= 1) throw new Refusal(this.#at, 'HTTP_ERR_MISSING_HOST')
    const last = codings.pop()
    if (last) {
      if (last.name !== 'chunked') throw new Refusal(last.offset, 'HTTP_ERR_BAD_TRANSFER_ENCODING')
      const odd = codings.find(({ name }) => /^chunked[ \t]*(;|$)/.test(name) || !codingPattern.test(name))
      if (odd) throw new Refusal(odd.offset, 'HTTP_ERR_BAD_TRANSFER_ENCODING')
      if (codings.length > 0) throw new Refusal(codings[0]!.offset, 'HTTP_ERR_UNSUPPORTED_TRANSFER_CODING')
      return { kind: 'chunked', length: 0, words: 'chunked' }
    }
    if (lengths.length === 0) return { kind: 'none', length: 0 }
    const length = this.#length(lengths)
    return { kind: 'length', length, words: `length ${length}` }
  }

  // RFC 9110 §8.6: one line, one number
  #length(lines: Field[]): number {
    let length: number | undefined
    for (const { value, offset } of lines) {
      for (const element of value.split(',').map(trimmed)) {
        if (!/^\d+$/.test(element)) throw new Refusal(offset, 'HTTP_ERR_BAD_CONTENT_LENGTH')
        if (BigInt(element) > 9007199254740991n) throw new Refusal(offset, 'HTTP_ERR_CONTENT_LENGTH_TOO_LARGE')
        if (length !== undefined) throw new Refusal(offset, 'HTTP_ERR_REPEATED_CONTENT_LENGTH')
        length = Number(element)
      }
    }
    return length!
  }

  #content(framing: Framing): void {
    if (framing.kind === 'chunked') {
      this.#chunks()
      return
    }
    const end = this.#at + framing.length
    this.#logContent(this.#at, Math.min(end, this.#octets.length))
    if (end > this.#octets.length) throw new Incomplete()
    this.#at = end
    this.#log.push(`complete ${end}`)
  }

  // §7.1
  #chunks(): void {
    for (;;) {
      const size = this.#chunkSize()
      this.#chunkExtensions()
      this.#lineEnd('HTTP_ERR_BAD_CHUNK_SIZE')
      if (size === 0n) break
      const end = BigInt(this.#at) + size
      const available = Number(end > BigInt(this.#octets.length) ? BigInt(this.#octets.length) : end)
      this.#logContent(this.#at, available)
      this.#at = available
      if (end > BigInt(this.#octets.length)) throw new Incomplete()
      for (const octet of [CR, LF]) {
        if (this.#need() !== octet) throw new Refusal(this.#at, 'HTTP_ERR_BAD_CHUNK_END')
        this.#at++
      }
    }
    const trailers = this.#fieldLines(32, 'HTTP_ERR_TOO_MANY_TRAILERS')
    const framing = trailers.find((field) => forbiddenTrailers.includes(field.name.toLowerCase()))
    if (framing) throw new Refusal(framing.offset, 'HTTP_ERR_FORBIDDEN_TRAILER')
    this.#log.push(`complete ${this.#at}`)
    this.#logFields(trailers)
  }

  #chunkSize(): bigint {
    let size = 0n
    let digits = 0
    for (;;) {
      const letter = String.fromCharCode(this.#need())
      if (!/[0-9A-Fa-f]/.test(letter)) break
      size = size * 16n + BigInt(Number.parseInt(letter, 16))
      if (++digits > 16 || size > 9007199254740991n) throw new Refusal(this.#at, 'HTTP_ERR_CHUNK_TOO_LARGE')
      this.#at++
    }
    if (digits === 0) throw new Refusal(this.#at, 'HTTP_ERR_BAD_CHUNK_SIZE')
    return size
  }

  // §7.1.1, without the whitespace that recipients may read and senders must not send
  #chunkExtensions(): void {
    while (this.#need() === 0x3b) {
      this.#at++
      this.#span(isTokenOctet, 'HTTP_ERR_BAD_CHUNK_EXTENSION')
      if (this.#need() === 0x3d) {
        this.#at++
        if (this.#need() === 0x22) this.#quotedString()
        else this.#span(isTokenOctet, 'HTTP_ERR_BAD_CHUNK_EXTENSION')
      }
      if (![0x3b, CR, LF].includes(this.#need())) throw new Refusal(this.#at, 'HTTP_ERR_BAD_CHUNK_EXTENSION')
    }
  }

  // RFC 9110 §5.6.4
  #quotedString(): void {
    this.#at++
    for (;;) {
      const octet = this.#need()
      if (octet === 0x5c) {
        this.#at++
        if (!isText(this.#need())) throw new Refusal(this.#at, 'HTTP_ERR_BAD_CHUNK_EXTENSION')
      } else if (octet !== 0x22 && !isText(octet)) throw new Refusal(this.#at, 'HTTP_ERR_BAD_CHUNK_EXTENSION')
      this.#at++
      if (octet === 0x22) return
    }
  }

  /** CRLF, strictly; anything else that ends no line is `otherwise`. */
  #lineEnd(otherwise: string): void {
    const octet = this.#need()
    if (octet === LF) throw new Refusal(this.#at, 'HTTP_ERR_BARE_LF')
    if (octet !== CR) throw new Refusal(this.#at, otherwise)
    const next = this.#octets[this.#at + 1]
    if (next === undefined) throw new Incomplete()
    if (next !== LF) throw new Refusal(this.#at + 1, 'HTTP_ERR_BARE_CR')
    this.#at += 2
  }

  #exactly(letter: string, code: string): void {
    if (this.#need() !== letter.charCodeAt(0)) throw new Refusal(this.#at, code)
    this.#at++
  }

  /** At least one octet of a class. */
  #span(is: (octet: number) => boolean, code: string): string {
    const start = this.#at
    while (is(this.#need())) this.#at++
    if (this.#at === start) throw new Refusal(this.#at, code)
    return this.#text(start, this.#at)
  }

  #need(): number {
    const octet = this.#octets[this.#at]
    if (octet === undefined) throw new Incomplete()
    return octet
  }

  #startsWith(first: number, second: number): boolean {
    return this.#octets[this.#at] === first && this.#octets[this.#at + 1] === second
  }

  #atLineEnd(): boolean {
    const octet = this.#need()
    return octet === CR || octet === LF
  }

  #peek(): number | undefined {
    return this.#octets[this.#at]
  }

  #text(start: number, end: number): string {
    return Array.from(this.#octets.subarray(start, end), (octet) => String.fromCharCode(octet)).join('')
  }

  #logFields(fields: Field[]): void {
    for (const field of fields) this.#log.push(`  ${describeText(field.name)}: ${describeText(field.value)}`)
  }

  #logContent(start: number, end: number): void {
    if (end > start) this.#log.push(`content ${start}..${end} ${describeText(this.#text(start, end))}`)
  }
}

/** RFC 9112 §3.2: the form of a target, or nothing when the method does not allow it. */
function targetForm(method: string, target: string): string | undefined {
  if (method === 'CONNECT') {
    const colon = target.lastIndexOf(':')
    const valid = colon > 0 && /^:\d+$/.test(target.slice(colon)) && isHost(target)
    return valid ? 'authority' : undefined
  }
  if (target.startsWith('/')) return 'origin'
  if (target === '*') return method === 'OPTIONS' ? 'asterisk' : undefined
  const [, scheme, authority] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(?=.)([^/?#]*)/.exec(target) ?? []
  if (scheme === undefined) return undefined
  // RFC 9110 §4.2.1: an http URI has a host
  if (/^https?$/i.test(scheme) && !(authority !== '' && isHost(authority!))) return undefined
  return 'absolute'
}

/** RFC 3986 §3.2.2 with an optional port; what stands in brackets is judged after the pattern has let it pass. */
function isHost(text: string): boolean {
  // Empty when the target has no authority (RFC 9112 §3.2); a port alone names no host.
  if (!hostPattern.test(text) || text.startsWith(':')) return false
  // RFC 3986 lets a port have any number of digits; TCP has 65536 ports.
  if (Number(/:(\d*)$/.exec(text.replace(/^\[.*\]/, ''))?.[1] ?? 0) > 65535) return false
  const address = /^\[([^v\]]*)\]/i.exec(text)?.[1]
  return address === undefined || isIpv6(address)
}

/** Eight groups of up to four digits, the last two perhaps as IPv4; `::` stands for one group or more, once. */
function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  let count = 0
  for (const [i, half] of groups.entries()) {
    for (const [j, group] of half.entries()) {
      const last = i === groups.length - 1 && j === half.length - 1
      if (/^[0-9A-Fa-f]{1,4}$/.test(group)) count++
      else if (last && isIpv4(group)) count += 2
      else return false
    }
  }
  return halves.length === 2 ? count <= 7 : count === 8
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
}

function has(fields: Field[], name: string): boolean {
  return fields.some((field) => field.name.toLowerCase() === name)
}

function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

/** The elements of a list field over all its lines. */
function list(fields: Field[], name: string): string[] {
  return fields
    .filter((field) => field.name.toLowerCase() === name)
    .flatMap((field) => field.value.split(','))
    .map(trimmed)
}

function connectionOptions(fields: Field[]): string[] {
  return list(fields, 'connection').map((option) => option.toLowerCase())
}
