import type { ChatError } from '../codec/errors.js'
import type { Message } from '../codec/message.js'
import type { ModeChange } from '../codec/modes.js'

/** Somebody, as a message's source shows them; a server has only a `nick` that holds a dot. */
export interface Person {
  /** Nick, in the form its owner gave it. */
  readonly nick: string
  /** User name; `''` when unknown. */
  readonly user: string
  /** Host name or cloak; `''` when unknown. */
  readonly host: string
}

/** What every event about a message on the wire carries. */
export interface Occurrence {
  /** When: the server's time (server-time), else that of arrival. */
  readonly time: Date
  /** The server's id of the message; `undefined` without the `msgid` tag. Equal ids are the same message. */
  readonly msgid: string | undefined
  /** All tags as received. */
  readonly tags: ReadonlyMap<string, string>
}

/** The connection's life: one event per change. */
export interface StatusEvent {
  /** Which event this is. */
  readonly type: 'status'
  /**
   * `connecting` → `registering` → `online`; `waiting` for the next attempt; `closed` for good. Messages said in any
   * state but `closed` are kept and leave when the client is online and in the room again.
   */
  readonly state: 'connecting' | 'registering' | 'online' | 'waiting' | 'closed'
  /** Number of this attempt since the client was last online, from 1. */
  readonly attempt: number
  /** With `waiting`: when the next attempt starts. */
  readonly retryAt?: Date
  /** With `waiting` and `closed`: what ended the connection, as a sentence. */
  readonly reason?: string
  /** With `waiting` and `closed`: the error, if there was one. */
  readonly error?: ChatError
}

/** The server has welcomed the client: `nick` is ours from here on (also after a reconnect). */
export interface WelcomeEvent {
  /** Which event this is. */
  readonly type: 'welcome'
  /** The nick that the server gave. It may differ from the one asked for, when that was in use. */
  readonly nick: string
  /** The server's name. */
  readonly server: string
  /** The network's name (ISUPPORT `NETWORK`), `''` if it has none. */
  readonly network: string
  /** Capabilities in use. */
  readonly caps: readonly string[]
}

/** A message to a channel or between two people, ours included. */
export interface MessageEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'message'
  /** `notice` must not be answered automatically; `action` is what `/me` says. */
  readonly kind: 'message' | 'notice' | 'action'
  /** Who did it. */
  readonly from: Person
  /** Where it belongs: the channel, or the other person's nick (also for our own words to them). */
  readonly room: string
  /** The text, plain; formatting codes are still in it (see `stripFormatting`). */
  readonly text: string
  /** Is it ours? */
  readonly self: boolean
  /** Does it come out of the history rather than live? */
  readonly past: boolean
  /** `msgid` of the message it answers (`+reply`, `+draft/reply`). */
  readonly replyTo: string | undefined
  /** Account of the sender (account-tag); `undefined` when not logged in or unknown. */
  readonly account: string | undefined
  /** Does the sender call itself a bot (bot mode)? */
  readonly bot: boolean
  /** Rank that it is addressed to (`@` in `@#room`), `''` for everybody. */
  readonly statusPrefix: string
  /**
   * Only of our own: the id that `say` gave. Such an event comes at once; a {@link DeliveryEvent} with the same id
   * says what became of it, and then it has its `msgid`.
   */
  readonly localId: string | undefined
}

/**
 * A request of a program to others (CTCP: `VERSION`, `PING`, `DCC` …), or the answer to one. `/me` is a message. Nothing
 * answers requests by itself: what one runs is nobody's business, and whoever asks a whole room would have it answer at once.
 */
export interface CtcpEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'ctcp'
  /** Whose program it is. */
  readonly from: Person
  /** Where it belongs: the channel, or the other person's nick. */
  readonly room: string
  /** What is asked for, in upper case. */
  readonly command: string
  /** What stands behind it, `''` for nothing; control characters may be in it. */
  readonly text: string
  /** False for a request, true for an answer (a NOTICE), which must not be answered. */
  readonly answer: boolean
  /** Is it ours? */
  readonly self: boolean
  /** Does it come out of the history rather than live? */
  readonly past: boolean
}

