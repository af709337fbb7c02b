import { At, Name } from './scanner/layout.js'
import { KNOWN_NAMES, NAME_NUMBERS } from './scanner/names.js'
import type { HeadStore, StoreHolder } from './store.js'

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
  private readonly holder: StoreHolder

  constructor(holder: StoreHolder) {
    this.holder = holder
  }

  get size(): number {
    return this.holder.store.count()
  }

  get(name: string): string | undefined {
    const store = this.holder.store
    const lower = lowerCase(name)
    const number = NAME_NUMBERS.get(lower)
    const first = find(store, lower, number, 0)
    if (first < 0) return undefined
    let value = valueAt(store, first)
    if (lower === 'set-cookie') return value
    for (let i = find(store, lower, number, first + 1); i >= 0; i = find(store, lower, number, i + 1)) {
      value += (lower === 'cookie' ? '; ' : ', ') + valueAt(store, i)
    }
    return value
  }

  getAll(name: string): string[] {
    const store = this.holder.store
    const lower = lowerCase(name)
    const number = NAME_NUMBERS.get(lower)
    const values: string[] = []
    for (let i = find(store, lower, number, 0); i >= 0; i = find(store, lower, number, i + 1)) {
      values.push(valueAt(store, i))
    }
    return values
  }

  has(name: string): boolean {
    const lower = lowerCase(name)
    return find(this.holder.store, lower, NAME_NUMBERS.get(lower), 0) >= 0
  }

  flat(): string[] {
    const store = this.holder.store
    if (store.count() <= FEW) return few(store)
    const text = store.text()
    const base = store.textStart - At.INPUT
    const records = store.records
    const count = store.count()
    const lines = new Array<string>(count * 2)
    for (let i = 0, at = store.recordsAt; i < count; i++, at += 4) {
      const name = records[at + 1]!
      const start = records[at]!
      lines[2 * i] =
        name >= Name.KNOWN && name < OTHER_SPELLING
          ? KNOWN_NAMES[name - Name.KNOWN]!
          : text.substring(start - base, start - base + nameSize(name))
      lines[2 * i + 1] = text.substring(records[at + 2]! - base, records[at + 3]! - base)
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

const OTHER_SPELLING = Name.KNOWN + 512

function nameSize(name: number): number {
  return name < Name.KNOWN ? name : KNOWN_NAMES[name & 255]!.length
}

// With so few lines, cutting short strings out of the octets is cheaper than decoding the head.
const FEW = 3

function few(store: HeadStore): string[] {
  const lines: string[] = []
  for (let i = 0, at = store.recordsAt; i < store.count(); i++, at += 4) {
    const name = store.records[at + 1]!
    const start = At.INPUT + store.records[at]!
    const known = name >= Name.KNOWN && name < OTHER_SPELLING
    lines.push(known ? KNOWN_NAMES[name - Name.KNOWN]! : store.slice(start, start + nameSize(name)), valueAt(store, i))
  }
  return lines
}

function valueAt(store: HeadStore, index: number): string {
  const at = store.recordsAt + index * 4
  return store.slice(At.INPUT + store.records[at + 2]!, At.INPUT + store.records[at + 3]!)
}

/** Index of the next line with this name, or -1. */
function find(store: HeadStore, lower: string, number: number | undefined, from: number): number {
  const records = store.records
  const count = store.count()
  for (let i = from, at = store.recordsAt + from * 4; i < count; i++, at += 4) {
    const name = records[at + 1]!
    if (number !== undefined) {
      if (name >= Name.KNOWN && (name & 255) === number) return i
    } else if (name === lower.length) {
      const start = At.INPUT + records[at]!
      if (lowerCase(store.slice(start, start + name)) === lower) return i
    }
  }
  return -1
}

// Only A–Z: toLowerCase() would also turn K (U+212A), which is no token, into k.
function lowerCase(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name
}
