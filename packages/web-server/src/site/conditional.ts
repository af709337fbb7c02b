/**
 * Conditional requests: the five preconditions in the order of RFC 9110 §13.2.2, against what a file is now.
 *
 * Validators of a file are both strong and cheap: the entity tag is made of what changes when the content does, and
 * `Last-Modified` is only compared where the RFC allows a weak comparison, or is known to be strong.
 */

/** What a representation can be recognised by. */
export interface Validators {
  /** entity tag with its quotes, and `W/` in front when it is weak */
  readonly etag: string
  /** time of the last change, in whole seconds since 1970 */
  readonly modified: number
}

/** What the request says; absent fields are `undefined`. Several lines of one field are joined with a comma. */
export interface Conditions {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
  readonly ifModifiedSince?: string | undefined
  readonly ifUnmodifiedSince?: string | undefined
}

/**
 * Evaluates the preconditions in the RFC's order.
 *
 * @param method `GET` and `HEAD` get 304 where other methods get 412
 * @param now validators of the selected representation, as far as it has them; `undefined` when there is none
 * @returns 200 to go on with the method (and with `Range`), 304 or 412 to answer at once
 * @see RFC 9110 §13.2.2
 */
export function evaluate(
  method: string,
  conditions: Conditions,
  now: Partial<Validators> | undefined,
): 200 | 304 | 412 {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  // Step 1, and step 2 only without step 1.
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, now, true)) return 412
  } else if (ifUnmodifiedSince !== undefined && now?.modified !== undefined) {
    const date = parseHttpDate(ifUnmodifiedSince)
    if (date !== undefined && now.modified > date) return 412
  }
  // Step 3, and step 4 only without step 3.
  const safe = method === 'GET' || method === 'HEAD'
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, now, false)) return safe ? 304 : 412
  } else if (ifModifiedSince !== undefined && safe && now?.modified !== undefined) {
    const date = parseHttpDate(ifModifiedSince)
    if (date !== undefined && now.modified <= date) return 304
  }
  return 200
}

/**
 * Step 5: may the `Range` field be honoured?
 *
 * @param ifRange value of `If-Range`: one entity tag or one date
 * @param now validators of the selected representation
 * @param date time of the answer in seconds since 1970; a modification time less than a second before it is weak
 * @see RFC 9110 §13.1.5, §8.8.2.2
 */
export function rangeApplies(ifRange: string | undefined, now: Validators, date: number): boolean {
  if (ifRange === undefined) return true
  const value = ifRange.trim()
  if (value.startsWith('"') || value.startsWith('W/')) {
    return value === now.etag && !value.startsWith('W/')
  }
  const since = parseHttpDate(value)
  return since !== undefined && since === now.modified && now.modified < date
}

/** `*` or a list of entity tags against what there is now. */
function matches(field: string, now: Partial<Validators> | undefined, strong: boolean): boolean {
  if (now === undefined) return false
  if (field.trim() === '*') return true
  if (now.etag === undefined) return false
  const opaque = now.etag.startsWith('W/') ? now.etag.slice(2) : now.etag
  if (strong && opaque !== now.etag) return false
  // Entity tags may contain commas, so the list is walked, not split. Sticky: one pass, no backtracking over the list.
  const member = /[\s,]*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/y
  for (let found = member.exec(field); found !== null; found = member.exec(field)) {
    if (found[2] === opaque && !(strong && found[1] !== undefined)) return true
  }
  return false
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const fixdate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/
const rfc850 = /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/
const asctime = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/

/**
 * Reads an HTTP date in any of its three forms.
 *
 * @returns seconds since 1970, or `undefined` when it is no date: a condition with such a date is ignored
 * @see RFC 9110 §5.6.7
 */
export function parseHttpDate(text: string): number | undefined {
  const value = text.trim()
  let parts = fixdate.exec(value)
  if (parts !== null) return seconds(Number(parts[3]), parts[2]!, parts[1]!, parts[4]!, parts[5]!, parts[6]!)
  parts = rfc850.exec(value)
  if (parts !== null) {
    // A two-digit year more than fifty years ahead is in the past.
    const thisYear = new Date().getUTCFullYear()
    let year = Math.floor(thisYear / 100) * 100 + Number(parts[3])
    if (year > thisYear + 50) year -= 100
    return seconds(year, parts[2]!, parts[1]!, parts[4]!, parts[5]!, parts[6]!)
  }
  parts = asctime.exec(value)
  if (parts !== null) return seconds(Number(parts[6]), parts[1]!, parts[2]!, parts[3]!, parts[4]!, parts[5]!)
  return undefined
}

function seconds(year: number, name: string, d: string, h: string, m: string, s: string): number | undefined {
  const month = months.indexOf(name)
  const [day, hour, minute, second] = [Number(d), Number(h), Number(m), Number(s)]
  if (month < 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined
  const date = new Date(Date.UTC(year, month, day, hour, minute, second))
  // Years below 100 and days that the month does not have come back changed.
  return date.getUTCFullYear() === year && date.getUTCMonth() === month ? date.getTime() / 1000 : undefined
}
