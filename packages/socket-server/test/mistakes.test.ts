import { expect, it } from 'vitest'
import { connect, listen, serve, TimerWheel } from '../src/index.js'
import { certificate } from './transports.js'

const now = { signal: AbortSignal.abort() }
const echo = { data() {} }

it.each([
  [{ port: 65_536 }, RangeError],
  [{ port: -1 }, RangeError],
  [{ port: 1.5 }, RangeError],
  [{ path: '' }, TypeError],
  [{ path: 'a\0b' }, TypeError],
  [{ path: 'x'.repeat(104) }, RangeError],
  [{ address: 'http://localhost:1' }, TypeError],
  [{ address: 'tls://localhost:1' }, TypeError],
  [{ address: 'tcp://localhost:1', tls: certificate }, TypeError],
  [{ maxConnections: -1 }, RangeError],
  [{ maxConnectionsPerAddress: 0.5 }, RangeError],
  [{ backlog: Number.NaN }, RangeError],
  [{ idleTimeout: -5 }, RangeError],
  [{ maxWriteQueue: -5 }, RangeError],
  [{ refusal: 503 as never }, TypeError],
  [{ overload: 'drop' as never }, TypeError],
  [{ idleTimeout: '5000' as never }, RangeError],
  [{ writeTimeout: 5n as never }, RangeError],
  [{ lingerTimeout: null as never }, RangeError],
  [{ keepAlive: true as never }, RangeError],
  [{ port: '80' as never }, RangeError],
  [{ host: 5 as never }, TypeError],
  [{ path: 5 as never }, TypeError],
  [{ address: 5 as never }, TypeError],
  [{ tls: true as never }, TypeError],
  [{ tls: { ...certificate, handshakeError: 'warn' as never } }, TypeError],
  [{ warn: 'stderr' as never }, TypeError],
  [{ signal: {} as never }, TypeError],
])('%o is the mistake of the caller', async (options, error) => {
  await expect(serve(options, echo)).rejects.toThrow(error)
})

it.each([undefined, null, 7, true])('%s in place of options is the mistake of the caller', async (options) => {
  const message = /^options are an object, or an address/
  await expect(serve(options as never, echo)).rejects.toThrow(message)
  await expect(listen(options as never)).rejects.toThrow(message)
  await expect(connect(options as never)).rejects.toThrow(message)
})

it.each([undefined, null, 'echo', { data: 5 }, { end: null }, { open: 'x' }])(
  '%o in place of hooks is the mistake of the caller',
  async (hooks) => {
    await expect(serve({ port: 0 }, hooks as never)).rejects.toThrow(TypeError)
  },
)

it('to close with what is no signal, or no time, is the mistake of the caller, and the server stays', async () => {
  const server = await serve({ wheel: new TimerWheel() }, echo)
  await expect(server.close({ signal: {} as never })).rejects.toThrow(TypeError)
  await expect(server.close({ timeout: '5' as never })).rejects.toThrow(RangeError)
  expect(server.wheel.size).toBe(0)
  await (await connect(server.url)).reset()
  await server.close(now)
})

it.each([
  [{}, 'connect needs a port'],
  [{ host: 'localhost' }, 'connect needs a port'],
  [{ port: 65_536 }, 'not 65536'],
  [{ path: '' }, 'not empty'],
  [{ path: 'x'.repeat(104) }, 'at most 103 octets'],
  [{ port: 1, host: 5 as never }, 'host is a string'],
  [{ port: 1, tls: 'yes' as never }, 'tls is an object'],
  [{ port: 1, lookup: 5 as never }, 'lookup is a function'],
  [{ port: 1, signal: {} as never }, 'signal is an AbortSignal'],
  [{ port: 1, connectTimeout: '5' as never }, 'connectTimeout is a number'],
])('connect(%o) says what is wrong: %s', async (options, message) => {
  await expect(connect(options)).rejects.toThrow(message)
})
