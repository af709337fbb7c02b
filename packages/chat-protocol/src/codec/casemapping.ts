/** How a server compares nicks and channels (ISUPPORT `CASEMAPPING`). */
export type Casemapping = 'ascii' | 'rfc1459' | 'rfc1459-strict'

/**
 * Reads ISUPPORT `CASEMAPPING`.
 *
 * @returns the mapping; `rfc1459` for an absent value (RFC 2812 §2.2), `ascii` for one this package does not know
 */
export function parseCasemapping(value: string | undefined): Casemapping {
  if (value === undefined || value === 'rfc1459') return 'rfc1459'
  return value === 'rfc1459-strict' || value === 'strict-rfc1459' ? 'rfc1459-strict' : 'ascii'
}

/**
 * Folds a nick or channel, so that names that a server holds for the same are equal strings. Only for comparison and
 * keys: keep the name itself for display.
 *
 * `ascii` folds `A–Z`; `rfc1459` also `[ ] \ ~` to `{ } | ^`; `rfc1459-strict` those without the `~`. Nothing else is
 * touched, whatever the locale.
 */
export function fold(casemapping: Casemapping, name: string): string {
  const folded = name.replace(/[A-Z]+/g, (run) => run.toLowerCase())
  if (casemapping === 'ascii') return folded
  const brackets = folded.replace(/[[\]\\]/g, (c) => (c === '[' ? '{' : c === ']' ? '}' : '|'))
  return casemapping === 'rfc1459' ? brackets.replace(/~/g, '^') : brackets
}
