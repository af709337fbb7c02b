import type { CommandOf } from './command.js'
import type { UserModeChange } from './event.js'
import type { Handlers, LongAnswer } from './handler.js'
import type { UserMode } from './mode.js'
import { fits, isNick, keyOf, maskMatcher, namesChannel } from './names.js'
import type { Channel, User } from './presence.js'
import type { EngineState } from './state.js'

/** Oneself and others: NICK, SETNAME, AWAY, MODE of a user, WHO, WHOIS, WHOWAS, ISON, USERHOST, QUIT. */
export const people: Handlers<
  'nick' | 'setname' | 'away' | 'userModes' | 'who' | 'whois' | 'whowas' | 'ison' | 'userhost' | 'quit'
> = {
  nick(engine, user, command) {
    const { nick } = command
    if (!isNick(nick, engine.settings.limits.maxNickLength)) return engine.refuse(user, 'erroneousNickname', nick)
    if (nick === user.nick) return
    const key = keyOf(nick)
    const holder = engine.users.get(key)
    if (holder !== undefined && holder !== user) return engine.refuse(user, 'nicknameInUse', nick)
    for (const [channel, member] of user.memberships) {
      // Otherwise a mute could be shaken off by another name.
      if (member.ranks === 0 && member.silenced) return engine.refuse(user, 'cannotSendToChannel', channel.name)
    }
    const event = { type: 'renamed', who: user.identity, nick } as const
    for (const channel of user.memberships.keys()) engine.record(channel, event)
    engine.publishAround(user, event, true)
    if (key !== user.key) engine.depart(user)
    engine.users.delete(user.key)
    user.identity = user.identity.with({ nick })
    const moved = key !== user.key
    user.key = key
    engine.users.set(key, user)
    if (moved) engine.announce(user)
  },

  setname(engine, user, command) {
    const { realname } = command
    if (realname === '' || !fits(realname, engine.settings.limits.maxRealnameLength)) {
      return engine.fail(user, 'SETNAME', 'INVALID_REALNAME', [], 'The real name is empty or too long')
    }
    engine.publishAround(user, { type: 'realnameChanged', who: user.identity, realname }, true)
    user.identity = user.identity.with({ realname })
  },

  away(engine, user, command) {
    const message = command.message === '' ? undefined : command.message
    if (message !== undefined && !fits(message, engine.settings.limits.maxAwayLength)) {
      return engine.refuse(user, 'inputTooLong')
    }
    const changed = user.away !== message
    user.away = message
    user.recipient.reply({ type: 'away', away: message !== undefined })
    if (changed) engine.publishAround(user, { type: 'awayChanged', who: user.identity, message }, false)
  },

  userModes,
  who,

  whois(engine, user, command) {
    const { maxTargets } = engine.settings.limits
    if (command.nicks.length > maxTargets) return engine.refuse(user, 'tooManyTargets', command.nicks[maxTargets]!)
    for (const nick of command.nicks) {
      const other = engine.user(nick)
      if (other === undefined) engine.refuse(user, 'noSuchNick', nick)
      else {
        const channels = [...other.memberships.keys()].filter(
          (channel) =>
            other === user ||
            user.operator ||
            user.memberships.has(channel) ||
            (!other.modes.has('invisible') && channel.visibleTo(user)),
        )
        const full = user.operator || other === user
        user.recipient.reply({ type: 'whois', user: other, channels, full, now: engine.ports.now() })
      }
    }
    user.recipient.reply({ type: 'endOfWhois', nicks: command.nicks.join(',') })
  },

  whowas(engine, user, command) {
    const found = engine.whowas.find(keyOf(command.nick), command.count)
    if (found.length === 0) engine.refuse(user, 'wasNoSuchNick', command.nick)
    for (const departed of found) user.recipient.reply({ type: 'whowas', departed, full: user.operator })
    user.recipient.reply({ type: 'endOfWhowas', nick: command.nick })
  },

  ison(engine, user, command) {
    const present = command.nicks.map((nick) => engine.user(nick)?.nick).filter((nick) => nick !== undefined)
    user.recipient.reply({ type: 'ison', nicks: present })
  },

  userhost(engine, user, command) {
    const found = command.nicks.map((nick) => engine.user(nick)).filter((other) => other !== undefined)
    user.recipient.reply({ type: 'userhost', users: found })
  },

  quit(engine, user, command) {
    const { reason } = command
    const short = reason !== undefined && fits(reason, engine.settings.limits.maxReasonLength)
    // The word tells a message from the server's own reasons, which nobody may forge.
    const said = short && reason !== '' ? `Quit: ${reason}` : 'Quit'
    engine.expel(user, said, said)
  },
}

