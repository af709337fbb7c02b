import { Buffer } from 'node:buffer'
import { encodeLastChunk, reasonPhrase } from '@plainwire/http-parser/encode'
import { preferredType } from './accept.js'
import { attempt } from './attempt.js'
import { dateLine } from './date.js'
import { errorJson, errorPage, errorPageFields } from './error-page.js'
import { misuse, WebError } from './errors.js'
import { eachField, FieldLines, ROLE } from './field-lines.js'
import { headText } from './head-text.js'
import type { FieldsInit, FieldValue, Sendable, ServerRequest, ServerResponse } from './message.js'
import type { Output } from './output.js'
import { sendStream } from './send-stream.js'
import { statusLine } from './status.js'
import { StoredLines } from './stored-lines.js'

/** What a response decides about its connection. */
export interface ResponseOwner {
  /** Decides, when the final head is written, whether the connection goes on after this response. */
  persists(): boolean
  /** The connection can not go on after this response. */
  endsWithThis(): void
  /** The response has been put whole. */
  over(): void
  /** The response ends here, incomplete. */
  cutOff(reason: unknown): void
  /** What was to be sent has failed; the promise of the sending is rejected, too. */
  sendingFailed(error: unknown): void
  /** Tells the server of an error that nobody else can be told of. */
  report(error: unknown): void
}

/** How the end of the content is told (RFC 9112 §6.3), decided when the head is written. */
const FRAMING = { none: 0, counted: 1, chunked: 2, untilClose: 3 } as const

/** Fields that, beside Content-*, would be lies about an error page: they describe the answer that did not come to be. */
const REPRESENTATION = new Set([
  'accept-ranges',
  'cache-control',
  'etag',
  'expires',
  'last-modified',
  'transfer-encoding',
])

/** The engine's {@link ServerResponse}. */
export class ResponseWriter implements ServerResponse {
  status = 200
  reason: string | undefined = undefined
  headSent = false
  ended = false
  finished = false
  aborted = false
  contentSize = 0
  readonly request: ServerRequest
  private readonly output: Output
  private readonly owner: ResponseOwner
  private fields: FieldLines | undefined = undefined
  private framing: number = FRAMING.none
  private declared = 0
  /** The answer is not the handler's any more. */
  private late = false
  private listeners: Array<(response: ServerResponse) => void> | undefined = undefined
  private readonly head: boolean
  private readonly tunnel: boolean

  constructor(request: ServerRequest, output: Output, owner: ResponseOwner) {
    this.request = request
    this.output = output
    this.owner = owner
    const { method } = request
    this.head = method === 'HEAD'
    this.tunnel = method === 'CONNECT'
  }

  get hasContent(): boolean {
    return !this.head && statusHasContent(this.status)
  }

  setField(name: string, value: FieldValue): this {
    this.open().set(name, value)
    return this
  }

  appendField(name: string, value: FieldValue): this {
    this.open().append(name, value)
    return this
  }

  getField(name: string): string | undefined {
    return this.fields?.get(name)
  }

  hasField(name: string): boolean {
    return this.fields?.get(name) !== undefined
  }

  removeField(name: string): this {
    this.open().remove(name)
    return this
  }

  clearFields(): this {
    this.open().clear()
    return this
  }

  fieldLines(): Array<[name: string, value: string]> {
    return this.fields?.entries() ?? []
  }

  writeHead(status: number, fields?: FieldsInit, reason?: string): this {
    if (this.headSent && this.aborted) return this
    const lines = this.open()
    this.status = checkStatus(status)
    if (reason !== undefined) this.reason = checkReason(reason)
    if (fields !== undefined) lines.setAll(fields)
    return this
  }

  flushHead(): this {
    if (this.headSent || this.finished) return this
    this.beginStream()
    this.output.flushSoon()
    return this
  }

  informational(status: number, fields?: FieldsInit): this {
    if (!Number.isInteger(status) || status < 100 || status > 199 || status === 101)
      throw new RangeError(`An informational status is 100 or 102–199, not ${status}`)
    if (this.headSent && !this.aborted)
      throw misuse('WEB_ERR_HEAD_SENT', 'An informational response comes before the final head')
    let text = statusLine(status, undefined)
    if (fields !== undefined) {
      const lines = new FieldLines()
      lines.setAll(fields)
      text += lines.text(true)
    }
    if (this.finished || this.request.versionMinor === 0) return this
    this.output.put(`${text}\r\n`)
    this.output.flushSoon()
    return this
  }

