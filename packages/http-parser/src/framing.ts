// What a head that scanned well says about framing, routing and connection, when it says it in an unusual way: the scanners
// set REVIEW, and this walks the records again. It follows RFC 9112 §6.3 for both kinds of message; where the RFC lets a
// recipient repair (both framings, several lengths), this refuses.
import type { HttpErrorCode } from './errors.js'
import { isHost } from './host.js'
import type { Leniences } from './options.js'
import { isToken } from './scanner/classes.js'
import { At, Flag, Name } from './scanner/layout.js'
import type { Scratch } from './scanner/scratch.js'
import { AUTHORITY, targetForm } from './target.js'

/** Outcome of a review: new flags and length, or an error and its octet: where the field line begins that is refused. */
export interface Review {
  readonly flags: number
  readonly length: number
  readonly code: HttpErrorCode | undefined
  readonly at: number
}

/**
 * Reviews the head that the last scan left in the memory. What it says about framing is read when it is `framed`; else it
 * was refused, in a message that ends with its head, and no other message may follow.
 */
export function review(scratch: Scratch, request: boolean, framed: boolean, leniences: Leniences): Review {
  const { records } = scratch
  // What the lines say is collected anew; only version and method stay.
  let flags = (scratch.words[At.FLAGS >> 2]! & (15 | Flag.METHOD_MASK)) | (framed ? 0 : Flag.CLOSE)
  let length = 0
  // Something else than 100-continue is expected.
  let more = false
  const refuse = (code: HttpErrorCode, at: number): Review => ({ flags, length, code, at })
  if (request) {
    const start = scratch.methodEnd() + 1
    // Only two methods have rules of their own, and both have seven letters.
    const method = start - 1 - scratch.headStart === 7 ? scratch.slice(scratch.headStart, start - 1) : ''
    const form = targetForm(scratch.octets, method, start, scratch.targetEnd())
    if (form < 0) return refuse('HTTP_ERR_BAD_TARGET', start)
    flags |= (form << Flag.FORM_SHIFT) | (form === AUTHORITY ? Flag.CONNECT : 0)
  }
  const codings: { readonly coding: string; readonly line: number }[] = []
  for (let i = 0, record = scratch.recordsAt; i < scratch.count(); i++, record += 4) {
    const name = records[record + 1]!
    if (name < Name.KNOWN || (name & 255) > Name.EXPECT) continue
    const line = At.INPUT + records[record]!
    const start = At.INPUT + records[record + 2]!
    const end = At.INPUT + records[record + 3]!
    switch (name & 255) {
      case Name.HOST:
        if (request && !leniences.anyHost) {
          if ((flags & Flag.HAS_HOST) !== 0) return refuse('HTTP_ERR_REPEATED_HOST', line)
          // RFC 9112 §3.2: empty when the target has no authority.
          if (start < end && !isHost(scratch.octets, start, end)) return refuse('HTTP_ERR_BAD_HOST', line)
        }
        flags |= Flag.HAS_HOST
        break
      case Name.CONTENT_LENGTH:
        // RFC 9110 §8.6: 1*DIGIT, never a list or a repeat unless a lenience lets equal ones pass.
        if (!framed) break
        if ((flags & Flag.HAS_TRANSFER_ENCODING) !== 0) return refuse('HTTP_ERR_TWO_FRAMINGS', line)
        for (const member of members(scratch, start, end)) {
          if (!/^\d+$/.test(member)) return refuse('HTTP_ERR_BAD_CONTENT_LENGTH', line)
          const value = Number(member)
          // Rounded only when it is beyond.
          if (value > Number.MAX_SAFE_INTEGER) return refuse('HTTP_ERR_CONTENT_LENGTH_TOO_LARGE', line)
          if ((flags & Flag.HAS_CONTENT_LENGTH) !== 0 && (!leniences.repeatedContentLength || length !== value)) {
            return refuse('HTTP_ERR_REPEATED_CONTENT_LENGTH', line)
          }
          flags |= Flag.HAS_CONTENT_LENGTH
          length = value
        }
        break
      case Name.TRANSFER_ENCODING:
        if (!framed) break
        if ((flags & Flag.HAS_CONTENT_LENGTH) !== 0) return refuse('HTTP_ERR_TWO_FRAMINGS', line)
        flags |= Flag.HAS_TRANSFER_ENCODING
        if ((flags & 15) === 0) return refuse('HTTP_ERR_TRANSFER_ENCODING_IN_HTTP_1_0', line)
        for (const coding of members(scratch, start, end)) codings.push({ coding, line })
        break
      case Name.CONNECTION:
        // RFC 9110 §7.6.1: over all lines.
        for (const option of members(scratch, start, end)) flags |= CONNECTION_OPTIONS.get(option) ?? 0
        break
      case Name.EXPECT:
        // RFC 9110 §10.1.1: over all lines.
        for (const expectation of members(scratch, start, end)) if (expectation !== '100-continue') more = true
        flags |= Flag.HAS_EXPECT
        break
      default:
        flags |= Flag.HAS_UPGRADE
    }
  }
  if (request && (flags & 15) !== 0 && (flags & Flag.HAS_HOST) === 0 && !leniences.anyHost) {
    return refuse('HTTP_ERR_MISSING_HOST', scratch.headEnd)
  }
  // RFC 9110 §10.1.1: ignored in HTTP/1.0
  if ((flags & Flag.HAS_EXPECT) !== 0 && !more && (flags & 15) !== 0) flags |= Flag.EXPECT_CONTINUE
  // RFC 9112 §6.1: nothing in it may be empty, and chunked is last, once.
  const last = codings.pop()
  if (last !== undefined) {
    const bad = last.coding === 'chunked' ? codings.find(({ coding }) => !isOther(coding)) : last
    if (bad !== undefined) return refuse('HTTP_ERR_BAD_TRANSFER_ENCODING', bad.line)
    if (codings.length > 0) return refuse('HTTP_ERR_UNSUPPORTED_TRANSFER_CODING', codings[0]!.line)
    flags |= Flag.CHUNKED
  }
  return { flags, length, code: undefined, at: 0 }
}

const CONNECTION_OPTIONS: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ['close', Flag.CLOSE],
  ['keep-alive', Flag.KEEP_ALIVE],
  ['upgrade', Flag.CONNECTION_UPGRADE],
])

/** Whether a coding, by its lower case, is one that is not chunked, with parameters or without. */
function isOther(coding: string): boolean {
  const name = /^[^ \t;]+(?=[ \t]*(;|$))/.exec(coding)?.[0]
  return name !== undefined && isToken(name) && name !== 'chunked'
}

/** Members of a list in lower case, empty ones too, without the spaces and tabs around them, which are all that is trimmed. */
function members(scratch: Scratch, start: number, end: number): string[] {
  const { octets } = scratch
  const list: string[] = []
  for (let at = start; at <= end; at++) {
    let from = at
    while (at < end && octets[at] !== 0x2c) at++
    let to = at
    while (from < to && isBlank(octets[from]!)) from++
    while (from < to && isBlank(octets[to - 1]!)) to--
    list.push(scratch.slice(from, to).toLowerCase())
  }
  return list
}

function isBlank(octet: number): boolean {
  return octet === 32 || octet === 9
}
