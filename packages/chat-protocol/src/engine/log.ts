import type { Event } from './event.js'

/** A value, or a promise of it: adapters in memory answer at once, adapters on a disk or a network later. */
export type Awaitable<T> = T | Promise<T>

/** A point in a room's history: a message id or a time; undefined (`*`) is the open end. */
export type Reference = { readonly id: string } | { readonly time: number } | undefined

/** What CHATHISTORY asks. */
export type HistoryQuery =
  | {
      readonly select: 'latest' | 'before' | 'after' | 'around'
      readonly target: string
      readonly from: Reference
      readonly limit: number
      /** True when the client also wants joins, topics and the like. */
      readonly playback: boolean
    }
  | {
      readonly select: 'between'
      readonly target: string
      readonly from: Reference
      readonly to: Reference
      readonly limit: number
      readonly playback: boolean
    }
  | { readonly select: 'targets'; readonly from: number; readonly to: number; readonly limit: number }

/** A part of one room's history. Bounds are exclusive; entries come back oldest first. */
export interface LogRange {
  /** Which side of the references. */
  readonly select: 'latest' | 'before' | 'after' | 'around' | 'between'
  /** The first reference; undefined is the open end. */
  readonly from: Reference
  /** The other end, for `between`. */
  readonly to?: Reference
  /** Most entries. */
  readonly limit: number
  /** Which events count; the limit holds for those. */
  readonly accepts: (event: Event) => boolean
}

/** An event as it was logged. */
export interface HistoryEntry {
  /** Position in the room, from 1, without gaps while nothing is dropped. */
  readonly sequence: number
  /** Message id; derived from room and sequence, so that every reader agrees on it. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly time: number
  /** What happened. */
  readonly event: Event
}

/**
 * The ordered log: one sequence of events per room. It is the port that carries history, and later scale-out: the
 * engine publishes an event only after the log gave it its place, so that whoever shares the log sees one order.
 *
 * A place is given at once (an adapter on a disk numbers in memory and writes behind, once a tick); reading may take
 * its time: while it does, the session that asked does nothing else, and all others go on.
 */
export interface Log {
  /** Gives the event the next place in the room. */
  append(room: string, time: number, event: Event): HistoryEntry
  /** Reads a range; undefined when a reference names a message that was never in the room. */
  read(room: string, range: LogRange): Awaitable<readonly HistoryEntry[] | undefined>
  /** Time of the room's newest entry of those that count, undefined when it has none. */
  latest(room: string, accepts: LogRange['accepts']): Awaitable<number | undefined>
  /** Calls back with every later entry; returns the function that ends it. */
  follow(room: string, listener: (entry: HistoryEntry) => void): () => void
  /** Drops the room. */
  forget(room: string): Awaitable<void>
}

/** Bounds of a {@link MemoryLog}. */
export interface MemoryLogOptions {
  /** Entries kept per room; 0 keeps none and still numbers them. Default 1,000: about three screens of backlog. */
  readonly maxEntriesPerRoom?: number
  /** Entries kept in all rooms together. Default 100,000, about 50 MB of ordinary chat. */
  readonly maxEntries?: number
  /** Milliseconds after which an entry is no longer handed out; 0 = never. Default seven days. */
  readonly maxAge?: number
  /** Names a room in message ids; must differ for every room and every start of the server. */
  readonly token: () => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

interface Room {
  readonly token: string
  sequence: number
  /** Oldest first; `head` is the index of the first that counts. */
  entries: HistoryEntry[]
  head: number
  listeners: Set<(entry: HistoryEntry) => void> | undefined
}

/** The ordered log in memory, bounded per room, in all and by age. */
export class MemoryLog implements Log {
  /** Least recently written first, so that the room to trim is the first one. */
  private readonly rooms = new Map<string, Room>()
  /** Numbers for every room when nothing is kept: names alone must not take memory. */
  private readonly unkept: Room | undefined
  private size = 0
  private readonly perRoom: number
  private readonly inAll: number
  private readonly maxAge: number

  constructor(private readonly options: MemoryLogOptions) {
    this.perRoom = options.maxEntriesPerRoom ?? 1000
    this.inAll = options.maxEntries ?? 100_000
    this.maxAge = options.maxAge ?? 7 * 24 * 3600 * 1000
    this.unkept = this.perRoom > 0 && this.inAll > 0 ? undefined : this.empty()
  }

  /** Entries held now, in all rooms. */
  get entries(): number {
    return this.size
  }

  append(name: string, time: number, event: Event): HistoryEntry {
    const room = this.rooms.get(name) ?? this.unkept ?? this.empty()
    const sequence = ++room.sequence
    const entry = { sequence, id: `${room.token}-${sequence.toString(36)}`, time, event }
    if (this.unkept === undefined) {
      this.rooms.delete(name)
      this.rooms.set(name, room)
      room.entries.push(entry)
      this.size++
      if (room.entries.length - room.head > this.perRoom) this.dropOldest(room)
      // A room whose entries have all expired is still there with its numbers, and counts as an entry does.
      if (this.size > this.inAll || this.rooms.size > this.inAll) this.trim()
    }
    if (room.listeners !== undefined) for (const listener of room.listeners) listener(entry)
    return entry
  }

