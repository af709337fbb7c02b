import { describe, expect, it } from 'vitest'
import { type Connection, type ConnectionHooks, SocketError } from '../src/index.js'
import { type PairSetup, transports } from './transports.js'

const text = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString('latin1')

async function readAll(connection: Connection): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of connection) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Numbers that repeat late, so that a lost, doubled or swapped octet shows. */
function pattern(size: number, seed = 1): Buffer {
  const octets = Buffer.alloc(size)
  let state = seed
  for (let at = 0; at < size; at++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    octets[at] = state >> 16
  }
  return octets
}

/** Hooks that write down what they are called with. */
function journal(log: string[], hooks: ConnectionHooks = {}): ConnectionHooks {
  return {
    open(c) {
      log.push('open')
      hooks.open?.(c)
    },
    data(c, chunk) {
      log.push('data')
      hooks.data?.(c, chunk)
    },
    drain(c) {
      log.push('drain')
      hooks.drain?.(c)
    },
    end(c) {
      log.push('end')
      hooks.end?.(c)
    },
    closing(c) {
      log.push('closing')
      hooks.closing?.(c)
    },
    error(c, error) {
      log.push(`error ${error.code}`)
      hooks.error?.(c, error)
    },
    close(c) {
      log.push('close')
      hooks.close?.(c)
    },
  }
}

const echo: ConnectionHooks = {
  data: (c, chunk) => void c.write(chunk),
  end: (c) => c.closeWrite(),
}

