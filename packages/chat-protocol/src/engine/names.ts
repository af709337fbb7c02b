import { fold } from '../codec/casemapping.js'
import { matchMask } from '../codec/mask.js'
import { byteLength } from '../codec/text.js'

/** Folds a nick or a channel name to the key it is found under. The server's casemapping is `ascii`. */
export function keyOf(name: string): string {
  return fold('ascii', name)
}

/** True for a nick of ASCII letters, digits and the marks of RFC 2812 §2.3.1, not starting with a digit or `-`. */
export function isNick(nick: string, maxLength: number): boolean {
  return nick.length <= maxLength && /^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]*$/.test(nick)
}

/** True for `#` followed by anything but space, comma, colon and controls, within `maxLength` octets of UTF-8. */
export function isChannelName(name: string, maxLength: number): boolean {
  // The C1 controls and the separators that look like a space would let two rooms look alike.
  return /^#[^\s,:\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]*$/.test(name) && byteLength(name) <= maxLength
}

/** True when the name means a channel at all, valid or not. */
export function namesChannel(target: string): boolean {
  return target.startsWith('#')
}

/** True when the text fits; texts are never cut, a longer one is refused. */
export function fits(text: string, maxOctets: number): boolean {
  // Three octets is the most one UTF-16 unit can take.
  return text.length * 3 <= maxOctets || byteLength(text) <= maxOctets
}

/**
 * A mask as a predicate; see the codec's `matchMask` for its grammar. Its literal pieces are looked for first, which is
 * native and settles most: one WHO asks it of everybody on the server.
 */
export function maskMatcher(mask: string): (text: string) => boolean {
  const pieces = keyOf(mask)
    .split(/[*?]+/)
    .filter((piece) => piece !== '')
  return (text) => {
    const folded = keyOf(text)
    let at = 0
    for (const piece of pieces) {
      const found = folded.indexOf(piece, at)
      if (found < 0) return false
      at = found + piece.length
    }
    return matchMask(mask, text)
  }
}
