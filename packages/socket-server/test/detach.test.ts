import { describe, expect, it } from 'vitest'
import type { Connection, ConnectionHooks } from '../src/index.js'
import { type PairSetup, transports } from './transports.js'

const text = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString('latin1')

describe.each(transports)('detach, over $name,', (transport) => {
  const pairOf = async (setup: PairSetup, run: (client: Connection, server: Connection) => Promise<void>) => {
    const pair = await transport.pair(setup)
    try {
      await run(pair.client, pair.server)
    } finally {
      await pair.stop()
    }
  }

  it('gives up the socket with what was read so far, and no hook runs any more', async () => {
    const log: string[] = []
    const hooks: ConnectionHooks = {
      open(c) {
        log.push('open')
        c.pause()
      },
      ...Object.fromEntries(['data', 'end', 'error', 'close'].map((name) => [name, () => void log.push(name)])),
    }
    await pairOf({ server: hooks }, async (client, server) => {
      client.write('early')
      while (server.bytesRead < 5) await new Promise(setImmediate)
      const { socket, head, ended: told } = server.detach()
      expect([text(head), told]).toEqual(['early', false])
      expect(server.write('nothing')).toBe(false)
      expect(() => server.detach()).toThrow(TypeError)
      const ended = new Promise<string>((resolve) => {
        let rest = ''
        socket.on('data', (chunk: Buffer) => {
          rest += chunk
        })
        socket.on('end', () => resolve(rest))
      })
      socket.resume()
      socket.write('from the socket')
      expect(text(await client.read())).toBe('from the socket')
      client.closeWrite('late')
      expect(await ended).toBe('late')
      socket.destroy()
      await server.closed
      expect(log).toEqual(['open'])
    })
  })

  it.each(['', 'octets'])('tells of an end that came before, behind %j', async (octets) => {
    await pairOf({ server: { open: (c) => c.pause(), data() {}, end() {} } }, async (client, server) => {
      client.closeWrite(octets)
      while (server.readable) await new Promise(setImmediate)
      const { socket, head, ended } = server.detach()
      expect([text(head), ended]).toEqual([octets, true])
      socket.destroy()
    })
  })

  it('is refused while octets wait', () =>
    pairOf({}, async (client, server) => {
      client.pause()
      for (let writes = 0; writes < 400 && server.write(Buffer.alloc(100_000)); writes++);
      server.write(Buffer.alloc(300_000))
      expect(() => server.detach()).toThrow('wait in the write queue')
    }))
})