  write(chunk: string | Uint8Array): boolean {
    if (this.finished && this.aborted) return true
    if (this.ended) throw misuse('WEB_ERR_ENDED', 'The response was ended before this write')
    const size = sizeOf(chunk)
    if (!this.headSent) this.beginStream()
    const goOn = this.putPiece(chunk, size)
    this.output.flushSoon()
    return goOn
  }

  drained(): Promise<void> {
    return this.aborted ? Promise.reject(new WebError('WEB_ERR_PEER_GONE')) : this.output.drained()
  }

  end(chunk?: string | Uint8Array | null, trailers?: FieldsInit): this {
    if (this.aborted) {
      this.ended = true
      return this
    }
    if (this.ended) throw misuse('WEB_ERR_ENDED', 'The response was ended before')
    if (!this.headSent && (trailers === undefined || this.request.versionMinor === 0)) return this.endWhole(chunk)
    // What is wrong with chunk or trailers is found before anything is sent.
    const last = trailers === undefined ? '0\r\n\r\n' : lastChunk(trailers)
    const size = chunk === undefined || chunk === null ? 0 : sizeOf(chunk)
    if (!this.headSent) this.beginStream()
    if (chunk !== undefined && chunk !== null) this.putPiece(chunk, size)
    this.endStream(last)
    return this
  }

  endStored(status: number, lines: StoredLines, content?: string | Uint8Array | null): void {
    if (this.aborted) return
    if (this.headSent || this.ended) throw misuse('WEB_ERR_HEAD_SENT', 'The head was sent before')
    this.status = status
    this.settle()
    this.ended = true
    // A 205 has no content and yet needs a length (RFC 9110 §15.3.6).
    const sent = status === 205 ? withoutContent(lines) : lines
    const start = this.headStart(status === 205)
    const date = this.date()
    const end = this.connectionEnd()
    if (content === undefined || content === null || !this.hasContent) {
      this.output.put(sent.headText(start, date, end))
    } else {
      this.contentSize = content.length
      if (typeof content === 'string') this.output.put(sent.headText(start, date, end) + content)
      else this.output.putPair(sent.headOctets(start, date, end), content)
    }
    this.finish(false)
  }

  send(content: Sendable): void | Promise<void> {
    if (content === null || typeof content === 'string' || content instanceof Uint8Array) {
      this.end(content)
      return
    }
    const sending = sendStream(this, content)
    // Also where nobody waits for it, which must not end the process.
    sending.catch((problem: unknown) => this.owner.sendingFailed(problem))
    return sending
  }

  sendError(status: number, detail?: string): void {
    if (this.finished) return
    if (this.headSent) {
      this.abort()
      return
    }
    const lines = this.open()
    lines.removeWhere((key) => describesContent(key) && !(key === 'content-range' && status === 416))
    this.status = checkStatus(status)
    const facts = { status, reason: this.reason ?? reasonPhrase(status), detail, path: this.request.path }
    const accept = this.request.fields.get('accept')
    addVary(this, 'Accept')
    if (preferredType(accept, ['text/html', 'application/json']) === 'application/json') {
      lines.set('Content-Type', 'application/json; charset=utf-8')
      this.end(errorJson(facts))
    } else {
      lines.setAll(errorPageFields)
      this.end(errorPage(facts))
    }
  }

  abort(reason?: unknown): void {
    if (!this.finished) this.owner.cutOff(reason)
  }

  onFinish(listener: (response: ServerResponse) => void): this {
    if (this.finished) listener(this)
    else if (this.listeners === undefined) this.listeners = [listener]
    else this.listeners.push(listener)
    return this
  }

  /** Marks the end, for the connection: whole, or cut off because the peer left or somebody aborted. */
  finish(aborted: boolean): void {
    if (this.finished) return
    this.finished = true
    this.aborted = aborted || this.late
    if (!aborted) this.owner.over()
    this.tellListeners()
  }

