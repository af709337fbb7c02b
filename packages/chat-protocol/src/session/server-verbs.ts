import { ERR } from '../codec/numerics.js'
import type { Command } from '../engine/command.js'
import type { HistoryQuery, Reference } from '../engine/log.js'
import { CAP } from './capabilities.js'
import type { VerbContext } from './context.js'
import { command, type Verb } from './verb.js'
import { word } from './wire.js'

/** The server and its keepers: MOTD LUSERS VERSION TIME INFO ADMIN LINKS HELP OPER KILL WALLOPS KLINE UNKLINE CHATHISTORY. */
export const serverVerbs: Readonly<Record<string, Verb>> = {
  MOTD: command(0, 3, 'MOTD: the message of the day', about('motd')),
  VERSION: command(0, 1, 'VERSION: program and version', about('version')),
  TIME: command(0, 1, "TIME: the server's time", about('time')),
  INFO: command(0, 2, 'INFO: what this server is', about('info')),
  ADMIN: command(0, 1, 'ADMIN: who keeps this server', about('admin')),
  LINKS: command(0, 1, 'LINKS: the servers of this network', about('links')),
  LUSERS: command(0, 2, 'LUSERS: how many are here', () => ({ type: 'lusers' })),
  // What some clients send for /help.
  HELPOP: command(0, 2, 'HELPOP [<command>]: the same as HELP', ([subject]) => ({ type: 'help', subject }), {
    emptyAllowed: true,
  }),
  HELP: command(0, 2, 'HELP [<command>]: this', ([subject]) => ({ type: 'help', subject }), { emptyAllowed: true }),

  OPER: command(2, 5, 'OPER <name> <password>: makes you operator of the server', ([name, password]) => ({
    type: 'oper',
    name: name!,
    password: password!,
  })),

  KILL: command(2, 2, 'KILL <nick> :<reason>: disconnects somebody (operators)', ([nick, reason]) => ({
    type: 'kill',
    nick: nick!,
    reason: reason!,
  })),

  WALLOPS: command(1, 3, 'WALLOPS :<text>: tells all who want to hear operators (operators)', ([text]) => ({
    type: 'wallops',
    text: text!,
  })),

  KLINE: command(
    0,
    2,
    'KLINE [<minutes>] <user@host> [:<reason>]: bans from the server, or lists bans (operators)',
    (params, session) => {
      if (params.length === 0) return { type: 'bans' }
      const timed = /^\d+$/.test(params[0]!)
      if (timed && Number(params[0]) > MAX_BAN_MINUTES) {
        const text = `A ban is for at most ${MAX_BAN_MINUTES} minutes, or for ever: 0`
        return void session.send('FAIL', ['KLINE', 'INVALID_DURATION', word(params[0]!), text])
      }
      const [mask, reason] = timed ? params.slice(1) : params
      if (mask === undefined || mask === '') return void session.refuse('needMoreParameters', 'KLINE')
      return { type: 'ban', mask, seconds: timed ? Number(params[0]) * 60 : 0, reason: reason || 'no reason given' }
    },
  ),

  UNKLINE: command(1, 2, 'UNKLINE <user@host>: lifts a ban (operators)', ([mask]) => ({ type: 'unban', mask: mask! })),

  CHATHISTORY: command(
    1,
    4,
    'CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN <target> <reference> [<reference>] <limit> | TARGETS <time> <time> <limit>',
    chathistory,
  ),
}

/** Some nineteen years. */
const MAX_BAN_MINUTES = 9_999_999

function about(type: 'motd' | 'version' | 'time' | 'info' | 'admin' | 'links') {
  return ([server]: readonly string[]): Command => ({ type, server: server || undefined })
}

function chathistory(params: readonly string[], session: VerbContext): Command | undefined {
  // To a client that did not ask for it there is no such command.
  if ((session.caps & CAP.chathistory) === 0)
    return void session.numeric(ERR.UNKNOWNCOMMAND, 'CHATHISTORY', 'Unknown command')
  const query = readQuery(params, (session.caps & CAP.eventPlayback) !== 0)
  if (query !== undefined) return { type: 'history', query }
  const subcommand = word(params[0]!.toUpperCase())
  const text = 'There is no such subcommand, or its parameters cannot be used'
  return void session.send('FAIL', ['CHATHISTORY', 'INVALID_PARAMS', subcommand, text])
}

/** undefined when it cannot be read. */
function readQuery(params: readonly string[], playback: boolean): HistoryQuery | undefined {
  const select = params[0]!.toLowerCase()
  const points = params.slice(select === 'targets' ? 1 : 2, -1).map(readReference)
  const [from, to] = points
  const limit = readLimit(params.at(-1)!)
  if (limit === undefined || points.includes(null)) return undefined
  switch (select) {
    case 'targets':
      if (points.length !== 2 || !from || !to || !('time' in from) || !('time' in to)) return undefined
      return { select, from: from.time, to: to.time, limit }
    case 'latest':
    case 'before':
    case 'after':
    case 'around':
      // Only LATEST has an open end.
      if (points.length !== 1 || from === null || (from === undefined && select !== 'latest')) return undefined
      return { select, target: params[1]!, from, limit, playback }
    case 'between':
      if (points.length !== 2 || !from || !to) return undefined
      return { select, target: params[1]!, from, to, limit, playback }
    default:
      return undefined
  }
}

/** `*`, `msgid=…` or `timestamp=…`; null for anything else. */
function readReference(text: string): Reference | null {
  if (text === '*') return undefined
  if (text.startsWith('msgid=')) return text.length > 6 ? { id: text.slice(6) } : null
  if (!/^timestamp=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(text)) return null
  const time = Date.parse(text.slice(10))
  return Number.isNaN(time) ? null : { time }
}

function readLimit(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) && Number(text) > 0 ? Number(text) : undefined
}
