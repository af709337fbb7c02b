import { TimerWheel } from '@plainwire/socket-server'

/** Time that stands still until a test moves it. */
export class ManualClock {
  private time = 0
  private readonly ticks = new Set<() => void>()
  /** Options of `serve` that make it live by this clock. */
  readonly wheel = new TimerWheel({ clock: this, resolution: 100 })

  now(): number {
    return this.time
  }

  every(_period: number, tick: () => void): () => void {
    this.ticks.add(tick)
    return () => this.ticks.delete(tick)
  }

  /** Lets so many milliseconds pass, a tick at a time. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds
    while (this.time < end) {
      this.time = Math.min(end, this.time + 100)
      for (const tick of [...this.ticks]) tick()
    }
  }
}

/** Waits, a turn of the event loop at a time, until the condition holds. @throws Error after ten thousand turns */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (condition()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error('it did not come to that')
}
