import type { CommandOf } from './command.js'
import type { MessageEvent, Publication } from './event.js'
import type { Handlers } from './handler.js'
import { maySpeak } from './memberships.js'
import { namesChannel } from './names.js'
import type { Channel, User } from './presence.js'
import { highest, RANK } from './rank.js'
import type { EngineState } from './state.js'

/** Talking: PRIVMSG, NOTICE, TAGMSG. */
export const messages: Handlers<'message'> = {
  message(engine, user, command) {
    const { targets } = command
    if (targets.length > engine.settings.limits.maxTargets) {
      return engine.refuse(user, 'tooManyTargets', targets[engine.settings.limits.maxTargets]!)
    }
    // An away user who only writes notices or tags has not come back to the keyboard, but idle time is what it types.
    if (command.kind === 'privmsg') user.lastSpoke = engine.ports.now()
    for (const target of targets) {
      const { name, rank } = readTarget(target)
      if (namesChannel(name)) toChannel(engine, user, command, name, rank)
      else toUser(engine, user, command, target)
    }
  },
}

const SIGNS: Readonly<Record<string, number>> = { '@': RANK.op, '%': RANK.halfop, '+': RANK.voice }

/** `@#room` addresses its operators only. */
function readTarget(target: string): { name: string; rank: number } {
  const rank = SIGNS[target.charAt(0)]
  return rank !== undefined && target.charAt(1) === '#' ? { name: target.slice(1), rank } : { name: target, rank: 0 }
}

type Said = CommandOf<'message'>

/** A notice must never be answered automatically (RFC 2812 §3.3.2); a TAGMSG is answered, as its specification says. */
function mayAnswer(said: Said): boolean {
  return said.kind !== 'notice'
}

const CTCP = /^\x01(?!ACTION(?: |\x01|$))/

function toChannel(engine: EngineState, user: User, said: Said, name: string, rank: number): void {
  const channel = engine.channel(name)
  if (channel === undefined) {
    if (mayAnswer(said)) engine.refuse(user, 'noSuchChannel', name)
    return
  }
  const blocked = !maySpeak(channel, user) || (channel.flags.has('noCtcp') && CTCP.test(said.text))
  if (blocked) {
    if (mayAnswer(said)) engine.refuse(user, 'cannotSendToChannel', channel.name)
    return
  }
  const event = eventOf(user, said, channel.name, rank)
  // What went to the operators only has no place in a history that every member may read.
  const publication = rank === 0 && isLasting(said) ? engine.logged(channel.key, event) : engine.identified(event)
  toMembers(channel, user, rank, publication)
  user.recipient.echo(publication)
}

/** False for what is gone the next moment: somebody is typing. */
function isLasting(said: Said): boolean {
  if (said.kind !== 'tagmsg') return true
  for (const name in said.tags) if (name !== 'typing') return true
  return false
}

/** The hot loop of the server: fifty members per message, a thousand messages a second. */
function toMembers(channel: Channel, sender: User, rank: number, publication: Publication): void {
  for (const [user, member] of channel.members) {
    if (user !== sender && (rank === 0 || highest(member.ranks) >= rank)) user.recipient.deliver(publication)
  }
}

function toUser(engine: EngineState, user: User, said: Said, nick: string): void {
  const other = engine.user(nick)
  if (other === undefined) {
    if (mayAnswer(said)) engine.refuse(user, 'noSuchNick', nick)
    return
  }
  const event = eventOf(user, said, other.nick, 0)
  const publication = isLasting(said)
    ? engine.logged(engine.conversation(user, other), event)
    : engine.identified(event)
  user.recipient.echo(publication)
  other.recipient.deliver(publication)
  if (other.away !== undefined && said.kind === 'privmsg') {
    user.recipient.reply({ type: 'recipientAway', nick: other.nick, message: other.away })
  }
}

function eventOf(user: User, said: Said, target: string, rank: number): MessageEvent {
  return { type: 'message', kind: said.kind, from: user.identity, target, rank, text: said.text, tags: said.tags }
}
