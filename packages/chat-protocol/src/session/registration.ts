import { RPL } from '../codec/numerics.js'
import { splitText } from '../codec/text.js'
import { Identity } from '../engine/identity.js'
import { isNick } from '../engine/names.js'
import type { VerbContext } from './context.js'
import { letterOf } from './mode-letters.js'
import { writeReply } from './replies.js'

/** NICK before registration. */
export function chooseNick(session: VerbContext, nick: string): void | Promise<() => void> {
  const { engine } = session.host
  if (!isNick(nick, engine.settings.limits.maxNickLength)) return session.refuse('erroneousNickname', nick)
  if (engine.user(nick) !== undefined) return session.refuse('nicknameInUse', nick)
  session.registration!.nick = nick
  return proceed(session)
}

/** USER. */
export function introduce(session: VerbContext, user: string, realname: string): void | Promise<() => void> {
  const { registration } = session
  if (registration === undefined) return session.refuse('alreadyRegistered')
  if (user === '' || realname === '') return session.refuse('needMoreParameters', 'USER')
  // The name goes into masks: only what cannot break them. The tilde says that nobody verified it.
  const name = user.replace(/[^A-Za-z0-9._-]/g, '').slice(0, MAX_USER_LENGTH)
  if (name === '') return session.numeric('468', 'That is not a possible user name')
  registration.user = `~${name}`
  registration.realname = shortened(realname, session.host.engine.settings.limits.maxRealnameLength)
  if (registration.realname !== realname) {
    // Nothing is cut without a word. A refusal would lock out clients that cannot know the limit yet.
    session.send('WARN', ['USER', 'REALNAME_SHORTENED', 'Your real name was too long and is shown shortened'])
  }
  return proceed(session)
}

/** Octets of a user name without its tilde; 12 with it, as USERLEN of 005 says. */
const MAX_USER_LENGTH = 11

function shortened(text: string, maxOctets: number): string {
  return splitText(text, maxOctets)[0] ?? ''
}

/** Finishes registration if nothing is missing any more. */
export function proceed(session: VerbContext): void | Promise<() => void> {
  const { registration, host } = session
  if (registration === undefined || registration.negotiating) return
  const { nick, user } = registration
  if (nick === undefined || user === undefined) return
  if (host.password === undefined) return enter(session)
  const right = registration.password === undefined ? false : host.password(registration.password)
  const decide = (verdict: boolean): void => {
    if (verdict) return enter(session)
    session.refuse('passwordMismatch')
    session.end('Password incorrect')
  }
  if (right instanceof Promise) return right.then((verdict) => () => decide(verdict))
  return decide(right)
}

function enter(session: VerbContext): void {
  const { registration, host, origin } = session
  const { engine } = host
  const { nick, user, realname } = registration!
  const ban = engine.bans.find(user!, origin.host, origin, host.now())
  if (ban !== undefined) {
    session.numeric('465', `You are banned from this server: ${ban.reason}`)
    return session.end(`Banned: ${ban.reason}`)
  }
  const entered = engine.enter(new Identity(nick!, user!, origin.host, realname!), origin, session)
  if (entered === undefined) {
    // Somebody was faster with the same nick.
    registration!.nick = undefined
    session.refuse('nicknameInUse', nick!)
    return
  }
  session.user = entered
  session.registration = undefined
  welcome(session)
  engine.announce(entered)
}

function welcome(session: VerbContext): void {
  const { engine, recitals } = session.host
  const { user } = session
  session.numeric(RPL.WELCOME, `Welcome to ${engine.settings.network}, ${user!.identity.mask}`)
  session.recite(recitals.introduction)
  writeReply({ type: 'lusers', census: engine.census() }, session)
  session.recite(recitals.motd)
  const modes = [...user!.modes].map(letterOf).sort().join('')
  if (modes !== '') session.numeric(RPL.UMODEIS, `+${modes}`)
}
