/** HTTPS: what holds for plain connections holds for encrypted ones, and what only these have. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as netConnect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { generate } from 'selfsigned'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import WebSocketClient from 'ws'
import { type Exchange, serve, type WebServeOptions, type WebServer } from '../src/index.js'
import { cgiScript, regularFile, site } from '../src/site.js'
import { websocket } from '../src/websocket.js'
import { until } from './until.js'

interface Certificate {
  key: string
  cert: string
}

let one: Certificate
let other: Certificate
let folder: string
const large = Buffer.alloc(3_000_000, 'plainwire')

beforeAll(async () => {
  ;[one, other] = await Promise.all([certificateOf('one.example'), certificateOf('other.example')])
  folder = mkdtempSync(join(tmpdir(), 'plainwire-tls-'))
  writeFileSync(join(folder, 'large.bin'), large)
  mkdirSync(join(folder, 'cgi-bin'))
  const script = join(folder, 'cgi-bin', 'facts')
  writeFileSync(script, '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n$HTTPS $REQUEST_SCHEME $(cat)"\n')
  chmodSync(script, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function certificateOf(name: string): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], { keyType: 'ec' } as object)
  return { key, cert }
}

const closing: Array<() => unknown> = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0).reverse()) await close()
})

async function start(options: Partial<WebServeOptions> = {}): Promise<WebServer> {
  const who = options.fetch === undefined ? { handler: site(folder, [cgiScript(), regularFile()]) } : {}
  const server = await serve({ port: 0, tls: one, onError: () => {}, ...who, ...options })
  closing.push(() => server.close({ timeout: 1 }))
  return server
}

/** A client that has shaken hands. */
async function open(
  server: WebServer,
  options: ConnectionOptions & { allowHalfOpen?: boolean } = {},
): Promise<TLSSocket> {
  const socket = tlsConnect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  closing.push(() => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})
  return socket
}

/** All that comes until the end, and how it came. */
async function rest(socket: Socket): Promise<{ text: string; end: 'end' | 'reset' }> {
  const pieces: Buffer[] = []
  let end: 'end' | 'reset' = 'end'
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  socket.on('error', () => {
    end = 'reset'
  })
  await new Promise((resolve) => socket.on('close', resolve))
  return { text: Buffer.concat(pieces).toString('latin1'), end }
}

const CLOSE = 'Host: one.example\r\nConnection: close\r\n\r\n'
const KEEP = 'Host: one.example\r\n\r\n'

