/**
 * One coarse timer for many deadlines.
 *
 * A timer per connection, moved on every octet, costs more than the work it guards. Here one interval turns a ring of
 * slots; a deadline is a node in the list of its slot, so setting and cancelling are a few assignments, and activity is
 * only a stamp (`connection.readAt = wheel.now`): the deadline looks at the stamps when it comes due and moves on if
 * there was activity. The price is resolution: a deadline is never early and less than three ticks late.
 */

/** Where a {@link TimerWheel} takes its time from; tests inject one that they turn by hand. */
export interface Clock {
  /** Monotonic milliseconds from any origin. */
  now(): number
  /** Calls `tick` every `period` ms until the returned function is called; must not keep the process alive. */
  every(period: number, tick: () => void): () => void
}

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every(period, tick) {
    const timer = setInterval(tick, period).unref()
    return () => clearInterval(timer)
  },
}

const SLOTS = 512

/** One deadline on a {@link TimerWheel}; made by `schedule`, reusable by `restart`. */
export class WheelTimer {
  /** @internal */ next: WheelTimer | undefined = undefined
  /** @internal */ previous: WheelTimer | undefined = undefined
  /** @internal tick number at which it is due; −1: not scheduled */
  due = -1

  /** @internal sets the deadline unless it comes early enough already */
  before(delay: number): void {
    this.wheel?.placeBefore(this, delay)
  }

  /** @internal */
  constructor(
    private readonly wheel: TimerWheel | undefined,
    /** @internal */ readonly callback: (argument: unknown) => void,
    /** @internal */ readonly argument: unknown,
  ) {}

  /** Whether the deadline is set and has not come. */
  get pending(): boolean {
    return this.due !== -1
  }

  /** Takes the deadline back; does nothing when it came or was cancelled already. */
  cancel(): void {
    this.wheel?.remove(this)
  }

  /** Sets the deadline anew, whether it is pending or not. @param delay milliseconds from now */
  restart(delay: number): void {
    this.wheel?.place(this, delay)
  }
}

/** The coarse timer wheel: deadlines in milliseconds, kept to three ticks, nearly free to set and cancel. */
export class TimerWheel {
  /** Time at the latest tick, in whole milliseconds since the wheel was made; older than the truth by less than a tick while deadlines are pending. */
  now: number
  /** Milliseconds between two ticks. */
  readonly resolution: number
  private readonly clock: Clock
  private readonly origin: number
  private readonly slots: WheelTimer[] = []
  private tick: number
  private count = 0
  private stop: (() => void) | undefined = undefined
  private readonly turn = (): void => this.advance()

  /**
   * @param options `clock` (default: the machine's), `resolution` milliseconds between two ticks (default 100: a tick
   * costs microseconds, and no deadline of a network protocol cares for less)
   * @throws RangeError when the resolution is no finite number above 0
   */
  constructor(options: { clock?: Clock; resolution?: number } = {}) {
    this.clock = options.clock ?? systemClock
    this.origin = this.clock.now()
    this.resolution = options.resolution ?? 100
    if (!(typeof this.resolution === 'number' && this.resolution > 0 && this.resolution < Infinity))
      throw new RangeError(`resolution is a number of milliseconds above 0, not ${String(this.resolution)}`)
    this.now = this.time()
    this.tick = Math.floor(this.now / this.resolution)
    for (let slot = 0; slot < SLOTS; slot++) {
      const head = new WheelTimer(undefined, idle, undefined)
      head.next = head.previous = head
      this.slots.push(head)
    }
  }

  /** How many deadlines are pending. */
  get size(): number {
    return this.count
  }

  /** `now`, also while no deadline is pending and the wheel stands still. */
  fresh(): number {
    if (this.stop === undefined) this.now = this.time()
    return this.now
  }

