import { type LookupFunction, connect as rawConnect, Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { type Address, type Connection, connect, type ServerTlsOptions, type SocketError, serve } from '../src/index.js'
import { identity } from './certificates.js'
import { directory } from './transports.js'

const outside = await identity('localhost')
const one = await identity('one.test')
const wild = await identity('*.two.test', 'x.two.test')
const renewed = await identity('localhost')
const client = await identity('a client')
const stranger = await identity('a stranger')

const text = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString('latin1')
const now = { signal: AbortSignal.abort() }
const hello = { open: (c: Connection) => void c.write('hello'), data() {} }

/** Connects, waits for the greeting, and tells which certificate was shown. */
async function certificateFor(port: number, servername?: string): Promise<string> {
  const connection = await connect({
    host: '127.0.0.1',
    port,
    tls: { rejectUnauthorized: false, ...(servername !== undefined && { servername }) },
  })
  expect(text(await connection.read())).toBe('hello')
  const { raw } = connection.secure!.peerCertificate!
  connection.destroy()
  for (const [name, { cert }] of Object.entries({ outside, one, wild, renewed })) {
    if (Buffer.from(cert.replace(/-----[^-]+-----|\s/g, ''), 'base64').equals(raw)) return name
  }
  return 'unknown'
}

it('lets a client write without waiting for the acknowledgement of what it wrote before', async () => {
  const server = await serve({ tls: outside }, hello)
  const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay')
  const connection = await connect({
    host: '127.0.0.1',
    port: server.port,
    tls: { ca: outside.cert, servername: 'localhost' },
  })
  const { port } = connection.local as { port: number }
  const set = setNoDelay.mock.contexts.filter(
    (socket, call) =>
      socket instanceof TLSSocket && socket.localPort === port && setNoDelay.mock.calls[call]![0] !== false,
  )
  setNoDelay.mockRestore()
  expect(set).toHaveLength(1)
  connection.destroy()
  await server.close(now)
})

describe('certificates', () => {
  it.each([
    [undefined, 'outside'],
    ['localhost', 'outside'],
    ['one.test', 'one'],
    ['ONE.test', 'one'],
    ['a.two.test', 'wild'],
    ['a.b.two.test', 'outside'],
    ['two.test', 'outside'],
    ['other.test', 'outside'],
  ])('who asks for %s gets the one for it: %s', async (name, expected) => {
    const server = await serve({ tls: { ...outside, names: { 'one.test': one, '*.two.test': wild } } }, hello)
    expect(await certificateFor(server.port, name)).toBe(expected)
    await server.close(now)
  })

  const bookshop = 'xn--bcher-kva.test'
  it.each([
    ['bücher.test', bookshop],
    ['BÜCHER.test', bookshop],
    ['localhost.', 'localhost'],
    ['127.1', undefined],
  ])('are asked for under the name they have, and checked by it: for %s it is %s', async (host, name) => {
    const own = await identity(bookshop)
    const asked: (string | undefined)[] = []
    const open = (c: Connection): void => {
      asked.push(c.secure!.serverName)
      c.write('hello')
    }
    const names = { 'bücher.test': own, localhost: outside }
    const server = await serve({ tls: { ...renewed, names } }, { ...hello, open })
    const lookup: LookupFunction = (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }])
    const trusted = { ca: [own.cert, outside.cert], rejectUnauthorized: name !== undefined }
    const connection = await connect({ host, port: server.port, lookup, tls: trusted })
    expect(text(await connection.read())).toBe('hello')
    expect(asked).toEqual([name])
    connection.destroy()
    await server.close(now)
  })

  it('are replaced without a restart, for new connections, with and without names', async () => {
    const server = await serve({ tls: { ...outside, names: { 'one.test': one } } }, hello)
    const before = await connect({
      host: '127.0.0.1',
      port: server.port,
      tls: { ca: outside.cert, servername: 'localhost' },
    })
    server.setCertificates({ ...renewed, names: { 'one.test': wild } })
    expect(await certificateFor(server.port)).toBe('renewed')
    expect(await certificateFor(server.port, 'one.test')).toBe('wild')
    expect(() => server.setCertificates({ key: 'nonsense', cert: 'nonsense' })).toThrow()
    expect(() => server.setCertificates({ ...outside, names: { x: { key: 'nonsense' } } })).toThrow()
    expect(await certificateFor(server.port)).toBe('renewed')
    expect(text(await before.read())).toBe('hello')
    before.destroy()
    await server.close(now)
    const plain = await serve({}, hello)
    expect(() => plain.setCertificates(outside)).toThrow(TypeError)
    await plain.close()
  })

  it.each([
    ['as it was served', false],
    ['when it was replaced', true],
  ])('are not all: what else tls says holds for every name, %s', async (_, replaced) => {
    const names = { 'one.test': one, 'x.two.test': { ...wild, ca: stranger.cert } }
    const server = await serve(
      {
        tls: { ...outside, names, ca: client.cert, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
      },
      hello,
    )
    if (replaced) server.setCertificates({ ...outside, names })
    const greeted = async (servername: string, shown: object, version: 'TLSv1.2' | 'TLSv1.3'): Promise<boolean> => {
      const tls = { servername, rejectUnauthorized: false, maxVersion: version, ...shown }
      const connection = await connect({ host: '127.0.0.1', port: server.port, tls }).catch(() => undefined)
      const greeting = await connection?.read().catch(() => undefined)
      connection?.destroy()
      return text(greeting) === 'hello'
    }
    const rows: [name: string, shown: object, version: 'TLSv1.2' | 'TLSv1.3', served: boolean][] = [
      ['localhost', client, 'TLSv1.3', true],
      ['one.test', client, 'TLSv1.3', true],
      ['localhost', stranger, 'TLSv1.3', false],
      ['one.test', stranger, 'TLSv1.3', false],
      ['localhost', client, 'TLSv1.2', false],
      ['one.test', client, 'TLSv1.2', false],
      // Who says something else for a name is heard.
      ['x.two.test', stranger, 'TLSv1.3', true],
      ['x.two.test', client, 'TLSv1.3', false],
    ]
    for (const [name, shown, version, served] of rows)
      expect([name, version, await greeted(name, shown, version)]).toEqual([name, version, served])
    await server.close(now)
  })

  it('that cannot be read fail serve, and leave nothing listening', async () => {
    await expect(serve({ tls: { key: 'nonsense', cert: 'nonsense' } }, hello)).rejects.toThrow()
  })
})

