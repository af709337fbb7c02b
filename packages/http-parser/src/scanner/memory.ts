import { CLASSES, HOST, TOKEN, VALUE, VISIBLE } from './classes.js'
import { At, Name, Size } from './layout.js'
import { writeTables } from './names.js'

// What head-scanner.ts is written in: the memory and the loops over it. This is the portable version, a JavaScript array;
// assembly/memory.ts is the other one, in WebAssembly SIMD. Both answer the same for the same octets, which is fuzzed.
//
// The array is a constant: its address and length become constants of the compiled code, the type of the caller's buffer
// stops mattering, and the zero octet behind the input makes tests for its end unnecessary. It is a constant of a function,
// because bundlers turn those of a module into variables, which was measured at twice the time.

const COLON = 58

export const {
  octets,
  prepare,
  octet,
  quad,
  lineEnds,
  word,
  setWord,
  setRecord,
  markUsual,
  multiply,
  lenient,
  diagnose,
  tokenEnd,
  colonNear,
  visibleEnd,
  hostEnd,
  valueEnd,
  valueEndIn,
  spelling,
  unfold,
} = /* @__PURE__ */ portableMemory()

function portableMemory() {
  const buffer = new ArrayBuffer(Size.MEMORY)
  const octets: Uint8Array<ArrayBuffer> = new Uint8Array(buffer)
  const shorts = new Uint16Array(buffer)
  const words = new Int32Array(buffer)
  const view = new DataView(buffer)
  const classes = CLASSES

  /** Writes the tables; the scanner must not run before. */
  function prepare(): void {
    writeTables(octets)
  }

  /** One octet. */
  function octet(at: i32): i32 {
    return octets[at]!
  }

  /** Whether CR LF is here. */
  function lineEnds(at: i32): boolean {
    return octets[at]! === 13 && octets[at + 1]! === 10
  }

  /** Four octets, the first in the low bits. */
  function quad(at: i32): i32 {
    return view.getInt32(at, true)
  }

  /** One of the words of layout.ts. */
  function word(at: i32): i32 {
    return words[at >> 2]!
  }

  function setWord(at: i32, value: i32): void {
    words[at >> 2] = value
  }

  function setRecord(at: i32, a: i32, b: i32, c: i32, d: i32): void {
    const index = at >> 1
    shorts[index] = a
    shorts[index + 1] = b
    shorts[index + 2] = c
    shorts[index + 3] = d
  }

  /** Notes in a record that the value is the usual one. */
  function markUsual(at: i32): void {
    shorts[(at >> 1) + 1]! |= Name.USUAL_VALUE
  }

  /** 32-bit product, as both compile it. */
  function multiply(a: i32, b: i32): i32 {
    return Math.imul(a, b)
  }

  /** Whether a lenience is on; never in the SIMD scanner. */
  function lenient(bit: i32): boolean {
    return (words[At.LENIENCES >> 2]! & bit) !== 0
  }

  /** Whether errors are told apart; never in the SIMD scanner. */
  function diagnose(): boolean {
    return true
  }

  /** First octet from here that is no token character. */
  function tokenEnd(at: i32): i32 {
    while ((classes[octets[at]!]! & TOKEN) !== 0) at++
    return at
  }

  /** Where the colon is, if a field name begins here: the name is still to be looked at. */
  function colonNear(at: i32): i32 {
    while (octets[at]! > 0x20 && octets[at]! !== COLON) at++
    return at
  }

  /** First octet from here that is not visible ASCII. */
  function visibleEnd(at: i32): i32 {
    while ((classes[octets[at]!]! & VISIBLE) !== 0) at++
    return at
  }

  /** First octet from here that is no letter, digit, dot or hyphen. */
  function hostEnd(at: i32): i32 {
    while ((classes[octets[at]!]! & HOST) !== 0) at++
    return at
  }

  /**
   * First octet from here that a field value cannot hold. Four octets a step: an octet below 0x20 borrows into its high bit,
   * and 0x7f does when one is added. A borrow can also flag the good octet above a bad one, so the last step is by octet.
   */
  function valueEnd(at: i32): i32 {
    for (;;) {
      const four = view.getInt32(at, true)
      if ((((four - 0x20202020) | ((four & 0x7f7f7f7f) + 0x01010101)) & ~four & 0x80808080) !== 0) {
        for (const stop = at + 4; at < stop; at++) if ((classes[octets[at]!]! & VALUE) === 0) return at
      } else at += 4
    }
  }

  /** First octet that no field value can hold, from `value` on, in a line that so far has none. */
  function valueEndIn(_line: i32, value: i32): i32 {
    return valueEnd(value)
  }

  /** How the octets, and a colon behind them, spell a known name: 0 not at all, 1 as usual, 2 in lower case, 3 else. */
  function spelling(at: i32, length: i32, name: i32): i32 {
    if (octets[at + length]! !== COLON || octets[name + length]! !== COLON) return 0
    if (length < 4) return spellingOfFew(at, length, name)
    const last = length - 4
    let usual = 0
    let lower = 0
    for (let i = 0; ; i += 4) {
      if (i > last) i = last
      const four = view.getInt32(at + i, true)
      const low = view.getInt32(name + 32 + i, true)
      if ((four | 0x20202020) !== low) return 0
      usual |= four ^ view.getInt32(name + i, true)
      lower |= four ^ low
      if (i === last) return usual === 0 ? 1 : lower === 0 ? 2 : 3
    }
  }

  function spellingOfFew(at: i32, length: i32, name: i32): i32 {
    let usual = 0
    let lower = 0
    for (let i = 0; i < length; i++) {
      const one = octets[at + i]!
      const low = octets[name + 32 + i]!
      if ((one | 32) !== low) return 0
      usual |= one ^ octets[name + i]!
      lower |= one ^ low
    }
    return usual === 0 ? 1 : lower === 0 ? 2 : 3
  }

  /** Puts spaces where the octets of an obs-fold were (RFC 9112 §5.2). */
  function unfold(start: i32, end: i32): void {
    octets.fill(32, start, end)
  }

  return {
    octets,
    prepare,
    octet,
    quad,
    lineEnds,
    word,
    setWord,
    setRecord,
    markUsual,
    multiply,
    lenient,
    diagnose,
    tokenEnd,
    colonNear,
    visibleEnd,
    hostEnd,
    valueEnd,
    valueEndIn,
    spelling,
    unfold,
  }
}