  /**
   * Calls `callback(argument)` once, `delay` ms from now or less than three ticks later, never earlier.
   *
   * @param argument saves the closure: one shared function serves all connections
   * @throws RangeError when the delay is negative or not finite
   */
  schedule<A = undefined>(delay: number, callback: (argument: A) => void, argument?: A): WheelTimer {
    const timer = new WheelTimer(this, callback as (argument: unknown) => void, argument)
    this.place(timer, delay)
    return timer
  }

  /** @internal a deadline that `restart` sets later */
  timer<A>(callback: (argument: A) => void, argument: A): WheelTimer {
    return new WheelTimer(this, callback as (argument: unknown) => void, argument)
  }

  /** @internal */
  place(timer: WheelTimer, delay: number): void {
    if (!(typeof delay === 'number' && delay >= 0 && delay < Infinity))
      throw new RangeError(`a delay is a number of milliseconds from 0 up, not ${String(delay)}`)
    this.remove(timer)
    if (this.count++ === 0) this.start()
    // `now` may be up to one tick old: one more tick makes up for it.
    timer.due = Math.ceil((this.now + delay) / this.resolution) + 1
    append(this.slots[timer.due % SLOTS]!, timer)
  }

  /** @internal */
  placeBefore(timer: WheelTimer, delay: number): void {
    if (timer.due === -1 || timer.due > Math.ceil((this.now + delay) / this.resolution) + 1) this.place(timer, delay)
  }

  /** @internal */
  remove(timer: WheelTimer): void {
    if (timer.due === -1) return
    timer.due = -1
    unlink(timer)
    // The interval is stopped by the next tick that finds nothing: stopping here would make and unmake one per request.
    this.count--
  }

  /** Whole milliseconds, rounded up: stamps are small integers, which need no memory of their own, and never too old. */
  private time(): number {
    return Math.ceil(this.clock.now() - this.origin)
  }

  private start(): void {
    if (this.stop !== undefined) return
    this.now = this.time()
    this.tick = Math.floor(this.now / this.resolution)
    this.stop = this.clock.every(this.resolution, this.turn)
  }

  private advance(): void {
    this.now = this.time()
    const target = Math.floor(this.now / this.resolution)
    // After a long pause of the process each slot is visited once, not once per lost tick.
    if (target - this.tick > SLOTS) this.tick = target - SLOTS
    while (this.tick < target && this.count > 0) {
      this.tick++
      this.visit(this.slots[this.tick % SLOTS]!)
    }
    this.tick = target
    if (this.count === 0) {
      this.stop?.()
      this.stop = undefined
    }
  }

  /** Fires what is due in one slot and leaves the deadlines of later turns of the ring in it. */
  private visit(head: WheelTimer): void {
    if (head.next === head) return
    // The list moves to a head of its own first: callbacks may cancel any deadline and set new ones in this slot.
    const due = new WheelTimer(undefined, idle, undefined)
    due.next = head.next
    due.previous = head.previous
    due.next!.previous = due.previous!.next = due
    head.next = head.previous = head
    for (let timer = due.next!; timer !== due; timer = due.next!) {
      if (timer.due > this.tick) {
        unlink(timer)
        append(head, timer)
        continue
      }
      this.remove(timer)
      try {
        timer.callback(timer.argument)
      } catch (error) {
        // As with setTimeout, a throw is the process's uncaught exception; it must not cost the others their deadline.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

function append(head: WheelTimer, timer: WheelTimer): void {
  timer.next = head
  timer.previous = head.previous
  head.previous!.next = timer
  head.previous = timer
}

function unlink(timer: WheelTimer): void {
  timer.previous!.next = timer.next
  timer.next!.previous = timer.previous
  timer.next = timer.previous = undefined
}

function idle(): void {}

let shared: TimerWheel | undefined

/** The wheel of everybody who brings none: one per process, so that one interval serves all servers. */
export function sharedWheel(): TimerWheel {
  shared ??= new TimerWheel()
  return shared
}
