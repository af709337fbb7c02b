import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { connect as netConnect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Connection,
  type ConnectionHooks,
  connect,
  listen,
  Server,
  type SocketError,
  serve,
  TimerWheel,
} from '../src/index.js'
import { TestClock } from '../src/testing.js'
import { compile } from './programs.js'
import { directory, tcp, tls, unix } from './transports.js'

const text = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString('latin1')

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 15_000
  for (let turn = 0; !condition(); turn++) {
    if (performance.now() > end) throw new Error('it did not come about')
    await new Promise<void>((resolve) => (turn < 1000 ? setImmediate(resolve) : setTimeout(resolve, 2)))
  }
}

async function rest(connection: Connection): Promise<string> {
  let all = ''
  for await (const chunk of connection) all += text(chunk)
  return all
}

const echo: ConnectionHooks = { data: (c, chunk) => void c.write(chunk) }
const now = { signal: AbortSignal.abort() }

describe('addresses', () => {
  it.each([
    ['tcp://127.0.0.1:0', /^tcp:\/\/127\.0\.0\.1:\d+$/],
    ['tcp://localhost:0', /^tcp:\/\/(127\.0\.0\.1|\[::1\]):\d+$/],
    ['tcp://:0', /^tcp:\/\/127\.0\.0\.1:\d+$/],
    ['tcp://[::1]:0', /^tcp:\/\/\[::1\]:\d+$/],
    [`unix:${join(directory, 'a.sock')}`, /^unix:.*a\.sock$/],
  ])('%s is listened on, and its url connects', async (address, url) => {
    const server = await serve(address, echo)
    expect(server.url).toMatch(url)
    const client = await connect(server.url)
    client.write('x')
    expect(text(await client.read())).toBe('x')
    client.destroy()
    await server.close(now)
  })

  it(':: serves IPv4 as well, unless ipv6Only', async () => {
    const dual = await serve({ host: '::' }, echo)
    const client = await connect({ host: '127.0.0.1', port: dual.port })
    client.destroy()
    await dual.close(now)
    const six = await serve({ host: '::', ipv6Only: true }, echo)
    await expect(connect({ host: '127.0.0.1', port: six.port })).rejects.toMatchObject({ code: 'SOCKET_ERR_REFUSED' })
    await six.close(now)
  })

  it('in use, not ours, unknown and refused are told apart, with the address in the sentence', async () => {
    const server = await serve({}, echo)
    const { port } = server
    await expect(serve({ port }, echo)).rejects.toMatchObject({
      code: 'SOCKET_ERR_ADDRESS_IN_USE',
      message: expect.stringContaining(`tcp://127.0.0.1:${port}`),
    })
    await expect(serve({ host: '192.0.2.1' }, echo)).rejects.toMatchObject({ code: 'SOCKET_ERR_ADDRESS_NOT_AVAILABLE' })
    await expect(serve({ host: 'no.such.host.invalid' }, echo)).rejects.toMatchObject({
      code: 'SOCKET_ERR_HOST_NOT_FOUND',
      message: expect.stringContaining('no.such.host.invalid'),
    })
    await server.close(now)
    await expect(connect({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'SOCKET_ERR_REFUSED',
      message: expect.stringContaining(`tcp://127.0.0.1:${port}`),
    })
    await expect(connect(`unix:${join(directory, 'none.sock')}`)).rejects.toMatchObject({ code: 'SOCKET_ERR_REFUSED' })
  })

  it('permission denied is told apart', async () => {
    const failing = Object.assign(new Error('listen EACCES'), { code: 'EACCES' })
    const { fromSystem } = await import('../src/errors.js')
    expect(fromSystem(failing, 'SOCKET_ERR_LISTEN', 'listening on tcp://127.0.0.1:80')).toMatchObject({
      code: 'SOCKET_ERR_PERMISSION',
      cause: failing,
      message: expect.stringContaining('tcp://127.0.0.1:80'),
    })
  })

  it('reusePort shares the port where Node has it, and says so where not', async () => {
    const first = serve({ reusePort: true }, echo)
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) {
      const one = await first
      const two = await serve({ port: one.port, reusePort: true }, echo)
      expect(two.port).toBe(one.port)
      await Promise.all([one.close(now), two.close(now)])
    } else await expect(first).rejects.toMatchObject({ code: 'SOCKET_ERR_UNSUPPORTED' })
  })
})

