import { ChatError } from '../codec/errors.js'
import { Isupport } from '../codec/isupport.js'
import { formatMask } from '../codec/mask.js'
import { formatMessage, type Message, type MessageInit, parseMessage } from '../codec/message.js'
import { RPL } from '../codec/numerics.js'
import { splitText, textBudget } from '../codec/text.js'
import { Answers, failureOf, isFailure, type Pending } from './answers.js'
import { Archive } from './archive.js'
import { backOff } from './back-off.js'
import { type Batch, Batches } from './batches.js'
import { CatchUp } from './catch-up.js'
import { Deadlines } from './deadlines.js'
import type { ChatEvent, Person, StatusEvent } from './events.js'
import { Handshake } from './handshake.js'
import type { Room } from './interface.js'
import { Joins } from './joins.js'
import type { Link } from './link.js'
import { type ClientOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { Outlet } from './outlet.js'
import { personEvents } from './people.js'
import { Roster } from './roster.js'
import { checkTarget, Speech } from './speech.js'
import { complaintOf, occurrenceOf, personOf, type TranslationContext, translate } from './translate.js'

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
/** More messages than this of the past that nobody asked for are told in pieces. */
const MAX_UNASKED = 10_000
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
  readonly #batches = new Batches(this.#answers, MAX_UNASKED)
  readonly #joins: Joins
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
    this.#batches.clear()
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
    if (command === 'BATCH') return this.#batch(message)
    const batch = this.#batches.of(message)
    if (batch !== undefined && this.#batches.hold(batch, message)) {
      for (const full of this.#batches.overflow()) this.#tellPast(full)
      return
    }
    const answer = batch?.answer
    // What answers one of our lines may be several messages: the label is their batch's then.
    const label = message.tags.get('label') ?? (answer === undefined ? this.#batches.label(batch) : undefined)
    if (command === 'ACK') {
      if (label !== undefined && !this.#answers.labelled(label, undefined)) this.speech.answered(label)
      return
    }
    const claimed =
      label !== undefined
        ? this.#answers.labelled(label, message)
        : answer !== undefined || this.#answers.offer(message)
    this.#process(message, claimed, label)
    if (label !== undefined && batch === undefined) this.speech.answered(label)
  }

  #batch(message: Message): void {
    const batch = this.#batches.receive(message)
    if (batch === undefined) return
    if (batch.label !== undefined) this.speech.answered(batch.label)
    if (batch.answer === undefined) this.#tellPast(batch)
    else if (batch.parent?.answer !== batch.answer) this.#answers.complete(batch.answer)
  }

  #tellPast(batch: Batch): void {
    // With a label it is an answer that nobody waits for any more.
    if (this.#batches.label(batch) === undefined) this.#catchUp.tellPast(batch.params[0] ?? '', batch.messages)
  }

  #process(message: Message, claimed: boolean, label: string | undefined): void {
    const { command, params } = message
    switch (command) {
      case RPL.WELCOME:
        this.#server = message.source ?? ''
        this.support = new Isupport()
        // Servers end the welcome with 376 or 422; one that does not is not waited for long.
        this.deadlines.set('welcome', this.now() + 5000, () => this.#online())
        break
      case RPL.ISUPPORT:
        if ([...this.support.entries()].length < MAX_TOKENS) this.support.apply(params.slice(1, -1))
        this.roster.refold()
        break
      case RPL.ENDOFMOTD:
      case '422':
        if (this.#handshake.welcomed && !this.online) {
          this.deadlines.clear('welcome')
          this.#online()
          return
        }
        break
      case RPL.VISIBLEHOST:
        this.#host = params[1]?.split('@').at(-1) ?? this.#host
        break
      case RPL.NAMREPLY:
      case RPL.ENDOFNAMES:
      case RPL.TOPIC:
      case RPL.NOTOPIC:
        return this.#roomNumeric(message)
      case RPL.TOPICWHOTIME:
        if (this.roster.get(params[1] ?? '') !== undefined) return
        break
      case RPL.MONONLINE:
      case RPL.MONOFFLINE:
        return this.#people(message)
      case 'ERROR':
        this.#cause ??= new ChatError('CHAT_ERR_CONNECTION', params.at(-1) ?? 'the server has ended the connection')
        return
      case 'AWAY':
      case 'ACCOUNT':
      case 'SETNAME':
      case 'CHGHOST':
        return this.#people(message)
      case 'INVITE': {
        const [nick = '', room = ''] = params
        const self = this.isSelf(nick)
        return this.emit({
          type: 'invite',
          ...occurrenceOf(message, this.now()),
          by: personOf(message),
          nick,
          room,
          self,
        })
      }
      case 'PONG':
        return
    }
    if (this.#happened(message, label)) return
    if (isFailure(message) && this.#refusal(message, claimed, label)) return
    if (claimed) return
    const at = occurrenceOf(message, this.now())
    const complains = isFailure(message) || command === 'WARN' || command === 'NOTE'
    this.emit(complains ? complaintOf(message, at) : { type: 'reply', ...at, message })
  }

  /** What people do. */
  #happened(received: Message, label: string | undefined): boolean {
    // InspIRCd 3 answers a labelled NICK with the new nick as its source, as if somebody else had kept it.
    const misnamed =
      label !== undefined && received.command === 'NICK' && received.source?.split('!')[0] === received.params[0]
    const message = misnamed ? { ...received, source: this.nick } : received
    const event = translate(message, this.#context(undefined))
    if (event === undefined) return message.command === 'TAGMSG'
    if (event.type === 'typing') {
      this.emit(event)
      return true
    }
    if (event.type === 'message' && event.self && this.speech.echo(event, label)) {
      this.#catchUp.remember(event)
      return true
    }
    if (!this.archive.isNew(event.msgid)) return true
    switch (event.type) {
      case 'message':
      case 'reaction':
      case 'ctcp':
        this.#catchUp.deliver(event)
        return true
      case 'join':
        if (event.self) this.#seenAs(event.who)
        this.roster.join(event.room, event.who, event.self, event.account, event.realname)
        this.emit(event)
        if (event.self) this.#catchUp.enter(event.room)
        return true
      case 'part':
      case 'kick':
        if (event.self) this.#joins.left(event.room)
        else this.roster.part(event.room, event.type === 'kick' ? event.nick : event.who.nick)
        break
      case 'quit':
        this.roster.quit(event.who.nick)
        break
      case 'nick':
        this.roster.change(event.from.nick, { nick: event.to })
        if (event.self) {
          this.#handshake.nick = event.to
          this.#rememberNick()
        }
        break
      case 'topic': {
        const room = this.roster.get(event.room)
        if (room !== undefined) room.topic = event.topic
        break
      }
      case 'mode':
        this.roster.mode(event.room, event.changes)
        break
    }
    this.emit(event)
    if (event.type === 'quit') this.#regain(event.who.nick)
    else if (event.type === 'nick' && !event.self) this.#regain(event.from.nick)
    return true
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

  /** Errors that end a join or one of our lines. */
  #refusal(message: Message, claimed: boolean, label: string | undefined): boolean {
    if (claimed && label === undefined) return true
    if ((label !== undefined || !this.has('labeled-response')) && this.speech.refused(label, message)) return true
    for (const word of message.params.slice(1, -1)) {
      const room = this.roster.get(word)
      if (room === undefined || room.joined || message.command === 'FAIL') continue
      // A room that nobody waits for was joined again after a reconnect: that is told as a complaint.
      return this.#joins.forget(word, failureOf(message))
    }
    return claimed
  }

  #roomNumeric(message: Message): void {
    this.roster.numeric(message)
    const { command, params } = message
    const room = this.roster.get(params[1] ?? '')
    if (command === RPL.ENDOFNAMES && room?.joined) {
      this.#joins.entered(room)
    } else if ((command === RPL.TOPIC || command === RPL.NOTOPIC) && room !== undefined) {
      const at = occurrenceOf(message, this.now())
      this.emit({
        type: 'topic',
        ...at,
        room: room.name,
        topic: room.topic,
        by: undefined,
        changed: false,
        past: false,
      })
    }
  }

  #people(message: Message): void {
    for (const event of personEvents(message, this.roster, this.now())) {
      if (message.command === 'CHGHOST' && this.isSelf(event.who.nick)) this.#seenAs(event.who)
      this.emit(event)
    }
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
    return this.#context(room)
  }

  #context(pastRoom: string | undefined): TranslationContext {
    return {
      support: this.support,
      now: this.now(),
      isSelf: (nick) => this.isSelf(nick),
      roomsOf: (nick) => (pastRoom === undefined ? this.roster.roomsOf(nick) : [pastRoom]),
      past: pastRoom !== undefined,
    }
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
