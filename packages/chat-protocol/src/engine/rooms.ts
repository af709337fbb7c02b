import type { ListConditions } from './command.js'
import type { Handlers, LongAnswer } from './handler.js'
import { fits, keyOf, maskMatcher } from './names.js'
import type { Channel, User } from './presence.js'
import { highest, RANK } from './rank.js'
import type { NamesRow } from './reply.js'
import type { EngineState } from './state.js'

/** What a room says of itself: TOPIC, NAMES, LIST. */
export const rooms: Handlers<'topic' | 'names' | 'list'> = {
  topic(engine, user, command) {
    const { text } = command
    if (text === undefined) {
      const channel = engine.channel(command.channel)
      if (channel === undefined || !channel.visibleTo(user)) {
        return engine.refuse(user, channel === undefined ? 'noSuchChannel' : 'notOnChannel', command.channel)
      }
      return sendTopic(user, channel)
    }
    const channel = memberChannel(engine, user, command.channel)
    if (channel === undefined) return
    if (!fits(text, engine.settings.limits.maxTopicLength)) return engine.refuse(user, 'inputTooLong')
    if (channel.flags.has('topicLocked') && highest(user.memberships.get(channel)!.ranks) < RANK.halfop) {
      return engine.refuse(user, 'channelOperatorNeeded', channel.name)
    }
    channel.topic = text === '' ? undefined : { text, by: user.identity, at: engine.ports.now() }
    engine.publish(channel, { type: 'topicChanged', by: user.identity, channel: channel.name, text })
  },

  *names(engine, user, command) {
    const { channels } = command
    if (channels.length > engine.settings.limits.maxTargets) return engine.refuse(user, 'tooManyTargets', channels[0]!)
    for (const name of channels) {
      const channel = engine.channel(name)
      if (channel?.visibleTo(user)) yield* sendMembers(user, channel)
      yield
    }
    // One end for all of them, named as they were asked for (RFC 2812 §3.2.5).
    user.recipient.reply({ type: 'endOfNames', channel: channels.join(',') || '*' })
  },

  *list(engine, user, command) {
    const holds = condition(command.conditions, engine.ports.now())
    const { names } = command.conditions
    user.recipient.reply({ type: 'listStart' })
    // Named channels are found by key: LIST #one must not walk a hundred thousand rooms.
    const candidates =
      names.length > 0
        ? names.map((name) => engine.channel(name)).filter((channel) => channel !== undefined)
        : [...engine.channels.values()]
    let left = engine.settings.limits.maxListRows
    for (const channel of candidates) {
      yield
      // One that was closed while the client read is none any more.
      if (channel.members.size === 0 || !channel.visibleTo(user) || !holds(channel)) continue
      if (left-- === 0) {
        user.recipient.reply({ type: 'cutShort', rows: engine.settings.limits.maxListRows })
        break
      }
      user.recipient.reply({ type: 'listRow', channel, users: channel.members.size })
    }
    user.recipient.reply({ type: 'endOfList' })
  },
}

/** The channel of that name when the user is a member; else the refusal is sent. */
export function memberChannel(engine: EngineState, user: User, name: string): Channel | undefined {
  const channel = engine.channel(name)
  if (channel === undefined) engine.refuse(user, 'noSuchChannel', name)
  else if (!user.memberships.has(channel)) engine.refuse(user, 'notOnChannel', channel.name)
  else return channel
  return undefined
}

/** Sends the topic, or that there is none. */
export function sendTopic(user: User, channel: Channel): void {
  user.recipient.reply({ type: 'topic', channel })
}

/** Sends who is in the channel, and that this was all. */
export function* sendNames(user: User, channel: Channel): LongAnswer {
  yield* sendMembers(user, channel)
  user.recipient.reply({ type: 'endOfNames', channel: channel.name })
}

/** Members told of in one piece of NAMES: 7 KiB of the longest masks. */
const MEMBERS_PER_PIECE = 64

/**
 * Sends who is in the channel, as far as the user may know. Who comes after the question is told by JOIN, who is gone
 * before its row's turn has no row, and names and ranks are those of the moment in which a row is sent: a client that
 * takes rows and events as they come knows who is there.
 */
function* sendMembers(user: User, channel: Channel): LongAnswer {
  const members = [...channel.members.values()]
  for (let from = 0; from < members.length; from += MEMBERS_PER_PIECE) {
    if (from > 0) yield
    if (!channel.visibleTo(user)) return
    const inside = user.memberships.has(channel) || user.operator
    const rows: NamesRow[] = []
    for (const member of members.slice(from, from + MEMBERS_PER_PIECE)) {
      const stays = channel.members.get(member.user) === member
      if (stays && (inside || !member.user.modes.has('invisible'))) {
        rows.push({ identity: member.user.identity, ranks: member.ranks })
      }
    }
    user.recipient.reply({ type: 'names', channel, rows })
  }
}

function condition(wanted: ListConditions, now: number): (channel: Channel) => boolean {
  const masks = wanted.masks.map((mask) => maskMatcher(mask))
  const notMasks = wanted.notMasks.map((mask) => maskMatcher(mask))
  const minutes = (at: number): number => (now - at) / 60_000
  const tests: ((channel: Channel) => boolean)[] = []
  if (masks.length > 0) tests.push((channel) => masks.some((mask) => mask(keyOf(channel.name))))
  if (notMasks.length > 0) tests.push((channel) => !notMasks.some((mask) => mask(keyOf(channel.name))))
  const { moreUsersThan, fewerUsersThan, createdMoreThan, createdLessThan, topicOlderThan, topicNewerThan } = wanted
  if (moreUsersThan !== undefined) tests.push((channel) => channel.members.size > moreUsersThan)
  if (fewerUsersThan !== undefined) tests.push((channel) => channel.members.size < fewerUsersThan)
  if (createdMoreThan !== undefined) tests.push((channel) => minutes(channel.created) > createdMoreThan)
  if (createdLessThan !== undefined) tests.push((channel) => minutes(channel.created) < createdLessThan)
  if (topicOlderThan !== undefined) {
    tests.push((channel) => channel.topic !== undefined && minutes(channel.topic.at) > topicOlderThan)
  }
  if (topicNewerThan !== undefined) {
    tests.push((channel) => channel.topic !== undefined && minutes(channel.topic.at) < topicNewerThan)
  }
  return (channel) => tests.every((test) => test(channel))
}