describe('where TLS is spoken', () => {
  it('over a Unix socket: several at a time, and a silent one is cut off', async () => {
    const path = join(directory, 'tls.sock')
    const errors: string[] = []
    const tls = {
      ...outside,
      handshakeTimeout: 300,
      handshakeError: (error: SocketError) => void errors.push(error.code),
    }
    const server = await serve({ path, tls }, hello)
    const silent = await connect({ path })
    const options = { path, tls: { ca: outside.cert, servername: 'localhost' } }
    const clients = await Promise.all([connect(options), connect(options), connect(options)])
    for (const connection of clients) expect(text(await connection.read())).toBe('hello')
    expect(await silent.read().catch(() => undefined)).toBeUndefined()
    expect(errors).toEqual(['SOCKET_ERR_HANDSHAKE_TIMEOUT'])
    expect(server.connections).toBe(3)
    for (const connection of [silent, ...clients]) connection.destroy()
    await server.close(now)
  })

  it.each([
    ['TCP, by close', () => ({ host: '127.0.0.1', port: 0 }), 'close'],
    ['TCP, by the signal', () => ({ host: '127.0.0.1', port: 0 }), 'signal'],
  ] as const)('handshakes under way are cut off with the server: over %s', async (_, where, by) => {
    const end = new AbortController()
    const tls = { ...outside, handshakeTimeout: 0 }
    const server = await serve({ ...where(), tls, signal: end.signal }, hello)
    const address = { ...where(), ...(server.port !== 0 && { port: server.port }) }
    const silent = await connect(address)
    // The silent one has been accepted when a second client is through.
    const secured = await connect({ ...address, tls: { ca: outside.cert, servername: 'localhost' } })
    expect(text(await secured.read())).toBe('hello')
    secured.destroy()
    if (by === 'close') await server.close()
    else end.abort()
    expect(await silent.read().catch(() => undefined)).toBeUndefined()
    await server.closed
  })

  it('newcomers that had to wait for a place do their handshake then', async () => {
    const server = await serve({ tls: outside, maxConnections: 1, overload: 'wait' }, hello)
    const options = { host: '127.0.0.1', port: server.port, tls: { ca: outside.cert, servername: 'localhost' } }
    const first = await connect(options)
    expect(text(await first.read())).toBe('hello')
    const second = connect(options)
    first.destroy()
    const connection = await second
    expect(text(await connection.read())).toBe('hello')
    connection.destroy()
    await server.close(now)
  })
})

