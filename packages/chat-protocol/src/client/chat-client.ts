import { ChatError } from '../codec/errors.js'
import type { Message, MessageInit } from '../codec/message.js'
import type { Carriage, Dial } from './carriage.js'
import { type ChatUrl, parseChatUrl } from './chat-url.js'
import { ClientCore } from './core.js'
import { EventQueue } from './event-queue.js'
import type { ChatEvent, StatusEvent } from './events.js'
import type { Chatting, HistoryPage, HistoryQuery, Room, RoomListing, SayOptions, Whois } from './interface.js'
import { type ClientOptions, resolveOptions } from './options.js'
import { readListings, readWhois } from './queries.js'
import { checkTarget } from './speech.js'

/** Options of `connect`. */
export interface ConnectOptions extends ClientOptions {
  /** `irc://`, `ircs://`, `ws://`, `wss://`, the page's `http(s)://`, or `host[:port]`; see `parseChatUrl`. */
  url: string
  /** Closes the client when it aborts. */
  signal?: AbortSignal
}

/** The longest wait of a timer, milliseconds: beyond it one fires at once. */
const MAX_DELAY = 2 ** 31 - 1

/** A chat client on one server: connects, stays connected, and tells what happens. Made by `connect`. */
export class ChatClient implements Chatting, AsyncDisposable {
  /** Resolves when the client is closed for good; never rejects. */
  readonly closed: Promise<void>
  readonly #core: ClientCore
  readonly #url: ChatUrl
  readonly #dial: Dial
  readonly #listeners = new Set<(event: ChatEvent) => void>()
  readonly #queues = new Set<EventQueue<ChatEvent>>()
  #carriage: Carriage | undefined
  /** Counts connections, so that what a former one tells late is not taken for the present one's. */
  #connection = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerAt: number | undefined
  #settleClosed: () => void = () => {}

