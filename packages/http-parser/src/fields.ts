import { At, Name } from './scanner/layout.js'
import { KNOWN_NAMES, NAME_NUMBERS, USUAL_VALUES } from './scanner/names.js'
import { SHORT_TEXT } from './short-text.js'
import type { HeadStore, StoreSource } from './store.js'

/**
 * The field lines of a head or a trailer section, in the order and case they came in. Values are without the whitespace
 * around them, one character an octet (ISO-8859-1), never UTF-8. Strings are made when they are asked for.
 *
 * A name is looked up in any case. Names like `__proto__` or `constructor` are names like any other: nothing is keyed by
 * input. Iterating gives `[name, value]` pairs.
 */
export interface Fields extends Iterable<[name: string, value: string]> {
  /**
   * The value of a field, `undefined` when there is none. Several lines are joined with `', '` (RFC 9110 §5.3), those of
   * Cookie with `'; '` (RFC 6265 §5.4), and of Set-Cookie, which cannot be joined, this is the first: see `getAll`.
   */
  get(name: string): string | undefined
  /** The values of all lines with this name, in order. */
  getAll(name: string): string[]
  /** Whether there is a line with this name. */
  has(name: string): boolean
  /** How many field lines there are. */
  readonly size: number
  /** `[name, value]` of each line, in order. */
  entries(): IterableIterator<[name: string, value: string]>
  /** Name, value, name, value … in one array: the cheapest way to have every string. */
  flat(): string[]
}

/** {@link Fields} over the records of a scanned section. */
export class FieldLines implements Fields {
  private readonly source: StoreSource

  constructor(source: StoreSource) {
    this.source = source
  }

  get size(): number {
    return this.source.store().count()
  }

  get(name: string): string | undefined {
    const store = this.source.store()
    const number = numberOf(name)
    let at = find(store, name, number, store.recordsAt)
    if (at < 0) return undefined
    let value = valueAt(store, at)
    if (number === SET_COOKIE) return value
    for (at = find(store, name, number, at + 4); at >= 0; at = find(store, name, number, at + 4)) {
      value += (number === COOKIE ? '; ' : ', ') + valueAt(store, at)
    }
    return value
  }

  getAll(name: string): string[] {
    const store = this.source.store()
    const number = numberOf(name)
    const values: string[] = []
    for (let at = find(store, name, number, store.recordsAt); at >= 0; at = find(store, name, number, at + 4)) {
      values.push(valueAt(store, at))
    }
    return values
  }

  has(name: string): boolean {
    const store = this.source.store()
    return find(store, name, numberOf(name), store.recordsAt) >= 0
  }

  flat(): string[] {
    const store = this.source.store()
    const count = store.count()
    if (count <= 2 || (count <= FEW && areShort(store, count))) return flatFew(store, count)
    const { records } = store
    const text = store.text()
    const before = store.textStart - At.INPUT
    const size = count * 2
    const lines = new Array<string>(size)
    for (let i = 0, at = store.recordsAt; i < size; at += 4) {
      const name = records[at + 1]!
      lines[i++] = nameAt(store, at, name)
      if ((name & USUAL) === USUAL) lines[i++] = USUAL_VALUES[name & 255]!
      else lines[i++] = text.substring(records[at + 2]! - before, records[at + 3]! - before)
    }
    return lines
  }

  *entries(): IterableIterator<[name: string, value: string]> {
    const lines = this.flat()
    for (let i = 0; i < lines.length; i += 2) yield [lines[i]!, lines[i + 1]!]
  }

  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return this.entries()
  }
}

const COOKIE = /* @__PURE__ */ NAME_NUMBERS.get('cookie')
const SET_COOKIE = /* @__PURE__ */ NAME_NUMBERS.get('set-cookie')
const FEW = 4
const USUAL = Name.KNOWN | Name.USUAL_VALUE

// Of a few short lines, strings are made from the octets for less than decoding the head costs, and a literal for less than
// an array of some length.

function areShort(store: HeadStore, count: number): boolean {
  const { records } = store
  for (let i = 0, at = store.recordsAt; i < count; i++, at += 4) {
    if (records[at + 3]! - records[at + 2]! > SHORT_TEXT) return false
  }
  return true
}

function flatFew(store: HeadStore, count: number): string[] {
  if (count === 0) return []
  const { records, recordsAt: a } = store
  const b = a + 4
  const c = a + 8
  const d = a + 12
  const name = nameAt(store, a, records[a + 1]!)
  const value = usualOrValueAt(store, a, records[a + 1]!)
  if (count === 1) return [name, value]
  const name2 = nameAt(store, b, records[b + 1]!)
  const value2 = usualOrValueAt(store, b, records[b + 1]!)
  if (count === 2) return [name, value, name2, value2]
  const name3 = nameAt(store, c, records[c + 1]!)
  const value3 = usualOrValueAt(store, c, records[c + 1]!)
  if (count === 3) return [name, value, name2, value2, name3, value3]
  const name4 = nameAt(store, d, records[d + 1]!)
  const value4 = usualOrValueAt(store, d, records[d + 1]!)
  return [name, value, name2, value2, name3, value3, name4, value4]
}

// In all of these `at` is the index of the record of a line, and `name` is the name word of that record.

function nameAt(store: HeadStore, at: number, name: number): string {
  // Behind the two spellings of KNOWN_NAMES there is "some other".
  return name >= Name.KNOWN && (name & 0x200) === 0 ? KNOWN_NAMES[name & 511]! : sentName(store, at, name)
}

/** A name as it was sent, which is none of KNOWN_NAMES. */
function sentName(store: HeadStore, at: number, name: number): string {
  const start = At.INPUT + store.records[at]!
  return store.slice(start, start + (name < Name.KNOWN ? name : KNOWN_NAMES[name & 255]!.length))
}

function usualOrValueAt(store: HeadStore, at: number, name: number): string {
  return (name & USUAL) === USUAL ? USUAL_VALUES[name & 255]! : valueAt(store, at)
}

function valueAt(store: HeadStore, at: number): string {
  return store.slice(At.INPUT + store.records[at + 2]!, At.INPUT + store.records[at + 3]!)
}

/** Number of a known name in any case. Most callers ask in lower case. */
function numberOf(name: string): number | undefined {
  return NAME_NUMBERS.get(name) ?? NAME_NUMBERS.get(lowerCase(name))
}

/** Index of the record of the next line with this name, which has that number, from the record of a line on; or -1. */
function find(store: HeadStore, name: string, number: number | undefined, from: number): number {
  const { records } = store
  const end = store.recordsAt + store.count() * 4
  if (number !== undefined) {
    for (let at = from; at < end; at += 4) {
      const word = records[at + 1]!
      if (word >= Name.KNOWN && (word & 255) === number) return at
    }
    return -1
  }
  const lower = lowerCase(name)
  for (let at = from; at < end; at += 4) {
    if (records[at + 1]! !== lower.length) continue
    const start = At.INPUT + records[at]!
    if (lowerCase(store.slice(start, start + lower.length)) === lower) return at
  }
  return -1
}

// Only A–Z: toLowerCase() would also turn K (U+212A), which is no token, into k.
function lowerCase(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name
}