describe('Unix sockets', () => {
  it('have the mode asked for, and their file goes when the server closes', async () => {
    const path = join(directory, 'mode.sock')
    const server = await serve({ path, mode: 0o600 }, echo)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await server.close()
    expect(existsSync(path)).toBe(false)
  })

  it('left behind by a server that was killed are taken over', async () => {
    const path = join(directory, 'stale.sock')
    const child = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ])
    await once(child, 'exit')
    expect(statSync(path).isSocket()).toBe(true)
    const server = await serve({ path }, echo)
    const client = await connect({ path })
    client.destroy()
    await server.close(now)
  })

  it('that somebody answers on, and files that are no sockets, are left alone', async () => {
    const path = join(directory, 'busy.sock')
    const server = await serve({ path }, echo)
    await expect(serve({ path }, echo)).rejects.toMatchObject({ code: 'SOCKET_ERR_ADDRESS_IN_USE' })
    const client = await connect({ path })
    client.destroy()
    await server.close(now)
    const file = join(directory, 'file.txt')
    writeFileSync(file, 'precious')
    await expect(serve({ path: file }, echo)).rejects.toMatchObject({
      code: 'SOCKET_ERR_ADDRESS_IN_USE',
      message: expect.stringContaining('a file is in its place'),
    })
    expect(existsSync(file)).toBe(true)
    const missing = join(directory, 'nowhere', 'x.sock')
    await expect(serve({ path: missing }, echo)).rejects.toMatchObject({ message: expect.stringContaining(missing) })
  })
})

describe('limits', () => {
  it('maxConnections refuses politely and lets in again when a place is free', async () => {
    const server = await serve({ maxConnections: 2, refusal: 'full\n' }, echo)
    const one = await connect(server.url)
    const two = await connect(server.url)
    const three = await connect(server.url)
    three.write('what the server will not read')
    expect(await rest(three)).toBe('full\n')
    three.close()
    await until(() => server.stats.accepted === 2)
    expect(server.stats.refused).toBe(1)
    one.destroy()
    await until(() => server.connections === 1)
    const four = await connect(server.url)
    four.write('x')
    expect(text(await four.read())).toBe('x')
    two.destroy()
    four.destroy()
    await server.close(now)
  })

  it('overload: wait keeps newcomers unopened until there is a place, and refuses beyond the backlog', async () => {
    const opened: number[] = []
    const server = await serve(
      { maxConnections: 1, overload: 'wait', backlog: 1, refusal: 'full' },
      { ...echo, open: (c) => void opened.push(c.id) },
    )
    const one = await connect(server.url)
    await until(() => opened.length === 1)
    const two = await connect(server.url)
    two.write('patience')
    const three = await connect(server.url)
    expect(await rest(three)).toBe('full')
    expect(opened.length).toBe(1)
    one.destroy()
    expect(text(await two.read())).toBe('patience')
    expect(opened.length).toBe(2)
    two.destroy()
    three.destroy()
    await server.close(now)
  })

  it('maxConnectionsPerAddress counts each address for itself, also through TLS', async () => {
    for (const transport of [tcp, tls]) {
      const server = await transport.serve!({ host: '127.0.0.1', maxConnectionsPerAddress: 1 }, echo)
      const one = await transport.dial!(server)
      const refused = await transport.dial!(server).catch((error: SocketError) => error)
      if (!(refused instanceof Error)) expect(await refused.read().catch(() => undefined)).toBeUndefined()
      one.destroy()
      await until(() => server.connections === 0)
      await new Promise(setImmediate)
      const again = await transport.dial!(server)
      again.write('x')
      expect(text(await again.read())).toBe('x')
      again.destroy()
      await server.close(now)
    }
  })

  it('count detached sockets until they close', async () => {
    const sockets: { destroy(): void }[] = []
    const server = await serve({ maxConnections: 1 }, { data: (c) => void sockets.push(c.detach().socket) })
    const one = await connect(server.url)
    one.write('x')
    await until(() => sockets.length === 1)
    expect(server.connections).toBe(0)
    const two = await connect(server.url)
    expect(await two.read().catch(() => undefined)).toBeUndefined()
    sockets[0]!.destroy()
    await until(() => server.stats.refused === 1)
    one.destroy()
    await server.close(now)
  })
})

