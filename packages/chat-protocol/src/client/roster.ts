import { type Casemapping, fold } from '../codec/casemapping.js'
import type { Isupport } from '../codec/isupport.js'
import { parseMask } from '../codec/mask.js'
import type { Message } from '../codec/message.js'
import type { ModeChange } from '../codec/modes.js'
import { RPL } from '../codec/numerics.js'
import type { Person } from './events.js'
import type { Member, Room } from './interface.js'

/** Rooms known at once, beyond those that we ask for ourselves. */
const MAX_ROOMS = 1000
/** Members known at once, of all rooms together; lists that are under way count as well. */
const MAX_MEMBERS = 100_000

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A room as the client keeps it. */
export class RosterRoom implements Room {
  name: string
  key: string | undefined
  joined = false
  topic = ''
  readonly members = new Map<string, Mutable<Member>>()
  /** Newest message seen: where catching up starts. */
  lastMsgid: string | undefined
  lastTime: Date | undefined
  /** Members of a list under way replace the list when it is complete; what happens meanwhile happens in both. */
  #incoming: Map<string, Mutable<Member>> | undefined
  readonly #support: () => Isupport

  constructor(name: string, key: string | undefined, support: () => Isupport) {
    this.name = name
    this.key = key
    this.#support = support
  }

  sorted(): Member[] {
    const signs = this.#support().prefixes
    const rank = (member: Member): number =>
      member.prefixes === '' ? signs.length : signs.indexOf(member.prefixes[0]!)
    return [...this.members.values()].sort((a, b) => rank(a) - rank(b) || a.nick.localeCompare(b.nick))
  }

  /** Members that are kept for it. */
  get size(): number {
    return this.members.size + (this.#incoming?.size ?? 0)
  }

  /** Reads one 353, of which there is room for so many names. */
  list(names: string, most: number): void {
    this.#incoming ??= new Map()
    const full = this.#incoming.size + most
    const { prefixes: signs, casemapping } = this.#support()
    for (const item of names.split(' ')) {
      let at = 0
      while (at < item.length && signs.includes(item[at]!)) at++
      const { nick, user, host } = parseMask(item.slice(at))
      if (nick === '') continue
      if (this.#incoming.size >= full) return
      const known = this.members.get(fold(casemapping, nick))
      this.#incoming.set(fold(casemapping, nick), {
        nick,
        user: user || (known?.user ?? ''),
        host: host || (known?.host ?? ''),
        prefixes: item.slice(0, at),
        account: known?.account,
        realname: known?.realname,
        away: known?.away ?? false,
      })
    }
  }

  /** 366: the list is complete. */
  listed(): void {
    if (this.#incoming === undefined) return
    this.members.clear()
    for (const [key, member] of this.#incoming) this.members.set(key, member)
    this.#incoming = undefined
  }

  /** Somebody comes in. */
  enter(key: string, member: Mutable<Member>): void {
    for (const members of this.#lists) members.set(key, member)
  }

  /** Somebody leaves. */
  remove(key: string): void {
    for (const members of this.#lists) members.delete(key)
  }

  /** Changes what is known of somebody; `newKey` when the nick is another. */
  change(key: string, edit: (member: Mutable<Member>) => void, newKey = key): void {
    for (const members of this.#lists) {
      const member = members.get(key)
      if (member === undefined) continue
      edit(member)
      if (newKey === key) continue
      members.delete(key)
      members.set(newKey, member)
    }
  }

  get #lists(): Map<string, Mutable<Member>>[] {
    return this.#incoming === undefined ? [this.members] : [this.members, this.#incoming]
  }

  leave(): void {
    this.joined = false
    this.members.clear()
    this.#incoming = undefined
  }
}

/** Rooms and their members, kept true by every message. Bounded: what a server tells of more than there can be is left out. */
export class Roster {
  readonly rooms = new Map<string, RosterRoom>()
  readonly #support: () => Isupport

  constructor(support: () => Isupport) {
    this.#support = support
  }

  get #casemapping(): Casemapping {
    return this.#support().casemapping
  }

  /** How many more members there is room for. */
  get #space(): number {
    let space = MAX_MEMBERS
    for (const room of this.rooms.values()) space -= room.size
    return space
  }

  fold(name: string): string {
    return fold(this.#casemapping, name)
  }

  get(name: string): RosterRoom | undefined {
    return this.rooms.get(this.fold(name))
  }

  /** The room that is to be joined, made if need be. */
  want(name: string, key: string | undefined): RosterRoom {
    let room = this.get(name)
    if (room === undefined) {
      room = new RosterRoom(name, key, this.#support)
      this.rooms.set(this.fold(name), room)
    }
    if (key !== undefined) room.key = key
    return room
  }

  forget(name: string): void {
    this.rooms.delete(this.fold(name))
  }

  /** The server has said how it folds: keys made before may be wrong. */
  refold(): void {
    const rooms = [...this.rooms.values()]
    this.rooms.clear()
    for (const room of rooms) this.rooms.set(this.fold(room.name), room)
  }

  /** A new connection: nobody is known to be anywhere. */
  reset(): void {
    for (const room of this.rooms.values()) room.leave()
  }

  /** Names of the rooms that hold somebody. */
  roomsOf(nick: string): string[] {
    const key = this.fold(nick)
    return [...this.rooms.values()].filter((room) => room.members.has(key)).map((room) => room.name)
  }

  join(name: string, who: Person, self: boolean, account: string | undefined, realname: string | undefined): void {
    const room = self && this.rooms.size < MAX_ROOMS ? this.want(name, undefined) : this.get(name)
    if (room === undefined) return
    if (self) {
      room.leave()
      room.name = name
      room.joined = true
      room.topic = ''
    }
    if (this.#space <= 0) return
    room.enter(this.fold(who.nick), { ...who, prefixes: '', account, realname, away: false })
  }

  /** Somebody else leaves one room. */
  part(name: string, nick: string): void {
    this.get(name)?.remove(this.fold(nick))
  }

  quit(nick: string): void {
    for (const room of this.rooms.values()) room.remove(this.fold(nick))
  }

  /** Changes what is known of somebody, in every room. */
  change(nick: string, change: Partial<Member>): void {
    const key = this.fold(nick)
    const newKey = change.nick === undefined ? key : this.fold(change.nick)
    for (const room of this.rooms.values()) room.change(key, (member) => Object.assign(member, change), newKey)
  }

  /** Ranks given and taken. */
  mode(name: string, changes: readonly ModeChange[]): void {
    const room = this.get(name)
    const support = this.#support()
    for (const { set, mode, param } of changes) {
      const rank = support.modes.member.indexOf(mode)
      if (rank < 0 || param === undefined) continue
      const sign = support.prefixes[rank] ?? ''
      room?.change(this.fold(param), (member) => {
        const signs = member.prefixes.replace(sign, '') + (set ? sign : '')
        member.prefixes = [...support.prefixes].filter((each) => signs.includes(each)).join('')
      })
    }
  }

  /** What numerics say about rooms. */
  numeric({ command, params }: Message): void {
    const at = command === RPL.NAMREPLY ? 2 : 1
    const room = this.get(params[at] ?? '')
    if (room === undefined) return
    if (command === RPL.NAMREPLY) room.list(params[3] ?? '', this.#space)
    else if (command === RPL.ENDOFNAMES) room.listed()
    else if (command === RPL.TOPIC) room.topic = params[2] ?? ''
    else if (command === RPL.NOTOPIC) room.topic = ''
  }
}