describe('requests over TLS', () => {
  const rows: Array<[sentence: string, text: string, contents: RegExp]> = [
    ['a script knows that it is HTTPS', `GET /cgi-bin/facts HTTP/1.1\r\n${CLOSE}`, /\r\non https \r\n/],
    [
      'a script gets its content',
      `POST /cgi-bin/facts HTTP/1.1\r\nContent-Length: 5\r\n${CLOSE}hello`,
      /\r\non https hello\r\n/,
    ],
    [
      'pipelined requests are answered in order',
      `GET /cgi-bin/facts HTTP/1.1\r\n${KEEP}GET /no HTTP/1.1\r\n${KEEP}GET /cgi-bin/facts HTTP/1.1\r\n${CLOSE}`,
      /^HTTP\/1\.1 200[\s\S]* 404 Not Found[\s\S]*HTTP\/1\.1 200 OK[\s\S]*\r\non https \r\n/,
    ],
    ['an HTTP/1.0 answer ends with the connection', 'GET /cgi-bin/facts HTTP/1.0\r\n\r\n', /\r\n\r\non https $/],
    ['a bad request is told so before the end', 'GET\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'content that nobody reads does not cost its answer',
      `POST /no HTTP/1.1\r\nHost: one.example\r\nContent-Length: 2000000\r\n\r\n${'x'.repeat(2_000_000)}`,
      /^HTTP\/1\.1 404 /,
    ],
  ]
  it.each(rows)('%s', async (_, text, contents) => {
    const socket = await open(await start())
    socket.write(text, 'latin1')
    const answer = await rest(socket)
    expect(answer.text).toMatch(contents)
    expect(answer.end).toBe('end')
  })

  it('a large file arrives whole, and the request behind it is answered', async () => {
    const socket = await open(await start())
    socket.write(`GET /large.bin HTTP/1.1\r\n${KEEP}GET /cgi-bin/facts HTTP/1.1\r\n${CLOSE}`)
    const { text } = await rest(socket)
    const at = text.indexOf('\r\n\r\n') + 4
    expect(Buffer.from(text.slice(at, at + large.length), 'latin1').equals(large)).toBe(true)
    expect(text.slice(at + large.length)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\non https \r\n/)
  })

  it('a client that has half-closed is answered', async () => {
    const socket = await open(await start(), { allowHalfOpen: true })
    socket.end(`GET /cgi-bin/facts HTTP/1.1\r\n${KEEP}`)
    expect((await rest(socket)).text).toMatch(/\r\non https \r\n/)
  })

  it('a client that reads nothing is written no more than it takes', async () => {
    let written = 0
    let blocked = false
    const piece = new Uint8Array(64 * 1024)
    const server = await start({
      async handler(_, response) {
        for (;;) {
          if (!response.write(piece)) {
            blocked = true
            await response.drained()
            blocked = false
          }
          written += piece.length
        }
      },
    })
    const socket = await open(server)
    socket.pause()
    socket.write(`GET / HTTP/1.1\r\n${KEEP}`)
    for (let still = 0, before = -1; still < 20; ) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      still = blocked && written === before ? still + 1 : 0
      before = written
    }
    expect(written).toBeLessThan(64 * 1024 * 1024)
  })

  it('a client that vanishes in the middle of an answer is told of', async () => {
    const told: Exchange[] = []
    const server = await start({
      accessLog: (exchange) => told.push(exchange),
      async handler(_, response) {
        for (;;) if (!response.write('x'.repeat(100_000))) await response.drained()
      },
    })
    const socket = await open(server)
    socket.write(`GET / HTTP/1.1\r\n${KEEP}`)
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await until(() => told.length === 1)
    expect(told[0]).toMatchObject({ status: 200, aborted: true, error: { code: 'WEB_ERR_PEER_GONE' } })
  })

  it('an answer under way is finished when the server closes, and idle connections are closed', async () => {
    let answer = () => {}
    const server = await start({
      handler: (_, response) => {
        answer = () => void response.end('late')
      },
    })
    const [busy, idle] = [await open(server), await open(server)]
    const idleRest = rest(idle)
    busy.write(`GET / HTTP/1.1\r\n${KEEP}`)
    await until(() => server.stats.requests === 1)
    const closed = server.close()
    expect(await idleRest).toEqual({ text: '', end: 'end' })
    answer()
    expect((await rest(busy)).text).toMatch(/Connection: close\r\n\r\nlate$/)
    await closed
  })

  it('a fetch handler sees the scheme in the URL', async () => {
    const server = await start({ fetch: (request) => new Response(request.url) })
    const socket = await open(server)
    socket.write(`GET /path?query HTTP/1.1\r\n${CLOSE}`)
    expect((await rest(socket)).text).toMatch(/https:\/\/one\.example\/path\?query$/)
  })

  it('who asks whether a request is secure does not ask what the handshake agreed on', async () => {
    let asked = -1
    const server = await start({
      handler(request, response) {
        const certificate = vi.spyOn(request.connection, 'secure', 'get')
        response.end(`${request.secure} ${request.scheme}`)
        asked = certificate.mock.calls.length
      },
    })
    const socket = await open(server)
    socket.write(`GET / HTTP/1.1\r\n${CLOSE}`)
    expect((await rest(socket)).text).toMatch(/true https$/)
    expect(asked).toBe(0)
  })
})

