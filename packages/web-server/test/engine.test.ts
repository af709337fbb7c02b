import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type Handler, type ServerResponse, StoredLines, serve, WebError } from '../src/index.js'
import { RawClient } from './raw-client.js'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

async function* pieces(...parts: Array<string | Uint8Array>): AsyncGenerator<string | Uint8Array> {
  yield* parts
}

/** Serves, sends the octets, and hands over the client. */
async function ask(handler: Handler, text: string, run: (client: RawClient) => Promise<void>): Promise<void> {
  await using server = await serve({ port: 0, handler, onError: () => {} })
  const client = await RawClient.open(server.port)
  client.send(text)
  try {
    await run(client)
  } finally {
    client.close()
  }
}

describe('one answer', () => {
  const rows: Array<
    [sentence: string, handler: Handler, request: string, status: number, content: string, fields: object]
  > = [
    ['whole text gets its length', (_, r) => void r.end('hello'), GET, 200, 'hello', { 'content-length': '5' }],
    ['text is UTF-8', (_, r) => void r.end('grüß'), GET, 200, 'grÃ¼Ã\x9f', { 'content-length': '6' }],
    ['octets go as they are', (_, r) => void r.end(Uint8Array.of(0, 255)), GET, 200, '\0ÿ', { 'content-length': '2' }],
    ['large octets too', (_, r) => void r.end(Buffer.alloc(100_000, 'x')), GET, 200, 'x'.repeat(100_000), {}],
    ['no content has the length 0', (_, r) => void r.end(), GET, 200, '', { 'content-length': '0' }],
    [
      'pieces go chunked',
      (_, r) => {
        r.write('a')
        r.write(Buffer.from('bc'))
        r.end('d')
      },
      GET,
      200,
      'abcd',
      { 'transfer-encoding': 'chunked' },
    ],
    [
      'a length that was set goes with pieces',
      (_, r) => {
        r.setField('Content-Length', 2).write('a')
        r.end('b')
      },
      GET,
      200,
      'ab',
      { 'content-length': '2' },
    ],
    [
      'keep-alive is the engine’s to say, not beside its close',
      (_, response) => void response.setField('Connection', 'Keep-Alive').end('x'),
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      200,
      'x',
      { connection: 'close' },
    ],
    [
      'keep-alive is said once',
      (_, response) => void response.writeHead(200, { Connection: 'keep-alive' }).end('x'),
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      200,
      'x',
      { connection: 'keep-alive' },
    ],
    [
      'to HTTP/1.0 pieces go until close',
      (_, r) => {
        r.write('a')
        r.end('b')
      },
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      200,
      'ab',
      { connection: 'close' },
    ],
    [
      'HTTP/1.0 is kept alive when asked',
      (_, r) => void r.end('a'),
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      200,
      'a',
      { connection: 'keep-alive' },
    ],
    [
      'HTTP/1.0 is closed otherwise',
      (_, r) => void r.end('a'),
      'GET / HTTP/1.0\r\n\r\n',
      200,
      'a',
      { connection: 'close' },
    ],
    [
      'a client that closes is told that we do',
      (_, r) => void r.end('a'),
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      200,
      'a',
      { connection: 'close' },
    ],
    [
      'status, fields and reason are the handler’s',
      (_, r) => void r.writeHead(404, { 'X-One': 'a', 'Set-Cookie': ['b', 'c'] }).end(),
      GET,
      404,
      '',
      { 'x-one': 'a', 'set-cookie': 'b, c' },
    ],
    [
      'an async iterable is sent',
      (_, r) => r.send(pieces('a', 'b')),
      GET,
      200,
      'ab',
      { 'transfer-encoding': 'chunked' },
    ],
    ['a web stream is sent', (_, r) => r.send(new Blob(['abc']).stream()), GET, 200, 'abc', {}],
    ['a Node stream is sent', (_, r) => r.send(Readable.from(['a', 'b'])), GET, 200, 'ab', {}],
    ['an iterable is sent', (_, r) => r.send(['a', 'b']), GET, 200, 'ab', {}],
    ['what end gives is returned', (_, r) => r.end('abc'), GET, 200, 'abc', {}],
    ['a promise of what end gives is returned', async (_, r) => r.end('abc'), GET, 200, 'abc', {}],
    [
      'stored answers go in one piece',
      (_, r) => r.endStored(200, new StoredLines('Content-Length: 2\r\nX-A: b\r\n'), 'ok'),
      GET,
      200,
      'ok',
      { 'x-a': 'b' },
    ],
    [
      'a throw is a 500 without details',
      () => {
        throw new Error('secret')
      },
      GET,
      500,
      expect.not.stringContaining('secret') as never,
      {},
    ],
    [
      'a rejection is too',
      async () => {
        throw new Error('secret')
      },
      GET,
      500,
      expect.not.stringContaining('secret') as never,
      {},
    ],
    [
      'an error with a status is answered with it',
      () => {
        throw new WebError('WEB_ERR_CONTENT_TOO_LARGE')
      },
      GET,
      413,
      expect.stringContaining('413') as never,
      {},
    ],
    [
      'a user’s error with a status too',
      () => {
        throw Object.assign(new Error('tea'), { status: 418 })
      },
      GET,
      418,
      expect.stringContaining('tea') as never,
      {},
    ],
    [
      'an error that says nothing has the sentence of its status',
      () => {
        throw Object.assign(new Error(), { status: 404 })
      },
      GET,
      404,
      expect.stringContaining('There is nothing at this address.') as never,
      {},
    ],
    [
      'an error page is JSON for who asks',
      (_, r) => r.sendError(404, '<b>'),
      'GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n',
      404,
      expect.stringContaining('"detail":"<b>"') as never,
      { 'content-type': 'application/json; charset=utf-8' },
    ],
    [
      'and escaped HTML for others',
      (_, r) => r.sendError(404, '<b>'),
      GET,
      404,
      expect.stringContaining('&lt;b&gt;') as never,
      { 'content-type': 'text/html; charset=utf-8' },
    ],
    [
      'OPTIONS * is answered without the handler',
      () => {
        throw new Error()
      },
      'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
      204,
      '',
      { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
    ],
    [
      'CONNECT is refused',
      () => {
        throw new Error()
      },
      'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n',
      501,
      expect.any(String) as never,
      { connection: 'close' },
    ],
    [
      'an unknown expectation is refused',
      () => {
        throw new Error()
      },
      'GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n',
      417,
      expect.any(String) as never,
      { connection: 'close' },
    ],
    [
      'the content of the request comes back',
      async (q, r) => void r.end(await q.bytes()),
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc',
      200,
      'abc',
      {},
    ],
    [
      'chunked content of the request too',
      async (q, r) => void r.end(await q.text()),
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n',
      200,
      'abc',
      {},
    ],
    [
      'trailers of the request are told',
      async (q, r) => void r.end((await q.trailers)?.get('x-sum') ?? 'none'),
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n',
      200,
      '7',
      {},
    ],
    [
      'JSON is read',
      async (q, r) => void r.end(JSON.stringify(await q.json())),
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n{"a":1}',
      200,
      '{"a":1}',
      {},
    ],
    [
      'bad JSON is the client’s fault',
      async (q) => void (await q.json()),
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n{',
      400,
      expect.stringContaining('not JSON') as never,
      {},
    ],
    [
      'a form is read',
      async (q, r) => void r.end(String((await q.formData()).get('a'))),
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n\r\na=b+c',
      200,
      'b c',
      {},
    ],
    [
      'what is no form is refused',
      async (q) => void (await q.formData()),
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\na=b+c',
      415,
      expect.any(String) as never,
      {},
    ],
    [
      'more than the reader takes is refused',
      async (q) => void (await q.bytes({ maxSize: 2 })),
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc',
      413,
      expect.any(String) as never,
      {},
    ],
    [
      'exactly what it takes is not',
      async (q, r) => void r.end(await q.bytes({ maxSize: 3 })),
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc',
      200,
      'abc',
      {},
    ],
    [
      'path and query are parted',
      (q, r) => void r.end(`${q.path}|${q.query}|${q.authority}`),
      'GET /a%20b?c?d HTTP/1.1\r\nHost: h:1\r\n\r\n',
      200,
      '/a%20b|c?d|h:1',
      {},
    ],
    [
      'an absolute target overrules Host',
      (q, r) => void r.end(`${q.path}|${q.query}|${q.authority}`),
      'GET http://x:2?q HTTP/1.1\r\nHost: x:2\r\n\r\n',
      200,
      '/|q|x:2',
      {},
    ],
  ]
  it.each(rows)('%s', async (_, handler, request, status, content, fields) => {
    await ask(handler, request, async (client) => {
      const response = await client.response()
      expect(response.status).toBe(status)
      expect(response.content).toEqual(content)
      expect(response.fields).toMatchObject(fields)
      expect(response.fields.date).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
    })
  })

  const headless: Array<[sentence: string, handler: Handler, method: string, fields: object]> = [
    ['HEAD has the length of GET and no content', (_, r) => void r.end('hello'), 'HEAD', { 'content-length': '5' }],
    [
      'HEAD of a stream is framed like GET',
      (_, r) => {
        r.write('a')
        r.end()
      },
      'HEAD',
      { 'transfer-encoding': 'chunked' },
    ],
    ['HEAD of an unknown length says none', (_, r) => void r.end(), 'HEAD', { 'content-length': undefined }],
    [
      'HEAD keeps a length that was set',
      (_, r) => void r.setField('Content-Length', 9).end(),
      'HEAD',
      { 'content-length': '9' },
    ],
    [
      '204 has no content and no length',
      (_, r) => void r.setField('Content-Length', 5).writeHead(204).end('hello'),
      'GET',
      { 'content-length': undefined, 'transfer-encoding': undefined },
    ],
    [
      '304 has no content',
      (_, r) => {
        r.status = 304
        r.write('a')
        r.end()
      },
      'GET',
      { 'transfer-encoding': undefined },
    ],
    [
      'an error page has none for HEAD',
      (_, r) => r.sendError(404),
      'HEAD',
      { 'content-type': 'text/html; charset=utf-8' },
    ],
  ]
  it.each(headless)('%s', async (_, handler, method, fields) => {
    await ask(handler, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n${GET}`, async (client) => {
      const response = await client.response('HEAD')
      expect({ ...emptied(fields), ...response.fields }).toMatchObject(fields)
      // The next answer begins exactly here.
      expect(await client.response(method === 'GET' ? 'HEAD' : 'GET')).toBeDefined()
    })
  })
})

function emptied(fields: object): object {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, undefined]))
}

describe('what a caller may not do', () => {
  const rows: Array<[sentence: string, act: Handler]> = [
    ['a field name is a token', (_, r) => void r.setField('a b', 'c')],
    ['a value has no CR', (_, r) => void r.setField('a', 'b\rc')],
    ['a value has no LF', (_, r) => void r.setField('a', 'b\nSet-Cookie: c')],
    ['a value has no NUL', (_, r) => void r.setField('a', 'b\0')],
    ['a value is ISO-8859-1', (_, r) => void r.setField('a', '☃')],
    ['a reason has no line break', (_, r) => void r.writeHead(200, undefined, 'a\r\nb')],
    ['Transfer-Encoding is the engine’s', (_, r) => void r.setField('Transfer-Encoding', 'gzip')],
    ['Content-Length is a number', (_, r) => void r.setField('Content-Length', '1, 1')],
    ['a length that was set is kept', (_, r) => void r.setField('Content-Length', 2).end('abc')],
    ['a final status is no informational one', (_, r) => void r.writeHead(101)],
    [
      'a status has three digits',
      (_, r) => {
        r.status = 99
        r.end()
      },
    ],
    ['an informational status is no final one', (_, r) => void r.informational(200)],
    ['a second end', (_, r) => void r.end('a').end('b')],
    [
      'content is taken once',
      async (q) => {
        await q.bytes()
        await q.bytes()
      },
    ],
  ]
  it.each(rows)('%s', async (_, act) => {
    let problem: unknown
    const handler: Handler = async (request, response) => {
      try {
        await act(request, response)
      } catch (error) {
        problem = error
      }
      if (!response.ended) response.status = 200
      if (!response.ended) response.removeField('content-length').end()
    }
    await ask(handler, GET, async (client) => {
      await client.response()
      expect(problem instanceof TypeError || problem instanceof RangeError).toBe(true)
    })
  })

  it('writing more than was declared cuts the connection off', async () => {
    await ask(
      (_, r) => {
        r.setField('Content-Length', 2).write('a')
        r.write('bc')
      },
      GET,
      async (client) => {
        await client.closed()
        expect(client.rest).toMatch(/^HTTP\/1\.1 200[\s\S]*\r\n\r\na$/)
      },
    )
  })

  it('writing less than was declared does, too', async () => {
    await ask(
      (_, r) => {
        r.setField('Content-Length', 2).write('a')
        r.end()
      },
      GET,
      async (client) => {
        await client.closed()
        expect(client.rest).toMatch(/^HTTP\/1\.1 200[\s\S]*\r\n\r\na$/)
      },
    )
  })
})

describe('many requests on one connection', () => {
  it('answers pipelined requests in order, however late the first is', async () => {
    const waiting: Array<() => void> = []
    const handler: Handler = async (request, response) => {
      if (request.path === '/slow') await new Promise<void>((resolve) => waiting.push(resolve))
      response.end(request.path)
    }
    const text = ['/slow', '/b', '/c'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')
    await ask(handler, text, async (client) => {
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
      waiting[0]!()
      for (const path of ['/slow', '/b', '/c']) expect((await client.response()).content).toBe(path)
    })
  })

  it('answers a batch in one piece', async () => {
    await ask(
      (_, r) => void r.end('x'),
      GET.repeat(10),
      async (client) => {
        const sizes: number[] = []
        client.socket.on('data', (chunk: Buffer) => sizes.push(chunk.length))
        for (let at = 0; at < 10; at++) await client.response()
        expect(sizes.length).toBe(1)
      },
    )
  })

  it('stops reading while an answer is awaited, and goes on after it', async () => {
    let release: () => void = () => {}
    let paused = false
    const handler: Handler = async (request, response) => {
      if (request.path === '/first') {
        await new Promise<void>((resolve) => {
          release = resolve
        })
        paused = request.connection.paused
      }
      response.end()
    }
    await using server = await serve({ port: 0, handler, maxReadAhead: 10_000 })
    const client = await RawClient.open(server.port)
    client.send('GET /first HTTP/1.1\r\nHost: a\r\n\r\n')
    const more = 500
    const large = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`
    client.send(large.repeat(more))
    const sent = () => client.socket.bytesWritten - client.socket.writableLength
    for (let last = -1; last !== sent() || last === 0; await new Promise((resolve) => setTimeout(resolve, 20)))
      last = sent()
    release()
    for (let at = 0; at <= more; at++) expect((await client.response()).status).toBe(200)
    expect(paused).toBe(true)
    client.close()
  })

  it('drops content that a handler did not read, and goes on', async () => {
    const post = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`
    await ask(
      (q, r) => void r.end(q.method),
      post + GET,
      async (client) => {
        expect((await client.response()).content).toBe('POST')
        expect((await client.response()).content).toBe('GET')
      },
    )
  })

  it('answers and half-closes when too much is unread, without a reset', async () => {
    const post = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 600000\r\n\r\n${'x'.repeat(200_000)}`
    await ask(
      (_, r) => void r.end('no'),
      post,
      async (client) => {
        const response = await client.response()
        expect(response).toMatchObject({ status: 200, content: 'no', fields: { connection: 'close' } })
        expect(await client.closed()).toBe('end')
      },
    )
  })

  it('closes after so many requests, and says so', async () => {
    await using server = await serve({ port: 0, handler: (_, r) => void r.end(), maxRequestsPerConnection: 2 })
    const client = await RawClient.open(server.port)
    client.send(GET.repeat(3))
    expect((await client.response()).fields.connection).toBeUndefined()
    expect((await client.response()).fields.connection).toBe('close')
    expect(await client.closed()).toBe('end')
    expect(client.rest).toBe('')
  })

  it('interprets nothing after a framing error', async () => {
    const seen: string[] = []
    const bad = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'
    await ask(
      (q, r) => {
        seen.push(q.path)
        r.end()
      },
      bad + GET,
      async (client) => {
        const response = await client.response()
        expect(response).toMatchObject({ status: 400, fields: { connection: 'close' } })
        expect(await client.closed()).toBe('end')
        expect(client.rest).toBe('')
        expect(seen).toEqual([])
      },
    )
  })

  it('answers a peer that has half-closed', async () => {
    await ask(
      async (_, r) => {
        await new Promise((resolve) => setImmediate(resolve))
        r.end('late')
      },
      GET,
      async (client) => {
        client.finish()
        expect((await client.response()).content).toBe('late')
        expect(await client.closed()).toBe('end')
      },
    )
  })

  it('tells a handler that the peer has half-closed, and sends the answer that it gives', async () => {
    await ask(
      async ({ signal }, r) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        r.end((signal.reason as WebError).code)
      },
      GET,
      async (client) => {
        client.finish()
        expect((await client.response()).content).toBe('WEB_ERR_PEER_GONE')
        expect(await client.closed()).toBe('end')
      },
    )
  })

  it('cuts off a peer that has half-closed when its handler gives up, without a word', async () => {
    const errors: unknown[] = []
    await using server = await serve({
      port: 0,
      handler: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
      onError: (error) => void errors.push(error),
    })
    const client = await RawClient.open(server.port)
    client.send(GET)
    client.finish()
    await client.closed()
    expect([client.rest, errors]).toEqual(['', []])
  })

  it('refuses what is no request with a page that runs nothing, as its other error pages', async () => {
    await ask(
      (_, r) => void r.end(),
      'GET / HTTP/1.1\r\nHost: <script>\r\n\r\n',
      async (client) => {
        const { status, fields } = await client.response()
        expect([status, fields]).toMatchObject([
          400,
          {
            'content-type': 'text/html; charset=utf-8',
            'content-security-policy': expect.stringContaining("default-src 'none'"),
            'x-content-type-options': 'nosniff',
          },
        ])
      },
    )
  })

  it('refuses a head that ends in the middle', async () => {
    await ask(
      (_, r) => void r.end(),
      'GET / HTT',
      async (client) => {
        client.finish()
        expect((await client.response()).status).toBe(400)
        await client.closed()
      },
    )
  })

  it('drops what a handler does after the answer is over', async () => {
    let late: unknown
    await using server = await serve({
      port: 0,
      async handler(_, response) {
        response.end('one')
        await new Promise((resolve) => setImmediate(resolve))
        try {
          response.write('two')
        } catch (error) {
          late = error
        }
      },
    })
    const client = await RawClient.open(server.port)
    client.send(GET)
    expect((await client.response()).content).toBe('one')
    client.send(GET)
    expect((await client.response()).content).toBe('one')
    client.close()
    expect(late).toBeInstanceOf(TypeError)
  })
})

describe('what a handler has not looked at yet, it can still look at', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const rows: Array<[sentence: string, answer: (r: ServerResponse, look: () => void) => void | Promise<void>]> = [
    [
      'after its answer, within the call',
      (r, look) => {
        r.end()
        look()
      },
    ],
    [
      'after its answer, when it is asynchronous',
      async (r, look) => {
        await turn()
        r.end()
        look()
      },
    ],
    [
      'turns after its answer, until its promise settles',
      async (r, look) => {
        r.end()
        await turn()
        await turn()
        look()
      },
    ],
    [
      'in a callback that answers after the call',
      (r, look) => {
        setImmediate(() => {
          r.end()
          setImmediate(look)
        })
      },
    ],
  ]
  it.each(rows)('%s, alone or in a batch', async (_, answer) => {
    for (const together of [true, false]) {
      const seen: string[] = []
      await using server = await serve({
        port: 0,
        handler: (q, r) => answer(r, () => seen.push(`${q.target} ${q.fields.get('x-number')}`)),
      })
      const client = await RawClient.open(server.port)
      const requests = [1, 2, 3].map((number) => `GET /${number} HTTP/1.1\r\nHost: a\r\nX-Number: ${number}\r\n\r\n`)
      if (together) client.send(requests.join(''))
      for (const request of requests) {
        if (!together) client.send(request)
        expect((await client.response()).status).toBe(200)
      }
      await turn()
      await turn()
      await turn()
      client.close()
      expect(seen.sort()).toEqual(['/1 1', '/2 2', '/3 3'])
    }
  })

  it('and a handler that never is done keeps nobody from asking again', async () => {
    await ask(
      async (_, r) => {
        r.end()
        await new Promise(() => {})
      },
      GET,
      async (client) => {
        for (let count = 0; count < 3; count++) {
          expect((await client.response()).status).toBe(200)
          client.send(GET)
        }
      },
    )
  })
})

describe('content in pieces, both ways', () => {
  it('sends 100 (Continue) when the handler begins to read', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n'
    await ask(
      async (q, r) => void r.end(await q.bytes()),
      head,
      async (client) => {
        expect((await client.response()).status).toBe(100)
        client.send('abc')
        expect(await client.response()).toMatchObject({ status: 200, content: 'abc' })
        client.send(GET)
        expect((await client.response()).status).toBe(200)
      },
    )
  })

  it('closes when it answers instead, for nobody knows whether the content comes', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n'
    await ask(
      (_, r) => r.sendError(403),
      head,
      async (client) => {
        expect(await client.response()).toMatchObject({ status: 403, fields: { connection: 'close' } })
        expect(await client.closed()).toBe('end')
      },
    )
  })

  it('sends no 100 to HTTP/1.0', async () => {
    const head = 'POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n'
    await ask(
      async (q, r) => void r.end(await q.bytes()),
      head,
      async (client) => {
        client.send('abc')
        expect((await client.response()).status).toBe(200)
      },
    )
  })

  it('reads no faster than the handler', async () => {
    const size = 8 * 1024 * 1024
    let release: () => void = () => {}
    let total = 0
    const handler: Handler = async (request, response) => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      for await (const piece of request.content) total += piece.length
      response.end(String(total))
    }
    await ask(handler, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`, async (client) => {
      const content = Buffer.alloc(size, 'x')
      client.socket.write(content)
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(client.socket.writableLength).toBeGreaterThan(0)
      release()
      expect((await client.response()).content).toBe(String(size))
    })
  })

  it('writes no faster than the peer reads', async () => {
    let written = 0
    const handler: Handler = async (_, response) => {
      const piece = Buffer.alloc(64 * 1024, 'x')
      for (let at = 0; at < 256; at++) {
        if (!response.write(piece)) await response.drained()
        written++
      }
      response.end()
    }
    await ask(handler, GET, async (client) => {
      client.socket.pause()
      await new Promise((resolve) => setTimeout(resolve, 150))
      expect(written).toBeLessThan(250)
      client.socket.resume()
      expect((await client.response()).content.length).toBe(256 * 64 * 1024)
    })
  })

  it('sends early hints before the head, not to HTTP/1.0', async () => {
    const handler: Handler = (_, r) => void r.informational(103, { Link: '</a.css>; rel=preload' }).end('x')
    await ask(handler, `${GET}GET / HTTP/1.0\r\n\r\n`, async (client) => {
      expect(await client.response()).toMatchObject({ status: 103, fields: { link: '</a.css>; rel=preload' } })
      expect((await client.response()).status).toBe(200)
      expect((await client.response()).status).toBe(200)
    })
  })

  it('sends trailers', async () => {
    const handler: Handler = (_, r) => {
      r.setField('Trailer', 'X-Sum')
      r.write('a')
      r.end('b', { 'X-Sum': '7' })
    }
    await ask(handler, GET, async (client) => {
      expect(await client.response()).toMatchObject({ content: 'ab', trailers: { 'x-sum': '7' } })
    })
  })

  it('sends what is flushed before there is content', async () => {
    let response: Parameters<Handler>[1] | undefined
    await ask(
      (_, r) => {
        response = r.flushHead()
      },
      GET,
      async (client) => {
        while (!client.rest.includes('\r\n\r\n')) await new Promise((resolve) => setImmediate(resolve))
        response!.end('x')
        expect((await client.response()).content).toBe('x')
      },
    )
  })

  it('cuts off when a stream fails after the head', async () => {
    async function* failing() {
      yield 'a'
      throw new Error('broken')
    }
    await ask(
      (_, r) => r.send(failing()),
      GET,
      async (client) => {
        await client.closed()
        expect(client.rest).toMatch(/\r\n\r\n1\r\na\r\n$/)
      },
    )
  })

  it('tells a handler that the peer left', async () => {
    const told: string[] = []
    const handler: Handler = async (request, response) => {
      request.signal.addEventListener('abort', () => told.push('signal'))
      response.onFinish(({ aborted }) => told.push(`finish ${aborted}`))
      try {
        for await (const _ of request.content);
      } catch (error) {
        told.push((error as WebError).code)
      }
      await response.drained().catch((error: WebError) => told.push(`drained ${error.code}`))
      response.end('nobody hears')
    }
    await ask(handler, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc', async (client) => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      client.socket.resetAndDestroy()
      while (told.length < 4) await new Promise((resolve) => setImmediate(resolve))
      expect(told).toEqual(['finish true', 'signal', 'WEB_ERR_PEER_GONE', 'drained WEB_ERR_PEER_GONE'])
    })
  })
})
