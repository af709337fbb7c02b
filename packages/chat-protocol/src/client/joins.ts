import { ChatError } from '../codec/errors.js'
import type { CatchUp } from './catch-up.js'
import type { Room } from './interface.js'
import type { Link } from './link.js'
import type { RosterRoom } from './roster.js'
import type { Speech } from './speech.js'

interface Waiter {
  resolve(room: Room): void
  reject(error: ChatError): void
}

/** Who waits for a room, which the server may spell in another way than they did. */
interface Waiting {
  readonly deadline: string
  readonly waiters: Waiter[]
}

/** Rooms that we ask to be let into, and who waits for it. */
export class Joins {
  readonly #link: Link
  readonly #speech: Speech
  readonly #catchUp: CatchUp
  readonly #waiting = new Map<RosterRoom, Waiting>()

  constructor(link: Link, speech: Speech, catchUp: CatchUp) {
    this.#link = link
    this.#speech = speech
    this.#catchUp = catchUp
  }

  /** Wants to be in a room; resolves when it is entered and its list of members complete. */
  want(name: string, key: string | undefined): Promise<Room> {
    return new Promise((resolve, reject) => {
      const room = this.#link.roster.want(name, key)
      if (room.joined && !this.#waiting.has(room)) return resolve(room)
      const waiting = this.#waiting.get(room)
      if (waiting !== undefined) return void waiting.waiters.push({ resolve, reject })
      this.#waiting.set(room, { deadline: `join ${name}`, waiters: [{ resolve, reject }] })
      if (this.#link.online) this.ask(room)
    })
  }

  /** Asks the server; from when that is written, the answer has its time. */
  ask(room: RosterRoom): void {
    const { deadlines, options } = this.#link
    const written = (): void => {
      const waiting = this.#waiting.get(room)
      if (options.answerTimeout <= 0 || waiting === undefined) return
      deadlines.set(waiting.deadline, this.#link.now() + options.answerTimeout, () => {
        // It stays a room that we want, and an answer that comes late is still one. Where lists have no end, being in is it.
        const error = new ChatError('CHAT_ERR_NO_ANSWER', 'the server has not answered')
        for (const waiter of this.#taken(room)) room.joined ? waiter.resolve(room) : waiter.reject(error)
      })
    }
    try {
      const params = room.key === undefined ? [room.name] : [room.name, room.key]
      this.#link.send({ command: 'JOIN', params }, written)
    } catch (cause) {
      // A name and key that fit into no line, or a name that only the server can say: it had put us there.
      this.forget(room.name, new ChatError('CHAT_ERR_COMMAND_FAILED', 'the room cannot be asked for', { cause }))
    }
  }

  /** A room is entered, and its list of members complete. */
  entered(room: RosterRoom): void {
    const waiters = this.#taken(room)
    this.#link.emit({ type: 'names', room: room.name })
    for (const waiter of waiters) waiter.resolve(room)
  }

  /** We are in a room no more, or not to be in it. */
  left(name: string): void {
    this.#catchUp.leave(name)
    this.forget(name, new ChatError('CHAT_ERR_NO_ANSWER', 'the room was left'))
  }

  /**
   * A room is not to be joined: who waits for it is told, and what waits to be said there has failed.
   *
   * @returns whether anybody waited
   */
  forget(name: string, error: ChatError): boolean {
    const room = this.#link.roster.get(name)
    const waiters = room === undefined ? [] : this.#taken(room)
    this.#link.roster.forget(name)
    this.#speech.abandonRoom(name, error)
    for (const waiter of waiters) waiter.reject(error)
    return waiters.length > 0
  }

  /** The client ends. */
  abandon(error: ChatError): void {
    for (const room of [...this.#waiting.keys()]) for (const { reject } of this.#taken(room)) reject(error)
  }

  #taken(room: RosterRoom): Waiter[] {
    const waiting = this.#waiting.get(room)
    if (waiting === undefined) return []
    this.#waiting.delete(room)
    this.#link.deadlines.clear(waiting.deadline)
    return waiting.waiters
  }
}
