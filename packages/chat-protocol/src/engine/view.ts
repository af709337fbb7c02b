import type { ConnectionFacts } from './connection-facts.js'
import type { Identity, Source } from './identity.js'
import type { ChannelFlag, UserMode } from './mode.js'

/** A user as a reply shows it: the engine's own object, to be read and not to be kept. */
export interface UserView {
  /** Who the user is now. */
  readonly identity: Identity
  /** Where it comes from. */
  readonly facts: ConnectionFacts
  /** Modes that are on. */
  readonly modes: ReadonlySet<UserMode>
  /** True for an operator of the server. */
  readonly operator: boolean
  /** Away message, or undefined while present. */
  readonly away: string | undefined
  /** Channels this user is a member of, with its place there. */
  readonly memberships: ReadonlyMap<ChannelView, MemberView>
  /** When the user came, in milliseconds since the epoch. */
  readonly since: number
  /** When it last said something, in milliseconds since the epoch. */
  readonly lastSpoke: number
}

/** A place in a channel as a reply shows it. */
export interface MemberView {
  /** Bits of `RANK`. */
  readonly ranks: number
}

/** A channel as a reply shows it: the engine's own object, to be read and not to be kept. */
export interface ChannelView {
  /** As its first member wrote it. */
  readonly name: string
  /** When it was opened, in milliseconds since the epoch. */
  readonly created: number
  /** Who is in it, with their places. */
  readonly members: ReadonlyMap<UserView, MemberView>
  /** Switches that are on. */
  readonly flags: ReadonlySet<ChannelFlag>
  /** Key that must be given to come in. */
  readonly keyword: string | undefined
  /** Most members; undefined: any number. */
  readonly limit: number | undefined
  /** What the room is about, who said so and when. */
  readonly topic: { readonly text: string; readonly by: Source; readonly at: number } | undefined
}
