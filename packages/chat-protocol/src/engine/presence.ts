// A user knows its channels and a channel its users: three classes that hold each other are one idea, in one file.
import type { ConnectionFacts } from './connection-facts.js'
import type { Identity, Source } from './identity.js'
import type { ListEntry } from './list-entry.js'
import type { ChannelFlag, ChannelList, UserMode } from './mode.js'
import type { Recipient } from './recipient.js'

const NO_MODES: ReadonlySet<UserMode> = new Set()
const NO_PLACES: ReadonlyMap<Channel, Member> = new Map()

/** One person in the engine: registered, with a nick nobody else has. */
export class User {
  /** Who the user is now; replaced at every change. */
  identity: Identity
  /** Folded nick, the key under which the engine finds this user. */
  key: string
  /** Shared while it is empty, as it is for most: replaced when it changes, see `EngineState.setUserMode`. */
  modes: ReadonlySet<UserMode> = NO_MODES
  /** Made with the first channel: who only listens costs no map. */
  private places: Map<Channel, Member> | undefined = undefined
  /** Channels somebody invited this user to and that it has not joined yet; made with the first. */
  invitations: Set<Channel> | undefined = undefined
  /** Away message, or undefined while present. */
  away: string | undefined = undefined
  /** Folded nicks this user watches; made when the first is added. */
  watching: Map<string, string> | undefined = undefined
  /** Milliseconds since the epoch: when the user came, and when it last said something. */
  readonly since: number
  /** Milliseconds since the epoch. */
  lastSpoke: number
  /** False from the moment the user left. */
  present = true

  constructor(
    identity: Identity,
    key: string,
    /** Where it comes from. */
    readonly facts: ConnectionFacts,
    /** Where its events go. */
    readonly recipient: Recipient,
    now: number,
  ) {
    this.identity = identity
    this.key = key
    this.since = now
    this.lastSpoke = now
  }

  /** Nick in use. */
  get nick(): string {
    return this.identity.nick
  }

  /** Channels this user is a member of, with the membership itself. */
  get memberships(): ReadonlyMap<Channel, Member> {
    return this.places ?? NO_PLACES
  }

  /** Notes a membership. */
  enter(member: Member): void {
    this.places ??= new Map()
    this.places.set(member.channel, member)
  }

  /** Forgets a membership, or all. */
  exit(channel?: Channel): void {
    if (channel === undefined) this.places = undefined
    else this.places?.delete(channel)
  }

  /** True for an operator of the server. */
  get operator(): boolean {
    return this.modes.has('operator')
  }
}

/** Somebody's place in a channel. */
export class Member {
  /** Bits of `RANK`. */
  ranks: number
  /** Verdict of the mask lists, valid for one identity and one version of the lists. */
  private verdictFor: Identity | undefined = undefined
  private verdictVersion = -1
  private verdict = false

  constructor(
    /** Who is in the channel. */
    readonly user: User,
    /** The channel. */
    readonly channel: Channel,
    ranks: number,
    /** Milliseconds since the epoch. History from before is withheld from nobody but those who may not join. */
    readonly since: number,
  ) {
    this.ranks = ranks
  }

  /** True when a ban or a mute covers this member and no exception does. Cheap: recomputed only after a change. */
  get silenced(): boolean {
    const { channel, user } = this
    if (this.verdictFor !== user.identity || this.verdictVersion !== channel.listsVersion) {
      this.verdictFor = user.identity
      this.verdictVersion = channel.listsVersion
      this.verdict = channel.forbids(user.identity, true)
    }
    return this.verdict
  }
}

/** A room: its members, modes, lists and topic. It exists while it has a member. */
export class Channel {
  /** Who is in it, with their memberships. */
  readonly members = new Map<User, Member>()
  /** Switches that are on. */
  readonly flags = new Set<ChannelFlag>()
  /** The mask lists, by folded mask. */
  readonly lists: Record<ChannelList, Map<string, ListEntry>> = {
    ban: new Map(),
    exception: new Map(),
    invitation: new Map(),
  }
  /** Grows with every change of a list, so that verdicts can be cached. */
  listsVersion = 0
  /** Key that must be given to come in. */
  keyword: string | undefined = undefined
  /** Most members; undefined: any number. */
  limit: number | undefined = undefined
  /** What the room is about, who said so and when. */
  topic: { readonly text: string; readonly by: Source; readonly at: number } | undefined = undefined
  /** Users that somebody invited and that have not come yet. */
  readonly invited = new Set<User>()

  constructor(
    /** As its first member wrote it. */
    readonly name: string,
    /** Folded name. */
    readonly key: string,
    /** Milliseconds since the epoch. */
    readonly created: number,
  ) {}

  /** True when a ban covers the identity and no exception does; `speaking` counts mutes as well. */
  forbids(identity: Identity, speaking: boolean): boolean {
    const { ban, exception } = this.lists
    if (ban.size === 0) return false
    const banned = some(ban, (entry) => (speaking || entry.kind === undefined) && entry.covers(identity))
    if (!banned) return false
    // An exception from mutes frees from mutes only.
    return !some(exception, (entry) => (speaking || entry.kind === undefined) && entry.covers(identity))
  }

  /** True when the invitation list covers the identity. */
  welcomes(identity: Identity): boolean {
    return some(this.lists.invitation, (entry) => entry.kind === undefined && entry.covers(identity))
  }

  /** True when somebody who is not a member may know of the channel. */
  visibleTo(user: User): boolean {
    return !this.flags.has('secret') || this.members.has(user) || user.operator
  }
}

function some(list: Map<string, ListEntry>, holds: (entry: ListEntry) => boolean): boolean {
  for (const entry of list.values()) if (holds(entry)) return true
  return false
}
