import type { Handlers } from './handler.js'
import type { Identity } from './identity.js'
import { isNick, keyOf } from './names.js'
import type { User } from './presence.js'
import type { EngineState } from './state.js'

/** MONITOR: being told when a nick comes and goes. */
export const monitors: Handlers<'monitorAdd' | 'monitorRemove' | 'monitorClear' | 'monitorList' | 'monitorStatus'> = {
  monitorAdd(engine, user, command) {
    const { maxMonitored, maxNickLength } = engine.settings.limits
    user.watching ??= new Map()
    const added: string[] = []
    for (let i = 0; i < command.nicks.length; i++) {
      const nick = command.nicks[i]!
      const key = keyOf(nick)
      if (user.watching.has(key) || !isNick(nick, maxNickLength)) continue
      if (user.watching.size >= maxMonitored) {
        user.recipient.reply({ type: 'monitorFull', limit: maxMonitored, nicks: command.nicks.slice(i) })
        break
      }
      user.watching.set(key, nick)
      const watchers = engine.watchers.get(key) ?? new Set<User>()
      watchers.add(user)
      engine.watchers.set(key, watchers)
      added.push(nick)
    }
    report(engine, user, added)
  },

  monitorRemove(engine, user, command) {
    for (const nick of command.nicks) {
      const key = keyOf(nick)
      if (user.watching?.delete(key)) engine.unwatch(user, key)
    }
  },

  monitorClear(engine, user) {
    for (const key of user.watching?.keys() ?? []) engine.unwatch(user, key)
    user.watching = undefined
  },

  monitorList(_engine, user) {
    const nicks = [...(user.watching?.values() ?? [])]
    if (nicks.length > 0) user.recipient.reply({ type: 'monitorList', nicks })
    user.recipient.reply({ type: 'endOfMonitorList' })
  },

  monitorStatus(engine, user) {
    report(engine, user, [...(user.watching?.values() ?? [])])
  },
}

function report(engine: EngineState, user: User, nicks: readonly string[]): void {
  const here: Identity[] = []
  const gone: string[] = []
  for (const nick of nicks) {
    const other = engine.user(nick)
    if (other === undefined) gone.push(nick)
    else here.push(other.identity)
  }
  if (here.length > 0) user.recipient.reply({ type: 'monitorOnline', who: here })
  if (gone.length > 0) user.recipient.reply({ type: 'monitorOffline', nicks: gone })
}