/** What became of one of our messages. */
export interface DeliveryEvent {
  /** Which event this is. */
  readonly type: 'delivery'
  /** The id that `say` gave. */
  readonly localId: string
  /** The room, as the server spells it. */
  readonly room: string
  /** `sent`: the server has it (its echo came, or it offers none and the line is written); `failed`: it refused. */
  readonly state: 'sent' | 'failed'
  /** The server's id, when it tells. */
  readonly msgid: string | undefined
  /** The server's time of it. */
  readonly time: Date
  /** With `failed`: why. */
  readonly error?: ChatError
}

/** A reaction to a message (`+draft/react`), or one taken back (`+draft/unreact`). */
export interface ReactionEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'reaction'
  /** Who did it. */
  readonly from: Person
  /** The room, as the server spells it. */
  readonly room: string
  /** The message reacted to. */
  readonly replyTo: string
  /** Any text, usually one emoji. */
  readonly reaction: string
  /** False when it is taken back. */
  readonly set: boolean
  /** Is it about us? */
  readonly self: boolean
  /** Does it come out of the history rather than live? */
  readonly past: boolean
}

/** Somebody is typing (`+typing`), has paused, or is done. Holds for 6 seconds when nothing follows. */
export interface TypingEvent {
  /** Which event this is. */
  readonly type: 'typing'
  /** Who did it. */
  readonly from: Person
  /** The room, as the server spells it. */
  readonly room: string
  /** What is going on. */
  readonly state: 'active' | 'paused' | 'done'
}

/** Somebody came into a channel; with `self` it is us, and the channel's state follows with `names`. */
export interface JoinEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'join'
  /** Who it is about. */
  readonly who: Person
  /** The room, as the server spells it. */
  readonly room: string
  /** Is it about us? */
  readonly self: boolean
  /** Does it come out of the history rather than live? */
  readonly past: boolean
  /** Account (extended-join); `undefined` when not logged in or unknown. */
  readonly account: string | undefined
  /** Real name (extended-join). */
  readonly realname: string | undefined
}

/** Somebody left a channel. */
export interface PartEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'part'
  /** Who it is about. */
  readonly who: Person
  /** The room, as the server spells it. */
  readonly room: string
  /** Why, in the person's words; `''` for none. */
  readonly reason: string
  /** Is it about us? */
  readonly self: boolean
  /** Does it come out of the history rather than live? */
  readonly past: boolean
}

/** Somebody was put out of a channel. */
export interface KickEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'kick'
  /** Nick of who was put out. */
  readonly nick: string
  /** Who did it. */
  readonly by: Person
  /** The room, as the server spells it. */
  readonly room: string
  /** Why, in the person's words; `''` for none. */
  readonly reason: string
  /** Is it about us? */
  readonly self: boolean
  /** Does it come out of the history rather than live? */
  readonly past: boolean
}

/** Somebody left the server. */
export interface QuitEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'quit'
  /** Who it is about. */
  readonly who: Person
  /** Channels that we shared. */
  readonly rooms: readonly string[]
  /** Why, in the person's words; `''` for none. */
  readonly reason: string
  /** Is it about us? */
  readonly self: boolean
  /** Does it come out of the history rather than live? */
  readonly past: boolean
}

/** Somebody changed their nick. */
export interface NickEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'nick'
  /** Who did it. */
  readonly from: Person
  /** The new nick. */
  readonly to: string
  /** Channels that we share. */
  readonly rooms: readonly string[]
  /** Is it about us? */
  readonly self: boolean
  /** Does it come out of the history rather than live? */
  readonly past: boolean
}

