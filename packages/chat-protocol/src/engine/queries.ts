import type { Handlers } from './handler.js'
import { keyOf, maskMatcher } from './names.js'
import type { User } from './presence.js'
import type { EngineState } from './state.js'

/** What the server says of itself: MOTD, VERSION, TIME, INFO, ADMIN, LINKS, LUSERS, HELP. */
export const queries: Handlers<'motd' | 'version' | 'time' | 'info' | 'admin' | 'links' | 'lusers' | 'help'> = {
  motd(engine, user, command) {
    if (!isHere(engine, user, command.server)) return
    if (engine.settings.motd.length === 0) return engine.refuse(user, 'noMotd')
    user.recipient.reply({ type: 'motd', lines: engine.settings.motd })
  },

  version(engine, user, command) {
    if (isHere(engine, user, command.server)) user.recipient.reply({ type: 'version' })
  },

  time(engine, user, command) {
    if (isHere(engine, user, command.server)) user.recipient.reply({ type: 'time', now: engine.ports.now() })
  },

  info(engine, user, command) {
    if (!isHere(engine, user, command.server)) return
    const { version, description } = engine.settings
    user.recipient.reply({ type: 'info', lines: [version, description], since: engine.started })
  },

  admin(engine, user, command) {
    if (!isHere(engine, user, command.server)) return
    if (engine.settings.admin.length === 0) return engine.refuse(user, 'noAdminInfo', engine.settings.name)
    user.recipient.reply({ type: 'admin', lines: engine.settings.admin })
  },

  links(_engine, user) {
    user.recipient.reply({ type: 'links' })
  },

  lusers(engine, user) {
    user.recipient.reply({ type: 'lusers', census: engine.census() })
  },

  help(_engine, user, command) {
    user.recipient.reply({ type: 'help', subject: command.subject })
  },
}

/** There is one server: a question for another is refused; the name may be a mask or the nick of somebody here. */
function isHere(engine: EngineState, user: User, server: string | undefined): boolean {
  if (server === undefined) return true
  const here = maskMatcher(server)(keyOf(engine.settings.name)) || engine.user(server) !== undefined
  if (!here) engine.refuse(user, 'noSuchServer', server)
  return here
}