  /** The connection was handed over with this status: nothing is left to answer. */
  leaveHttp(status: number): void {
    this.status = status
    this.headSent = true
    this.ended = true
    this.finished = true
    this.tellListeners()
  }

  /** Whether the end of the content is the end of the connection (HTTP/1.0), and it has not come. */
  get endsWithConnection(): boolean {
    return this.framing === FRAMING.untilClose && !this.ended
  }

  /** Answers in the handler's place. To the handler this is an end like any other: what it still writes is dropped. */
  giveUp(status: number): void {
    this.late = true
    this.sendError(status)
  }

  private tellListeners(): void {
    const { listeners } = this
    if (listeners === undefined) return
    this.listeners = undefined
    for (const listener of listeners) {
      attempt(
        () => listener(this),
        (problem) => this.owner.report(problem),
      )
    }
  }

  /** The fields, as long as they can be changed. */
  private open(): FieldLines {
    if (this.headSent) {
      if (this.aborted) return new FieldLines()
      throw misuse('WEB_ERR_HEAD_SENT')
    }
    this.fields ??= new FieldLines()
    return this.fields
  }

  /** Head and content in one: the length is known, and the common answer leaves as one string in one write. */
  private endWhole(chunk: string | Uint8Array | null | undefined): this {
    const { fields, output } = this
    const declared = fields !== undefined && (fields.roles & ROLE.contentLength) !== 0
    const text = typeof chunk === 'string'
    const length = chunk === undefined || chunk === null ? 0 : sizeOf(chunk)
    const carries = this.hasContent
    if (declared && carries && Number(fields.get('content-length')) !== length)
      throw new RangeError(`Content-Length is ${fields.get('content-length')}, the content ${length}`)
    this.settle()
    this.ended = true
    const reset = this.status === 205
    let shown = -1
    if (reset) shown = 0
    // An answer to HEAD without a chunk does not know what GET would have got (RFC 9110 §8.6).
    else if (!declared && (carries || (this.head && length > 0 && mayDeclareLength(this.status)))) shown = length
    const head = headText(
      statusLine(this.status, this.reason),
      fields === undefined ? '' : fields.text(reset || (!carries && !mayDeclareLength(this.status))),
      shown,
      this.date(),
      this.connectionEnd(),
    )
    if (length === 0 || !carries) output.put(head)
    else {
      this.contentSize = length
      if (text && length === chunk.length) output.put(head + chunk)
      else {
        const bytes = text ? Buffer.from(chunk) : (chunk as Uint8Array)
        output.put(head)
        output.putBytes(bytes)
      }
    }
    this.finish(false)
    return this
  }

  /** Writes the head of a response whose content comes in pieces. */
  private beginStream(): void {
    const { fields } = this
    this.settle()
    let framingLine = ''
    if (this.status === 205) {
      // Without content, and yet not told by the status where it ends (RFC 9110 §15.3.6, RFC 9112 §6.3).
      this.framing = FRAMING.none
      framingLine = 'Content-Length: 0\r\n'
    } else if (fields !== undefined && (fields.roles & ROLE.contentLength) !== 0) {
      this.framing = FRAMING.counted
      this.declared = Number(fields.get('content-length'))
    } else if (!statusHasContent(this.status)) {
      this.framing = FRAMING.none
    } else if (this.request.versionMinor > 0) {
      this.framing = FRAMING.chunked
      framingLine = 'Transfer-Encoding: chunked\r\n'
    } else {
      this.framing = FRAMING.untilClose
      if (!this.head) this.owner.endsWithThis()
    }
    const start = this.headStart(!mayDeclareLength(this.status) || this.status === 205)
    if (!this.hasContent) this.framing = FRAMING.none
    this.output.put(start + framingLine + this.headEnd())
  }

  private putPiece(chunk: string | Uint8Array, length: number): boolean {
    const { output } = this
    const text = typeof chunk === 'string'
    if (length === 0 || this.framing === FRAMING.none) return true
    if (this.framing === FRAMING.counted && this.contentSize + length > this.declared) {
      const problem = new RangeError(`Content-Length is ${this.declared}, more was written`)
      this.abort(problem)
      throw problem
    }
    this.contentSize += length
    if (this.framing !== FRAMING.chunked) {
      return text && length === chunk.length
        ? output.put(chunk)
        : output.putBytes(text ? Buffer.from(chunk) : (chunk as Uint8Array))
    }
    const size = `${length.toString(16)}\r\n`
    if (text && length === chunk.length) return output.put(`${size}${chunk}\r\n`)
    output.put(size)
    output.putBytes(text ? Buffer.from(chunk) : (chunk as Uint8Array))
    return output.put('\r\n')
  }

