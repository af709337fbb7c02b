import { describe, expect, it } from 'vitest'
import { hashOf, roomName, roomOf } from '../src/page/room-name.js'
import { newMessage, Store } from '../src/page/store.js'
import { Stage } from './client-stage.js'

function storeWithRoom() {
  const { roster } = new Stage().core
  const store = new Store((a, b) => roster.fold(a) === roster.fold(b))
  store.nick = 'ada'
  const room = store.room('#lobby')
  store.show(room)
  return { store, room }
}

const texts = (room: { messages: { text: string }[] }): string => room.messages.map(({ text }) => text).join(' ')

describe('what the page knows', () => {
  it('a room is one, whatever the case of its name', () => {
    const { store, room } = storeWithRoom()
    expect(store.room('#LOBBY')).toBe(room)
    expect(store.find('#other')).toBeUndefined()
  })

  it.each([
    ['a letter outside ASCII and its capital are two', '#Ä', '#ä', 2],
    ['so are k and the sign for Kelvin', '#\u212a', '#k', 2],
    ['brackets fold as RFC 1459 has them, when the server does not say', '#a[b]', '#A{B}', 1],
  ])('rooms are told apart as the server does: %s', (_, a, b, rooms) => {
    const { store } = storeWithRoom()
    expect(new Set([store.room(a), store.room(b)]).size).toBe(rooms)
  })

  it('a room stays one when the server says later how it compares', () => {
    const { core } = new Stage()
    const store = new Store((a, b) => core.roster.fold(a) === core.roster.fold(b))
    const room = store.room('#a[b]')
    core.support.apply(['CASEMAPPING=ascii'])
    expect([store.find('#a[b]'), store.find('#a{b}')]).toEqual([room, undefined])
  })

  it('conversations are bounded: the oldest goes, but not the one in front', () => {
    const { store, room } = storeWithRoom()
    for (let n = 0; n < 600; n++) store.room(`bob${n}`)
    expect([store.rooms.size, store.rooms.has(room), store.find('bob0'), store.find('bob599')?.name]).toEqual([
      500,
      true,
      undefined,
      'bob599',
    ])
  })

  it('reactions of a message and people who write are bounded', () => {
    const { store, room } = storeWithRoom()
    store.add(room, newMessage('bob', 'a', 1, { id: 'x' }), true)
    for (let n = 0; n < 300; n++) {
      store.react(room, 'x', `bob${n}`, '👍', true)
      store.setTyping(room, `bob${n}`, 100)
    }
    for (let n = 0; n < 300; n++) store.react(room, 'x', 'bob', String(n), true)
    const { reactions } = room.messages[0]!
    expect([reactions.size, reactions.get('👍')!.size, store.typing(room, 99).length]).toEqual([200, 200, 200])
    store.react(room, 'x', 'bob7', '👍', false)
    expect(reactions.get('👍')!.size).toBe(199)
  })

  it('who has said something writes no more, whatever the case of the name', () => {
    const { store, room } = storeWithRoom()
    store.setTyping(room, 'Bob', 100)
    store.add(room, newMessage('Bob', 'a', 1), true)
    expect(store.typing(room, 99)).toEqual([])
  })

  it('messages stand in order of time, also when history comes late', () => {
    const { store, room } = storeWithRoom()
    for (const [text, time] of [
      ['b', 2],
      ['d', 4],
      ['a', 1],
      ['c', 3],
    ] as const) {
      store.add(room, newMessage('bob', text, time), true)
    }
    expect(texts(room)).toBe('a b c d')
  })

  it('messages of one time keep the order in which they came', () => {
    const { store, room } = storeWithRoom()
    for (const text of ['a', 'b', 'c']) store.add(room, newMessage('bob', text, 1), true)
    expect(texts(room)).toBe('a b c')
  })

  it('a page of history stands before what is there, also when all of it has one time', () => {
    const { store, room } = storeWithRoom()
    const page = (...ids: string[]) => ids.map((id) => newMessage('bob', id, 1, { id }))
    store.addPast(room, page('c', 'd'), 'after')
    store.addPast(room, page('a', 'b', 'c'), 'before')
    store.addPast(room, page('d', 'e'), 'after')
    expect(texts(room)).toBe('a b c d e')
  })

  it('a message seen twice is kept once', () => {
    const { store, room } = storeWithRoom()
    expect(store.add(room, newMessage('bob', 'a', 1, { id: 'x' }), true)).toBe(true)
    expect(store.add(room, newMessage('bob', 'a', 1, { id: 'x' }), true)).toBe(false)
    expect(texts(room)).toBe('a')
  })

  it('our own message gets its id when the server has it, and its echo is then the same', () => {
    const { store, room } = storeWithRoom()
    const mine = newMessage('ada', 'hello', 1, { self: true, state: 'pending' })
    store.add(room, mine, true)
    store.confirm(room, mine, 'x', 2)
    expect([mine.state, mine.id, mine.time]).toEqual(['sent', 'x', 2])
    expect(store.add(room, newMessage('ada', 'hello', 2, { id: 'x', self: true }), true)).toBe(false)
  })

  it.each([
    ['slow', -600_000],
    ['fast', 600_000],
  ])('our own message stands last while it waits, and then where the server puts it, with a %s clock', (_, skew) => {
    const { store, room } = storeWithRoom()
    const texts = (): string => room.messages.map(({ text }) => text).join(' ')
    store.add(room, newMessage('bob', 'one', 1_000_000), true)
    const own = newMessage('ada', 'mine', 1_001_000 + skew, { self: true, state: 'pending' })
    const next = newMessage('ada', 'too', 1_001_001 + skew, { self: true, state: 'pending' })
    for (const message of [own, next]) store.add(room, message, true)
    expect(texts()).toBe('one mine too')
    store.add(room, newMessage('bob', 'two', 1_001_500), true)
    store.confirm(room, own, 'm', 1_002_000)
    store.confirm(room, next, 'n', 1_002_001)
    store.add(room, newMessage('bob', 'three', 1_003_000), true)
    expect(texts()).toBe('one two mine too three')
  })

  it('says whether our own message moved', () => {
    const { store, room } = storeWithRoom()
    const own = newMessage('ada', 'mine', 5, { self: true, state: 'pending' })
    store.add(room, own, true)
    expect(store.confirm(room, own, 'm', 9)).toBe(false)
    const late = newMessage('ada', 'late', 5, { self: true, state: 'pending' })
    store.add(room, late, true)
    store.add(room, newMessage('bob', 'two', 10), true)
    expect(store.confirm(room, late, 'l', 11)).toBe(true)
  })

  it('counts what is unread, marks where reading stopped, and forgets both in the right order', () => {
    const { store, room } = storeWithRoom()
    const other = store.room('#other')
    store.add(other, newMessage('bob', 'seen', 1), true)
    const first = newMessage('bob', 'one', 2)
    store.add(other, first, false)
    store.add(other, newMessage('bob', 'hello Ada!', 3), false)
    store.add(other, newMessage('', 'bob left', 4, { kind: 'event' }), false)
    expect([other.unread, other.called, other.marker]).toEqual([2, true, first])
    store.show(other)
    expect([other.unread, other.called, other.marker]).toEqual([0, false, first])
    store.show(room)
    expect(other.marker).toBeUndefined()
  })

  const mentions: [text: string, expected: boolean][] = [
    ['ada: hello', true],
    ['hello, ADA!', true],
    ['adamant', false],
    ['x-ada', false],
    ['', false],
  ]
  it.each(mentions)('%j calls ada: %s', (text, expected) => {
    expect(storeWithRoom().store.mentions(newMessage('bob', text, 1))).toBe(expected)
  })

  it('reactions are counted by person and go when the last is taken back', () => {
    const { store, room } = storeWithRoom()
    store.add(room, newMessage('bob', 'a', 1, { id: 'x' }), true)
    store.react(room, 'x', 'ada', '👍', true)
    store.react(room, 'x', 'ada', '👍', true)
    store.react(room, 'x', 'bob', '👍', true)
    expect([...room.messages[0]!.reactions.get('👍')!]).toEqual(['ada', 'bob'])
    store.react(room, 'x', 'ada', '👍', false)
    store.react(room, 'x', 'bob', '👍', false)
    expect(room.messages[0]!.reactions.size).toBe(0)
    expect(store.react(room, 'unknown', 'ada', '👍', true)).toBeUndefined()
  })

  it('who is writing is forgotten after a while', () => {
    const { store, room } = storeWithRoom()
    store.setTyping(room, 'bob', 100)
    expect(store.typing(room, 99)).toEqual(['bob'])
    expect(store.typing(room, 100)).toEqual([])
  })

  it('a room in the background keeps a bounded number of messages', () => {
    const { store } = storeWithRoom()
    const other = store.room('#other')
    other.older = false
    for (let n = 0; n < 2_100; n++) store.add(other, newMessage('bob', String(n), n, { id: String(n) }), true)
    expect([other.messages.length, other.byId.size, other.older, other.messages[0]!.text]).toEqual([
      2_000,
      2_000,
      true,
      '100',
    ])
  })

  it('a room keeps a bounded number of messages also when its server sends the past without end', () => {
    const { store, room } = storeWithRoom()
    for (let page = 0; page < 10; page++) {
      const past = Array.from({ length: 1_000 }, (_, n) => newMessage('bob', '', n, { id: `${page}-${n}` }))
      store.addPast(room, past, 'after')
    }
    expect(room.messages.length).toBeLessThanOrEqual(4_000)
    expect(room.byId.size).toBe(room.messages.length)
  })

  it('the room in front keeps more, and is then cut as well', () => {
    const { store, room } = storeWithRoom()
    for (let n = 0; n < 4_000; n++) store.add(room, newMessage('bob', String(n), n, { id: String(n) }), true)
    expect(room.messages.length).toBe(4_000)
    store.add(room, newMessage('bob', 'last', 4_000), true)
    expect([room.messages.length, room.byId.size, room.older, room.messages.at(-1)!.text]).toEqual([
      2_000,
      1_999,
      true,
      'last',
    ])
  })
})

describe("the room of the page's address", () => {
  it.each([
    ['is named after #', '#lobby', 'lobby'],
    ['may be encoded', '#caf%C3%A9%20noir', 'café noir'],
    ['stands for itself when it is not encoded', '#100%', '100%'],
    ['may be missing', '', ''],
  ])('%s', (_, hash, room) => {
    expect(roomOf({ hash })).toBe(room)
  })

  it.each([
    ['#lobby', 'lobby'],
    ['##lobby', '%23%23lobby'],
    ['#&lobby', '%23%26lobby'],
    ['&local', '%26local'],
    ['#', '%23'],
    ['#café 100%', 'caf%C3%A9%20100%25'],
  ])('leads to %s, as %s', (room, hash) => {
    expect(hashOf(room)).toBe(hash)
    expect(roomName(roomOf({ hash: `#${hash}` }))).toBe(room.replace(' ', '-'))
  })

  it('is not that of a conversation', () => {
    expect(hashOf('bob')).toBeUndefined()
  })
})
