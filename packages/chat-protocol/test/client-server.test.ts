import { getEventListeners } from 'node:events'
import { createServer } from 'node:net'
import { serve } from '@plainwire/web-server'
import { site } from '@plainwire/web-server/site'
import { generate } from 'selfsigned'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { EventQueue } from '../src/client/event-queue.js'
import { dialWebSocket, type WebSocketClass } from '../src/client/web-socket.js'
import { ChatClient, type ChatEvent, type ConnectOptions, connect } from '../src/client.js'
import { serveChat } from '../src/server.js'
import { chatPage, chatSocket } from '../src/web.js'
import { plainServer } from './client-stage.js'

const toClose: (() => unknown)[] = []
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close()
})

let certificate: Awaited<ReturnType<typeof generate>>
beforeAll(async () => {
  certificate = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
})

/** Our server by TCP, TLS and WebSocket. */
async function servers() {
  const tls = { cert: certificate.cert, key: certificate.private }
  const chat = await serveChat({
    name: 'chat.test',
    flood: false,
    listeners: [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: 0, tls },
    ],
  })
  toClose.push(() => chat.close({ timeout: 300 }))
  const web = await serve({
    host: '127.0.0.1',
    port: 0,
    handler: site('.', [chatPage('/chat/')]),
    upgrade: chatSocket(chat, '/chat/socket'),
  })
  toClose.push(() => web.close({ timeout: 300 }))
  const [plain = '', secure = ''] = chat.urls
  return {
    chat,
    tcp: plain,
    tls: secure,
    websocket: `ws://127.0.0.1:${web.port}/chat/socket`,
    page: `${web.url}/chat/`,
  }
}

function client(options: Omit<ConnectOptions, 'nick'> & { nick?: string }): ChatClient {
  const made = connect({ nick: 'ann', pace: { interval: 0 }, ...options })
  toClose.push(() => made.close())
  return made
}

/** The next event of a type of which something is true. */
function next<T extends ChatEvent['type']>(
  who: ChatClient,
  type: T,
  test: (event: Extract<ChatEvent, { type: T }>) => boolean = () => true,
): Promise<Extract<ChatEvent, { type: T }>> {
  return new Promise((resolve) => {
    const stop = who.on((event) => {
      if (event.type !== type || !test(event as Extract<ChatEvent, { type: T }>)) return
      stop()
      resolve(event as Extract<ChatEvent, { type: T }>)
    })
  })
}

