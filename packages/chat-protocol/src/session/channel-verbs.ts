import type { ListConditions } from '../engine/command.js'
import { namesChannel } from '../engine/names.js'
import { readChannelModes, readUserModes } from './mode-letters.js'
import { command, items, type Verb } from './verb.js'

/** Rooms: JOIN PART TOPIC NAMES LIST INVITE KICK MODE. */
export const channelVerbs: Readonly<Record<string, Verb>> = {
  JOIN: command(1, 3, 'JOIN <#channel>{,<#channel>} [<key>{,<key>}]: enters channels; JOIN 0 leaves all', (params) => {
    if (params[0] === '0') return { type: 'partAll' }
    const keys = (params[1] ?? '').split(',')
    // Keys belong to channels by position, so repetitions may only be dropped together with their keys.
    const seen = new Set<string>()
    const targets: { channel: string; key: string | undefined }[] = []
    params[0]!.split(',').forEach((channel, i) => {
      if (channel === '' || seen.has(channel)) return
      seen.add(channel)
      targets.push({ channel, key: keys[i] || undefined })
    })
    return { type: 'join', targets }
  }),

  PART: command(1, 2, 'PART <#channel>{,<#channel>} [:<reason>]: leaves channels', ([channels, reason]) => ({
    type: 'part',
    channels: items(channels),
    reason,
  })),

  TOPIC: command(1, 2, 'TOPIC <#channel> [:<text>]: shows or changes what the channel is about', ([channel, text]) => ({
    type: 'topic',
    channel: channel!,
    text,
  })),

  NAMES: command(
    0,
    3,
    'NAMES [<#channel>{,<#channel>}]: who is there',
    ([channels]) => ({ type: 'names', channels: items(channels) }),
    { emptyAllowed: true },
  ),

  LIST: command(
    0,
    8,
    'LIST [<#channel>{,<#channel>}] [<conditions>]: channels; >n <n C>min C<min T>min T<min mask !mask',
    (params) => ({ type: 'list', conditions: readConditions(params) }),
    { emptyAllowed: true },
  ),

  INVITE: command(
    0,
    3,
    'INVITE [<nick> <#channel>]: invites somebody, or lists your invitations',
    (params, session) => {
      if (params.length === 0) return { type: 'invitations' }
      if (params.length === 1) return void session.refuse('needMoreParameters', 'INVITE')
      return { type: 'invite', nick: params[0]!, channel: params[1]! }
    },
  ),

  KICK: command(2, 2, 'KICK <#channel> <nick>{,<nick>} [:<reason>]: removes somebody', (params, session) => {
    const channels = params[0]!.split(',').filter((name) => name !== '')
    const nicks = params[1]!.split(',').filter((nick) => nick !== '')
    // One channel for all nicks, or as many channels as nicks (RFC 2812 §3.2.8).
    if (nicks.length === 0 || (channels.length !== 1 && channels.length !== nicks.length)) {
      return void session.refuse('needMoreParameters', 'KICK')
    }
    const targets = nicks.map((nick, i) => ({ channel: channels.length === 1 ? channels[0]! : channels[i]!, nick }))
    return { type: 'kick', targets, reason: params[2] || undefined }
  }),

  MODE: command(
    1,
    2,
    'MODE <#channel> [<modes> {<argument>}] | MODE <nick> [<modes>]: shows or changes modes',
    (params, session) => {
      const [target, ...rest] = params
      if (!namesChannel(target!)) return { type: 'userModes', nick: target!, wishes: readUserModes(rest) }
      const { maxModes } = session.host.engine.settings.limits
      return { type: 'channelModes', channel: target!, wishes: readChannelModes(rest, maxModes) }
    },
  ),
}

/** ELIST conditions C M N T U and channel names, in any parameter and in any order. */
function readConditions(params: readonly string[]): ListConditions {
  const names: string[] = []
  const masks: string[] = []
  const notMasks: string[] = []
  const numbers: { -readonly [K in NumericCondition]?: number } = {}
  for (const item of params.flatMap((param) => items(param))) {
    const [, letter = '', sign, digits] = /^([CT]?)([<>])(\d{1,9})$/.exec(item) ?? []
    if (sign !== undefined) numbers[CONDITIONS[letter + sign]!] = Number(digits)
    else if (item.startsWith('!')) notMasks.push(item.slice(1))
    else if (/[*?]/.test(item)) masks.push(item)
    else names.push(item)
  }
  return { names, masks, notMasks, ...numbers }
}

type NumericCondition = Exclude<keyof ListConditions, 'names' | 'masks' | 'notMasks'>

/** `C>10` means created more than ten minutes ago, `T<10` a topic younger than ten minutes. */
const CONDITIONS: Readonly<Record<string, NumericCondition>> = {
  '>': 'moreUsersThan',
  '<': 'fewerUsersThan',
  'C>': 'createdMoreThan',
  'C<': 'createdLessThan',
  'T>': 'topicOlderThan',
  'T<': 'topicNewerThan',
}
