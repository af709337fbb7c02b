// What a head that scanned well says about framing, routing and connection, when it says it in an unusual way: the scanners
// set REVIEW, and this walks the records again. It follows RFC 9112 §6.3 for both kinds of message; where the RFC lets a
// recipient repair (both framings, several lengths), this refuses.
import type { HttpErrorCode } from './errors.js'
import { isHost } from './host.js'
import type { Leniences } from './options.js'
import { CLASSES, TOKEN } from './scanner/classes.js'
import { At, Flag, Name } from './scanner/layout.js'
import type { Scratch } from './scanner/scratch.js'
import { AUTHORITY, targetForm } from './target.js'

/** Outcome of a review: new flags and length, or an error and its octet: where the field line begins that is refused. */
export interface Review {
  flags: number
  length: number
  code: HttpErrorCode | undefined
  at: number
}

/** Reviews the head that the last scan left in the memory. */
export function review(scratch: Scratch, request: boolean, leniences: Leniences): Review {
  const outcome: Review = { flags: scratch.words[At.FLAGS >> 2]!, length: 0, code: undefined, at: scratch.headEnd }
  // What the lines say is collected anew; only version and method stay.
  outcome.flags &= 15 | Flag.METHOD_MASK
  if (request) {
    reviewTarget(scratch, outcome)
    if (outcome.code !== undefined) return outcome
  }
  const codings: Coding[] = []
  const records = scratch.records
  for (let i = 0, record = scratch.recordsAt; i < scratch.count(); i++, record += 4) {
    const name = records[record + 1]!
    if (name < Name.KNOWN) continue
    const line = At.INPUT + records[record]!
    const start = At.INPUT + records[record + 2]!
    const end = At.INPUT + records[record + 3]!
    switch (name & 255) {
      case Name.HOST:
        if (request && !leniences.anyHost) reviewHost(scratch.octets, line, start, end, outcome)
        outcome.flags |= Flag.HAS_HOST
        break
      case Name.CONTENT_LENGTH:
        reviewContentLength(scratch.octets, line, start, end, leniences, outcome)
        break
      case Name.TRANSFER_ENCODING:
        reviewTransferEncoding(scratch.octets, line, start, end, codings, outcome)
        break
      case Name.CONNECTION:
        outcome.flags |= connectionOptions(scratch.octets, start, end)
        break
      case Name.EXPECT:
        outcome.flags |= Flag.HAS_EXPECT
        // RFC 9110 §10.1.1: ignored in HTTP/1.0
        if ((outcome.flags & 15) !== 0 && equals(scratch.octets, start, end, '100-continue'))
          outcome.flags |= Flag.EXPECT_CONTINUE
        break
      case Name.UPGRADE:
        outcome.flags |= Flag.HAS_UPGRADE
        break
    }
    if (outcome.code !== undefined) return outcome
  }
  if (request && (outcome.flags & 15) !== 0 && (outcome.flags & Flag.HAS_HOST) === 0 && !leniences.anyHost) {
    return refuse(outcome, 'HTTP_ERR_MISSING_HOST', scratch.headEnd)
  }
  if (codings.length > 0) finishTransferEncoding(codings, outcome)
  return outcome
}

function refuse(outcome: Review, code: HttpErrorCode, at: number): Review {
  outcome.code = code
  outcome.at = at
  return outcome
}

/** RFC 9112 §3.2: the form of the target, and whether the method may use it. */
function reviewTarget(scratch: Scratch, outcome: Review): void {
  const start = scratch.methodEnd() + 1
  // Only two methods have rules of their own, and both have seven letters.
  const method = start - 1 - scratch.headStart === 7 ? scratch.slice(scratch.headStart, start - 1) : ''
  const form = targetForm(scratch.octets, method, start, scratch.targetEnd())
  if (form < 0) refuse(outcome, 'HTTP_ERR_BAD_TARGET', start)
  else outcome.flags |= (form << Flag.FORM_SHIFT) | (form === AUTHORITY ? Flag.CONNECT : 0)
}

function reviewHost(octets: Uint8Array, line: number, start: number, end: number, outcome: Review): void {
  if ((outcome.flags & Flag.HAS_HOST) !== 0) refuse(outcome, 'HTTP_ERR_REPEATED_HOST', line)
  // RFC 9112 §3.2: empty when the target has no authority.
  else if (start < end && !isHost(octets, start, end)) refuse(outcome, 'HTTP_ERR_BAD_HOST', line)
}

