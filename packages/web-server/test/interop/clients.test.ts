import { Agent, get as httpGet, request as httpRequest, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { connect as netConnect } from 'node:net'
import { Readable } from 'node:stream'
import { generate } from 'selfsigned'
import { Client, Pool, WebSocket as UndiciWebSocket, request as undiciRequest } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve, type WebServer } from '../../src/index.js'
import { websocket } from '../../src/websocket.js'
import { application } from '../conformance/application.js'
import type { Echo } from '../conformance/duty.js'
import { have, run } from './programs.js'

let server: WebServer
let base: string

beforeAll(async () => {
  server = await serve({
    port: 0,
    handler: application,
    upgrade: websocket({ message: (socket, data) => void socket.send(data) }, { path: '/socket', protocols: ['chat'] }),
    onError: () => {},
  })
  base = `http://127.0.0.1:${server.port}`
})

afterAll(() => server.close({ timeout: 1 }))

async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of message) text += chunk
  return text
}

const answer = (
  make: (done: (message: IncomingMessage) => void) => { on(event: 'error', done: (error: Error) => void): unknown },
) => new Promise<IncomingMessage>((resolve, reject) => void make(resolve).on('error', reject))

describe('node:http as client', () => {
  it('gets an answer with its fields', async () => {
    const message = await answer((done) => httpGet(`${base}/`, done))
    expect([message.statusCode, message.httpVersion, message.headers['content-length'], await textOf(message)]).toEqual(
      [200, '1.1', '5', 'hello'],
    )
  })

  it('uses one connection for many requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number | undefined>()
    for (let count = 0; count < 20; count++) {
      const message = await answer((done) => httpGet(`${base}/echo?${count}`, { agent }, done))
      ports.add(message.socket.localPort)
      expect((JSON.parse(await textOf(message)) as Echo).query).toBe(String(count))
    }
    expect(ports.size).toBe(1)
    agent.destroy()
  })

  it('sends chunked content with a trailer and gets both back', async () => {
    const message = await answer((done) => {
      const request = httpRequest(`${base}/echo`, { method: 'POST', headers: { Trailer: 'X-Sum' } }, done)
      request.write('one ')
      request.write('two')
      request.addTrailers({ 'X-Sum': '42' })
      request.end()
      return request
    })
    const echo = JSON.parse(await textOf(message)) as Echo
    expect([echo.content, echo.trailers]).toEqual(['one two', [['X-Sum', '42']]])
  })

  it('reads a trailer section', async () => {
    const message = await answer((done) => httpGet(`${base}/trailers`, done))
    expect([await textOf(message), message.trailers]).toEqual(['content', { 'x-sum': '42' }])
  })

  it('hears early hints and 100 (Continue)', async () => {
    const hints: unknown[] = []
    const message = await answer((done) =>
      httpGet(`${base}/early`, done).on('information', ({ statusCode }) => hints.push(statusCode)),
    )
    expect([await textOf(message), hints]).toEqual(['hinted', [103]])
    const echoed = await answer((done) => {
      const request = httpRequest(
        `${base}/echo`,
        { method: 'PUT', headers: { Expect: '100-continue', 'Content-Length': 5 } },
        done,
      )
      request.on('continue', () => request.end('abcde'))
      request.flushHeaders()
      return request
    })
    expect((JSON.parse(await textOf(echoed)) as Echo).content).toBe('abcde')
  })

  it('notices that an answer is incomplete', async () => {
    const message = await answer((done) => httpGet(`${base}/break`, done))
    await expect(textOf(message)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('undici as client', () => {
  it('pipelines on one connection, in order', async () => {
    const client = new Client(base, { pipelining: 10 })
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const { body } = await client.request({ method: 'GET', path: index % 3 === 0 ? '/later' : `/echo?${index}` })
        return body.text()
      }),
    )
    await client.close()
    answers.forEach((text, index) => {
      if (index % 3 === 0) expect(text).toBe('later')
      else expect((JSON.parse(text) as Echo).query).toBe(String(index))
    })
  })

  it('sends and reads streams', async () => {
    const { body } = await undiciRequest(`${base}/echo`, {
      method: 'POST',
      body: Readable.from(['one ', 'two ', 'three']),
    })
    expect(((await body.json()) as Echo).content).toBe('one two three')
  })

  it('gets a megabyte a hundred times over ten connections', async () => {
    const pool = new Pool(base, { connections: 10 })
    const sizes = await Promise.all(
      Array.from(
        { length: 100 },
        async () => (await (await pool.request({ method: 'GET', path: '/large' })).body.arrayBuffer()).byteLength,
      ),
    )
    await pool.close()
    expect(new Set(sizes)).toEqual(new Set([1 << 20]))
  })

  it('as the global fetch reads text, JSON, streams, redirects and errors', async () => {
    expect(await (await fetch(`${base}/stream`)).text()).toBe('one two')
    const posted = await fetch(`${base}/echo`, { method: 'POST', body: JSON.stringify({ a: 1 }) })
    expect(((await posted.json()) as Echo).content).toBe('{"a":1}')
    expect((await fetch(`${base}/error?x`)).status).toBe(404)
    expect((await fetch(`${base}/`, { method: 'HEAD' })).headers.get('content-length')).toBe('5')
  })

  it('as a WebSocket client talks both ways', async () => {
    const Client = globalThis.WebSocket ?? UndiciWebSocket
    const socket = new Client(`ws://127.0.0.1:${server.port}/socket`, ['chat'])
    const message = new Promise<unknown>((resolve) =>
      socket.addEventListener('message', ({ data }: { data: unknown }) => resolve(data)),
    )
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    expect(socket.protocol).toBe('chat')
    socket.send('hello')
    expect(await message).toBe('hello')
    const closed = new Promise<number>((resolve) =>
      socket.addEventListener('close', ({ code }: { code: number }) => resolve(code)),
    )
    socket.close(4000, 'bye')
    expect(await closed).toBe(4000)
  })
})

describe.skipIf(!have('curl'))('curl as client', () => {
  const curl = (...args: string[]) => run('curl', ['--silent', '--max-time', '10', ...args])

  it('gets, posts, puts and asks for the head', async () => {
    expect((await curl(`${base}/`)).output).toBe('hello')
    expect((JSON.parse((await curl('--data', 'a=1', `${base}/echo`)).output) as Echo).content).toBe('a=1')
    expect((JSON.parse((await curl('--upload-file', '-', `${base}/echo`)).output) as Echo).method).toBe('PUT')
    expect((await curl('--head', `${base}/`)).output).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*content-length: 5\r\n/i)
  })

  it('waits for 100 (Continue) before a large upload', async () => {
    const text = 'x'.repeat(500_000)
    const { output } = await run(
      'curl',
      ['--silent', '--max-time', '10', '--header', 'Expect: 100-continue', '--data-binary', '@-', `${base}/echo`],
      text,
    )
    expect((JSON.parse(output) as Echo).content).toHaveLength(500_000)
  })

  it('sends chunks, speaks HTTP/1.0 and uses a connection twice', async () => {
    const sent = await curl('--header', 'Transfer-Encoding: chunked', '--data', 'abc', `${base}/echo`)
    expect((JSON.parse(sent.output) as Echo).content).toBe('abc')
    expect((await curl('--http1.0', `${base}/stream`)).output).toBe('one two')
    expect((await curl('--write-out', '%{num_connects}', `${base}/`, `${base}/`)).output).toBe('hello1hello0')
  })

  it('notices that an answer is incomplete', async () => {
    expect((await curl(`${base}/break`)).code).toBeGreaterThan(0)
  })
})

describe('over TLS', () => {
  let secure: WebServer
  beforeAll(async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
    } as object)
    secure = await serve({ port: 0, handler: application, tls: { key, cert } })
  })
  afterAll(() => secure.close({ timeout: 1 }))

  it('node:https gets an answer', async () => {
    const message = await answer((done) =>
      httpsGet(`https://127.0.0.1:${secure.port}/`, { rejectUnauthorized: false }, done),
    )
    expect(await textOf(message)).toBe('hello')
  })

  it.skipIf(!have('curl'))('curl gets an answer, and the server knows its scheme', async () => {
    const { output } = await run('curl', [
      '--silent',
      '--insecure',
      '--max-time',
      '10',
      '--write-out',
      '%{scheme}',
      `https://127.0.0.1:${secure.port}/`,
    ])
    expect(output.toLowerCase()).toBe('hellohttps')
  })

  it('a client that speaks plain HTTP to it is sent away', async () => {
    const socket = netConnect(secure.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
    await new Promise((resolve) => socket.on('close', resolve))
    const message = await answer((done) =>
      httpsGet(`https://127.0.0.1:${secure.port}/`, { rejectUnauthorized: false }, done),
    )
    expect(await textOf(message)).toBe('hello')
  })
})
