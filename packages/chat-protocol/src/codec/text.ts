import { rangeError } from './errors.js'

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

/** Cuts where readers see characters; where the runtime has no `Intl.Segmenter`, at code points. */
function graphemes(text: string): Iterable<string | { segment: string }> {
  if (typeof Intl === 'undefined' || !('Segmenter' in Intl)) return text
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return segmenter.segment(text)
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
  if (!(maxBytes >= 4)) throw rangeError('CHAT_ERR_LINE_TOO_LONG', 'a piece needs room for 4 bytes')
  const pieces: string[] = []
  for (const line of text.split(/\r\n|[\r\n]/)) {
    if (line === '') continue
    if (byteLength(line) <= maxBytes) pieces.push(line)
    else splitLine(line, maxBytes, pieces)
  }
  return pieces
}

function splitLine(line: string, maxBytes: number, pieces: string[]): void {
  let start = 0 // of the piece being filled
  let end = 0 // behind its last grapheme
  let size = 0 // its bytes
  let space = -1 // its last space
  let sizeToSpace = 0 // its bytes up to and with that space
  const add = (part: string): void => {
    const bytes = byteLength(part)
    if (size + bytes > maxBytes) {
      if (part === ' ') {
        // The space itself is the cut.
        pieces.push(line.slice(start, end))
        start = end += 1
        size = 0
        space = -1
        return
      }
      if (space > start) {
        pieces.push(line.slice(start, space))
        start = space + 1
        size -= sizeToSpace
      } else if (end > start) {
        pieces.push(line.slice(start, end))
        start = end
        size = 0
      }
      space = -1
      // After a cut at a space the rest of the piece may still be too long together with this part.
      if (size + bytes > maxBytes) {
        if (end > start) pieces.push(line.slice(start, end))
        start = end
        size = 0
      }
    }
    end += part.length
    size += bytes
    if (part === ' ') {
      space = end - 1
      sizeToSpace = size
    }
  }
  for (const item of graphemes(line)) {
    const grapheme = typeof item === 'string' ? item : item.segment
    if (byteLength(grapheme) <= maxBytes) add(grapheme)
    else for (const point of grapheme) add(point)
  }
  if (end > start) pieces.push(line.slice(start, end))
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
