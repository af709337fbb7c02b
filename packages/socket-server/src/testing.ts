/** Connections without a network: an in-memory pair with the interface of the real ones, and a clock that is turned by hand. */
import { circumstancesOf } from './circumstances.js'
import type { Connection } from './connection.js'
import { PULL_HOOKS } from './handler.js'
import type { ConnectionHooks } from './hooks.js'
import { MemorySocket } from './memory-socket.js'
import type { ConnectionOptions } from './options.js'
import { SocketConnection } from './socket-connection.js'
import { type Clock, TimerWheel } from './timer-wheel.js'

/** A clock that stands still until it is turned. */
export class TestClock implements Clock {
  private time = 0
  private readonly tickers = new Set<{ period: number; next: number; tick: () => void }>()

  /** Milliseconds since it was made. */
  now(): number {
    return this.time
  }

  /** As `Clock.every`. @throws RangeError when the period is no number above 0: time would stand still in it for ever */
  every(period: number, tick: () => void): () => void {
    if (!(typeof period === 'number' && period > 0))
      throw new RangeError(`a period is a number of milliseconds above 0, not ${String(period)}`)
    const ticker = { period, next: this.time + period, tick }
    this.tickers.add(ticker)
    return () => this.tickers.delete(ticker)
  }

  /**
   * Lets `ms` milliseconds pass; what comes due in them happens now, in order, inside this call.
   *
   * @throws RangeError when they are negative or not finite
   */
  advance(ms: number): void {
    if (!(typeof ms === 'number' && ms >= 0 && ms < Infinity))
      throw new RangeError(`time passes by milliseconds from 0 up, not ${String(ms)}`)
    const end = this.time + ms
    for (;;) {
      let first: { period: number; next: number; tick: () => void } | undefined
      for (const ticker of this.tickers) if (first === undefined || ticker.next < first.next) first = ticker
      if (first === undefined || first.next > end) break
      this.time = first.next
      first.next += first.period
      first.tick()
    }
    this.time = end
  }
}

/** Deadlines and limits of an end of a pair. */
export type PairEndOptions = Omit<ConnectionOptions, 'wheel' | 'noDelay' | 'keepAlive'>

/** How {@link connectionPair} is made. */
export interface PairOptions<A, B> {
  /** what the first end does; without `data` it is read with `read` or `for await` */
  left?: ConnectionHooks<A>
  /** what the second end does */
  right?: ConnectionHooks<B>
  /** deadlines and limits of both ends, or of one: they override */
  options?: PairEndOptions
  /** deadlines and limits of the first end */
  leftOptions?: PairEndOptions
  /** deadlines and limits of the second end */
  rightOptions?: PairEndOptions
  /** octets on the way in each direction before a writer has to wait, like the kernel's buffers (default 64 KiB) */
  wireLimit?: number
  /** the timer wheel of the deadlines; takes the place of `clock` and `resolution` */
  wheel?: TimerWheel
  /** time for the deadlines (default: the machine's clock) */
  clock?: Clock
  /** milliseconds between two ticks of the wheel (default 100) */
  resolution?: number
  /** runs deliveries later (default `setImmediate`); a test may collect them and choose the moment */
  schedule?: (task: () => void) => void
}

/**
 * Two connections, each the peer of the other. Both are open when this returns; octets, ends and resets arrive in a
 * later turn of the event loop, as on a network.
 */
export function connectionPair<A = unknown, B = unknown>(
  options: PairOptions<A, B> = {},
): [Connection<A>, Connection<B>] {
  const { clock, resolution } = options
  const wheel =
    options.wheel ??
    new TimerWheel({ ...(clock !== undefined && { clock }), ...(resolution !== undefined && { resolution }) })
  const [left, right] = MemorySocket.pair(
    options.wireLimit ?? 64 * 1024,
    options.schedule ?? ((task) => setImmediate(task)),
  )
  const leftHooks = options.left ?? (PULL_HOOKS as ConnectionHooks<A>)
  const rightHooks = options.right ?? (PULL_HOOKS as ConnectionHooks<B>)
  const one = new SocketConnection<A>(
    left,
    circumstancesOf({ ...options.options, ...options.leftOptions, wheel }, leftHooks, () => {}),
  )
  const two = new SocketConnection<B>(
    right,
    circumstancesOf({ ...options.options, ...options.rightOptions, wheel }, rightHooks, () => {}),
  )
  one.start()
  two.start()
  return [one, two]
}
