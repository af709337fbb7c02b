import type { Socket as NetSocket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import WebSocketClient from 'ws'
import { serve, type WebServeOptions, type WebServer } from '../src/index.js'
import { Socket, type WebSocketHooks, type WebSocketOptions, websocket } from '../src/websocket.js'
import { type ReadResponse, valuesOf } from './conformance/read-responses.js'
import { Wire } from './conformance/wire.js'
import { until } from './until.js'

const closing: Array<() => unknown> = []

afterEach(async () => {
  vi.useRealTimers()
  for (const close of closing.splice(0).reverse()) await close()
})

async function start<C>(
  hooks: WebSocketHooks<C>,
  options?: WebSocketOptions,
  more: Partial<WebServeOptions> = {},
): Promise<WebServer> {
  const server = await serve({
    port: 0,
    handler: (_request, response) => void response.end('a page'),
    upgrade: websocket(hooks, options),
    onError: () => {},
    ...more,
  })
  closing.push(() => server.close({ timeout: 1 }))
  return server
}

function connect(server: WebServer, protocols: string[] = [], options: object = {}, path = '/'): WebSocketClient {
  const client = new WebSocketClient(`ws://127.0.0.1:${server.port}${path}`, protocols, options)
  client.on('error', () => {})
  closing.push(() => client.terminate())
  return client
}

const once = (client: WebSocketClient, event: string) =>
  new Promise<unknown[]>((resolve) => client.once(event, (...values) => resolve(values)))

/** A promise and its ends. */
function deferred<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((yes) => {
    resolve = yes
  })
  return { promise, resolve }
}

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

function handshake(fields: Record<string, string | undefined> = {}, first = 'GET / HTTP/1.1'): string {
  const all: Record<string, string | undefined> = {
    Host: 'a.example',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...fields,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]))
  return `${first}\r\n${lines.join('')}\r\n`
}

async function shake(text: string, options?: WebSocketOptions): Promise<ReadResponse> {
  const wire = new Wire((await start({}, options)).port)
  closing.push(() => wire.close())
  wire.send(text)
  await wire.until(() => wire.received.includes('\r\n\r\n'), 'an answer')
  const { readResponses } = await import('./conformance/read-responses.js')
  await wire.until(
    () => readResponses(wire.received, [text.slice(0, text.indexOf(' '))], wire.ended).responses.length > 0,
    'an answer',
  )
  return readResponses(wire.received, [text.slice(0, text.indexOf(' '))], wire.ended).responses[0]!
}