  /** @param last the last chunk, with its trailers */
  private endStream(last: string): void {
    this.ended = true
    if (this.framing === FRAMING.counted && this.contentSize !== this.declared) {
      const problem = new RangeError(`Content-Length is ${this.declared}, only ${this.contentSize} were written`)
      this.abort(problem)
      throw problem
    }
    if (this.framing === FRAMING.chunked) this.output.put(last)
    this.finish(false)
  }

  /** The head is made now, of a status and a reason that can be sent. */
  private settle(): void {
    checkStatus(this.status)
    if (this.reason !== undefined) checkReason(this.reason)
    if (this.tunnel && this.status < 300) throw misuse('WEB_ERR_NO_TUNNEL')
    this.headSent = true
  }

  /** Status line and the fields set. */
  private headStart(withoutLength: boolean): string {
    const line = statusLine(this.status, this.reason)
    return this.fields === undefined ? line : line + this.fields.text(withoutLength)
  }

  /** The fields that are the engine's to add, and the empty line. */
  private headEnd(): string {
    return this.date() + this.connectionEnd()
  }

  private date(): string {
    const { fields } = this
    return fields === undefined || (fields.roles & ROLE.date) === 0 ? dateLine() : ''
  }

  /** Decides about the connection, and says so if it has to be said. */
  private connectionEnd(): string {
    const { fields, owner } = this
    if (fields !== undefined && (fields.roles & ROLE.connection) !== 0) {
      if (hasToken(fields.get('connection')!, 'close')) {
        owner.endsWithThis()
        owner.persists()
        return '\r\n'
      }
    }
    if (!owner.persists()) return 'Connection: close\r\n\r\n'
    return this.request.versionMinor === 0 ? 'Connection: keep-alive\r\n\r\n' : '\r\n'
  }
}

/** Adds a field name to `Vary`, unless that names it: who is asked twice about one request says it once. */
export function addVary(response: Pick<ServerResponse, 'getField' | 'appendField'>, name: string): void {
  if (!hasToken(response.getField('Vary') ?? '', name.toLowerCase())) response.appendField('Vary', name)
}

/** The lines of an answer whose content is empty. */
function withoutContent({ text }: StoredLines): StoredLines {
  return new StoredLines(`${text.replace(/^content-length:.*\r\n/gim, '')}Content-Length: 0\r\n`)
}

/** Octets of content. @throws TypeError for what is no content */
function sizeOf(chunk: string | Uint8Array): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk)
  if (chunk instanceof Uint8Array) return chunk.length
  throw new TypeError(`Content is a string or a Uint8Array, not ${chunk === null ? 'null' : typeof chunk}`)
}

/** 204 and 304 end with their head, 205 has no content (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
function statusHasContent(status: number): boolean {
  return status !== 204 && status !== 304 && status !== 205
}

/** A 204 has no Content-Length and no Transfer-Encoding (RFC 9110 §8.6); a 304 only one that was set: what 200 would have had. */
function mayDeclareLength(status: number): boolean {
  return status !== 204
}

function checkStatus(status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status
  throw new RangeError(`A final status is 200–599, not ${status}`)
}

function checkReason(reason: string): string {
  if (typeof reason !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(reason))
    throw misuse('WEB_ERR_BAD_REASON', 'A reason phrase has no control characters')
  return reason
}

function describesContent(key: string): boolean {
  return key.startsWith('content-') || REPRESENTATION.has(key)
}

function hasToken(list: string, token: string): boolean {
  return list.split(',').some((member) => member.trim().toLowerCase() === token)
}

function lastChunk(trailers: FieldsInit): string {
  const lines: Array<[string, string]> = []
  for (const [name, value] of eachField(trailers)) {
    if (typeof value === 'object') for (const line of value) lines.push([name, line])
    else lines.push([name, String(value)])
  }
  return Buffer.from(encodeLastChunk(lines)).toString('latin1')
}
