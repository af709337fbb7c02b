import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { getEventListeners, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  type Exchange,
  eventStream,
  type Handler,
  type ServerRequest,
  type ServerResponse,
  serve,
  WebError,
} from '../src/index.js'
import { RawClient } from './raw-client.js'
import { until } from './until.js'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo, other\r\n\r\n'
const hello: Handler = (_, response) => void response.end('hello')

describe('serve', () => {
  it.each([
    ['needs somebody who answers', {}],
    ['takes one of the two only', { handler: hello, fetch: () => new Response() }],
    ['takes no negative bound', { handler: hello, maxDrainSize: -1 }],
    ['takes no bound that is no number', { handler: hello, headTimeout: '20' as never }],
  ])('%s', async (_, options) => {
    await expect(serve({ port: 0, ...options })).rejects.toThrow(/RangeError|TypeError|needs|is a number/)
  })

  it('says where it listens', async () => {
    await using server = await serve({ port: 0, handler: hello })
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    expect(server.address).toMatchObject({ host: '127.0.0.1', port: server.port })
  })

  it('listens on a Unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'web-'))
    const path = join(folder, 'socket')
    {
      await using server = await serve({ path, handler: hello })
      expect(server.url).toBe(`unix:${path}`)
      expect(server.port).toBe(0)
      const socket = connect(path).end(GET)
      let text = ''
      for await (const chunk of socket) text += chunk
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*hello$/)
    }
    await rm(folder, { recursive: true })
  })

  it('a port in use is told', async () => {
    await using server = await serve({ port: 0, handler: hello })
    await expect(serve({ port: server.port, handler: hello })).rejects.toThrow(/EADDRINUSE/)
  })

  it('counts', async () => {
    await using server = await serve({ port: 0, handler: hello })
    const client = await RawClient.open(server.port)
    client.send(GET + GET)
    await client.response()
    await client.response()
    client.send('bad\r\n\r\n')
    expect((await client.response()).status).toBe(400)
    expect(server.stats).toEqual({ requests: 2, refused: 1, accepted: 1 })
    client.close()
  })
})

describe('close', () => {
  it('closes idle connections at once and lets running requests finish, with Connection: close', async () => {
    let answer: () => void = () => {}
    const server = await serve({
      port: 0,
      async handler(request, response) {
        if (request.path === '/slow') await new Promise<void>((resolve) => (answer = resolve))
        response.end('done')
      },
    })
    const [idle, busy] = [await RawClient.open(server.port), await RawClient.open(server.port)]
    idle.send(GET)
    await idle.response()
    busy.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => server.stats.requests === 2)
    const closing = server.close()
    expect(await idle.closed()).toBe('end')
    expect(busy.ended).toBeUndefined()
    await expect(RawClient.open(server.port)).rejects.toThrow()
    answer()
    expect(await busy.response()).toMatchObject({ content: 'done', fields: { connection: 'close' } })
    busy.close()
    await closing
    await server.closed
    expect(server.connections).toBe(0)
  })

  it('destroys what does not finish in time, and tells its handler', async () => {
    let gone = false
    const server = await serve({
      port: 0,
      handler: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            gone = true
            resolve()
          })
        }),
    })
    const client = await RawClient.open(server.port)
    client.send(GET)
    await until(() => server.stats.requests === 1)
    await server.close({ timeout: 50 })
    expect(gone).toBe(true)
    await client.closed()
    client.close()
  })

  const halves: Array<[sentence: string, before: string, half: string]> = [
    ['half a head on a new connection', '', 'GET / HTTP/1.1\r\nHo'],
    ['half a head after an answer', GET, 'GET / HTTP/1.1\r\nHost: a\r\n'],
    ['the first octet of a head', '', 'G'],
  ]
  it.each(halves)('does not wait for the rest of %s', async (_, before, half) => {
    const server = await serve({ port: 0, handler: hello, headTimeout: 0 })
    const [waiting, other] = [await RawClient.open(server.port), await RawClient.open(server.port)]
    waiting.send(before + half)
    if (before !== '') expect((await waiting.response()).content).toBe('hello')
    // What was sent before this request has been read when it is answered.
    other.send(GET)
    await other.response()
    const closing = server.close({ timeout: 0 })
    expect(await waiting.closed()).toBe('end')
    expect(waiting.rest).toBe('')
    waiting.close()
    other.close()
    await closing
  })

  it('can be called twice', async () => {
    const server = await serve({ port: 0, handler: hello })
    await Promise.all([server.close(), server.close()])
  })

  it('leaves nothing with a signal that outlives the server', async () => {
    const { signal } = new AbortController()
    const server = await serve({ port: 0, handler: hello, signal })
    expect(getEventListeners(signal, 'abort').length).toBeGreaterThan(0)
    await server.close()
    await until(() => getEventListeners(signal, 'abort').length === 0)
  })

  it('takes one listener of a signal that many servers have', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const servers = await Promise.all(Array.from({ length: 12 }, () => serve({ port: 0, handler: hello, signal })))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    controller.abort()
    await Promise.all(servers.map(({ closed }) => closed))
  })

  it('comes with the signal', async () => {
    const controller = new AbortController()
    const server = await serve({ port: 0, handler: hello, signal: controller.signal })
    controller.abort()
    await server.closed
  })
})

