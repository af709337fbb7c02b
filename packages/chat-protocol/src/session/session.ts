import { ChatError } from '../codec/errors.js'
import type { Message } from '../codec/message.js'
import { ERR } from '../codec/numerics.js'
import { byteLength } from '../codec/text.js'
import type { Command } from '../engine/command.js'
import type { Publication } from '../engine/event.js'
import type { LongAnswer, Outcome } from '../engine/handler.js'
import { fits } from '../engine/names.js'
import type { User } from '../engine/presence.js'
import type { Refusal } from '../engine/refusal.js'
import type { Reply } from '../engine/reply.js'
import { CAP, hasLabels } from './capabilities.js'
import type { Carrier } from './carrier.js'
import { type Origin, Registration, type VerbContext, type VerbHost } from './context.js'
import { type FloodBudget, TokenBucket } from './flood.js'
import { LabelledAnswer } from './labelled-answer.js'
import { readMessage } from './read-message.js'
import type { Recital } from './recital.js'
import { REFUSALS } from './refusals.js'
import { writeReply } from './replies.js'
import type { SessionTimeouts } from './timeouts.js'
import type { Verb } from './verb.js'
import { verbs } from './verbs.js'
import { finished, formFor, line, TEXT, word, writeEvent, writeTags } from './wire.js'

/** What all sessions of one server share. Time, ids and every effect come from here. */
export interface SessionHost extends VerbHost {
  /** A short id, different every time. */
  readonly id: () => string
  /** Durations. */
  readonly timeouts: SessionTimeouts
  /** undefined: no flood control. */
  readonly flood: FloodBudget | undefined
  /** Octets that may wait to be sent to one client. */
  readonly maxSendQueue: number
  /** The session has something to send: call {@link Session.take} before the tick ends. */
  pending(session: Session): void
  /** The session has commands that wait for tokens: call {@link Session.tick} within a tenth of a second. */
  throttled(session: Session): void
  /** The session has more of a long answer to give: call {@link Session.resume} when it {@link Session.hasRoom}. */
  answering(session: Session): void
  /** The session is over: send what it has, then close the connection. */
  ended(session: Session, reason: string): void
  /** Something threw that must not: a fault of the program's, to be reported. It cost one command, and everything goes on. */
  failed(error: unknown): void
}

/**
 * One connection's side of the server. Sans-IO: lines come in, lines go out, and time is read from the host.
 *
 * A line's way: parse → tokens left? → registered? → known? → enough parameters? → typed command → engine. What it costs
 * depends on the verb, so it is parsed first. What comes back is written for the capabilities the client asked for. While
 * a command waits for tokens, or for something slow (a password, a log on a disk, a client that has to read what there is
 * of a long answer before it gets more), later ones wait in the inbox, so that answers keep their order. What others do
 * meanwhile is told at once, between the lines of the answer.
 */
export class Session implements VerbContext {
  /** Bits of {@link CAP}. */
  caps = 0
  /** Those that the client cannot switch off any more. */
  lastingCaps = 0
  /** Set when registration is complete. */
  user: User | undefined = undefined
  /** What is known so far of a client that has not registered; undefined after it has. */
  registration: Registration | undefined
  /** True when nothing more will be received or sent. */
  ended = false
  /** Set by whoever accepted the connection. */
  carrier: Carrier | undefined = undefined
  /** Milliseconds since the epoch. */
  readonly since: number
  private readonly textBit: number
  /** Capabilities and kind of transport: sessions of one profile get the same octets. */
  private profile: number
  /** Finished lines that wait to be sent, as one string: one character per octet, or texts that end in LF. */
  private outbox = ''
  private inbox: { readonly message: Message; readonly size: number }[] | undefined = undefined
  private inboxSize = 0
  private bucket: TokenBucket | undefined = undefined
  /** True while a command waits for its continuation. */
  private busy = false
  /** The answer to a labelled command; undefined when the answer needs no label, and while the command waits. */
  private answer: LabelledAnswer | undefined = undefined
  /** Gives the next page of a long answer. */
  private rest: (() => void) | undefined = undefined
  /** Reference of the batch that an answer without a label is; empty when none is open. */
  private batch = ''
  private lastHeard: number
  private pinged = false
  private unanswered = 0

  constructor(
    /** What it shares with all sessions. */
    readonly host: SessionHost,
    /** Where the client comes from. */
    readonly origin: Origin,
  ) {
    this.since = host.now()
    this.lastHeard = this.since
    this.textBit = origin.text ? TEXT : 0
    this.profile = this.textBit
    this.registration = new Registration()
    if (host.flood !== undefined) this.bucket = new TokenBucket(host.flood, this.since)
  }

