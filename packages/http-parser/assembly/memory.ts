// The SIMD version of src/scanner/memory.ts, in AssemblyScript: the same functions with the same answers, sixteen octets a
// step. scripts/build-scanner.mjs compiles src/scanner/head-scanner.ts over it. Loads may run past the input: the memory
// goes on behind it, and what is found there is never looked at, because the octet at the end of the input stops every loop.

import { At, Name } from './layout.js'

export function octet(at: i32): i32 {
  return load<u8>(at)
}

export function lineEnds(at: i32): boolean {
  return load<u16>(at) === 0x0a0d
}

export function quad(at: i32): i32 {
  return load<i32>(at)
}

export function word(at: i32): i32 {
  return load<i32>(at)
}

export function setWord(at: i32, value: i32): void {
  store<i32>(at, value)
}

export function setRecord(at: i32, a: i32, b: i32, c: i32, d: i32): void {
  store<i32>(at, a | (b << 16))
  store<i32>(at, c | (d << 16), 4)
}

export function markUsual(at: i32): void {
  store<u16>(at, load<u16>(at, 2) | Name.USUAL_VALUE, 2)
}

export function multiply(a: i32, b: i32): i32 {
  return a * b
}

/** Leniences are for the portable scanner: here every branch for one folds away. */
export function lenient(_bit: i32): boolean {
  return false
}

/** Why something is refused is told by the portable scanner: every branch that asks folds away too. */
export function diagnose(): boolean {
  return false
}

export function unfold(_start: i32, _end: i32): void {}

// An octet is in a class when the bit of its high nibble is set in the table at its low nibble; high nibbles above 7 have none.
function classEnd(at: i32, nibbles: i32): i32 {
  const classes = v128.load(nibbles)
  const bits = v128.load(At.NIBBLE_BITS)
  while (true) {
    const block = v128.load(at)
    const low = i8x16.swizzle(classes, v128.and(block, i8x16.splat(15)))
    const high = i8x16.swizzle(bits, i8x16.shr_u(block, 4))
    const others = i8x16.bitmask(i8x16.eq(v128.and(low, high), i8x16.splat(0)))
    if (others !== 0) return at + ctz(others)
    at += 16
  }
}

export function tokenEnd(at: i32): i32 {
  return classEnd(at, At.TOKEN_NIBBLES)
}

/** Within 32 octets, or 32 octets on: further than behind any known name. */
export function colonNear(at: i32): i32 {
  return at + ctz(colonsIn(at) | (colonsIn(at + 16) << 16))
}

function colonsIn(at: i32): i32 {
  return i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(58)))
}

export function hostEnd(at: i32): i32 {
  return classEnd(at, At.HOST_NIBBLES)
}

export function visibleEnd(at: i32): i32 {
  while (true) {
    const block = i8x16.sub(v128.load(at), i8x16.splat(0x21))
    const others = i8x16.bitmask(i8x16.ge_u(block, i8x16.splat(0x5e)))
    if (others !== 0) return at + ctz(others)
    at += 16
  }
}

// `le_u` is two instructions of x64 where `lt_u` is four. HTAB is allowed, and so rare that it is stepped over one by one.
export function valueEnd(at: i32): i32 {
  while (true) {
    const block = v128.load(at)
    const controls = i8x16.le_u(block, i8x16.splat(0x1f))
    const others = i8x16.bitmask(v128.or(controls, i8x16.eq(block, i8x16.splat(0x7f))))
    if (others === 0) {
      at += 16
      continue
    }
    at += ctz(others)
    if (load<u8>(at) !== 9) return at
    at += 1
  }
}

/** From the start of its line: the processor looks for both ends at once, and a name has no octet that a value has not. */
export function valueEndIn(line: i32, _value: i32): i32 {
  return valueEnd(line)
}

export function spelling(at: i32, length: i32, name: i32): i32 {
  const wanted = -1 >>> (31 - length)
  if ((same(at, name, 0, length) & wanted) === wanted) return 1
  if ((same(at, name + 32, 0, length) & wanted) === wanted) return 2
  return (same(at, name + 32, 0x20, length) & wanted) === wanted ? 3 : 0
}

// Which of up to 32 octets are, with some bits set, those of a name.
function same(at: i32, name: i32, bits: i32, length: i32): i32 {
  const fold = i8x16.splat(<i8>bits)
  const first = i8x16.bitmask(i8x16.eq(v128.or(v128.load(at), fold), v128.load(name)))
  if (length < 16) return first
  return first | (i8x16.bitmask(i8x16.eq(v128.or(v128.load(at, 16), fold), v128.load(name, 16))) << 16)
}
