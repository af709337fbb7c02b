import { byteLength } from '../codec/text.js'
import type { ChannelModeWish } from './command.js'
import type { ChannelModeChange } from './event.js'
import type { Handlers } from './handler.js'
import { listEntry } from './list-entry.js'
import type { ChannelList } from './mode.js'
import { fits } from './names.js'
import type { Channel, Member, User } from './presence.js'
import { highest, RANK, type Rank } from './rank.js'
import type { EngineState } from './state.js'

/** MODE of a channel: asking, switching, lists, key, limit and the ranks of members. */
export const channelModes: Handlers<'channelModes'> = {
  channelModes(engine, user, command) {
    const channel = engine.channel(command.channel)
    if (channel === undefined) return engine.refuse(user, 'noSuchChannel', command.channel)
    const member = user.memberships.get(channel)
    if (command.wishes.length === 0) {
      if (!channel.visibleTo(user)) return engine.refuse(user, 'noSuchChannel', command.channel)
      return user.recipient.reply({ type: 'channelModes', channel, member: member !== undefined || user.operator })
    }
    const changes: ChannelModeChange[] = []
    let refused = false
    for (const wish of command.wishes) {
      if (wish.mode === 'unknown') {
        engine.refuse(user, 'unknownChannelMode', wish.letter)
        continue
      }
      if (isQuestion(wish)) {
        answer(engine, user, channel, wish.mode as ChannelList)
        continue
      }
      if (member === undefined || highest(member.ranks) < needed(wish)) {
        // Said once however many wishes there are.
        if (!refused) engine.refuse(user, member ? 'channelOperatorNeeded' : 'notOnChannel', channel.name)
        refused = true
        continue
      }
      const change = apply(engine, channel, member, wish)
      if (change !== undefined) changes.push(change)
    }
    for (const group of grouped(changes)) {
      engine.publish(channel, { type: 'channelModesChanged', by: user.identity, channel: channel.name, changes: group })
    }
  },
}

/** Octets of arguments told in one event: masks are completed, so what came in one line need not fit into one. */
const MAX_ARGUMENTS = 250

function grouped(changes: readonly ChannelModeChange[]): ChannelModeChange[][] {
  const groups: ChannelModeChange[][] = []
  let room = 0
  for (const change of changes) {
    const size = byteLength(change.argument ?? '') + 2
    if (groups.length === 0 || size > room) {
      groups.push([])
      room = MAX_ARGUMENTS
    }
    groups.at(-1)!.push(change)
    room -= size
  }
  return groups
}

type KnownWish = Exclude<ChannelModeWish, { mode: 'unknown' }>

const LISTS: ReadonlySet<string> = new Set<ChannelList>(['ban', 'exception', 'invitation'])

function isQuestion(wish: KnownWish): boolean {
  return LISTS.has(wish.mode) && (wish as { mask?: string }).mask === undefined
}

/** The rank a change needs: who gives a rank must hold it or more; a half-operator may do all that is not rank. */
function needed(wish: KnownWish): number {
  return wish.mode === 'op' || wish.mode === 'halfop' ? RANK.op : RANK.halfop
}

function answer(engine: EngineState, user: User, channel: Channel, list: ChannelList): void {
  // Who is excepted or invited is nobody's business outside; bans everybody may see.
  const mayRead = list === 'ban' || highest(user.memberships.get(channel)?.ranks ?? 0) >= RANK.halfop || user.operator
  if (!channel.visibleTo(user) || !mayRead) return engine.refuse(user, 'channelOperatorNeeded', channel.name)
  for (const entry of channel.lists[list].values()) {
    user.recipient.reply({ type: 'maskListRow', channel: channel.name, list, entry })
  }
  user.recipient.reply({ type: 'endOfMaskList', channel: channel.name, list })
}

