import type { Identity } from './identity.js'

/** Somebody who left or changed nick. */
export interface Departed {
  /** Who it was. */
  readonly identity: Identity
  /** Address and host before cloaking, for operators. */
  readonly realHost: string
  /** Address it came from; empty for a Unix socket. */
  readonly address: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Remembers who used a nick before; bounded in all and per nick. */
export class WhowasLog {
  private readonly byNick = new Map<string, Departed[]>()
  private size = 0

  constructor(
    private readonly maxEntries: number,
    private readonly maxPerNick = 10,
  ) {}

  /** Notes a departure under a folded nick. */
  add(key: string, departed: Departed): void {
    if (this.maxEntries <= 0) return
    const list = this.byNick.get(key) ?? []
    // Reinserting keeps the map in order of last use, so the first key is the one to forget.
    this.byNick.delete(key)
    this.byNick.set(key, list)
    list.push(departed)
    this.size++
    if (list.length > this.maxPerNick) {
      list.shift()
      this.size--
    }
    while (this.size > this.maxEntries) {
      const [oldestKey, oldest] = this.byNick.entries().next().value!
      oldest.shift()
      this.size--
      if (oldest.length === 0) this.byNick.delete(oldestKey)
    }
  }

  /** Newest first; `count` ≤ 0 means all. */
  find(key: string, count: number): readonly Departed[] {
    const list = [...(this.byNick.get(key) ?? [])].reverse()
    return count > 0 ? list.slice(0, count) : list
  }
}
