/** Named deadlines of one client, few enough that the next one is found by looking. Time comes in. */
export class Deadlines {
  readonly #due = new Map<string, { at: number; act: () => void }>()

  /** Sets a deadline, in place of one of the same name. */
  set(name: string, at: number, act: () => void): void {
    this.#due.set(name, { at, act })
  }

  clear(name: string): void {
    this.#due.delete(name)
  }

  clearAll(): void {
    this.#due.clear()
  }

  /** When the next one is due; `undefined` when there is none. */
  get next(): number | undefined {
    let next: number | undefined
    for (const { at } of this.#due.values()) if (next === undefined || at < next) next = at
    return next
  }

  /** Acts on what is due, earliest first, each once. */
  run(now: number): void {
    const due = [...this.#due].filter(([, { at }]) => at <= now).sort(([, a], [, b]) => a.at - b.at)
    for (const [name, entry] of due) {
      // An earlier one may have cleared or moved it.
      if (this.#due.get(name) !== entry) continue
      this.#due.delete(name)
      entry.act()
    }
  }
}
