import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChatClient, type ChatEvent, connect } from '../../src/client.js'
import { type Daemon, have, inspircd, ngircd } from './daemons.js'

const servers = [
  { name: 'ngircd', start: ngircd, echo: false },
  { name: 'inspircd', start: inspircd, echo: true },
] as const

describe.each(servers)('our client on $name', ({ name, start, echo }) => {
  describe.skipIf(!have(name))(`${name} is installed`, { timeout: 20_000 }, () => {
    let daemon: Daemon
    let ann: ChatClient
    let bob: ChatClient
    const seen: Record<'ann' | 'bob', ChatEvent[]> = { ann: [], bob: [] }

    beforeAll(async () => {
      daemon = await start()
      const join = (nick: 'ann' | 'bob'): ChatClient => {
        const client = connect({ url: `irc://127.0.0.1:${daemon.port}`, nick, rooms: ['#Room'], pace: { interval: 0 } })
        client.on((event) => seen[nick].push(event))
        return client
      }
      ann = join('ann')
      await ann.join('#Room')
      bob = join('bob')
      await bob.join('#Room')
    }, 30_000)

    afterAll(async () => {
      await Promise.all([ann?.close(), bob?.close()])
      await daemon?.stop()
    })

    /** The first event, past or to come, of which this is true. */
    function event<T extends ChatEvent['type']>(
      who: 'ann' | 'bob',
      type: T,
      test: (event: Extract<ChatEvent, { type: T }>) => boolean,
    ): Promise<Extract<ChatEvent, { type: T }>> {
      const fits = (each: ChatEvent): each is Extract<ChatEvent, { type: T }> =>
        each.type === type && test(each as Extract<ChatEvent, { type: T }>)
      const found = seen[who].find(fits)
      if (found) return Promise.resolve(found)
      return new Promise((resolve) => {
        const stop = (who === 'ann' ? ann : bob).on((each) => {
          if (!fits(each)) return
          stop()
          resolve(each)
        })
      })
    }

    it('registers, and knows the server', async () => {
      const welcome = await event('ann', 'welcome', () => true)
      expect(welcome).toMatchObject({ nick: 'ann', server: `${name}.test` })
      expect(ann.has('echo-message')).toBe(echo)
    })

    it('knows who is in the room, by any spelling of it', () => {
      expect(
        bob
          .room('#rOOM')
          ?.sorted()
          .map(({ prefixes, nick }) => prefixes + nick),
      ).toEqual(['@ann', 'bob'])
    })

    it('talks in the room, and both sides see the same', async () => {
      const [id] = ann.say('#room', 'hello bob, ¿qué tal? 👋')
      expect(await event('bob', 'message', ({ text }) => text.startsWith('hello'))).toMatchObject({
        text: 'hello bob, ¿qué tal? 👋',
        from: { nick: 'ann' },
        kind: 'message',
        self: false,
      })
      expect(await event('ann', 'delivery', ({ localId }) => localId === id)).toMatchObject({ state: 'sent' })
    })

    it('talks between two, acts, and notices', async () => {
      bob.say('ann', 'just you')
      bob.say('#Room', 'waves', { kind: 'action' })
      bob.say('#Room', 'beep', { kind: 'notice' })
      expect(await event('ann', 'message', ({ text }) => text === 'just you')).toMatchObject({ room: 'bob' })
      expect(await event('ann', 'message', ({ text }) => text === 'waves')).toMatchObject({ kind: 'action' })
      expect(await event('ann', 'message', ({ text }) => text === 'beep')).toMatchObject({ kind: 'notice' })
    })

    it('nothing of a long text is lost', async () => {
      const text = Array.from({ length: 300 }, (_, i) => `wörd${i}`).join(' ')
      const ids = ann.say('#Room', text)
      expect(ids.length).toBeGreaterThan(3)
      await event('bob', 'message', (each) => each.text.endsWith('wörd299'))
      const heard = seen.bob.filter((each) => each.type === 'message' && each.text.includes('wörd'))
      expect(heard.map((each) => (each as { text: string }).text).join(' ')).toBe(text)
    })

    it('sets the topic, changes its name, asks about people and rooms', async () => {
      await ann.setTopic('#Room', 'a topic')
      await event('bob', 'topic', ({ topic }) => topic === 'a topic')
      expect(bob.room('#room')?.topic).toBe('a topic')
      await bob.changeNick('robert')
      expect(bob.nick).toBe('robert')
      await event('ann', 'nick', ({ to }) => to === 'robert')
      expect(await ann.whois('robert')).toMatchObject({ nick: 'robert', realname: 'bob' })
      expect((await ann.list()).find((room) => room.name === '#Room')).toMatchObject({
        members: 2,
        topic: expect.stringContaining('a topic'),
      })
    })

    it('an error is the answer to what caused it', async () => {
      await expect(ann.whois('nobody')).rejects.toMatchObject({ code: 'CHAT_ERR_COMMAND_FAILED' })
      await expect(bob.setTopic('#elsewhere', 'x')).rejects.toMatchObject({ code: 'CHAT_ERR_COMMAND_FAILED' })
      await expect(ann.history('#Room')).rejects.toMatchObject({ code: 'CHAT_ERR_UNSUPPORTED' })
    })

    if (name === 'inspircd')
      it('is told the past that the server sends to who comes in', async () => {
        await ann.request({ command: 'MODE', params: ['#Room', '+H', '10:3600'] })
        ann.say('#Room', 'said before')
        await event('bob', 'message', ({ text }) => text === 'said before')
        const late = connect({ url: `irc://127.0.0.1:${daemon.port}`, nick: 'late', rooms: ['#Room'] })
        const past = await new Promise<ChatEvent>((resolve) => {
          late.on((each) => {
            if (each.type === 'history') resolve(each)
          })
        })
        await late.close()
        expect(past).toMatchObject({
          kind: 'backlog',
          events: expect.arrayContaining([expect.objectContaining({ text: 'said before' })]),
        })
      })

    it('leaves', async () => {
      await bob.part('#Room', 'bye')
      await event('ann', 'part', ({ who }) => who.nick === 'robert')
      expect(ann.room('#Room')?.members.size).toBe(1)
      expect(bob.rooms.size).toBe(0)
    })
  })
})