describe('lifecycle', () => {
  it('close() tells everybody, waits for those who finish, destroys those who do not', async () => {
    const clock = new TestClock()
    const wheel = new TimerWheel({ clock, resolution: 10 })
    const log: string[] = []
    const hooks: ConnectionHooks<string> = {
      data(c, chunk) {
        c.context = text(chunk)
        c.write('noted')
      },
      closing(c) {
        log.push(`closing ${c.context} ${c.closing}`)
        if (c.context === 'polite') c.close()
      },
      close: (c) => void log.push(`close ${c.context}`),
    }
    const server = await serve({ wheel }, hooks)
    const polite = await connect(server.url)
    const stubborn = await connect(server.url)
    for (const [client, name] of [
      [polite, 'polite'],
      [stubborn, 'stubborn'],
    ] as const) {
      client.write(name)
      await client.read()
    }
    let times = 0
    void server.closed.then(() => times++)
    const closing = server.close({ timeout: 1000 })
    expect(log).toEqual(['closing polite true', 'closing stubborn true'])
    await expect(connect(server.url)).rejects.toMatchObject({ code: 'SOCKET_ERR_REFUSED' })
    polite.close()
    await until(() => log.length === 3)
    clock.advance(1000)
    expect(server.connections).toBe(1)
    clock.advance(30)
    await closing
    await server.close()
    await server.closed
    expect(times).toBe(1)
    expect(log.slice(2)).toEqual(['close polite', 'close stubborn'])
    stubborn.destroy()
  })

  it.each([
    ['is known to the end', {}, false, true],
    ['was to be asked before, without keepRemote', { keepRemote: false }, false, false],
    ['is remembered when it was asked before', { keepRemote: false }, true, true],
  ])('where the peer was, %s', async (_, options, asks, known) => {
    let told!: (known: boolean) => void
    const answer = new Promise<boolean>((resolve) => {
      told = resolve
    })
    const server = await serve(
      { port: 0, ...options },
      {
        open: (c) => void (asks && c.remote),
        data: (c) => c.destroy(),
        close: (c) => told('host' in c.remote),
      },
    )
    const client = await connect(server.url)
    client.write('x')
    expect(await answer).toBe(known)
    client.destroy()
    await server.close()
  })

  it.each([
    ['lasts until it is done, though only a half-closed peer is left', false, 'closed\n', 0],
    // 13: the program still waits, and nothing keeps its process.
    ['holds no process that the server is not to keep alive', true, '', 13],
  ])('close() %s', async (_, unref, said, code) => {
    const program = await compile(
      {
        text: `
          import { connect } from 'node:net'
          import { serve } from '@plainwire/socket-server'
          let met
          const ended = new Promise((resolve) => (met = resolve))
          const server = await serve({ port: 0, idleTimeout: 0 }, { data() {}, end: met })
          const peer = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }, () => peer.end('x'))
          await ended
          peer.unref()
          if (${unref}) server.unref()
          await server.close({ timeout: 200 })
          console.log('closed')`,
      },
      `half-closed-${unref}.mjs`,
    )
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.on('data', (piece) => {
      output += piece
    })
    expect([(await once(child, 'close'))[0], output]).toEqual([code, said])
  })

  it.each([tcp, tls, unix])(
    'a graceful close under load of 1,000 busy connections over $name loses no answer',
    async (transport) => {
      const count = 1000
      // Each request is answered a few turns later; closing waits for what is under way.
      const busy = new Map<Connection, number>()
      const server = await transport.serve!(
        { backlog: 2048 },
        {
          data(c, chunk) {
            busy.set(c, (busy.get(c) ?? 0) + chunk.length)
            setTimeout(() => {
              c.write(chunk)
              const left = busy.get(c)! - chunk.length
              busy.set(c, left)
              if (left === 0 && c.closing) c.closeWrite()
            }, 5)
          },
          closing(c) {
            if ((busy.get(c) ?? 0) === 0) c.closeWrite()
          },
          end: (c) => c.close(),
        },
      )
      let asked = 0
      let answered = 0
      const clients: Connection[] = []
      for (let made = 0; made < count; made += 50) {
        clients.push(...(await Promise.all(Array.from({ length: 50 }, () => transport.dial!(server)))))
      }
      await until(() => server.connections === count)
      const work = clients.map(async (client) => {
        for (;;) {
          asked++
          client.write('q')
          const answer = await client.read()
          if (answer === undefined) {
            // The server ended before it saw this one: it has not been asked.
            asked--
            break
          }
          answered++
        }
        client.close()
      })
      await until(() => answered > count)
      await server.close()
      await Promise.all(work)
      expect(answered).toBe(asked)
      expect(server.stats.bytesRead).toBeGreaterThanOrEqual(answered)
      expect(server.stats.bytesWritten).toBe(answered)
      for (const client of clients) expect(client.error).toBeUndefined()
    },
    30_000,
  )

  it('an aborted signal ends the server, its connections, and a listening that has not begun', async () => {
    const controller = new AbortController()
    const closed: number[] = []
    const server = await serve({ signal: controller.signal }, { ...echo, close: (c) => void closed.push(c.id) })
    const client = await connect(server.url)
    await until(() => server.connections === 1)
    controller.abort()
    await server.closed
    expect(closed).toHaveLength(1)
    client.destroy()
    await expect(serve({ signal: controller.signal }, echo)).rejects.toMatchObject({ code: 'SOCKET_ERR_ABORTED' })
    await expect(connect({ port: 9, signal: controller.signal })).rejects.toMatchObject({ code: 'SOCKET_ERR_ABORTED' })
  })

  it('a signal given to connect gives up the attempt, and later the connection', async () => {
    const before = new AbortController()
    const attempt = connect({ host: 'plainwire.test', port: 9, lookup() {}, signal: before.signal })
    before.abort(new Error('changed my mind'))
    await expect(attempt).rejects.toMatchObject({ code: 'SOCKET_ERR_ABORTED', cause: new Error('changed my mind') })
    const server = await serve({}, echo)
    const after = new AbortController()
    const client = await connect({ port: server.port, host: '127.0.0.1', signal: after.signal })
    after.abort()
    await client.closed
    expect(client.error?.code).toBe('SOCKET_ERR_ABORTED')
    await server.close(now)
  })

  it('await using closes; each visits; ref and unref return the server', async () => {
    const server = await serve({ unref: true }, { ...echo, closing: (c) => c.close() })
    expect(server.ref().unref()).toBe(server)
    const client = await connect(server.url)
    await until(() => server.connections === 1)
    const seen: number[] = []
    server.each((c) => seen.push(c.id))
    expect(seen).toHaveLength(1)
    const ended = client.read()
    void ended.then(() => client.close())
    await server[Symbol.asyncDispose]()
    expect(await ended).toBeUndefined()
    expect(server).toBeInstanceOf(Server)
  })

  it('the handler form: returns close, throws destroy and warn, other connections go on', async () => {
    const warned: SocketError[] = []
    const server = await serve({ warn: (error) => void warned.push(error) }, async (connection) => {
      const word = text(await connection.read())
      if (word === 'throw') throw new Error('of the handler')
      connection.write(`${word}!`)
    })
    const bad = await connect(server.url)
    const good = await connect(server.url)
    bad.write('throw')
    expect(await bad.read().catch(() => undefined)).toBeUndefined()
    good.write('fine')
    expect(await rest(good)).toBe('fine!')
    expect(warned).toHaveLength(1)
    expect(warned[0]).toMatchObject({ code: 'SOCKET_ERR_HOOK', cause: new Error('of the handler') })
    good.destroy()
    bad.destroy()
    await server.close(now)
  })

  it('a handler that loses its own connection has not failed', async () => {
    const warned: SocketError[] = []
    let running = 0
    const server = await serve({ warn: (error) => void warned.push(error) }, async (connection) => {
      running++
      try {
        for await (const _ of connection) await connection.drained()
        connection.write(new Uint8Array(50_000_000))
        await connection.drained()
      } finally {
        running--
      }
    })
    const reset = await connect(server.url)
    const destroyed = await connect(server.url)
    await until(() => running === 2)
    reset.reset()
    destroyed.closeWrite()
    await until(() => running === 1 && server.connections === 1)
    let stuck!: Connection
    server.each((c) => {
      stuck = c
    })
    await until(() => stuck.writeQueue > 0)
    stuck.destroy()
    await until(() => running === 0)
    await new Promise(setImmediate)
    expect(warned).toEqual([])
    await server.close(now)
    destroyed.destroy()
  })
})