describe('leaving HTTP', () => {
  it('hands over the socket with the octets that came after the head', async () => {
    await using server = await serve({
      port: 0,
      handler: hello,
      upgrade(_request, _response, upgrade) {
        expect(upgrade.protocols).toEqual(['echo', 'other'])
        const { socket, head } = upgrade.accept('echo', { 'X-A': 'b' })
        socket.write(head)
        socket.pipe(socket)
      },
    })
    const client = await RawClient.open(server.port)
    client.send(`${UPGRADE}first `)
    const { status, fields } = await client.response()
    expect(status).toBe(101)
    expect(fields).toMatchObject({ upgrade: 'echo', connection: 'Upgrade', 'x-a': 'b' })
    client.send('second')
    await until(() => client.rest === 'first second')
    expect(server.connections).toBe(1)
    client.finish()
    await client.closed()
    await until(() => server.connections === 0)
    client.close()
  })

  it('ends with the signal of the server', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const upgrade: Parameters<typeof serve>[0]['upgrade'] = (_request, _response, given) => void given.accept('echo')
    const server = await serve({ port: 0, handler: hello, upgrade, signal })
    const client = await RawClient.open(server.port)
    client.send(UPGRADE)
    expect((await client.response()).status).toBe(101)
    controller.abort()
    await server.closed
    await client.closed()
    client.close()
  })

  it('opens a tunnel for CONNECT', async () => {
    await using server = await serve({
      port: 0,
      handler: hello,
      upgrade: (request, _response, upgrade) => void upgrade.accept(request.target).socket.end('tunnel'),
    })
    const client = await RawClient.open(server.port)
    client.send('CONNECT b:1 HTTP/1.1\r\nHost: b:1\r\n\r\n')
    const { status, fields } = await client.response('CONNECT')
    expect(status).toBe(200)
    expect(fields['transfer-encoding'] ?? fields['content-length']).toBeUndefined()
    await client.closed()
    expect(client.rest).toBe('tunnel')
    client.close()
  })

  const declined: Array<
    [sentence: string, upgrade: Parameters<typeof serve>[0]['upgrade'] | undefined, status: number]
  > = [
    ['without an upgrade handler it is an ordinary request', undefined, 200],
    ['so it is when the handler says that it is not its own', () => false, 200],
    ['or promises so', async () => false, 200],
    ['the handler may refuse', (_, response) => response.sendError(403), 403],
    [
      'what it throws is answered',
      () => {
        throw new WebError('WEB_ERR_UNSUPPORTED_MEDIA_TYPE')
      },
      415,
    ],
    ['it can accept only what was offered', (_q, _r, upgrade) => void upgrade.accept('h2c'), 500],
  ]
  it.each(declined)('%s', async (_, upgrade, status) => {
    await using server = await serve({ port: 0, handler: hello, onError: () => {}, ...(upgrade && { upgrade }) })
    const client = await RawClient.open(server.port)
    client.send(UPGRADE + GET)
    expect((await client.response()).status).toBe(status)
    expect((await client.response()).status).toBe(200)
    client.close()
  })

  it('can not be done twice, nor after the answer has begun, which is nobody leaving', async () => {
    const problems: unknown[] = []
    await using server = await serve({
      port: 0,
      handler: hello,
      upgrade(request, response, upgrade) {
        const attempt = () => {
          try {
            upgrade.detach().socket.end()
          } catch (error) {
            problems.push((error as WebError).code)
          }
        }
        if (request.fields.has('x-begun')) response.end()
        attempt()
        attempt()
      },
    })
    const begun = await RawClient.open(server.port)
    begun.send(UPGRADE.replace('\r\n\r\n', '\r\nX-Begun: 1\r\n\r\n'))
    await begun.response()
    const twice = await RawClient.open(server.port)
    twice.send(UPGRADE)
    await twice.closed()
    expect(problems).toEqual(['WEB_ERR_NOT_UPGRADED', 'WEB_ERR_NOT_UPGRADED', 'WEB_ERR_NOT_UPGRADED'])
    begun.close()
    twice.close()
  })

  it('leaves the address of the peer with the request, for when both are gone', async () => {
    let asked: ServerRequest | undefined
    await using server = await serve({
      port: 0,
      handler: hello,
      upgrade(request, _response, upgrade) {
        asked = request
        upgrade.detach().socket.destroy()
      },
    })
    const client = await RawClient.open(server.port)
    client.send(UPGRADE)
    await client.closed()
    expect(asked!.remote).toMatchObject({ host: '127.0.0.1' })
    client.close()
  })

  it('is told when the server closes, and ended when time is up', async () => {
    let told = false
    const server = await serve({
      port: 0,
      handler: hello,
      upgrade: (_q, _r, upgrade) => void upgrade.accept('echo', {}, { closing: () => (told = true) }),
    })
    const client = await RawClient.open(server.port)
    client.send(UPGRADE)
    await client.response()
    await server.close({ timeout: 50 })
    expect(told).toBe(true)
    await client.closed()
    client.close()
  })

  it('that stands only after the server began to close is told, too', async () => {
    let accept: (() => void) | undefined
    let told = 0
    const server = await serve({
      port: 0,
      handler: hello,
      upgrade: (_q, _r, upgrade) =>
        new Promise<void>((resolve) => {
          accept = () => {
            const closing = (): void => {
              told++
              socket.destroy()
            }
            const { socket, ended } = upgrade.accept('echo', {}, { closing })
            expect([told, ended]).toEqual([0, false])
            resolve()
          }
        }),
    })
    const client = await RawClient.open(server.port)
    client.send(UPGRADE)
    await until(() => accept !== undefined)
    const closed = server.close({ timeout: 60_000 })
    accept!()
    await closed
    expect(told).toBe(1)
    client.close()
  })

  it('says whether the peer has half-closed before', async () => {
    let accept: (() => void) | undefined
    let over: boolean | undefined
    await using server = await serve({
      port: 0,
      handler: hello,
      upgrade: (_q, _r, upgrade) =>
        new Promise<void>((resolve) => {
          accept = () => {
            const { socket, ended } = upgrade.accept('echo')
            over = ended
            socket.destroy()
            resolve()
          }
        }),
    })
    const client = await RawClient.open(server.port)
    client.send(UPGRADE).finish()
    await until(() => accept !== undefined)
    // The half-close comes behind the request: it is there when a later client has been answered.
    const later = await RawClient.open(server.port)
    later.send(GET)
    await later.response()
    later.close()
    accept!()
    expect(over).toBe(true)
    client.close()
  })
})

