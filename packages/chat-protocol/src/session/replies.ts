import { ERR, RPL } from '../codec/numerics.js'
import { byteLength } from '../codec/text.js'
import type { Reply } from '../engine/reply.js'
import type { UserView } from '../engine/view.js'
import { CAP } from './capabilities.js'
import { sendHelp } from './help.js'
import { sendHistoryEntry, sendHistoryTargets } from './history-batch.js'
import { letterOf, signsOf } from './mode-letters.js'
import { REFUSALS } from './refusals.js'
import type { Viewer } from './viewer.js'
import { whoRow } from './who.js'
import { word } from './wire.js'

type Writer<T extends Reply['type']> = (reply: Extract<Reply, { type: T }>, viewer: Viewer) => void

const writers: { readonly [T in Reply['type']]: Writer<T> } = {
  refused: ({ refusal, about }, viewer) => {
    const [code, sentence] = REFUSALS[refusal]
    // Mode parameters are named by letter on the wire.
    const words = refusal === 'invalidModeParameter' ? [about[0]!, letterOf(about[1]!), about[2]!] : about
    viewer.numeric(code, ...words.map((one) => word(one)), sentence)
  },
  failed: ({ command, code, about, text }, viewer) =>
    viewer.send('FAIL', [command, code, ...about.map((one) => word(one)), text]),

  names: ({ channel, rows }, viewer) => {
    const full = (viewer.caps & CAP.userhostInNames) !== 0
    const all = (viewer.caps & CAP.multiPrefix) !== 0
    const items = rows.map(({ identity, ranks }) => signsOf(ranks, all) + (full ? identity.mask : identity.nick))
    const sign = channel.flags.has('secret') ? '@' : '='
    lists(viewer, RPL.NAMREPLY, [sign, channel.name], items, ' ')
  },
  endOfNames: ({ channel }, viewer) => viewer.numeric(RPL.ENDOFNAMES, word(channel, 260), 'End of NAMES'),
  topic: ({ channel }, viewer) => {
    const { topic } = channel
    if (topic === undefined) return viewer.numeric(RPL.NOTOPIC, channel.name, 'No topic is set')
    viewer.numeric(RPL.TOPIC, channel.name, topic.text)
    const by = typeof topic.by === 'symbol' ? viewer.server : topic.by.mask
    viewer.numeric(RPL.TOPICWHOTIME, channel.name, by, seconds(topic.at))
  },
  listStart: (_reply, viewer) => viewer.numeric(RPL.LISTSTART, 'Channel', 'Users  Topic'),
  listRow: ({ channel, users }, viewer) =>
    viewer.numeric(RPL.LIST, channel.name, String(users), channel.topic?.text ?? ''),
  endOfList: (_reply, viewer) => viewer.numeric(RPL.LISTEND, 'End of LIST'),

  inviting: ({ nick, channel }, viewer) => viewer.numeric(RPL.INVITING, nick, channel),
  invitation: ({ channel }, viewer) => viewer.numeric(RPL.INVITELIST, channel),
  endOfInvitations: (_reply, viewer) => viewer.numeric(RPL.ENDOFINVITELIST, 'End of INVITE list'),
  channelModes: ({ channel, member }, viewer) => {
    let letters = [...channel.flags].map(letterOf).sort().join('')
    const params: string[] = []
    if (channel.keyword !== undefined) {
      letters += 'k'
      params.push(member ? channel.keyword : '*')
    }
    if (channel.limit !== undefined) {
      letters += 'l'
      params.push(String(channel.limit))
    }
    viewer.numeric(RPL.CHANNELMODEIS, channel.name, `+${letters}`, ...params)
    viewer.numeric(RPL.CREATIONTIME, channel.name, seconds(channel.created))
  },
  maskListRow: ({ channel, list, entry }, viewer) =>
    viewer.numeric(LIST_NUMERICS[list][0], channel, entry.mask, entry.by, seconds(entry.at)),
  endOfMaskList: ({ channel, list }, viewer) => viewer.numeric(LIST_NUMERICS[list][1], channel, 'End of the list'),
  userModes: ({ modes }, viewer) => viewer.numeric(RPL.UMODEIS, `+${[...modes].map(letterOf).sort().join('')}`),

  recipientAway: ({ nick, message }, viewer) => viewer.numeric(RPL.AWAY, nick, message),
  away: ({ away }, viewer) =>
    away
      ? viewer.numeric(RPL.NOWAWAY, 'You have been marked as being away')
      : viewer.numeric(RPL.UNAWAY, 'You are no longer marked as being away'),
  whoRow,
  cutShort: ({ rows }, viewer) => viewer.notice(`There are more than ${rows}; ask for fewer with a narrower mask`),
  endOfWho: ({ mask }, viewer) => viewer.numeric(RPL.ENDOFWHO, word(mask), 'End of WHO'),
  whois: (reply, viewer) => whois(reply, viewer),
  endOfWhois: ({ nicks }, viewer) => viewer.numeric(RPL.ENDOFWHOIS, word(nicks), 'End of WHOIS'),
  whowas: ({ departed, full }, viewer) => {
    const { identity, address, realHost, at } = departed
    viewer.numeric(RPL.WHOWASUSER, identity.nick, identity.user, identity.host, '*', identity.realname)
    if (full && address !== '') {
      viewer.numeric(RPL.WHOISACTUALLY, identity.nick, `${identity.user}@${realHost}`, address, 'Was connecting from')
    }
    viewer.numeric(RPL.WHOISSERVER, identity.nick, viewer.server, new Date(at).toUTCString())
  },
  endOfWhowas: ({ nick }, viewer) => viewer.numeric(RPL.ENDOFWHOWAS, word(nick), 'End of WHOWAS'),
  ison: ({ nicks }, viewer) => lists(viewer, RPL.ISON, [], nicks, ' ', true),
  userhost: ({ users }, viewer) => lists(viewer, RPL.USERHOST, [], users.map(userhost), ' ', true),

  monitorOnline: ({ who }, viewer) =>
    lists(
      viewer,
      RPL.MONONLINE,
      [],
      who.map((identity) => identity.mask),
      ',',
    ),
  monitorOffline: ({ nicks }, viewer) =>
    lists(
      viewer,
      RPL.MONOFFLINE,
      [],
      nicks.map((one) => word(one)),
      ',',
    ),
  monitorList: ({ nicks }, viewer) => lists(viewer, RPL.MONLIST, [], nicks, ','),
  endOfMonitorList: (_reply, viewer) => viewer.numeric(RPL.ENDOFMONLIST, 'End of MONITOR list'),
  monitorFull: ({ limit, nicks }, viewer) => {
    // Several lines when there are many: each must be told which nicks are not watched.
    for (let from = 0; from < nicks.length; from += 8) {
      const some = nicks.slice(from, from + 8).map((nick) => word(nick, 32))
      viewer.numeric(ERR.MONLISTFULL, String(limit), some.join(','), 'Monitor list is full')
    }
  },

  operator: (_reply, viewer) => viewer.numeric(RPL.YOUREOPER, 'You are now an operator of the server'),
  newHost: ({ host }, viewer) => viewer.numeric(RPL.VISIBLEHOST, host, 'is now your displayed host'),
  serverBan: ({ ban }, viewer) => {
    const until = ban.expires === undefined ? 'for ever' : `until ${new Date(ban.expires).toISOString()}`
    viewer.notice(`${ban.mask} by ${ban.by} ${until}: ${ban.reason}`)
  },
  endOfServerBans: (_reply, viewer) => viewer.notice('End of the list of bans'),
  serverBanChanged: ({ mask, added }, viewer) => viewer.notice(`${added ? 'Banned' : 'No longer banned'}: ${mask}`),

  motd: ({ lines }, viewer) => sendMotd(viewer, lines),
  version: (_reply, viewer) => viewer.numeric(RPL.VERSION, viewer.version, viewer.server, viewer.description),
  time: ({ now }, viewer) => viewer.numeric(RPL.TIME, viewer.server, new Date(now).toUTCString()),
  info: ({ lines, since }, viewer) => {
    for (const text of lines) viewer.numeric(RPL.INFO, text)
    viewer.numeric(RPL.INFO, `Online since ${new Date(since).toUTCString()}`)
    viewer.numeric(RPL.ENDOFINFO, 'End of INFO')
  },
  admin: ({ lines }, viewer) => {
    viewer.numeric(RPL.ADMINME, viewer.server, 'Administrative information')
    const [where = '', organisation = '', mail = ''] = lines
    viewer.numeric(RPL.ADMINLOC1, where)
    viewer.numeric(RPL.ADMINLOC2, organisation)
    viewer.numeric(RPL.ADMINEMAIL, mail)
  },
  links: (_reply, viewer) => {
    viewer.numeric('364', viewer.server, viewer.server, `0 ${viewer.description}`)
    viewer.numeric('365', '*', 'End of LINKS')
  },
  lusers: (reply, viewer) => lusers(reply, viewer),
  help: ({ subject }, viewer) => sendHelp(viewer, subject),
  historyStart: ({ target }, viewer) => viewer.openBatch('chathistory', target),
  historyRow: ({ entry }, viewer) => sendHistoryEntry(viewer, entry),
  endOfHistory: (_reply, viewer) => viewer.closeBatch(),
  historyTargets: (reply, viewer) => sendHistoryTargets(viewer, reply.targets),
  historyRefused: ({ query, code, text }, viewer) => {
    const target = 'target' in query ? [word(query.target)] : []
    viewer.send('FAIL', ['CHATHISTORY', code, query.select.toUpperCase(), ...target, text])
  },
}

