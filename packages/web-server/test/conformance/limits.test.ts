import { afterEach, describe, expect, it } from 'vitest'
import { serve, type WebServeOptions, type WebServer } from '../../src/index.js'
import { application } from './application.js'
import { get, HOST, post } from './duty.js'
import { readResponses, valuesOf } from './read-responses.js'
import { Wire } from './wire.js'

// Deadlines are a second or less here, and the server's clock is as coarse as ever: what is asserted is that the deadline
// is kept and how the connection ends, never how long it took.

const open: Array<{ close(options?: { timeout?: number }): unknown }> = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close({ timeout: 1 })
})

async function start(options: WebServeOptions): Promise<WebServer> {
  const server = await serve({ port: 0, handler: application, onError: () => {}, ...options })
  open.push(server)
  return server
}

function wireTo(server: WebServer): Wire {
  const wire = new Wire(server.port)
  open.push(wire)
  return wire
}

/** The statuses of all that came, once the server has closed. */
async function statusesToEnd(wire: Wire): Promise<number[]> {
  return (await wire.responsesToEnd(['GET'])).map(({ status }) => status)
}

interface Deadline {
  says: string
  source: string
  options: WebServeOptions
  talk(wire: Wire): Promise<void> | void
  statuses: number[]
}

const DEADLINES: Deadline[] = [
  {
    says: 'a head that stops half-way is answered 408',
    source: 'CVE-2018-12122',
    options: { headTimeout: 300 },
    talk: (wire) => wire.send(`GET / HTTP/1.1\r\n${HOST}X: `),
    statuses: [408],
  },
  {
    says: 'a head that drips, a line at a time, is answered 408: the deadline is total',
    source: 'CVE-2019-5737',
    options: { headTimeout: 500 },
    talk: (wire) => {
      wire.send(`GET / HTTP/1.1\r\n${HOST}`)
      const drip = setInterval(() => (wire.ended ? clearInterval(drip) : wire.send('X: y\r\n')), 50)
      open.push({ close: () => clearInterval(drip) })
    },
    statuses: [408],
  },
  {
    says: 'a second head that drips is answered 408, too',
    source: 'CVE-2018-12122',
    options: { headTimeout: 300 },
    talk: async (wire) => {
      wire.send(get('', '/'))
      await wire.responses(1, ['GET'])
      wire.send('GET /')
    },
    statuses: [200, 408],
  },
  {
    says: 'a connection without an octet is closed without a word',
    source: 'limits',
    options: { firstOctetTimeout: 300 },
    talk: () => {},
    statuses: [],
  },
  {
    says: 'a connection of empty lines is closed',
    source: 'CVE-2019-5739',
    options: { firstOctetTimeout: 300, headTimeout: 300 },
    talk: (wire) => wire.send('\r\n'),
    statuses: [408],
  },
  {
    says: 'an idle connection is closed without a word',
    source: 'CVE-2019-5739',
    options: { keepAliveTimeout: 300 },
    talk: (wire) => wire.send(get('', '/')),
    statuses: [200],
  },
  {
    says: 'content that stops half-way is answered 408 while somebody waits for it',
    source: 'slow body',
    options: { contentTimeout: 300 },
    talk: (wire) => wire.send(post('Content-Length: 10\r\n', 'abc')),
    statuses: [408],
  },
  {
    says: 'chunked content that stops half-way is answered 408',
    source: 'slow body',
    options: { contentTimeout: 300 },
    talk: (wire) => wire.send(post('Transfer-Encoding: chunked\r\n', '5\r\nab')),
    statuses: [408],
  },
  {
    says: 'content that drips below the least rate is answered 408',
    source: 'slow body',
    options: { contentTimeout: 400, minContentRate: 500 },
    talk: (wire) => {
      wire.send(post('Content-Length: 1000\r\n', 'a'))
      const drip = setInterval(() => (wire.ended ? clearInterval(drip) : wire.send('a')), 50)
      open.push({ close: () => clearInterval(drip) })
    },
    statuses: [408],
  },
  {
    says: 'content nobody reads is not waited for beyond the drain deadline',
    source: 'RFC 9112 §9.6',
    options: { drainTimeout: 300 },
    talk: (wire) => wire.send(post('Content-Length: 100000\r\n', 'abc', '/ignore')),
    statuses: [200],
  },
  {
    says: 'a handler that has not begun to answer in time is answered for: 503',
    source: 'RFC 9110 §15.6.4',
    options: { handlerTimeout: 300 },
    talk: (wire) => wire.send(get('', '/hang')),
    statuses: [503],
  },
]

