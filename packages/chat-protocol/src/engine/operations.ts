import { banMatcher, isBanMask } from './bans.js'
import type { CommandOf } from './command.js'
import type { Handlers } from './handler.js'
import { fits } from './names.js'
import type { OperatorGrant } from './ports.js'
import type { User } from './presence.js'
import type { EngineState } from './state.js'

/** Octets of a WALLOPS; its line has the longest source before it. */
const MAX_WALLOPS = 380
/** Octets of a ban's mask and reason: the list of bans shows both in one line, with who and until when. */
const MAX_BAN_MASK = 100
const MAX_BAN_REASON = 200

/** What only operators do: OPER, KILL, WALLOPS and bans from the server. */
export const operations: Handlers<'oper' | 'kill' | 'wallops' | 'ban' | 'unban' | 'bans'> = {
  oper(engine, user, command) {
    const verdict = engine.ports.operator(command.name, command.password, user)
    if (!(verdict instanceof Promise)) return decide(engine, user, verdict)
    return verdict.then((grant) => () => decide(engine, user, grant))
  },

  kill(engine, user, command) {
    if (!mayOperate(engine, user)) return
    if (!fits(command.reason, engine.settings.limits.maxReasonLength)) return engine.refuse(user, 'inputTooLong')
    const victim = engine.user(command.nick)
    if (victim === undefined) return engine.refuse(user, 'noSuchNick', command.nick)
    expelFor(engine, user, victim, command.reason)
  },

  wallops(engine, user, command) {
    if (!mayOperate(engine, user)) return
    if (!fits(command.text, MAX_WALLOPS)) return engine.refuse(user, 'inputTooLong')
    const publication = engine.publication({ type: 'wallops', from: user.identity, text: command.text })
    for (const other of engine.users.values()) {
      if (other.modes.has('wallops') || other.operator) other.recipient.deliver(publication)
    }
  },

  ban,

  unban(engine, user, command) {
    if (!mayOperate(engine, user)) return
    if (engine.bans.remove(command.mask)) {
      user.recipient.reply({ type: 'serverBanChanged', mask: command.mask, added: false })
    } else engine.fail(user, 'UNKLINE', 'NO_SUCH_BAN', [command.mask], 'There is no such ban')
  },

  *bans(engine, user) {
    if (!mayOperate(engine, user)) return
    for (const ban of engine.bans.list(engine.ports.now())) {
      user.recipient.reply({ type: 'serverBan', ban })
      yield
    }
    user.recipient.reply({ type: 'endOfServerBans' })
  },
}

function mayOperate(engine: EngineState, user: User): boolean {
  if (!user.operator) engine.refuse(user, 'noPrivileges')
  return user.operator
}

function decide(engine: EngineState, user: User, grant: OperatorGrant | undefined): void {
  if (!user.present) return
  if (grant === undefined) return engine.refuse(user, 'passwordMismatch')
  if (grant.host !== undefined && grant.host !== user.identity.host) {
    const { identity } = user
    engine.publishAround(user, { type: 'hostChanged', who: identity, user: identity.user, host: grant.host }, true)
    user.identity = identity.with({ host: grant.host })
    user.recipient.reply({ type: 'newHost', host: grant.host })
  }
  user.recipient.reply({ type: 'operator' })
  if (user.operator) return
  engine.setUserMode(user, 'operator', true)
  user.recipient.deliver(
    engine.publication({ type: 'userModesChanged', who: user.identity, changes: [{ mode: 'operator', add: true }] }),
  )
}

function expelFor(engine: EngineState, by: User, victim: User, reason: string): void {
  victim.recipient.deliver(engine.publication({ type: 'killed', by: by.identity, nick: victim.nick, reason }))
  const said = `Killed (${by.nick} (${reason}))`
  engine.expel(victim, said, said)
}

function ban(engine: EngineState, user: User, command: CommandOf<'ban'>): void {
  if (!mayOperate(engine, user)) return
  const { mask, reason, seconds } = command
  if (!fits(reason, MAX_BAN_REASON) || !fits(mask, MAX_BAN_MASK)) return engine.refuse(user, 'inputTooLong')
  // A ban on everybody is a slip of the finger, and it would take the operator as well.
  if (/^[*?@.]*$/.test(mask) || /[\s!]/.test(mask) || !isBanMask(mask)) {
    return engine.fail(user, 'KLINE', 'INVALID_MASK', [mask], 'The mask is no user@host or covers everybody')
  }
  const now = engine.ports.now()
  const added = engine.bans.add({
    mask,
    reason,
    by: user.nick,
    at: now,
    expires: seconds > 0 ? now + seconds * 1000 : undefined,
  })
  if (!added) return engine.fail(user, 'KLINE', 'TOO_MANY_BANS', [mask], 'There are too many bans')
  user.recipient.reply({ type: 'serverBanChanged', mask, added: true })
  // All others are covered by no ban: with a thousand of them, to ask each again would take seconds.
  const covers = banMatcher(mask)
  for (const other of [...engine.users.values()]) {
    if (other === user || other.operator) continue
    if (covers(other.identity.user, other.identity.host, other.facts)) {
      const said = `Banned: ${reason}`
      engine.expel(other, said, said)
    }
  }
}