/** Writes a reply to a session. */
export function writeReply(reply: Reply, viewer: Viewer): void {
  ;(writers[reply.type] as Writer<Reply['type']>)(reply as never, viewer)
}

const LIST_NUMERICS = {
  ban: [RPL.BANLIST, RPL.ENDOFBANLIST],
  exception: [RPL.EXCEPTLIST, RPL.ENDOFEXCEPTLIST],
  invitation: [RPL.INVEXLIST, RPL.ENDOFINVEXLIST],
} as const

function seconds(time: number): string {
  return String(Math.floor(time / 1000))
}

/** Sends the message of the day, or that there is none. */
export function sendMotd(viewer: Viewer, lines: readonly string[]): void {
  if (lines.length === 0) return viewer.numeric(...motdMissing)
  viewer.numeric(RPL.MOTDSTART, `- ${viewer.server} Message of the day -`)
  for (const text of lines) viewer.numeric(RPL.MOTD, `- ${text}`)
  viewer.numeric(RPL.ENDOFMOTD, 'End of MOTD')
}

const motdMissing = REFUSALS.noMotd

/** Sends items as the last parameter of as many numerics as the line length asks for; one at least if `evenEmpty`. */
function lists(
  viewer: Viewer,
  code: string,
  params: readonly string[],
  items: readonly string[],
  separator: string,
  evenEmpty = false,
): void {
  const room = 510 - byteLength(`:${[viewer.server, code, viewer.nick, ...params].join(' ')} :`)
  let text = ''
  let size = 0
  for (const item of items) {
    const bytes = byteLength(item) + (text === '' ? 0 : separator.length)
    if (text !== '' && size + bytes > room) {
      viewer.numeric(code, ...params, text)
      text = item
      size = byteLength(item)
    } else {
      text += text === '' ? item : separator + item
      size += bytes
    }
  }
  if (text !== '' || evenEmpty) viewer.numeric(code, ...params, text)
}

