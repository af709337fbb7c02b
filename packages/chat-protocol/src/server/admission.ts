import { addressOctets, placeRange } from '../engine/bans.js'

/** How many connections one place may open. */
export interface ConnectionLimits {
  /** Connections at one time, in all. Default 20,000; 0 = off. */
  readonly maxConnections: number
  /** Connections of one IPv4 address or one IPv6 /64 at one time. Default 32; 0 = off. */
  readonly maxPerAddress: number
  /** New connections of one such place within {@link attemptTimeout}. Default 64; 0 = off. */
  readonly maxAttempts: number
  /** Milliseconds after which attempts are forgotten. Default 60,000. */
  readonly attemptTimeout: number
  /**
   * Address ranges that the limits and flood control do not hold for, `127.0.0.0/8` for example. Nothing is exempt
   * unless it is listed, not even this machine.
   */
  readonly exempt: readonly string[]
}

/** The defaults of {@link ConnectionLimits}. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  maxConnections: 20_000,
  maxPerAddress: 32,
  maxAttempts: 64,
  attemptTimeout: 60_000,
  exempt: [],
}

interface Place {
  open: number
  attempts: number
  /** When the attempts began to be counted. */
  from: number
}

/** Places remembered, at least, before those without connections and recent attempts are dropped. */
const MAX_PLACES = 10_000

/** Counts connections per place. */
export class Admission {
  private readonly places = new Map<string, Place>()
  private readonly exempt: readonly ((address: string) => boolean)[]
  private open = 0
  /** So many places are looked through for those to forget. */
  private sweepAt = MAX_PLACES

  /** @throws TypeError for an exempt range that is none */
  constructor(private readonly limits: ConnectionLimits) {
    this.exempt = limits.exempt.map((given: unknown) => {
      const range = typeof given === 'string' ? placeRange(given) : undefined
      if (range === undefined)
        throw new TypeError(
          `connectionLimits.exempt: a range is an address or address/bits, not ${JSON.stringify(given)}`,
        )
      return range
    })
  }

  /** True for an address whose clients no limit holds for. */
  isExempt(address: string): boolean {
    return this.exempt.some((range) => range(address))
  }

  /** Counts a new connection in; the reason why not when there are too many. Each one let in must be {@link release}d. */
  admit(address: string, now: number): string | undefined {
    const { maxConnections, maxPerAddress, maxAttempts, attemptTimeout } = this.limits
    if (!this.isExempt(address)) {
      if (maxConnections > 0 && this.open >= maxConnections) return 'The server is full'
      // Without an address, as on a Unix socket, clients have nothing in common.
      if (address !== '') {
        const key = placeOf(address)
        const place = this.places.get(key) ?? { open: 0, attempts: 0, from: now }
        if (now - place.from >= attemptTimeout) {
          place.attempts = 0
          place.from = now
        }
        place.attempts++
        this.places.set(key, place)
        if (this.places.size > this.sweepAt) this.sweep(now)
        if (maxPerAddress > 0 && place.open >= maxPerAddress) return 'Too many connections from your address'
        if (maxAttempts > 0 && place.attempts > maxAttempts) return 'Too many attempts from your address; wait a minute'
        place.open++
      }
    }
    this.open++
    return undefined
  }

  /** Counts a connection out. */
  release(address: string): void {
    this.open--
    if (this.isExempt(address)) return
    const place = this.places.get(placeOf(address))
    if (place !== undefined) place.open--
  }

  private sweep(now: number): void {
    for (const [key, place] of this.places) {
      if (place.open <= 0 && now - place.from >= this.limits.attemptTimeout) this.places.delete(key)
    }
    // When none could be forgotten, the next connection must not look through all of them again.
    this.sweepAt = Math.max(MAX_PLACES, 2 * this.places.size)
  }
}

/** One household: an IPv4 address, or the first 64 bits of an IPv6 address. */
function placeOf(address: string): string {
  const octets = addressOctets(address)
  return octets === undefined ? address : octets.slice(0, 8).join('.')
}
