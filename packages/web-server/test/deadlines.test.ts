import { TimerWheel } from '@plainwire/socket-server'
import { TestClock } from '@plainwire/socket-server/testing'
import { describe, expect, it } from 'vitest'
import { type Handler, type ServerResponse, StoredLines, serve, type WebError } from '../src/index.js'
import { RawClient } from './raw-client.js'
import { until } from './until.js'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const never = (): Promise<void> => new Promise(() => {})

/**
 * One row for each deadline: what the client sends, after which answer the clock moves, how long the connection lives,
 * and how it ends. `answers` come before the wait and prove that the server has seen all that was sent.
 */
const rows: Array<{
  sentence: string
  send: string
  handler?: Handler
  finish?: boolean
  answers: number
  options?: object
  lives: number
  status: number | undefined
}> = [
  {
    sentence: 'a connection without an octet is closed in silence after 20 s',
    send: '',
    answers: 0,
    lives: 20_000,
    status: undefined,
  },
  {
    sentence: 'an idle connection is closed in silence after 65 s',
    send: GET,
    answers: 1,
    lives: 65_000,
    status: undefined,
  },
  {
    sentence: 'half a head is answered 408 after 20 s',
    send: `${GET}GET / HT`,
    answers: 1,
    lives: 20_000,
    status: 408,
  },
  {
    sentence: 'half a head after fields, too',
    send: `${GET}GET / HTTP/1.1\r\nHost: a\r\nX: y`,
    answers: 1,
    lives: 20_000,
    status: 408,
  },
  {
    sentence: 'content that stops is answered 408 after 20 s',
    send: `${GET}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc`,
    handler: async (request, response) => void response.end(await request.bytes()),
    answers: 1,
    lives: 20_000,
    status: 408,
  },
  {
    sentence: 'a peer that has half-closed waits 20 s for an answer',
    send: `${GET}GET /never HTTP/1.1\r\nHost: a\r\n\r\n`,
    handler: (request, response) => (request.path === '/never' ? never() : void response.end()),
    finish: true,
    answers: 1,
    lives: 20_000,
    status: undefined,
  },
  {
    sentence: 'a handler that does not answer gets 503 after handlerTimeout',
    send: `${GET}GET /never HTTP/1.1\r\nHost: a\r\n\r\n`,
    handler: (request, response) => (request.path === '/never' ? never() : void response.end()),
    options: { handlerTimeout: 5000 },
    answers: 1,
    lives: 5000,
    status: 503,
  },
]