describe('listen and accept', () => {
  it('takes connections in the order they came, waiting or not', async () => {
    const listener = await listen({ port: 0 })
    const first = await connect(listener.url)
    first.write('1')
    const one = await listener.accept()
    expect(text(await one.read())).toBe('1')
    const next = listener.accept()
    const second = await connect(listener.url)
    second.write('2')
    expect(text(await (await next).read())).toBe('2')
    await listener.close(now)
    first.destroy()
    second.destroy()
  })

  it('for await ends when the listener closes, and untaken connections are destroyed', async () => {
    const listener = await listen({ port: 0 })
    const client = await connect(listener.url)
    const taken: Connection[] = []
    const loop = (async () => {
      for await (const connection of listener) taken.push(connection)
    })()
    await until(() => taken.length === 1)
    await listener.close(now)
    await loop
    await expect(listener.accept()).rejects.toMatchObject({ code: 'SOCKET_ERR_CLOSED' })
    await listener.closed
    client.destroy()
  })

  it('accept can be given up by a signal, without losing the connection that comes then', async () => {
    const listener = await listen({ port: 0 })
    const controller = new AbortController()
    const given = listener.accept({ signal: controller.signal })
    controller.abort()
    await expect(given).rejects.toMatchObject({ code: 'SOCKET_ERR_ABORTED' })
    await expect(listener.accept(now)).rejects.toMatchObject({ code: 'SOCKET_ERR_ABORTED' })
    const client = await connect(listener.url)
    await expect(listener.accept()).resolves.toBeDefined()
    client.destroy()
    await listener.close(now)
  })

  it('refuses beyond the backlog when nobody takes', async () => {
    const listener = await listen({ port: 0, backlog: 2 })
    const clients = [await connect(listener.url), await connect(listener.url), await connect(listener.url)]
    expect(await clients[2]!.read().catch(() => undefined)).toBeUndefined()
    expect(listener.server.connections).toBe(2)
    for (const client of clients) client.destroy()
    await listener.close(now)
  })
})

