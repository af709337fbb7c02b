import { ServerBans } from './bans.js'
import type { ConnectionFacts } from './connection-facts.js'
import { type Event, Publication } from './event.js'
import type { Identity } from './identity.js'
import type { UserMode } from './mode.js'
import { keyOf } from './names.js'
import type { EnginePorts } from './ports.js'
import { Channel, Member, User } from './presence.js'
import type { Recipient } from './recipient.js'
import type { Refusal } from './refusal.js'
import type { Census } from './reply.js'
import { DEFAULT_SETTINGS, type EngineSettings } from './settings.js'
import { WhowasLog } from './whowas.js'

/** Private conversations remembered per user; the oldest is forgotten, so that writing to everybody costs nothing lasting. */
const MAX_CONVERSATIONS = 100

/**
 * What the engine knows and the steps that commands are made of: finding, admitting, publishing, refusing. It knows no
 * command; handlers work on it, and the engine above them chooses which.
 */
export class EngineState {
  /** Present users by folded nick. */
  readonly users = new Map<string, User>()
  /** Channels by folded name. */
  readonly channels = new Map<string, Channel>()
  /** Users watching a folded nick. */
  readonly watchers = new Map<string, Set<User>>()
  /** Who left or took another nick. */
  readonly whowas: WhowasLog
  /** Bans from the whole server. */
  readonly bans: ServerBans
  /** The settings in force, defaults filled in. */
  readonly settings: EngineSettings
  /** Milliseconds since the epoch. */
  readonly started: number
  /** Most users at one time so far. */
  mostUsers = 0
  /** Users that hide. */
  invisibleUsers = 0
  /** Operators of the server. */
  operators = 0

  constructor(
    /** Time, ids, log and operators, from outside. */
    readonly ports: EnginePorts,
    settings: Partial<EngineSettings> = {},
  ) {
    this.settings = { ...DEFAULT_SETTINGS, ...settings }
    this.whowas = new WhowasLog(this.settings.limits.maxWhowas)
    this.bans = new ServerBans(this.settings.limits.maxServerBans)
    this.started = ports.now()
  }

  /**
   * Lets somebody in.
   *
   * @returns undefined when the nick is taken
   */
  enter(identity: Identity, facts: ConnectionFacts, recipient: Recipient): User | undefined {
    const key = keyOf(identity.nick)
    if (this.users.has(key)) return undefined
    const user = new User(identity, key, facts, recipient, this.ports.now())
    for (const mode of this.settings.defaultUserModes) this.setUserMode(user, mode, true)
    this.users.set(key, user)
    this.mostUsers = Math.max(this.mostUsers, this.users.size)
    return user
  }

  /** Tells those who watch the nick that it is here now; called after the newcomer was welcomed. */
  announce(user: User): void {
    const watchers = this.watchers.get(user.key)
    if (watchers !== undefined) {
      for (const watcher of watchers) watcher.recipient.reply({ type: 'monitorOnline', who: [user.identity] })
    }
  }

  /** Switches one mode of a user and keeps the figures right. */
  setUserMode(user: User, mode: UserMode, add: boolean): void {
    if (user.modes.has(mode) === add) return
    const modes = new Set(user.modes)
    if (add) modes.add(mode)
    else modes.delete(mode)
    user.modes = modes
    if (mode === 'invisible') this.invisibleUsers += add ? 1 : -1
    if (mode === 'operator') this.operators += add ? 1 : -1
    if (mode === 'bot') user.identity = user.identity.with({ bot: add })
  }

  /** Takes a user out, then tells everybody who shared a channel, once. Calling it again does nothing. */
  leave(user: User, reason: string): void {
    if (!user.present) return
    user.present = false
    const event: Event = { type: 'quit', who: user.identity, reason }
    const others = new Set<User>()
    for (const channel of user.memberships.keys()) {
      this.record(channel, event)
      channel.members.delete(user)
      for (const other of channel.members.keys()) others.add(other)
      if (channel.members.size === 0) this.close(channel)
    }
    user.exit()
    for (const channel of user.invitations ?? []) channel.invited.delete(user)
    user.invitations = undefined
    this.users.delete(user.key)
    if (user.modes.has('invisible')) this.invisibleUsers--
    if (user.operator) this.operators--
    for (const watched of user.watching?.keys() ?? []) this.unwatch(user, watched)
    this.forgetConversations(user)
    const publication = this.publication(event)
    for (const other of others) other.recipient.deliver(publication)
    this.depart(user)
  }

  /** Takes a user out against its will and has its connection closed. */
  expel(user: User, quitReason: string, goodbye: string): void {
    this.leave(user, quitReason)
    user.recipient.dismiss(goodbye)
  }

  /** Takes everybody out at once and tells nobody, when all of them are being sent away. */
  clear(): void {
    for (const user of this.users.values()) {
      user.present = false
      user.exit()
    }
    for (const places of [this.users, this.channels, this.watchers, this.conversations]) places.clear()
    this.invisibleUsers = this.operators = 0
  }

  /** Notes that the nick is free and tells its watchers. */
  depart(user: User): void {
    const { address, realHost } = user.facts
    this.whowas.add(user.key, { identity: user.identity, realHost, address, at: this.ports.now() })
    const watchers = this.watchers.get(user.key)
    if (watchers !== undefined) {
      for (const watcher of watchers) watcher.recipient.reply({ type: 'monitorOffline', nicks: [user.nick] })
    }
  }

  /** Ends one watch. */
  unwatch(user: User, key: string): void {
    const watchers = this.watchers.get(key)
    watchers?.delete(user)
    if (watchers?.size === 0) this.watchers.delete(key)
  }

