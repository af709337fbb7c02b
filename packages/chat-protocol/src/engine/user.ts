import type { Channel, Member } from './channel.js'
import type { Recipient } from './event.js'
import type { Identity } from './identity.js'

/** What a user may switch on for itself; `operator` only through an operator's password. */
export type UserMode = 'invisible' | 'wallops' | 'bot' | 'operator'

/** Facts about a user's connection, given by whoever accepted it. */
export interface ConnectionFacts {
  /** Address the client connected from, for operators and bans; empty for a Unix socket. */
  readonly address: string
  /** Host name or address before cloaking. */
  readonly realHost: string
  /** True when the whole way to the server is encrypted. */
  readonly secure: boolean
}

const NO_MODES: ReadonlySet<UserMode> = new Set()

/** One person in the engine: registered, with a nick nobody else has. */
export class User {
  /** Who the user is now; replaced at every change. */
  identity: Identity
  /** Folded nick, the key under which the engine finds this user. */
  key: string
  /** Shared while it is empty, as it is for most: replaced when it changes, see `setUserMode`. */
  modes: ReadonlySet<UserMode> = NO_MODES
  /** Channels this user is a member of, with the membership itself. */
  readonly memberships = new Map<Channel, Member>()
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

  /** True for an operator of the server. */
  get operator(): boolean {
    return this.modes.has('operator')
  }
}