describe('WebSockets over TLS', () => {
  function dial(server: WebServer): WebSocketClient {
    const client = new WebSocketClient(`wss://127.0.0.1:${server.port}/`, { rejectUnauthorized: false })
    client.on('error', () => {})
    closing.push(() => client.terminate())
    return client
  }

  it('carry messages both ways, live through pings, and say 1001 when the server closes', async () => {
    const server = await start({ upgrade: websocket({ message: (socket, data) => void socket.send(data) }) })
    const client = dial(server)
    await new Promise((resolve) => client.once('open', resolve))
    client.send(large.subarray(0, 1_000_000))
    const echo = await new Promise((resolve) => client.once('message', resolve))
    expect(large.subarray(0, 1_000_000).equals(echo as Buffer)).toBe(true)
    const code = new Promise((resolve) => client.once('close', resolve))
    const closed = server.close()
    expect(await code).toBe(1001)
    await closed
  })

  it('an origin of the other scheme is another one', async () => {
    const server = await start({ upgrade: websocket({}) })
    const status = (origin: string) =>
      new Promise((resolve) => {
        const client = new WebSocketClient(`wss://127.0.0.1:${server.port}/`, { rejectUnauthorized: false, origin })
        client.on('error', () => {})
        client.on('unexpected-response', (_, response) => resolve(response.statusCode))
        client.on('open', () => resolve(101))
        closing.push(() => client.terminate())
      })
    expect(await status(`https://127.0.0.1:${server.port}`)).toBe(101)
    expect(await status(`http://127.0.0.1:${server.port}`)).toBe(403)
  })
})

describe('handshakes', () => {
  it('agree on a version that we speak, and fail with a client that only speaks HTTP/2', async () => {
    const server = await start()
    expect((await open(server, { ALPNProtocols: ['h2', 'http/1.0', 'http/1.1'] })).alpnProtocol).toBe('http/1.1')
    expect((await open(server, { ALPNProtocols: ['http/1.0'] })).alpnProtocol).toBe('http/1.0')
    expect((await open(server)).alpnProtocol).toBe(false)
    await expect(open(server, { ALPNProtocols: ['h2'] })).rejects.toThrow(/no application protocol/)
  })

  it('leave the choice of the protocol to an ALPNCallback', async () => {
    const server = await start({ tls: { ...one, ALPNCallback: ({ protocols }) => protocols.at(-1) } })
    expect((await open(server, { ALPNProtocols: ['http/1.1', 'x/1'] })).alpnProtocol).toBe('x/1')
  })

  it('show the certificate of the name that is asked for', async () => {
    const server = await start({ tls: { ...one, names: { 'other.example': other } } })
    expect(await nameShown(server, 'other.example')).toBe('other.example')
    expect(await nameShown(server, 'a.example')).toBe('one.example')
  })

  it('show a renewed certificate without a restart, and standing connections go on', async () => {
    const server = await start()
    const standing = await open(server)
    expect(() => server.setCertificates({ key: 'no key', cert: 'no certificate' })).toThrow()
    expect(await nameShown(server, 'one.example')).toBe('one.example')
    server.setCertificates({ ...other, names: { 'one.example': one } })
    expect(await nameShown(server, 'a.example')).toBe('other.example')
    expect(await nameShown(server, 'one.example')).toBe('one.example')
    standing.write(`GET /cgi-bin/facts HTTP/1.1\r\n${CLOSE}`)
    expect((await rest(standing)).text).toMatch(/\r\non https \r\n/)
  })

  it('are no affair of a server without TLS', async () => {
    const server = await start({ tls: undefined as never })
    expect(server.url).toMatch(/^http:/)
    expect(() => server.setCertificates(one)).toThrow(TypeError)
  })

  it('are bounded together with the connections', async () => {
    const server = await start({ maxConnections: 10 })
    let gone = 0
    const silent = Array.from({ length: 400 }, () => {
      const socket = netConnect(server.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.on('close', () => gone++)
      closing.push(() => socket.destroy())
      return socket
    })
    await until(() => silent.every((socket) => !socket.connecting))
    // 256 beyond the bound may be at their handshake.
    await until(() => gone === 400 - 10 - 256)
    expect(server.connections).toBe(0)
  })

  async function nameShown(server: WebServer, servername: string): Promise<unknown> {
    const socket = await open(server, { servername })
    const { CN } = socket.getPeerCertificate().subject
    socket.destroy()
    return CN
  }
})
