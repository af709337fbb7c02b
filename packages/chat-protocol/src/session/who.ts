import { RPL } from '../codec/numerics.js'
import { byteLength, splitText, textBudget } from '../codec/text.js'
import type { Reply } from '../engine/reply.js'
import { CAP } from './capabilities.js'
import { signsOf } from './mode-letters.js'
import type { Viewer } from './viewer.js'

type Row = Extract<Reply, { type: 'whoRow' }>

/** One row of WHO (352), or of WHOX (354) when the client chose fields. */
export function whoRow(row: Row, viewer: Viewer): void {
  const { identity } = row.user
  if (row.fields !== undefined) return viewer.numeric(RPL.WHOSPCRPL, ...extended(row, viewer))
  viewer.numeric(
    RPL.WHOREPLY,
    row.channel?.name ?? '*',
    identity.user,
    identity.host,
    viewer.server,
    identity.nick,
    flags(row, viewer),
    `0 ${identity.realname}`,
  )
}

function flags({ user, channel }: Row, viewer: Viewer): string {
  const ranks = channel?.members.get(user)?.ranks ?? 0
  const signs = signsOf(ranks, (viewer.caps & CAP.multiPrefix) !== 0)
  const here = user.away === undefined ? 'H' : 'G'
  return `${here}${user.operator ? '*' : ''}${signs}${user.modes.has('bot') ? 'B' : ''}`
}

/** WHOX fields in the order in which they are answered, whatever the order in which they were asked for. */
const FIELDS: readonly (readonly [letter: string, value: (row: Row, viewer: Viewer) => string])[] = [
  ['t', (row) => row.token ?? '0'],
  ['c', (row) => row.channel?.name ?? '*'],
  ['u', (row) => row.user.identity.user],
  [
    'i',
    (row, viewer) =>
      mayKnow(row, viewer) && row.user.facts.address !== '' ? row.user.facts.address : '255.255.255.255',
  ],
  ['h', (row) => row.user.identity.host],
  ['s', (_row, viewer) => viewer.server],
  ['n', (row) => row.user.identity.nick],
  ['f', flags],
  ['d', () => '0'],
  ['l', (row) => String(Math.max(0, Math.floor((row.now - row.user.lastSpoke) / 1000)))],
  ['a', (row) => row.user.identity.account ?? '0'],
  ['o', () => 'n/a'],
  ['r', (row) => row.user.identity.realname],
]

/** Addresses are for operators, and everybody's own for themselves. */
function mayKnow(row: Row, viewer: Viewer): boolean {
  return row.full || row.user.identity.nick === viewer.nick
}

function extended(row: Row, viewer: Viewer): string[] {
  const asked = FIELDS.filter(([letter]) => row.fields!.includes(letter))
  const values = asked.map(([, value]) => value(row, viewer))
  if (asked.at(-1)?.[0] !== 'r') return values
  // With all the others before it, the longest real name does not fit.
  const params = [viewer.nick, ...values.slice(0, -1)]
  const room = textBudget({ source: viewer.server, command: RPL.WHOSPCRPL, params })
  const realname = values.at(-1)!
  if (byteLength(realname) <= room) return values
  return [...values.slice(0, -1), room < 7 ? '…' : `${splitText(realname, room - 3)[0]}…`]
}
