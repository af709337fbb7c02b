import type { Session } from '../session/session.js'

/** Pages given in one turn of the event loop: together they take a few milliseconds. */
const PAGES_PER_TURN = 16
/** How often a client that reads slowly is looked at, milliseconds. */
const LOOK_INTERVAL = 100

/**
 * Long answers that are under way: those of clients that read get their pages by turns, so that nobody's answer holds up
 * the others, and those of clients that do not read wait.
 */
export class LongAnswers {
  private readonly ready = new Set<Session>()
  private readonly stalled = new Set<Session>()
  private isScheduled = false
  private timer: NodeJS.Timeout | undefined = undefined

  constructor(private readonly failed: (session: Session, error: unknown) => void) {}

  /** The session has another page to give, see `SessionHost.answering`. */
  add(session: Session): void {
    this.ready.add(session)
    if (this.isScheduled) return
    this.isScheduled = true
    // Behind the flush that this tick's page waits for, which was scheduled before.
    setImmediate(() => this.turn())
  }

  private turn(): void {
    this.isScheduled = false
    let pages = PAGES_PER_TURN
    const due = [...this.ready]
    for (const session of due) {
      if (pages === 0) break
      this.ready.delete(session)
      if (session.ended) continue
      try {
        if (session.hasRoom) {
          pages--
          session.resume()
        } else this.stalled.add(session)
      } catch (error) {
        this.failed(session, error)
      }
    }
    const [next] = this.ready
    if (next !== undefined) this.add(next)
    if (this.stalled.size > 0) this.timer ??= setTimeout(() => this.look(), LOOK_INTERVAL)
  }

  private look(): void {
    this.timer = undefined
    const { stalled } = this
    const due = [...stalled]
    stalled.clear()
    for (const session of due) this.add(session)
  }
}
