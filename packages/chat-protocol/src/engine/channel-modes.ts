import { byteLength } from '../codec/text.js'
import type { ChannelModeWish } from './command.js'
import type { ChannelModeChange } from './event.js'
import type { Handlers, LongAnswer } from './handler.js'
import { listEntry } from './list-entry.js'
import type { ChannelList } from './mode.js'
import { fits } from './names.js'
import type { Channel, Member, User } from './presence.js'
import { highest, RANK, type Rank } from './rank.js'
import type { EngineState } from './state.js'

/** MODE of a channel: asking, switching, lists, key, limit and the ranks of members. */
export const channelModes: Handlers<'channelModes'> = {
  *channelModes(engine, user, command) {
    const channel = engine.channel(command.channel)
    if (channel === undefined) return engine.refuse(user, 'noSuchChannel', command.channel)
    const member = user.memberships.get(channel)
    if (command.wishes.length === 0) {
      if (!channel.visibleTo(user)) return engine.refuse(user, 'noSuchChannel', command.channel)
      return user.recipient.reply({ type: 'channelModes', channel, member: member !== undefined || user.operator })
    }
    const changes: ChannelModeChange[] = []
    const questions: ChannelList[] = []
    // A line has room for hundreds of letters that need no argument: each answer to such is given once.
    const said = new Set<string>()
    const isNew = (answer: string): boolean => !said.has(answer) && said.add(answer).has(answer)
    for (const wish of command.wishes) {
      if (wish.mode === 'unknown') {
        if (said.size < engine.settings.limits.maxModes && isNew(wish.letter)) {
          engine.refuse(user, 'unknownChannelMode', wish.letter)
        }
      } else if (isQuestion(wish)) {
        if (isNew(wish.mode)) questions.push(wish.mode as ChannelList)
      } else if (member === undefined || highest(member.ranks) < needed(wish)) {
        if (isNew('right')) engine.refuse(user, member ? 'channelOperatorNeeded' : 'notOnChannel', channel.name)
      } else if (lacksArgument(wish)) {
        if (isNew('argument')) engine.refuse(user, 'needMoreParameters', 'MODE')
      } else {
        const change = apply(engine, channel, member, wish)
        if (change !== undefined) changes.push(change)
      }
    }
    for (const group of grouped(changes)) {
      engine.publish(channel, { type: 'channelModesChanged', by: user.identity, channel: channel.name, changes: group })
    }
    for (const list of questions) yield* answer(engine, user, channel, list)
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

/** True when a rank, a key or a limit came without the nick, the word or the number it needs. */
function lacksArgument(wish: KnownWish): boolean {
  if ('nick' in wish) return wish.nick === undefined
  if ('key' in wish) return wish.add && wish.key === undefined
  return 'limit' in wish && wish.add && wish.limit === undefined
}

/** The rank a change needs: who gives a rank must hold it or more; a half-operator may do all that is not rank. */
function needed(wish: KnownWish): number {
  return wish.mode === 'op' || wish.mode === 'halfop' ? RANK.op : RANK.halfop
}

function* answer(engine: EngineState, user: User, channel: Channel, list: ChannelList): LongAnswer {
  // Who is excepted or invited is nobody's business outside; bans everybody may see.
  const mayRead = list === 'ban' || highest(user.memberships.get(channel)?.ranks ?? 0) >= RANK.halfop || user.operator
  if (!channel.visibleTo(user) || !mayRead) return engine.refuse(user, 'channelOperatorNeeded', channel.name)
  for (const entry of [...channel.lists[list].values()]) {
    yield
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
      return setRank(engine, channel, by, wish.mode, wish.add, wish.nick!)
    case 'ban':
    case 'exception':
    case 'invitation':
      return setMask(engine, channel, by, wish.mode, wish.add, wish.mask!)
    case 'key':
      return wish.add ? setKey(engine, channel, by, wish.key!) : liftKey(channel, wish.key)
    case 'limit':
      return wish.add ? setLimit(engine, channel, by, wish.limit!) : liftLimit(channel)
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
  nick: string,
): ChannelModeChange | undefined {
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

function setKey(engine: EngineState, channel: Channel, by: Member, key: string): ChannelModeChange | undefined {
  // A key with a space or a comma could be set and never be given.
  if (!/^[^\s,:\x00-\x20][^\s,\x00-\x20]*$/.test(key) || !fits(key, engine.settings.limits.maxKeyLength)) {
    engine.refuse(by.user, 'invalidKey', channel.name)
    return undefined
  }
  if (channel.keyword === key) return undefined
  channel.keyword = key
  return { mode: 'key', add: true, argument: key }
}

function liftKey(channel: Channel, key: string | undefined): ChannelModeChange | undefined {
  if (channel.keyword === undefined) return undefined
  // Other words than the key are not repeated: they need not be fit for a line.
  const argument = key === channel.keyword ? key : '*'
  channel.keyword = undefined
  return { mode: 'key', add: false, argument }
}

function setLimit(engine: EngineState, channel: Channel, by: Member, text: string): ChannelModeChange | undefined {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1) {
    engine.refuse(by.user, 'invalidModeParameter', channel.name, 'limit', text)
    return undefined
  }
  if (channel.limit === limit) return undefined
  channel.limit = limit
  return { mode: 'limit', add: true, argument: String(limit) }
}

function liftLimit(channel: Channel): ChannelModeChange | undefined {
  if (channel.limit === undefined) return undefined
  channel.limit = undefined
  return { mode: 'limit', add: false }
}
