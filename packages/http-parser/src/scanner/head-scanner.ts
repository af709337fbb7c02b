// The grammar of a head and of a trailer section, line by line, once: this file is compiled as TypeScript over memory.ts
// (the portable scanner) and by AssemblyScript over assembly/memory.ts (the SIMD scanner). Two grammars that disagree are a
// smuggling bug, so there is one. It uses only integers and functions, which both compilers read alike.
//
// Theory of operation
// - scan() reads octets start…end of the memory and leaves records and verdicts (layout.ts). The result is the end of the
//   section, 0 when it is not complete, or the negative number of an error whose place is in OFFSET.
// - It works by whole lines. When the last line is not complete, everything found so far stays in memory and the next call
//   goes on at that line (`from`), so that a head in a thousand pieces is read once.
// - An error is only reported when the line it is in has ended, or is longer than any allowed line: so verdict, code and
//   offset do not depend on where the network cut the octets.
// - The octet at `end` is zero, which no line may hold: loops stop there and need no test for the end.
// - What is rare is not decided here. REVIEW tells review.ts to look at the records of a head that scanned well.

import {
  BAD_FIELD_NAME,
  BAD_FIELD_VALUE,
  BAD_METHOD,
  BAD_REQUEST_LINE,
  BAD_STATUS_LINE,
  BAD_TARGET,
  BAD_VERSION,
  BARE_CR,
  BARE_LF,
  CHUNKED,
  CLOSE,
  CONNECTION_NAME,
  CONNECTION_UPGRADE,
  CONTENT_LENGTH,
  CONTENT_LENGTH_NAME,
  COUNT,
  EXPECT_NAME,
  FIELD_TOO_LARGE,
  FLAGS,
  HAS_CONTENT_LENGTH,
  HAS_EXPECT,
  HAS_HOST,
  HAS_TRANSFER_ENCODING,
  HAS_UPGRADE,
  HASH,
  HEAD_TOO_LARGE,
  HOST_NAME,
  INPUT,
  KEEP_ALIVE,
  KNOWN_NAME,
  LENIENT_BARE_LF,
  LENIENT_CONTROLS,
  LENIENT_OBS_FOLD,
  LENIENT_REASON,
  LINE,
  MAX_FIELD,
  MAX_FIELDS,
  MAX_SECTION,
  MAX_START_LINE,
  METHOD_END,
  METHOD_SHIFT,
  METHOD_TOO_LONG,
  MISSING_COLON,
  NAMES,
  OBS_FOLD,
  OFFSET,
  RECORDS,
  REQUEST,
  RESPONSE,
  REVIEW,
  SPACE_AFTER_FIELD_NAME,
  START_LINE_TOO_LONG,
  TARGET_END,
  TOO_MANY_FIELDS,
  TRAILERS,
  TRANSFER_ENCODING_NAME,
  UNSUPPORTED_VERSION,
  UPGRADE_NAME,
} from './layout.js'
import {
  hostEnd,
  lenient,
  multiply,
  nameLength,
  octet,
  quad,
  setRecord,
  setWord,
  spelling,
  tokenEnd,
  unfold,
  valueEnd,
  visibleEnd,
  word,
} from './memory.js'

const TAB: i32 = 9
const LF: i32 = 10
const CR: i32 = 13
const SP: i32 = 32
const COLON: i32 = 58
const MAX_METHOD: i32 = 64

/**
 * Scans a head or a trailer section.
 *
 * @param kind REQUEST, RESPONSE or TRAILERS
 * @param start first octet of the section
 * @param from `start` at first, then the line where the scan before stopped
 * @param end where the octets end so far
 * @returns end of the section (behind its empty line), 0 when it is incomplete, or minus an error's number minus one
 */
