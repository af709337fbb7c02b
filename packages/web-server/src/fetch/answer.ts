import { misuse } from '../errors.js'
import type { ServerResponse } from '../message.js'
import { type HeadersInit, type ResponseParts, responseParts } from './response.js'

/** Fields of one connection, which a `Response` that was fetched elsewhere may carry and that must not pass (RFC 9110 §7.6.1). */
const HOP_BY_HOP = /^(?:transfer-encoding|keep-alive|proxy-connection|te|upgrade)$/i

/** A bit for the length of each of them: most names need no closer look. */
const HOP_LENGTHS = (1 << 17) | (1 << 10) | (1 << 16) | (1 << 2) | (1 << 7)

function passes(name: string, status: number): boolean {
  if (((HOP_LENGTHS >> name.length) & 1) === 0 || name.length > 17 || !HOP_BY_HOP.test(name)) return true
  // A 426 is to say what to upgrade to (RFC 9110 §15.5.22).
  return status === 426 && name.toLowerCase() === 'upgrade'
}

/** What `fetch` takes off the content of a response, and leaves in its fields; of undici, zstd since 7.11. */
const DECODED = new Set(['br', 'deflate', 'gzip', 'x-gzip'])
const [major = 0, minor = 0] = (process.versions.undici ?? '').split('.').map(Number)
if (major > 7 || (major === 7 && minor >= 11)) DECODED.add('zstd')

/**
 * Sends what a fetch handler returned: a fast response at once, a real one by reading its stream.
 *
 * @throws TypeError when it is no response or was read before
 */
export function answer(result: Response, out: ServerResponse): void | Promise<void> {
  if (typeof result !== 'object' || result === null) throw notResponse(result)
  const parts = responseParts(result)
  if (parts !== undefined) {
    writeFields(parts, out)
    out.end(parts.body)
    return
  }
  // The body first: a lazy Response of others learns its Content-Type from it.
  const { body, status, statusText, headers, bodyUsed, url } = result
  if (typeof status !== 'number' || typeof headers !== 'object') throw notResponse(result)
  if (status === 0) throw misuse('WEB_ERR_NOT_A_RESPONSE', 'Response.error() is no answer a server can send')
  if (bodyUsed) throw misuse('WEB_ERR_CONTENT_USED', 'The body of the response has been read before it was sent')
  writeFields({ status, statusText, headers }, out)
  if (url) leaveOrigin(out)
  if (body === null || body === undefined) {
    out.end()
    return
  }
  return sendStream(body, out)
}

function notResponse(result: unknown): TypeError {
  return misuse(
    'WEB_ERR_NOT_A_RESPONSE',
    `A fetch handler answers with a Response, not ${result === null ? null : typeof result}`,
  )
}

function writeFields(
  parts: Pick<ResponseParts, 'status' | 'statusText' | 'headers'> & { contentType?: string | undefined },
  out: ServerResponse,
) {
  const { status, headers, contentType } = parts
  out.status = status
  if (parts.statusText !== '') out.reason = parts.statusText
  if (headers !== undefined) {
    if (isPairs(headers)) {
      for (const [name, value] of headers) if (passes(name, status)) out.appendField(name, normalize(value))
    } else {
      // Appended, too: a name in two spellings is one name with two values.
      for (const name of Object.keys(headers))
        if (passes(name, status)) out.appendField(name, normalize((headers as Record<string, unknown>)[name]))
    }
  }
  if (contentType !== undefined && !out.hasField('content-type')) out.setField('Content-Type', contentType)
}

/** Takes away what held where the response was fetched and not here: about that connection, and the coding that is off. */
function leaveOrigin(out: ServerResponse): void {
  out.removeField('Connection')
  const codings = out.getField('content-encoding')
  if (codings?.split(',').every((coding) => DECODED.has(coding.trim().toLowerCase())))
    out.removeField('Content-Encoding').removeField('Content-Length')
}

function isPairs(headers: HeadersInit): headers is Headers | Array<[string, string]> {
  return Symbol.iterator in headers
}

/** A value as text without the whitespace around it, as `Headers` keeps it (Fetch standard, §2.2.2: normalize). */
function normalize(value: unknown): string {
  const text = String(value)
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return end - start === text.length ? text : text.slice(start, end)
}

/** SP, HTAB, LF or CR. */
function isBlank(code: number): boolean {
  return code <= 32 && (code === 32 || code === 9 || code === 10 || code === 13)
}

/**
 * Sends a stream, and one that is all there at once as whole content with its length, as HTTP likes it best.
 *
 * A body made of a string gives its octets at the first read and is over a microtask later. Hardly longer is waited:
 * neither must the head of a real stream wait for its first piece, nor the first piece for the second.
 */
async function sendStream(body: ReadableStream<Uint8Array>, out: ServerResponse): Promise<void> {
  const reader = body.getReader()
  out.onFinish(({ aborted }) => {
    if (aborted) reader.cancel(new Error('The peer left')).catch(() => {})
  })
  try {
    await pump(reader, out)
  } catch (problem) {
    // That the peer left is nobody's failure. After the head an error can only be shown by cutting the answer off.
    if (out.aborted) return
    reader.cancel(problem).catch(() => {})
    if (out.headSent) out.abort(problem)
    throw problem
  }
}

async function pump(reader: ReadableStreamDefaultReader<Uint8Array>, out: ServerResponse): Promise<void> {
  const first = reader.read()
  const second = reader.read()
  if (await settlesSoon(second)) {
    const [{ value }, { done }] = await Promise.all([first, second])
    if (done) {
      out.end(value === undefined ? null : content(value))
      return
    }
  }
  if (!out.hasContent) {
    out.flushHead().end()
    reader.cancel().catch(() => {})
    return
  }
  if (!(await settlesSoon(first))) out.flushHead()
  const { done, value } = await first
  if (!done && !out.write(content(value))) await out.drained()
  for (let piece = await second; !piece.done; piece = await reader.read()) {
    if (!out.write(content(piece.value))) await out.drained()
  }
  out.end()
}

/**
 * Microtasks that are waited: the body made of a string is over after 2 of them, one piped through a stream after 10; and
 * then turns of the event loop, for a Blob is read in one.
 */
const SOON = 16
const SOON_TURNS = 2

async function settlesSoon(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const settle = () => {
    settled = true
  }
  promise.then(settle, settle)
  for (let waited = 0; waited < SOON && !settled; waited++) await null
  for (let turn = 0; turn < SOON_TURNS && !settled; turn++) await new Promise(setImmediate)
  return settled
}

/** Text, too, as Node's own streams take it: Elysia's generators give it. */
function content(chunk: unknown): string | Uint8Array {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return chunk
  throw misuse('WEB_ERR_NOT_OCTETS', 'The body of a Response is a stream of octets or text')
}