  /* ── in ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

  /** A line arrived, without its line break. Never throws. */
  receive(text: string): void {
    if (this.ended) return
    this.heard()
    const message = readMessage(text)
    if (message instanceof ChatError) return this.refused(message)
    if (this.inbox === undefined && !this.busy && this.affordable(message)) this.run(message)
    else this.queue(message, byteLength(text) + 2)
  }

  /** A line arrived that is no message: too long, not UTF-8, with a control character. */
  refused(error: ChatError): void {
    if (this.ended) return
    this.heard()
    // Refusals are answers too: whoever sends nothing but rubbish spends its tokens on it.
    if (this.bucket?.take(1, this.host.now()) === false && ++this.unanswered > 1000) return this.end('Excess flood')
    switch (error.code) {
      case 'CHAT_ERR_NO_COMMAND':
        return
      case 'CHAT_ERR_LINE_TOO_LONG':
      case 'CHAT_ERR_TAGS_TOO_LONG':
        return this.numeric(ERR.INPUTTOOLONG, 'Input line was too long')
      case 'CHAT_ERR_INVALID_UTF8':
        return this.send('FAIL', ['*', 'INVALID_UTF8', 'Messages must be UTF-8; yours was dropped'])
      default:
        return this.send('FAIL', ['*', 'INVALID_MESSAGE', 'A message may not hold CR, LF or NUL; yours was dropped'])
    }
  }

  private heard(): void {
    this.lastHeard = this.host.now()
    this.pinged = false
  }

  private affordable(message: Message): boolean {
    return this.bucket === undefined || this.bucket.take(verbs.get(message.command)?.cost ?? 1, this.host.now())
  }

  private queue(message: Message, size: number): void {
    this.inbox ??= []
    this.inbox.push({ message, size })
    this.inboxSize += size
    if (this.inboxSize > (this.host.flood?.maxInboxSize ?? MAX_INBOX)) return this.end('Excess flood')
    this.host.throttled(this)
  }

  /** Time has passed: deadlines are checked and waiting commands done as far as the tokens go. */
  tick(): void {
    if (this.ended) return
    const now = this.host.now()
    const { registrationTimeout, pingTimeout, pongTimeout } = this.host.timeouts
    if (this.registration !== undefined && registrationTimeout > 0 && now - this.since >= registrationTimeout) {
      return this.end('Registration timed out')
    }
    const silent = now - this.lastHeard
    if (pingTimeout > 0 && this.user !== undefined && silent >= pingTimeout) {
      if (!this.pinged) {
        this.pinged = true
        this.put(finished('', line(this.server, 'PING', [this.server]).replace(/^\S+ /, ''), this.profile))
      } else if (pongTimeout > 0 && silent >= pingTimeout + pongTimeout) {
        return this.end(`Ping timeout: ${Math.floor(silent / 1000)} seconds`)
      }
    }
    this.drain()
  }

  /** True while commands wait for tokens. */
  get waiting(): boolean {
    return this.inbox !== undefined && !this.ended
  }

  private drain(): void {
    while (this.inbox !== undefined && !this.busy && !this.ended) {
      const { message, size } = this.inbox[0]!
      if (!this.affordable(message)) return
      this.inbox.shift()
      this.inboxSize -= size
      if (this.inbox.length === 0) this.inbox = undefined
      this.run(message)
    }
  }

  private run(message: Message): void {
    const label = hasLabels(this.caps) ? message.tags.get('label') : undefined
    // A label of more than 64 octets is not one (IRCv3 labeled-response).
    if (label !== undefined && label !== '' && fits(label, 64)) this.answer = this.labelled(label)
    this.proceed(message, () => this.perform(message))
  }

  /** Does a command, or what is left of it, as far as it goes now. */
  private proceed(message: Message, work: () => Outcome): void {
    const outcome = this.contained(message, work)
    if (outcome === undefined) return this.answered()
    if ('next' in outcome) return this.give(message, outcome)
    const { answer } = this
    this.answer = undefined
    this.busy = true
    const resume = (continuation: () => Outcome): void => {
      this.busy = false
      if (this.ended) return
      this.answer = answer
      this.proceed(message, continuation)
      this.drain()
    }
    outcome.then(resume, (error: unknown) =>
      resume(() => {
        throw error
      }),
    )
  }

