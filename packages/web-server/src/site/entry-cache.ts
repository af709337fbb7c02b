import type { Entry } from './entry.js'

/** One remembered look. */
interface Slot {
  readonly entry: Entry
  readonly weight: number
  /** when it was last known to be true, on the clock of `performance.now()` */
  checked: number
}

/**
 * Remembers what was found at a path: a bounded number of entries with a bounded number of octets of small files.
 * The entry whose check is longest ago leaves first, so what is asked often stays.
 */
export class EntryCache {
  readonly #slots = new Map<string, Slot>()
  readonly #maxSize: number
  readonly #maxEntries: number
  #size = 0

  /**
   * @param maxSize octets in all, files and what is known of them
   * @param maxEntries how many paths
   */
  constructor(maxSize: number, maxEntries: number) {
    this.#maxSize = maxSize
    this.#maxEntries = maxEntries
  }

  /** Octets held now. */
  get size(): number {
    return this.#size
  }

  /** Paths held now. */
  get entries(): number {
    return this.#slots.size
  }

  /** What was found there after `since`, on the clock of `performance.now()`. */
  fresh(path: string, since: number): Entry | undefined {
    const slot = this.#slots.get(path)
    return slot !== undefined && slot.checked > since ? slot.entry : undefined
  }

  /** What was found there, however long ago. */
  get(path: string): Entry | undefined {
    return this.#slots.get(path)?.entry
  }

  /** Remembers a look; makes room. */
  set(path: string, entry: Entry, now: number): void {
    this.delete(path)
    const weight = weigh(path, entry)
    if (weight > this.#maxSize || this.#maxEntries < 1) return
    this.#slots.set(path, { entry, weight, checked: now })
    this.#size += weight
    for (const oldest of this.#slots.keys()) {
      if (this.#size <= this.#maxSize && this.#slots.size <= this.#maxEntries) break
      this.delete(oldest)
    }
  }

  /** Forgets a path. */
  delete(path: string): void {
    const slot = this.#slots.get(path)
    if (slot === undefined) return
    this.#slots.delete(path)
    this.#size -= slot.weight
  }
}

/** What an entry costs: its content, and about a kilobyte for everything around it. */
function weigh(path: string, entry: Entry): number {
  let weight = 1024 + 4 * path.length
  if (entry.kind === 'file') {
    for (const file of [entry, ...entry.variants.map((variant) => variant.file)]) {
      weight += (file.bytes?.length ?? 0) + (file.text?.length ?? 0)
    }
  }
  return weight
}
