import { callerFault } from './errors.js'

/** Bytes of a text in UTF-8; a lone surrogate counts three, as U+FFFD does. */
export function byteLength(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    bytes += unit < 0x800 ? 1 : 2
    // A pair is four bytes in two units: the low half adds nothing to the high half's two.
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++
  }
  return bytes
}

let segmenter: { segment(text: string): Iterable<{ segment: string }> } | undefined

/** What readers see as characters; where the runtime has no `Intl.Segmenter`, code points. */
function characters(text: string): string[] {
  if (typeof Intl === 'undefined' || !('Segmenter' in Intl)) return [...text]
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/**
 * Splits a text into pieces that each fit into a line: at line breaks always, then at the last space that fits, else
 * between graphemes, and inside one grapheme (between code points) only when it alone is too long.
 *
 * The space at a cut is dropped, as are empty lines; everything else is in the pieces, in order.
 *
 * @param text any text
 * @param maxBytes most UTF-8 bytes of a piece, at least 4 (see {@link textBudget})
 * @returns pieces, none empty; `[]` for a text of line breaks only
 * @throws RangeError `CHAT_ERR_LINE_TOO_LONG` when `maxBytes` cannot hold one code point
 */
export function splitText(text: string, maxBytes: number): string[] {
  if (!(maxBytes >= 4)) throw callerFault(RangeError, 'CHAT_ERR_LINE_TOO_LONG', 'a piece needs 4 bytes')
  const pieces: string[] = []
  for (const line of text.split(/\r\n|[\r\n]/)) {
    if (line === '') continue
    if (byteLength(line) <= maxBytes) pieces.push(line)
    else splitLine(line, maxBytes, pieces)
  }
  return pieces
}

/** Segments a window at a time, because V8's segmenter takes time in the square of the text's length. */
function splitLine(line: string, maxBytes: number, pieces: string[]): void {
  for (let at = 0; at < line.length; ) {
    // A piece has at most `maxBytes` units; two more show whether its last character goes on.
    const window = line.slice(at, at + maxBytes + 2)
    let end = fitting(characters(window), maxBytes) || fitting([...window], maxBytes)
    const space = window.lastIndexOf(' ', end)
    if (at + end < line.length && space > 0) end = space
    pieces.push(window.slice(0, end))
    at += end
    if (line[at] === ' ') at++
  }
}

/** Length of as many parts as fit. */
function fitting(parts: readonly string[], maxBytes: number): number {
  let length = 0
  let bytes = 0
  for (const part of parts) {
    bytes += byteLength(part)
    if (bytes > maxBytes) break
    length += part.length
  }
  return length
}

/** What decides how long a text may be, see {@link textBudget}. */
export interface TextFrame {
  /** Source as receivers will see it, `nick!user@host`, without the colon. */
  source: string
  /** `PRIVMSG`, `NOTICE`, `TOPIC` … */
  command: string
  /** Parameters before the text. */
  params: readonly string[]
  /** Most bytes of a line with CR LF (default 512). */
  maxLength?: number
}

/** Bytes that remain for the last parameter of a message as its receivers see it (`:source COMMAND params :text`CR LF). */
export function textBudget({ source, command, params, maxLength = 512 }: TextFrame): number {
  return maxLength - 2 - byteLength(`:${[source, command, ...params].join(' ')} :`)
}
