/** A stretch of message text: plain, or an address to open. */
export type Piece = { text: string; href?: string }

// Only web addresses become links: no other scheme can carry a script, and a name without a scheme is too often no address.
const address = /\bhttps?:\/\/[^\s<>"'`]+/gi

/** Cuts message text at its web addresses; punctuation that ends a sentence stays outside. */
export function splitLinks(text: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of text.matchAll(address)) {
    const href = trimAddress(match[0])
    if (!URL.canParse(href)) continue
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) })
    pieces.push({ text: href, href })
    at = match.index + href.length
  }
  if (at < text.length) pieces.push({ text: text.slice(at) })
  return pieces
}

/** `(see https://a.example/b).` is an address without its closing bracket and full stop; `…/wiki/A_(b)` keeps its bracket. */
function trimAddress(match: string): string {
  let end = match.length
  let unopened = match.split(')').length - match.split('(').length
  for (;;) {
    const last = match[end - 1]!
    if (last === ')' && unopened > 0) unopened--
    else if (!'.,;:!?'.includes(last)) return match.slice(0, end)
    end--
  }
}

/** A hue for a nick, the same on every machine. */
export function hueOf(nick: string): number {
  let hash = 2166136261
  for (const character of nick.toLowerCase()) hash = Math.imul(hash ^ character.codePointAt(0)!, 16777619)
  return (hash >>> 0) % 360
}
