/**
 * Proactive content negotiation: which of the things we have does the client want most?
 *
 * A weight decides, then the order in which the server offers. Malformed members of a list are passed over, as if they
 * had not been sent; the lists are bounded by the parser's limit on a field line.
 *
 * @see RFC 9110 §12.5.1, §12.5.3, §12.4.2
 */

/** A content coding this server can have on disk; `identity` is the file as it is. */
export type ContentCoding = 'br' | 'zstd' | 'gzip' | 'identity'

/**
 * Chooses among the content codings that are available.
 *
 * @param field the value of `Accept-Encoding`; `undefined` when the field is absent, which asks for nothing coded
 * @param available codings in the server's order of preference, which decides between equal weights
 * @returns the coding, or `undefined` when the client refuses every one (`identity;q=0`, `*;q=0`): answer 406
 * @see RFC 9110 §12.5.3
 */
export function preferredEncoding(
  field: string | undefined,
  available: readonly ContentCoding[],
): ContentCoding | undefined {
  if (field === undefined) return available.includes('identity') ? 'identity' : undefined
  const weights = new Map<string, number>()
  for (const member of field.split(',')) {
    const parsed = weighted(member)
    if (parsed === undefined) continue
    const coding = parsed.value === 'x-gzip' ? 'gzip' : parsed.value
    if (!weights.has(coding)) weights.set(coding, parsed.weight)
  }
  const rest = weights.get('*')
  let best: ContentCoding | undefined
  let bestWeight = 0
  for (const coding of available) {
    // identity needs no mention to be acceptable, but everything that is mentioned is liked better.
    const weight = weights.get(coding) ?? rest ?? (coding === 'identity' ? Number.MIN_VALUE : 0)
    if (weight > bestWeight) {
      best = coding
      bestWeight = weight
    }
  }
  return best
}

/**
 * Chooses among the media types that can be made.
 *
 * @param field the value of `Accept`; `undefined` or empty accepts everything
 * @param offered media types without parameters, lower case, in the server's order of preference
 * @returns the type, or `undefined` when none is acceptable
 * @see RFC 9110 §12.5.1
 */
export function preferredType(field: string | undefined, offered: readonly string[]): string | undefined {
  if (field === undefined || field.trim() === '') return offered[0]
  const ranges = field
    .split(',')
    .map(weighted)
    .filter((range) => range !== undefined)
  let best: string | undefined
  let bestWeight = 0
  for (const type of offered) {
    const slash = type.indexOf('/')
    const family = `${type.slice(0, slash)}/*`
    let specificity = 0
    let weight = 0
    for (const range of ranges) {
      const exact = range.value === type ? 3 : range.value === family ? 2 : range.value === '*/*' ? 1 : 0
      // The most specific range that matches speaks for the type, whatever the others say.
      if (exact > specificity) {
        specificity = exact
        weight = range.weight
      }
    }
    if (weight > bestWeight) {
      best = type
      bestWeight = weight
    }
  }
  return best
}

/** `gzip;q=0.5` → value and weight; other parameters are passed over; undefined when the member is malformed. */
function weighted(member: string): { value: string; weight: number } | undefined {
  const parts = member.split(';')
  const value = parts[0]?.trim().toLowerCase()
  if (!value) return undefined
  for (let i = 1; i < parts.length; i++) {
    const parameter = parts[i]!
    // Cut, not matched: an expression with blanks at both ends is quadratic in blanks that a client sends between them.
    const equals = parameter.indexOf('=')
    if (equals === -1 || parameter.slice(0, equals).trim().toLowerCase() !== 'q') continue
    const weight = parameter.slice(equals + 1).trim()
    if (!/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight)) return undefined
    return { value, weight: Number(weight) }
  }
  return { value, weight: 1 }
}
