import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  type Connection,
  type ConnectionOptions,
  connect,
  type SocketError,
  type TimeoutKind,
  TimerWheel,
} from '../src/index.js'
import { TestClock } from '../src/testing.js'
import { certificate, memory, type PairSetup, tls, transports } from './transports.js'

const RESOLUTION = 10
/** Later than this after the deadline it must have come. */
const SLACK = 3 * RESOLUTION

function stopped(): { clock: TestClock; wheel: TimerWheel } {
  const clock = new TestClock()
  return { clock, wheel: new TimerWheel({ clock, resolution: RESOLUTION }) }
}

/** Lets what is on its way arrive; the deadlines' clock stands still. */
async function arrive(condition: () => boolean): Promise<void> {
  // Not so many turns: how many pass until the network has moved is the machine's affair. The test's time limit ends it.
  while (!condition()) await new Promise(setImmediate)
}

async function turns<T>(count: number, result: T): Promise<T> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
  return result
}

describe.each(transports)('deadlines over $name', (transport) => {
  async function withPair(
    options: ConnectionOptions,
    setup: PairSetup,
    run: (clock: TestClock, server: Connection, client: Connection) => Promise<void> | void,
  ): Promise<void> {
    const { clock, wheel } = stopped()
    const pair = await transport.pair({ ...setup, serverOptions: { ...options, wheel } })
    try {
      await run(clock, pair.server, pair.client)
    } finally {
      await pair.stop()
    }
  }

  const sink = { data() {}, end() {} }

  it.each([
    ['idleTimeout', 'SOCKET_ERR_IDLE_TIMEOUT'],
    ['readTimeout', 'SOCKET_ERR_READ_TIMEOUT'],
    ['lifetimeTimeout', 'SOCKET_ERR_LIFETIME_TIMEOUT'],
  ] as const)('%s: alive just before, dead just after', (name, code) =>
    withPair({ [name]: 1000 }, { server: sink }, async (clock, server) => {
      clock.advance(1000)
      expect(server.writable).toBe(true)
      clock.advance(SLACK)
      expect(server.writable).toBe(false)
      expect(server.error?.code).toBe(code)
      await server.closed
    }),
  )

  it('idle and read start anew with each octet received, lifetime does not', () =>
    withPair(
      { idleTimeout: 1000, readTimeout: 1000, lifetimeTimeout: 2500 },
      { server: sink },
      async (clock, server, client) => {
        for (let round = 1; round <= 3; round++) {
          clock.advance(800)
          client.write('x')
          await arrive(() => server.bytesRead === round)
        }
        expect(server.writable).toBe(true)
        clock.advance(100 + SLACK)
        expect(server.error?.code).toBe('SOCKET_ERR_LIFETIME_TIMEOUT')
      },
    ))

  it.each([
    ['idleTimeout', 'idle'],
    ['readTimeout', 'read'],
    ['lifetimeTimeout', 'lifetime'],
  ] as const)('%s: a timeout hook that closes gets lingerTimeout for its answer, and no error', async (name, kind) => {
    const log: string[] = []
    const server = {
      ...sink,
      timeout(c: Connection, told: TimeoutKind) {
        log.push(told)
        c.write('too slow')
        c.close()
      },
      error: (_: Connection, error: SocketError) => void log.push(error.code),
      close: () => void log.push('close'),
    }
    const options = { [name]: 1000, lingerTimeout: 400 }
    await withPair(options, { server }, async (clock, end, client) => {
      clock.advance(1000 + SLACK)
      expect(Buffer.from((await client.read())!).toString()).toBe('too slow')
      expect(await client.read()).toBeUndefined()
      await turns(20, undefined)
      clock.advance(300)
      expect(await turns(20, log)).toEqual([kind])
      clock.advance(100 + SLACK)
      await end.closed
      await new Promise(setImmediate)
      expect(log).toEqual([kind, 'close'])
    })
  })

  it.each([
    ['idleTimeout', 'idle'],
    ['readTimeout', 'read'],
    ['lifetimeTimeout', 'lifetime'],
  ] as const)('%s: a timeout hook that half-closes gives the peer the time once more', async (name, kind) => {
    const log: string[] = []
    const server = {
      ...sink,
      timeout(c: Connection, told: TimeoutKind) {
        log.push(told)
        c.closeWrite('too slow')
      },
    }
    await withPair({ [name]: 1000 }, { server }, async (clock, end) => {
      clock.advance(1000 + SLACK)
      clock.advance(900)
      expect([log, end.error]).toEqual([[kind], undefined])
      clock.advance(100 + SLACK)
      expect([log, end.error?.code]).toEqual([[kind, kind], `SOCKET_ERR_${kind.toUpperCase()}_TIMEOUT`])
    })
  })

  it('those that setTimeouts is given as undefined stay as they are', () =>
    withPair({ idleTimeout: 1000, readTimeout: 2000 }, { server: sink }, (clock, server) => {
      const before = server.timeouts
      server.setTimeouts({ idleTimeout: undefined, writeTimeout: 5000 } as never)
      expect(server.timeouts).toEqual({ ...before, writeTimeout: 5000 })
      clock.advance(1000 + SLACK)
      expect(server.error?.code).toBe('SOCKET_ERR_IDLE_TIMEOUT')
    }))

  it('writing keeps idle away, not read', () =>
    withPair({ idleTimeout: 1000, readTimeout: 1500 }, { server: sink }, (clock, server) => {
      clock.advance(800)
      server.write('x')
      clock.advance(700)
      expect(server.writable).toBe(true)
      clock.advance(SLACK)
      expect(server.error?.code).toBe('SOCKET_ERR_READ_TIMEOUT')
    }))

  it('read does not run while paused, and starts anew with resume', () =>
    withPair({ readTimeout: 1000 }, { server: sink }, (clock, server) => {
      server.pause()
      clock.advance(5000)
      expect(server.writable).toBe(true)
      server.resume()
      clock.advance(1000)
      expect(server.writable).toBe(true)
      clock.advance(SLACK)
      expect(server.error?.code).toBe('SOCKET_ERR_READ_TIMEOUT')
    }))

  it('read runs for one who waits in read(), and the wait fails with it', () =>
    withPair({ readTimeout: 1000 }, {}, async (clock, server) => {
      clock.advance(3000)
      const waiting = server.read()
      clock.advance(1000)
      expect(server.writable).toBe(true)
      clock.advance(SLACK)
      await expect(waiting).rejects.toMatchObject({ code: 'SOCKET_ERR_READ_TIMEOUT' })
    }))

  it('write: a peer that takes nothing is cut off, one that takes something is not', () =>
    withPair({ writeTimeout: 1000 }, { server: sink }, async (clock, server, client) => {
      client.pause()
      server.write(new Uint8Array(20_000_000))
      let before = -1
      await arrive(() => {
        const settled = server.writeQueue === before
        before = server.writeQueue
        return settled && server.writeQueue > 0 && server.writeQueue < 20_000_000
      })
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
      clock.advance(900)
      expect(server.writable).toBe(true)
      // The peer takes something, and the clock begins again.
      const queued = server.writeQueue
      client.resume()
      while (server.writeQueue === queued) await client.read()
      client.pause()
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
      clock.advance(900)
      expect(server.writable).toBe(true)
      clock.advance(1100 + 2 * SLACK)
      expect(server.error?.code).toBe('SOCKET_ERR_WRITE_TIMEOUT')
    }))

  it('linger: a closed connection whose peer does not read is cut off with an error', () =>
    withPair({ lingerTimeout: 1000 }, { server: sink }, async (clock, server, client) => {
      client.pause()
      server.write(new Uint8Array(20_000_000))
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
      server.close()
      let over = false
      void server.closed.then(() => {
        over = true
      })
      clock.advance(900)
      await new Promise(setImmediate)
      expect(over).toBe(false)
      clock.advance(1200 + 2 * SLACK)
      await server.closed
      expect(server.error?.code).toBe('SOCKET_ERR_LINGER_TIMEOUT')
    }))

  it('linger: one whose peer has everything and only stays is cut off without', () =>
    withPair({ lingerTimeout: 1000 }, { server: sink }, async (clock, server, client) => {
      server.write('all')
      server.close()
      expect(Buffer.from((await client.read())!).toString()).toBe('all')
      expect(await client.read()).toBeUndefined()
      await turns(20, undefined)
      clock.advance(900)
      expect(await Promise.race([server.closed.then(() => 'closed'), turns(20, 'open')])).toBe('open')
      clock.advance(100 + SLACK)
      await server.closed
      expect(server.error).toBeUndefined()
    }))

  it('the timeout hook may answer and close', async () => {
    const kinds: TimeoutKind[] = []
    const server = {
      ...sink,
      timeout(connection: Connection, kind: TimeoutKind) {
        kinds.push(kind)
        connection.closeWrite('too late')
        connection.close()
      },
    }
    await withPair({ idleTimeout: 1000 }, { server }, async (clock, connection, client) => {
      clock.advance(1000 + SLACK)
      expect(Buffer.from((await client.read())!).toString()).toBe('too late')
      client.close()
      await connection.closed
      expect(connection.error).toBeUndefined()
      expect(kinds).toEqual(['idle'])
    })
  })

  it('the timeout hook may keep the connection for another round of the same length', async () => {
    const kinds: TimeoutKind[] = []
    const server = {
      ...sink,
      timeout(_: Connection, kind: TimeoutKind) {
        kinds.push(kind)
        return kinds.length < 3
      },
    }
    await withPair({ lifetimeTimeout: 1000 }, { server }, async (clock, connection) => {
      clock.advance(1000 + SLACK)
      expect(kinds).toEqual(['lifetime'])
      clock.advance(960)
      expect(kinds).toEqual(['lifetime'])
      clock.advance(40 + SLACK)
      expect(kinds).toEqual(['lifetime', 'lifetime'])
      clock.advance(1000 + SLACK)
      expect(connection.error?.code).toBe('SOCKET_ERR_LIFETIME_TIMEOUT')
    })
  })

  it('a throw in the timeout hook is a throw in a hook', () =>
    withPair(
      { idleTimeout: 1000 },
      {
        server: {
          ...sink,
          timeout() {
            throw new Error('of the test')
          },
          error() {},
        },
      },
      (clock, server) => {
        clock.advance(1000 + SLACK)
        expect(server.error?.code).toBe('SOCKET_ERR_HOOK')
      },
    ))

  it('setTimeouts changes what is given and keeps the rest, shorter or longer, on or off', () =>
    withPair({ idleTimeout: 10_000, lifetimeTimeout: 60_000 }, { server: sink }, (clock, server) => {
      server.setTimeouts({ idleTimeout: 500 })
      clock.advance(500)
      expect(server.writable).toBe(true)
      server.setTimeouts({ idleTimeout: 2000 })
      clock.advance(2000)
      expect(server.writable).toBe(true)
      server.setTimeouts({ idleTimeout: 0 })
      clock.advance(50_000)
      expect(server.writable).toBe(true)
      expect(server.timeouts).toMatchObject({ idleTimeout: 0, lifetimeTimeout: 60_000 })
      expect(() => server.setTimeouts({ idleTimeout: -1 })).toThrow(RangeError)
      expect(() => server.setTimeouts({ readTimeout: Number.NaN })).toThrow(RangeError)
      clock.advance(10_000)
      expect(server.error?.code).toBe('SOCKET_ERR_LIFETIME_TIMEOUT')
    }))
})

