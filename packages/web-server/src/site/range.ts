/**
 * Byte ranges: from the `Range` field to octet positions, and the multipart form that carries several of them.
 *
 * Two bounds keep a request from asking for more than it is worth: at most {@link maxRanges} ranges, and overlapping or
 * touching ranges are joined, so that an answer never carries an octet of the file twice.
 *
 * @see RFC 9110 §14
 */

/** First and last position, both included, both inside the file: `0 ≤ first ≤ last < size`. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** More ranges than this and the field is ignored, as RFC 9110 §14.2 suggests for "many small ranges". */
export const maxRanges = 16

/**
 * Reads a `Range` field against a file.
 *
 * @param field the value of `Range`
 * @param size size of the file in octets
 * @returns the ranges in the order of the request, overlapping ones joined; an empty list when none can be satisfied
 * (answer 416); `undefined` when the field is to be ignored: another unit, malformed, too many ranges, the end of an
 * empty file
 * @see RFC 9110 §14.1.2, §14.2
 */
export function parseRange(field: string, size: number): ByteRange[] | undefined {
  const set = /^bytes=(.*)$/is.exec(field)
  if (set === null) return undefined
  const ranges: ByteRange[] = []
  let count = 0
  for (const member of set[1]!.split(',')) {
    const spec = member.trim()
    // An empty member is legal in a list (§5.6.1) but not a list of nothing.
    if (spec === '') continue
    if (++count > maxRanges) return undefined
    const match = /^(\d*)-(\d*)$/.exec(spec)
    if (match === null) return undefined
    const [, from, to] = match as unknown as [string, string, string]
    if (from === '') {
      if (to === '') return undefined
      // The last octets of nothing are all of it, a range that Content-Range can not name: the answer is the whole file.
      if (size === 0 && Number(to) > 0) return undefined
      const length = Math.min(Number(to), size)
      if (length > 0) ranges.push({ first: size - length, last: size - 1 })
      continue
    }
    const first = Number(from)
    if (to !== '' && beyond(from, to)) return undefined
    if (first < size) ranges.push({ first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) })
  }
  return count === 0 ? undefined : joinOverlapping(ranges)
}

/** `first > last`, also for numbers with more digits than a double can tell apart. */
function beyond(first: string, last: string): boolean {
  const a = first.replace(/^0+(?=\d)/, '')
  const b = last.replace(/^0+(?=\d)/, '')
  return a.length !== b.length ? a.length > b.length : a > b
}

/** Joins ranges that overlap or touch; the joined range stands where its first member stood. */
function joinOverlapping(ranges: ByteRange[]): ByteRange[] {
  const result: ByteRange[] = []
  for (let range of ranges) {
    let at = result.length
    for (let i = result.length - 1; i >= 0; i--) {
      const other = result[i]!
      if (range.first > other.last + 1 || other.first > range.last + 1) continue
      range = { first: Math.min(range.first, other.first), last: Math.max(range.last, other.last) }
      result.splice(i, 1)
      at = i
    }
    result.splice(at, 0, range)
  }
  return result
}

/** The value of `Content-Range` for a part. */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.first}-${range.last}/${size}`
}

/** One `multipart/byteranges` answer: what to write before each range, what to write last, and the length of it all. */
export interface Multipart {
  readonly contentType: string
  readonly contentLength: number
  readonly parts: readonly { readonly head: string; readonly range: ByteRange }[]
  readonly end: string
}

/**
 * Lays out a `multipart/byteranges` answer.
 *
 * @param ranges at least two, as {@link parseRange} gave them
 * @param contentType the media type of the file itself
 * @param boundary a token that does not occur in the file; random is enough
 * @see RFC 9110 §14.6
 */
export function multipart(
  ranges: readonly ByteRange[],
  size: number,
  contentType: string,
  boundary: string,
): Multipart {
  const parts = ranges.map((range, index) => ({
    range,
    head: `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${contentType}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
  }))
  const end = `\r\n--${boundary}--\r\n`
  const contentLength = parts.reduce((sum, part) => sum + part.head.length + part.range.last - part.range.first + 1, 0)
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    contentLength: contentLength + end.length,
    parts,
    end,
  }
}
