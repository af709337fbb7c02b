// The grammar of a head and of a trailer section, line by line, once: this file is compiled as TypeScript over memory.ts
// (the portable scanner) and by AssemblyScript over assembly/memory.ts (the SIMD scanner). Two grammars that disagree are a
// smuggling bug, so there is one. It uses only integers and functions, which both compilers read alike.
//
// Theory of operation
// - scan() reads octets start…end of the memory and leaves records and verdicts (layout.ts). The result is the end of the
//   section, 0 when it is not complete, or the negative number of an error whose place is in At.OFFSET.
// - It works by whole lines. When the last line is not complete, everything found so far stays in memory and the next call
//   goes on at that line (`from`), so that a head in a thousand pieces is read once.
// - An error is only reported when the line it is in has ended, or is longer than any allowed line: so verdict, code and
//   offset do not depend on where the network cut the octets.
// - The SIMD scanner only says that it refuses (-1): diagnose() compiles to false there and every question why folds away.
//   The portable scanner is asked why, once, over the same octets.
// - The octet at `end` is zero, which no line may hold: loops stop there and need no test for the end.
// - What is rare is not decided here. Flag.REVIEW tells framing.ts to look at the records of a head that scanned well.

import { At, Failure, Flag, Kind, Lenient, Name, Size } from './layout.js'
import {
  colonNear,
  diagnose,
  hostEnd,
  lenient,
  lineEnds,
  markUsual,
  multiply,
  octet,
  quad,
  setRecord,
  setWord,
  spelling,
  tokenEnd,
  unfold,
  valueEnd,
  valueEndIn,
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
 * @param kind Kind.REQUEST, Kind.RESPONSE or Kind.TRAILERS
 * @param start first octet of the section
 * @param from `start` at first, then the line where the scan before stopped
 * @param end where the octets end so far
 * @returns end of the section (behind its empty line), 0 when it is incomplete, or minus an error's number minus one;
 *   from a scanner that does not diagnose, -1 for any error
 */
export function scan(kind: i32, start: i32, from: i32, end: i32): i32 {
  let line = from
  let count = 0
  let flags = 0
  let failure = 0
  let longest = word(At.MAX_FIELD)
  let tooLong: i32 = Failure.FIELD_TOO_LARGE
  const maxFields = word(At.MAX_FIELDS)
  if (from !== start) {
    count = word(At.COUNT)
    flags = word(At.FLAGS)
  } else if (kind !== Kind.TRAILERS) {
    const maxLine = word(At.MAX_START_LINE)
    let next = kind === Kind.REQUEST ? requestLine(start) : statusLine(start)
    const lineEnd = lenient(Lenient.BARE_LF) && octet(next - 2) !== CR ? next - 1 : next - 2
    if (lineEnd - start > maxLine) next = fail(Failure.START_LINE_TOO_LONG, start + maxLine)
    if (next < 0) {
      failure = next
      longest = maxLine
      tooLong = Failure.START_LINE_TOO_LONG
    } else {
      flags = word(At.FLAGS)
      line = next
    }
  }
  while (failure === 0) {
    if (lineEnds(line)) {
      line += 2
      break
    }
    if (octet(line) === LF && lenient(Lenient.BARE_LF)) {
      line += 1
      break
    }
    if (count >= maxFields) {
      failure = fail(Failure.TOO_MANY_FIELDS, line)
      break
    }
    let colon = colonNear(line)
    let name = nameNumber(line, colon)
    // Octets that are a known name in one of its two spellings are a token. To ignore case is to ignore a bit of every octet.
    if (name < Name.KNOWN || name >= Name.KNOWN + 0x200) {
      colon = tokenEnd(line)
      if (octet(colon) !== COLON || colon === line) {
        failure = fail(nameError(line, colon), colon)
        break
      }
      if (name < Name.KNOWN) name = colon - line
    }
    // Nearly always one space before a value and none behind it.
    let value = octet(colon + 1) === SP ? colon + 2 : colon + 1
    if (octet(value) <= SP) value = blanksEnd(value)
    let valueStop = valueEndIn(line, value)
    let next = valueStop + 2
    if (!lineEnds(valueStop)) {
      valueStop = lenientValueEnd(valueStop)
      next = lenientLineEnd(valueStop)
      if (next === 0) {
        failure = fail(lineError(valueStop, Failure.BAD_FIELD_VALUE), valueStop)
        break
      }
    }
    if (lenient(Lenient.OBS_FOLD) && kind === Kind.RESPONSE) {
      const unfolded = unfoldValue(
        valueStop,
        next,
        end,
        end - line < longest + 2 && end - start <= word(At.MAX_SECTION),
      )
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
    if (valueStop - line > longest) {
      failure = fail(Failure.FIELD_TOO_LARGE, line + longest)
      break
    }
    let trimmed = valueStop
    if (octet(trimmed - 1) <= SP)
      while (trimmed > value && (octet(trimmed - 1) === SP || octet(trimmed - 1) === TAB)) trimmed--
    const record = At.RECORDS + (count << 3)
    setRecord(record, line - At.INPUT, name, value - At.INPUT, trimmed - At.INPUT)
    count++
    if (name > Name.KNOWN && (name & 255) <= Name.EXPECT) flags = judge(name & 255, value, trimmed, flags, record)
    line = next
  }
  const sectionLimit = start + word(At.MAX_SECTION)
  if (failure === 0 && line > sectionLimit) failure = fail(Failure.HEAD_TOO_LARGE, sectionLimit)
  if (failure !== 0) return stop(failure, longest, tooLong, line, start, end, flags, count)
  if (kind === Kind.REQUEST && (flags & Flag.HAS_HOST) === 0 && (flags & 15) !== 0) flags |= Flag.REVIEW
  setWord(At.FLAGS, flags)
  setWord(At.COUNT, count)
  return line
}

function blanksEnd(at: i32): i32 {
  while (octet(at) === SP || octet(at) === TAB) at++
  return at
}

/** method SP request-target SP "HTTP/1." DIGIT CRLF (RFC 9112 §3) */
function requestLine(start: i32): i32 {
  const first = quad(start)
  let methodEnd = start + 4
  let flags = 0
  if (first === 0x20544547) {
    methodEnd = start + 3
    flags = 1 << Flag.METHOD_SHIFT
  } else if (first === 0x54534f50 && octet(methodEnd) === SP) {
    flags = 2 << Flag.METHOD_SHIFT
  } else if (first === 0x44414548 && octet(methodEnd) === SP) {
    flags = 3 << Flag.METHOD_SHIFT
  } else {
    methodEnd = tokenEnd(start)
    if (methodEnd - start > MAX_METHOD) return fail(Failure.METHOD_TOO_LONG, start + MAX_METHOD)
    if (octet(methodEnd) !== SP || methodEnd === start) return fail(methodError(start, methodEnd), methodEnd)
    // CONNECT and OPTIONS have rules of their own about the request-target.
    if (methodEnd - start === 7) flags = Flag.REVIEW
  }
  const target = methodEnd + 1
  const targetEnd = visibleEnd(target)
  if (octet(targetEnd) !== SP || targetEnd === target) return fail(targetError(targetEnd), targetEnd)
  if (octet(target) !== 47) flags |= Flag.REVIEW
  const minor = minorVersion(targetEnd + 1)
  const lineEnd = targetEnd + 9
  if (minor < 0) return minor
  const next = lenientLineEnd(lineEnd)
  if (next === 0) return fail(lineError(lineEnd, Failure.BAD_REQUEST_LINE), lineEnd)
  setWord(At.METHOD_END, methodEnd)
  setWord(At.TARGET_END, targetEnd)
  setWord(At.FLAGS, flags | minor)
  return next
}

/** "HTTP/1." DIGIT SP 3DIGIT SP reason CRLF (RFC 9112 §4) */
function statusLine(start: i32): i32 {
  const minor = minorVersion(start)
  if (minor < 0) return minor
  let at = start + 8
  if (octet(at) !== SP) return fail(lineError(at, Failure.BAD_STATUS_LINE), at)
  let status = 0
  for (let i = 0; i < 3; i++) {
    const digit = octet(++at) - 48
    if (digit < 0 || digit > 9 || (digit === 0 && i === 0)) {
      return fail(Failure.BAD_STATUS_LINE, at)
    }
    status = status * 10 + digit
  }
  let reasonEnd = ++at
  if (octet(at) === SP) reasonEnd = lenientValueEnd(valueEnd(at + 1))
  else if (!lenient(Lenient.REASON)) return fail(Failure.BAD_STATUS_LINE, at)
  const next = lenientLineEnd(reasonEnd)
  if (next === 0) return fail(lineError(reasonEnd, Failure.BAD_STATUS_LINE), reasonEnd)
  setWord(At.METHOD_END, status)
  setWord(At.TARGET_END, reasonEnd)
  setWord(At.FLAGS, minor)
  return next
}

/** The minor version of "HTTP/1." DIGIT, or an error. */
function minorVersion(at: i32): i32 {
  const minor = octet(at + 7) - 48
  if (quad(at) === 0x50545448 && (quad(at + 4) & 0xffffff) === 0x2e312f && minor >= 0 && minor <= 9) return minor
  return versionError(at)
}

/** Number of a known name that is here, with a colon behind it, and how it is spelt; or the length of what else is here. */
function nameNumber(line: i32, colon: i32): i32 {
  const length = colon - line
  const missing = length < 4 ? (4 - length) << 3 : 0
  const tail = (quad(colon - 4) | 0x20202020) >>> missing
  const key = tail ^ multiply(length, 0x9e3779b1) ^ ((octet(line) | 32) << 11)
  const number = octet(At.HASH + (multiply(key, 1816322683) >>> 22))
  const spelt = length <= Size.NAME ? spelling(line, length, At.NAMES + (number << 6)) : 0
  return spelt === 0 ? length : Name.KNOWN + ((spelt - 1) << 8) + number
}

/**
 * What a field says about framing and connection. Only the usual spellings are understood here; anything else, and any
 * repeat, asks for a review.
 */
function judge(number: i32, value: i32, end: i32, flags: i32, record: i32): i32 {
  const length = end - value
  if (number === Name.HOST) {
    const hostStop = hostEnd(value)
    const port = hostStop > value && octet(hostStop) === COLON ? decimal(hostStop + 1, end) : hostStop < end ? -1 : 0
    if ((flags & Flag.HAS_HOST) !== 0 || port < 0 || port > 65535) flags |= Flag.REVIEW
    return flags | Flag.HAS_HOST
  }
  if (number === Name.CONNECTION) {
    const first = quad(value)
    if (length === 5 && first === 0x736f6c63 && octet(value + 4) === 101) return flags | Flag.CLOSE
    if (length === 10 && first === 0x7065656b && quad(value + 4) === 0x696c612d && quad(value + 6) === 0x6576696c) {
      markUsual(record)
      return flags | Flag.KEEP_ALIVE
    }
    return flags | Flag.REVIEW
  }
  if (number === Name.CONTENT_LENGTH) {
    const total = decimal(value, end)
    if ((flags & (Flag.HAS_CONTENT_LENGTH | Flag.HAS_TRANSFER_ENCODING)) !== 0 || total < 0 || length === 0)
      flags |= Flag.REVIEW
    setWord(At.CONTENT_LENGTH, total)
    return flags | Flag.HAS_CONTENT_LENGTH
  }
  if (number === Name.TRANSFER_ENCODING) {
    if ((flags & (Flag.HAS_CONTENT_LENGTH | Flag.HAS_TRANSFER_ENCODING)) !== 0 || (flags & 15) === 0)
      flags |= Flag.REVIEW
    if (length === 7 && quad(value) === 0x6e756863 && quad(value + 3) === 0x64656b6e) {
      flags |= Flag.CHUNKED
      markUsual(record)
    } else flags |= Flag.REVIEW
    return flags | Flag.HAS_TRANSFER_ENCODING
  }
  if (number === Name.UPGRADE) return flags | Flag.HAS_UPGRADE
  return flags | Flag.HAS_EXPECT | Flag.REVIEW
}

/** Value of up to nine digits, or -1. */
function decimal(at: i32, end: i32): i32 {
  let total = end - at > 9 ? -1 : 0
  while (at < end && total >= 0) {
    const digit = octet(at++) - 48
    total = digit < 0 || digit > 9 ? -1 : multiply(total, 10) + digit
  }
  return total
}

/** Where the line behind a value or version ends: 0 when no line end that is allowed begins here. */
function lenientLineEnd(at: i32): i32 {
  if (lineEnds(at)) return at + 2
  return octet(at) === LF && lenient(Lenient.BARE_LF) ? at + 1 : 0
}

/** Goes on past control characters where they are allowed; never past NUL, CR, LF. */
function lenientValueEnd(at: i32): i32 {
  while (lenient(Lenient.CONTROLS) && octet(at) !== 0 && octet(at) !== CR && octet(at) !== LF) at = valueEnd(at + 1)
  return at
}

// Why, and where.

function methodError(start: i32, at: i32): i32 {
  if (!diagnose()) return 0
  const ended = octet(at) === CR || octet(at) === LF
  return ended && at !== start ? Failure.BAD_REQUEST_LINE : Failure.BAD_METHOD
}

function targetError(at: i32): i32 {
  if (!diagnose()) return 0
  if (octet(at) === CR || octet(at) === LF) return Failure.BAD_VERSION
  return octet(at) === SP ? Failure.BAD_REQUEST_LINE : Failure.BAD_TARGET
}

/** An error at the first octet that departs from "HTTP/" DIGIT "." DIGIT, or at the major version. */
function versionError(at: i32): i32 {
  if (!diagnose()) return -1
  let wanted = 0x50545448
  for (let i = 0; i < 8; i++) {
    if (i === 4) wanted = 0x2e002f
    const digit = octet(at + i) - 48
    if (i === 5 || i === 7 ? digit < 0 || digit > 9 : octet(at + i) !== (wanted & 255))
      return fail(Failure.BAD_VERSION, at + i)
    wanted >>= 8
  }
  return fail(Failure.UNSUPPORTED_VERSION, at + 5)
}

function lineError(at: i32, other: i32): i32 {
  if (!diagnose()) return 0
  if (octet(at) === CR) return octet(at + 1) === LF ? other : Failure.BARE_CR
  return octet(at) === LF ? Failure.BARE_LF : other
}

function nameError(line: i32, colon: i32): i32 {
  if (!diagnose()) return 0
  const at = octet(colon)
  if (colon === line)
    return at === SP || at === TAB
      ? Failure.OBS_FOLD
      : lineError(at === CR || at === LF ? colon : line, Failure.BAD_FIELD_NAME)
  if (at === CR || at === LF) return Failure.MISSING_COLON
  if (at !== SP && at !== TAB) return Failure.BAD_FIELD_NAME
  return Failure.SPACE_AFTER_FIELD_NAME
}

/** Notes where an error is. */
function fail(code: i32, at: i32): i32 {
  if (!diagnose()) return -1
  setWord(At.OFFSET, at)
  return -1 - code
}

/**
 * Ends a scan that met an error: reports it when its line has ended or is too long, else asks for more. Whichever of error
 * and limits comes first in the stream is the one reported.
 */
function stop(failure: i32, maxLine: i32, tooLong: i32, line: i32, start: i32, end: i32, flags: i32, count: i32): i32 {
  const sectionLimit = start + word(At.MAX_SECTION)
  if (end - line < maxLine + 2 && end <= sectionLimit && !hasLineFeed(line, end)) {
    suspend(line, flags, count)
    return 0
  }
  if (!diagnose()) return -1
  let at = word(At.OFFSET)
  const lineLimit = line + maxLine
  if (at > lineLimit || (at === lineLimit && octet(at) !== CR && octet(at) !== LF)) {
    at = lineLimit
    failure = -1 - tooLong
  }
  if (at >= sectionLimit) {
    at = sectionLimit
    failure = -1 - Failure.HEAD_TOO_LARGE
  }
  // What cannot be read is the octet that should have been LF.
  if (failure === -1 - Failure.BARE_CR) at++
  setWord(At.OFFSET, at)
  return failure
}

/** Keeps what the next scan goes on with. */
function suspend(line: i32, flags: i32, count: i32): void {
  setWord(At.FLAGS, flags)
  setWord(At.COUNT, count)
  setWord(At.LINE, line)
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
    if (after === 0) return fail(lineError(folded, Failure.BAD_FIELD_VALUE), folded)
    unfold(valueStop, next)
    valueStop = folded
    next = after
  }
}
