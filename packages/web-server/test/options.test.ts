import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { BaseRequestHandler, handlerOf } from '../src/handler.js'
import { accessLog, eventStream, serve, type WebServeOptions, type WebServer } from '../src/index.js'
import { type WebSocketOptions, websocket } from '../src/websocket.js'

/** What no type forbids, or what comes from JavaScript. */
const any = (value: unknown) => value as never

let server: WebServer | undefined
afterEach(() => server?.close({ timeout: 1 }))

const handler = () => {}
const serving = (options: WebServeOptions) => async () => {
  server = await serve({ port: 0, ...options })
}
const opening = (options: WebSocketOptions) => async () => websocket({}, options)
const answering = (heartbeat: number) => async () => {
  let problem: unknown
  server = await serve({
    port: 0,
    handler(_request, response) {
      try {
        eventStream(response, { heartbeat })
      } catch (error) {
        problem = error
        response.end()
      }
    },
  })
  await (await fetch(server.url)).text()
  throw problem
}

describe('what no request could be answered with, and a bound that bounds nothing, is refused at the call', () => {
  const notDurations = [Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 31, any('1')]
  const notNumbers = [Number.NaN, -1, any('1')]
  type Row = [sentence: string, call: () => Promise<unknown>, error: typeof TypeError, message: RegExp]
  const rows: Row[] = [
    ['serve: a handler that is none', serving({ handler: any({}) }), TypeError, /^handler must be a function/],
    ['serve: a fetch handler that is none', serving({ fetch: any('x') }), TypeError, /^fetch must be a function/],
    ['serve: no handler but null', serving({ handler: any(null) }), TypeError, /^handler must be .* not null/],
    ['serve: an upgrade that is none', serving({ handler, upgrade: any({}) }), TypeError, /^upgrade must be/],
    ['serve: the format of a log', serving({ handler, accessLog: any('common') }), TypeError, /^accessLog must be/],
    ['serve: an onError that is none', serving({ handler, onError: any(true) }), TypeError, /^onError must be/],
    ...[false, true, null, 'certificate.pem'].map(
      (tls): Row => [
        `serve: tls that is ${tls}, which would be HTTPS without a certificate`,
        serving({ handler, tls: any(tls) }),
        TypeError,
        /^tls must be an object/,
      ],
    ),
    [
      'serve: a limit of the parser that is none',
      serving({ handler, parser: { maxHeadSize: any('x') } }),
      TypeError,
      /^maxHeadSize/,
    ],
    ['websocket: no hooks', async () => websocket(any(undefined)), TypeError, /hooks/],
    ['websocket: a hook that is none', async () => websocket({ message: any('x') }), TypeError, /^message must be/],
    [
      'websocket: an origin instead of a list, of which a part would do',
      opening({ origins: any('https://a.example') }),
      TypeError,
      /^origins must be a list/,
    ],
    ...['https://a.example/', 'https://A.example', 'https://a.example:443', 'a.example', '*', ''].map(
      (origin): Row => [
        `websocket: the origin ${JSON.stringify(origin)}, which no browser sends`,
        opening({ origins: [origin] }),
        TypeError,
        /^origins are such as/,
      ],
    ),
    [
      'websocket: a subprotocol instead of a list, of which a part would do',
      opening({ protocols: any('chat') }),
      TypeError,
      /^protocols must be a list/,
    ],
    ['websocket: a subprotocol that no client can offer', opening({ protocols: ['a b'] }), TypeError, /is a token/],
    ['websocket: a path without its slash', opening({ path: 'chat' }), RangeError, /begins with a slash/],
    ['websocket: a word for compression', opening({ compress: any('no') }), TypeError, /^compress must be true or/],
    ['websocket: a word for a yes', opening({ requireProtocol: any('no') }), TypeError, /^requireProtocol must/],
    ...notNumbers.flatMap((value) =>
      (['maxPayload', 'maxBufferedAmount'] as const).map(
        (name): Row => [
          `websocket: ${name} ${typeof value} ${value}`,
          opening({ [name]: value }),
          RangeError,
          new RegExp(`^${name} must be`),
        ],
      ),
    ),
    ...notDurations.flatMap((value) =>
      (['pingInterval', 'closeTimeout'] as const).map(
        (name): Row => [
          `websocket: ${name} ${typeof value} ${value}`,
          opening({ [name]: value }),
          RangeError,
          new RegExp(`^${name} must be`),
        ],
      ),
    ),
    ...notDurations.flatMap((value): Row[] => [
      [
        `accessLog: flushInterval ${typeof value} ${value}`,
        async () => accessLog({ flushInterval: value }),
        RangeError,
        /^flushInterval must be/,
      ],
      [`eventStream: heartbeat ${typeof value} ${value}`, answering(value), RangeError, /^heartbeat must be/],
    ]),
    ...notNumbers.map(
      (value): Row => [
        `accessLog: maxBufferSize ${typeof value} ${value}`,
        async () => accessLog({ maxBufferSize: value }),
        RangeError,
        /^maxBufferSize must be/,
      ],
    ),
    ...['', 5, null, {}].map(
      (to): Row => [
        `accessLog: the destination ${JSON.stringify(to)}`,
        async () => accessLog({ to: any(to) }),
        TypeError,
        /^to must be a stream or the name of a file/,
      ],
    ),
    ['accessLog: what every object has', async () => accessLog({ format: any('toString') }), RangeError, /no access/],
    ['handlerOf: no class', async () => handlerOf(any(undefined)), TypeError, /takes a class/],
  ]
  it.each(rows)('%s', async (_sentence, call, error, message) => {
    const problem = await call().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(problem).toBeInstanceOf(error)
    expect((problem as Error).message).toMatch(message)
  })

  it.each([Number.NaN, -1, any('1')])('reading with maxSize %s', async (maxSize) => {
    const told: unknown[] = []
    server = await serve({
      port: 0,
      handler: async (request, response) => void response.end(await request.text({ maxSize })),
      onError: (problem) => told.push(problem),
    })
    expect((await fetch(server.url, { method: 'POST', body: 'abc' })).status).toBe(500)
    expect(told).toEqual([expect.objectContaining({ name: 'RangeError', message: expect.stringContaining('maxSize') })])
  })

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, any('x')])('close with a timeout of %s', async (timeout) => {
    server = await serve({ port: 0, handler: (_request, response) => void response.end('here') })
    await expect(server.close({ timeout })).rejects.toThrow(/^timeout is a number/)
    // Nothing is closed by a call that was none.
    const response = await fetch(server.url)
    expect([response.headers.get('connection'), await response.text()]).toEqual([null, 'here'])
  })
})

