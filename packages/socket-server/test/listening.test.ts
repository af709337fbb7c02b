import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Connection, connect, listen, Server, serve } from '../src/index.js'
import { directory } from './transports.js'

const sink = { data() {}, end() {} }
const greeter = { open: (c: Connection) => void c.write('here'), data() {} }
const now = { signal: AbortSignal.abort() }

/** Leaves a socket's file behind that nobody listens on. */
async function abandoned(name: string): Promise<string> {
  const path = join(directory, name)
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', program]), 'exit')
  expect(existsSync(path)).toBe(true)
  return path
}

describe('where a server listens', () => {
  it('an empty host is none: the server is not open to the network', async () => {
    const server = await serve({ host: '' }, sink)
    expect(server.address).toMatchObject({ host: '127.0.0.1' })
    await server.close()
  })

  it('of several that find the same abandoned socket one gets it, and keeps it', async () => {
    const path = await abandoned('contended.sock')
    const attempts = Array.from({ length: 5 }, () => serve({ path }, greeter))
    const results = await Promise.allSettled(attempts)
    const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(servers).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'SOCKET_ERR_ADDRESS_IN_USE' })
    const client = await connect({ path })
    expect(Buffer.from((await client.read())!).toString()).toBe('here')
    client.destroy()
    await servers[0]!.close(now)
  })

  it.each([-1, 0o1000, 1.5, Number.NaN])('mode %d is the mistake of the caller, and nothing listens', async (mode) => {
    const path = join(directory, 'mode.sock')
    await expect(serve({ path, mode }, sink)).rejects.toThrow(RangeError)
    expect(existsSync(path)).toBe(false)
  })

  it('over a Unix socket the server’s end has the path, on both sides', async () => {
    const path = join(directory, 'named.sock')
    let accepted!: (connection: Connection) => void
    const arrival = new Promise<Connection>((resolve) => {
      accepted = resolve
    })
    const server = await serve({ path }, { open: accepted, ...sink })
    const client = await connect({ path })
    const named = { family: 'unix', path }
    const nameless = { family: 'unix', path: '' }
    expect([client.remote, client.local]).toEqual([named, nameless])
    const { remote, local } = await arrival
    expect([remote, local]).toEqual([nameless, named])
    client.destroy()
    await server.close(now)
  })
})

it('connections that were lost before anybody took them keep nobody out', async () => {
  const listener = await listen({ backlog: 3 })
  for (let lost = 1; lost <= 3; lost++) {
    const client = await connect(listener.url)
    while (listener.server.stats.accepted < lost) await new Promise(setImmediate)
    client.reset()
    while (listener.server.connections > 0) await new Promise(setImmediate)
  }
  const client = await connect(listener.url)
  client.write('here')
  const accepted = await listener.accept()
  expect(Buffer.from((await accepted.read())!).toString()).toBe('here')
  client.destroy()
  await listener.close(now)
})

it.each<[sentence: string, replace: (path: string) => unknown, left: boolean]>([
  ['another server', (path) => serve({ path }, greeter), true],
  ['a file', (path) => writeFileSync(path, 'precious'), true],
  ['a folder', (path) => mkdirSync(path), true],
  ['a link that leads nowhere', (path) => symlinkSync('nowhere', path), true],
  ['nothing', () => undefined, false],
])('a server that closes leaves %s that is in the place of its file', async (_, replace, left) => {
  const path = join(directory, 'handed-over.sock')
  rmSync(path, { recursive: true, force: true })
  const server = await serve({ path }, greeter)
  rmSync(path)
  const next = await replace(path)
  // What a program that was killed meanwhile has left behind.
  const leftover = `${path}.${process.pid}`
  writeFileSync(leftover, '')
  const there = lstatSync(path, { throwIfNoEntry: false })?.ino
  await server.close()
  expect(lstatSync(path, { throwIfNoEntry: false })?.ino).toBe(there)
  expect(there !== undefined).toBe(left)
  if (next instanceof Server) {
    const client = await connect({ path })
    expect(Buffer.from((await client.read())!).toString()).toBe('here')
    await next.close(now)
    expect(existsSync(path)).toBe(false)
  }
  rmSync(leftover)
  expect(readdirSync(directory).filter((name) => name.startsWith('handed-over.sock.'))).toEqual([])
  rmSync(path, { recursive: true, force: true })
})

it('the file goes with its server, whoever was made its owner meanwhile', async () => {
  const path = join(directory, 'given.sock')
  const server = await serve({ path, mode: 0o600 }, greeter)
  chmodSync(path, 0o666)
  await server.close()
  expect(existsSync(path)).toBe(false)
})

// Only root can be somebody else for a moment.
it.skipIf(process.geteuid?.() !== 0).each([
  ['0600', 'SOCKET_ERR_PERMISSION'],
  ['0666', undefined],
])('a socket of mode %s tells another user: %s', async (mode, code) => {
  const folder = mkdtempSync(join(tmpdir(), 'sockets-'))
  chmodSync(folder, 0o755)
  const path = join(folder, 'mode.sock')
  const server = await serve({ path, mode: Number.parseInt(mode, 8) }, greeter)
  process.seteuid!(65534)
  const attempt = connect({ path })
  process.seteuid!(0)
  const told = await attempt.then(
    (connection) => connection.destroy(),
    (error: { code: string }) => error.code,
  )
  expect(told).toBe(code)
  await server.close(now)
  rmSync(folder, { recursive: true })
})

describe('the signal of a server', () => {
  it('that aborts while the server begins to listen ends the attempt', async () => {
    const controller = new AbortController()
    const reason = new Error('not now')
    const path = join(directory, 'aborted.sock')
    const attempt = serve({ path, signal: controller.signal }, sink)
    controller.abort(reason)
    await expect(attempt).rejects.toMatchObject({ code: 'SOCKET_ERR_ABORTED', cause: reason })
    expect(existsSync(path)).toBe(false)
  })

  const rows: [sentence: string, close: (server: Server, signal: AbortSignal) => Promise<void>][] = [
    ['close()', (server) => server.close({ timeout: 0 })],
    ['close() with the same signal', (server, signal) => server.close({ timeout: 0, signal })],
  ]
  it.each(rows)('destroys the connections that %s waits for', async (_, close) => {
    const controller = new AbortController()
    const server = await serve({ signal: controller.signal }, { ...sink, open: (c) => void c.write('open') })
    const client = await connect(server.url)
    await client.read()
    const closed = close(server, controller.signal)
    expect(server.connections).toBe(1)
    controller.abort()
    await closed
    client.destroy()
  })
})

it.each(['before', 'after'])(
  'the signal of a connection that was detached does not abort: asked for %s',
  async (when) => {
    const given: Connection[] = []
    const server = await serve(
      {},
      {
        open(c) {
          given.push(c)
          if (when === 'before') void c.signal
          c.detach().socket.destroy()
        },
      },
    )
    const client = await connect(server.url)
    expect(await client.read().catch(() => undefined)).toBeUndefined()
    expect(given[0]!.signal.aborted).toBe(false)
    await given[0]!.closed
    client.destroy()
    await server.close(now)
  },
)

it('a socket that open gives away stays stopped until its new owner listens', async () => {
  let taken!: (socket: Socket) => void
  const giving = new Promise<Socket>((resolve) => {
    taken = resolve
  })
  const server = await serve({}, { open: (c) => taken(c.detach().socket) })
  const client = await connect(server.url)
  client.write('precious')
  const socket = await giving
  expect(socket.isPaused()).toBe(true)
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  socket.resume()
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  expect(chunk.toString()).toBe('precious')
  socket.destroy()
  client.destroy()
  await server.close(now)
})