  /** Says no. `about` is what the answer names: a nick, a channel, a letter. */
  refuse(user: User, refusal: Refusal, ...about: string[]): void {
    user.recipient.reply({ type: 'refused', refusal, about })
  }

  /** Says no with a code for programs (IRCv3 standard replies). */
  fail(user: User, command: string, code: string, about: readonly string[], text: string): void {
    user.recipient.reply({ type: 'failed', command, code, about, text })
  }

  /** Finds a present user by nick, in any case. */
  user(nick: string): User | undefined {
    return this.users.get(keyOf(nick))
  }

  /** Finds a channel by name, in any case. */
  channel(name: string): Channel | undefined {
    return this.channels.get(keyOf(name))
  }

  /** Opens a channel; its first member is made operator by whoever opened it. */
  open(name: string): Channel {
    const channel = new Channel(name, keyOf(name), this.ports.now())
    for (const flag of this.settings.defaultChannelFlags) channel.flags.add(flag)
    this.channels.set(channel.key, channel)
    return channel
  }

  /** Makes the user a member, without telling anybody. */
  admit(user: User, channel: Channel, ranks: number): Member {
    const member = new Member(user, channel, ranks, this.ports.now())
    channel.members.set(user, member)
    user.enter(member)
    channel.invited.delete(user)
    user.invitations?.delete(channel)
    return member
  }

  /** Takes the user out of the channel, without telling anybody. */
  remove(user: User, channel: Channel): void {
    channel.members.delete(user)
    user.exit(channel)
    if (channel.members.size === 0) this.close(channel)
  }

  /**
   * Closes an empty channel. The history of a room that had a door goes with it: whoever opens the name again is not
   * who was let in before. An open room keeps its backlog.
   */
  private close(channel: Channel): void {
    this.channels.delete(channel.key)
    for (const user of channel.invited) user.invitations?.delete(channel)
    const hadDoor =
      channel.keyword !== undefined ||
      channel.flags.has('inviteOnly') ||
      channel.flags.has('secret') ||
      channel.lists.ban.size > 0
    if (hadDoor) void this.ports.log.forget(channel.key)
  }

  /** Wraps an event that has no place in the log. */
  publication(event: Event): Publication {
    return new Publication(event, this.ports.now(), undefined)
  }

  /** Wraps an event that has an id, for replies to it, and no place in the log. */
  identified(event: Event): Publication {
    return new Publication(event, this.ports.now(), this.ports.id())
  }

  /** Wraps an event after the log of a channel or a conversation gave it its place. */
  logged(room: string, event: Event): Publication {
    const { time, id } = this.ports.log.append(room, this.ports.now(), event)
    return new Publication(event, time, id)
  }

  /** Notes an event in a channel's history without publishing it (QUIT goes to several channels but is told once). */
  record(channel: Channel, event: Event): void {
    this.ports.log.append(channel.key, this.ports.now(), event)
  }

  /** Logs an event and hands it to every member of the channel. */
  publish(channel: Channel, event: Event): void {
    const publication = this.logged(channel.key, event)
    for (const user of channel.members.keys()) user.recipient.deliver(publication)
  }

  /** Hands an event once to the user itself and to everybody who shares a channel with it. */
  publishAround(user: User, event: Event, includingSelf: boolean): void {
    const publication = this.publication(event)
    const told = new Set<User>([user])
    if (includingSelf) user.recipient.deliver(publication)
    for (const channel of user.memberships.keys()) {
      for (const other of channel.members.keys()) {
        if (told.has(other)) continue
        told.add(other)
        other.recipient.deliver(publication)
      }
    }
    // Where a name went is nobody's business who does not share a channel (IRCv3 extended-monitor, privacy).
    if (event.type === 'renamed') return
    for (const watcher of this.watchers.get(user.key) ?? []) {
      if (told.has(watcher) || !watcher.recipient.watchesChanges) continue
      told.add(watcher)
      watcher.recipient.deliver(publication)
    }
  }

  /** Logs of private conversations, by pair; they live as long as both are here. */
  private readonly conversations = new Map<User, Map<User, string>>()

  /** The log room of two users' conversation, made at the first call. */
  conversation(one: User, other: User): string {
    let room = this.conversations.get(one)?.get(other)
    if (room === undefined) {
      // A channel's key starts with '#', so these can never meet.
      room = `@${this.ports.id()}`
      for (const [a, b] of [
        [one, other],
        [other, one],
      ] as const) {
        const mine = this.conversations.get(a) ?? new Map<User, string>()
        mine.set(b, room)
        this.conversations.set(a, mine)
        if (mine.size > MAX_CONVERSATIONS) this.forgetConversation(a, mine.keys().next().value!)
      }
    }
    return room
  }

  /** Everybody the user had a private conversation with. */
  conversationsOf(user: User): ReadonlyMap<User, string> {
    return this.conversations.get(user) ?? new Map()
  }

  private forgetConversation(one: User, other: User): void {
    const room = this.conversations.get(one)?.get(other)
    if (room === undefined) return
    this.conversations.get(one)?.delete(other)
    this.conversations.get(other)?.delete(one)
    void this.ports.log.forget(room)
  }

  private forgetConversations(user: User): void {
    for (const other of [...this.conversationsOf(user).keys()]) this.forgetConversation(user, other)
    this.conversations.delete(user)
  }

  /** Figures for LUSERS. */
  census(): Census {
    return {
      visible: this.users.size - this.invisibleUsers,
      invisible: this.invisibleUsers,
      operators: this.operators,
      unregistered: this.ports.unregistered(),
      channels: this.channels.size,
      most: this.mostUsers,
    }
  }
}
