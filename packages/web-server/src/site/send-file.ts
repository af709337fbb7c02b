/**
 * Sending one file: negotiation, preconditions, ranges, then octets, in the order that RFC 9110 gives them.
 *
 * A small file that is in memory is answered in this very call, head and content in one write. Everything else is read
 * from a descriptor as fast as the peer takes it. A file can change while it is sent: the length that was promised is
 * sent, or the connection is cut off so that the client sees that something is missing.
 */

import { randomBytes } from 'node:crypto'
import { read } from 'node:fs'
import { promisify } from 'node:util'
import { preferredEncoding } from '../accept.js'
import type { ServerRequest, ServerResponse } from '../message.js'
import { addVary } from '../response.js'
import type { StoredLines } from '../stored-lines.js'
import { evaluate, rangeApplies, type Validators } from './conditional.js'
import { closeQuietly } from './confined-open.js'
import type { FileEntry, NoEntry } from './entry.js'
import { type ByteRange, contentRange, multipart, parseRange } from './range.js'
import type { Tree } from './tree.js'

const readAsync = promisify(read) as (
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesRead: number }>

/** Octets read at a time; a connection holds one or two such pieces, whatever the size of the file. */
const pieceSize = 64 * 1024

/** What a file is sent in answer to: a visit, as far as it matters here. */
interface Asking {
  /** of the visit, which a forward may have changed */
  readonly method: string
  readonly request: ServerRequest
  readonly response: ServerResponse
  readonly tree: Tree
}

/**
 * Answers a request with a file.
 *
 * @param visit the request on its way
 * @param status what a whole answer has; ranges and preconditions apply only to 200
 * @returns a promise when the file has to be read from the disk
 */
export function sendFile(visit: Asking, file: FileEntry, status = 200): void | Promise<void> {
  return negotiate(visit, file, status, true)
}

/** @param again whether to negotiate once more when the variant that is chosen turns out to have changed */
function negotiate(visit: Asking, file: FileEntry, status: number, again: boolean): void | Promise<void> {
  const { method, request, response } = visit
  const { fields } = request
  if (file.reserved) return response.sendError(403)
  if (method !== 'GET' && method !== 'HEAD') return refuseMethod(method, response)
  const accepted = fields.get('accept-encoding')
  let chosen = file
  if (file.variants.length > 0) {
    const coding = preferredEncoding(accepted, [...file.variants.map((variant) => variant.coding), 'identity'])
    if (coding === undefined) return notAcceptable(response)
    if (coding !== 'identity') chosen = file.variants.find((variant) => variant.coding === coding)!.file
  } else if (accepted?.includes(';') && preferredEncoding(accepted, ['identity']) === undefined) {
    return notAcceptable(response)
  }
  if (status === 200) {
    const verdict = precondition(request, method, chosen)
    if (verdict === 304) return notModified(response, chosen)
    if (verdict === 412) return response.sendError(412)
  }
  const range = status === 200 && method === 'GET' ? fields.get('range') : undefined
  if (chosen.bytes === undefined && method === 'GET' && chosen.size > 0) {
    return sendFromDisk(visit, chosen, range, status, again)
  }
  if (range === undefined) {
    endWhole(response, status, chosen.fieldLines, chosen.text ?? chosen.bytes)
    return
  }
  return sendRanges(request, response, chosen, range, (part) => {
    response.write(chosen.bytes!.subarray(part.first, part.last + 1))
    return true
  })
}

/** The methods that a file has are GET and HEAD; OPTIONS tells so. @see RFC 9110 §9, §15.5.6, §15.6.2 */
export function refuseMethod(method: string, response: ServerResponse): void {
  const known = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)$/.test(method)
  if (!known) return response.sendError(501)
  response.setField('Allow', 'GET, HEAD, OPTIONS')
  if (method !== 'OPTIONS') return response.sendError(405)
  response.status = 204
  response.end()
}

/**
 * Evaluates the preconditions of a request; call it when the answer would be a success otherwise.
 *
 * @param validators those that the representation has
 * @see RFC 9110 §13.2
 */
export function precondition(request: ServerRequest, method: string, validators: Partial<Validators>): 200 | 304 | 412 {
  const { fields } = request
  const ifMatch = fields.get('if-match')
  const ifNoneMatch = fields.get('if-none-match')
  const ifModifiedSince = fields.get('if-modified-since')
  const ifUnmodifiedSince = fields.get('if-unmodified-since')
  if ((ifNoneMatch ?? ifModifiedSince ?? ifMatch ?? ifUnmodifiedSince) === undefined) return 200
  return evaluate(method, { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince }, validators)
}

function notModified(response: ServerResponse, file: FileEntry): void {
  endWhole(response, 304, file.validatorLines)
}

function notAcceptable(response: ServerResponse): void {
  addVary(response, 'Accept-Encoding')
  response.sendError(406, 'There is no version of this file in a content coding that the client accepts.')
}

