import { ChatError, callerFault } from '../codec/errors.js'
import type { Message, MessageInit } from '../codec/message.js'
import { splitText, textBudget } from '../codec/text.js'
import { failureOf } from './answers.js'
import type { MessageEvent, PastEvent } from './events.js'
import type { SayOptions } from './interface.js'
import type { Link } from './link.js'
import { Outbox, type Outgoing } from './outbox.js'

/** Others are told of our typing once in so many milliseconds at most, whatever there is to tell (IRCv3 typing). */
const TYPING_INTERVAL = 3000
/** Rooms of which it is remembered what was told there of our typing. */
const MAX_TYPING = 100

type Typing = 'active' | 'paused' | 'done'

/** What we say: split, shown at once, kept until the server has it. */
export class Speech {
  readonly #link: Link
  readonly #outbox: Outbox
  /** May a line to this target leave now? */
  readonly #isOpen: (target: string) => boolean
  /** What others were told last of our typing, and when, oldest first. */
  readonly #typing = new Map<string, { state: Typing; readonly at: number }>()
  #count = 0

  constructor(link: Link, isOpen: (target: string) => boolean) {
    this.#link = link
    this.#isOpen = isOpen
    this.#outbox = new Outbox(link.options.maxQueued)
  }

  say(target: string, text: string, options: SayOptions): string[] {
    checkTarget(target)
    // A piece that begins with the mark of CTCP would be a request to the programs of others.
    if (/[\0\x01]/.test(text)) {
      throw callerFault(TypeError, 'CHAT_ERR_BAD_CHARACTER', 'a text holds NUL, or the mark of CTCP (\\x01)')
    }
    const { kind = 'message', replyTo } = options
    const link = this.#link
    const command = kind === 'notice' ? 'NOTICE' : 'PRIVMSG'
    const frame = { source: link.source, command, params: [target], maxLength: link.support.maxLength }
    const room = textBudget(frame) - (kind === 'action' ? '\x01ACTION \x01'.length : 0)
    const lines = splitText(text, room).map((piece): Outgoing => {
      return { localId: `m${++this.#count}`, target, text: piece, kind, replyTo, written: false }
    })
    this.#outbox.add(lines)
    for (const line of lines) link.emit(this.#shown(line))
    // The message itself says that we are done typing.
    const typing = this.#typing.get(link.roster.fold(target))
    if (typing !== undefined) typing.state = 'done'
    this.flush()
    return lines.map((line) => line.localId)
  }

  /** Writes what may leave. */
  flush(): void {
    const link = this.#link
    if (!link.online) return
    for (const line of this.#outbox.ready(this.#isOpen)) {
      line.written = true
      const echoed = link.has('echo-message')
      try {
        link.send(this.#message(line), echoed ? undefined : () => this.#arrived(line.localId, undefined, undefined))
      } catch (cause) {
        // It was cut to the limits of its time; those of the server are others now, or what it answers has too long an id.
        const error = new ChatError('CHAT_ERR_LINE_TOO_LONG', 'the line cannot be sent', { cause })
        if (this.#outbox.take(line.localId) !== undefined) this.#failed(line, error)
      }
    }
  }

  /** Our own message came back: was it one that waits? By its label, else by what it says. */
  echo(event: MessageEvent, label: string | undefined): boolean {
    const { roster } = this.#link
    if (label !== undefined) return this.#arrived(label, event.msgid, event.time)
    const line = this.#outbox.match(
      (each) =>
        each.text === event.text && each.kind === event.kind && roster.fold(each.target) === roster.fold(event.room),
    )
    if (line === undefined) return false
    this.#delivered(line, event.msgid, event.time)
    return true
  }

  /** The server has answered a labelled line, whole: if that was neither its echo nor a refusal, it has it all the same. */
  answered(label: string): void {
    this.#arrived(label, undefined, undefined)
  }

  /** The server refuses a labelled line, or (without labels) the oldest one to a target. */
  refused(label: string | undefined, message: Message): boolean {
    const { roster } = this.#link
    const about = message.params.map((word) => roster.fold(word))
    const line =
      label === undefined
        ? this.#outbox.match((each) => about.includes(roster.fold(each.target)))
        : this.#outbox.take(label)
    if (line === undefined) return false
    this.#failed(line, failureOf(message))
    return true
  }

  /** What had arrived before the connection was lost, as a room's past shows; the rest is said again. */
  reconcile(room: string, past: readonly PastEvent[], isSelf: (nick: string) => boolean): Set<PastEvent> {
    const ours = new Set<PastEvent>()
    const { roster } = this.#link
    for (const event of past) {
      if (event.type !== 'message' || !isSelf(event.from.nick)) continue
      const line = this.#outbox.match(
        (each) =>
          each.text === event.text && each.kind === event.kind && roster.fold(each.target) === roster.fold(room),
      )
      if (line === undefined) continue
      ours.add(event)
      this.#delivered(line, event.msgid, event.time)
    }
    return ours
  }

  /** What was written to these targets and is still unanswered is to be written again. */
  rewind(isLost: (target: string) => boolean): void {
    this.#outbox.rewind(isLost)
  }

  /** The client ends: what still waits will never be said. */
  abandon(error: ChatError): void {
    for (const line of this.#outbox.drain()) this.#failed(line, error)
  }

  /** A room cannot be entered: what waits for it has failed. */
  abandonRoom(room: string, error: ChatError): void {
    const { roster } = this.#link
    for (const line of this.#outbox.ready((target) => roster.fold(target) === roster.fold(room))) {
      this.#outbox.take(line.localId)
      this.#failed(line, error)
    }
  }

  react(room: string, msgid: string, reaction: string, set: boolean): void {
    checkTarget(room)
    if (!this.#link.online || !this.#link.has('message-tags')) return
    const tags = { ...replyTags(msgid), [set ? '+draft/react' : '+draft/unreact']: reaction }
    this.#link.send({ tags, command: 'TAGMSG', params: [room] })
    if (this.#link.has('echo-message')) return
    const { nick } = this.#link
    this.#link.emit({
      type: 'reaction',
      time: new Date(this.#link.now()),
      msgid: undefined,
      tags: new Map(),
      from: { nick, user: '', host: '' },
      room,
      replyTo: msgid,
      reaction,
      set,
      self: true,
      past: false,
    })
  }

  typing(room: string, state: Typing): void {
    const link = this.#link
    // A courtesy at every key, also in a room whose name only the server can say: dropped and not refused.
    if (!isTarget(room)) return
    const key = link.roster.fold(room)
    if (!link.online || !link.has('message-tags')) return
    const { state: said, at = Number.NEGATIVE_INFINITY } = this.#typing.get(key) ?? { state: 'done' }
    if (link.now() - at < TYPING_INTERVAL || (state !== 'active' && (said === 'done' || said === state))) return
    this.#typing.delete(key)
    this.#typing.set(key, { state, at: link.now() })
    const [oldest = ''] = this.#typing.keys()
    if (this.#typing.size > MAX_TYPING) this.#typing.delete(oldest)
    link.send({ tags: { '+typing': state }, command: 'TAGMSG', params: [room] })
  }

  #message(line: Outgoing): MessageInit {
    const tags: Record<string, string> = {}
    if (this.#link.labels) tags.label = line.localId
    if (line.replyTo !== undefined && this.#link.has('message-tags')) Object.assign(tags, replyTags(line.replyTo))
    const text = line.kind === 'action' ? `\x01ACTION ${line.text}\x01` : line.text
    return { tags, command: line.kind === 'notice' ? 'NOTICE' : 'PRIVMSG', params: [line.target, text] }
  }

  #shown(line: Outgoing): MessageEvent {
    return {
      type: 'message',
      time: new Date(this.#link.now()),
      msgid: undefined,
      tags: new Map(),
      kind: line.kind,
      from: { nick: this.#link.nick, user: '', host: '' },
      room: this.#link.roster.get(line.target)?.name ?? line.target,
      text: line.text,
      self: true,
      past: false,
      replyTo: line.replyTo,
      account: undefined,
      bot: false,
      statusPrefix: '',
      localId: line.localId,
    }
  }

  #arrived(localId: string, msgid: string | undefined, time: Date | undefined): boolean {
    const line = this.#outbox.take(localId)
    if (line !== undefined) this.#delivered(line, msgid, time ?? new Date(this.#link.now()))
    return line !== undefined
  }

  #delivered({ localId, target }: Outgoing, msgid: string | undefined, time: Date): void {
    this.#link.emit({ type: 'delivery', localId, room: target, state: 'sent', msgid, time })
  }

  #failed({ localId, target }: Outgoing, error: ChatError): void {
    const time = new Date(this.#link.now())
    this.#link.emit({ type: 'delivery', localId, room: target, state: 'failed', msgid: undefined, time, error })
  }
}

/** What a message answers (IRCv3 reply), also under the name that older clients know. */
function replyTags(msgid: string): Record<string, string> {
  return { '+reply': msgid, '+draft/reply': msgid }
}

/** @throws TypeError for what can be no channel or nick: it would become another command's parameter */
export function checkTarget(target: string): void {
  if (!isTarget(target)) {
    throw callerFault(TypeError, 'CHAT_ERR_BAD_PARAMETER', 'a room or nick is one word without commas')
  }
}

function isTarget(target: string): boolean {
  return /^[^\s\0:,][^\s\0,]*$/.test(target)
}