/** A channel's topic, as told on joining (`by` is then undefined or who set it) or changed. */
export interface TopicEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'topic'
  /** The room, as the server spells it. */
  readonly room: string
  /** `''` when there is none. */
  readonly topic: string
  /** Who did it. */
  readonly by: Person | undefined
  /** Did it change just now? False when told on joining. */
  readonly changed: boolean
  /** Does it come out of the history rather than live? */
  readonly past: boolean
}

/** A channel's member list is complete: after joining, and after `names`. */
export interface NamesEvent {
  /** Which event this is. */
  readonly type: 'names'
  /** The room, as the server spells it. */
  readonly room: string
}

/** Modes of a channel or of ours changed. */
export interface ModeEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'mode'
  /** The channel, or our nick. */
  readonly room: string
  /** Who did it. */
  readonly by: Person
  /** What changed, in order. */
  readonly changes: readonly ModeChange[]
  /** Does it come out of the history rather than live? */
  readonly past: boolean
}

/** Something about a person changed that is no matter of one channel. */
export interface PersonEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'person'
  /** Who it is about. */
  readonly who: Person
  /** Away text; `null` when back (away-notify). */
  readonly away?: string | null
  /** Account; `null` when logged out (account-notify). */
  readonly account?: string | null
  /** Real name (setname). */
  readonly realname?: string
  /** Is on the server (MONITOR). */
  readonly online?: boolean
  /** Channels that we share. */
  readonly rooms: readonly string[]
}

/** Somebody invited somebody, usually us, into a channel. */
export interface InviteEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'invite'
  /** Who did it. */
  readonly by: Person
  /** Nick of who is invited. */
  readonly nick: string
  /** The room, as the server spells it. */
  readonly room: string
  /** Is it about us? */
  readonly self: boolean
}

/** What was said before: the backlog on joining, or what was missed while the connection was away. */
export interface HistoryEvent {
  /** Which event this is. */
  readonly type: 'history'
  /** The room, as the server spells it. */
  readonly room: string
  /** Oldest first, without what was delivered already. */
  readonly events: readonly PastEvent[]
  /** `backlog` on the first join; `catch-up` after a reconnect: it follows what came before without a gap unless `gap`. */
  readonly kind: 'backlog' | 'catch-up'
  /** Is something missing between what came before and the first of `events`? */
  readonly gap: boolean
  /** Is there older history to ask for with `history`? */
  readonly more: boolean
}

/** What a history can hold. */
export type PastEvent =
  | MessageEvent
  | ReactionEvent
  | CtcpEvent
  | JoinEvent
  | PartEvent
  | KickEvent
  | QuitEvent
  | NickEvent
  | TopicEvent
  | ModeEvent

/** The server complains, and not about a request that waits for its answer: an error numeric, FAIL, WARN or NOTE. */
export interface ComplaintEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'complaint'
  /** `fail`: something was not done; `warn`: it was, but; `note`: to know. */
  readonly severity: 'fail' | 'warn' | 'note'
  /** Command it is about, as far as the server tells; `'*'` or `''` for none. */
  readonly command: string
  /** Code word (`INVALID_UTF8`) or numeric (`404`). */
  readonly reply: string
  /** Parameters between command or nick and the text. */
  readonly context: readonly string[]
  /** The server's sentence. */
  readonly text: string
}

/** A message from the server that is no event of another type: answers to raw commands, MOTD lines and so on. */
export interface ReplyEvent extends Occurrence {
  /** Which event this is. */
  readonly type: 'reply'
  /** The message as received. */
  readonly message: Message
}

/** Everything that happens, told by `type`. */
export type ChatEvent =
  | StatusEvent
  | WelcomeEvent
  | MessageEvent
  | DeliveryEvent
  | ReactionEvent
  | CtcpEvent
  | TypingEvent
  | JoinEvent
  | PartEvent
  | KickEvent
  | QuitEvent
  | NickEvent
  | TopicEvent
  | NamesEvent
  | ModeEvent
  | PersonEvent
  | InviteEvent
  | HistoryEvent
  | ComplaintEvent
  | ReplyEvent
