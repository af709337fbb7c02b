import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type Connection, connect, type InternetAddress, listen, serve } from '../src/index.js'
import { certificate } from './transports.js'

const now = { signal: AbortSignal.abort() }

describe('a signal', () => {
  const moments: [sentence: string, later: (abort: () => void) => void][] = [
    ['at once', (abort) => abort()],
    ['in a microtask', (abort) => queueMicrotask(abort)],
    ['in the next tick', (abort) => process.nextTick(abort)],
  ]
  it.each(moments)('that aborts when the handshake is all but done, %s, is heard', async (_, later) => {
    const server = await serve({ tls: certificate }, { data() {} })
    const controller = new AbortController()
    const abort = (): void => controller.abort()
    const tls = {
      ca: certificate.cert,
      servername: 'localhost',
      checkServerIdentity: () => void later(abort),
    }
    const attempt = connect({ host: '127.0.0.1', port: server.port, tls, signal: controller.signal })
    const outcome = await attempt.then(
      async (connection: Connection) => {
        await connection.closed
        return connection.error
      },
      (error: unknown) => error,
    )
    expect(outcome).toMatchObject({ code: 'SOCKET_ERR_ABORTED' })
    await server.close(now)
  })
})

it('one signal for many is no leak: all hang on one listener, which goes with the last of them', async () => {
  const controller = new AbortController()
  const { signal } = controller
  const listener = await listen({ signal })
  const attempts = Array.from({ length: 12 }, () => connect({ address: listener.url, signal }))
  const taken = Array.from({ length: 12 }, () => listener.accept({ signal }))
  const [connections] = await Promise.all([Promise.all(attempts), Promise.all(taken)])
  const waits = listener.accept({ signal }).catch((error: unknown) => error)
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)

  const [first, ...others] = connections
  first!.destroy()
  await first!.closed
  controller.abort()
  expect(await waits).toMatchObject({ code: 'SOCKET_ERR_ABORTED' })
  for (const { error } of others) expect(error).toMatchObject({ code: 'SOCKET_ERR_ABORTED' })
  expect(first!.error).toBeUndefined()
  await listener.closed

  const unaborted = new AbortController().signal
  const server = await serve({ signal: unaborted }, { data() {} })
  const client = await connect({ address: server.url, signal: unaborted })
  client.destroy()
  await server.close(now)
  await client.closed
  expect(getEventListeners(unaborted, 'abort')).toHaveLength(0)
})

it('a signal that aborts in the look-up is heard', async () => {
  const controller = new AbortController()
  const reason = new Error('not that one')
  const attempt = connect({
    host: 'plainwire.test',
    port: 9,
    signal: controller.signal,
    lookup: () => controller.abort(reason),
  })
  await expect(attempt).rejects.toMatchObject({ code: 'SOCKET_ERR_ABORTED', cause: reason })
})

describe('a look-up of the program', () => {
  const port = 9
  const notFound = { code: 'SOCKET_ERR_HOST_NOT_FOUND', message: expect.stringContaining('plainwire.test') }
  it.each<[string, unknown]>([
    ['an empty list', []],
    ['nothing', undefined],
    ['an empty text', ''],
  ])('that finds %s, at once or later, has found no address', async (_, found) => {
    for (const when of [(answer: () => void) => answer(), setImmediate]) {
      const lookup: LookupFunction = (_host, _options, done) => void when(() => done(null, found as never))
      await expect(connect({ host: 'plainwire.test', port, lookup })).rejects.toMatchObject(notFound)
    }
  })

  it.each<[string, Parameters<Parameters<LookupFunction>[2]>]>([
    ['one address', [null, '127.0.0.1']],
    ['one address with its family', [null, '127.0.0.1', 4]],
    ['a list', [null, [{ address: '127.0.0.1', family: 4 }]]],
  ])('that finds %s is understood', async (_, found) => {
    const server = await serve({}, { data() {} })
    const lookup: LookupFunction = (_host, _options, done) => done(...found)
    const client = await connect({ host: 'plainwire.test', port: server.port, lookup })
    expect(client.remote).toMatchObject({ host: '127.0.0.1', port: server.port })
    client.destroy()
    await server.close(now)
  })
})

// What the kernel says of the timer of a connection: its kind, 2 is keep-alive, and what is left of it in hundredths of a second.
describe.skipIf(process.platform !== 'linux')('keepAlive', () => {
  it.each([
    [0, 0],
    [1, 1],
    [500, 1],
    [1000, 1],
    [1001, 2],
    [60_000, 60],
  ])('of %d ms asks after whole seconds, rounded up: %d', async (keepAlive, seconds) => {
    const before = performance.now()
    const server = await serve({}, { data() {} })
    const client = await connect({ host: '127.0.0.1', port: server.port, keepAlive })
    const ends = [client.local, client.remote].map((end) => (end as InternetAddress).port)
    const ports = ends.map((port) => port.toString(16).toUpperCase().padStart(4, '0'))
    const row = new RegExp(` \\w+:${ports[0]} \\w+:${ports[1]} 01 \\S+ (\\w+:\\w+)`)
    const [kind, left] = row
      .exec(readFileSync('/proc/net/tcp', 'utf8'))![1]!
      .split(':')
      .map((digits) => Number.parseInt(digits, 16))
    expect(kind).toBe(keepAlive === 0 ? 0 : 2)
    expect(left).toBeLessThanOrEqual(seconds * 100)
    expect(left).toBeGreaterThanOrEqual(seconds * 100 - (performance.now() - before) / 10 - 10)
    client.destroy()
    await server.close(now)
  })
})