export function scan(kind: i32, start: i32, from: i32, end: i32): i32 {
  let line = from
  let count = 0
  let flags = 0
  if (from === start) {
    setWord(COUNT, 0)
    setWord(FLAGS, 0)
    setWord(LINE, start)
    if (kind !== TRAILERS) {
      line = kind === REQUEST ? requestLine(start, end) : statusLine(start, end)
      if (line <= 0) return line
      flags = word(FLAGS)
    }
  } else {
    count = word(COUNT)
    flags = word(FLAGS)
  }
  const maxField = word(MAX_FIELD)
  const sectionLimit = start + word(MAX_SECTION)
  const maxFields = word(MAX_FIELDS)
  for (;;) {
    if (octet(line) === CR && octet(line + 1) === LF) {
      line += 2
      break
    }
    const colon = tokenEnd(line)
    if (octet(colon) !== COLON || colon === line) {
      if (octet(line) === LF && lenient(LENIENT_BARE_LF)) {
        line += 1
        break
      }
      return stop(nameError(line, colon), colon, maxField, line, start, end, flags, count)
    }
    let value = colon + 1
    while (octet(value) === SP || octet(value) === TAB) value++
    let valueStop = valueEnd(value)
    let next = valueStop + 2
    if (octet(valueStop) !== CR || octet(valueStop + 1) !== LF) {
      valueStop = lenientValueEnd(valueStop)
      next = lenientLineEnd(valueStop)
      if (next === 0) return stop(valueError(valueStop), valueStop, maxField, line, start, end, flags, count)
    }
    if (kind === RESPONSE && lenient(LENIENT_OBS_FOLD)) {
      for (;;) {
        // Whether the line goes on is only known from the octet behind it, and where, from the end of the fold.
        if (!hasLineFeed(next, end) && end - line < maxField + 2 && end <= sectionLimit) {
          if (next === end || octet(next) === SP || octet(next) === TAB) return suspend(line, flags, count)
        }
        if (octet(next) !== SP && octet(next) !== TAB) break
        const folded = lenientValueEnd(valueEnd(next))
        const after = lenientLineEnd(folded)
        if (after === 0) return stop(valueError(folded), folded, maxField, line, start, end, flags, count)
        unfold(valueStop, next)
        valueStop = folded
        next = after
      }
    }
    if (valueStop - line > maxField) {
      return stop(FIELD_TOO_LARGE, line + maxField, maxField, line, start, end, flags, count)
    }
    if (next > sectionLimit) return stop(HEAD_TOO_LARGE, sectionLimit, maxField, line, start, end, flags, count)
    if (count >= maxFields) return stop(TOO_MANY_FIELDS, line, maxField, line, start, end, flags, count)
    let trimmed = valueStop
    while (trimmed > value && (octet(trimmed - 1) === SP || octet(trimmed - 1) === TAB)) trimmed--
    const name = nameNumber(line, colon)
    setRecord(RECORDS + (count << 3), line - INPUT, name, value - INPUT, trimmed - INPUT)
    count++
    const number = name < KNOWN_NAME ? 0 : name & 255
    if (number !== 0 && number <= EXPECT_NAME) flags = judge(number, value, trimmed, flags)
    line = next
  }
  if (line > sectionLimit) return stop(HEAD_TOO_LARGE, sectionLimit, maxField, line - 1, start, end, flags, count)
  if (kind === REQUEST && (flags & HAS_HOST) === 0 && (flags & 15) !== 0) flags |= REVIEW
  setWord(FLAGS, flags)
  setWord(COUNT, count)
  return line
}

/** method SP request-target SP "HTTP/1." DIGIT CRLF (RFC 9112 §3) */
function requestLine(start: i32, end: i32): i32 {
  const maxLine = word(MAX_START_LINE)
  const first = quad(start)
  let methodEnd = start + 4
  let flags = 0
  if (first === 0x20544547) {
    methodEnd = start + 3
    flags = 1 << METHOD_SHIFT
  } else if (first === 0x54534f50 && octet(methodEnd) === SP) {
    flags = 2 << METHOD_SHIFT
  } else if (first === 0x44414548 && octet(methodEnd) === SP) {
    flags = 3 << METHOD_SHIFT
  } else {
    methodEnd = tokenEnd(start)
    if (methodEnd - start > MAX_METHOD)
      return stop(METHOD_TOO_LONG, start + MAX_METHOD, maxLine, start, start, end, 0, 0)
    if (octet(methodEnd) !== SP || methodEnd === start) {
      const at = octet(methodEnd)
      const code = (at === CR || at === LF) && methodEnd !== start ? BAD_REQUEST_LINE : BAD_METHOD
      return stop(code, methodEnd, maxLine, start, start, end, 0, 0)
    }
    // CONNECT and OPTIONS have rules of their own about the request-target.
    if (methodEnd - start === 7) flags = REVIEW
  }
  const target = methodEnd + 1
  const targetEnd = visibleEnd(target)
  if (octet(targetEnd) !== SP || targetEnd === target) {
    const at = octet(targetEnd)
    const code = at === CR || at === LF ? BAD_VERSION : at === SP ? BAD_REQUEST_LINE : BAD_TARGET
    return stop(code, targetEnd, maxLine, start, start, end, 0, 0)
  }
  if (octet(target) !== 47) flags |= REVIEW
  const minor = minorVersion(targetEnd + 1)
  const lineEnd = targetEnd + 9
  if (minor < 0) return stop(-1 - minor, badVersionAt(targetEnd + 1), maxLine, start, start, end, 0, 0)
  const next = lenientLineEnd(lineEnd)
  if (next === 0) return stop(lineError(lineEnd, BAD_REQUEST_LINE), lineEnd, maxLine, start, start, end, 0, 0)
  if (lineEnd - start > maxLine) return stop(START_LINE_TOO_LONG, start + maxLine, maxLine, start, start, end, 0, 0)
  const sectionLimit = start + word(MAX_SECTION)
  if (next > sectionLimit) return stop(HEAD_TOO_LARGE, sectionLimit, maxLine, start, start, end, 0, 0)
  setWord(METHOD_END, methodEnd)
  setWord(TARGET_END, targetEnd)
  setWord(FLAGS, flags | minor)
  return next
}

