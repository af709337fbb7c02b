import { textOf } from '../octets.js'
import type { ReadMessage } from './reading.js'

/** A range of octets and what it was read as. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly label: string
}

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const COLON = 58
const SEMICOLON = 59

/**
 * The parts of a message up to `limit`, all of which the parser has read and found well: so this only has to find where one
 * part ends and the next begins, and may be as simple as that.
 */
export function spansOf(octets: Uint8Array, message: ReadMessage, limit: number): Span[] {
  const spans = new Spans(octets, message.start, Math.min(limit, message.headEnd ?? limit))
  spans.head(message.kind === 'request')
  if (message.headEnd === undefined) return spans.all
  spans.limit = Math.min(limit, message.end ?? limit)
  if (message.framing === 'chunked') spans.chunked()
  else if (message.framing !== 'none') spans.add(spans.limit, 'content')
  return spans.all
}

class Spans {
  readonly all: Span[] = []
  limit: number
  readonly #octets: Uint8Array
  #at: number

  constructor(octets: Uint8Array, start: number, limit: number) {
    this.#octets = octets
    this.#at = start
    this.limit = limit
  }

  /** Adds what lies between the last span and `end`, if anything. */
  add(end: number, label: string): void {
    const stop = Math.min(end, this.limit)
    if (stop <= this.#at) return
    this.all.push({ start: this.#at, end: stop, label })
    this.#at = stop
  }

  head(request: boolean): void {
    while (this.#lineEndAt(this.#at) > 0) this.add(this.#lineEndAt(this.#at), 'empty line, skipped')
    const end = this.#lineEnd()
    if (request) {
      this.#until(end, 'method')
      this.#until(end, 'request-target')
      this.add(end, 'version')
    } else {
      this.#until(end, 'version')
      this.#until(end, 'status code')
      this.add(end, 'reason phrase')
    }
    this.#endLine('end of line')
    this.#fieldLines('field', 'empty line: the head ends')
  }

  /** RFC 9112 §7.1 */
  chunked(): void {
    while (this.#at < this.limit) {
      const end = this.#lineEnd()
      this.#blanks(end)
      let digits = this.#at
      while (digits < end && /[\da-f]/i.test(String.fromCharCode(this.#octets[digits]!))) digits++
      const size = Number.parseInt(textOf(this.#octets, this.#at, digits) || '0', 16)
      // Where the message ends within the digits, more of them may follow, and are not allowed to when it is refused there.
      const known = size === 0 ? 'chunk size 0: the last chunk' : `chunk size: ${size} octets`
      this.add(digits, digits < this.limit ? known : 'chunk size')
      this.add(this.#find(SEMICOLON, end), 'whitespace')
      this.add(end, 'chunk extensions')
      this.#endLine('end of line')
      if (size === 0) return this.#fieldLines('trailer', 'empty line: the message ends')
      this.add(this.#at + size, 'content')
      this.#endLine('end of chunk')
    }
  }

  #fieldLines(what: string, last: string): void {
    while (this.#at < this.limit) {
      if (this.#lineEndAt(this.#at) > 0) return this.#endLine(last)
      const end = this.#lineEnd()
      const folded = this.#isBlank(this.#at)
      if (!folded) {
        this.add(this.#find(COLON, end), `${what} name`)
        if (this.#octets[this.#at] === COLON) this.add(this.#at + 1, 'colon')
      }
      this.#blanks(end, folded ? 'fold' : 'whitespace')
      let stop = end
      while (stop > this.#at && this.#isBlank(stop - 1)) stop--
      this.add(stop, `${what} value`)
      this.add(end, 'whitespace')
      this.#endLine('end of line')
    }
  }

  /** Adds a part that ends before a space, and the space. */
  #until(end: number, label: string): void {
    const at = this.#find(SPACE, end)
    this.add(at, label)
    if (at < end) this.add(at + 1, 'space')
  }

  /** Adds the spaces and tabs that are here. */
  #blanks(end: number, label = 'whitespace'): void {
    let at = this.#at
    while (at < end && this.#isBlank(at)) at++
    this.add(at, label)
  }

  /** Where an octet is, or `end`. */
  #find(octet: number, end: number): number {
    let at = this.#at
    while (at < end && this.#octets[at] !== octet) at++
    return at
  }

  #endLine(label: string): void {
    const end = this.#lineEndAt(this.#at)
    if (end > 0) this.add(end, label)
    else if (this.#octets[this.#at] === CR) this.add(this.#at + 1, 'first half of a line end')
  }

  /** Where the octets of this line end, before its CRLF. */
  #lineEnd(): number {
    let at = this.#at
    while (at < this.limit && this.#octets[at] !== CR && this.#octets[at] !== LF) at++
    return at
  }

  /** The octet behind a line end that begins here, or 0. */
  #lineEndAt(at: number): number {
    if (at >= this.limit) return 0
    if (this.#octets[at] === LF) return at + 1
    return this.#octets[at] === CR && this.#octets[at + 1] === LF && at + 1 < this.limit ? at + 2 : 0
  }

  #isBlank(at: number): boolean {
    return this.#octets[at] === SPACE || this.#octets[at] === TAB
  }
}
