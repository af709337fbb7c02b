import type { Message } from '../codec/message.js'
import { RPL } from '../codec/numerics.js'
import { type Answers, failureOf, isFailure } from './answers.js'
import type { Archive } from './archive.js'
import { type Batch, Batches } from './batches.js'
import type { CatchUp } from './catch-up.js'
import type { Person } from './events.js'
import type { Joins } from './joins.js'
import type { Link } from './link.js'
import { personEvents } from './people.js'
import type { Speech } from './speech.js'
import { complaintOf, occurrenceOf, personOf, type TranslationContext, translate } from './translate.js'

/** More messages than this of the past that nobody asked for are told in pieces. */
const MAX_UNASKED = 10_000

/** What the connection is told of what is read. */
export interface IntakePorts {
  /** A message that may be about the connection: welcome, 005, ERROR. True when it was about nothing else. */
  connection(message: Message): boolean
  /** Others see us so. */
  seenAs(self: Person): void
  /** We have another nick. */
  renamed(nick: string): void
  /** Somebody has given up a nick. */
  freed(nick: string): void
}

/** The parts of a client that messages of the server go to. */
export interface IntakeParts {
  readonly answers: Answers
  readonly archive: Archive
  readonly catchUp: CatchUp
  readonly joins: Joins
  readonly speech: Speech
}

/**
 * What comes from the server, once it has let us in: each message is an answer that somebody waits for, a part of a batch,
 * or something that happened, and then the roster follows and it is told.
 */
export class Intake {
  readonly #link: Link
  readonly #ports: IntakePorts
  readonly #answers: Answers
  readonly #archive: Archive
  readonly #catchUp: CatchUp
  readonly #joins: Joins
  readonly #speech: Speech
  readonly #batches: Batches

  constructor(link: Link, { answers, archive, catchUp, joins, speech }: IntakeParts, ports: IntakePorts) {
    this.#link = link
    this.#ports = ports
    this.#answers = answers
    this.#archive = archive
    this.#catchUp = catchUp
    this.#joins = joins
    this.#speech = speech
    this.#batches = new Batches(answers, MAX_UNASKED)
  }

  /** The connection is gone: what is open is never closed. */
  reset(): void {
    this.#batches.clear()
  }