describe('deadlines', () => {
  it.each(rows)('$sentence', async ({ send, finish, handler, answers, options, lives, status }) => {
    const clock = new TestClock()
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      handler: handler ?? ((_, response) => void response.end()),
      ...options,
    })
    const client = await RawClient.open(server.port)
    await until(() => server.connections === 1)
    client.send(send)
    if (finish) client.finish()
    for (let at = 0; at < answers; at++) await client.response()
    // The server sees the half-close a turn later than the octets.
    if (finish) await new Promise((resolve) => setTimeout(resolve, 20))
    clock.advance(lives - 100)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(client.ended).toBeUndefined()
    expect(client.rest).toBe('')
    clock.advance(600)
    if (status !== undefined) {
      expect(await client.response()).toMatchObject({ status, fields: { connection: 'close' } })
    }
    expect(await client.closed()).toBe('end')
    expect(client.rest).toBe('')
    client.close()
    clock.advance(3000)
  })

  it('the head deadline is total: dripping octets do not move it', async () => {
    const clock = new TestClock()
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      handler: (_, response) => void response.end(),
    })
    const client = await RawClient.open(server.port)
    client.send(`${GET}G`)
    await client.response()
    let read = -1
    for (let second = 0; second < 21 && client.ended === undefined && client.rest === ''; second++) {
      client.send('E')
      const before = read
      await new Promise((resolve) => setTimeout(resolve, 5))
      read = before + 1
      clock.advance(1000)
    }
    expect((await client.response()).status).toBe(408)
    client.close()
  })

  it('content that drips slower than 500 octets a second is refused after 20 s', async () => {
    const clock = new TestClock()
    let pieces = 0
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      async handler(request, response) {
        for await (const _ of request.content) pieces++
        response.end()
      },
    })
    const client = await RawClient.open(server.port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n')
    let seconds = 0
    for (; seconds < 40 && client.rest === ''; seconds++) {
      client.send('x'.repeat(100))
      const seen = pieces
      await until(() => pieces > seen || client.rest !== '')
      clock.advance(1000)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect((await client.response()).status).toBe(408)
    expect(seconds).toBeGreaterThanOrEqual(20)
    expect(seconds).toBeLessThan(25)
    client.close()
  })

  it('content that comes faster than that is not', async () => {
    const clock = new TestClock()
    let pieces = 0
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      async handler(request, response) {
        for await (const _ of request.content) pieces++
        response.end('all')
      },
    })
    const client = await RawClient.open(server.port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 24000\r\n\r\n')
    for (let second = 0; second < 40; second++) {
      const seen = pieces
      client.send('x'.repeat(600))
      await until(() => pieces > seen)
      clock.advance(1000)
    }
    expect((await client.response()).content).toBe('all')
    client.close()
  })

  const lateness: Array<[what: string, answer: (response: ServerResponse) => void]> = [
    ['sets fields', (response) => response.setField('X', 'y').appendField('X', 'z').removeField('X').clearFields()],
    ['writes a head', (response) => response.writeHead(200, { X: 'y' }).end('late')],
    ['hints', (response) => response.informational(103).end('late')],
    ['writes pieces', (response) => void (response.write('late') && response.end())],
    ['sends an error page', (response) => response.sendError(404)],
    ['sends a stored answer', (response) => response.endStored(200, new StoredLines('Content-Length: 4\r\n'), 'late')],
  ]
  it.each(lateness)('a handler that %s after its deadline was answered harms nobody', async (_what, answer) => {
    const clock = new TestClock()
    const errors: unknown[] = []
    const told: unknown[] = []
    let late: (() => void) | undefined
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      handlerTimeout: 1000,
      onError: (error) => void errors.push(error),
      handler(request, response) {
        if (request.path === '/fine') return void response.end('fine')
        request.signal.addEventListener('abort', () => told.push((request.signal.reason as WebError).code))
        response.onFinish(({ aborted }) => told.push(aborted))
        late = () => answer(response)
      },
    })
    const client = await RawClient.open(server.port)
    client.send(GET)
    await until(() => late !== undefined)
    clock.advance(2000)
    expect((await client.response()).status).toBe(503)
    expect(late).not.toThrow()
    expect(told).toEqual([true, 'WEB_ERR_HANDLER_TIMEOUT'])
    expect(await client.closed()).toBe('end')
    expect(client.rest).toBe('')
    const other = await RawClient.open(server.port)
    other.send('GET /fine HTTP/1.1\r\nHost: a\r\n\r\n')
    expect((await other.response()).content).toBe('fine')
    expect(errors).toEqual([])
    client.close()
    other.close()
  })

  it.each([['Fine'], ['a\nb'], ['\u20ac']])(
    'the reason %j of a handler that is late is not that of its 503',
    async (reason) => {
      const clock = new TestClock()
      let ran = false
      await using server = await serve({
        port: 0,
        wheel: new TimerWheel({ clock }),
        handlerTimeout: 1000,
        handler(_, response) {
          response.reason = reason
          ran = true
        },
      })
      const client = await RawClient.open(server.port)
      client.send(GET)
      await until(() => ran)
      clock.advance(2000)
      expect(await client.response()).toMatchObject({ status: 503, reason: 'Service Unavailable' })
      client.close()
    },
  )

  it('a handler that waits for content when its deadline is answered hears that nothing comes', async () => {
    const clock = new TestClock()
    const told: unknown[] = []
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      handlerTimeout: 1000,
      onError: (error) => void told.push(error),
      handler: async (request) => {
        try {
          await request.text()
        } catch (problem) {
          told.push((problem as WebError).code)
          throw problem
        }
      },
    })
    const client = await RawClient.open(server.port)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')
    await until(() => server.stats.requests === 1)
    clock.advance(2000)
    expect((await client.response()).status).toBe(503)
    await until(() => told.length > 0)
    expect(told).toEqual(['WEB_ERR_CONTENT_DROPPED'])
    client.close()
  })

  it('a stream that begins after its deadline was answered is cancelled', async () => {
    const clock = new TestClock()
    let begin: (() => void) | undefined
    let pieces = 0
    let over = false
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      handlerTimeout: 1000,
      handler: (_, response) =>
        response.send(
          (async function* () {
            try {
              await new Promise<void>((resolve) => {
                begin = resolve
              })
              for (;;) {
                pieces++
                yield 'late'
                await new Promise(setImmediate)
              }
            } finally {
              over = true
            }
          })(),
        ),
    })
    const client = await RawClient.open(server.port)
    client.send(GET)
    await until(() => begin !== undefined)
    clock.advance(2000)
    expect((await client.response()).status).toBe(503)
    begin!()
    await until(() => over)
    expect(pieces).toBeLessThan(2)
    client.close()
  })

  it('the last answer of a connection waits for a slow reader as long as any other', async () => {
    const clock = new TestClock()
    const size = 32 << 20
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      handler: (_, response) => void response.end(Buffer.alloc(size, 'x')),
    })
    const client = await RawClient.open(server.port)
    client.socket.pause()
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await until(() => server.stats.requests === 1)
    clock.advance(25_000)
    await new Promise((resolve) => setImmediate(resolve))
    expect(client.ended).toBeUndefined()
    client.socket.resume()
    expect((await client.response()).content.length).toBe(size)
    client.close()
  })

  it('a peer that does not read is cut off after 30 s', async () => {
    const clock = new TestClock()
    let finished: boolean | undefined
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      handler(_, response) {
        response.onFinish(({ aborted }) => {
          finished = aborted
        })
        return response.send(
          (async function* () {
            for (;;) yield Buffer.alloc(1 << 20)
          })(),
        )
      },
    })
    const client = await RawClient.open(server.port)
    client.socket.pause()
    client.send(GET)
    await new Promise((resolve) => setTimeout(resolve, 100))
    clock.advance(29_000)
    expect(finished).toBeUndefined()
    clock.advance(3000)
    await until(() => finished !== undefined)
    expect(finished).toBe(true)
    client.close()
  })
})

