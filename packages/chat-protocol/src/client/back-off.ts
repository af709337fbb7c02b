/** How long to wait between attempts. */
export interface BackOffOptions {
  /** Milliseconds about which the first wait lies (default 1,000). */
  initialDelay?: number
  /** Longest wait in milliseconds (default 30,000: somebody may be watching). */
  maxDelay?: number
}

/**
 * The wait before an attempt: doubled each time up to the longest, and from the first on a random half of it, because
 * after a server's restart all its clients come back at once.
 *
 * @param failures attempts that have failed in a row, from 1
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export function backOff(failures: number, random: number, options: BackOffOptions = {}): number {
  const { initialDelay = 1000, maxDelay = 30_000 } = options
  const delay = Math.min(maxDelay, initialDelay * 2 ** Math.min(failures - 1, 30))
  return Math.round(delay / 2 + (delay / 2) * random)
}
