/**
 * When a connection has been idle, silent or stuck for too long. Activity only leaves a stamp, a plain store; one timer on
 * the wheel looks at the stamps when the earliest deadline would come, and moves on if there was activity.
 */
import type { Socket } from 'node:net'
import { checkTimeouts } from './checks.js'
import type { TimeoutKind, Timeouts } from './timeouts.js'
import type { TimerWheel, WheelTimer } from './timer-wheel.js'

/** How often, in ms, a choked socket is asked whether its peer is still there. */
const PROBE = 1000

/** The connection, as its deadlines know it. */
export interface DeadlinesOwner {
  readonly wheel: TimerWheel
  /** Neither closed nor lost; what is closing has only its lifetime and its linger time left. */
  readonly isOpen: boolean
  /** It is lost, or over: no deadline is left. */
  readonly isDead: boolean
  /** Somebody wants the peer's octets. */
  readonly isReading: boolean
  /** Its socket is stopped. */
  readonly isChoked: boolean
  readonly socket: Socket
  /** `lingerTimeout`: ms that a closing connection may be stuck; 0: no limit */
  readonly all: { readonly lingerTimeout: number }
  /** A deadline has come. */
  timedOut(kind: TimeoutKind): void
  /** It was closed, and its peer neither takes what is left nor goes. */
  lingered(): void
  /** Asks whether the peer is still there. */
  probe(): void
}

export class Deadlines {
  /** When the peer's latest octets came, in ms of the wheel. */
  readAt: number
  /** When octets of ours were last written, or taken by the peer. */
  writtenAt: number
  /** Since when the socket has not taken everything; −1: it has. */
  private stalledAt = -1
  /** Octets that the system had taken then. */
  private stalledMark = 0
  private openedAt: number
  private timer: WheelTimer | undefined = undefined

  constructor(
    private readonly owner: DeadlinesOwner,
    /** The deadlines in force; replaced, never changed. */
    public limits: Required<Timeouts>,
  ) {
    this.openedAt = this.readAt = this.writtenAt = owner.wheel.fresh()
  }

  /** Changes those given. @throws RangeError */
  set(timeouts: Timeouts): void {
    checkTimeouts(timeouts)
    const { limits } = this
    this.limits = {
      idleTimeout: timeouts.idleTimeout ?? limits.idleTimeout,
      readTimeout: timeouts.readTimeout ?? limits.readTimeout,
      writeTimeout: timeouts.writeTimeout ?? limits.writeTimeout,
      lifetimeTimeout: timeouts.lifetimeTimeout ?? limits.lifetimeTimeout,
    }
    const { owner } = this
    if (timeouts.idleTimeout !== undefined || timeouts.readTimeout !== undefined) this.readAt = owner.wheel.fresh()
    if (!owner.isDead) this.arm()
  }

  /** Somebody begins to want the peer's octets. */
  readingBegins(): void {
    if (this.limits.readTimeout === 0) return
    this.readAt = this.owner.wheel.fresh()
    this.arm()
  }

  /** The socket has not taken everything: a stall begins, unless it has begun. */
  stalled(): void {
    if (this.stalledAt !== -1) return
    this.stall()
    if (this.limits.writeTimeout !== 0 || !this.owner.isOpen) this.arm()
  }

  /** The connection was closed: from now on it is stuck unless its peer takes octets. */
  linger(): void {
    this.stall()
    this.arm()
  }

  /** The socket has taken everything. */
  flowing(): void {
    this.stalledAt = -1
  }

  /** No deadline comes any more. */
  cancel(): void {
    this.timer?.cancel()
  }

  /** Has the timer come when the earliest deadline would. */
  arm(): void {
    const { owner } = this
    const now = owner.wheel.fresh()
    let due = this.next()
    if (owner.isChoked) due = Math.min(due, now + PROBE)
    if (due === Infinity) {
      this.timer?.cancel()
      return
    }
    this.timer ??= owner.wheel.timer(look, this as Deadlines)
    this.timer.before(Math.max(0, due - now))
  }

  /** The timer came: acts on what has come due, or waits for what comes next. */
  look(): void {
    const { owner } = this
    if (owner.isDead) return
    const { isOpen, wheel } = owner
    if (this.stalledAt !== -1) {
      this.progress(this.taken())
      if (isOpen && this.isFlowing) this.flowing()
    }
    // Stamps are up to one tick old: a deadline counts from the latest moment that they may stand for.
    const now = wheel.now - wheel.resolution
    const kind = this.expired(now)
    if (kind !== undefined) owner.timedOut(kind)
    else if (!isOpen && this.stuckFor(owner.all.lingerTimeout, now)) owner.lingered()
    else if (owner.isChoked && this.isFlowing) owner.probe()
    if (!owner.isDead) this.arm()
  }

  /** The deadline of that kind begins anew. */
  restart(kind: TimeoutKind): void {
    const { now } = this.owner.wheel
    if (kind === 'lifetime') this.openedAt = now
    else if (kind === 'write') this.stalledAt = now
    else this.readAt = now
  }

  private stall(): void {
    this.stalledAt = this.owner.wheel.fresh()
    this.stalledMark = this.taken()
  }

  /** Octets of ours that the system has taken. */
  private taken(): number {
    const { socket } = this.owner
    return socket.bytesWritten - socket.writableLength
  }

  /** The socket has taken everything. */
  private get isFlowing(): boolean {
    return this.owner.socket.writableLength === 0
  }

  /** The stall begins anew if the system has taken octets since. */
  private progress(taken: number): void {
    if (taken === this.stalledMark) return
    this.stalledMark = taken
    this.stalledAt = this.writtenAt = this.owner.wheel.now
  }

  /** Since `timeout` ms nothing has moved. */
  private stuckFor(timeout: number, now: number): boolean {
    return timeout > 0 && this.stalledAt !== -1 && now >= this.stalledAt + timeout
  }

  /** What has come due. */
  private expired(now: number): TimeoutKind | undefined {
    const { idleTimeout, readTimeout, writeTimeout, lifetimeTimeout } = this.limits
    if (lifetimeTimeout > 0 && now >= this.openedAt + lifetimeTimeout) return 'lifetime'
    if (!this.owner.isOpen) return undefined
    if (this.stuckFor(writeTimeout, now)) return 'write'
    if (readTimeout > 0 && this.owner.isReading && now >= this.readAt + readTimeout) return 'read'
    return idleTimeout > 0 && now >= this.activeAt() + idleTimeout ? 'idle' : undefined
  }

  /** When the earliest deadline comes if nothing happens until then; Infinity: none. */
  private next(): number {
    const { owner } = this
    const { idleTimeout, readTimeout, writeTimeout, lifetimeTimeout } = this.limits
    const stallTimeout = owner.isOpen ? writeTimeout : owner.all.lingerTimeout
    let due = lifetimeTimeout > 0 ? this.openedAt + lifetimeTimeout : Infinity
    if (stallTimeout > 0 && this.stalledAt !== -1) due = Math.min(due, this.stalledAt + stallTimeout)
    if (!owner.isOpen) return due
    if (readTimeout > 0 && owner.isReading) due = Math.min(due, this.readAt + readTimeout)
    return idleTimeout > 0 ? Math.min(due, this.activeAt() + idleTimeout) : due
  }

  private activeAt(): number {
    return Math.max(this.readAt, this.writtenAt)
  }
}

function look(deadlines: Deadlines): void {
  deadlines.look()
}