describe('deadlines of making a connection', () => {
  it('handshake, server: a client that says nothing is cut off, and counted', async () => {
    const { clock, wheel } = stopped()
    const errors: string[] = []
    const server = await tls.serve!(
      { wheel, tls: { ...certificate, handshakeTimeout: 1000, handshakeError: (error) => errors.push(error.code) } },
      {},
    )
    const client = await connect({ host: '127.0.0.1', port: server.port })
    const end = client.read()
    // The accept has happened when a second client is through.
    await tls.dial!(server)
    await arrive(() => server.connections === 1)
    clock.advance(1000)
    expect(errors).toEqual([])
    clock.advance(SLACK)
    expect(errors).toEqual(['SOCKET_ERR_HANDSHAKE_TIMEOUT'])
    await end.catch(() => undefined)
    expect(server.stats.handshakeErrors).toBe(1)
    await server.close({ signal: AbortSignal.abort() })
  })

  it('handshake, client: a server that says nothing is given up', async () => {
    const { clock, wheel } = stopped()
    let accepted = false
    const silent = createServer(() => {
      accepted = true
    })
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    let failure: unknown
    const attempt = connect({ host: '127.0.0.1', port, tls: true, wheel, handshakeTimeout: 1000 }).catch(
      (error: unknown) => {
        failure = error
      },
    )
    await arrive(() => accepted)
    await new Promise(setImmediate)
    clock.advance(900)
    await new Promise(setImmediate)
    expect(failure).toBeUndefined()
    clock.advance(100 + 2 * SLACK)
    await attempt
    expect(failure).toMatchObject({ code: 'SOCKET_ERR_HANDSHAKE_TIMEOUT' })
    silent.close()
  })

  it('connect: a name or an address that does not answer is given up', async () => {
    const { clock, wheel } = stopped()
    let failure: unknown
    const attempt = connect({ host: 'plainwire.test', port: 9, lookup() {}, wheel, connectTimeout: 1000 }).catch(
      (error: unknown) => {
        failure = error
      },
    )
    await new Promise(setImmediate)
    clock.advance(1000)
    await new Promise(setImmediate)
    expect(failure).toBeUndefined()
    clock.advance(SLACK)
    await attempt
    expect(failure).toMatchObject({ code: 'SOCKET_ERR_CONNECT_TIMEOUT' })
    expect(String(failure)).toContain('tcp://plainwire.test:9')
  })

  it('are checked like all durations', async () => {
    await expect(connect({ port: 1, connectTimeout: -1 })).rejects.toThrow(RangeError)
    await expect(connect({ port: 1, handshakeTimeout: Infinity })).rejects.toThrow(RangeError)
    await expect(memory.pair({ serverOptions: { lingerTimeout: Number.NaN } })).rejects.toThrow(RangeError)
  })
})
