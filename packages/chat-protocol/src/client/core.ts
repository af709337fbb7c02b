import { ChatError } from '../codec/errors.js'
import { Isupport } from '../codec/isupport.js'
import { formatMask } from '../codec/mask.js'
import { formatMessage, type Message, type MessageInit, parseMessage } from '../codec/message.js'
import { ERR, RPL } from '../codec/numerics.js'
import { splitText, textBudget } from '../codec/text.js'
import { Answers, type Pending } from './answers.js'
import { Archive } from './archive.js'
import { backOff } from './back-off.js'
import { CatchUp } from './catch-up.js'
import { Deadlines } from './deadlines.js'
import type { ChatEvent, Person, StatusEvent } from './events.js'
import { Handshake } from './handshake.js'
import { contextOf, Intake } from './intake.js'
import type { Room } from './interface.js'
import { Joins } from './joins.js'
import type { Link } from './link.js'
import { type ClientOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { Outlet } from './outlet.js'
import { Roster } from './roster.js'
import { checkTarget, Speech } from './speech.js'
import type { TranslationContext } from './translate.js'

/** The world around a {@link ClientCore}: it has no sockets, clocks, timers or randomness of its own. */
export interface CorePorts {
  /** Make a connection; say `opened` or `lost`. */
  dial(): void
  /** End the connection or the attempt; say `lost` unless it was said. */
  hangUp(): void
  /** Send a line, without CR LF. */
  write(line: string): void
  /** Something happened. */
  emit(event: ChatEvent): void
  /** Milliseconds since 1970. */
  now(): number
  /** Number in [0, 1). */
  random(): number
}

/** Online for so long, milliseconds, the next loss is a new one and not the same failure again. */
const STABLE = 30_000
/** More than this a server does not say about itself (005); some forty tokens are usual. */
const MAX_TOKENS = 1000
/** Former nicks of ours remembered, to know our own words in a room's past. */
const MAX_OWN_NICKS = 100

/**
 * A client without I/O: lines and time go in, lines and events come out. Deterministic, so that recorded sessions replay.
 *
 *     dial ─opened▶ handshake ─001…376▶ online ──▶ JOIN ──▶ history ──▶ the room is open: what waits is said
 *       ▲                                  │
 *       └──── back-off ◀──────lost─────────┘   (rooms, unsaid words and the last message seen are kept)
 */
export class ClientCore implements Link {
  /** The options with their defaults. @internal */
  readonly options: ResolvedOptions
  /** Rooms and members. */
  readonly roster = new Roster(() => this.support)
  /** @internal */
  readonly deadlines = new Deadlines()
  /** What we say: `speech.say(room, text, options)`, `react`, `typing`. */
  readonly speech: Speech
  /** What was said before: `archive.page(room, query)`. */
  readonly archive: Archive
  /** What the server says about itself (005). */
  support = new Isupport()
  /** State of the last `status` event. */
  state: StatusEvent['state'] = 'waiting'

  readonly #ports: CorePorts
  readonly #answers = new Answers()
  readonly #outlet: Outlet
  readonly #catchUp: CatchUp
  readonly #joins: Joins
  readonly #intake: Intake
  readonly #ownNicks = new Set<string>()
  /** The nick that the user chose since, and not one that the server made us take. */
  #ownNick: string | undefined
  /** The nick that we got because ours was in use. */
  #makeshift: string | undefined
  #server = ''
  #handshake: Handshake
  #user = ''
  #host = ''
  #attempt = 0
  #heardAt = 0
  #onlineAt = 0
  /** What ended or will end the connection. */
  #cause: ChatError | undefined
  /** No further attempt: closed by us or refused by the server. */
  #final = false

  /** @throws TypeError for a nick or room that cannot be one */
  constructor(options: ClientOptions, ports: CorePorts) {
    this.options = resolveOptions(options)
    this.#ports = ports
    this.speech = new Speech(this, (target) => this.#isOpen(target))
    this.archive = new Archive(this)
    this.#catchUp = new CatchUp(this, this.archive, this.speech, (nick) => this.#ownNicks.has(this.roster.fold(nick)))
    this.#joins = new Joins(this, this.speech, this.#catchUp)
    const { archive, speech } = this
    const parts = { answers: this.#answers, archive, catchUp: this.#catchUp, joins: this.#joins, speech }
    this.#intake = new Intake(this, parts, {
      connection: (message) => this.#ofConnection(message),
      seenAs: (self) => this.#seenAs(self),
      renamed: (nick) => {
        this.#handshake.nick = nick
        this.#rememberNick()
      },
      freed: (nick) => this.#regain(nick),
    })
    this.#outlet = new Outlet(this, this.#answers, (line) => ports.write(line))
    this.#handshake = this.#newHandshake()
    for (const item of this.options.rooms) {
      const [name = '', key] = item.split(' ')
      checkTarget(name)
      this.roster.want(name, key)
    }
  }

  /** Our nick now; before the welcome the one asked for. */
  get nick(): string {
    return this.#handshake.nick
  }

  /** Capabilities in use. */
  get caps(): ReadonlySet<string> {
    return this.#handshake.caps
  }

  /** `nick!user@host` as others see us; what is not known yet counts as the longest there is. @internal */
  get source(): string {
    return formatMask({ nick: this.nick, user: this.#user || 'x'.repeat(11), host: this.#host || 'x'.repeat(63) })
  }

  /** Is the client welcome on a server now? */
  get online(): boolean {
    return this.state === 'online'
  }

  /** The time of the ports. @internal */
  now(): number {
    return this.#ports.now()
  }

  /** Is the capability in use? */
  has(capability: string): boolean {
    return this.#handshake.caps.has(capability)
  }

  /** @internal */
  get labels(): boolean {
    return this.has('labeled-response') && this.has('batch')
  }

  /** Is the nick ours, as the server compares nicks? */
  isSelf(nick: string): boolean {
    return this.roster.fold(nick) === this.roster.fold(this.nick)
  }

  /** @internal */
  emit(event: ChatEvent): void {
    this.#ports.emit(event)
  }

  /** When `tick` wants to be called, milliseconds since 1970; `undefined`: not at all. */
  get deadline(): number | undefined {
    return this.deadlines.next
  }

  /** Time has passed. */
  tick(): void {
    this.deadlines.run(this.now())
  }

  // ── The connection's life ──

  /** Begins the first attempt. */
  start(): void {
    this.#connect()
  }

  /** The connection is open. */
  opened(): void {
    this.#heardAt = this.now()
    this.#status('registering')
    this.#handshake.start()
  }

  /** The connection is gone, or was not made. */
  lost(error?: ChatError): void {
    if (this.state === 'closed' || this.state === 'waiting') return
    const cause = this.#cause ?? error ?? new ChatError('CHAT_ERR_CONNECTION', 'the server has closed the connection')
    this.#cause = undefined
    if (this.state === 'online' && this.now() - this.#onlineAt >= STABLE) this.#attempt = 0
    this.deadlines.clearAll()
    this.#outlet.reset()
    this.#intake.reset()
    this.#catchUp.abandon()
    this.roster.reset()
    if (this.#final || !this.options.reconnect) return this.#finish(cause)
    const retryAt = this.now() + backOff(Math.max(1, this.#attempt), this.#ports.random(), this.options.backOff)
    this.deadlines.set('retry', retryAt, () => this.#connect())
    this.#status('waiting', { retryAt: new Date(retryAt), reason: cause.message, error: cause })
    this.#answers.fail(new ChatError('CHAT_ERR_NO_ANSWER', 'the connection was lost', { cause }))
  }

  /** Tries at once instead of later. */
  retryNow(): void {
    if (this.state !== 'waiting' || this.deadlines.next === undefined) return
    this.#connect()
  }

  /** Says goodbye and ends for good. */
  close(reason = ''): void {
    if (this.state === 'closed') return
    this.#final = true
    this.#cause ??= wasClosed()
    if (this.state === 'waiting') {
      this.deadlines.clearAll()
      return this.#finish(this.#cause)
    }
    if (this.state !== 'connecting') this.#outlet.write(this.#farewell('QUIT', [], reason))
    // The server answers QUIT by closing; one that does not is not waited for.
    this.deadlines.set('quit', this.now() + (this.state === 'connecting' ? 0 : 2000), () => this.#ports.hangUp())
  }

  #connect(): void {
    this.deadlines.clear('retry')
    this.#attempt++
    this.#handshake = this.#newHandshake()
    this.#outlet.reset()
    this.#user = this.#host = ''
    this.#status('connecting')
    const { connectTimeout } = this.options
    if (connectTimeout > 0) {
      this.deadlines.set('connect', this.now() + connectTimeout, () =>
        this.#giveUp('the server has not let us in in time'),
      )
    }
    this.#ports.dial()
  }

  #newHandshake(): Handshake {
    const { nick, username, realname, password, sasl } = this.options
    return new Handshake(
      { nick: this.#ownNick ?? nick, username, realname, password, sasl },
      {
        send: (message) => this.#outlet.write(message),
        random: () => this.#ports.random(),
        refused: (error) => {
          this.#final = true
          this.#cause = error
          this.#ports.hangUp()
        },
      },
    )
  }

  #online(): void {
    if (this.state === 'online') return
    this.deadlines.clear('connect')
    this.#onlineAt = this.now()
    this.#rememberNick()
    this.#makeshift = this.isSelf(this.#ownNick ?? this.options.nick) ? undefined : this.nick
    this.#awaitPing()
    const network = this.support.get('NETWORK') ?? ''
    this.#status('online')
    this.emit({ type: 'welcome', nick: this.nick, server: this.#server, network, caps: [...this.#handshake.caps] })
    this.speech.rewind((target) => !this.support.isChannel(target) || !this.archive.available)
    for (const room of [...this.roster.rooms.values()]) this.#joins.ask(room)
    this.speech.flush()
  }

  #awaitPing(since = this.#heardAt): void {
    const { pingTimeout, answerTimeout } = this.options
    if (pingTimeout <= 0) return
    this.deadlines.set('ping', since + pingTimeout, () => {
      if (this.now() - this.#heardAt < pingTimeout) return this.#awaitPing()
      this.#outlet.write({ command: 'PING', params: [`${this.now()}`] })
      if (answerTimeout <= 0) return this.#awaitPing(this.now())
      this.deadlines.set('ping', this.now() + answerTimeout, () => {
        if (this.now() - this.#heardAt < pingTimeout) this.#awaitPing()
        else this.#giveUp('the server has not answered in time')
      })
    })
  }

  #giveUp(reason: string): void {
    this.#cause = new ChatError('CHAT_ERR_CONNECTION', reason)
    this.#ports.hangUp()
  }

  #finish(error: ChatError): void {
    this.deadlines.clearAll()
    this.#status('closed', { reason: error.message, error })
    this.#answers.fail(error)
    this.#joins.abandon(error)
    this.speech.abandon(error)
  }

  #status(state: StatusEvent['state'], more: Partial<StatusEvent> = {}): void {
    this.state = state
    this.emit({ type: 'status', state, attempt: this.#attempt, ...more })
  }

  // ── Out ──

  /** Sends any command when online and when the pace allows; nothing waits for an answer. */
  send(message: MessageInit, written?: () => void): void {
    this.#outlet.send(message, written)
  }

  /** Sends any command and collects its answer; see `Chatting.request`. */
  request(message: MessageInit, match?: Partial<Pick<Pending, 'judge' | 'takesBatch'>>): Promise<Message[]> {
    return this.state === 'closed' ? Promise.reject(wasClosed()) : this.#outlet.request(message, match)
  }

  /** Comes into a room and stays; see `Chatting.join`. */
  join(name: string, key?: string): Promise<Room> {
    checkTarget(name)
    if (key !== undefined) checkTarget(key)
    return this.state === 'closed' ? Promise.reject(wasClosed()) : this.#joins.want(name, key)
  }

  /** Leaves a room for good. */
  async part(name: string, reason?: string): Promise<void> {
    checkTarget(name)
    const room = this.roster.get(name)
    if (!room?.joined || !this.online) return this.#joins.left(name)
    await this.request(this.#farewell('PART', [name], reason))
  }

  /** Asks for another nick, now and after every reconnect. */
  async changeNick(nick: string): Promise<void> {
    resolveOptions({ nick })
    if (this.state === 'closed') throw wasClosed()
    if (this.online) await this.request({ command: 'NICK', params: [nick] })
    this.#ownNick = nick
  }

  /** What we leave by, with as much of the reason as fits into the line. */
  #farewell(command: 'QUIT' | 'PART', params: string[], reason = ''): MessageInit {
    const room = textBudget({ source: this.source, command, params, maxLength: this.support.maxLength })
    const [text] = splitText(reason.replace(/[\r\n\0]+/g, ' '), Math.max(4, room))
    return { command, params: text === undefined ? params : [...params, text] }
  }

  // ── In ──

  /** A line of the server, without its line break. What is no message is passed over; nothing in it throws. */
  receive(line: string): void {
    if (this.state === 'closed' || this.state === 'waiting') return
    this.#heardAt = this.now()
    let message: Message
    try {
      message = parseMessage(line)
    } catch {
      return
    }
    const { command, params } = message
    // Not measured: a server that asks in a longer line than others reads the answer as well.
    if (command === 'PING') return this.#ports.write(formatMessage({ command: 'PONG', params: params.slice(-1) }))
    if (this.#handshake.receive(message)) return
    this.#intake.receive(message)
  }

  /** What the server says of itself and of the connection; true when that is all it is. */
  #ofConnection({ command, params, source }: Message): boolean {
    switch (command) {
      case RPL.WELCOME:
        this.#server = source ?? ''
        this.support = new Isupport()
        // Servers end the welcome with 376 or 422; one that does not is not waited for long.
        this.deadlines.set('welcome', this.now() + 5000, () => this.#online())
        return false
      case RPL.ISUPPORT:
        if ([...this.support.entries()].length < MAX_TOKENS) this.support.apply(params.slice(1, -1))
        this.roster.refold()
        return false
      case RPL.ENDOFMOTD:
      case ERR.NOMOTD:
        if (!this.#handshake.welcomed || this.online) return false
        this.deadlines.clear('welcome')
        this.#online()
        return true
      case RPL.VISIBLEHOST:
        this.#host = params[1]?.split('@').at(-1) ?? this.#host
        return false
      case 'ERROR':
        this.#cause ??= new ChatError('CHAT_ERR_CONNECTION', params.at(-1) ?? 'the server has ended the connection')
        return true
      default:
        return command === 'PONG'
    }
  }

  /** Somebody had our name, a former connection of ours for example, and has it no more. */
  #regain(freed: string): void {
    const wanted = this.#ownNick ?? this.options.nick
    const makeshift = this.#makeshift
    if (makeshift === undefined || !this.isSelf(makeshift) || this.roster.fold(freed) !== this.roster.fold(wanted))
      return
    this.#makeshift = undefined
    this.request({ command: 'NICK', params: [wanted] }).catch(() => {
      // Somebody was faster.
      this.#makeshift = makeshift
    })
  }

  #rememberNick(): void {
    this.#ownNicks.add(this.roster.fold(this.nick))
    const [oldest = ''] = this.#ownNicks
    if (this.#ownNicks.size > MAX_OWN_NICKS) this.#ownNicks.delete(oldest)
  }

  /** How others see us decides how long our lines may be. */
  #seenAs({ user, host }: Person): void {
    this.#user = user
    this.#host = host
  }

  /** @internal */
  pastOf(room: string): TranslationContext {
    return contextOf(this, room)
  }

  /** May a line leave now? To a room that we want: when we are in it and know its past. */
  #isOpen(target: string): boolean {
    const room = this.roster.get(target)
    return room === undefined || (room.joined && !this.#catchUp.isReading(target))
  }
}

function wasClosed(): ChatError {
  return new ChatError('CHAT_ERR_CLOSED', 'the client was closed')
}
