import { type Casemapping, fold } from './casemapping.js'

/** The parts of `nick!user@host`; a part that is missing is `''`. */
export interface Mask {
  /** Nick, or a server's name. */
  nick: string
  /** User name with its `~`, if any. */
  user: string
  /** Host name, address or cloak. */
  host: string
}

/** Takes `nick!user@host` apart, a message's source or a mask; any part may be missing and is then `''`. */
export function parseMask(text: string): Mask {
  let rest = text
  let user = ''
  let host = ''
  const at = rest.lastIndexOf('@')
  const bang = rest.indexOf('!')
  // An `@` before the `!` belongs to the nick's side, not to a host.
  if (at > bang) {
    host = rest.slice(at + 1)
    rest = rest.slice(0, at)
  }
  if (bang >= 0) {
    user = rest.slice(bang + 1)
    rest = rest.slice(0, bang)
  }
  return { nick: rest, user, host }
}

/** Puts `nick!user@host` together; empty parts are left out with their sign. */
export function formatMask({ nick, user, host }: Mask): string {
  return nick + (user && `!${user}`) + (host && `@${host}`)
}

/**
 * Completes what people type as a ban to a full mask: `nick` → `nick!*@*`, `user@host` → `*!user@host`,
 * `host.name` → `*!*@host.name`.
 */
export function completeMask(text: string): string {
  const hasUser = text.includes('!')
  if (!hasUser && !text.includes('@')) return /[.:]/.test(text) ? `*!*@${text}` : `${text || '*'}!*@*`
  if (!hasUser) {
    const at = text.lastIndexOf('@')
    return `*!${text.slice(0, at) || '*'}@${text.slice(at + 1) || '*'}`
  }
  const { nick, user, host } = parseMask(text)
  return `${nick || '*'}!${user || '*'}@${host || '*'}`
}

/**
 * Does a mask with `*` (any run) and `?` (any one character) match a name? Brackets and backslashes mean themselves.
 *
 * @param mask any text; costs at most its length times the name's, whatever it holds
 * @param name usually `nick!user@host`
 * @param casemapping how both are folded (default `ascii`)
 */
export function matchMask(mask: string, name: string, casemapping: Casemapping = 'ascii'): boolean {
  const pattern = [...fold(casemapping, mask)]
  const text = [...fold(casemapping, name)]
  let p = 0
  let t = 0
  let star = -1 // last `*` seen
  let mark = 0 // where its run is tried to end
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      mark = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

const LABEL = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/

/**
 * Is this a host name that a server or a user may be shown under? Labels of letters, digits and inner hyphens, with at
 * least one dot, so that it cannot be taken for a nick; one dot may end it. At most 253 characters (RFC 1123 §2.1).
 */
export function isHostname(host: string): boolean {
  if (host.length > 253 || !host.includes('.')) return false
  return (host.endsWith('.') ? host.slice(0, -1) : host).split('.').every((label) => LABEL.test(label))
}
