import type { Command } from '../engine/command.js'
import type { VerbContext } from './context.js'
import { command, items, type Verb } from './verb.js'

/** Others: AWAY WHO WHOIS WHOWAS ISON USERHOST MONITOR. */
export const peopleVerbs: Readonly<Record<string, Verb>> = {
  AWAY: command(0, 2, 'AWAY [:<message>]: marks you as away, or as back', ([message]) => ({ type: 'away', message }), {
    emptyAllowed: true,
  }),

  WHO: command(1, 4, 'WHO <#channel or mask> [o] [%<fields>[,<token>]]: who matches', ([mask, options = '']) => {
    const percent = options.indexOf('%')
    const flags = percent < 0 ? options : options.slice(0, percent)
    const [fields, token] = percent < 0 ? [] : options.slice(percent + 1).split(',')
    return {
      type: 'who',
      mask: mask!,
      operatorsOnly: flags.includes('o'),
      fields,
      token: token !== undefined && /^\d{1,3}$/.test(token) ? token : undefined,
    }
  }),

  WHOIS: command(
    1,
    2,
    'WHOIS [<server>] <nick>{,<nick>}: what is known of somebody',
    // With two parameters the first names a server; there is only this one.
    (params) => ({ type: 'whois', nicks: items(params[1] || params[0]) }),
    { tooFew: () => 'noNicknameGiven' },
  ),

  WHOWAS: command(
    1,
    2,
    'WHOWAS <nick> [<count>]: who had the nick before',
    ([nick, count]) => ({ type: 'whowas', nick: nick!, count: Number.parseInt(count ?? '0', 10) || 0 }),
    { tooFew: () => 'noNicknameGiven' },
  ),

  ISON: command(1, 1, 'ISON <nick>{ <nick>}: which of them are here', (params) => ({
    type: 'ison',
    nicks: params.flatMap((param) => param.split(' ')).filter((nick) => nick !== ''),
  })),

  USERHOST: command(1, 1, 'USERHOST <nick>{ <nick>}: user and host of up to five nicks', (params) => ({
    type: 'userhost',
    nicks: params.slice(0, 5),
  })),

  MONITOR: command(1, 2, 'MONITOR + <nick>{,<nick>} | - <nick>{,<nick>} | C | L | S: watches nicks', monitor),
}

function monitor(params: readonly string[], session: VerbContext): Command | undefined {
  const nicks = items(params[1])
  switch (params[0]!.toUpperCase()) {
    case '+':
    case '-':
      if (nicks.length === 0) return void session.refuse('needMoreParameters', 'MONITOR')
      return { type: params[0] === '+' ? 'monitorAdd' : 'monitorRemove', nicks }
    case 'C':
      return { type: 'monitorClear' }
    case 'L':
      return { type: 'monitorList' }
    case 'S':
      return { type: 'monitorStatus' }
    default:
      return void session.refuse('needMoreParameters', 'MONITOR')
  }
}