function userModes(engine: EngineState, user: User, command: CommandOf<'userModes'>): void {
  const other = engine.user(command.nick)
  if (other !== user) return engine.refuse(user, other === undefined ? 'noSuchNick' : 'usersDoNotMatch', command.nick)
  if (command.wishes.length === 0) return user.recipient.reply({ type: 'userModes', modes: user.modes })
  // The net change: a line has room for hundreds of letters, and its answer for fewer.
  const changes = new Map<UserMode, boolean>()
  let unknown = false
  for (const wish of command.wishes) {
    if (wish.mode === 'unknown') {
      if (!unknown) engine.refuse(user, 'unknownUserMode')
      unknown = true
      continue
    }
    const { mode, add } = wish
    // Operators are made by OPER; whoever asks with MODE is ignored, as RFC 2812 §3.1.5 says.
    if (user.modes.has(mode) === add || (mode === 'operator' && add)) continue
    engine.setUserMode(user, mode, add)
    if (!changes.delete(mode)) changes.set(mode, add)
  }
  if (changes.size > 0) {
    const told = [...changes].map(([mode, add]): UserModeChange => ({ mode, add }))
    user.recipient.deliver(engine.publication({ type: 'userModesChanged', who: user.identity, changes: told }))
  }
}

function* who(engine: EngineState, user: User, command: CommandOf<'who'>): LongAnswer {
  const { mask, operatorsOnly, fields, token } = command
  const now = engine.ports.now()
  const row = (other: User, channel: Channel | undefined): void => {
    if (operatorsOnly && !other.operator) return
    user.recipient.reply({ type: 'whoRow', user: other, channel, fields, token, full: user.operator, now })
  }
  if (namesChannel(mask)) {
    const channel = engine.channel(mask)
    if (channel?.visibleTo(user)) {
      for (const member of [...channel.members.values()]) {
        yield
        // Each row is of the moment in which it is sent: who is gone has none.
        if (channel.members.get(member.user) !== member || !channel.visibleTo(user)) continue
        const inside = user.memberships.has(channel) || user.operator
        if (inside || !member.user.modes.has('invisible')) row(member.user, channel)
      }
    }
  } else {
    const exact = engine.user(mask)
    if (exact !== undefined) row(exact, sharedChannel(user, exact))
    else if (/[*?.@!:]/.test(mask) || mask === '0') yield* whoMask(engine, user, mask, row)
  }
  user.recipient.reply({ type: 'endOfWho', mask })
}

/** Everybody a mask finds; people who hide are found only by those who share a channel with them. */
function* whoMask(
  engine: EngineState,
  user: User,
  mask: string,
  row: (other: User, channel: Channel | undefined) => void,
): LongAnswer {
  const holds = mask === '*' || mask === '0' ? () => true : maskMatcher(mask)
  let left = engine.settings.limits.maxWhoRows
  for (const other of [...engine.users.values()]) {
    yield
    const { identity } = other
    if (
      !other.present ||
      !(
        holds(identity.nick) ||
        holds(identity.user) ||
        holds(identity.host) ||
        holds(identity.realname) ||
        holds(identity.mask)
      )
    ) {
      continue
    }
    const channel = sharedChannel(user, other)
    if (other.modes.has('invisible') && channel === undefined && other !== user && !user.operator) continue
    if (left-- === 0) return user.recipient.reply({ type: 'cutShort', rows: engine.settings.limits.maxWhoRows })
    row(other, channel)
  }
}

/** A channel both are in, else one of the other's that the user may see. */
function sharedChannel(user: User, other: User): Channel | undefined {
  for (const channel of other.memberships.keys()) if (user.memberships.has(channel)) return channel
  if (other.modes.has('invisible') && !user.operator) return undefined
  for (const channel of other.memberships.keys()) if (channel.visibleTo(user)) return channel
  return undefined
}