  read(name: string, range: LogRange): readonly HistoryEntry[] | undefined {
    const room = this.rooms.get(name) ?? this.unkept
    if (room === undefined) return range.from !== undefined && 'id' in range.from ? undefined : []
    this.expire(room)
    const from = positionIn(room, range.from)
    const to = positionIn(room, range.to)
    if (from === null || to === null) return undefined
    const { limit } = range
    if (limit <= 0) return []
    const kept = room.entries.slice(room.head).filter((entry) => range.accepts(entry.event))
    const isBefore = (entry: HistoryEntry, place: Place): boolean =>
      place.sequence !== undefined ? entry.sequence < place.sequence : entry.time < place.time
    const isAfter = (entry: HistoryEntry, place: Place): boolean =>
      place.sequence !== undefined ? entry.sequence > place.sequence : entry.time > place.time
    switch (range.select) {
      case 'latest':
        return last(from === undefined ? kept : kept.filter((entry) => isAfter(entry, from)), limit)
      case 'before':
        return last(from === undefined ? kept : kept.filter((entry) => isBefore(entry, from)), limit)
      case 'after':
        return (from === undefined ? kept : kept.filter((entry) => isAfter(entry, from))).slice(0, limit)
      case 'around': {
        const before = from === undefined ? kept : kept.filter((entry) => isBefore(entry, from))
        const start = Math.max(0, Math.min(before.length - (limit >> 1), kept.length - limit))
        return kept.slice(start, start + limit)
      }
      case 'between': {
        if (from === undefined || to === undefined) return []
        const forwards = room.entries.length === 0 || precedes(from, to, kept)
        const [older, newer] = forwards ? [from, to] : [to, from]
        const within = kept.filter((entry) => isAfter(entry, older) && isBefore(entry, newer))
        return forwards ? within.slice(0, limit) : last(within, limit)
      }
    }
  }

  latest(name: string, accepts: LogRange['accepts']): number | undefined {
    const room = this.rooms.get(name)
    if (room === undefined) return undefined
    this.expire(room)
    for (let i = room.entries.length - 1; i >= room.head; i--) {
      const { time, event } = room.entries[i]!
      if (accepts(event)) return time
    }
    return undefined
  }

  follow(name: string, listener: (entry: HistoryEntry) => void): () => void {
    const room = this.rooms.get(name) ?? this.empty()
    this.rooms.set(name, room)
    const listeners = room.listeners ?? new Set()
    room.listeners = listeners
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  forget(name: string): void {
    const room = this.rooms.get(name)
    if (room === undefined) return
    this.size -= room.entries.length - room.head
    this.rooms.delete(name)
  }

  private empty(): Room {
    return { token: this.options.token(), sequence: 0, entries: [], head: 0, listeners: undefined }
  }

  private dropOldest(room: Room): void {
    room.head++
    this.size--
    // Moving the array at every drop would be quadratic; moving it when half of it is dead costs one move per entry.
    if (room.head > 64 && room.head * 2 > room.entries.length) {
      room.entries = room.entries.slice(room.head)
      room.head = 0
    } else room.entries[room.head - 1] = undefined as never
  }

  private trim(): void {
    for (const [name, room] of this.rooms) {
      if (room.head < room.entries.length) {
        this.dropOldest(room)
        return
      }
      if (room.listeners === undefined) this.rooms.delete(name)
    }
  }

  private expire(room: Room): void {
    if (this.maxAge === 0) return
    const oldest = this.options.now() - this.maxAge
    while (room.head < room.entries.length && room.entries[room.head]!.time < oldest) this.dropOldest(room)
  }
}

/** A reference made comparable: by sequence when it named a message, else by time. */
type Place =
  | { readonly sequence: number; readonly time?: undefined }
  | { readonly sequence?: undefined; readonly time: number }

/** null: the reference names a message that was never in this room. */
function positionIn(room: Room, reference: Reference): Place | undefined | null {
  if (reference === undefined) return undefined
  if ('time' in reference) return { time: reference.time }
  const dash = reference.id.lastIndexOf('-')
  if (dash < 0 || reference.id.slice(0, dash) !== room.token) return null
  const digits = reference.id.slice(dash + 1)
  const sequence = /^[0-9a-z]{1,10}$/.test(digits) ? Number.parseInt(digits, 36) : Number.NaN
  // A dropped message still has its place: the sequence alone decides what is before and after it.
  return sequence >= 1 && sequence <= room.sequence ? { sequence } : null
}

/** True when the first place lies before the second; mixed kinds are compared through the entries. */
function precedes(first: Place, second: Place, entries: readonly HistoryEntry[]): boolean {
  if (first.sequence !== undefined && second.sequence !== undefined) return first.sequence <= second.sequence
  if (first.time !== undefined && second.time !== undefined) return first.time <= second.time
  const timeOf = (place: Place): number =>
    place.time ?? entries.find((entry) => entry.sequence >= place.sequence)?.time ?? Number.POSITIVE_INFINITY
  return timeOf(first) <= timeOf(second)
}

function last(entries: readonly HistoryEntry[], limit: number): readonly HistoryEntry[] {
  return entries.length <= limit ? entries : entries.slice(entries.length - limit)
}
