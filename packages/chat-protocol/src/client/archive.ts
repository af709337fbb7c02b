import { ChatError } from '../codec/errors.js'
import type { Message } from '../codec/message.js'
import type { HistoryEvent, PastEvent } from './events.js'
import type { HistoryPage, HistoryQuery } from './interface.js'
import type { Link } from './link.js'
import type { RosterRoom } from './roster.js'
import { translate } from './translate.js'

/** Ids remembered to tell what was delivered already: several screens of several busy rooms. */
const REMEMBERED = 5000

/** What was said before: pages of history, the backlog of a room, and what was missed. */
export class Archive {
  readonly #link: Link
  /** Ids of what was delivered, oldest first. */
  readonly #seen = new Set<string>()

  constructor(link: Link) {
    this.#link = link
  }

  get available(): boolean {
    return this.#link.has('draft/chathistory') && this.#link.has('batch')
  }

  /** Is it new? Remembers the id. What has none is always new. */
  isNew(msgid: string | undefined): boolean {
    if (msgid === undefined) return true
    if (this.#seen.has(msgid)) return false
    this.#seen.add(msgid)
    if (this.#seen.size > REMEMBERED) for (const oldest of this.#seen) return this.#seen.delete(oldest)
    return true
  }

  /** Reads one page. */
  async page(room: string, query: HistoryQuery): Promise<HistoryPage> {
    if (!this.available) throw new ChatError('CHAT_ERR_UNSUPPORTED', 'the server keeps no history')
    const limit = this.#limit(query.limit ?? 50)
    const [kind, point] =
      query.before !== undefined
        ? ['BEFORE', query.before]
        : query.after !== undefined
          ? ['AFTER', query.after]
          : query.around !== undefined
            ? ['AROUND', query.around]
            : ['LATEST', undefined]
    const events = await this.#fetch(room, [
      kind!,
      room,
      point === undefined ? '*' : this.#reference(point),
      String(limit),
    ])
    return { events, more: events.length >= limit }
  }

  /**
   * The backlog of a room that was just joined, or what was missed since its last message. Pages backwards from now, so
   * that what is shown has no hole; `gap` when the limit comes first.
   */
  async catchUp(room: RosterRoom): Promise<HistoryEvent> {
    const { backlog, maxCatchUp } = this.#link.options
    const since = room.lastMsgid ?? room.lastTime
    if (since === undefined) {
      const { events, more } = await this.page(room.name, { limit: backlog })
      return { type: 'history', room: room.name, events: this.fresh(events), kind: 'backlog', gap: false, more }
    }
    const limit = this.#limit(maxCatchUp)
    let events = await this.#latestSince(room, since, limit)
    let full = events.length >= limit
    while (full && events.length < maxCatchUp) {
      const oldest = events[0]?.msgid ?? events[0]?.time
      if (oldest === undefined) break
      const between = [this.#reference(since), this.#reference(oldest), String(limit)]
      // BETWEEN with the newer point first returns what lies right before it.
      const older = await this.#fetch(room.name, ['BETWEEN', room.name, between[1]!, between[0]!, between[2]!])
      full = older.length >= limit
      events = [...older, ...events]
    }
    return { type: 'history', room: room.name, events: this.fresh(events), kind: 'catch-up', gap: full, more: true }
  }

  /** By id; where the server does not know the id any more (it was restarted), by time. */
  async #latestSince(room: RosterRoom, since: string | Date, limit: number): Promise<PastEvent[]> {
    const ask = (point: string | Date): Promise<PastEvent[]> =>
      this.#fetch(room.name, ['LATEST', room.name, this.#reference(point), String(limit)])
    try {
      return await ask(since)
    } catch (error) {
      if (!(error instanceof ChatError) || error.code !== 'CHAT_ERR_COMMAND_FAILED') throw error
      if (typeof since !== 'string' || room.lastTime === undefined) throw error
      return ask(room.lastTime)
    }
  }

  async #fetch(room: string, params: string[]): Promise<PastEvent[]> {
    const { roster } = this.#link
    const messages = await this.#link.request(
      { command: 'CHATHISTORY', params },
      {
        judge: (message) => (message.command === 'FAIL' && message.params[0] === 'CHATHISTORY' ? 'failed' : 'foreign'),
        takesBatch: (type, target) => type === 'chathistory' && roster.fold(target) === roster.fold(room),
      },
    )
    return this.read(room, messages)
  }

  /** The events of a stretch of history. */
  read(room: string, messages: readonly Message[]): PastEvent[] {
    const context = this.#link.pastOf(room)
    const events: PastEvent[] = []
    for (const message of messages) {
      const event = translate(message, context)
      if (event !== undefined && event.type !== 'typing') events.push(event)
    }
    return events
  }

  /** What was not delivered before, and remembers it. */
  fresh(events: readonly PastEvent[]): PastEvent[] {
    return events.filter((event) => this.isNew(event.msgid))
  }

  #limit(wanted: number): number {
    const most = this.#link.support.number('CHATHISTORY', 0) || this.#link.support.number('draft/CHATHISTORY', 0)
    return Math.max(1, most > 0 ? Math.min(most, wanted) : wanted)
  }

  #reference(point: string | Date): string {
    return typeof point === 'string' ? `msgid=${point}` : `timestamp=${point.toISOString()}`
  }
}