describe('what is meant is taken', () => {
  it.each<[string, () => unknown]>([
    ['origins as browsers send them', () => opening({ origins: ['https://a.example', 'http://[::1]:8080', 'null'] })()],
    ['origins of other schemes', () => opening({ origins: ['app://x', 'chrome-extension://abc', 'file://'] })()],
    ['a bound of none', () => opening({ maxPayload: Number.POSITIVE_INFINITY, maxBufferedAmount: 0 })()],
    ['a log that holds any number of lines', () => accessLog({ maxBufferSize: 0 }).close()],
    ['a class', () => handlerOf(class extends BaseRequestHandler {})],
  ])('%s', async (_sentence, call) => {
    await call()
  })

  it.each([
    ['0', 0, 70_000],
    ['what 32 bits do not hold', 2 ** 32 + 5, 70_000],
    ['a part of an octet', 0.5, 1],
  ])('a largest message of %s', async (_says, maxPayload, size) => {
    const upgrade = websocket({ message: (socket, data) => void socket.send(String(data.length)) }, { maxPayload })
    server = await serve({ port: 0, handler, upgrade })
    const client = new WebSocket(server.url.replace('http', 'ws'))
    const answer = new Promise((resolve, reject) => {
      client.on('open', () => client.send('x'.repeat(size)))
      client.on('message', (data) => resolve(Number(String(data))))
      client.on('close', (code) => reject(new Error(`closed: ${code}`)))
    })
    expect(await answer).toBe(size)
    client.terminate()
  })
})
