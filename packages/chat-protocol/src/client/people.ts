import { parseMask } from '../codec/mask.js'
import type { Message } from '../codec/message.js'
import { RPL } from '../codec/numerics.js'
import type { PersonEvent } from './events.js'
import type { Roster } from './roster.js'
import { occurrenceOf, personOf } from './translate.js'

/** What a message tells about people beside rooms: AWAY, ACCOUNT, SETNAME, CHGHOST and MONITOR. The roster follows. */
export function personEvents(message: Message, roster: Roster, now: number): PersonEvent[] {
  const { command, params } = message
  const occurrence = occurrenceOf(message, now)
  if (command === RPL.MONONLINE || command === RPL.MONOFFLINE) {
    const people = (params[1] ?? '').split(',').map(parseMask)
    return people
      .filter(({ nick }) => nick !== '')
      .map((who) => {
        const rooms = roster.roomsOf(who.nick)
        return { type: 'person', ...occurrence, who, online: command === RPL.MONONLINE, rooms }
      })
  }
  const who = personOf(message)
  const [first = '', second = ''] = params
  const at = { type: 'person', ...occurrence, rooms: roster.roomsOf(who.nick) } as const
  switch (command) {
    case 'AWAY':
      roster.change(who.nick, { away: first !== '' })
      return [{ ...at, who, away: first === '' ? null : first }]
    case 'ACCOUNT':
      roster.change(who.nick, { account: first === '*' ? undefined : first })
      return [{ ...at, who, account: first === '*' ? null : first }]
    case 'SETNAME':
      roster.change(who.nick, { realname: first })
      return [{ ...at, who, realname: first }]
    default:
      roster.change(who.nick, { user: first, host: second })
      return [{ ...at, who: { nick: who.nick, user: first, host: second } }]
  }
}