describe.concurrent('deadlines', { timeout: 30_000 }, () => {
  for (const { says, source, options, talk, statuses } of DEADLINES) {
    it(`${says} (${source})`, async () => {
      const server = await serve({ port: 0, handler: application, onError: () => {}, ...options })
      const wire = new Wire(server.port)
      try {
        await talk(wire)
        expect(await statusesToEnd(wire)).toEqual(statuses)
      } finally {
        wire.close()
        await server.close({ timeout: 1 })
      }
    })
  }

  it('a peer that reads nothing of its answer is cut off (slow reader)', async () => {
    let aborted: (() => void) | undefined
    const gone = new Promise<void>((resolve) => {
      aborted = resolve
    })
    const server = await serve({
      port: 0,
      writeTimeout: 300,
      handler: (_request, response) => {
        response.onFinish((answer) => answer.aborted && aborted?.())
        return response.send(endless())
      },
    })
    const wire = new Wire(server.port)
    wire.socket.pause()
    try {
      wire.send(get('', '/'))
      await gone
    } finally {
      wire.close()
      await server.close({ timeout: 1 })
    }
  })
})

describe('bounds', { timeout: 30_000 }, () => {
  it('the last of the requests a connection may carry is answered with close', async () => {
    const wire = wireTo(await start({ maxRequestsPerConnection: 3 }))
    wire.send(get('', '/').repeat(5))
    const responses = await wire.responsesToEnd(['GET'])
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(responses.map((response) => valuesOf(response, 'connection').join())).toEqual(['', '', 'close'])
  })

  it('an idle connection makes room for a new one', async () => {
    const server = await start({ maxConnections: 1 })
    const idle = wireTo(server)
    idle.send(get('', '/'))
    await idle.responses(1, ['GET'])
    const fresh = wireTo(server)
    fresh.send(get('', '/'))
    expect((await fresh.responses(1, ['GET']))[0]?.status).toBe(200)
    await idle.until(() => idle.ended, 'the idle connection to be closed')
  })

  it('a connection beyond the bound is answered 503 while all others are busy', async () => {
    const server = await start({ maxConnections: 1 })
    const busy = wireTo(server)
    busy.send(get('', '/hang'))
    await wireUntil(() => server.stats.requests === 1)
    const refused = wireTo(server)
    refused.send(get('', '/'))
    expect(await statusesToEnd(refused)).toEqual([503])
  })

  it('a peer is not read on without end while an answer is in work', async () => {
    const server = await start({ maxReadAhead: 64 * 1024 })
    const wire = wireTo(server)
    wire.send(get('', '/hang'))
    await wireUntil(() => server.stats.requests === 1)
    const flood = Buffer.from(get('', '/').repeat(200_000), 'latin1')
    wire.send(flood)
    // All that the kernel's buffers and the read-ahead take is gone when the queue has not moved for fifty turns.
    let left = -1
    for (let still = 0; still < 50; ) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      still = wire.socket.writableLength === left ? still + 1 : 0
      left = wire.socket.writableLength
    }
    expect(left).toBeGreaterThan(0)
  })

  it('after the flood was held back every request is answered, in order', async () => {
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let first = true
    const server = await start({
      handler: async (request, response) => {
        if (first) {
          first = false
          await held
        }
        response.end(request.query)
      },
    })
    const wire = wireTo(server)
    const count = 5000
    wire.send(Array.from({ length: count }, (_, index) => get('', `/?${index}`)).join(''))
    await wireUntil(() => !first)
    release?.()
    await wire.until(() => wire.received.includes(String(count - 1)), 'the last answer')
    const { responses } = readResponses(wire.received, ['GET'], false)
    expect(responses.map(({ content }) => Number(String(content)))).toEqual(
      Array.from({ length: count }, (_, index) => index),
    )
  })

  it('limits are exact: a head of maxHeadSize octets is understood, one octet more is not', async () => {
    const server = await start({ parser: { maxHeadSize: 1024 } })
    const sized = (size: number) => {
      const bare = get('X: \r\n', '/').length
      return get(`X: ${'y'.repeat(size - bare)}\r\n`, '/')
    }
    for (const [size, status] of [
      [1023, 200],
      [1024, 200],
      [1025, 431],
    ] as const) {
      const wire = wireTo(server)
      expect(sized(size)).toHaveLength(size)
      wire.send(sized(size))
      expect((await wire.responses(1, ['GET']))[0]?.status, `${size} octets`).toBe(status)
    }
  })
})

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(65536)
}

async function wireUntil(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 4000; turn++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error('waited in vain')
}
