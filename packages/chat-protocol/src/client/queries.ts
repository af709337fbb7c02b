import type { Message } from '../codec/message.js'
import { RPL } from '../codec/numerics.js'
import type { RoomListing, Whois } from './interface.js'

/** Reads the answer to LIST. */
export function readListings(messages: readonly Message[]): RoomListing[] {
  return messages
    .filter(({ command }) => command === RPL.LIST)
    .map(({ params }) => ({ name: params[1] ?? '', members: Number(params[2]) || 0, topic: params[3] ?? '' }))
}

/** Reads the answer to WHOIS. */
export function readWhois(nick: string, messages: readonly Message[]): Whois {
  const whois: { -readonly [K in keyof Whois]: Whois[K] } = {
    nick,
    rooms: [],
    operator: false,
    secure: false,
    bot: false,
  }
  const rooms: string[] = []
  for (const { command, params } of messages) {
    const [, , first = '', second = ''] = params
    switch (command) {
      case RPL.WHOISUSER:
        whois.nick = params[1] ?? nick
        whois.user = first
        whois.host = second
        whois.realname = params.at(-1) ?? ''
        break
      case RPL.WHOISSERVER:
        whois.server = first
        break
      case RPL.WHOISACCOUNT:
        whois.account = first
        break
      case RPL.WHOISCHANNELS:
        rooms.push(...first.split(' ').filter((name) => name !== ''))
        break
      case RPL.AWAY:
        whois.away = first
        break
      case RPL.WHOISIDLE:
        whois.idleSeconds = Number(first) || 0
        break
      case RPL.WHOISOPERATOR:
        whois.operator = true
        break
      case RPL.WHOISSECURE:
        whois.secure = true
        break
      case RPL.WHOISBOT:
        whois.bot = true
        break
    }
  }
  return { ...whois, rooms }
}
