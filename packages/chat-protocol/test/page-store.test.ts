import { describe, expect, it } from 'vitest'
import { newMessage, Store } from '../src/page/store.js'

function storeWithRoom() {
  const store = new Store((name) => name.toLowerCase())
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
})