describe('observing', () => {
  const abortLate = (response: ServerResponse, reason?: unknown) => {
    response.write('x')
    response.abort(reason)
  }
  it.each<[says: string, handler: Handler, error: unknown]>([
    ['of the handler’s, with its reason', (_, response) => abortLate(response, 'tired'), 'tired'],
    ['of the handler’s, with none', (_, response) => abortLate(response), undefined],
    [
      'by what it threw',
      (_, response) => {
        response.write('x')
        throw new Error('thrown')
      },
      { message: 'thrown' },
    ],
    [
      'by what it sends',
      (_, response) =>
        response.send(
          (function* () {
            yield 'x'
            throw new Error('sent')
          })(),
        ),
      { message: 'sent' },
    ],
    [
      'by what it wrote without waiting',
      (_, response) => {
        for (let written = 0; written < 300; written++) response.write(new Uint8Array(100_000))
        response.end()
      },
      { code: 'SOCKET_ERR_WRITE_QUEUE' },
    ],
    [
      'by a length that is not so',
      (_, response) => void response.setField('Content-Length', 1).write('xy'),
      { message: 'Content-Length is 1, more was written' },
    ],
  ])('tells an access log why an answer was cut off: %s', async (_says, handler, error) => {
    const exchanges: Exchange[] = []
    await using server = await serve({
      port: 0,
      accessLog: (exchange) => void exchanges.push(exchange),
      onError: () => {},
      handler,
    })
    const client = await RawClient.open(server.port)
    client.send(GET)
    await until(() => client.ended !== undefined)
    expect(exchanges).toMatchObject([{ status: 200, aborted: true, error }])
    client.close()
  })

  it('tells an access log of every answer: whole, refused, cut off', async () => {
    const exchanges: Exchange[] = []
    await using server = await serve({
      port: 0,
      accessLog: (exchange) => void exchanges.push(exchange),
      handler: (request, response) => (request.path === '/hang' ? new Promise(() => {}) : void response.end('hello')),
    })
    const client = await RawClient.open(server.port)
    client.send(GET)
    await client.response()
    client.send('GET / HTTP/1.1\r\n\r\n')
    await client.response()
    const other = await RawClient.open(server.port)
    other.send('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => server.stats.requests === 2)
    other.socket.resetAndDestroy()
    await until(() => exchanges.length === 3)
    expect(exchanges).toMatchObject([
      { status: 200, contentSize: 5, aborted: false, error: undefined },
      { request: undefined, status: 400, aborted: false, error: { code: 'HTTP_ERR_MISSING_HOST' } },
      { status: 0, contentSize: 0, aborted: true, error: { code: 'WEB_ERR_PEER_GONE' } },
    ])
    for (const { startTime, duration, remote } of exchanges) {
      expect(Math.abs(Date.now() - startTime)).toBeLessThan(60_000)
      expect(duration).toBeGreaterThanOrEqual(0)
      expect(remote).toMatchObject({ host: '127.0.0.1' })
    }
    client.close()
  })

  it('a log that throws costs nobody an answer', async () => {
    const problems: unknown[] = []
    const accessLog = () => {
      throw new Error('disk full')
    }
    await using server = await serve({ port: 0, accessLog, onError: (error) => problems.push(error), handler: hello })
    const client = await RawClient.open(server.port)
    client.send(GET + GET)
    await client.response()
    expect((await client.response()).content).toBe('hello')
    expect(problems).toHaveLength(2)
    client.close()
  })

  it('publishes what happens on diagnostics channels', async () => {
    const seen: string[] = []
    const names = ['request.start', 'response.head', 'request.end', 'request.refused'].map(
      (name) => `plainwire.web.${name}`,
    )
    const listen = (message: unknown, name: string | symbol): void => {
      const { request } = message as { request?: ServerRequest }
      seen.push(`${String(name).slice(14)} ${request?.path ?? '-'}`)
    }
    for (const name of names) subscribe(name, listen)
    await using server = await serve({ port: 0, handler: hello })
    const client = await RawClient.open(server.port)
    client.send(`${GET}bad\r\n\r\n`)
    await client.response()
    await client.response()
    for (const name of names) unsubscribe(name, listen)
    expect(seen).toEqual(['request.start /', 'response.head /', 'request.end /', 'request.refused -'])
    client.close()
  })

  it('reports what a handler throws, with its request, and not what a peer does', async () => {
    const reports: string[] = []
    await using server = await serve({
      port: 0,
      onError: (error, request) => reports.push(`${(error as Error).message} ${request?.path}`),
      async handler(request, response) {
        if (request.path === '/late') response.end()
        if (request.path === '/peer') throw new WebError('WEB_ERR_CONTENT_TOO_LARGE')
        throw new Error('broken')
      },
    })
    const client = await RawClient.open(server.port)
    for (const path of ['/early', '/late', '/peer']) {
      client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
      await client.response()
    }
    expect(reports).toEqual(['broken /early', 'broken /late'])
    client.close()
  })
})

describe('an event stream', () => {
  it('sends events, comments and lines as the standard has them', async () => {
    await using server = await serve({
      port: 0,
      handler(_, response) {
        const stream = eventStream(response, { heartbeat: 0 })
        stream.send('one\ntwo')
        stream.send({ event: 'tick', id: '7', retry: 10.5, data: '' })
        stream.comment('still here')
        expect(() => stream.send({ event: 'a\nb', data: '' })).toThrow(TypeError)
        expect(stream.closed).toBe(false)
        stream.close()
        expect(stream.closed).toBe(true)
        expect(stream.send('late')).toBe(true)
      },
    })
    const client = await RawClient.open(server.port)
    client.send(GET)
    const { fields, content } = await client.response()
    expect(fields).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    expect(content).toBe('data: one\ndata: two\n\nevent: tick\nid: 7\nretry: 10\ndata: \n\n:still here\n\n')
    client.close()
  })

  it('ends when the client goes', async () => {
    let over = false
    await using server = await serve({
      port: 0,
      handler(_, response) {
        const stream = eventStream(response)
        stream.send('hello')
        response.onFinish(() => {
          over = stream.closed
        })
      },
    })
    const client = await RawClient.open(server.port)
    client.send(GET)
    await once(client.socket, 'data')
    client.socket.resetAndDestroy()
    await until(() => over)
  })
})

it('a process that waits for its server to close does not end before', async () => {
  // Its handler does not answer, and its peer has half-closed: nothing of that keeps a process alive.
  const index = JSON.stringify(new URL('../dist/index.js', import.meta.url).href)
  const program = `
    import { serve } from ${index}
    import { connect } from 'node:net'
    const server = await serve({ port: 0, handler: () => { queueMicrotask(close) } })
    connect(server.port, '127.0.0.1').on('error', () => {}).unref().end('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
    async function close() {
      await new Promise((resolve) => setTimeout(resolve, 100))
      await server.close({ timeout: 50 })
      console.log('closed')
    }`
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  expect((await run).stdout).toBe('closed\n')
})
