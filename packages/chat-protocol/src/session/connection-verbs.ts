import { ERR } from '../codec/numerics.js'
import { fits } from '../engine/names.js'
import { CAP, CAPABILITIES, namesOf, requested } from './capabilities.js'
import type { VerbContext } from './context.js'
import { chooseNick, introduce, proceed } from './registration.js'
import { command, type Verb, verb } from './verb.js'
import { word } from './wire.js'

/**
 * Octets of a PING's token and of the list of a CAP REQ: their answers repeat them, and a line of 512 has room for these
 * beside the server's name, twice.
 */
const MAX_REPEATED = 370

/** Coming, staying and going: CAP PASS NICK USER PING PONG QUIT. */
export const connectionVerbs: Readonly<Record<string, Verb>> = {
  CAP: verb(
    1,
    1,
    'CAP LS [302] | LIST | REQ :<names> | END: capabilities of the protocol',
    (session, { params }) => cap(session, params),
    {
      preRegistration: true,
    },
  ),

  PASS: verb(
    1,
    1,
    'PASS <password>: the password of the server, before NICK and USER',
    (session, { params }) => {
      if (session.registration === undefined) session.refuse('alreadyRegistered')
      else session.registration.password = params[0]!
    },
    { preRegistration: true },
  ),

  NICK: verb(
    1,
    2,
    'NICK <nick>: takes or changes the nick',
    (session, { params }) =>
      session.user === undefined ? chooseNick(session, params[0]!) : session.ask({ type: 'nick', nick: params[0]! }),
    { preRegistration: true, tooFew: () => 'noNicknameGiven' },
  ),

  USER: verb(
    4,
    1,
    'USER <user> 0 * :<real name>: introduces the client',
    (session, { params }) => introduce(session, params[0]!, params[3]!),
    { preRegistration: true },
  ),

  PING: verb(
    1,
    1,
    'PING <token>: asks for a PONG with the same token',
    (session, { params }) => {
      // The answer is longer than the question.
      if (!fits(params[0]!, MAX_REPEATED)) session.refuse('inputTooLong')
      else session.send('PONG', [session.server, params[0]!])
    },
    { preRegistration: true, emptyAllowed: true },
  ),

  // That it came is all there is to know. It costs what a line costs, or a client could say it without end.
  PONG: verb(0, 1, 'PONG <token>: answers a PING', () => undefined, { preRegistration: true }),

  QUIT: verb(
    0,
    0,
    'QUIT [:<reason>]: leaves',
    (session, { params }) => {
      if (session.user === undefined) session.end('Quit')
      else return session.ask({ type: 'quit', reason: params[0] })
      return undefined
    },
    { preRegistration: true },
  ),

  SETNAME: command(
    1,
    2,
    'SETNAME :<real name>: changes the real name',
    ([realname]) => ({ type: 'setname', realname: realname! }),
    {
      emptyAllowed: true,
    },
  ),
}

function cap(session: VerbContext, params: readonly string[]): void | Promise<() => void> {
  const subcommand = params[0]!.toUpperCase()
  const { registration } = session
  switch (subcommand) {
    case 'LS': {
      if (registration !== undefined) registration.negotiating = true
      const version = Number(params[1] ?? 301)
      // 302 and later imply that the client wants to hear of changes.
      if (version >= 302) {
        session.lastingCaps = CAP.capNotify
        session.setCaps(session.caps | session.lastingCaps)
      }
      return list(
        session,
        'LS',
        CAPABILITIES.map(([name]) => name),
        version >= 302,
      )
    }
    case 'LIST':
      return list(session, 'LIST', namesOf(session.caps), true)
    case 'REQ': {
      if (registration !== undefined) registration.negotiating = true
      const asked = params[1] ?? ''
      if (!fits(asked, MAX_REPEATED)) return session.refuse('inputTooLong')
      const caps = requested(session.caps, asked, session.lastingCaps)
      if (caps === undefined) return session.send('CAP', [session.nick, 'NAK', asked])
      // The answer goes out under the old set, so that it cannot be in a form the client does not expect yet.
      session.send('CAP', [session.nick, 'ACK', asked])
      return session.setCaps(caps)
    }
    case 'END':
      if (registration === undefined) return undefined
      registration.negotiating = false
      return proceed(session)
    default:
      return session.numeric(ERR.INVALIDCAPCMD, word(params[0]!), 'Invalid CAP subcommand')
  }
}

/** One line, or several when the list is long: all but the last are marked with `*`, which clients before 302 do not know. */
function list(session: VerbContext, subcommand: string, names: readonly string[], mayContinue: boolean): void {
  const room = mayContinue ? 400 : Number.POSITIVE_INFINITY
  let text = ''
  for (const name of names) {
    if (text.length + name.length > room) {
      session.send('CAP', [session.nick, subcommand, '*', text])
      text = ''
    }
    text += text === '' ? name : ` ${name}`
  }
  session.send('CAP', [session.nick, subcommand, text])
}
