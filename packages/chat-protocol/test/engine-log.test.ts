import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../src/engine/event.js'
import { Identity } from '../src/engine/identity.js'
import { type LogRange, MemoryLog, type MemoryLogOptions } from '../src/engine/log.js'

const from = new Identity('ann', '~ann', 'host', 'Ann')
const said = (text: string): Event => ({
  type: 'message',
  kind: 'privmsg',
  from,
  target: '#r',
  rank: 0,
  text,
  tags: undefined,
})
const textsOf = (entries: readonly { event: Event }[] | undefined): string =>
  entries === undefined ? 'unknown' : entries.map(({ event }) => ('text' in event ? event.text : '')).join(' ')

function logOf(options: Partial<MemoryLogOptions> = {}): MemoryLog {
  let rooms = 0
  return new MemoryLog({ token: () => `r${++rooms}`, now: () => 1000, maxAge: 0, ...options })
}

const all = { accepts: () => true, limit: 100 }

describe('a range of ten messages, one a second', () => {
  const log = logOf()
  const ids = Array.from({ length: 10 }, (_, i) => log.append('#r', i * 1000, said(String(i))).id)
  const id = (i: number): { id: string } => ({ id: ids[i]! })
  const time = (seconds: number): { time: number } => ({ time: seconds * 1000 })
  it.each([
    ['the last three', { select: 'latest', from: undefined, limit: 3 }, '7 8 9'],
    ['the last three after an id', { select: 'latest', from: id(7), limit: 3 }, '8 9'],
    ['before an id, nearest first to go', { select: 'before', from: id(5), limit: 2 }, '3 4'],
    ['before a time between two', { select: 'before', from: time(4.5), limit: 2 }, '3 4'],
    ['after an id', { select: 'after', from: id(5), limit: 2 }, '6 7'],
    ['after a time is exclusive', { select: 'after', from: time(5), limit: 2 }, '6 7'],
    ['around an id, itself in the middle', { select: 'around', from: id(5), limit: 3 }, '4 5 6'],
    ['around the first', { select: 'around', from: id(0), limit: 3 }, '0 1 2'],
    ['around the last', { select: 'around', from: id(9), limit: 3 }, '7 8 9'],
    ['around with a limit of one', { select: 'around', from: id(5), limit: 1 }, '5'],
    ['between two, forwards', { select: 'between', from: id(2), to: id(6), limit: 2 }, '3 4'],
    ['between two, backwards: the newest', { select: 'between', from: id(6), to: id(2), limit: 2 }, '4 5'],
    ['between an id and a time', { select: 'between', from: id(2), to: time(6), limit: 9 }, '3 4 5'],
    ['between a message and itself', { select: 'between', from: id(2), to: id(2), limit: 9 }, ''],
    ['a limit of nothing', { select: 'latest', from: undefined, limit: 0 }, ''],
    ['an id of another room', { select: 'after', from: { id: 'r9-1' }, limit: 9 }, 'unknown'],
    ['an id that was never given', { select: 'after', from: { id: 'r1-zz' }, limit: 9 }, 'unknown'],
    ['an id that is none', { select: 'after', from: { id: 'x' }, limit: 9 }, 'unknown'],
  ] as [string, Omit<LogRange, 'accepts'>, string][])('%s', (_what, range, texts) => {
    expect(textsOf(log.read('#r', { accepts: () => true, ...range }))).toBe(texts)
  })

  it('of a room that is not there is empty, and knows no id', () => {
    expect(log.read('#other', { select: 'latest', from: undefined, ...all })).toEqual([])
    expect(log.read('#other', { select: 'after', from: id(1), ...all })).toBeUndefined()
  })

  it('counts only what is accepted', () => {
    const even = (event: Event): boolean => 'text' in event && Number(event.text) % 2 === 0
    expect(textsOf(log.read('#r', { select: 'latest', from: undefined, limit: 2, accepts: even }))).toBe('6 8')
  })
})

