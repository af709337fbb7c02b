import { textOf } from './octets.js'
import { CLASSES, HEX, REG_NAME } from './scanner/classes.js'

/** Whether octets are `uri-host [":" port]` (RFC 9110 §7.2): a reg-name, IPv4 or IP literal, and a port up to 65535. */
export function isHost(octets: Uint8Array, start: number, end: number): boolean {
  let at = start
  if (octets[at] === 0x5b) {
    const close = octets.indexOf(0x5d, at)
    if (close < 0 || close >= end || !isIpLiteral(octets, at + 1, close)) return false
    at = close + 1
  } else {
    while (at < end && octets[at] !== 0x3a) {
      if (octets[at] === 0x25) {
        if (at + 2 >= end || !hex(octets[at + 1]!) || !hex(octets[at + 2]!)) return false
        at += 3
      } else {
        if ((CLASSES[octets[at]!]! & REG_NAME) === 0) return false
        at++
      }
    }
    if (at === start) return false
  }
  return at === end || (octets[at] === 0x3a && isPort(octets, at + 1, end))
}

/** Whether octets are a port: digits of a number up to 65535; none at all is allowed by RFC 3986 §3.2.3. */
export function isPort(octets: Uint8Array, start: number, end: number): boolean {
  let port = 0
  for (let at = start; at < end; at++) {
    const digit = octets[at]! - 48
    if (digit < 0 || digit > 9) return false
    port = port * 10 + digit
    if (port > 65535) return false
  }
  return true
}

function hex(octet: number): boolean {
  return (CLASSES[octet]! & HEX) !== 0
}

/** IPv6address or IPvFuture of RFC 3986 §3.2.2. */
function isIpLiteral(octets: Uint8Array, start: number, end: number): boolean {
  const text = textOf(octets, start, end)
  if (/^v[0-9a-f]+\.[\w\-.~!$&'()*+,;=:]+$/i.test(text)) return true
  if (text.length > 45) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  let groups = 0
  for (const [half, part] of halves.entries()) {
    if (part === '') continue
    const pieces = part.split(':')
    for (const [index, piece] of pieces.entries()) {
      const last = half === halves.length - 1 && index === pieces.length - 1
      if (/^[0-9a-f]{1,4}$/i.test(piece)) groups++
      else if (last && isIpv4(piece)) groups += 2
      else return false
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
}
