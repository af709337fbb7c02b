import type { Message } from '../codec/message.js'
import type { Archive } from './archive.js'
import type { CtcpEvent, MessageEvent, ReactionEvent } from './events.js'
import type { Link } from './link.js'
import type { Speech } from './speech.js'

/** More than this is not held back while the past is read: it is told, and the rooms open without their past. */
const MAX_HELD = 10_000

type Spoken = MessageEvent | ReactionEvent | CtcpEvent

/**
 * Rooms whose past is being read. What is said there meanwhile is held back and follows the past; our own words wait until
 * it is known which of them had arrived.
 */
export class CatchUp {
  readonly #link: Link
  readonly #archive: Archive
  readonly #speech: Speech
  /** Was this nick ever ours? */
  readonly #wasOurs: (nick: string) => boolean
  readonly #held = new Map<string, Spoken[]>()
  /** How much is held in all. */
  #count = 0

  constructor(link: Link, archive: Archive, speech: Speech, wasOurs: (nick: string) => boolean) {
    this.#link = link
    this.#archive = archive
    this.#speech = speech
    this.#wasOurs = wasOurs
  }

  /** Is the room's past still being read? */
  isReading(room: string): boolean {
    return this.#held.has(this.#link.roster.fold(room))
  }

  /** Something was said: it is told now, or when the room's past has been. */
  deliver(event: Spoken): void {
    const held = this.#held.get(this.#link.roster.fold(event.room))
    if (held === undefined) return this.#tell(event)
    held.push(event)
    if (++this.#count > MAX_HELD) for (const key of [...this.#held.keys()]) this.#open(key)
  }

  /** The newest message of a room is where catching up will start. */
  remember({ room: name, msgid, time }: { room: string; msgid: string | undefined; time: Date }): void {
    this.#archive.isNew(msgid)
    const room = this.#link.roster.get(name)
    if (room === undefined) return
    room.lastMsgid = msgid
    room.lastTime = time
  }

  /** We are in a room: read its past, then let out what happened meanwhile and say what waited. */
  enter(name: string): void {
    const { roster, options } = this.#link
    const room = roster.get(name)
    if (room === undefined) return
    const key = roster.fold(name)
    const wanted = room.lastTime !== undefined ? options.maxCatchUp : options.backlog
    // A server that says twice that we came in is asked once.
    if (this.#held.has(key)) return
    if (!this.#archive.available || wanted <= 0) return this.#open(key)
    const held: Spoken[] = []
    this.#held.set(key, held)
    const isCurrent = (): boolean => this.#held.get(key) === held
    this.#archive.catchUp(room).then(
      (event) => {
        if (!isCurrent()) return
        const ours = this.#speech.reconcile(name, event.events, this.#wasOurs)
        const events = event.events.filter((each) => !ours.has(each))
        const newest = event.events.at(-1)
        if (newest !== undefined) this.remember({ room: name, msgid: newest.msgid, time: newest.time })
        if (events.length > 0 || event.kind === 'backlog' || event.gap) this.#link.emit({ ...event, events })
        this.#open(key)
      },
      // History is a courtesy: the room works without it.
      () => isCurrent() && this.#open(key),
    )
  }

  /** A stretch of the past that came without being asked for, as some servers and bouncers send it to who comes in. */
  tellPast(name: string, messages: readonly Message[]): void {
    const events = this.#archive.fresh(this.#archive.read(name, messages))
    const newest = events.at(-1)
    if (newest === undefined) return
    this.remember({ room: name, msgid: newest.msgid, time: newest.time })
    const room = this.#link.roster.get(name)?.name ?? name
    this.#link.emit({ type: 'history', room, events, kind: 'backlog', gap: false, more: this.#archive.available })
  }

  /** We are out of a room: what was held is told now, and its past is nothing to wait for. */
  leave(name: string): void {
    this.#release(this.#link.roster.fold(name))
  }

  /** The connection is gone: what was held is told now. */
  abandon(): void {
    for (const key of [...this.#held.keys()]) this.#release(key)
  }

  #open(key: string): void {
    this.#release(key)
    this.#speech.rewind((target) => this.#link.roster.fold(target) === key)
    this.#speech.flush()
  }

  #release(key: string): void {
    const held = this.#held.get(key) ?? []
    this.#held.delete(key)
    this.#count -= held.length
    for (const event of held) this.#tell(event)
  }

  #tell(event: Spoken): void {
    this.remember(event)
    this.#link.emit(event)
  }
}
