import { RPL } from '../codec/numerics.js'
import { splitText } from '../codec/text.js'
import type { Engine } from '../engine/engine.js'
import { Identity } from '../engine/identity.js'
import { isNick } from '../engine/names.js'
import { CHANNEL_MODES, letterOf, USER_LETTERS } from './mode-letters.js'
import { Recital } from './recital.js'
import { sendMotd, writeReply } from './replies.js'
import type { Session } from './session.js'

/** What a client has said of itself so far. The order does not matter; CAP LS or REQ holds the end open until CAP END. */
export class Registration {
  nick: string | undefined = undefined
  user: string | undefined = undefined
  realname: string | undefined = undefined
  password: string | undefined = undefined
  /** True between CAP LS or CAP REQ and CAP END. */
  negotiating = false
}

/** NICK before registration. */
export function chooseNick(session: Session, nick: string): void | Promise<() => void> {
  const { engine } = session.host
  if (!isNick(nick, engine.settings.limits.maxNickLength)) return session.refuse('erroneousNickname', nick)
  if (engine.user(nick) !== undefined) return session.refuse('nicknameInUse', nick)
  session.registration!.nick = nick
  return proceed(session)
}

/** USER. */
export function introduce(session: Session, user: string, realname: string): void | Promise<() => void> {
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
export function proceed(session: Session): void | Promise<() => void> {
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

function enter(session: Session): void {
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
    session.refuse('nicknameInUse', nick!)
    registration!.nick = undefined
    return
  }
  session.user = entered
  session.registration = undefined
  welcome(session)
  engine.announce(entered)
}

function welcome(session: Session): void {
  const { engine, recitals } = session.host
  const { user } = session
  session.numeric(RPL.WELCOME, `Welcome to ${engine.settings.network}, ${user!.identity.mask}`)
  session.recite(recitals.introduction)
  writeReply({ type: 'lusers', census: engine.census() }, session)
  session.recite(recitals.motd)
  const modes = [...user!.modes].map(letterOf).sort().join('')
  if (modes !== '') session.numeric(RPL.UMODEIS, `+${modes}`)
}

/** What a server recites to every newcomer. */
export interface Recitals {
  /** 002 to 005: who the server is and what it can. */
  readonly introduction: Recital
  /** The message of the day, or that there is none. */
  readonly motd: Recital
}

/** The recitals of a server. @param isupport parameters of its 005 messages */
export function recitalsOf({ settings, started }: Engine, isupport: readonly (readonly string[])[]): Recitals {
  const { list, always, whenSet, never, member } = CHANNEL_MODES
  const sorted = (letters: string): string => [...letters].sort().join('')
  const introduction = new Recital((viewer) => {
    viewer.numeric(RPL.YOURHOST, `Your host is ${settings.name}, running ${settings.version}`)
    viewer.numeric(RPL.CREATED, `This server was started ${new Date(started).toUTCString()}`)
    viewer.numeric(
      RPL.MYINFO,
      settings.name,
      settings.version.replace(/ /g, '-'),
      Object.keys(USER_LETTERS).join(''),
      sorted(list + always + whenSet + never + member),
      sorted(list + always + whenSet + member),
    )
    for (const tokens of isupport) viewer.numeric(RPL.ISUPPORT, ...tokens, 'are supported by this server')
  })
  return { introduction, motd: new Recital((viewer) => sendMotd(viewer, settings.motd)) }
}
