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
  let failure = 0
  const maxField = word(MAX_FIELD)
  if (from !== start) {
    count = word(COUNT)
    flags = word(FLAGS)
  } else if (kind !== TRAILERS) {
    const maxLine = word(MAX_START_LINE)
    const next = kind === REQUEST ? requestLine(start) : statusLine(start)
    if (next < 0) return stop(next, maxLine, START_LINE_TOO_LONG, line, start, end, 0, 0)
    const lineEnd = octet(next - 2) === CR ? next - 2 : next - 1
    if (lineEnd - start > maxLine) {
      return stop(fail(START_LINE_TOO_LONG, start + maxLine), maxLine, START_LINE_TOO_LONG, line, start, end, 0, 0)
    }
    flags = word(FLAGS)
    line = next
  }
  const maxFields = word(MAX_FIELDS)
  while (true) {
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
      failure = fail(nameError(line, colon), colon)
      break
    }
    let value = colon + 1
    while (octet(value) === SP || octet(value) === TAB) value++
    let valueStop = valueEnd(value)
    let next = valueStop + 2
    if (octet(valueStop) !== CR || octet(valueStop + 1) !== LF) {
      valueStop = lenientValueEnd(valueStop)
      next = lenientLineEnd(valueStop)
      if (next === 0) {
        failure = fail(lineError(valueStop, BAD_FIELD_VALUE), valueStop)
        break
      }
    }
    if (lenient(LENIENT_OBS_FOLD) && kind === RESPONSE) {
      const unfolded = unfoldValue(valueStop, next, end, end - line < maxField + 2 && end - start <= word(MAX_SECTION))
      if (unfolded === 0) {
        suspend(line, flags, count)
        return 0
      }
      if (unfolded < 0) {
        failure = unfolded
        break
      }
      next = unfolded
      valueStop = octet(next - 2) === CR ? next - 2 : next - 1
      // The value may begin on a later line.
      while (value < valueStop && (octet(value) === SP || octet(value) === TAB)) value++
    }
    if (valueStop - line > maxField) {
      failure = fail(FIELD_TOO_LARGE, line + maxField)
      break
    }
    if (count >= maxFields) {
      failure = fail(TOO_MANY_FIELDS, line)
      break
    }
    let trimmed = valueStop
    while (trimmed > value && (octet(trimmed - 1) === SP || octet(trimmed - 1) === TAB)) trimmed--
    const name = nameNumber(line, colon)
    setRecord(RECORDS + (count << 3), line - INPUT, name, value - INPUT, trimmed - INPUT)
    count++
    if (name > KNOWN_NAME && (name & 255) <= EXPECT_NAME) flags = judge(name & 255, value, trimmed, flags)
    line = next
  }
  const sectionLimit = start + word(MAX_SECTION)
  if (failure === 0 && line > sectionLimit) failure = fail(HEAD_TOO_LARGE, sectionLimit)
  if (failure !== 0) return stop(failure, maxField, FIELD_TOO_LARGE, line, start, end, flags, count)
  if (kind === REQUEST && (flags & HAS_HOST) === 0 && (flags & 15) !== 0) flags |= REVIEW
  setWord(FLAGS, flags)
  setWord(COUNT, count)
  return line
}

/** method SP request-target SP "HTTP/1." DIGIT CRLF (RFC 9112 §3) */
function requestLine(start: i32): i32 {
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
    if (methodEnd - start > MAX_METHOD) return fail(METHOD_TOO_LONG, start + MAX_METHOD)
    if (octet(methodEnd) !== SP || methodEnd === start) {
      const at = octet(methodEnd)
      const code = (at === CR || at === LF) && methodEnd !== start ? BAD_REQUEST_LINE : BAD_METHOD
      return fail(code, methodEnd)
    }
    // CONNECT and OPTIONS have rules of their own about the request-target.
    if (methodEnd - start === 7) flags = REVIEW
  }
  const target = methodEnd + 1
  const targetEnd = visibleEnd(target)
  if (octet(targetEnd) !== SP || targetEnd === target) {
    const at = octet(targetEnd)
    const code = at === CR || at === LF ? BAD_VERSION : at === SP ? BAD_REQUEST_LINE : BAD_TARGET
    return fail(code, targetEnd)
  }
  if (octet(target) !== 47) flags |= REVIEW
  const minor = minorVersion(targetEnd + 1)
  const lineEnd = targetEnd + 9
  if (minor < 0) return minor
  const next = lenientLineEnd(lineEnd)
  if (next === 0) return fail(lineError(lineEnd, BAD_REQUEST_LINE), lineEnd)
  setWord(METHOD_END, methodEnd)
  setWord(TARGET_END, targetEnd)
  setWord(FLAGS, flags | minor)
  return next
}