/** Makes one change; undefined when nothing changed (and why not was said, if there is something to say). */
function apply(engine: EngineState, channel: Channel, by: Member, wish: KnownWish): ChannelModeChange | undefined {
  switch (wish.mode) {
    case 'op':
    case 'halfop':
    case 'voice':
      return setRank(engine, channel, by, wish.mode, wish.add, wish.nick)
    case 'ban':
    case 'exception':
    case 'invitation':
      return setMask(engine, channel, by, wish.mode, wish.add, wish.mask!)
    case 'key':
      return setKey(engine, channel, by, wish.add, wish.key)
    case 'limit':
      return setLimit(engine, channel, by, wish.add, wish.limit)
    default: {
      const { flags } = channel
      if (flags.has(wish.mode) === wish.add) return undefined
      if (wish.add) flags.add(wish.mode)
      else flags.delete(wish.mode)
      return { mode: wish.mode, add: wish.add }
    }
  }
}

function setRank(
  engine: EngineState,
  channel: Channel,
  by: Member,
  rank: Rank,
  add: boolean,
  nick: string | undefined,
): ChannelModeChange | undefined {
  if (nick === undefined) {
    engine.refuse(by.user, 'needMoreParameters', 'MODE')
    return undefined
  }
  const user = engine.user(nick)
  const member = user && channel.members.get(user)
  if (member === undefined) {
    if (user === undefined) engine.refuse(by.user, 'noSuchNick', nick)
    else engine.refuse(by.user, 'userNotInChannel', nick, channel.name)
    return undefined
  }
  const bit = RANK[rank]
  if (((member.ranks & bit) !== 0) === add) return undefined
  member.ranks ^= bit
  return { mode: rank, add, argument: member.user.nick }
}

function setMask(
  engine: EngineState,
  channel: Channel,
  by: Member,
  list: ChannelList,
  add: boolean,
  mask: string,
): ChannelModeChange | undefined {
  const entry = listEntry(mask, list, by.user.identity.mask, engine.ports.now())
  if (entry === undefined) {
    engine.refuse(by.user, 'invalidModeParameter', channel.name, list, mask)
    return undefined
  }
  const entries = channel.lists[list]
  const key = entry.mask.toLowerCase()
  const held = entries.get(key)
  if ((held !== undefined) === add) return undefined
  if (add) {
    const { lists } = channel
    const size = lists.ban.size + lists.exception.size + lists.invitation.size
    if (size >= engine.settings.limits.maxListEntries) {
      engine.refuse(by.user, 'maskListFull', channel.name, entry.mask)
      return undefined
    }
    entries.set(key, entry)
  } else entries.delete(key)
  channel.listsVersion++
  return { mode: list, add, argument: (held ?? entry).mask }
}

function setKey(
  engine: EngineState,
  channel: Channel,
  by: Member,
  add: boolean,
  key: string | undefined,
): ChannelModeChange | undefined {
  if (!add) {
    if (channel.keyword === undefined) return undefined
    const argument = key ?? '*'
    channel.keyword = undefined
    return { mode: 'key', add, argument }
  }
  if (key === undefined) {
    engine.refuse(by.user, 'needMoreParameters', 'MODE')
    return undefined
  }
  // A key with a space or a comma could be set and never be given.
  if (!/^[^\s,:\x00-\x20][^\s,\x00-\x20]*$/.test(key) || !fits(key, engine.settings.limits.maxKeyLength)) {
    engine.refuse(by.user, 'invalidKey', channel.name)
    return undefined
  }
  if (channel.keyword === key) return undefined
  channel.keyword = key
  return { mode: 'key', add, argument: key }
}

function setLimit(
  engine: EngineState,
  channel: Channel,
  by: Member,
  add: boolean,
  text: string | undefined,
): ChannelModeChange | undefined {
  if (!add) {
    if (channel.limit === undefined) return undefined
    channel.limit = undefined
    return { mode: 'limit', add }
  }
  if (text === undefined) {
    engine.refuse(by.user, 'needMoreParameters', 'MODE')
    return undefined
  }
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1) {
    engine.refuse(by.user, 'invalidModeParameter', channel.name, 'limit', text)
    return undefined
  }
  if (channel.limit === limit) return undefined
  channel.limit = limit
  return { mode: 'limit', add, argument: String(limit) }
}