describe('what was agreed on', () => {
  it('is told on both sides: protocol, cipher, name, ALPN', async () => {
    let accepted!: Connection
    const server = await serve(
      { tls: { ...outside, ALPNProtocols: ['irc', 'http/1.1'] } },
      {
        ...hello,
        open: (c) => {
          accepted = c
          c.write('hello')
        },
      },
    )
    const connection = await connect({
      address: `tls://localhost:${server.port}`,
      tls: { ca: outside.cert, ALPNProtocols: ['http/1.1'] },
    })
    await connection.read()
    expect(connection.secure).toMatchObject({ protocol: 'TLSv1.3', alpn: 'http/1.1', authorized: true })
    expect(connection.secure!.cipher).toMatch(/^TLS_/)
    expect(accepted.secure).toMatchObject({
      alpn: 'http/1.1',
      serverName: 'localhost',
      authorized: false,
      peerCertificate: undefined,
    })
    connection.destroy()
    await server.close(now)
  })

  it.each([
    ['trusted', { ...client }, true],
    ['not asked for', {}, false],
  ])('a client certificate that is %s is told', async (_, shown, authorized) => {
    let accepted!: Connection
    const server = await serve(
      { tls: { ...outside, requestCert: true, rejectUnauthorized: false, ca: client.cert } },
      {
        data() {},
        open: (c) => {
          accepted = c
          c.write('hello')
        },
      },
    )
    const connection = await connect({
      host: '127.0.0.1',
      port: server.port,
      tls: { rejectUnauthorized: false, ...shown },
    })
    await connection.read()
    expect(accepted.secure!.authorized).toBe(authorized)
    if (authorized) expect(accepted.secure!.peerCertificate?.subject.CN).toBe('a client')
    else expect(accepted.secure!.authorizationError).toBe('UNABLE_TO_GET_ISSUER_CERT')
    connection.destroy()
    await server.close(now)
  })
})