  /** Takes a message, other than PING and what the handshake is made of. */
  receive(message: Message): void {
    if (message.command === 'BATCH') return this.#batch(message)
    const batch = this.#batches.of(message)
    if (batch !== undefined && this.#batches.hold(batch, message)) {
      for (const full of this.#batches.overflow()) this.#tellPast(full)
      return
    }
    const answer = batch?.answer
    // What answers one of our lines may be several messages: the label is their batch's then.
    const label = message.tags.get('label') ?? (answer === undefined ? this.#batches.label(batch) : undefined)
    if (message.command === 'ACK') {
      if (label !== undefined && !this.#answers.labelled(label, undefined)) this.#speech.answered(label)
      return
    }
    const claimed =
      label !== undefined
        ? this.#answers.labelled(label, message)
        : answer !== undefined || this.#answers.offer(message)
    this.#process(message, claimed, label)
    if (label !== undefined && batch === undefined) this.#speech.answered(label)
  }

  #batch(message: Message): void {
    const batch = this.#batches.receive(message)
    if (batch === undefined) return
    if (batch.label !== undefined) this.#speech.answered(batch.label)
    if (batch.answer === undefined) this.#tellPast(batch)
    else if (batch.parent?.answer !== batch.answer) this.#answers.complete(batch.answer)
  }

  #tellPast(batch: Batch): void {
    // With a label it is an answer that nobody waits for any more.
    if (this.#batches.label(batch) === undefined) this.#catchUp.tellPast(batch.params[0] ?? '', batch.messages)
  }

  #process(message: Message, claimed: boolean, label: string | undefined): void {
    if (this.#ports.connection(message)) return
    const { command, params } = message
    switch (command) {
      case RPL.NAMREPLY:
      case RPL.ENDOFNAMES:
      case RPL.TOPIC:
      case RPL.NOTOPIC:
        return this.#roomNumeric(message)
      case RPL.TOPICWHOTIME:
        if (this.#link.roster.get(params[1] ?? '') !== undefined) return
        break
      case RPL.MONONLINE:
      case RPL.MONOFFLINE:
        return this.#people(message)
      case 'AWAY':
      case 'ACCOUNT':
      case 'SETNAME':
      case 'CHGHOST':
        return this.#people(message)
      case 'INVITE': {
        const [nick = '', room = ''] = params
        const self = this.#link.isSelf(nick)
        return this.#link.emit({
          type: 'invite',
          ...occurrenceOf(message, this.#link.now()),
          by: personOf(message),
          nick,
          room,
          self,
        })
      }
    }
    if (this.#happened(message, label)) return
    if (isFailure(message) && this.#refusal(message, claimed, label)) return
    if (claimed) return
    const at = occurrenceOf(message, this.#link.now())
    const complains = isFailure(message) || command === 'WARN' || command === 'NOTE'
    this.#link.emit(complains ? complaintOf(message, at) : { type: 'reply', ...at, message })
  }

  /** What people do. */
  #happened(received: Message, label: string | undefined): boolean {
    // InspIRCd 3 answers a labelled NICK with the new nick as its source, as if somebody else had kept it.
    const misnamed =
      label !== undefined && received.command === 'NICK' && received.source?.split('!')[0] === received.params[0]
    const message = misnamed ? { ...received, source: this.#link.nick } : received
    const event = translate(message, contextOf(this.#link))
    if (event === undefined) return message.command === 'TAGMSG'
    if (event.type === 'typing') {
      this.#link.emit(event)
      return true
    }
    if (event.type === 'message' && event.self && this.#speech.echo(event, label)) {
      this.#catchUp.remember(event)
      return true
    }
    if (!this.#archive.isNew(event.msgid)) return true
    switch (event.type) {
      case 'message':
      case 'reaction':
      case 'ctcp':
        this.#catchUp.deliver(event)
        return true
      case 'join':
        if (event.self) this.#ports.seenAs(event.who)
        this.#link.roster.join(event.room, event.who, event.self, event.account, event.realname)
        this.#link.emit(event)
        if (event.self) this.#catchUp.enter(event.room)
        return true
      case 'part':
      case 'kick':
        if (event.self) this.#joins.left(event.room)
        else this.#link.roster.part(event.room, event.type === 'kick' ? event.nick : event.who.nick)
        break
      case 'quit':
        this.#link.roster.quit(event.who.nick)
        break
      case 'nick':
        this.#link.roster.change(event.from.nick, { nick: event.to })
        if (event.self) this.#ports.renamed(event.to)
        break
      case 'topic': {
        const room = this.#link.roster.get(event.room)
        if (room !== undefined) room.topic = event.topic
        break
      }
      case 'mode':
        this.#link.roster.mode(event.room, event.changes)
        break
    }
    this.#link.emit(event)
    if (event.type === 'quit') this.#ports.freed(event.who.nick)
    else if (event.type === 'nick' && !event.self) this.#ports.freed(event.from.nick)
    return true
  }

  /** Errors that end a join or one of our lines. */
  #refusal(message: Message, claimed: boolean, label: string | undefined): boolean {
    if (claimed && label === undefined) return true
    if ((label !== undefined || !this.#link.labels) && this.#speech.refused(label, message)) return true
    for (const word of message.params.slice(1, -1)) {
      const room = this.#link.roster.get(word)
      if (room === undefined || room.joined || message.command === 'FAIL') continue
      // A room that nobody waits for was joined again after a reconnect: that is told as a complaint.
      return this.#joins.forget(word, failureOf(message))
    }
    return claimed
  }

  #roomNumeric(message: Message): void {
    this.#link.roster.numeric(message)
    const { command, params } = message
    const room = this.#link.roster.get(params[1] ?? '')
    if (command === RPL.ENDOFNAMES && room?.joined) {
      this.#joins.entered(room)
    } else if ((command === RPL.TOPIC || command === RPL.NOTOPIC) && room !== undefined) {
      const at = occurrenceOf(message, this.#link.now())
      this.#link.emit({
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
    for (const event of personEvents(message, this.#link.roster, this.#link.now())) {
      if (message.command === 'CHGHOST' && this.#link.isSelf(event.who.nick)) this.#ports.seenAs(event.who)
      this.#link.emit(event)
    }
  }
}

/** What a translation has to know: of what happens now, or of a room's past. */
export function contextOf(link: Link, pastRoom?: string): TranslationContext {
  return {
    support: link.support,
    now: link.now(),
    isSelf: (nick) => link.isSelf(nick),
    roomsOf: (nick) => (pastRoom === undefined ? link.roster.roomsOf(nick) : [pastRoom]),
    past: pastRoom !== undefined,
  }
}