describe('content that nobody reads', () => {
  const open = async (handler: Handler) => {
    const clock = new TestClock()
    const server = await serve({ port: 0, wheel: new TimerWheel({ clock }), handler })
    return { clock, server, client: await RawClient.open(server.port) }
  }
  const answer: Handler = (_, response) => void response.end('answer')

  it('costs nobody the answer when there is more than is dropped', async () => {
    const { server, client } = await open(answer)
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n${'x'.repeat(400_000)}`)
    expect((await client.response()).content).toBe('answer')
    expect(await client.closed()).toBe('end')
    client.close()
    await server.close()
  })

  it('costs nobody the answer when its rest does not come', async () => {
    const { server, client, clock } = await open(answer)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc')
    expect((await client.response()).content).toBe('answer')
    clock.advance(2500)
    expect(await client.closed()).toBe('end')
    expect(server.connections).toBe(1)
    clock.advance(2500)
    await until(() => server.connections === 0)
    client.close()
    await server.close()
  })
})

describe('connections', () => {
  it('one too many makes the longest idle one go', async () => {
    const clock = new TestClock()
    await using server = await serve({
      port: 0,
      wheel: new TimerWheel({ clock }),
      maxConnections: 2,
      handler: (_, r) => void r.end(),
    })
    const [one, two] = [await RawClient.open(server.port), await RawClient.open(server.port)]
    two.send(GET)
    await two.response()
    clock.advance(1000)
    one.send(GET)
    await one.response()
    const three = await RawClient.open(server.port)
    three.send(GET)
    expect((await three.response()).status).toBe(200)
    expect(await two.closed()).toBe('end')
    one.send(GET)
    expect((await one.response()).status).toBe(200)
    for (const client of [one, two, three]) client.close()
  })

  it('one too many is told 503 when all are busy', async () => {
    let busy = 0
    await using server = await serve({
      port: 0,
      maxConnections: 1,
      handler: () => {
        busy++
        return never()
      },
    })
    const one = await RawClient.open(server.port)
    one.send(GET)
    await until(() => busy === 1)
    const two = await RawClient.open(server.port)
    expect(await two.response()).toMatchObject({ status: 503, fields: { connection: 'close' } })
    expect(await two.closed()).toBe('end')
    one.socket.resetAndDestroy()
    two.close()
  })
})