function userhost(user: UserView): string {
  const { identity } = user
  return `${identity.nick}${user.operator ? '*' : ''}=${user.away === undefined ? '+' : '-'}${identity.user}@${identity.host}`
}

function whois({ user, channels, full, now }: Extract<Reply, { type: 'whois' }>, viewer: Viewer): void {
  const { identity, facts } = user
  const { nick } = identity
  viewer.numeric(RPL.WHOISUSER, nick, identity.user, identity.host, '*', identity.realname)
  const all = (viewer.caps & CAP.multiPrefix) !== 0
  const rooms = channels.map((channel) => signsOf(user.memberships.get(channel)!.ranks, all) + channel.name)
  lists(viewer, RPL.WHOISCHANNELS, [nick], rooms, ' ')
  viewer.numeric(RPL.WHOISSERVER, nick, viewer.server, viewer.description)
  if (user.operator) viewer.numeric(RPL.WHOISOPERATOR, nick, 'is an operator of the server')
  if (user.modes.has('bot')) viewer.numeric(RPL.WHOISBOT, nick, `is a bot on ${viewer.network}`)
  if (identity.account !== undefined) viewer.numeric(RPL.WHOISACCOUNT, nick, identity.account, 'is logged in as')
  if (full && facts.address !== '') {
    viewer.numeric(RPL.WHOISHOST, nick, `is connecting from ${identity.user}@${facts.realHost} ${facts.address}`)
    viewer.numeric(RPL.WHOISMODES, nick, `is using modes +${[...user.modes].map(letterOf).sort().join('')}`)
  }
  if (facts.secure) viewer.numeric(RPL.WHOISSECURE, nick, 'is using a secure connection')
  if (user.away !== undefined) viewer.numeric(RPL.AWAY, nick, user.away)
  const idle = String(Math.max(0, Math.floor((now - user.lastSpoke) / 1000)))
  viewer.numeric(RPL.WHOISIDLE, nick, idle, seconds(user.since), 'seconds idle, signon time')
}

function lusers({ census }: Extract<Reply, { type: 'lusers' }>, viewer: Viewer): void {
  const { visible, invisible, operators, unregistered, channels, most } = census
  const users = visible + invisible
  viewer.numeric(RPL.LUSERCLIENT, `There are ${visible} users and ${invisible} invisible on 1 servers`)
  viewer.numeric(RPL.LUSEROP, String(operators), 'operator(s) online')
  viewer.numeric(RPL.LUSERUNKNOWN, String(unregistered), 'unknown connection(s)')
  viewer.numeric(RPL.LUSERCHANNELS, String(channels), 'channels formed')
  viewer.numeric(RPL.LUSERME, `I have ${users} clients and 0 servers`)
  viewer.numeric(RPL.LOCALUSERS, String(users), String(most), `Current local users ${users}, max ${most}`)
  viewer.numeric(RPL.GLOBALUSERS, String(users), String(most), `Current global users ${users}, max ${most}`)
}
