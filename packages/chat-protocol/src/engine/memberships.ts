import type { CommandOf } from './command.js'
import type { Handlers, LongAnswer } from './handler.js'
import { fits, isChannelName } from './names.js'
import type { Channel, User } from './presence.js'
import { highest, RANK } from './rank.js'
import type { Refusal } from './refusal.js'
import { memberChannel, sendNames, sendTopic } from './rooms.js'
import type { EngineState } from './state.js'

/** Coming and going: JOIN, PART, KICK, INVITE. */
export const memberships: Handlers<'join' | 'partAll' | 'part' | 'kick' | 'invite' | 'invitations'> = {
  *join(engine, user, command) {
    for (const target of command.targets) {
      yield* join(engine, user, target.channel, target.key)
      yield
    }
  },

  partAll(engine, user) {
    for (const channel of [...user.memberships.keys()]) part(engine, user, channel, undefined)
  },

  part(engine, user, command) {
    const { reason } = command
    if (reason !== undefined && !fits(reason, engine.settings.limits.maxReasonLength)) {
      return engine.refuse(user, 'inputTooLong')
    }
    for (const name of command.channels) {
      const channel = memberChannel(engine, user, name)
      if (channel !== undefined) part(engine, user, channel, reason)
    }
  },

  kick(engine, user, command) {
    const reason = command.reason ?? user.nick
    if (!fits(reason, engine.settings.limits.maxReasonLength)) return engine.refuse(user, 'inputTooLong')
    for (const target of command.targets) kick(engine, user, target.channel, target.nick, reason)
  },

  invite,

  invitations(_engine, user) {
    for (const channel of user.invitations ?? []) user.recipient.reply({ type: 'invitation', channel: channel.name })
    user.recipient.reply({ type: 'endOfInvitations' })
  },
}

function* join(engine: EngineState, user: User, name: string, key: string | undefined): LongAnswer {
  const { limits } = engine.settings
  let channel = engine.channel(name)
  if (channel === undefined) {
    if (!isChannelName(name, limits.maxChannelLength)) return engine.refuse(user, 'noSuchChannel', name)
  } else if (user.memberships.has(channel)) return
  if (user.memberships.size >= limits.maxChannels) return engine.refuse(user, 'tooManyChannels', name)
  if (channel !== undefined) {
    const refusal = doorClosed(channel, user, key)
    if (refusal !== undefined) return engine.refuse(user, refusal, channel.name)
  }
  const first = channel === undefined
  channel ??= engine.open(name)
  const joined = channel
  engine.admit(user, channel, first ? RANK.op : 0)
  engine.publish(channel, { type: 'joined', who: user.identity, channel: channel.name })
  if (user.away !== undefined) {
    const away = engine.publication({ type: 'awayChanged', who: user.identity, message: user.away })
    for (const other of joined.members.keys()) if (other !== user) other.recipient.deliver(away)
  }
  if (channel.topic !== undefined) sendTopic(user, channel)
  yield* sendNames(user, channel)
}

/** Why the user may not come in; undefined when it may. An invitation opens every door but a full room's own limit. */
function doorClosed(channel: Channel, user: User, key: string | undefined): Refusal | undefined {
  if (channel.limit !== undefined && channel.members.size >= channel.limit) return 'channelIsFull'
  if (channel.invited.has(user)) return undefined
  if (channel.keyword !== undefined && channel.keyword !== key) return 'badChannelKey'
  if (channel.flags.has('inviteOnly') && !channel.welcomes(user.identity)) return 'inviteOnlyChannel'
  // Whole networks stand in the list of who needs no invitation: who is banned out of one of them stays banned.
  if (channel.forbids(user.identity, false)) return 'bannedFromChannel'
  return undefined
}

function part(engine: EngineState, user: User, channel: Channel, reason: string | undefined): void {
  // Somebody who may not speak may not speak by leaving either.
  const silent = reason !== undefined && !maySpeak(channel, user)
  engine.publish(channel, {
    type: 'parted',
    who: user.identity,
    channel: channel.name,
    reason: silent ? undefined : reason,
  })
  engine.remove(user, channel)
}

/** True when the user may send a message to the channel. */
export function maySpeak(channel: Channel, user: User): boolean {
  const member = user.memberships.get(channel)
  if (member === undefined) {
    return !channel.flags.has('noExternal') && !channel.flags.has('moderated') && !channel.forbids(user.identity, true)
  }
  return member.ranks > 0 || !(channel.flags.has('moderated') || member.silenced)
}

function kick(engine: EngineState, user: User, name: string, nick: string, reason: string): void {
  const channel = memberChannel(engine, user, name)
  if (channel === undefined) return
  const own = user.memberships.get(channel)!
  if (highest(own.ranks) < RANK.halfop) return engine.refuse(user, 'channelOperatorNeeded', channel.name)
  const victim = engine.user(nick)
  if (victim === undefined) return engine.refuse(user, 'noSuchNick', nick)
  const membership = channel.members.get(victim)
  if (membership === undefined) return engine.refuse(user, 'userNotInChannel', nick, channel.name)
  if (highest(membership.ranks) > highest(own.ranks)) return engine.refuse(user, 'channelOperatorNeeded', channel.name)
  engine.publish(channel, { type: 'kicked', by: user.identity, channel: channel.name, nick: victim.nick, reason })
  engine.remove(victim, channel)
}

function invite(engine: EngineState, user: User, command: CommandOf<'invite'>): void {
  const guest = engine.user(command.nick)
  if (guest === undefined) return engine.refuse(user, 'noSuchNick', command.nick)
  const channel = memberChannel(engine, user, command.channel)
  if (channel === undefined) return
  const own = user.memberships.get(channel)!
  if (channel.flags.has('inviteOnly') && highest(own.ranks) < RANK.halfop) {
    return engine.refuse(user, 'channelOperatorNeeded', channel.name)
  }
  if (guest.memberships.has(channel)) return engine.refuse(user, 'userOnChannel', guest.nick, channel.name)
  // Only who may let people in can open a closed door; without that the invitation is a mere message.
  if (highest(own.ranks) >= RANK.halfop) {
    guest.invitations ??= new Set()
    if (guest.invitations.size >= engine.settings.limits.maxChannels) {
      const [oldest] = guest.invitations
      if (oldest !== undefined) {
        oldest.invited.delete(guest)
        guest.invitations.delete(oldest)
      }
    }
    channel.invited.add(guest)
    guest.invitations.add(channel)
  }
  user.recipient.reply({ type: 'inviting', nick: guest.nick, channel: channel.name })
  const event = { type: 'invited', by: user.identity, nick: guest.nick, channel: channel.name } as const
  guest.recipient.deliver(engine.publication({ ...event, witnessed: false }))
  const witnessed = engine.publication({ ...event, witnessed: true })
  for (const [other, member] of channel.members) {
    if (other !== user && highest(member.ranks) >= RANK.halfop) other.recipient.deliver(witnessed)
  }
  if (guest.away !== undefined) {
    user.recipient.reply({ type: 'recipientAway', nick: guest.nick, message: guest.away })
  }
}
