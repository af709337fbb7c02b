import type { Isupport } from '../codec/isupport.js'
import { parseMask } from '../codec/mask.js'
import type { Message } from '../codec/message.js'
import { parseModes, USER_MODES } from '../codec/modes.js'
import type { ComplaintEvent, Occurrence, PastEvent, Person, TypingEvent } from './events.js'

/** What a translation has to know beside the message. */
export interface TranslationContext {
  readonly support: Isupport
  /** When a message without a time came. */
  readonly now: number
  /** Is this nick ours? */
  isSelf(nick: string): boolean
  /** Rooms that somebody is in; for the past, the room whose history it is. */
  roomsOf(nick: string): readonly string[]
  /** Does it come out of the history? */
  readonly past: boolean
}

/** A text that is for programs; many leave out the mark at its end (modern.ircdocs.horse/ctcp). */
const CTCP = /^\x01([^\x01 ]*)(?: ([^\x01]*))?\x01?$/

/** Who sent a message. */
export function personOf(message: Message): Person {
  return parseMask(message.source ?? '')
}

/** When a message was sent, its id and its tags. A time that is none counts as absent. */
export function occurrenceOf(message: Message, now: number): Occurrence {
  const stamp = message.tags.get('time')
  const time = stamp === undefined ? Number.NaN : Date.parse(stamp)
  return { time: new Date(Number.isNaN(time) ? now : time), msgid: message.tags.get('msgid'), tags: message.tags }
}

/**
 * What a message means that can be in a history as well as live, and typing; `undefined` for everything else. Pure: who
 * is where is not changed here.
 */
export function translate(message: Message, context: TranslationContext): PastEvent | TypingEvent | undefined {
  const { support, past } = context
  const from = personOf(message)
  const self = context.isSelf(from.nick)
  const at = occurrenceOf(message, context.now)
  const [first = '', second = ''] = message.params
  switch (message.command) {
    case 'PRIVMSG':
    case 'NOTICE': {
      const { room, statusPrefix } = place(first, from, self, support)
      const [framed, name = '', words = ''] = CTCP.exec(second) ?? []
      const isNotice = message.command === 'NOTICE'
      const command = name.toUpperCase()
      const isAction = framed !== undefined && command === 'ACTION'
      if (framed !== undefined && !isAction) {
        return { type: 'ctcp', ...at, from, room, command, text: words, answer: isNotice, self, past }
      }
      return {
        type: 'message',
        ...at,
        kind: isNotice ? 'notice' : isAction ? 'action' : 'message',
        from,
        room,
        text: isAction ? words : second,
        self,
        past,
        replyTo: message.tags.get('+reply') ?? message.tags.get('+draft/reply'),
        account: message.tags.get('account'),
        bot: message.tags.has('bot') || message.tags.has('draft/bot'),
        statusPrefix,
        localId: undefined,
      }
    }
    case 'TAGMSG': {
      const { room } = place(first, from, self, support)
      const replyTo = message.tags.get('+reply') ?? message.tags.get('+draft/reply')
      const reaction = message.tags.get('+react') ?? message.tags.get('+draft/react')
      const back = message.tags.get('+unreact') ?? message.tags.get('+draft/unreact')
      if (replyTo && (reaction || back)) {
        const set = Boolean(reaction)
        return { type: 'reaction', ...at, from, room, replyTo, reaction: (reaction || back)!, set, self, past }
      }
      const typing = message.tags.get('+typing') ?? message.tags.get('+draft/typing')
      if ((typing === 'active' || typing === 'paused' || typing === 'done') && !self && !past) {
        return { type: 'typing', from, room, state: typing }
      }
      return undefined
    }
    case 'JOIN': {
      const [, account, realname] = message.params
      const known = account === undefined || account === '*' ? message.tags.get('account') : account
      return { type: 'join', ...at, who: from, room: first, self, past, account: known, realname }
    }
    case 'PART':
      return { type: 'part', ...at, who: from, room: first, reason: second, self, past }
    case 'KICK':
      return {
        type: 'kick',
        ...at,
        nick: second,
        by: from,
        room: first,
        reason: message.params[2] ?? '',
        self: context.isSelf(second),
        past,
      }
    case 'QUIT':
      return { type: 'quit', ...at, who: from, rooms: context.roomsOf(from.nick), reason: first, self, past }
    case 'NICK':
      return { type: 'nick', ...at, from, to: first, rooms: context.roomsOf(from.nick), self, past }
    case 'TOPIC':
      return { type: 'topic', ...at, room: first, topic: second, by: from, changed: true, past }
    case 'MODE': {
      const kinds = support.isChannel(first) ? support.modes : USER_MODES
      return { type: 'mode', ...at, room: first, by: from, changes: parseModes(message.params.slice(1), kinds), past }
    }
    default:
      return undefined
  }
}

/** An error numeric, FAIL, WARN or NOTE as an event. */
export function complaintOf({ command, params }: Message, at: Occurrence): ComplaintEvent {
  const isStandard = !/^\d/.test(command)
  return {
    type: 'complaint',
    ...at,
    severity: command === 'WARN' ? 'warn' : command === 'NOTE' ? 'note' : 'fail',
    command: isStandard ? (params[0] ?? '') : '',
    reply: isStandard ? (params[1] ?? '') : command,
    context: params.slice(isStandard ? 2 : 1, -1),
    text: params.at(-1) ?? '',
  }
}

/** Where a message belongs: `@#room` is in `#room`, and between two people it is the other one. */
function place(target: string, from: Person, self: boolean, support: Isupport): { room: string; statusPrefix: string } {
  if (support.isChannel(target)) return { room: target, statusPrefix: '' }
  const signs = support.get('STATUSMSG') ?? ''
  let at = 0
  while (at < target.length && signs.includes(target[at]!)) at++
  if (at > 0 && support.isChannel(target.slice(at)))
    return { room: target.slice(at), statusPrefix: target.slice(0, at) }
  return { room: self ? target : from.nick || target, statusPrefix: '' }
}
