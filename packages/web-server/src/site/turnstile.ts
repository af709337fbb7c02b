import type { ServerResponse } from '../message.js'

/** Lets a bounded number in at a time and a bounded number wait; the rest is turned away at once. */
export class Turnstile {
  readonly #maxInside: number
  readonly #maxWaiting: number
  readonly #waiting = new Set<(entered: boolean) => void>()
  #inside = 0

  /** 0 switches either bound off. */
  constructor(maxInside: number, maxWaiting: number) {
    this.#maxInside = maxInside || Number.POSITIVE_INFINITY
    this.#maxWaiting = maxWaiting || Number.POSITIVE_INFINITY
  }

  /**
   * Resolves when it is the caller's turn. Whoever has entered must leave.
   *
   * @param response nobody waits for a response that is over
   * @returns `false` when too many wait, or the response is over
   */
  enter(response: ServerResponse): Promise<boolean> {
    if (this.#inside < this.#maxInside) {
      this.#inside++
      return Promise.resolve(true)
    }
    if (this.#waiting.size >= this.#maxWaiting) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.#waiting.add(resolve)
      response.onFinish(() => {
        if (this.#waiting.delete(resolve)) resolve(false)
      })
    })
  }

  /** Makes room for the one who waits longest. */
  leave(): void {
    const next = this.#waiting.values().next().value
    if (next === undefined) {
      this.#inside--
      return
    }
    this.#waiting.delete(next)
    next(true)
  }
}
