import { textOf } from './octets.js'
import { SHORT_TEXT, shortText } from './short-text.js'

const decoder = typeof TextDecoder === 'undefined' ? undefined : /* @__PURE__ */ new TextDecoder()

// Views on the first octets of the memory, by start and length: making a view costs as much as decoding a short head.
const CACHED_STARTS = 6
const CACHED_LENGTHS = 1024

/**
 * Strings from octets, one character an octet (ISO-8859-1). `TextDecoder('latin1')` is windows-1252 by its standard and
 * slower than UTF-8, so octets are decoded as UTF-8, which is the same for ASCII. That they were ASCII is seen by the result:
 * a sequence of several octets makes fewer characters, and what is no UTF-8 makes U+FFFD. Others are decoded one by one, and so
 * are all where there is no decoder.
 */
export class Latin1 {
  private readonly octets: Uint8Array
  private readonly base: number
  private readonly views: (Uint8Array | undefined)[][] = []

  /**
   * @param octets memory that stays in place
   * @param base where what is decoded usually starts
   */
  constructor(octets: Uint8Array, base: number) {
    this.octets = octets
    this.base = base
  }

  decode(start: number, end: number): string {
    const size = end - start
    if (size <= SHORT_TEXT) return shortText(this.octets, start, size)
    const text = decoder === undefined ? '' : decoder.decode(this.view(start, end))
    return text.length === size && text.indexOf('\ufffd') < 0 ? text : textOf(this.octets, start, end)
  }

  private view(start: number, end: number): Uint8Array {
    const index = start - this.base
    const length = end - start
    if (index >= CACHED_STARTS || length >= CACHED_LENGTHS) return this.octets.subarray(start, end)
    this.views[index] ??= new Array<Uint8Array | undefined>(CACHED_LENGTHS).fill(undefined)
    const views = this.views[index]
    views[length] ??= this.octets.subarray(start, end)
    return views[length]
  }
}