describe('at the system’s limits', () => {
  let program: string
  beforeAll(async () => {
    const text = `
      import { serve } from '@plainwire/socket-server'
      const server = await serve({ backlog: 4096, warn: (error) => console.log(error.code) }, {
        data: (c, chunk) => void c.write(chunk),
      })
      console.log(server.port)
      process.stdin.on('end', () => process.exit()).resume()`
    program = await compile({ text }, 'echo-server.mjs')
  })

  async function start(descriptors: number): Promise<{ port: number; lines: string[]; stop(): Promise<void> }> {
    const child = spawn('sh', ['-c', `ulimit -n ${descriptors} && exec "${process.execPath}" "${program}"`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines: string[] = []
    const reader = createInterface(child.stdout)
    reader.on('line', (line) => lines.push(line))
    await until(() => lines.length > 0)
    return {
      port: Number(lines.shift()),
      lines,
      async stop() {
        child.stdin.end()
        await once(child, 'exit')
      },
    }
  }

  it.skipIf(process.platform === 'win32')(
    'EMFILE is survived, said once, and over when descriptors return',
    async () => {
      const server = await start(64)
      const clients: Connection[] = []
      const dial = async (): Promise<boolean> => {
        const client = await connect({ host: '127.0.0.1', port: server.port })
        clients.push(client)
        client.write('x')
        return (await client.read().catch(() => undefined)) !== undefined
      }
      let served = 0
      while (await dial()) served++
      expect(served).toBeGreaterThan(10)
      // Still serving those that are there, and still at the limit.
      clients[0]!.write('y')
      expect(text(await clients[0]!.read())).toBe('y')
      expect(await dial()).toBe(false)
      await until(() => server.lines.length > 0)
      expect(server.lines).toEqual(['SOCKET_ERR_DESCRIPTORS'])
      for (const client of clients.splice(0)) client.destroy()
      let back = await dial()
      for (let tries = 0; !back && tries < 100; tries++) back = await dial()
      expect(back).toBe(true)
      expect(server.lines).toEqual(['SOCKET_ERR_DESCRIPTORS'])
      for (const client of clients) client.destroy()
      await server.stop()
    },
    20_000,
  )

  it.skipIf(process.platform === 'win32')(
    '10,000 idle connections stay, each of them answers, and all of them go',
    async () => {
      const server = await start(10_300)
      const count = 10_000
      const sockets: Socket[] = []
      const answer = (socket: Socket): Promise<void> =>
        new Promise((resolve, reject) => {
          socket.once('data', () => resolve())
          socket.once('error', reject)
          socket.write('x')
        })
      for (let opened = 0; opened < count; opened += 500) {
        const some = Array.from({ length: 500 }, () => netConnect(server.port, '127.0.0.1'))
        sockets.push(...some)
        await Promise.all(some.map(answer))
      }
      await Promise.all(sockets.map(answer))
      for (const socket of sockets) socket.destroy()
      const late = await connect({ host: '127.0.0.1', port: server.port })
      late.write('x')
      expect(text(await late.read())).toBe('x')
      late.destroy()
      await server.stop()
    },
    30_000,
  )
})

describe('the machine', () => {
  it('an unref’d server does not keep the process alive', async () => {
    const text = `
      import { serve } from '@plainwire/socket-server'
      const server = await serve({ unref: true, idleTimeout: 1000 }, { data() {} })
      console.log(server.port)`
    const program = await compile({ text }, 'unref.mjs')
    const child = spawn(process.execPath, [program])
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(0)
  })
})