describe('handshakes that fail', () => {
  async function withServer(
    options: Partial<ServerTlsOptions>,
    attempt: (port: number) => Promise<void>,
  ): Promise<[string, Address][]> {
    const errors: [string, Address][] = []
    const warned: SocketError[] = []
    const tls = {
      ...outside,
      ...options,
      handshakeError: (error: SocketError, remote: Address) => void errors.push([error.code, remote]),
    }
    const server = await serve({ tls, warn: (error) => void warned.push(error) }, hello)
    await attempt(server.port)
    for (let turn = 0; errors.length === 0 && turn < 5000; turn++)
      await new Promise((resolve) => setTimeout(resolve, 1))
    // The server goes on.
    expect(await certificateFor(server.port).catch(() => 'outside')).toBe('outside')
    expect(server.stats.handshakeErrors).toBeGreaterThanOrEqual(1)
    expect(warned).toEqual([])
    await server.close(now)
    return errors
  }

  const knock = (send: (socket: ReturnType<typeof rawConnect>) => void) => (port: number) =>
    new Promise<void>((resolve) => {
      const socket = rawConnect(port, '127.0.0.1', () => send(socket))
      socket.on('error', () => {}).on('close', () => resolve())
      socket.resume()
    })

  it.each([
    ['plain HTTP', {}, knock((socket) => socket.write('GET / HTTP/1.1\r\n\r\n')), 'SOCKET_ERR_TLS'],
    ['noise', {}, knock((socket) => socket.write(Buffer.alloc(500, 0xff))), 'SOCKET_ERR_TLS'],
    ['a reset', {}, knock((socket) => setTimeout(() => socket.resetAndDestroy(), 20)), 'SOCKET_ERR_RESET'],
    [
      'a required client certificate that is missing',
      { requestCert: true, rejectUnauthorized: true, ca: client.cert },
      async (port: number) => {
        const options = { host: '127.0.0.1', port, tls: { rejectUnauthorized: false } }
        await connect(options)
          .then((c) => c.read())
          .catch(() => undefined)
      },
      'SOCKET_ERR_TLS',
    ],
    [
      'a client certificate that is not trusted',
      { requestCert: true, rejectUnauthorized: true, ca: outside.cert },
      async (port: number) => {
        const options = { host: '127.0.0.1', port, tls: { ...client, rejectUnauthorized: false } }
        await connect(options)
          .then((c) => c.read())
          .catch(() => undefined)
      },
      'SOCKET_ERR_TLS',
    ],
  ] as [string, Partial<ServerTlsOptions>, (port: number) => Promise<void>, string][])(
    '%s is reported once, with the peer, and nothing else happens',
    async (_, options, attempt, code) => {
      const errors = await withServer(options, attempt)
      expect(errors[0]).toEqual([code, expect.objectContaining({ family: 'IPv4', host: '127.0.0.1' })])
    },
  )

  const no = new Error('no')
  it.each([
    [
      'throws, over TCP',
      () => {
        throw no
      },
      undefined,
    ],
    ['rejects, over TCP', () => Promise.reject(no), undefined],
    [
      'throws, over a Unix socket',
      () => {
        throw no
      },
      'tls-hook.sock',
    ],
  ] as const)('a handshakeError hook that %s is warned of, and the server goes on', async (_, handshakeError, name) => {
    const where = name === undefined ? {} : { path: join(directory, name) }
    let warned!: (error: SocketError) => void
    const warning = new Promise<SocketError>((resolve) => {
      warned = resolve
    })
    const server = await serve({ ...where, tls: { ...outside, handshakeError }, warn: warned }, hello)
    const address = name === undefined ? { host: '127.0.0.1', port: server.port } : where
    const plain = await connect(address)
    plain.write('GET / HTTP/1.1\r\n\r\n')
    expect(await warning).toMatchObject({ code: 'SOCKET_ERR_HOOK', cause: no })
    const secured = await connect({ ...address, tls: { ca: outside.cert, servername: 'localhost' } })
    expect(text(await secured.read())).toBe('hello')
    expect(server.stats.handshakeErrors).toBe(1)
    for (const connection of [plain, secured]) connection.destroy()
    await server.close(now)
  })

  it('a certificate that the client does not trust is its SOCKET_ERR_TLS', async () => {
    const server = await serve({ tls: outside }, hello)
    await expect(connect(`tls://localhost:${server.port}`)).rejects.toMatchObject({
      code: 'SOCKET_ERR_TLS',
      message: expect.stringContaining(`tls://localhost:${server.port}`),
    })
    await expect(
      connect({ host: '127.0.0.1', port: server.port, tls: { ca: outside.cert, servername: 'one.test' } }),
    ).rejects.toMatchObject({ code: 'SOCKET_ERR_TLS' })
    await server.close(now)
  })

  it.each([
    ['throws', new Error('not mine')],
    ['throws what is no error', 'not mine'],
  ])('a check of the server that %s is a refusal', async (_, thrown) => {
    const server = await serve({ tls: outside }, hello)
    const checkServerIdentity = () => {
      throw thrown
    }
    const failure = connect({ port: server.port, host: '127.0.0.1', tls: { ca: outside.cert, checkServerIdentity } })
    await expect(failure).rejects.toMatchObject({ code: 'SOCKET_ERR_TLS', cause: { message: 'not mine' } })
    await server.close(now)
  })

  it('a server that is printed does not show its key', async () => {
    const server = await serve({ tls: { ...outside, names: { 'one.test': outside } } }, hello)
    expect(inspect(server, { depth: 10 })).toContain(`url: '${server.url}'`)
    expect(inspect({ server }, { depth: 10 })).not.toContain('PRIVATE KEY')
    await server.close(now)
  })

  it('a server that speaks no TLS is the client’s SOCKET_ERR_TLS or SOCKET_ERR_RESET', async () => {
    const server = await serve({}, { data: (c) => c.finish('plain\r\n') })
    const failure: unknown = await connect({ host: '127.0.0.1', port: server.port, tls: true }).catch(
      (error: unknown) => error,
    )
    expect((failure as SocketError).code).toMatch(/^SOCKET_ERR_(TLS|RESET)$/)
    await server.close(now)
  })
})