/** Opens the file, reads it piece by piece, closes it on every way out. */
async function sendFromDisk(
  visit: Asking,
  known: FileEntry,
  range: string | undefined,
  status: number,
  again: boolean,
): Promise<void> {
  const { request, response, tree } = visit
  const result = await tree.open(known)
  if (result === undefined) {
    const plain = await tree.lookAgain(known.plain!)
    if (plain.kind !== 'file') return sendNothing(response, plain)
    // Variants that change faster than they are looked at are left alone.
    return negotiate(visit, again ? plain : { ...plain, variants: [] }, status, false)
  }
  if ('kind' in result) return sendNothing(response, result)
  const { opened, file } = result
  try {
    // The file may have become another one since it was looked at: what is opened is what is described.
    if (file.reserved) return response.sendError(403)
    if (file !== known && status === 200) {
      const verdict = precondition(request, 'GET', file)
      if (verdict === 304) return notModified(response, file)
      if (verdict === 412) return response.sendError(412)
    }
    if (range !== undefined) {
      await sendRanges(request, response, file, range, (part) => copy(opened.fd, part, request, response))
      return
    }
    if (file.size === 0) {
      endWhole(response, status, file.fieldLines)
      return
    }
    startStored(response, status, file)
    if (await copy(opened.fd, { first: 0, last: file.size - 1 }, request, response)) response.end()
  } finally {
    closeQuietly(opened)
  }
}

/** Answers what can not be sent; what may not be known to be there is not there. */
export function sendNothing(response: ServerResponse, entry: NoEntry): void {
  if (entry.kind === 'unreadable' || entry.kind === 'special') return response.sendError(403)
  if (entry.kind !== 'exhausted') return response.sendError(404)
  response.setField('Retry-After', '1')
  response.sendError(503)
}

/** 200, 206 with one range, 206 with several, or 416. `copyPart` writes one range and says whether it was written whole. */
function sendRanges(
  request: ServerRequest,
  response: ServerResponse,
  file: FileEntry,
  field: string,
  copyPart: (part: ByteRange) => boolean | Promise<boolean>,
): void | Promise<void> {
  const applies = rangeApplies(request.fields.get('if-range'), file, Math.floor(Date.now() / 1000))
  const ranges = applies ? parseRange(field, file.size) : undefined
  if (ranges?.length === 0) {
    response.setField('Content-Range', `bytes */${file.size}`)
    return response.sendError(416)
  }
  const single = ranges?.length === 1 ? ranges[0]! : undefined
  if (ranges === undefined || single !== undefined) {
    startStored(response, single === undefined ? 200 : 206, file)
    if (single !== undefined) {
      response.setField('Content-Length', single.last - single.first + 1)
      response.setField('Content-Range', contentRange(single, file.size))
    }
    const part = single ?? { first: 0, last: file.size - 1 }
    return finish(response, file.size === 0 ? true : copyPart(part))
  }
  const layout = multipart(ranges, file.size, file.contentType, randomBytes(18).toString('base64url'))
  startStored(response, 206, file)
  response.setField('Content-Type', layout.contentType)
  response.setField('Content-Length', layout.contentLength)
  return sendParts()

  async function sendParts(): Promise<void> {
    for (const { head, range } of layout.parts) {
      response.write(head)
      if (!(await copyPart(range))) return
    }
    response.end(layout.end)
  }
}

function finish(response: ServerResponse, whole: boolean | Promise<boolean>): void | Promise<void> {
  if (whole === true) response.end()
  if (typeof whole === 'boolean') return
  return whole.then((done) => {
    if (done) response.end()
  })
}

/** Stored lines and content in one write; line by line when a case before has set fields, which go before ours. */
function endWhole(response: ServerResponse, status: number, lines: StoredLines, content?: string | Uint8Array): void {
  if (response.fieldLines().length === 0) {
    response.endStored(status, lines, content)
    return
  }
  response.status = status
  setLines(response, lines.text)
  response.end(typeof content === 'string' ? Buffer.from(content, 'latin1') : content)
}

/** The head of an answer that is written in pieces. */
function startStored(response: ServerResponse, status: number, file: FileEntry): void {
  response.status = status
  setLines(response, file.fieldLines.text)
}

/** Stored lines as single fields. What a case has set before stays; Vary is the sum of both. */
function setLines(response: ServerResponse, lines: string): void {
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 1) continue
    const name = line.slice(0, colon)
    if (name === 'Vary') addVary(response, line.slice(colon + 2))
    else if (name === 'Content-Length' || !response.hasField(name)) response.setField(name, line.slice(colon + 2))
  }
}

/**
 * Copies octets of an open file into an answer, no faster than the peer reads.
 *
 * @returns whether all of them were handed over; when not, the answer is over and the connection cut off
 */
async function copy(fd: number, part: ByteRange, request: ServerRequest, response: ServerResponse): Promise<boolean> {
  let position = part.first
  let buffer = Buffer.allocUnsafeSlow(Math.min(pieceSize, part.last - part.first + 1))
  while (position <= part.last) {
    if (response.finished) return false
    const { bytesRead } = await readAsync(fd, buffer, 0, Math.min(buffer.length, part.last - position + 1), position)
    if (bytesRead === 0) {
      response.abort(new Error('The file is shorter than it was'))
      return false
    }
    position += bytesRead
    if (response.finished) return false
    response.write(buffer.subarray(0, bytesRead))
    if (position > part.last) break
    try {
      await response.drained()
    } catch {
      return false
    }
    // A piece that still waits to be sent belongs to the connection; one that left is used again.
    if (request.connection.writeQueue > 0) buffer = Buffer.allocUnsafeSlow(pieceSize)
  }
  return true
}