describe.each(transports)('over $name', (transport) => {
  const pairOf = async (setup: PairSetup, run: (client: Connection, server: Connection) => Promise<void>) => {
    const pair = await transport.pair(setup)
    try {
      await run(pair.client, pair.server)
    } finally {
      await pair.stop()
    }
  }

  describe('octets', () => {
    it('come back from an echo as they were sent, whatever the chunks', () =>
      pairOf({ server: echo }, async (client) => {
        const sent = pattern(300_000)
        const received = readAll(client)
        for (let at = 0, size = 1; at < sent.length; at += size, size = (size * 7) % 40_009) {
          if (!client.write(sent.subarray(at, at + size))) await client.drained()
        }
        client.closeWrite()
        expect(Buffer.compare(await received, sent)).toBe(0)
        await client.closed
        expect(client.bytesWritten).toBe(sent.length)
        expect(client.bytesRead).toBe(sent.length)
      }))

    it('of one write far larger than any buffer arrive whole', () =>
      pairOf({}, async (client, server) => {
        const sent = pattern(3_000_001)
        server.write(sent)
        server.closeWrite()
        expect(Buffer.compare(await readAll(client), sent)).toBe(0)
      }))

    it('written as latin1 and as UTF-8 strings are encoded so, corked or not', () =>
      pairOf({}, async (client, server) => {
        server.write('é', 'latin1')
        server.write('é')
        server.cork()
        server.write('a', 'latin1')
        server.write('é', 'utf8')
        server.write(Uint8Array.of(1, 2))
        server.write('ü', 'latin1')
        server.cork()
        server.write('z')
        server.uncork()
        expect(server.writeQueue).toBeGreaterThanOrEqual(6)
        server.uncork()
        server.closeWrite('!')
        expect((await readAll(client)).toString('hex')).toBe('e9c3a961c3a90102fc7a21')
      }))

    it('that wait for a paused reader are bounded, and delivered in order after resume', async () => {
      const chunks: Buffer[] = []
      let turn = 0
      await pairOf(
        {
          server: {
            open: (c) => c.pause(),
            data(c, chunk) {
              chunks.push(Buffer.from(chunk))
              // Pausing in the middle of what was held stops the delivery there.
              if (++turn % 3 !== 0) return
              c.pause()
              setImmediate(() => c.resume())
            },
            end: (c) => c.closeWrite('done'),
          },
        },
        async (client, server) => {
          const sent = pattern(2_000_000)
          client.write(sent)
          client.closeWrite()
          for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate)
          expect(server.bytesRead).toBeLessThan(400_000)
          expect(chunks).toEqual([])
          server.resume()
          expect(chunks).toEqual([])
          expect(text(await readAll(client))).toBe('done')
          expect(Buffer.compare(Buffer.concat(chunks), sent)).toBe(0)
        },
      )
    })

    it('100 MiB reach a slow reader while the writer keeps little waiting', () =>
      pairOf({}, async (client, server) => {
        const piece = pattern(64 * 1024)
        let queued = 0
        const writing = (async () => {
          for (let count = 0; count < 1600; count++) {
            if (!server.write(piece)) await server.drained()
            queued = Math.max(queued, server.writeQueue)
          }
          server.closeWrite()
        })()
        const before = process.memoryUsage().rss
        let peak = 0
        let size = 0
        let reads = 0
        for await (const chunk of client) {
          size += chunk.length
          if (++reads % 16 !== 0) continue
          await new Promise(setImmediate)
          peak = Math.max(peak, process.memoryUsage().rss - before)
        }
        await writing
        expect(size).toBe(100 * 1024 * 1024)
        expect(queued).toBeLessThanOrEqual(128 * 1024)
        expect(peak).toBeLessThan(80 * 1024 * 1024)
      }))

    it('end with a closed connection when the peer does not read and maxWriteQueue is reached', async () => {
      const log: string[] = []
      await pairOf({ server: journal(log), serverOptions: { maxWriteQueue: 1_000_000 } }, async (client, server) => {
        client.pause()
        const piece = pattern(100_000)
        let writes = 0
        while (server.writable && writes < 1000) {
          server.write(piece)
          writes++
          if (writes % 10 === 0) await new Promise(setImmediate)
        }
        await server.closed
        expect(writes).toBeLessThan(300)
        expect(server.error?.code).toBe('SOCKET_ERR_WRITE_QUEUE')
        expect(server.write('more')).toBe(false)
        expect(log.filter((entry) => entry !== 'drain')).toEqual(['open', 'error SOCKET_ERR_WRITE_QUEUE', 'close'])
      })
    })
  })

  describe('ends', () => {
    it('when the client half-closes, the server still answers', () => {
      let request = ''
      const server: ConnectionHooks = {
        data(_, chunk) {
          request += text(chunk)
        },
        end(c) {
          expect(c.readable).toBe(false)
          expect(c.writable).toBe(true)
          c.closeWrite(`got ${request}`)
        },
      }
      return pairOf({ server }, async (client) => {
        client.closeWrite('question')
        expect(client.writable).toBe(false)
        expect(client.write('late')).toBe(false)
        expect(text(await readAll(client))).toBe('got question')
        await client.closed
        expect(client.error).toBeUndefined()
      })
    })

    it('when the server half-closes, the client can still send', () =>
      pairOf({}, async (client, server) => {
        server.closeWrite('hello')
        expect(text(await readAll(client))).toBe('hello')
        expect(client.writable).toBe(true)
        client.closeWrite('and goodbye')
        expect(text(await readAll(server))).toBe('and goodbye')
        await Promise.all([client.closed, server.closed])
      }))

    it('without an end hook the half-close of the peer closes the connection', async () => {
      const log: string[] = []
      const { end: _, ...hooks } = journal(log)
      await pairOf({ server: hooks }, async (client, server) => {
        client.closeWrite()
        await server.closed
        expect(log).toEqual(['open', 'close'])
        expect(await client.read()).toBeUndefined()
      })
    })

    it('a half-close is noticed while paused, before resume', async () => {
      const log: string[] = []
      await pairOf({ server: journal(log, { open: (c) => c.pause() }) }, async (client, server) => {
        client.closeWrite()
        while (!log.includes('end')) await new Promise(setImmediate)
        expect(server.paused).toBe(true)
        server.close()
        await server.closed
        expect(log).toEqual(['open', 'end', 'close'])
      })
    })

    it('octets held for a paused reader outlive the socket', async () => {
      const log: string[] = []
      let received = ''
      const server = journal(log, {
        open: (c) => c.pause(),
        data(_, chunk) {
          received += text(chunk)
        },
      })
      await pairOf({ server }, async (client, end) => {
        client.closeWrite('kept')
        while (end.bytesRead < 4 || end.readable) await new Promise(setImmediate)
        end.closeWrite()
        await client.read()
        await client.closed
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
        expect(log).toEqual(['open'])
        end.resume()
        await end.closed
        expect(received).toBe('kept')
        expect(log).toEqual(['open', 'data', 'end', 'close'])
      })
    })

    it('close() delivers what is queued, throws away what comes, and runs the close hook last', async () => {
      const log: string[] = []
      await pairOf({ server: journal(log, { data: (c) => c.close() }) }, async (client, server) => {
        const big = pattern(2_000_000)
        server.write(big)
        client.write('x'.repeat(70_000))
        const received = await readAll(client)
        expect(received.length).toBe(big.length)
        client.write('y'.repeat(70_000))
        client.closeWrite()
        await server.closed
        expect(log.filter((entry) => entry === 'data').length).toBe(1)
        expect(log.at(-1)).toBe('close')
        expect(server.error).toBeUndefined()
      })
    })

    it('finish() delivers its octets, small or large, and closes', async () => {
      for (const size of [10, 5_000_000]) {
        await pairOf({ server: { data: (c) => c.finish(pattern(size)) } }, async (client, server) => {
          client.write('request')
          expect((await readAll(client)).length).toBe(size)
          client.close()
          await server.closed
          expect(server.error).toBeUndefined()
        })
      }
    })

    it('destroy() ends reading, writing and waiting at once', async () => {
      const log: string[] = []
      await pairOf({ server: journal(log) }, async (client, server) => {
        const waiting = client.read()
        client.destroy()
        expect(client.writable).toBe(false)
        expect(await waiting).toBeUndefined()
        await client.closed
        await expect(client.drained()).rejects.toMatchObject({ code: 'SOCKET_ERR_CLOSED' })
        server.destroy(new RangeError('enough'))
        await server.closed
        expect(server.error).toMatchObject({ code: 'SOCKET_ERR_DESTROYED', cause: new RangeError('enough') })
        expect(log.filter((entry) => entry === 'close').length).toBe(1)
        expect(log.at(-1)).toBe('close')
      })
    })

    it('a reset becomes an error on the other side, where the transport has one, and close runs once', async () => {
      const log: string[] = []
      await pairOf({ server: journal(log) }, async (client, server) => {
        client.reset()
        await client.closed
        if (transport.name === 'TCP' || transport.name === 'memory') {
          await server.closed
          expect(log).toEqual(['open', 'error SOCKET_ERR_RESET', 'close'])
        } else {
          while (!log.includes('end')) await new Promise(setImmediate)
          server.destroy()
          await server.closed
          expect(log).toEqual(['open', 'end', 'close'])
        }
      })
    })

    // Over TLS an empty write does not reach the system: the loss is noticed with the next read or write.
    const rowOf = transport.name === 'TLS' ? (): void => {} : it
    rowOf('a peer that is lost while the socket is choked is noticed', async () => {
      const log: string[] = []
      await pairOf({ server: journal(log, { open: (c) => c.pause() }) }, async (client, server) => {
        client.write(pattern(10_000_000))
        while (server.bytesRead < 16_384) await new Promise(setImmediate)
        client.reset()
        await server.closed
        expect(log[0]).toBe('open')
        expect(log[1]).toMatch(/^error SOCKET_ERR_(RESET|SYSTEM)$/)
        expect(log[2]).toBe('close')
      })
    })

    it('an abort of connection.signal comes with the close, with the reason', () =>
      pairOf({}, async (client, server) => {
        const { signal } = server
        expect(signal.aborted).toBe(false)
        client.destroy()
        server.destroy(new SocketError('SOCKET_ERR_IDLE_TIMEOUT'))
        await server.closed
        await new Promise(setImmediate)
        expect(signal.aborted).toBe(true)
        expect(signal.reason).toMatchObject({ code: 'SOCKET_ERR_IDLE_TIMEOUT' })
      }))

    it('await using closes at the end of the scope', () =>
      pairOf({ server: echo }, async (client) => {
        client.write('x')
        expect(text(await client.read())).toBe('x')
        await client[Symbol.asyncDispose]()
        expect(client.error).toBeUndefined()
      }))
  })

  describe('pulling', () => {
    it('one reader at a time; a second one is told so', () =>
      pairOf({}, async (client, server) => {
        const first = client.read()
        await expect(client.read()).rejects.toThrow(TypeError)
        server.write('x')
        expect(text(await first)).toBe('x')
      }))

    it('a loop that was left early can be taken up again', () =>
      pairOf({}, async (client, server) => {
        server.write('one')
        for await (const chunk of client) {
          expect(text(chunk)).toBe('one')
          break
        }
        server.closeWrite('two')
        expect(text(await readAll(client))).toBe('two')
      }))

    it('reading from hooks begins where the data hook left off', () => {
      const seen: string[] = []
      const server: ConnectionHooks = {
        async data(c, chunk) {
          seen.push(text(chunk))
          seen.push(text(await c.read()))
          c.resume()
        },
        end() {},
      }
      return pairOf({ server }, async (client, end) => {
        client.write('a')
        while (seen.length < 1) await new Promise(setImmediate)
        client.write('b')
        while (seen.length < 2) await new Promise(setImmediate)
        expect(end.paused).toBe(false)
        client.write('c')
        while (seen.length < 3) await new Promise(setImmediate)
        expect(seen).toEqual(['a', 'b', 'c'])
      })
    })
  })

  describe('a throw', () => {
    const warned: SocketError[] = []
    const failing: { hook: keyof ConnectionHooks; provoke(client: Connection, server: Connection): void }[] = [
      { hook: 'open', provoke() {} },
      { hook: 'data', provoke: (client) => void client.write('x') },
      {
        hook: 'drain',
        provoke(client, server) {
          void readAll(client).catch(() => {})
          server.write(pattern(30_000_000))
        },
      },
      { hook: 'end', provoke: (client) => client.closeWrite() },
      { hook: 'error', provoke: (_, server) => server.destroy(new Error('of the test')) },
      { hook: 'close', provoke: (_, server) => server.destroy() },
    ]
    for (const mode of ['throws', 'rejects'] as const) {
      it.each(failing)(
        `in the $hook hook that ${mode} costs this connection and no other`,
        async ({ hook, provoke }) => {
          warned.length = 0
          const log: string[] = []
          const bystanders = await transport.pair({ server: echo })
          const fail = (): unknown => {
            if (mode === 'rejects') return Promise.reject(new Error(`from ${hook}`))
            throw new Error(`from ${hook}`)
          }
          const hooks = journal(log, {})
          const original = hooks[hook] as (c: Connection, ...rest: never[]) => void
          const setup: PairSetup = {
            server: {
              ...hooks,
              [hook](c: Connection, ...rest: never[]) {
                original(c, ...rest)
                return fail()
              },
            },
            serverOptions: { warn: (error) => void warned.push(error) },
          }
          await pairOf(setup, async (client, server) => {
            provoke(client, server)
            await server.closed
            await new Promise(setImmediate)
            expect(log.filter((entry) => entry === 'close').length).toBe(1)
            expect(log.at(-1)).toBe('close')
            if (hook === 'error' || hook === 'close')
              expect(warned.map((error) => error.code)).toEqual(['SOCKET_ERR_HOOK'])
            else {
              expect(server.error).toMatchObject({ code: 'SOCKET_ERR_HOOK', cause: new Error(`from ${hook}`) })
              expect(log).toContain('error SOCKET_ERR_HOOK')
              expect(warned).toEqual([])
            }
          })
          bystanders.client.write('still here')
          expect(text(await bystanders.client.read())).toBe('still here')
          await bystanders.stop()
        },
      )
    }

    it('without an error hook is told to warn', async () => {
      warned.length = 0
      const setup: PairSetup = {
        server: {
          data() {
            throw new Error('unseen')
          },
        },
        serverOptions: { warn: (error) => void warned.push(error) },
      }
      await pairOf(setup, async (client, server) => {
        client.write('x')
        await server.closed
        expect(warned).toHaveLength(1)
        expect(warned[0]).toMatchObject({ code: 'SOCKET_ERR_HOOK', cause: new Error('unseen') })
      })
    })
  })

  it('tells what it is', () =>
    pairOf({}, async (client, server) => {
      expect(client.id).not.toBe(server.id)
      if (transport.name === 'TCP' || transport.name === 'TLS') {
        expect(server.remote).toEqual(client.local)
        expect(server.remote).toMatchObject({ family: 'IPv4', host: '127.0.0.1' })
        const asked = server.remote
        client.destroy()
        server.destroy()
        await server.closed
        expect(server.remote).toEqual(asked)
      } else {
        expect('host' in server.remote).toBe(false)
        expect(server.remote.family).toBe(transport.name.toLowerCase())
      }
      if (transport.name === 'TLS') expect(server.secure).toBeDefined()
      else expect(server.secure).toBeUndefined()
    }))
})