/** RFC 9110 §8.6: 1*DIGIT, never a list or a repeat unless a lenience lets equal ones pass. */
function reviewContentLength(
  octets: Uint8Array,
  line: number,
  start: number,
  end: number,
  leniences: Leniences,
  outcome: Review,
): void {
  if ((outcome.flags & Flag.HAS_TRANSFER_ENCODING) !== 0) {
    refuse(outcome, 'HTTP_ERR_TWO_FRAMINGS', line)
    return
  }
  for (let at = start; ; at++) {
    let stop = at
    while (stop < end && octets[stop] !== 0x2c) stop++
    const length = decimal(octets, skipBlanks(octets, at, stop), trimBlanks(octets, at, stop))
    if (length === -1) {
      refuse(outcome, 'HTTP_ERR_BAD_CONTENT_LENGTH', line)
      return
    }
    if (length === Number.POSITIVE_INFINITY) {
      refuse(outcome, 'HTTP_ERR_CONTENT_LENGTH_TOO_LARGE', line)
      return
    }
    if ((outcome.flags & Flag.HAS_CONTENT_LENGTH) !== 0) {
      if (!leniences.repeatedContentLength || outcome.length !== length) {
        refuse(outcome, 'HTTP_ERR_REPEATED_CONTENT_LENGTH', line)
        return
      }
    }
    outcome.flags |= Flag.HAS_CONTENT_LENGTH
    outcome.length = length
    if (stop === end) return
    at = stop
  }
}

/** Value of 1*DIGIT; -1 when it is none, infinity beyond 2^53 - 1. Never rounded, and not left to Number(). */
function decimal(octets: Uint8Array, start: number, end: number): number {
  if (start >= end) return -1
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = octets[at]! - 48
    if (digit < 0 || digit > 9) return -1
    value = value > 900_719_925_474_099 || (value === 900_719_925_474_099 && digit > 1) ? Infinity : value * 10 + digit
  }
  return value
}

interface Coding {
  readonly chunked: boolean
  readonly known: boolean
  readonly at: number
}

/** Collects `transfer-coding *( "," transfer-coding )` with nothing empty in it (RFC 9112 §6.1). */
function reviewTransferEncoding(
  octets: Uint8Array,
  line: number,
  start: number,
  end: number,
  codings: Coding[],
  outcome: Review,
): void {
  if ((outcome.flags & Flag.HAS_CONTENT_LENGTH) !== 0) {
    refuse(outcome, 'HTTP_ERR_TWO_FRAMINGS', line)
    return
  }
  outcome.flags |= Flag.HAS_TRANSFER_ENCODING
  if ((outcome.flags & 15) === 0) {
    refuse(outcome, 'HTTP_ERR_TRANSFER_ENCODING_IN_HTTP_1_0', line)
    return
  }
  for (let at = start; ; at++) {
    let stop = at
    while (stop < end && octets[stop] !== 0x2c) stop++
    const from = skipBlanks(octets, at, stop)
    const to = trimBlanks(octets, at, stop)
    let nameEnd = from
    while (nameEnd < to && (CLASSES[octets[nameEnd]!]! & TOKEN) !== 0) nameEnd++
    const rest = octets[skipBlanks(octets, nameEnd, to)]
    codings.push({
      chunked: equals(octets, from, to, 'chunked'),
      known: nameEnd > from && (nameEnd === to || rest === 0x3b) && !equals(octets, from, nameEnd, 'chunked'),
      at: line,
    })
    if (stop === end) return
    at = stop
  }
}

function finishTransferEncoding(codings: Coding[], outcome: Review): void {
  const last = codings[codings.length - 1]!
  const before = codings.slice(0, -1)
  const odd = before.find((coding) => !coding.known)
  if (!last.chunked) refuse(outcome, 'HTTP_ERR_BAD_TRANSFER_ENCODING', last.at)
  else if (odd !== undefined) refuse(outcome, 'HTTP_ERR_BAD_TRANSFER_ENCODING', odd.at)
  else if (before.length > 0) refuse(outcome, 'HTTP_ERR_UNSUPPORTED_TRANSFER_CODING', before[0]!.at)
  else outcome.flags |= Flag.CHUNKED
}

/** RFC 9110 §7.6.1: tokens in any case, over all lines. */
function connectionOptions(octets: Uint8Array, start: number, end: number): number {
  let flags = 0
  for (let at = start; at < end; at++) {
    let stop = at
    while (stop < end && octets[stop] !== 0x2c) stop++
    const from = skipBlanks(octets, at, stop)
    const to = trimBlanks(octets, at, stop)
    if (equals(octets, from, to, 'close')) flags |= Flag.CLOSE
    else if (equals(octets, from, to, 'keep-alive')) flags |= Flag.KEEP_ALIVE
    else if (equals(octets, from, to, 'upgrade')) flags |= Flag.CONNECTION_UPGRADE
    at = stop
  }
  return flags
}

function skipBlanks(octets: Uint8Array, start: number, end: number): number {
  while (start < end && (octets[start] === 32 || octets[start] === 9)) start++
  return start
}

function trimBlanks(octets: Uint8Array, start: number, end: number): number {
  while (end > start && (octets[end - 1] === 32 || octets[end - 1] === 9)) end--
  return end
}

/** Whether octets are a word, in any case; the word is letters in lower case, digits and hyphens. */
function equals(octets: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false
  for (let i = 0; i < word.length; i++) {
    const octet = octets[start + i]!
    if ((octet >= 65 && octet <= 90 ? octet | 32 : octet) !== word.charCodeAt(i)) return false
  }
  return true
}
