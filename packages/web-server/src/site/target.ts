/**
 * From the path of a request to a path under the root, once, before any case sees it.
 *
 * Decoding comes before normalising and normalising before confining, so that no spelling of `..` or `/` survives into
 * a later step; what remains is a list of plain names, and names cannot climb.
 */

/** Where a request points, relative to the root of the site. */
export interface Target {
  /** decoded and normalised: starts with `/`, no `.`, `..` or empty segment; ends with `/` only when the request did */
  readonly path: string
  /** the names between the slashes; none for the root itself */
  readonly names: readonly string[]
  /** the request ended with a slash (or with a dot segment, which means the same) and so asks for a directory */
  readonly directory: boolean
  /** a name starts with a dot, `.well-known` at the top excepted (RFC 8615) */
  readonly hidden: boolean
}

/**
 * Decodes, normalises and confines the path of a request-target.
 *
 * @param path the origin-form path as received, without the query
 * @returns the target, or the status that refuses it: 400 for what is malformed (bad percent-encoding, NUL) or climbs
 * above the root, 404 for what cannot name a file (an encoded slash, octets that are not UTF-8)
 * @see RFC 3986 §5.2.4, §6.2.2.2
 */
export function resolveTarget(path: string): Target | 400 | 404 {
  if (path.charCodeAt(0) !== SLASH) return 400
  const names: string[] = []
  let directory = true
  let hidden = false
  for (const segment of path.split('/').slice(1)) {
    const name = decodeSegment(segment)
    if (typeof name === 'number') return name
    directory = name === '' || name === '.' || name === '..'
    if (name === '..') {
      if (names.pop() === undefined) return 400
    } else if (!directory) {
      names.push(name)
    }
  }
  for (let i = 0; i < names.length; i++) {
    if (names[i]!.charCodeAt(0) === DOT && !(i === 0 && names[0] === '.well-known')) hidden = true
  }
  return { path: joined(names, directory), names, directory, hidden }
}

/** One segment to one name; a name that contains a separator or a NUL is no name on any file system. */
function decodeSegment(segment: string): string | 400 | 404 {
  let name = segment
  if (segment.includes('%')) {
    if (/%(?![0-9a-f]{2})/i.test(segment)) return 400
    try {
      name = decodeURIComponent(segment)
    } catch {
      return 404
    }
  }
  if (name.includes('\0')) return 400
  if (name.includes('/')) return 404
  // On Windows a backslash separates, a colon names a drive or a stream, and trailing dots and spaces vanish.
  if (onWindows && /[\\:]|[. ]$/.test(name) && name !== '.' && name !== '..') return 404
  return name
}

/** Whether a decoded name is one name on the file system: no separator in it, no NUL, no dot segment. */
export function isName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) return false
  return !(onWindows && /[\\:]|[. ]$/.test(name))
}

/** The absolute path-reference of a list of names, not encoded. */
export function joined(names: readonly string[], directory: boolean): string {
  if (names.length === 0) return '/'
  return `/${names.join('/')}${directory ? '/' : ''}`
}

/**
 * Encodes a decoded path for `Location`, `href` and `SCRIPT_NAME`. The result starts with exactly one slash that no
 * slash, backslash or tab follows, so no browser can take what comes after it for a host.
 *
 * @see RFC 3986 §3.3
 */
export function encodePath(path: string): string {
  return path.split('/').map(encodeName).join('/').replace(/^\/+/, '/')
}

/** Encodes one name, so that it is a relative reference by itself: markup, quotes, `?`, `#`, `%`, `:` and all. */
export function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/['()*!]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
}

const SLASH = 0x2f
const DOT = 0x2e
const onWindows = process.platform === 'win32'
