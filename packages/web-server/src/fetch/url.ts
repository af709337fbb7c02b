import type { ServerRequest } from '../message.js'

/**
 * What the URL parser would leave as it is: then joining strings gives the same text for a twentieth of the price.
 * Left out are octets it encodes (`"'<>^|{}` and the backtick), `\` and `#`, which it reads as something else, and dot segments.
 */
const PLAIN_TARGET = /^[\w\-.~!$&()*+,;=:@/%?]*$/
const DOT_SEGMENT = /\/(?:\.|%2e)/i

/** The origin made last: the requests of one server nearly all name the same authority. */
let lastScheme = ''
let lastAuthority = ''
let lastOrigin = ''

/**
 * The absolute URL of a request, as `Request.url` has it: normalised by the URL parser's rules.
 *
 * @throws TypeError with `status` 400 when the authority is none that a URL can have (RFC 3986 is wider than the URL standard)
 */
export function requestUrl(request: ServerRequest): string {
  const origin = originOf(request)
  const { path, query } = request
  const target = query === '' ? path : `${path}?${query}`
  if (PLAIN_TARGET.test(target) && !DOT_SEGMENT.test(path)) return origin + target
  const url = new URL(origin + target)
  url.hash = ''
  return url.href
}

function originOf(request: ServerRequest): string {
  const { scheme, authority } = request
  if (authority === lastAuthority && scheme === lastScheme) return lastOrigin
  const host = authority === '' ? localAuthority(request) : authority
  let origin: string
  try {
    origin = new URL(`${scheme}://${host}`).origin
  } catch (cause) {
    throw Object.assign(new TypeError('The Host of the request is not one a URL can have', { cause }), { status: 400 })
  }
  if (authority !== '') {
    lastScheme = scheme
    lastAuthority = authority
    lastOrigin = origin
  }
  return origin
}

/** HTTP/1.0 requests may lack Host (RFC 9112 §3.3): then our own address stands in. */
function localAuthority({ local }: ServerRequest): string {
  if (!('host' in local)) return 'localhost'
  const { host, port } = local
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