describe('the bounds of the log', () => {
  it('a room keeps its newest entries; the place of a dropped one is still known', () => {
    const log = logOf({ maxEntriesPerRoom: 3 })
    const [first] = Array.from({ length: 10 }, (_, i) => log.append('#r', i, said(String(i))))
    expect(textsOf(log.read('#r', { select: 'latest', from: undefined, ...all }))).toBe('7 8 9')
    expect(textsOf(log.read('#r', { select: 'after', from: { id: first!.id }, ...all }))).toBe('7 8 9')
    expect(log.entries).toBe(3)
  })

  it('all rooms together are bounded: the room that was silent longest loses first', () => {
    const log = logOf({ maxEntries: 4 })
    for (const room of ['#a', '#b', '#a', '#b', '#a', '#a']) log.append(room, 0, said(room))
    expect(log.entries).toBe(4)
    expect(log.read('#b', { select: 'latest', from: undefined, ...all })).toHaveLength(0)
  })

  it('an old entry is no longer handed out', () => {
    let now = 0
    const log = logOf({ maxAge: 100, now: () => now })
    log.append('#r', 0, said('old'))
    log.append('#r', 90, said('new'))
    now = 150
    expect(textsOf(log.read('#r', { select: 'latest', from: undefined, ...all }))).toBe('new')
    expect(log.latest('#r', all.accepts)).toBe(90)
    now = 300
    expect(log.latest('#r', all.accepts)).toBeUndefined()
  })

  it('the newest entry is the newest of those that count', () => {
    const log = logOf()
    log.append('#r', 1, said('a'))
    log.append('#r', 2, { type: 'joined', who: from, channel: '#r' })
    expect(log.latest('#r', all.accepts)).toBe(2)
    expect(log.latest('#r', ({ type }) => type === 'message')).toBe(1)
    expect(log.latest('#r', ({ type }) => type === 'quit')).toBeUndefined()
  })

  it.each([{ maxEntriesPerRoom: 0 }, { maxEntries: 0 }])('a log of nothing still gives places: %j', (options) => {
    const log = logOf(options)
    const { id } = log.append('#r', 0, said('a'))
    expect([id, log.append('#r', 0, said('b')).id]).toEqual(['r1-1', 'r1-2'])
    expect(log.entries).toBe(0)
    expect(log.read('#r', { select: 'after', from: { id }, ...all })).toEqual([])
  })

  it.each([
    ['a log of nothing', { maxEntriesPerRoom: 0 }, 0],
    ['a log of ten entries', { maxEntries: 10 }, 11],
    ['a log of ten entries, all of them expired', { maxEntries: 10, maxAge: 1 }, 11],
  ])('%s does not remember the names of a thousand rooms', (_what, options, most) => {
    let now = 0
    const tokens = new Set<string>()
    const log = logOf({ now: () => now, token: () => `r${tokens.size}`, ...options })
    for (let i = 0; i < 1000; i++) {
      now += 10
      tokens.add(log.append(`#r${i}`, now, said('a')).id)
      now += 10
      log.read(`#r${i}`, { select: 'latest', from: undefined, ...all })
    }
    expect(tokens.size).toBe(1000)
    expect((log as unknown as { rooms: Map<string, unknown> }).rooms.size).toBeLessThanOrEqual(most)
  })

  it('a room that is forgotten starts anew, under other ids', () => {
    const log = logOf()
    const before = log.append('#r', 0, said('a')).id
    log.forget('#r')
    expect(log.read('#r', { select: 'latest', from: undefined, ...all })).toEqual([])
    expect(log.append('#r', 0, said('b')).id).not.toBe(before)
    expect(log.entries).toBe(1)
  })

  it('who follows a room hears every later entry, until it ends', () => {
    const log = logOf()
    const heard: string[] = []
    const end = log.follow('#r', ({ event }) => heard.push(textsOf([{ event }])))
    log.append('#r', 0, said('a'))
    log.append('#other', 0, said('b'))
    end()
    log.append('#r', 0, said('c'))
    expect(heard).toEqual(['a'])
  })
})

describe('any sequence of appends', () => {
  it('keeps the newest of each room in order, and counts right', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 400 }),
        fc.integer({ min: 1, max: 90 }),
        (rooms, perRoom) => {
          const log = logOf({ maxEntriesPerRoom: perRoom, maxEntries: 200 })
          const model = new Map<number, string[]>()
          rooms.forEach((room, i) => {
            log.append(`#${room}`, i, said(String(i)))
            model.set(room, [...(model.get(room) ?? []), String(i)].slice(-perRoom))
          })
          let size = 0
          for (const [room, texts] of model) {
            const kept = textsOf(
              log.read(`#${room}`, { select: 'latest', from: undefined, limit: 1000, accepts: () => true }),
            )
            const list = kept === '' ? [] : kept.split(' ')
            size += list.length
            expect(texts.slice(texts.length - list.length)).toEqual(list)
          }
          expect(log.entries).toBe(size)
          expect(size).toBe(
            Math.min(
              200,
              [...model.values()].reduce((sum, texts) => sum + texts.length, 0),
            ),
          )
        },
      ),
      { numRuns: 100 },
    )
  })
})
