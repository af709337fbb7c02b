import type { Identity, Source } from './identity.js'
import type { User } from './user.js'

/** Ranks of a member, as bits: one person may hold several. A higher bit outranks all lower ones. */
export const RANK = { voice: 1, halfop: 2, op: 4 } as const

/** Name of a member's rank. */
export type Rank = keyof typeof RANK

/** Switches of a channel. */
export type ChannelFlag = 'inviteOnly' | 'moderated' | 'noExternal' | 'secret' | 'topicLocked' | 'noCtcp'

/** Mask lists of a channel. */
export type ChannelList = 'ban' | 'exception' | 'invitation'

/** One line of a mask list. */
export interface ListEntry {
  /** As given, completed to `nick!user@host`; an extended ban keeps its letter. */
  readonly mask: string
  /** Undefined for a plain mask; `mute` forbids to speak and nothing else. */
  readonly kind: 'mute' | undefined
  /** Tells whether the mask covers somebody. */
  readonly covers: (identity: Identity) => boolean
  /** Full mask of who set it. */
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Somebody's place in a channel. */
export class Member {
  /** Bits of {@link RANK}. */
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

/** Highest rank among the bits, as one bit; 0 for none. */
export function highest(ranks: number): number {
  return ranks & RANK.op || ranks & RANK.halfop || ranks & RANK.voice
}
