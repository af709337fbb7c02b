import { isHost, isPort } from './host.js'
import { textOf } from './octets.js'

export const ORIGIN = 0
export const ABSOLUTE = 1
export const AUTHORITY = 2
export const ASTERISK = 3

/**
 * The form of a request-target of visible octets, or -1 when its method may not use it (RFC 9112 §3.2): CONNECT takes an
 * authority with a port and nothing else, `*` is for OPTIONS, everything else is a path or an absolute URI.
 */
export function targetForm(octets: Uint8Array, method: string, start: number, end: number): number {
  if (method === 'CONNECT') return isAuthority(octets, start, end) ? AUTHORITY : -1
  if (octets[start] === 0x2f) return ORIGIN
  if (octets[start] === 0x2a && end - start === 1) return method === 'OPTIONS' ? ASTERISK : -1
  return isAbsolute(octets, start, end) ? ABSOLUTE : -1
}

function isAuthority(octets: Uint8Array, start: number, end: number): boolean {
  const colon = octets.subarray(start, end).lastIndexOf(0x3a)
  return colon > 0 && start + colon + 1 < end && isPort(octets, start + colon + 1, end) && isHost(octets, start, end)
}

/**
 * absolute-form: scheme "://" and, for http and https, a host without user information. A URI without "//" is not accepted:
 * it could not be told from the authority-form, which only CONNECT may use.
 */
function isAbsolute(octets: Uint8Array, start: number, end: number): boolean {
  const [, scheme, authority] = /^([a-z][a-z\d+.-]*):\/\/([^/?#]*)/i.exec(textOf(octets, start, end)) ?? []
  if (scheme === undefined || authority === undefined) return false
  const at = start + scheme.length + 3
  return /^https?$/i.test(scheme) ? authority !== '' && isHost(octets, at, at + authority.length) : at < end
}
