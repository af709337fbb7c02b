import { misuse } from '../errors.js'
import type { ServerResponse } from '../message.js'
import { type HeadersInit, type ResponseParts, responseParts } from './response.js'

/** Fields of one connection, which a `Response` that was fetched elsewhere may carry and that must not pass (RFC 9110 §7.6.1). */
const HOP_BY_HOP = /^(?:transfer-encoding|keep-alive|proxy-connection|te|upgrade)$/i

/** A bit for the length of each of them: most names need no closer look. */
const HOP_LENGTHS = (1 << 17) | (1 << 10) | (1 << 16) | (1 << 2) | (1 << 7)

function passes(name: string): boolean {
  return ((HOP_LENGTHS >> name.length) & 1) === 0 || name.length > 17 || !HOP_BY_HOP.test(name)
}

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
  const { status, statusText, headers, body, bodyUsed } = result
  if (typeof status !== 'number' || typeof headers !== 'object') throw notResponse(result)
  if (status === 0) throw misuse('WEB_ERR_NOT_A_RESPONSE', 'Response.error() is no answer a server can send')
  if (bodyUsed) throw misuse('WEB_ERR_CONTENT_USED', 'The body of the response has been read before it was sent')
  writeFields({ status, statusText, headers }, out)
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
  out.status = parts.status
  if (parts.statusText !== '') out.reason = parts.statusText
  const { headers, contentType } = parts
  if (headers !== undefined) {
    if (isPairs(headers)) {
      for (const [name, value] of headers) if (passes(name)) out.appendField(name, value)
    } else {
      for (const name of Object.keys(headers))
        if (passes(name)) out.setField(name, String((headers as Record<string, unknown>)[name]))
    }
  }
  if (contentType !== undefined && !out.hasField('content-type')) out.setField('Content-Type', contentType)
}

function isPairs(headers: HeadersInit): headers is Headers | Array<[string, string]> {
  return Symbol.iterator in headers
}

/**
 * Sends a stream, and one that was all there at once as whole content with its length, as HTTP likes it best.
 *
 * A body made of a string gives its octets at the first read and is over a microtask later. Only that long is waited:
 * the first piece of a real stream must not wait for the second.
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
    if (out.headSent) out.abort()
    throw problem
  }
}

async function pump(reader: ReadableStreamDefaultReader<Uint8Array>, out: ServerResponse): Promise<void> {
  const first = await reader.read()
  if (first.done) {
    out.end()
    return
  }
  let over = false
  const second = reader.read()
  second.then(
    ({ done }) => {
      over = done
    },
    () => {},
  )
  await null
  await null
  if (over) {
    out.end(octets(first.value))
    return
  }
  if (!out.hasContent) {
    out.flushHead().end()
    reader.cancel().catch(() => {})
    return
  }
  if (!out.write(octets(first.value))) await out.drained()
  for (let piece = await second; !piece.done; piece = await reader.read()) {
    if (!out.write(octets(piece.value))) await out.drained()
  }
  out.end()
}

function octets(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw misuse('WEB_ERR_NOT_OCTETS', 'The body of a Response is a stream of Uint8Array')
}