/** "HTTP/1." DIGIT SP 3DIGIT SP reason CRLF (RFC 9112 §4) */
function statusLine(start: i32): i32 {
  const minor = minorVersion(start)
  if (minor < 0) return minor
  let at = start + 8
  if (octet(at) !== SP) return fail(lineError(at, BAD_STATUS_LINE), at)
  let status = 0
  for (let i = 0; i < 3; i++) {
    const digit = octet(++at) - 48
    if (digit < 0 || digit > 9 || (digit === 0 && i === 0)) {
      return fail(BAD_STATUS_LINE, at)
    }
    status = status * 10 + digit
  }
  let reasonEnd = ++at
  if (octet(at) === SP) reasonEnd = lenientValueEnd(valueEnd(at + 1))
  else if (!lenient(LENIENT_REASON)) return fail(BAD_STATUS_LINE, at)
  const next = lenientLineEnd(reasonEnd)
  if (next === 0) return fail(lineError(reasonEnd, BAD_STATUS_LINE), reasonEnd)
  setWord(METHOD_END, status)
  setWord(TARGET_END, reasonEnd)
  setWord(FLAGS, minor)
  return next
}

/** The minor version, or an error at the first octet that departs from "HTTP/" DIGIT "." DIGIT, or at the major version. */
function minorVersion(at: i32): i32 {
  let wanted = 0x50545448
  if (quad(at) === wanted && quad(at + 4) === 0x312e312f) return 1
  for (let i = 0; i < 8; i++) {
    if (i === 4) wanted = 0x2e002f
    const digit = octet(at + i) - 48
    if (i === 5 || i === 7 ? digit < 0 || digit > 9 : octet(at + i) !== (wanted & 255)) return fail(BAD_VERSION, at + i)
    wanted >>= 8
  }
  return octet(at + 5) === 49 ? octet(at + 7) - 48 : fail(UNSUPPORTED_VERSION, at + 5)
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

function nameError(line: i32, colon: i32): i32 {
  const at = octet(colon)
  if (colon === line)
    return at === SP || at === TAB ? OBS_FOLD : lineError(at === CR || at === LF ? colon : line, BAD_FIELD_NAME)
  if (at === CR || at === LF) return MISSING_COLON
  if (at !== SP && at !== TAB) return BAD_FIELD_NAME
  return SPACE_AFTER_FIELD_NAME
}

/** Notes where an error is. */
function fail(code: i32, at: i32): i32 {
  setWord(OFFSET, at)
  return -1 - code
}

/**
 * Ends a scan that met an error: reports it when its line has ended or is too long, else asks for more. Whichever of error
 * and limits comes first in the stream is the one reported.
 */
function stop(failure: i32, maxLine: i32, tooLong: i32, line: i32, start: i32, end: i32, flags: i32, count: i32): i32 {
  const sectionLimit = start + word(MAX_SECTION)
  if (end - line < maxLine + 2 && end <= sectionLimit && !hasLineFeed(line, end)) {
    suspend(line, flags, count)
    return 0
  }
  let at = word(OFFSET)
  const lineLimit = line + maxLine
  if (at > lineLimit || (at === lineLimit && octet(at) !== CR && octet(at) !== LF)) {
    at = lineLimit
    failure = -1 - tooLong
  }
  if (at >= sectionLimit) {
    at = sectionLimit
    failure = -1 - HEAD_TOO_LARGE
  }
  // What cannot be read is the octet that should have been LF.
  if (failure === -1 - BARE_CR) at++
  setWord(OFFSET, at)
  return failure
}

/** Keeps what the next scan goes on with. */
function suspend(line: i32, flags: i32, count: i32): void {
  setWord(FLAGS, flags)
  setWord(COUNT, count)
  setWord(LINE, line)
}

function hasLineFeed(at: i32, end: i32): boolean {
  while (at < end) if (octet(at++) === LF) return true
  return false
}

/**
 * Makes spaces of the folds behind a value (RFC 9112 §5.2).
 *
 * @param more whether the line may still grow
 * @returns end of the last line, 0 when more octets must tell, or an error
 */
function unfoldValue(valueStop: i32, next: i32, end: i32, more: boolean): i32 {
  while (true) {
    // Whether the value goes on is only known from the octet behind its line, and where it ends, from the end of the fold.
    const blank = octet(next) === SP || octet(next) === TAB
    if (more && (next === end || (blank && !hasLineFeed(next, end)))) return 0
    if (!blank) return next
    const folded = lenientValueEnd(valueEnd(next))
    const after = lenientLineEnd(folded)
    if (after === 0) return fail(lineError(folded, BAD_FIELD_VALUE), folded)
    unfold(valueStop, next)
    valueStop = folded
    next = after
  }
}