describe('our client on our server', { timeout: 20_000 }, () => {
  it.each(['tcp', 'tls', 'websocket', 'page'] as const)('by %s: joins, talks, reads the past, leaves', async (way) => {
    const where = await servers()
    const ann = client({ url: where[way], tls: { rejectUnauthorized: false } })
    const bob = client({ url: where.tcp, nick: 'bob' })
    await bob.join('#room')
    const first = bob.say('#room', 'said before')
    await next(bob, 'delivery', ({ localId }) => localId === first[0])
    const past = next(ann, 'history')
    await ann.join('#room')
    expect(await past).toMatchObject({ kind: 'backlog', events: [{ text: 'said before', past: true }], more: false })

    const heard = next(bob, 'message', ({ self }) => !self)
    const sent = next(ann, 'delivery')
    ann.say('#room', 'hello 👋')
    expect(await heard).toMatchObject({ text: 'hello 👋', from: { nick: 'ann' } })
    expect(await sent).toMatchObject({ state: 'sent', msgid: (await heard).msgid })

    const reaction = next(ann, 'reaction')
    bob.react('#room', (await heard).msgid!, '👍')
    expect(await reaction).toMatchObject({ reaction: '👍', replyTo: (await sent).msgid, from: { nick: 'bob' } })
    const typing = next(ann, 'typing')
    bob.typing('#room', 'active')
    expect(await typing).toMatchObject({ from: { nick: 'bob' }, state: 'active' })

    const page = await ann.history('#room', { before: (await sent).msgid!, limit: 10 })
    expect(page.events).toMatchObject([{ text: 'said before' }])
    const gone = next(bob, 'quit')
    await ann.close('bye')
    expect(await gone).toMatchObject({ reason: expect.stringContaining('bye') })
  })

  it('comes back by itself: rejoined, caught up, and what was said meanwhile is sent', async () => {
    const where = await servers()
    const port = where.chat.port
    // A wire between the two that the test can cut.
    const cuts = new Set<() => void>()
    const { connect: dial } = await import('node:net')
    const wire = createServer((near) => {
      const far = dial(port, '127.0.0.1')
      near.pipe(far).pipe(near)
      const cut = (): void => {
        near.destroy()
        far.destroy()
      }
      for (const end of [near, far]) end.on('error', () => {}).on('close', cut)
      cuts.add(cut)
    })
    await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))
    toClose.push(() => wire.close())
    const { port: through } = wire.address() as { port: number }

    const ann = client({ url: `irc://127.0.0.1:${through}`, backOff: { initialDelay: 20 } })
    const bob = client({ url: where.tcp, nick: 'bob' })
    await bob.join('#room')
    const opened = next(ann, 'history')
    await ann.join('#room')
    await opened
    const hello = next(ann, 'message', ({ text }) => text === 'hello')
    bob.say('#room', 'hello')
    await hello

    const lost = next(ann, 'status', ({ state }) => state === 'waiting')
    for (const cut of cuts) cut()
    expect((await lost).retryAt).toBeInstanceOf(Date)
    const heard = next(bob, 'message', ({ text }) => text === 'kept')
    const ids = ann.say('#room', 'kept')
    const delivered = next(ann, 'delivery')
    const missed = next(ann, 'history')
    bob.say('#room', 'while you were away')
    expect(await missed).toMatchObject({ kind: 'catch-up', gap: false, events: [{ text: 'while you were away' }] })
    expect(await heard).toMatchObject({ from: { nick: expect.stringMatching(/^ann/) } })
    expect(await delivered).toMatchObject({ localId: ids[0], state: 'sent' })
  })

  it('tries again from the first attempt on', async () => {
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const { port } = probe.address() as { port: number }
    await new Promise((resolve) => probe.close(resolve))
    const ann = client({ url: `irc://127.0.0.1:${port}`, backOff: { initialDelay: 10, maxDelay: 20 } })
    expect(await next(ann, 'status', ({ state, attempt }) => state === 'waiting' && attempt === 3)).toMatchObject({
      error: { code: 'CHAT_ERR_CONNECTION' },
    })
  })

  it('is read with for await, which ends when it is closed', async () => {
    const where = await servers()
    const ann = client({ url: where.tcp, rooms: ['#room'] })
    const types = new Set<string>()
    for await (const event of ann) {
      types.add(event.type)
      if (event.type === 'history') void ann.close()
    }
    expect([...types]).toEqual(expect.arrayContaining(['status', 'welcome', 'join', 'names', 'history']))
    expect(ann.state).toBe('closed')
    expect(() => ann.say('#room', 'x')).toThrow(expect.objectContaining({ code: 'CHAT_ERR_CLOSED' }))
  })

  it('outlives a listener that throws, and does not hide the error', async () => {
    const uncaught: unknown[] = []
    vi.stubGlobal(
      'queueMicrotask',
      (act: () => void) =>
        void Promise.resolve()
          .then(act)
          .catch((error: unknown) => uncaught.push(error)),
    )
    toClose.push(() => vi.unstubAllGlobals())
    const where = await servers()
    const ann = client({ url: where.tcp, rooms: ['#room'] })
    ann.on((event) => {
      if (event.type === 'welcome') throw new Error('of the program')
    })
    await ann.join('#room')
    expect(uncaught).toMatchObject([{ message: 'of the program' }])
  })

  it('closes when its signal aborts, also before it began', async () => {
    const where = await servers()
    const leaving = new AbortController()
    const ann = client({ url: where.tcp, signal: leaving.signal })
    await next(ann, 'welcome')
    leaving.abort()
    await ann.closed
    const late = client({ url: where.tcp, signal: leaving.signal })
    await late.closed
    expect(late.state).toBe('closed')
  })

  it.each([2 ** 31, Number.POSITIVE_INFINITY])('waits %d ms for a silent server, and not for none', async (timeout) => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const ann = new ChatClient(
      { url: 'chat.test', nick: 'ann', pingTimeout: timeout, connectTimeout: timeout },
      plainServer(),
    )
    await next(ann, 'welcome')
    const delays = timers.mock.calls.map(([, delay]) => delay)
    timers.mockRestore()
    await ann.close()
    expect(delays).toContain(2 ** 31 - 1)
    expect(Math.max(...delays.map(Number))).toBe(2 ** 31 - 1)
  })

  it('leaves nothing at a signal that outlives it', async () => {
    const signal = new AbortController().signal
    const ann = client({ url: 'irc://127.0.0.1:1', signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await ann.close()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('refuses rooms that are no list', () => {
    expect(() => connect({ url: 'chat.test', nick: 'ann', rooms: '#room' as never })).toThrow(
      'rooms is a list of names',
    )
  })

  it('does not trust a certificate that nobody signed', async () => {
    const where = await servers()
    const ann = client({ url: where.tls, reconnect: false })
    expect(await next(ann, 'status', ({ state }) => state === 'closed')).toMatchObject({
      error: { code: 'CHAT_ERR_CONNECTION' },
    })
  })
})

describe('parsed URLs', () => {
  it.each([
    ['chat.test', { transport: 'tcp', host: 'chat.test', port: 6667, rooms: [] }],
    ['chat.test:7000', { transport: 'tcp', port: 7000 }],
    ['irc://chat.test/lobby', { transport: 'tcp', port: 6667, rooms: ['#lobby'] }],
    ['irc://chat.test/#lobby', { rooms: ['#lobby'] }],
    ['ircs://:pw@chat.test/a,%23b', { transport: 'tls', port: 6697, rooms: ['#a', '#b'], password: 'pw' }],
    ['ircs://[::1]:7000', { host: '::1', port: 7000 }],
    [
      'wss://chat.test/chat/socket#lobby',
      { transport: 'websocket', href: 'wss://chat.test/chat/socket', rooms: ['#lobby'] },
    ],
    [
      'https://chat.test/chat/?name=ann#lobby',
      { transport: 'websocket', href: 'wss://chat.test/chat/socket', rooms: ['#lobby'] },
    ],
    ['http://127.0.0.1:8080/', { href: 'ws://127.0.0.1:8080/socket', port: 8080 }],
  ])('%s', async (text, expected) => {
    const { parseChatUrl } = await import('../src/client.js')
    expect(parseChatUrl(text)).toMatchObject(expected)
  })

  it.each(['', 'ftp://chat.test', 'irc://', 'irc://a b', 'http://'])('%j is none', async (text) => {
    const { parseChatUrl } = await import('../src/client.js')
    expect(() => parseChatUrl(text)).toThrow(expect.objectContaining({ code: 'CHAT_ERR_USAGE' }))
  })
})

describe('a WebSocket', () => {
  /** A browser's WebSocket of which the test is the other end. */
  class FakeSocket {
    static last: FakeSocket
    binaryType = ''
    bufferedAmount = 0
    readonly sent: string[] = []
    readonly #listeners = new Map<string, (event: object) => void>()

    constructor() {
      FakeSocket.last = this
    }

    addEventListener(type: string, listener: (event: object) => void): void {
      this.#listeners.set(type, listener)
    }

    tell(type: string, event: object = {}): void {
      this.#listeners.get(type)?.(event)
    }

    send(line: string): void {
      this.sent.push(line)
    }

    close(): void {}
  }

  async function stage(): Promise<{ ann: ChatClient; socket: FakeSocket; hears: (data: string) => void }> {
    const dial = dialWebSocket(FakeSocket as unknown as WebSocketClass)
    const ann = new ChatClient({ url: 'ws://irc.test/', nick: 'ann', pace: { interval: 0 }, reconnect: false }, dial)
    toClose.push(() => ann.close())
    await Promise.resolve()
    const socket = FakeSocket.last
    socket.tell('open')
    const hears = (data: string): void => socket.tell('message', { data })
    for (const line of [':irc.test 001 ann :Hi', ':irc.test 422 ann :No MOTD']) hears(line)
    return { ann, socket, hears }
  }

  it('answers a PING that is longer than a line may be', async () => {
    const { ann, socket, hears } = await stage()
    hears(`PING ${'x'.repeat(600)}`)
    expect([socket.sent.at(-1), ann.state]).toEqual([`PONG ${'x'.repeat(600)}`, 'online'])
  })

  it('passes over a message that no line can be', async () => {
    const { ann, socket, hears } = await stage()
    const before = socket.sent.length
    hears(`PING ${'x'.repeat(20_000)}`)
    expect([socket.sent.length, ann.state]).toEqual([before, 'online'])
  })

  it('is given up when its server does not read', async () => {
    const { ann, socket, hears } = await stage()
    socket.bufferedAmount = 17 * 1024 * 1024
    const closed = next(ann, 'status', ({ state }) => state === 'closed')
    hears('PING x')
    expect(await closed).toMatchObject({ reason: 'the server does not read' })
  })
})

describe('a queue of events', () => {
  it('gives an error to a reader that is too slow, after what it had room for', async () => {
    let left = 0
    const queue = new EventQueue<number>(2, () => left++)
    for (const n of [1, 2, 3]) queue.push(n)
    expect(await queue.next()).toEqual({ value: 1, done: false })
    expect(await queue.next()).toEqual({ value: 2, done: false })
    await expect(queue.next()).rejects.toMatchObject({ code: 'CHAT_ERR_QUEUE_FULL' })
    expect(await queue.next()).toEqual({ value: undefined, done: true })
    expect(left).toBe(1)
  })

  it('counts what is in an event as well', async () => {
    const queue = new EventQueue<number>(
      5,
      () => {},
      (n) => n,
    )
    for (const n of [4, 4]) queue.push(n)
    for (const value of [4, 4]) expect(await queue.next()).toEqual({ value, done: false })
    for (const n of [9, 1]) queue.push(n)
    expect(await queue.next()).toEqual({ value: 9, done: false })
    await expect(queue.next()).rejects.toMatchObject({ code: 'CHAT_ERR_QUEUE_FULL' })
  })

  it('answers calls of next that wait at the same time in their order, and all when it ends', async () => {
    const queue = new EventQueue<number>(2, () => {})
    const calls = [queue.next(), queue.next(), queue.next(), queue.next()]
    queue.push(1)
    queue.push(2)
    queue.end()
    expect((await Promise.all(calls)).map(({ value }) => value)).toEqual([1, 2, undefined, undefined])
  })
})