/** "HTTP/1." DIGIT SP 3DIGIT SP reason CRLF (RFC 9112 §4) */
function statusLine(start: i32, end: i32): i32 {
  const maxLine = word(MAX_START_LINE)
  const minor = minorVersion(start)
  if (minor < 0) return stop(-1 - minor, badVersionAt(start), maxLine, start, start, end, 0, 0)
  let at = start + 8
  if (octet(at) !== SP) return stop(lineError(at, BAD_STATUS_LINE), at, maxLine, start, start, end, 0, 0)
  let status = 0
  for (let i = 0; i < 3; i++) {
    const digit = octet(++at) - 48
    if (digit < 0 || digit > 9 || (digit === 0 && i === 0)) {
      return stop(BAD_STATUS_LINE, at, maxLine, start, start, end, 0, 0)
    }
    status = status * 10 + digit
  }
  let reasonEnd = ++at
  if (octet(at) === SP) reasonEnd = lenientValueEnd(valueEnd(at + 1))
  else if (!lenient(LENIENT_REASON)) return stop(BAD_STATUS_LINE, at, maxLine, start, start, end, 0, 0)
  const next = lenientLineEnd(reasonEnd)
  if (next === 0) return stop(lineError(reasonEnd, BAD_STATUS_LINE), reasonEnd, maxLine, start, start, end, 0, 0)
  if (reasonEnd - start > maxLine) return stop(START_LINE_TOO_LONG, start + maxLine, maxLine, start, start, end, 0, 0)
  const sectionLimit = start + word(MAX_SECTION)
  if (next > sectionLimit) return stop(HEAD_TOO_LARGE, sectionLimit, maxLine, start, start, end, 0, 0)
  setWord(METHOD_END, status)
  setWord(TARGET_END, reasonEnd)
  setWord(FLAGS, minor)
  return next
}

/** The minor version, or minus an error minus one. */
function minorVersion(at: i32): i32 {
  if (quad(at) !== 0x50545448) return -1 - BAD_VERSION
  const rest = quad(at + 4)
  if (rest === 0x312e312f) return 1
  const major = ((rest >> 8) & 255) - 48
  const minor = (rest >>> 24) - 48
  if ((rest & 0xff00ff) !== 0x2e002f || major < 0 || major > 9 || minor < 0 || minor > 9) return -1 - BAD_VERSION
  return major === 1 ? minor : -1 - UNSUPPORTED_VERSION
}

/** First octet that departs from "HTTP/" DIGIT "." DIGIT, or the major version when it is that. */
function badVersionAt(at: i32): i32 {
  let good = 0x50545448
  for (let i = 0; i < 4; i++) {
    if (octet(at) !== (good & 255)) return at
    good >>= 8
    at++
  }
  if (octet(at) !== 47) return at
  const major = octet(++at)
  if (major < 48 || major > 57) return at
  if (octet(at + 1) !== 46) return at + 1
  const minor = octet(at + 2)
  return minor < 48 || minor > 57 ? at + 2 : at
}

/** Number of a field name and how it is spelt, or its length when it is not a known one. */
function nameNumber(line: i32, colon: i32): i32 {
  const length = colon - line
  const missing = length < 4 ? (4 - length) << 3 : 0
  const tail = (quad(colon - 4) | 0x20202020) >>> missing
  const key = tail ^ multiply(length, 0x9e3779b1) ^ ((octet(line) | 32) << 11)
  const number = octet(HASH + (multiply(key, 1816322683) >>> 22))
  if (nameLength(number) === length) {
    const spelt = spelling(line, length, NAMES + (number << 6))
    if (spelt !== 0) return KNOWN_NAME + ((spelt - 1) << 8) + number
  }
  return length
}

/**
 * What a field says about framing and connection. Only the usual spellings are understood here; anything else, and any
 * repeat, asks for a review.
 */
