import { execSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { serve, type WebServeOptions, type WebServer } from '../../src/index.js'
import { application } from '../conformance/application.js'
import { get, HOST, post } from '../conformance/duty.js'
import { readResponses } from '../conformance/read-responses.js'
import { Wire } from '../conformance/wire.js'
import { eventually, liveOctets } from './memory.js'

const closing: Array<() => unknown> = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function start(options: WebServeOptions = {}): Promise<WebServer> {
  const server = await serve({ port: 0, handler: application, onError: () => {}, ...options })
  closing.push(() => server.close({ timeout: 1 }))
  return server
}

/** Many wires at once, gone when the test is. */
function crowd(server: WebServer, count: number): Wire[] {
  const wires = Array.from({ length: count }, () => new Wire(server.port))
  closing.push(() => {
    for (const wire of wires) wire.close()
  })
  return wires
}

/** Half of them leave, half of them break off. */
function vanish(wires: Wire[]): void {
  for (const [index, wire] of wires.entries()) {
    if (index % 2 === 0) wire.close()
    else wire.socket.resetAndDestroy()
  }
}

async function stillAnswers(server: WebServer): Promise<void> {
  const wire = new Wire(server.port)
  wire.send(get('', '/'))
  const [response] = await wire.responses(1, ['GET'])
  wire.close()
  expect(String(response?.content)).toBe('hello')
}

/** As many clients as the limit on open files leaves room for, up to ten thousand. */
const limit = Number(execSync('ulimit -n', { encoding: 'utf8' })) || 1024
const CROWD = Math.min(10_000, limit - 500)

/** Octets that the runtime itself may keep of a crowd: compiled code, pools, statistics. A leak of a thousand connections is more. */
const SLACK = 8 << 20

describe('a crowd', { timeout: 60_000 }, () => {
  it(`of ${CROWD} idle clients is served, is no hindrance, and leaves nothing behind`, {
    timeout: 60_000,
  }, async () => {
    const server = await start({ handler: (_request, response) => void response.end('hello') })
    await stillAnswers(server)
    const before = await liveOctets()
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('crowd.mjs', import.meta.url)), String(server.port), String(CROWD)],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    const left = new Promise((resolve) => child.once('exit', resolve))
    closing.push(() => child.kill())
    const [line] = await new Promise<Buffer[]>((resolve) =>
      child.stdout.once('data', (...data: Buffer[]) => resolve(data)),
    )
    expect(String(line)).toBe(`ready ${CROWD}\n`)
    expect(server.connections).toBe(CROWD)
    await stillAnswers(server)
    const idle = (await liveOctets()) - before
    expect(idle / CROWD, 'live octets for each').toBeLessThan(8 * 1024)
    child.stdin.end()
    await left
    await eventually(() => server.connections === 0, 'all to be gone')
    expect((await liveOctets()) - before, 'octets left behind').toBeLessThan(SLACK)
    await stillAnswers(server)
  })

  it('of a thousand clients that vanish in the middle of a request leaves nothing behind', async () => {
    // To a server a reset can look like a half-close, behind which a client may still wait for its answer.
    const server = await start({ halfClosedTimeout: 200 })
    await stillAnswers(server)
    const before = await liveOctets()
    const halves = [
      `GET / HTTP/1.1\r\n${HOST}X: `,
      post('Content-Length: 100\r\n', 'abc'),
      post('Transfer-Encoding: chunked\r\n', '5\r\nab'),
      get('', '/hang'),
    ]
    for (let round = 0; round < 10; round++) {
      const wires = Array.from({ length: 100 }, () => new Wire(server.port))
      for (const [index, wire] of wires.entries()) wire.send(halves[index % halves.length]!)
      await eventually(() => server.stats.requests >= 1 + (round + 1) * 75, 'the handlers to run')
      vanish(wires)
    }
    await eventually(() => server.connections === 0, 'all to be gone')
    expect((await liveOctets()) - before, 'octets left behind').toBeLessThan(SLACK)
    await stillAnswers(server)
  })

  it('of a thousand clients that vanish in the middle of an answer leaves nothing behind', async () => {
    let running = 0
    let answering = 0
    const whole = Buffer.alloc(8 << 20)
    const server = await start({
      halfClosedTimeout: 200,
      handler: async (request, response) => {
        if (request.path === '/') return application(request, response)
        running++
        answering++
        response.onFinish(() => running--)
        if (request.path === '/whole') return void response.end(whole)
        response.write('begun')
        return new Promise((resolve) => void response.onFinish(() => resolve()))
      },
    })
    await stillAnswers(server)
    const before = await liveOctets()
    for (let round = 0; round < 10; round++) {
      const wires = Array.from({ length: 100 }, () => new Wire(server.port))
      for (const [index, wire] of wires.entries()) {
        wire.socket.pause()
        wire.send(get('', index % 10 === 0 ? '/whole' : '/begun'))
      }
      await eventually(() => answering === (round + 1) * 100, 'the answers to begin')
      vanish(wires)
    }
    await eventually(() => server.connections === 0 && running === 0, 'all to be gone')
    expect((await liveOctets()) - before, 'octets left behind').toBeLessThan(SLACK)
    await stillAnswers(server)
  })

  it('of slow heads is no hindrance, and is sent away in time', async () => {
    const server = await start({ headTimeout: 500 })
    const wires = crowd(server, 500)
    for (const wire of wires) wire.send(`GET / HTTP/1.1\r\n${HOST}`)
    await stillAnswers(server)
    const drip = setInterval(() => {
      for (const wire of wires) if (!wire.ended) wire.send('X: y\r\n')
    }, 100)
    closing.push(() => clearInterval(drip))
    const all = await Promise.all(wires.map((wire) => wire.responsesToEnd(['GET'])))
    expect(new Set(all.map((responses) => responses.map(({ status }) => status).join()))).toEqual(new Set(['408']))
    await stillAnswers(server)
  })

  it('of slow bodies is no hindrance, and is sent away in time', async () => {
    const server = await start({ contentTimeout: 500 })
    const wires = crowd(server, 500)
    for (const wire of wires) wire.send(post('Content-Length: 100000\r\n', 'abc'))
    await stillAnswers(server)
    const all = await Promise.all(wires.map((wire) => wire.responsesToEnd(['POST'])))
    expect(new Set(all.map((responses) => responses.map(({ status }) => status).join()))).toEqual(new Set(['408']))
  })

  it('of slow readers makes the server hold a bounded amount, and is sent away in time', async () => {
    let made = 0
    let running = 0
    let begun = 0
    const server = await start({
      writeTimeout: 1000,
      handler: async (request, response) => {
        if (request.path === '/') return application(request, response)
        running++
        begun++
        response.onFinish(() => running--)
        const piece = Buffer.alloc(65536, 'x')
        for (;;) {
          made++
          if (!response.write(piece)) await response.drained()
        }
      },
    })
    const wires = crowd(server, 100)
    for (const wire of wires) {
      wire.socket.pause()
      wire.send(get('', '/endless'))
    }
    await eventually(() => begun === 100, 'the handlers to run')
    await stillAnswers(server)
    // What the kernel's buffers on both sides take (they grow up to some megabytes), and not more.
    await eventually(() => running === 0, 'all to be cut off')
    expect(made / 100, 'pieces of 64 KiB made for each').toBeLessThan(200)
    await stillAnswers(server)
  })

  it('that pipelines without reading makes the server hold a bounded amount', async () => {
    const server = await start({ writeTimeout: 1000 })
    const wires = crowd(server, 20)
    const flood = Buffer.from(get('', '/large').repeat(200), 'latin1')
    for (const wire of wires) {
      wire.socket.pause()
      wire.send(flood)
    }
    await eventually(() => server.stats.requests >= 20, 'the handlers to run')
    await stillAnswers(server)
    expect(await liveOctets()).toBeLessThan(400 << 20)
    expect(server.stats.requests).toBeLessThan(20 * 50)
  })
})