  /** Gives a page of a long answer; the next follows when the client has taken it, and others have had their turn. */
  private give(message: Message, rest: LongAnswer): void {
    const isOver = this.contained(message, () => {
      for (let piece = 0; piece < PIECES_PER_PAGE && this.hasRoom; piece++) {
        if (rest.next().done || this.ended) return true
      }
      return false
    })
    if (isOver !== false) return this.answered()
    const { answer } = this
    answer?.flush()
    this.answer = undefined
    this.busy = true
    this.rest = () => {
      this.busy = false
      this.answer = answer
      this.give(message, rest)
    }
    this.host.answering(this)
  }

  /** True when the client has taken what it was sent, but for a page: it may have more of an answer. */
  get hasRoom(): boolean {
    const kept = this.outbox.length + (this.answer?.size ?? 0) + (this.carrier?.writeQueue ?? 0)
    return kept < Math.min(PAGE, this.host.maxSendQueue / 4)
  }

  /** Gives the next page of a long answer, see {@link SessionHost.answering}. */
  resume(): void {
    const { rest } = this
    if (rest === undefined || this.ended) return
    this.rest = undefined
    rest()
    this.drain()
  }

  /**
   * Does a command, or what is left of it. Lines come from sockets, timers and promises, where a throw would end the
   * process or somebody else's work: whatever is thrown is answered here, and reported.
   */
  private contained<T>(message: Message, work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.host.failed(error)
      this.numeric(ERR.UNKNOWNERROR, word(message.command), 'Something went wrong')
      return undefined
    }
  }

  /** Checks what every command needs, then does it. */
  private perform(message: Message): Outcome {
    const verb = verbs.get(message.command)
    if (this.user === undefined && verb?.preRegistration !== true) {
      return this.numeric(ERR.NOTREGISTERED, 'You have not registered')
    }
    if (verb === undefined) return this.numeric(ERR.UNKNOWNCOMMAND, word(message.command), 'Unknown command')
    const { params } = message
    const tooFew = params.length < verb.minParams || (verb.minParams > 0 && params[0] === '' && !verb.emptyAllowed)
    return tooFew ? this.tooFew(verb, message) : verb.run(this, message)
  }

  private tooFew(verb: Verb, message: Message): void {
    const refusal = verb.tooFew?.(message.params)
    if (refusal === undefined) this.refuse('needMoreParameters', message.command)
    else this.refuse(refusal)
  }

  private labelled(label: string): LabelledAnswer {
    const put = (tags: string, body: string): void => this.put(finished(tags, body, this.profile))
    return new LabelledAnswer(label, { server: this.server, reference: this.host.id, put })
  }

  /** The command is done. */
  private answered(): void {
    this.closeBatch()
    const { answer } = this
    this.answer = undefined
    answer?.end()
  }

  /** Hands a command to the engine. */
  ask(command: Command): Outcome {
    return this.host.engine.execute(this.user!, command)
  }

  /** Sets the capabilities in force. */
  setCaps(caps: number): void {
    this.caps = caps
    this.profile = caps | this.textBit
  }

  /* ── out ────────────────────────────────────────────────────────────────────────────────────────────────────── */

  get nick(): string {
    return this.user?.identity.nick ?? this.registration?.nick ?? '*'
  }

  /** The server's name. */
  get server(): string {
    return this.host.engine.settings.name
  }

  /** The network's name. */
  get network(): string {
    return this.host.engine.settings.network
  }

  /** Program and version. */
  get version(): string {
    return this.host.engine.settings.version
  }

  /** One sentence about the server. */
  get description(): string {
    return this.host.engine.settings.description
  }

  /** True when the client wants changes of those it monitors. */
  get watchesChanges(): boolean {
    return (this.caps & CAP.extendedMonitor) !== 0
  }

  /** Sends a numeric. */
  numeric(code: string, ...params: readonly string[]): void {
    this.send(code, [this.nick, ...params])
  }

  /** Says no: numeric and sentence of the refusal. */
  refuse(refusal: Refusal, ...about: readonly string[]): void {
    const [code, sentence] = REFUSALS[refusal]
    this.numeric(code, ...about.map((one) => word(one)), sentence)
  }

  /** Sends any line of the server's. */
  send(command: string, params: readonly string[], source: string = this.server, tags = ''): void {
    this.sendBody(line(source, command, params), tags)
  }

  /** Sends a line that is written already. */
  sendBody(body: string, tags: string): void {
    if (this.answer !== undefined) this.answer.add(tags, body)
    else this.put(finished(tags, body, this.profile))
  }

  /** Sends lines that differ from session to session in the nick only. */
  recite(recital: Recital): void {
    // Inside a labelled answer the lines need the batch's tag, so they are written one by one.
    if (this.answer !== undefined) recital.write(this)
    else this.put(recital.for(this, this.textBit))
  }

  /** Sends a NOTICE of the server's. */
  notice(text: string): void {
    this.send('NOTICE', [this.nick, text])
  }

  /** Opens a batch, if the client has batches. */
  openBatch(type: string, ...params: readonly string[]): void {
    if ((this.caps & CAP.batch) === 0) return
    if (this.answer !== undefined) return this.answer.open(type, ...params)
    this.batch = this.host.id()
    this.send('BATCH', [`+${this.batch}`, type, ...params])
  }

  /** Tags of a line, with that of the open batch. */
  batched(tags: string): string {
    if (this.batch === '') return tags
    return tags === '' ? `batch=${this.batch}` : `batch=${this.batch};${tags}`
  }

  /** Closes the open batch. */
  closeBatch(): void {
    if (this.batch !== '') this.send('BATCH', [`-${this.batch}`])
    this.batch = ''
  }

  /** Writes a reply of the engine. */
  reply(reply: Reply): void {
    if (!this.ended) writeReply(reply, this)
  }

  /** Sends an event, in the form this kind of client gets. */
  deliver(publication: Publication): void {
    if (this.ended) return
    // Messages are never answers, not even those to oneself: the answer to a message is its echo.
    if (this.answer !== undefined && publication.event.type !== 'message') return this.collect(publication)
    const form = formFor(publication, this.profile, this)
    if (form !== '') this.put(form)
  }

  /** Sends the client its own message, if it asked for that. */
  echo(publication: Publication): void {
    if ((this.caps & CAP.echoMessage) === 0 || this.ended) return
    if (this.answer !== undefined) return this.collect(publication)
    const form = formFor(publication, this.profile, this)
    if (form !== '') this.put(form)
  }

  private collect(publication: Publication): void {
    const body = writeEvent(publication.event, this.profile, this)
    if (body !== undefined) this.answer!.add(writeTags(publication, this.profile), body)
  }

  private put(form: string): void {
    // Beyond the limit nothing more is kept; `take` ends the session.
    if (this.ended || this.outbox.length > this.host.maxSendQueue) return
    if (this.outbox === '') this.host.pending(this)
    this.outbox += form
  }

  /** Octets (characters for a text transport) that wait to be taken. */
  get queued(): number {
    return this.outbox.length
  }

  /**
   * Everything there is to send; the caller writes it at once. For a text transport each message ends in LF.
   *
   * A session that has more to send than it may ends here, and not when the line too many is said: then a command is
   * under way, this client's or another's, and it must not lose its user in the middle.
   */
  take(): string {
    if (this.outbox.length > this.host.maxSendQueue) this.overflowed()
    const { outbox } = this
    this.outbox = ''
    return outbox
  }

  /* ── end ────────────────────────────────────────────────────────────────────────────────────────────────────── */

  /** The client does not read: what waits is dropped, or its closing would wait for it. */
  overflowed(): void {
    if (this.ended) return
    this.outbox = ''
    this.end('Send queue exceeded')
  }

  /** The connection is gone. */
  lost(reason: string): void {
    if (this.ended) return
    this.ended = true
    this.inbox = this.rest = undefined
    this.leave(reason)
    this.host.ended(this, reason)
  }

  /** Ends the session from this side: the client is told why. */
  end(reason: string): void {
    if (this.ended) return
    this.leave(reason)
    this.dismiss(reason)
  }

  /** Takes the user out. Whatever goes wrong with telling others, the session ends. */
  private leave(reason: string): void {
    try {
      if (this.user !== undefined) this.host.engine.leave(this.user, reason)
    } catch (error) {
      this.host.failed(error)
    }
  }

  /** Tells the client why and ends the session; the engine has let it go already, or lets all go. */
  dismiss(reason: string): void {
    if (this.ended) return
    this.answer = undefined
    this.put(finished('', `ERROR :Closing link: (${reason})`, this.profile))
    this.ended = true
    this.inbox = this.rest = undefined
    this.host.ended(this, reason)
  }
}

/** Octets of commands that may wait for a slow one when there is no flood control. */
const MAX_INBOX = 1 << 20

/** Octets of a long answer that are written at once, or less where the send queue is small. */
const PAGE = 16 * 1024

/** Pieces of an answer looked for at once: most may turn out to be nothing, where few of many match. */
const PIECES_PER_PAGE = 1000