const HANDSHAKES: Array<[says: string, request: string, status: number, options?: WebSocketOptions]> = [
  ['is answered 101 (RFC 6455 §4.2.2)', handshake(), 101],
  ['may name Upgrade among other options', handshake({ Connection: 'keep-alive, upgrade' }), 101],
  ['may write websocket in any case', handshake({ Upgrade: 'WebSocket' }), 101],
  ['with another version is answered 426 (§4.4)', handshake({ 'Sec-WebSocket-Version': '8' }), 426],
  ['without a version is answered 426', handshake({ 'Sec-WebSocket-Version': undefined }), 426],
  ['without a key is refused (§4.2.1)', handshake({ 'Sec-WebSocket-Key': undefined }), 400],
  ['with a key of fifteen octets is refused', handshake({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j' }), 400],
  ['with a key that is no base64 is refused', handshake({ 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' }), 400],
  ['with a repeated protocol is refused (§4.1)', handshake({ 'Sec-WebSocket-Protocol': 'a, a' }), 400],
  ['with a malformed protocol is refused', handshake({ 'Sec-WebSocket-Protocol': 'a,,b' }), 400],
  ['with a malformed extension is refused (§9.1)', handshake({ 'Sec-WebSocket-Extensions': 'a; ="' }), 400],
  ['with an extension of two words is refused', handshake({ 'Sec-WebSocket-Extensions': 'a b' }), 400],
  [
    'with a parameter that is no token, unquoted, is refused',
    handshake({ 'Sec-WebSocket-Extensions': 'permessage-deflate; a="b c"' }),
    400,
    { compress: true },
  ],
  ['with extensions that nobody wants is answered 101', handshake({ 'Sec-WebSocket-Extensions': 'a; b="c", d' }), 101],
  ['by POST is refused', handshake({ 'Content-Length': '0' }, 'POST / HTTP/1.1'), 405],
  ['without Upgrade is an ordinary request', handshake({ Upgrade: undefined }), 200],
  ['without Connection: Upgrade is an ordinary request', handshake({ Connection: 'keep-alive' }), 200],
  ['by HTTP/1.0 is an ordinary request', handshake({}, 'GET / HTTP/1.0'), 200],
  ['to another protocol is an ordinary request', handshake({ Upgrade: 'h2c' }), 200],
  ['to another path is an ordinary request', handshake({}, 'GET /other HTTP/1.1'), 200, { path: '/chat' }],
  ['from a page of this server is let in', handshake({ Origin: 'http://a.example' }), 101],
  ['from a page of another host is refused (§10.2)', handshake({ Origin: 'http://evil.example' }), 403],
  ['from a page of another scheme is refused', handshake({ Origin: 'https://a.example' }), 403],
  ['from a page of another port is refused', handshake({ Origin: 'http://a.example:81' }), 403],
  ['from a page without an origin of its own is refused', handshake({ Origin: 'null' }), 403],
  [
    'from any page is let in when that was asked for',
    handshake({ Origin: 'http://evil.example' }),
    101,
    { origins: 'any' },
  ],
  ['from a listed page is let in', handshake({ Origin: 'http://b.example' }), 101, { origins: ['http://b.example'] }],
  [
    'from a page not listed is refused',
    handshake({ Origin: 'http://a.example' }),
    403,
    { origins: ['http://b.example'] },
  ],
  [
    'from a page a function refuses is refused',
    handshake({ Origin: 'http://a.example' }),
    403,
    { origins: () => false },
  ],
  [
    'without a protocol we speak is refused when one is required',
    handshake({ 'Sec-WebSocket-Protocol': 'x' }),
    400,
    { protocols: ['y'], requireProtocol: true },
  ],
]

describe('an opening handshake', () => {
  for (const [says, request, status, options] of HANDSHAKES) {
    it(says, async () => {
      const response = await shake(request, options)
      expect(response.status).toBe(status)
      if (status === 426) expect(valuesOf(response, 'sec-websocket-version')).toEqual(['13'])
    })
  }

  it('proves that it was understood (RFC 6455 §1.3)', async () => {
    const response = await shake(handshake())
    expect(valuesOf(response, 'sec-websocket-accept')).toEqual(['s3pPLMBiTxaQ9kYGzzhZRbK+xOo='])
    expect(valuesOf(response, 'upgrade')).toEqual(['websocket'])
    expect(valuesOf(response, 'connection').join().toLowerCase()).toBe('upgrade')
    expect(valuesOf(response, 'sec-websocket-protocol')).toEqual([])
    expect(valuesOf(response, 'sec-websocket-extensions')).toEqual([])
  })

  it('agrees on the first protocol of the client’s that we speak (RFC 6455 §4.1)', async () => {
    const seen = deferred<string>()
    const server = await start({ open: (socket) => seen.resolve(socket.protocol) }, { protocols: ['new', 'old'] })
    const client = connect(server, ['x', 'old', 'new'])
    await once(client, 'open')
    expect([client.protocol, await seen.promise]).toEqual(['old', 'old'])
  })

  const DEFLATE = 'permessage-deflate'
  const OFFERS: Array<[says: string, offers: string, agreed?: RegExp]> = [
    ['one without parameters is taken', DEFLATE, /^permessage-deflate;/],
    ['window bits that may be are taken', `${DEFLATE}; server_max_window_bits=10`, /server_max_window_bits=10/],
    ['a quoted value is taken', `${DEFLATE}; server_max_window_bits="1\\0"`, /server_max_window_bits=10/],
    ['a hint about the client is taken', `${DEFLATE};client_max_window_bits`, /^permessage-deflate;/],
    ['with an unknown parameter the next one is taken', `${DEFLATE}; foo, ${DEFLATE}`, /^permessage-deflate;(?!.*foo)/],
    ['behind another extension it is taken', `x-foo; a="b", ${DEFLATE}`, /^permessage-deflate;/],
    ['on a line of its own it is taken', `x-foo\r\nSec-WebSocket-Extensions: ${DEFLATE}`, /^permessage-deflate;/],
    ['an unknown parameter alone is declined', `${DEFLATE}; foo`],
    ['too many window bits are declined', `${DEFLATE}; server_max_window_bits=99`],
    ['too few window bits are declined', `${DEFLATE}; client_max_window_bits=7`],
    ['window bits with a leading zero are declined', `${DEFLATE}; client_max_window_bits=08`],
    ['window bits without a number are declined', `${DEFLATE}; server_max_window_bits`],
    ['a value where none may be is declined', `${DEFLATE}; server_no_context_takeover=1`],
    ['a repeated parameter is declined', `${DEFLATE}; client_max_window_bits; client_max_window_bits=9`],
    ['another extension is declined', 'x-foo'],
  ]
  it.each(OFFERS)('of compression opens (RFC 7692 §7.1): %s', async (_, offers, agreed) => {
    const opened = deferred<void>()
    const logged: number[] = []
    const server = await start(
      { open: () => opened.resolve() },
      { compress: true },
      { accessLog: ({ status }) => void logged.push(status) },
    )
    const wire = new Wire(server.port)
    closing.push(() => wire.close())
    wire.send(handshake({ 'Sec-WebSocket-Extensions': offers }))
    await opened.promise
    await wire.until(() => wire.received.includes('\r\n\r\n'), 'an answer')
    const [, accepted] = /^Sec-WebSocket-Extensions: (.*)\r$/m.exec(wire.received.toString('latin1')) ?? []
    if (agreed === undefined) expect(accepted).toBeUndefined()
    else expect(accepted).toMatch(agreed)
    expect(logged).toEqual([101])
  })

  const LEAVES: Array<[says: string, leave: (wire: Wire) => void, status: number]> = [
    ['half-closes', (wire) => wire.finish(), 400],
    ['leaves', (wire) => void wire.socket.resetAndDestroy(), 0],
  ]
  it.each(LEAVES)('of a client that %s while a hook decides opens nothing', async (_, leave, status) => {
    const told = vi.fn()
    const logged = deferred<number>()
    const server = await start(
      {
        upgrade: async ({ connection }) => {
          leave(wire)
          await until(() => !connection.readable)
        },
        open: told,
        error: told,
        close: told,
      },
      {},
      { accessLog: (exchange) => logged.resolve(exchange.status), onError: told },
    )
    const wire = new Wire(server.port)
    closing.push(() => wire.close())
    wire.send(handshake())
    expect(await logged.promise).toBe(status)
    await wire.until(() => wire.ended, 'the end')
    expect(wire.received.toString('latin1').slice(9, 12)).toBe(status === 0 ? '' : String(status))
    await server.close()
    expect(told).not.toHaveBeenCalled()
  })

  it('can be refused by a hook, with its status', async () => {
    const server = await start({
      upgrade: async () => {
        throw Object.assign(new Error('Who are you?'), { status: 401 })
      },
    })
    const client = connect(server)
    const [, response] = (await once(client, 'unexpected-response')) as [unknown, { statusCode: number }]
    expect(response.statusCode).toBe(401)
  })

  it('gives what a hook returns to the socket', async () => {
    const seen = deferred<unknown>()
    const server = await start<{ user: string }>({
      upgrade: async (request) => ({ user: request.query }),
      open: (socket) => seen.resolve([socket.context, socket.remote.family, socket.request.path]),
    })
    connect(server, [], {}, '/?ann')
    expect(await seen.promise).toEqual([{ user: 'ann' }, 'IPv4', '/'])
  })

  it('and the first frame may come in one packet', async () => {
    const seen = deferred<unknown>()
    const server = await start({ message: (_socket, data) => seen.resolve(data) })
    const wire = new Wire(server.port)
    closing.push(() => wire.close())
    wire.send(Buffer.concat([Buffer.from(handshake(), 'latin1'), Buffer.from('818100000000', 'hex'), Buffer.from('x')]))
    expect(await seen.promise).toBe('x')
  })
})

describe('messages', () => {
  it('go both ways, text as strings and binary as octets', async () => {
    const server = await start({
      message: (socket, data) => {
        socket.send(typeof data === 'string' ? `text ${data}` : data)
      },
    })
    const client = connect(server)
    await once(client, 'open')
    client.send('é')
    expect(String((await once(client, 'message'))[0])).toBe('text é')
    client.send(new Uint8Array([0, 255]))
    const [data, isBinary] = await once(client, 'message')
    expect([isBinary, [...(data as Buffer)]]).toEqual([true, [0, 255]])
  })

  it('keep their order and arrive whole, large ones too', async () => {
    const server = await start({ message: (socket, data) => void socket.send(data) }, { maxPayload: 4 << 20 })
    const client = connect(server)
    await once(client, 'open')
    const sent = [1, 125, 126, 65535, 65536, 1 << 20].map((size) => 'x'.repeat(size))
    const received: number[] = []
    const all = deferred<void>()
    client.on('message', (data: Buffer) => {
      received.push(data.length)
      if (received.length === sent.length) all.resolve()
    })
    for (const text of sent) client.send(text)
    await all.promise
    expect(received).toEqual(sent.map(({ length }) => length))
  })

  it('may be compressed when both want it', async () => {
    const server = await start({ message: (socket, data) => void socket.send(data) }, { compress: true })
    const client = connect(server)
    await once(client, 'open')
    expect(client.extensions).toBe('permessage-deflate')
    client.send('y'.repeat(100_000))
    expect(String((await once(client, 'message'))[0])).toHaveLength(100_000)
  })

  it('sent while corked leave together, in order', async () => {
    const server = await start({
      message: (socket) => {
        socket.cork()
        for (const text of ['a', 'b', 'c']) socket.send(text)
        expect(socket.bufferedAmount).toBe(9)
        socket.uncork()
      },
    })
    const client = connect(server)
    await once(client, 'open')
    const received: string[] = []
    const all = deferred<void>()
    client.on('message', (data: Buffer) => received.push(String(data)) === 3 && all.resolve())
    client.send('x')
    await all.promise
    expect(received).toEqual(['a', 'b', 'c'])
  })

  const BROKEN: Array<[says: string, frames: string, code: number]> = [
    ['larger than maxPayload close with 1009', '82fe040100000000', 1009],
    ['that are no UTF-8 close with 1007', '818200000000c328', 1007],
    ['that are not masked close with 1002', '810178', 1002],
    ['with a reserved bit close with 1002', 'c18100000000' + '78', 1002],
    ['of an unknown kind close with 1002', '838100000000' + '78', 1002],
    ['that continue nothing close with 1002', '808100000000' + '78', 1002],
    ['with a control frame that is cut close with 1002', '098000000000', 1002],
    ['with a close code that may not be sent close with 1002', '888200000000' + '03ed', 1002],
    ['decompressed beyond maxPayload can not be: compression was not agreed on', 'c18100000000' + '00', 1002],
  ]
  for (const [says, frames, code] of BROKEN) {
    it(says, async () => {
      const failed = deferred<unknown>()
      const closed = deferred<number>()
      const server = await start(
        { error: (_socket, error) => failed.resolve(error), close: (_socket, status) => closed.resolve(status) },
        { maxPayload: 1024, closeTimeout: 50 },
      )
      const wire = new Wire(server.port)
      closing.push(() => wire.close())
      wire.send(handshake())
      await wire.until(() => wire.received.includes('\r\n\r\n'), 'the handshake')
      const before = wire.received.indexOf('\r\n\r\n') + 4
      wire.send(Buffer.from(frames, 'hex'))
      await wire.until(() => wire.size >= before + 4, 'the close frame')
      expect([wire.received[before], wire.received.readUInt16BE(before + 2)]).toEqual([0x88, code])
      expect(await failed.promise).toBeInstanceOf(Error)
      wire.finish()
      await closed.promise
    })
  }
})

describe('the end', () => {
  const CLOSES: Array<
    [says: string, close: (client: WebSocketClient, socket: Socket) => void, seen: [number, string], client?: number]
  > = [
    ['by the client, with code and reason', (client) => client.close(4001, 'bye'), [4001, 'bye'], 4001],
    ['by the client, without a code', (client) => client.close(), [1005, ''], 1005],
    ['by the server, with code and reason', (_client, socket) => socket.close(4002, 'é'), [4002, 'é'], 4002],
    ['by the server, without a code', (_client, socket) => socket.close(), [1000, ''], 1000],
    ['by a client that vanishes', (client) => client.terminate(), [1006, '']],
    ['by the server, at once', (_client, socket) => socket.destroy(), [1006, ''], 1006],
  ]
  for (const [says, close, seen, clientSees] of CLOSES) {
    it(`is told once: ${says}`, async () => {
      const opened = deferred<Socket>()
      const closed = deferred<[number, string]>()
      let count = 0
      const server = await start({
        open: (socket) => opened.resolve(socket as Socket),
        close: (_socket, code, reason) => {
          count++
          closed.resolve([code, reason])
        },
      })
      const client = connect(server)
      const clientClosed = once(client, 'close')
      await once(client, 'open')
      const socket = await opened.promise
      close(client, socket)
      expect(await closed.promise).toEqual(seen)
      const [code] = await clientClosed
      if (clientSees !== undefined) expect(code).toBe(clientSees)
      expect([socket.open, socket.send('late'), count]).toEqual([false, false, 1])
    })
  }

  it('refuses codes and reasons that may not be sent', async () => {
    const opened = deferred<Socket>()
    const server = await start({ open: (socket) => opened.resolve(socket as Socket) })
    connect(server)
    const socket = await opened.promise
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
      expect(() => socket.close(code), String(code)).toThrow(RangeError)
    expect(() => socket.close(1000, 'x'.repeat(124))).toThrow(RangeError)
    expect(socket.open).toBe(true)
  })

  it('comes with 1001 when the server closes (RFC 6455 §7.4.1)', async () => {
    const server = await start({})
    const client = connect(server)
    await once(client, 'open')
    const closed = once(client, 'close')
    await server.close({ timeout: 5000 })
    expect((await closed)[0]).toBe(1001)
  })

  it('comes with 1011 when a hook throws or rejects, and the process lives', async () => {
    for (const message of [
      () => {
        throw new Error('no')
      },
      () => Promise.reject(new Error('no')),
    ]) {
      const failed = deferred<unknown>()
      const server = await start({ message, error: (_socket, error) => failed.resolve(error) })
      const client = connect(server)
      await once(client, 'open')
      const closed = once(client, 'close')
      client.send('x')
      expect((await closed)[0]).toBe(1011)
      expect(await failed.promise).toMatchObject({ message: 'no' })
    }
  })
})

describe('a hook that fails ends no process', () => {
  const throws = (): never => {
    throw new Error('no')
  }
  const rejects = async (): Promise<void> => throws()
  /** What is awaited like a promise, and is none. */
  const fails = () =>
    // biome-ignore lint/suspicious/noThenProperty: it is what this is about
    ({ then: (_: unknown, failed: (error: Error) => void) => failed(new Error('no')) }) as Promise<void>

  const ACTS = {
    'a message': (client: WebSocketClient) => client.send('x'),
    'its close': (client: WebSocketClient) => client.close(),
    'a frame without a mask': (client: WebSocketClient) => {
      const { _socket } = client as unknown as { _socket: NetSocket }
      _socket.write(Buffer.from('810178', 'hex'))
    },
    'a silent peer': (_client: WebSocketClient, socket: Socket) => {
      Socket.beat(socket)
      Socket.beat(socket)
    },
  }
  const FAILURES: Array<[says: string, hooks: WebSocketHooks, act: keyof typeof ACTS, hears: 'error' | 'onError']> = [
    ['message, with what only looks like a promise', { message: fails }, 'a message', 'error'],
    ['close, by throwing', { close: throws }, 'its close', 'error'],
    ['close, by rejecting', { close: rejects }, 'its close', 'error'],
    ['close, with what only looks like a promise', { close: fails }, 'its close', 'error'],
    ['error, by throwing at a message that threw', { message: throws, error: throws }, 'a message', 'onError'],
    ['error, by rejecting at a message that threw', { message: throws, error: rejects }, 'a message', 'onError'],
    ['error, by throwing at a message that was rejected', { message: rejects, error: throws }, 'a message', 'onError'],
    ['error, by throwing at a close that threw', { close: throws, error: throws }, 'its close', 'onError'],
    ['error, by rejecting at a close that was rejected', { close: rejects, error: rejects }, 'its close', 'onError'],
    ['error, by throwing at a broken frame', { error: throws }, 'a frame without a mask', 'onError'],
    ['error, by rejecting at a broken frame', { error: rejects }, 'a frame without a mask', 'onError'],
    ['error, with what only looks like a promise', { error: fails }, 'a frame without a mask', 'onError'],
    ['error, by throwing at a silent peer', { error: throws }, 'a silent peer', 'onError'],
  ]
  it.each(FAILURES)('%s', async (_, hooks, act, hears) => {
    const opened = deferred<Socket>()
    const told = deferred<unknown>()
    const server = await start(
      {
        open: (socket) => opened.resolve(socket),
        error: (_socket, error) => told.resolve(['error', (error as Error).message]),
        ...hooks,
      },
      { pingInterval: 0 },
      { onError: (error, request) => told.resolve(['onError', (error as Error).message, request?.path]) },
    )
    const client = connect(server, [], {}, '/chat')
    await once(client, 'open')
    const closed = once(client, 'close')
    ACTS[act](client, await opened.promise)
    expect(await told.promise).toEqual(hears === 'error' ? ['error', 'no'] : ['onError', 'no', '/chat'])
    await closed
  })
})

describe('liveness', () => {
  async function opened(connectTo: (server: WebServer) => void, hooks: WebSocketHooks = {}) {
    const open = deferred<Socket>()
    connectTo(await start({ ...hooks, open: (socket) => open.resolve(socket) }, { pingInterval: 0 }))
    return open.promise
  }

  it('a client that is not listened to stays, however many rounds that lasts, and has a round to be heard in', async () => {
    const socket = await opened(connect)
    socket.pause()
    for (let round = 0; round < 4; round++) Socket.beat(socket)
    expect(socket.open).toBe(true)
    socket.resume()
    Socket.beat(socket)
    expect(socket.open).toBe(true)
    Socket.beat(socket)
    expect(socket.open).toBe(false)
  })

  it('a client stays that was not listened to when the second of two rounds came', async () => {
    const socket = await opened(connect)
    Socket.beat(socket)
    socket.pause()
    socket.resume()
    Socket.beat(socket)
    expect(socket.open).toBe(true)
  })

  it('a client that answers no pings while it sends one long message stays', async () => {
    const received = deferred<unknown>()
    let wire!: Wire
    const socket = await opened(
      (server) => {
        wire = new Wire(server.port)
        closing.push(() => wire.close())
        wire.send(handshake())
      },
      { message: (_socket, data) => received.resolve(data) },
    )
    const { stream } = socket as unknown as { stream: { bytesRead: number } }
    wire.send(Buffer.from('818400000000', 'hex'))
    for (const octet of 'long') {
      const before = stream.bytesRead
      wire.send(octet)
      await until(() => stream.bytesRead > before)
      Socket.beat(socket)
      expect(socket.open).toBe(true)
    }
    expect(await received.promise).toBe('long')
    Socket.beat(socket)
    expect(socket.open).toBe(false)
  })

  it('a client that answers pings stays', async () => {
    const closed = vi.fn()
    const server = await start({ close: closed }, { pingInterval: 100 })
    const client = connect(server)
    let pings = 0
    const enough = deferred<void>()
    client.on('ping', () => ++pings === 4 && enough.resolve())
    await enough.promise
    expect(closed).not.toHaveBeenCalled()
  })

  it('a client that says nothing between two pings is cut off', async () => {
    const failed = deferred<unknown>()
    const closed = deferred<number>()
    const server = await start(
      { error: (_socket, error) => failed.resolve(error), close: (_socket, code) => closed.resolve(code) },
      { pingInterval: 20 },
    )
    const client = connect(server, [], { autoPong: false })
    await once(client, 'open')
    expect(await closed.promise).toBe(1006)
    expect(await failed.promise).toMatchObject({ code: 'WEB_ERR_PEER_GONE' })
  })

  it('pings of the client are answered', async () => {
    const client = connect(await start({}))
    await once(client, 'open')
    client.ping('hey')
    expect(String((await once(client, 'pong'))[0])).toBe('hey')
  })
})

describe('back-pressure', () => {
  it('send says when to stop and drain when to go on', async () => {
    const drained = deferred<number>()
    const opened = deferred<Socket>()
    const server = await start({
      open: (socket) => opened.resolve(socket as Socket),
      drain: (socket) => drained.resolve(socket.bufferedAmount),
    })
    const client = connect(server)
    await once(client, 'open')
    client.pause()
    const socket = await opened.promise
    const piece = new Uint8Array(64 * 1024)
    let sent = 0
    while (socket.send(piece)) {
      if (++sent > 1000) throw new Error('never full')
      await new Promise(setImmediate)
    }
    expect(socket.bufferedAmount).toBeGreaterThan(0)
    client.resume()
    expect(await drained.promise).toBeLessThan(piece.length)
  })

  it('a peer that leaves too much unread is cut off', async () => {
    const opened = deferred<Socket>()
    const failed = deferred<unknown>()
    const closed = deferred<number>()
    const server = await start(
      {
        open: (socket) => opened.resolve(socket as Socket),
        error: (_socket, error) => failed.resolve(error),
        close: (_socket, code) => closed.resolve(code),
      },
      { maxBufferedAmount: 1 << 20 },
    )
    const client = connect(server)
    await once(client, 'open')
    client.pause()
    const socket = await opened.promise
    for (let sent = 0; sent < 100 && socket.open; sent++) socket.send(new Uint8Array(1 << 20))
    expect(socket.open).toBe(false)
    expect(await failed.promise).toMatchObject({ code: 'WEB_ERR_WRITE_TIMEOUT' })
    expect(await closed.promise).toBe(1006)
  })

  it('pause holds messages back and resume hands them out', async () => {
    const opened = deferred<Socket>()
    const received: unknown[] = []
    const all = deferred<void>()
    const server = await start({
      open: (socket) => opened.resolve(socket as Socket),
      message: (_socket, data) => {
        received.push(data)
        if (received.length === 3) all.resolve()
      },
    })
    const client = connect(server)
    await once(client, 'open')
    const socket = await opened.promise
    socket.pause()
    for (const text of ['a', 'b', 'c']) client.send(text)
    await new Promise<void>((resolve) => client.ping(undefined, undefined, () => resolve()))
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    expect(received).toEqual([])
    socket.resume()
    await all.promise
    expect(received).toEqual(['a', 'b', 'c'])
  })

  it('pause holds back from the open hook on, what came with the handshake too', async () => {
    const opened = deferred<Socket>()
    const received: unknown[] = []
    const all = deferred<void>()
    const server = await start({
      open: (socket) => {
        socket.pause()
        opened.resolve(socket as Socket)
      },
      message: (_socket, data) => {
        received.push(data)
        all.resolve()
      },
    })
    const wire = new Wire(server.port)
    closing.push(() => wire.close())
    wire.send(Buffer.concat([Buffer.from(handshake(), 'latin1'), Buffer.from('818100000000', 'hex'), Buffer.from('x')]))
    const socket = await opened.promise
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    expect(received).toEqual([])
    socket.resume()
    await all.promise
    expect(received).toEqual(['x'])
  })
})

describe('what is no message', () => {
  it.each([[undefined], [null], [5], [{}], [new ArrayBuffer(1)]])('%o is refused at the call', async (data) => {
    const problem = deferred<unknown>()
    const server = await start({
      open(socket) {
        try {
          socket.send(data as never)
          problem.resolve('sent')
        } catch (error) {
          problem.resolve(error)
        }
      },
    })
    await once(connect(server), 'open')
    expect(await problem.promise).toBeInstanceOf(TypeError)
    expect(String(await problem.promise)).toMatch(/A message is a string or a Uint8Array, not/)
  })
})

describe('maxConnections', () => {
  it('counts WebSockets: one too many is told 503, and one that closes makes room', async () => {
    const server = await start({}, {}, { maxConnections: 2 })
    const clients = [connect(server), connect(server)]
    for (const client of clients) await once(client, 'open')
    const refused = connect(server)
    const status = new Promise((resolve) => {
      refused.once('unexpected-response', (_, response) => resolve(response.statusCode))
      refused.once('open', () => resolve(101))
    })
    expect(await status).toBe(503)
    clients[0]!.close()
    await until(() => server.connections === 1)
    await once(connect(server), 'open')
  })
})