  /**
   * @param dial makes connections
   * @throws ChatError `CHAT_ERR_USAGE` for a URL that is none; TypeError for a nick or room that cannot be one
   */
  constructor(options: ConnectOptions, dial: Dial) {
    const { url, signal, ...rest } = options
    this.#url = parseChatUrl(url)
    this.#dial = dial
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
    const password = rest.password ?? this.#url.password
    resolveOptions(rest)
    const rooms = [...new Set([...this.#url.rooms, ...(rest.rooms ?? [])])]
    this.#core = new ClientCore(
      { ...rest, rooms, ...(password === undefined ? {} : { password }) },
      {
        dial: () => this.#connect(),
        hangUp: () => this.#hangUp(),
        write: (line) => this.#carriage?.send(line),
        emit: (event) => this.#emit(event),
        now: Date.now,
        random: Math.random,
      },
    )
    if (signal?.aborted) this.#run(() => this.#core.close())
    const abort = (): void => void this.close()
    signal?.addEventListener('abort', abort, { once: true })
    // A signal that many clients share must not keep those that are closed.
    void this.closed.then(() => signal?.removeEventListener('abort', abort))
    // Later in this turn, so that listeners hear the first event.
    queueMicrotask(() => {
      if (this.state !== 'closed') this.#run(() => this.#core.start())
    })
  }

  get nick(): string {
    return this.#core.nick
  }

  get state(): StatusEvent['state'] {
    return this.#core.state
  }

  get rooms(): ReadonlyMap<string, Room> {
    return this.#core.roster.rooms
  }

  room(name: string): Room | undefined {
    return this.#core.roster.get(name)
  }

  same(a: string, b: string): boolean {
    return this.#core.roster.fold(a) === this.#core.roster.fold(b)
  }

  has(capability: string): boolean {
    return this.#core.has(capability)
  }

  join(room: string, key?: string): Promise<Room> {
    return this.#run(() => this.#core.join(room, key))
  }

  part(room: string, reason?: string): Promise<void> {
    return this.#run(() => this.#core.part(room, reason))
  }

  say(room: string, text: string, options: SayOptions = {}): string[] {
    if (this.state === 'closed') throw new ChatError('CHAT_ERR_CLOSED', 'the client was closed')
    return this.#run(() => this.#core.speech.say(room, text, options))
  }

  react(room: string, msgid: string, reaction: string, set = true): void {
    this.#run(() => this.#core.speech.react(room, msgid, reaction, set))
  }

  typing(room: string, state: 'active' | 'paused' | 'done'): void {
    this.#run(() => this.#core.speech.typing(room, state))
  }

  history(room: string, query: HistoryQuery = {}): Promise<HistoryPage> {
    checkTarget(room)
    return this.#run(() => this.#core.archive.page(room, query))
  }

  changeNick(nick: string): Promise<void> {
    return this.#run(() => this.#core.changeNick(nick))
  }

  async setTopic(room: string, topic: string): Promise<void> {
    await this.request({ command: 'TOPIC', params: [room, topic] })
  }

  async away(text = ''): Promise<void> {
    await this.request({ command: 'AWAY', params: text === '' ? [] : [text] })
  }

  async list(): Promise<RoomListing[]> {
    return readListings(await this.request({ command: 'LIST' }))
  }

  async whois(nick: string): Promise<Whois> {
    checkTarget(nick)
    return readWhois(nick, await this.request({ command: 'WHOIS', params: [nick] }))
  }

  request(message: MessageInit): Promise<Message[]> {
    return this.#run(() => this.#core.request(message))
  }

  send(message: MessageInit): void {
    this.#run(() => this.#core.send(message))
  }

  on(listener: (event: ChatEvent) => void): () => void {
    // A listener given twice is called twice, and each call ends its own.
    const entry = (event: ChatEvent): void => listener(event)
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  /** All events from now on. Ends when the client is closed; rejects with `CHAT_ERR_QUEUE_FULL` for who reads too slowly. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ChatEvent> {
    const { maxEvents } = this.#core.options
    const weigh = (event: ChatEvent): number => (event.type === 'history' ? 1 + event.events.length : 1)
    const queue: EventQueue<ChatEvent> = new EventQueue(maxEvents, () => this.#queues.delete(queue), weigh)
    this.#queues.add(queue)
    if (this.state === 'closed') queue.end()
    return queue
  }

  retryNow(): void {
    this.#run(() => this.#core.retryNow())
  }

  close(reason?: string): Promise<void> {
    this.#run(() => this.#core.close(reason))
    return this.closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #connect(): void {
    const connection = ++this.#connection
    const mine =
      <A extends unknown[]>(act: (...args: A) => void) =>
      (...args: A): void => {
        if (connection === this.#connection) this.#run(() => act(...args))
      }
    this.#carriage = this.#dial(this.#url, {
      opened: mine(() => this.#core.opened()),
      line: mine((line: string) => this.#core.receive(line)),
      closed: mine((error?: ChatError) => this.#gone(error)),
    })
  }

  #hangUp(): void {
    const carriage = this.#carriage
    // What the old connection still tells does not count any more.
    this.#connection++
    carriage?.close()
    this.#gone()
  }

  #gone(error?: ChatError): void {
    this.#carriage = undefined
    this.#core.lost(error)
  }

  /** Everything goes through here: afterwards the one timer stands at the core's next deadline. */
  #run<T>(act: () => T): T {
    try {
      return act()
    } finally {
      this.#arm()
    }
  }

  #arm(): void {
    const at = this.#core.deadline
    if (at === this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    if (at === undefined) return
    this.#timer = setTimeout(
      () => {
        this.#timerAt = undefined
        this.#run(() => this.#core.tick())
      },
      Math.min(MAX_DELAY, Math.max(0, at - Date.now())),
    )
  }

  #emit(event: ChatEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        // As with DOM events: an error of the program's own, which must neither cut the connection nor be lost.
        queueMicrotask(() => {
          throw error
        })
      }
    }
    for (const queue of this.#queues) queue.push(event)
    if (event.type !== 'status' || event.state !== 'closed') return
    for (const queue of this.#queues) queue.end()
    this.#settleClosed()
  }
}
