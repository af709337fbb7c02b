// Character classes: one table of 256 octets, which the portable scanner, the chunk reader, the serialiser and the review of
// heads all read. The SIMD scanner computes the same sets with vector compares; a test walks all 256 octets of each.

/** tchar of RFC 9110 §5.6.2 */
export const TOKEN = 1
/** what a Host may hold before its port without a closer look: letters, digits, dot, hyphen */
export const HOST = 2
/** HTAB, SP, VCHAR, obs-text: what a field value may hold (RFC 9110 §5.5) */
export const VALUE = 4
/** VCHAR: what a request-target may hold */
export const VISIBLE = 8
/** unreserved and sub-delims of RFC 3986: what a reg-name may hold besides percent-encoded octets */
export const REG_NAME = 16
export const HEX = 32

/** Class bits of each octet. */
export const CLASSES: Uint8Array = /* @__PURE__ */ classify()

function classify(): Uint8Array {
  const classes = new Uint8Array(256)
  const mark = (bit: number, characters: string) => {
    for (let i = 0; i < characters.length; i++) classes[characters.charCodeAt(i)]! |= bit
  }
  const digits = '0123456789'
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  mark(TOKEN, `!#$%&'*+-.^_\`|~${digits}${letters}`)
  mark(HOST, `.-${digits}${letters}`)
  mark(REG_NAME, `-._~!$&'()*+,;=${digits}${letters}`)
  mark(HEX, `${digits}abcdefABCDEF`)
  for (let octet = 0; octet < 256; octet++) {
    if (octet === 9 || (octet >= 32 && octet !== 127)) classes[octet]! |= VALUE
    if (octet > 32 && octet < 127) classes[octet]! |= VISIBLE
  }
  return classes
}

/** Whether a string is a token (RFC 9110 §5.6.2): what a method or a field name may be. */
export function isToken(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code > 127 || (CLASSES[code]! & TOKEN) === 0) return false
  }
  return value.length > 0
}

/**
 * A class for vectors, which look up nibbles: at the low nibble of an octet, a bit for each high nibble that makes an octet
 * of the class. It has none of the octets beyond 0x7f.
 */
export function nibbles(bit: number): Uint8Array {
  const table = new Uint8Array(16)
  for (let octet = 0; octet < 128; octet++) if ((CLASSES[octet]! & bit) !== 0) table[octet & 15]! |= 1 << (octet >> 4)
  return table
}
