/**
 * Notices that the process has run out of file descriptors.
 *
 * When accept() fails for that reason, the event loop's library cuts the newcomer off by a trick and tells nobody, so
 * that a server at its limit looks like a broken network. Serving goes on and recovers by itself; what is missing is
 * the word in the log. So once a second, while there are connections, one descriptor is opened and closed (some 10 µs).
 */
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { fromSystem, type SocketError } from './errors.js'
import type { TimerWheel, WheelTimer } from './timer-wheel.js'

const INTERVAL = 1000

export class DescriptorWatch {
  private short = false
  private readonly timer: WheelTimer

  /** @param busy whether there is anything to watch over */
  constructor(
    wheel: TimerWheel,
    private readonly busy: () => boolean,
    private readonly warn: (error: SocketError) => void,
  ) {
    this.timer = wheel.timer((self: DescriptorWatch) => self.look(), this)
  }

  /** There is something to watch over. */
  wake(): void {
    if (!this.timer.pending) this.timer.restart(INTERVAL)
  }

  stop(): void {
    this.timer.cancel()
  }

  /** An accept failed, or a descriptor could not be had: says so once, until descriptors have returned. */
  report(error: unknown): void {
    const failure = fromSystem(error, 'SOCKET_ERR_ACCEPT', 'accepting a connection')
    if (failure.code !== 'SOCKET_ERR_DESCRIPTORS') this.warn(failure)
    else if (!this.short) {
      this.short = true
      this.warn(failure)
    }
    this.wake()
  }

  private look(): void {
    try {
      closeSync(openSync(devNull, 'r'))
      this.short = false
    } catch (error) {
      this.report(error)
    }
    if (this.busy() || this.short) this.wake()
  }
}
