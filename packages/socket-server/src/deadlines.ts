/**
 * When a connection has been idle, silent or stuck for too long. Activity only leaves a stamp, a plain store; whoever
 * owns the timer asks here when to look again, and what has come due by then.
 */
import type { TimeoutKind, Timeouts } from './timeouts.js'

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

  constructor(
    /** The deadlines in force; replaced, never changed. */
    public limits: Required<Timeouts>,
    now: number,
  ) {
    this.openedAt = this.readAt = this.writtenAt = now
  }

  /** The socket is known not to have taken everything. */
  get stalled(): boolean {
    return this.stalledAt !== -1
  }

  /** A stall begins, or its time begins anew. @param taken octets that the system has taken so far */
  stall(now: number, taken: number): void {
    this.stalledAt = now
    this.stalledMark = taken
  }

  /** The socket has taken everything. */
  flowing(): void {
    this.stalledAt = -1
  }

  /** The stall begins anew if the system has taken octets since. */
  progress(now: number, taken: number): void {
    if (taken === this.stalledMark) return
    this.stall(now, taken)
    this.writtenAt = now
  }

  /** Since `timeout` ms nothing has moved. */
  stuckFor(timeout: number, now: number): boolean {
    return timeout > 0 && this.stalled && now >= this.stalledAt + timeout
  }

  /** The deadline of that kind begins anew. */
  restart(kind: TimeoutKind, now: number): void {
    if (kind === 'lifetime') this.openedAt = now
    else if (kind === 'write') this.stalledAt = now
    else this.readAt = now
  }

  /** What has come due. @param open false: only the lifetime runs on @param reading somebody wants the peer's octets */
  expired(now: number, open: boolean, reading: boolean): TimeoutKind | undefined {
    const { idleTimeout, readTimeout, writeTimeout, lifetimeTimeout } = this.limits
    if (lifetimeTimeout > 0 && now >= this.openedAt + lifetimeTimeout) return 'lifetime'
    if (!open) return undefined
    if (this.stuckFor(writeTimeout, now)) return 'write'
    if (readTimeout > 0 && reading && now >= this.readAt + readTimeout) return 'read'
    return idleTimeout > 0 && now >= this.activeAt() + idleTimeout ? 'idle' : undefined
  }

  /** When the earliest deadline comes if nothing happens until then; Infinity: none. Parameters as for `expired`. */
  next(open: boolean, reading: boolean, lingerTimeout: number): number {
    const { idleTimeout, readTimeout, writeTimeout, lifetimeTimeout } = this.limits
    const stallTimeout = open ? writeTimeout : lingerTimeout
    let due = lifetimeTimeout > 0 ? this.openedAt + lifetimeTimeout : Infinity
    if (stallTimeout > 0 && this.stalled) due = Math.min(due, this.stalledAt + stallTimeout)
    if (!open) return due
    if (readTimeout > 0 && reading) due = Math.min(due, this.readAt + readTimeout)
    return idleTimeout > 0 ? Math.min(due, this.activeAt() + idleTimeout) : due
  }

  private activeAt(): number {
    return Math.max(this.readAt, this.writtenAt)
  }
}
