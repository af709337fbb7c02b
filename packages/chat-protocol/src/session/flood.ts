/** How much a client may ask, as data. */
export interface FloodBudget {
  /** Tokens a client may have at most: how much it may say in one go. */
  readonly capacity: number
  /** Tokens that come back each second: how much it may say for ever. */
  readonly refillPerSecond: number
  /** Octets of commands that may wait for tokens; a client that sends more is closed. */
  readonly maxInboxSize: number
}

/**
 * The default: a paste of twenty lines passes at once, then two a second; 16 KiB may wait, which is a paste of some
 * 200 lines.
 */
export const DEFAULT_FLOOD: FloodBudget = { capacity: 20, refillPerSecond: 2, maxInboxSize: 16 * 1024 }

/** A token bucket. Time comes in as an argument. */
export class TokenBucket {
  private tokens: number
  private at: number

  constructor(
    private readonly budget: FloodBudget,
    now: number,
  ) {
    this.tokens = budget.capacity
    this.at = now
  }

  /** Takes the cost out if it is there. A cost above the capacity is had from a full bucket. */
  take(cost: number, now: number): boolean {
    const { capacity, refillPerSecond } = this.budget
    this.tokens = Math.min(capacity, this.tokens + (Math.max(0, now - this.at) / 1000) * refillPerSecond)
    this.at = now
    if (this.tokens < Math.min(cost, capacity)) return false
    this.tokens -= cost
    return true
  }
}
