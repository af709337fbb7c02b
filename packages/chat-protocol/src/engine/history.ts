import type { CommandOf } from './command.js'
import type { Event } from './event.js'
import type { Handlers, LongAnswer, Outcome } from './handler.js'
import type { Awaitable, HistoryEntry, HistoryQuery } from './log.js'
import { namesChannel } from './names.js'
import type { User } from './presence.js'
import type { EngineState } from './state.js'

/** CHATHISTORY: pages of the ordered log. */
export const histories: Handlers<'history'> = {
  history(engine, user, command) {
    const { query } = command
    if (query.select === 'targets') return targets(engine, user, query)
    const room = readableRoom(engine, user, query.target)
    if (room === undefined) return refuse(user, query, 'INVALID_TARGET', 'There is no such conversation you may read')
    const { select, from, playback } = query
    const limit = Math.min(query.limit, engine.settings.limits.maxHistoryPage)
    const range = {
      select,
      from,
      limit,
      accepts: playback ? () => true : isSaid,
      ...(query.select === 'between' ? { to: query.to } : {}),
    }
    return whenKnown(engine.ports.log.read(room.key, range), (entries) => send(user, query, room.name, entries))
  },
}

/** True for what clients see of a room's history that did not ask for joins, topics and the like. */
function isSaid(event: Event): boolean {
  return event.type === 'message' && event.kind !== 'tagmsg'
}

/** A log room that nothing is ever written to: what two said that never spoke. */
const SILENCE = '@'

/**
 * The log room behind a target. Only members read a channel's history: who is banned, was kicked or never came does
 * not learn what was said, and not even whether the room exists.
 */
function readableRoom(engine: EngineState, user: User, target: string): { key: string; name: string } | undefined {
  if (namesChannel(target)) {
    const channel = engine.channel(target)
    if (channel === undefined || !user.memberships.has(channel)) return undefined
    return { key: channel.key, name: channel.name }
  }
  const other = engine.user(target)
  return other && { key: engine.conversationsOf(user).get(other) ?? SILENCE, name: other.nick }
}

function* send(
  user: User,
  query: HistoryQuery,
  target: string,
  entries: readonly HistoryEntry[] | undefined,
): LongAnswer {
  if (entries === undefined) return refuse(user, query, 'MESSAGE_ERROR', 'The message is not of this conversation')
  user.recipient.reply({ type: 'historyStart', target })
  for (const entry of entries) {
    yield
    user.recipient.reply({ type: 'historyRow', entry })
  }
  user.recipient.reply({ type: 'endOfHistory' })
}

function refuse(user: User, query: HistoryQuery, code: string, text: string): void {
  user.recipient.reply({ type: 'historyRefused', query, code, text })
}

type TargetsQuery = Extract<CommandOf<'history'>['query'], { select: 'targets' }>

function targets(engine: EngineState, user: User, query: TargetsQuery): void | Promise<() => void> {
  const rooms = [
    ...[...user.memberships.keys()].map((channel) => ({ key: channel.key, name: channel.name })),
    ...[...engine.conversationsOf(user)].map(([other, key]) => ({ key, name: other.nick })),
  ]
  const newest = rooms.map((room) => engine.ports.log.latest(room.key, isSaid))
  const forwards = query.from <= query.to
  const [early, late] = forwards ? [query.from, query.to] : [query.to, query.from]
  const limit = Math.min(query.limit, engine.settings.limits.maxHistoryPage)
  const answer = (times: readonly (number | undefined)[]): void => {
    const found = rooms
      .map((room, i) => ({ name: room.name, latest: times[i] ?? Number.NaN }))
      .filter((target) => target.latest > early && target.latest < late)
      .sort((a, b) => a.latest - b.latest)
      // As BETWEEN: the limit counts from the first timestamp, and the answer is in order of time either way.
      .slice(...(forwards ? [0, limit] : [-limit]))
    user.recipient.reply({ type: 'historyTargets', targets: found })
  }
  if (newest.some((time) => time instanceof Promise)) return Promise.all(newest).then((times) => () => answer(times))
  answer(newest as (number | undefined)[])
  return undefined
}

/** Goes on at once when the value is here, else later as the continuation of the same command. */
function whenKnown<T>(value: Awaitable<T>, use: (value: T) => LongAnswer): Outcome {
  return value instanceof Promise ? value.then((known) => () => use(known)) : use(value)
}
