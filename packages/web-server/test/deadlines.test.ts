import { TimerWheel } from '@plainwire/socket-server'
import { TestClock } from '@plainwire/socket-server/testing'
import { describe, expect, it } from 'vitest'
import { type Handler, serve } from '../src/index.js'
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
