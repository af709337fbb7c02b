import { CLASSES, HOST, nibbles, TOKEN } from './classes.js'
import { At } from './layout.js'

// Field names that a scanner recognises by a hash and hands out as a number, so that reading a head makes no strings for
// them and looking one up compares integers. The first six are those that frame a message (layout.ts), and up to the first
// line's end those of framing, routing, connection, authentication and content format.
const known =
  'Host Content-Length Transfer-Encoding Connection Upgrade Expect Trailer TE Keep-Alive Proxy-Connection Authorization ' +
  'Content-Encoding Content-Range Content-Type Cookie Proxy-Authenticate Proxy-Authorization Set-Cookie WWW-Authenticate ' +
  'Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges ' +
  'Access-Control-Allow-Headers Access-Control-Allow-Methods Access-Control-Allow-Origin ' +
  'Access-Control-Expose-Headers Access-Control-Max-Age Access-Control-Request-Headers Access-Control-Request-Method ' +
  'Age Allow Alt-Svc Cache-Control Content-Disposition Content-Language ' +
  'Content-Location Content-Security-Policy Date DNT ETag Expires Forwarded From ' +
  'If-Match If-Modified-Since If-None-Match If-Range If-Unmodified-Since Last-Modified Link Location Max-Forwards ' +
  'Origin Pragma Priority Range Referer Retry-After Sec-CH-UA ' +
  'Sec-CH-UA-Mobile Sec-CH-UA-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User ' +
  'Sec-WebSocket-Accept Sec-WebSocket-Extensions Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Version ' +
  'Server Strict-Transport-Security Upgrade-Insecure-Requests User-Agent Vary Via ' +
  'X-Content-Type-Options X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Frame-Options X-Real-IP ' +
  'X-Request-ID X-Requested-With'

/** Names by spelling × 256 + number: as usually written (spelling 0) and in lower case (1). Number 0 is no name. */
export const KNOWN_NAMES: string[] = /* @__PURE__ */ Array.from({ length: 512 }, () => '')

/** Values that nearly every message has, by the number of the name; the scanners know them, too. */
export const USUAL_VALUES: readonly string[] = ['', '', '', 'chunked', 'keep-alive']

/** Number of a known name, by its lower case. */
export const NAME_NUMBERS: Map<string, number> = new Map()

for (const [index, name] of known.split(' ').entries()) {
  KNOWN_NAMES[index + 1] = name
  NAME_NUMBERS.set(name.toLowerCase(), index + 1)
}
for (const [name, number] of NAME_NUMBERS) KNOWN_NAMES[256 + number] = name

/** Writes the tables of classes.ts and this file where the scanners read them. */
export function writeTables(octets: Uint8Array): void {
  octets.set(CLASSES)
  octets.set(nibbles(TOKEN), At.TOKEN_NIBBLES)
  octets.set(nibbles(HOST), At.HOST_NIBBLES)
  for (let nibble = 0; nibble < 8; nibble++) octets[At.NIBBLE_BITS + nibble] = 1 << nibble
  const view = new DataView(octets.buffer)
  for (const [lower, number] of NAME_NUMBERS) {
    const at = At.NAMES + number * 64
    for (const [i, spelt] of [`${KNOWN_NAMES[number]}:`, `${lower}:`].entries()) {
      for (let j = 0; j < spelt.length; j++) octets[at + 32 * i + j] = spelt.charCodeAt(j)
    }
    octets[At.HASH + hashName(view, at + 32, lower.length)] = number
  }
}

// The same as nameNumber() of head-scanner.ts computes, of octets in lower case. The multiplier was searched for so that no
// two of the names above meet; a test asserts it.
function hashName(octets: DataView, at: number, length: number): number {
  const tail = octets.getInt32(at + length - 4, true) >>> (length < 4 ? (4 - length) * 8 : 0)
  const key = tail ^ Math.imul(length, 0x9e3779b1) ^ (octets.getUint8(at) << 11)
  return Math.imul(key, 1816322683) >>> 22
}

const LAST_FORBIDDEN = /* @__PURE__ */ NAME_NUMBERS.get('www-authenticate')!

/**
 * Whether a field, by the number of its name, must not come in a trailer section (RFC 9110 §6.5.1): one that came late would change how
 * the message before it should have been read.
 */
export function isForbiddenTrailer(number: number | undefined): boolean {
  return number !== undefined && number <= LAST_FORBIDDEN
}