describe('order', () => {
  it('of random schedules over TCP is kept, however they are cut', {
    timeout: 60_000,
  }, async () => {
    const server = await start({
      handler: (request, response) => {
        // The query is "way.id": how the answer comes about, and what it must say.
        const [way, id] = request.query.split('.') as [string, string]
        return WAYS[Number(way)]!(response as never, id, request as never)
      },
    })
    const random = seeded(20261123)
    const connections = 20
    const rounds = 400 / connections
    await Promise.all(
      Array.from({ length: connections }, async (_, number) => {
        const wire = new Wire(server.port)
        let sent = 0
        let text = ''
        for (let round = 0; round < rounds; round++) {
          // A schedule: some requests, answered in these ways, cut into these pieces.
          const count = 1 + random(8)
          const ids: string[] = []
          let octets = ''
          for (let each = 0; each < count; each++) {
            const id = `${number}-${sent++}`
            ids.push(id)
            const body = random(3) === 0 ? 'b'.repeat(random(50)) : ''
            octets += post(
              body === '' ? '' : `Content-Length: ${body.length}\r\n`,
              body,
              `/?${random(WAYS.length)}.${id}`,
            )
          }
          for (let at = 0; at < octets.length; ) {
            const end = at + 1 + random(octets.length)
            wire.send(octets.slice(at, end))
            if (random(4) === 0) await new Promise(setImmediate)
            at = end
          }
          const before = text.length
          await wire.until(
            () => readResponses(wire.received.subarray(before), ['POST'], false).responses.length >= count,
            `${count} answers`,
          )
          text = wire.received.toString('latin1')
          const answers = readResponses(wire.received.subarray(before), ['POST'], false).responses
          expect(answers.map(({ content }) => String(content))).toEqual(ids)
        }
        wire.close()
      }),
    )
  })
})

interface Answer {
  end(text?: string): void
  write(text: string): boolean
}

/** The ways in which an answer can come about: at once, late, later, whole, in pieces, with and without the content. */
const WAYS: Array<(response: Answer, id: string, request: { bytes(): Promise<Uint8Array> }) => void | Promise<void>> = [
  (response, id) => response.end(id),
  async (response, id) => response.end(id),
  async (response, id) => {
    await null
    response.end(id)
  },
  (response, id) => void setImmediate(() => response.end(id)),
  (response, id) => void setTimeout(() => response.end(id), 0),
  async (response, id, request) => {
    await request.bytes()
    response.end(id)
  },
  (response, id) => {
    response.write(id.slice(0, 2))
    response.end(id.slice(2))
  },
  async (response, id) => {
    response.write(id.slice(0, 1))
    await new Promise(setImmediate)
    response.write(id.slice(1))
    response.end()
  },
  (response, id) => {
    process.nextTick(() => response.end(id))
  },
]

/** A small generator of reproducible numbers (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
