/** How fast lines may leave, so that a server's flood control has nothing to say. */
export interface PaceOptions {
  /** Lines that may leave at once (default 10). */
  burst?: number
  /** Milliseconds that bring one more (default 1,000; 0 = no limit). */
  interval?: number
}

/** A token bucket of lines. Time comes in. */
export class Pace {
  readonly #burst: number
  readonly #interval: number
  #tokens: number
  #at = 0

  constructor({ burst = 10, interval = 1000 }: PaceOptions = {}) {
    this.#burst = Math.max(1, burst)
    this.#interval = interval
    this.#tokens = this.#burst
  }

  /** Takes a token if there is one. */
  take(now: number): boolean {
    if (this.#interval <= 0) return true
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#at) / this.#interval)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** Milliseconds until there is a token. */
  wait(): number {
    return Math.ceil(Math.max(0, 1 - this.#tokens) * this.#interval)
  }
}
