import type { Message, MessageInit } from '../codec/message.js'
import type { ChatEvent, PastEvent } from './events.js'

/** One channel's member. */
export interface Member {
  /** Nick, in the form its owner gave it. */
  readonly nick: string
  /** User name and host; `''` until known. */
  readonly user: string
  /** Host name or cloak; `''` until known. */
  readonly host: string
  /** Signs of the ranks held, highest first (`@+`), `''` for none. */
  readonly prefixes: string
  /** Account; `undefined` when not logged in or unknown. */
  readonly account: string | undefined
  /** Real name; `undefined` until known. */
  readonly realname: string | undefined
  /** Away, as far as was told since we came in (away-notify): of who was away before, nobody says so. */
  readonly away: boolean
}

/** One channel as the client knows it. A live view: read it when an event says that it changed. */
export interface Room {
  /** Name as the server spells it. */
  readonly name: string
  /** Are we in it now? False while disconnected and before the first join is answered. */
  readonly joined: boolean
  /** `''` when there is none. */
  readonly topic: string
  /** Members by folded nick; use `sorted` to show them. */
  readonly members: ReadonlyMap<string, Member>
  /** Members by rank, then by nick. */
  sorted(): Member[]
}

/** Options of `say`. */
export interface SayOptions {
  /** `msgid` of the message that this answers. */
  replyTo?: string | undefined
  /** `message` (default), `notice`, or `action` (`/me`). */
  kind?: 'message' | 'notice' | 'action'
}

/** Which part of the history to ask for. With neither `before`, `after` nor `around`: the latest. */
export interface HistoryQuery {
  /** Older than this `msgid` or time. */
  before?: string | Date
  /** Newer than this `msgid` or time. */
  after?: string | Date
  /** Around this `msgid` or time. */
  around?: string | Date
  /** Most messages (default 50, at most what the server allows). */
  limit?: number
}

/** A page of history. */
export interface HistoryPage {
  /** Oldest first; nothing is left out for having been delivered before: compare `msgid`s. */
  readonly events: readonly PastEvent[]
  /** May there be more in the direction asked for? */
  readonly more: boolean
}

/** One line of `list`. */
export interface RoomListing {
  /** Name as the server spells it. */
  readonly name: string
  /** How many are in it. */
  readonly members: number
  /** `''` when there is none. */
  readonly topic: string
}

/** What `whois` tells; absent is unknown. */
export interface Whois {
  /** Nick, in the form its owner gave it. */
  readonly nick: string
  /** User name, with `~` when nobody vouches for it. */
  readonly user?: string
  /** Host name or cloak; `''` until known. */
  readonly host?: string
  /** Real name; `undefined` until known. */
  readonly realname?: string
  /** Server that the person is on. */
  readonly server?: string
  /** Account; `undefined` when not logged in or unknown. */
  readonly account?: string
  /** Channels with the person's prefixes there, `@#room`. */
  readonly rooms: readonly string[]
  /** Away text. */
  readonly away?: string
  /** Seconds since the person said something. */
  readonly idleSeconds?: number
  /** Is it an operator of the server? */
  readonly operator: boolean
  /** Is it connected by TLS? */
  readonly secure: boolean
  /** Does it call itself a bot? */
  readonly bot: boolean
}

/**
 * A client's doing. What the server must answer is a promise, rejected with `ChatError` `CHAT_ERR_COMMAND_FAILED` (its
 * `line` is the server's), `CHAT_ERR_NO_ANSWER`, `CHAT_ERR_CLOSED`, or `CHAT_ERR_QUEUE_FULL` when too much waits already. What needs none is queued and never waits.
 */
export interface Chatting extends AsyncIterable<ChatEvent> {
  /** Our nick now; before the welcome the one asked for. */
  readonly nick: string
  /** State of the last `status` event. */
  readonly state: 'connecting' | 'registering' | 'online' | 'waiting' | 'closed'
  /** Rooms joined or to be joined again, by folded name. */
  readonly rooms: ReadonlyMap<string, Room>
  /** A room by its name, whatever its case. */
  room(name: string): Room | undefined
  /** Are two names the same to this server? */
  same(a: string, b: string): boolean
  /** Is the capability in use (`message-tags`: typing, replies and reactions; `draft/chathistory`: history)? */
  has(capability: string): boolean
  /**
   * Comes into a room and stays: it is joined again after a reconnect. Resolves when the member list is complete. Rejected
   * with `CHAT_ERR_NO_ANSWER` when the server is silent, it is still a room that we want: `part` gives it up.
   */
  join(room: string, key?: string): Promise<Room>
  /** Leaves a room for good. A `join` that still waits for it is rejected with `CHAT_ERR_NO_ANSWER`. */
  part(room: string, reason?: string): Promise<void>
  /**
   * Says something to a room or a person, now or as soon as possible. Long text is split into lines that fit.
   *
   * @returns an id for each line, the `localId` of its `message` and `delivery` events
   * @throws ChatError `CHAT_ERR_QUEUE_FULL` when too much waits already, `CHAT_ERR_CLOSED`
   */
  say(room: string, text: string, options?: SayOptions): string[]
  /** Reacts to a message, or takes a reaction back with `set: false`. Dropped where the server has no message-tags. */
  react(room: string, msgid: string, reaction: string, set?: boolean): void
  /** Says that we are typing, or no more; call it at every key: it is sent once in 3 seconds at most, or dropped. */
  typing(room: string, state: 'active' | 'paused' | 'done'): void
  /** Reads a part of the history. Rejects with `CHAT_ERR_UNSUPPORTED` where the server keeps none. */
  history(room: string, query?: HistoryQuery): Promise<HistoryPage>
  /** Asks for another nick. */
  changeNick(nick: string): Promise<void>
  /** Sets a room's topic; `''` removes it. */
  setTopic(room: string, topic: string): Promise<void>
  /** Says that we are away, or back when there is no text. */
  away(text?: string): Promise<void>
  /** Lists the server's public rooms. Rejects with `CHAT_ERR_ANSWER_TOO_LONG` when they are more than 100,000. */
  list(): Promise<RoomListing[]>
  /** Tells about a person. */
  whois(nick: string): Promise<Whois>
  /**
   * Sends any command and collects its answer (labeled-response, else by the numerics that end it). Rejects with
   * `CHAT_ERR_ANSWER_TOO_LONG` when that has more than 100,000 lines.
   */
  request(message: MessageInit): Promise<Message[]>
  /** Sends any command when online; nothing waits for an answer, what comes is a `reply` or `complaint` event. */
  send(message: MessageInit): void
  /** Calls back for every event, in order; returns what ends it. What a listener throws is an uncaught error of the program. */
  on(listener: (event: ChatEvent) => void): () => void
  /** Tries to connect at once instead of waiting for `retryAt` (the browser is online again, the tab woke up). */
  retryNow(): void
  /** Says goodbye and ends; resolves when the connection is closed. */
  close(reason?: string): Promise<void>
}
