/** How a server compares nicks and channels (ISUPPORT `CASEMAPPING`). */
export type Casemapping = 'ascii' | 'rfc1459' | 'rfc1459-strict'

/**
 * Reads ISUPPORT `CASEMAPPING`.
 *
 * @returns the mapping; `rfc1459` for an absent value (RFC 2812 §2.2), `ascii` for one this package does not know
 */
export function parseCasemapping(value: string | undefined): Casemapping {
  switch (value) {
    case undefined:
    case 'rfc1459':
      return 'rfc1459'
    case 'rfc1459-strict':
    case 'strict-rfc1459':
      return 'rfc1459-strict'
    default:
      return 'ascii'
  }
}

/**
 * Folds a nick or channel, so that names that a server holds for the same are equal strings. Only for comparison and
 * keys: keep the name itself for display.
 *
 * `ascii` folds `A–Z`; `rfc1459` also `[ ] \ ~` to `{ } | ^`; `rfc1459-strict` those without the `~`. Nothing else is
 * touched, whatever the locale.
 */
export function fold(casemapping: Casemapping, name: string): string {
  const pattern = casemapping === 'ascii' ? /[A-Z]+/g : casemapping === 'rfc1459' ? /[A-Z[\]\\~]+/g : /[A-Z[\]\\]+/g
  return name.replace(pattern, (run) => {
    let folded = ''
    // `~` is 126 and its lower case `^` is 94; all others lie 32 below theirs.
    for (const c of run) folded += c === '~' ? '^' : String.fromCharCode(c.charCodeAt(0) + 32)
    return folded
  })
}

/** Are two names the same nick or channel to a server of this casemapping? */
export function sameName(casemapping: Casemapping, a: string, b: string): boolean {
  return a === b || (a.length === b.length && fold(casemapping, a) === fold(casemapping, b))
}