function judge(number: i32, value: i32, end: i32, flags: i32): i32 {
  const length = end - value
  if (number === HOST_NAME) {
    if ((flags & HAS_HOST) !== 0 || hostEnd(value) < end) flags |= REVIEW
    return flags | HAS_HOST
  }
  if (number === CONNECTION_NAME) {
    const head = quad(value) | 0x20202020
    if (length === 10 && head === 0x7065656b && (quad(value + 4) | 0x20202020) === 0x696c612d) {
      if ((quad(value + 6) | 0x20202020) === 0x6576696c) return flags | KEEP_ALIVE
    } else if (length === 5 && head === 0x736f6c63 && (octet(value + 4) | 32) === 101) {
      return flags | CLOSE
    } else if (length === 7 && head === 0x72677075 && (quad(value + 3) | 0x20202020) === 0x65646172) {
      return flags | CONNECTION_UPGRADE
    }
    return flags | REVIEW
  }
  if (number === CONTENT_LENGTH_NAME) {
    if ((flags & (HAS_CONTENT_LENGTH | HAS_TRANSFER_ENCODING)) !== 0 || length > 9 || length === 0) flags |= REVIEW
    let total = 0
    for (let at = value; at < end; at++) {
      const digit = octet(at) - 48
      if (digit < 0 || digit > 9) flags |= REVIEW
      total = multiply(total, 10) + digit
    }
    setWord(CONTENT_LENGTH, total)
    return flags | HAS_CONTENT_LENGTH
  }
  if (number === TRANSFER_ENCODING_NAME) {
    if ((flags & (HAS_CONTENT_LENGTH | HAS_TRANSFER_ENCODING)) !== 0 || (flags & 15) === 0) flags |= REVIEW
    if (length === 7 && (quad(value) | 0x20202020) === 0x6e756863 && (quad(value + 3) | 0x20202020) === 0x64656b6e) {
      flags |= CHUNKED
    } else flags |= REVIEW
    return flags | HAS_TRANSFER_ENCODING
  }
  if (number === UPGRADE_NAME) return flags | HAS_UPGRADE
  return flags | HAS_EXPECT | REVIEW
}

/** Where the line behind a value or version ends: 0 when no line end that is allowed begins here. */
function lenientLineEnd(at: i32): i32 {
  if (octet(at) === CR && octet(at + 1) === LF) return at + 2
  return octet(at) === LF && lenient(LENIENT_BARE_LF) ? at + 1 : 0
}

/** Goes on past control characters where they are allowed; never past NUL, CR, LF. */
function lenientValueEnd(at: i32): i32 {
  while (lenient(LENIENT_CONTROLS) && octet(at) !== 0 && octet(at) !== CR && octet(at) !== LF) at = valueEnd(at + 1)
  return at
}

function lineError(at: i32, other: i32): i32 {
  return octet(at) === CR ? BARE_CR : octet(at) === LF ? BARE_LF : other
}

function valueError(at: i32): i32 {
  return lineError(at, BAD_FIELD_VALUE)
}

function nameError(line: i32, colon: i32): i32 {
  const at = octet(colon)
  if (colon === line)
    return at === SP || at === TAB ? OBS_FOLD : lineError(at === CR || at === LF ? colon : line, BAD_FIELD_NAME)
  if (at === CR || at === LF) return MISSING_COLON
  if (at !== SP && at !== TAB) return BAD_FIELD_NAME
  return SPACE_AFTER_FIELD_NAME
}

/**
 * Ends a scan that did not reach the end of the section: reports the error when its line has ended or is too long, else asks
 * for more. Whichever of error and limits comes first in the stream is the one reported.
 */
function stop(code: i32, at: i32, maxLine: i32, line: i32, start: i32, end: i32, flags: i32, count: i32): i32 {
  suspend(line, flags, count)
  const sectionLimit = start + word(MAX_SECTION)
  if (end - line < maxLine + 2 && end <= sectionLimit && !hasLineFeed(line, end)) return 0
  const lineLimit = line + maxLine
  if (at > lineLimit || (at === lineLimit && octet(at) !== CR && octet(at) !== LF)) {
    at = lineLimit
    code = line === start && maxLine === word(MAX_START_LINE) ? START_LINE_TOO_LONG : FIELD_TOO_LARGE
  }
  if (at >= sectionLimit) {
    at = sectionLimit
    code = HEAD_TOO_LARGE
  }
  // What cannot be read is the octet that should have been LF.
  if (code === BARE_CR) at += 1
  setWord(OFFSET, at)
  return -1 - code
}

/** Keeps what the next scan goes on with. */
function suspend(line: i32, flags: i32, count: i32): i32 {
  setWord(FLAGS, flags)
  setWord(COUNT, count)
  setWord(LINE, line)
  return 0
}

function hasLineFeed(at: i32, end: i32): boolean {
  while (at < end) if (octet(at++) === LF) return true
  return false
}
