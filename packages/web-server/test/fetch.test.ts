import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { FastResponse, type FetchHandler, type FetchOptions, fetchHandler, installFastGlobals } from '../src/fetch.js'
import { serve, type WebServer } from '../src/index.js'
import { type ReadResponse, valuesOf } from './conformance/read-responses.js'
import { Wire } from './conformance/wire.js'

const closing: Array<() => unknown> = []
const errors: unknown[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  errors.length = 0
})

async function start(fetch: FetchHandler, options?: FetchOptions): Promise<WebServer> {
  const server = await serve({
    port: 0,
    handler: fetchHandler(fetch, options),
    onError: (error) => void errors.push(error),
  })
  closing.push(() => server.close({ timeout: 1 }))
  return server
}

function wireTo(server: WebServer): Wire {
  const wire = new Wire(server.port)
  closing.push(() => wire.close())
  return wire
}

const GET = 'GET /a?b HTTP/1.1\r\nHost: a.example\r\nX-One: 1\r\nX-One: 2\r\n\r\n'

async function ask(fetch: FetchHandler, request = GET, options?: FetchOptions): Promise<ReadResponse> {
  const wire = wireTo(await start(fetch, options))
  wire.send(request)
  const [response] = await wire.responses(1, [request.slice(0, request.indexOf(' '))])
  return response!
}

function post(content: string, fields = ''): string {
  const octets = Buffer.from(content).toString('latin1')
  return `POST /a HTTP/1.1\r\nHost: a.example\r\n${fields}Content-Length: ${octets.length}\r\n\r\n${octets}`
}

const CHUNKED = 'POST /a HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'

/** A promise, and what keeps it. */
function promised(): [promise: Promise<void>, keep: () => void] {
  let keep = () => {}
  const promise = new Promise<void>((resolve) => {
    keep = resolve
  })
  return [promise, keep]
}

/** A stream of texts, each in a turn of its own. */
function streamOf(...texts: string[]): ReadableStream<Uint8Array> {
  const left = texts.map((text) => new TextEncoder().encode(text))
  return new ReadableStream({
    async pull(controller) {
      await new Promise(setImmediate)
      const next = left.shift()
      if (next === undefined) controller.close()
      else controller.enqueue(next)
    },
  })
}

/** Both flavours of `Response` must do the same. */
const FLAVOURS: Array<[name: string, Flavour: typeof Response]> = [
  ['Response', Response],
  ['FastResponse', FastResponse as unknown as typeof Response],
]

interface Row {
  says: string
  make: (Flavour: typeof Response) => Response | Promise<Response>
  status?: number
  content?: string
  fields?: Record<string, string[]>
  framing?: ReadResponse['framing']
}

const text = 'text/plain;charset=UTF-8'

const ANSWERS: Row[] = [
  {
    says: 'a string goes out whole, as text',
    make: (R) => new R('hello'),
    content: 'hello',
    framing: 'length',
    fields: { 'content-type': [text], 'content-length': ['5'] },
  },
  { says: 'a promise of one likewise', make: async (R) => new R('hello'), content: 'hello', framing: 'length' },
  {
    says: 'a string beyond ASCII goes out as UTF-8',
    make: (R) => new R('caf\u00e9 \u{1f600}'),
    content: Buffer.from('caf\u00e9 \u{1f600}').toString('latin1'),
    framing: 'length',
  },
  {
    says: 'an empty string is content of length 0',
    make: (R) => new R(''),
    content: '',
    fields: { 'content-length': ['0'], 'content-type': [text] },
  },
  {
    says: 'octets go out whole, without a type',
    make: (R) => new R(new Uint8Array([0x61, 0xff])),
    content: 'a\xff',
    framing: 'length',
    fields: { 'content-type': [] },
  },
  {
    says: 'an ArrayBuffer goes out whole',
    make: (R) => new R(new Uint8Array([0x61]).buffer),
    content: 'a',
    framing: 'length',
  },
  {
    says: 'a view of other numbers goes out octet by octet',
    make: (R) => new R(new Uint16Array([0x6161])),
    content: 'aa',
  },
  {
    says: 'a Blob goes out with its type',
    make: (R) => new R(new Blob(['blob'], { type: 'text/x' })),
    content: 'blob',
    fields: { 'content-type': ['text/x'] },
  },
  {
    says: 'search parameters are a form',
    make: (R) => new R(new URLSearchParams({ a: '1' })),
    content: 'a=1',
    fields: { 'content-type': ['application/x-www-form-urlencoded;charset=UTF-8'] },
  },
  {
    says: 'no body is content of length 0',
    make: (R) => new R(null),
    content: '',
    fields: { 'content-length': ['0'], 'content-type': [] },
  },
  {
    says: 'a 204 has nothing',
    make: (R) => new R(null, { status: 204 }),
    status: 204,
    content: '',
    fields: { 'content-length': [] },
  },
  {
    says: 'fields come from an object',
    make: (R) => new R('x', { headers: { 'X-A': '1', 'content-type': 'text/x' } }),
    fields: { 'x-a': ['1'], 'content-type': ['text/x'] },
  },
  {
    says: 'a name in two spellings is one name with two values',
    make: (R) => new R('x', { headers: { 'Set-Cookie': 'a=1', 'set-cookie': 'b=2' } }),
    fields: { 'set-cookie': ['a=1', 'b=2'] },
  },
  {
    says: 'values lose the whitespace around them',
    make: (R) => new R('x', { headers: { 'X-A': ' a b\t', 'X-B': '\r\n', 'X-C': '\nc\r\n' } }),
    fields: { 'x-a': ['a b'], 'x-b': [''], 'x-c': ['c'] },
  },
  {
    says: 'values of pairs lose it, too',
    make: (R) => new R('x', { headers: [['X-A', '\t a ']] }),
    fields: { 'x-a': ['a'] },
  },
  {
    says: 'fields come from pairs, repeated ones too',
    make: (R) =>
      new R('x', {
        headers: [
          ['Set-Cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      }),
    fields: { 'set-cookie': ['a=1', 'b=2'] },
  },
  {
    says: 'fields come from Headers',
    make: (R) => new R('x', { headers: new Headers({ 'x-a': '1' }) }),
    fields: { 'x-a': ['1'] },
  },
  {
    says: 'fields set later count',
    make: (R) => {
      const response = new R('x')
      response.headers.set('x-a', '1')
      response.headers.append('set-cookie', 'a')
      response.headers.append('set-cookie', 'b')
      return response
    },
    content: 'x',
    framing: 'length',
    fields: { 'x-a': ['1'], 'set-cookie': ['a', 'b'], 'content-type': [text] },
  },
  {
    says: 'a type deleted later stays deleted',
    make: (R) => {
      const response = new R('x')
      response.headers.delete('content-type')
      return response
    },
    fields: { 'content-type': [] },
  },
  { says: 'status and reason are sent', make: (R) => new R('x', { status: 418, statusText: 'Teapot' }), status: 418 },
  {
    says: 'JSON is typed',
    make: (R) => R.json({ a: [1, 'é'] }),
    content: Buffer.from('{"a":[1,"é"]}').toString('latin1'),
    framing: 'length',
    fields: { 'content-type': ['application/json'] },
  },
  {
    says: 'JSON may have a type of its own',
    make: (R) => R.json(null, { headers: { 'Content-Type': 'application/x+json' } }),
    content: 'null',
    fields: { 'content-type': ['application/x+json'] },
  },
  {
    says: 'a redirect has a Location',
    make: (R) => R.redirect('http://b.example/x', 303),
    status: 303,
    fields: { location: ['http://b.example/x'] },
  },
  {
    says: 'a stream goes out in chunks',
    make: (R) => new R(streamOf('one ', 'two ', 'three')),
    content: 'one two three',
    framing: 'chunked',
  },
  {
    says: 'a stream with a declared length is counted',
    make: (R) => new R(streamOf('one', 'two'), { headers: { 'content-length': '6' } }),
    content: 'onetwo',
    framing: 'length',
  },
  { says: 'an empty stream is no content', make: (R) => new R(streamOf()), content: '' },
  {
    says: 'a stream that is all there goes out whole',
    make: (R) => new R(new Blob(['whole']).stream()),
    content: 'whole',
    framing: 'length',
  },
  {
    says: 'a stream that is over before it is read is content of length 0',
    make: (R) => new R(new ReadableStream({ start: (controller) => controller.close() })),
    content: '',
    fields: { 'content-length': ['0'] },
  },
  {
    says: 'a stream of text goes out as UTF-8',
    make: (R) => {
      const texts = ['one ', 'caf\u00e9', '']
      const pull = async (controller: ReadableStreamDefaultController<string>) => {
        await new Promise(setImmediate)
        const next = texts.shift()
        if (next === undefined) controller.close()
        else controller.enqueue(next)
      }
      return new R(new ReadableStream({ pull }) as unknown as ReadableStream<Uint8Array>)
    },
    content: Buffer.from('one caf\u00e9').toString('latin1'),
    framing: 'chunked',
  },
  {
    says: 'a clone is as good',
    make: (R) => new R('x', { status: 201, headers: { 'x-a': '1' } }).clone(),
    status: 201,
    content: 'x',
    fields: { 'x-a': ['1'], 'content-type': [text] },
  },
  {
    says: 'a response made of a response keeps body, status and fields',
    make: (R) => {
      const first = new R('x', { status: 201, headers: { 'x-a': '1' } })
      return new R(first.body, first)
    },
    status: 201,
    content: 'x',
    fields: { 'x-a': ['1'] },
  },
  {
    says: 'hop-by-hop fields do not pass',
    make: (R) =>
      new R('x', { headers: { 'transfer-encoding': 'chunked', 'keep-alive': 'x', upgrade: 'h2c', 'x-a': '1' } }),
    content: 'x',
    framing: 'length',
    fields: { 'x-a': ['1'], 'keep-alive': [], upgrade: [] },
  },
  {
    says: 'but a 426 says what to upgrade to',
    make: (R) => new R('x', { status: 426, headers: { Upgrade: 'websocket', Connection: 'Upgrade' } }),
    status: 426,
    fields: { upgrade: ['websocket'], connection: ['Upgrade'] },
  },
]

for (const [name, Flavour] of FLAVOURS) {
  describe(`an answer by ${name}`, () => {
    for (const { says, make, status = 200, content, fields = {}, framing } of ANSWERS) {
      it(says, async () => {
        const response = await ask(() => make(Flavour))
        expect(response.status).toBe(status)
        if (content !== undefined) expect(response.content.toString('latin1')).toBe(content)
        if (framing !== undefined) expect(response.framing).toBe(framing)
        for (const [field, values] of Object.entries(fields)) expect(valuesOf(response, field), field).toEqual(values)
        expect(errors).toEqual([])
      })
    }

    it('to HEAD has the fields of the answer to GET, and no content', async () => {
      for (const make of [() => new Flavour('hello'), () => new Flavour(streamOf('one', 'two'))]) {
        const seen = ({ fields }: ReadResponse) => fields.filter(([field]) => field !== 'Date')
        const head = await ask(make, GET.replace('GET', 'HEAD'))
        expect(head.content).toHaveLength(0)
        expect(seen(head)).toEqual(seen(await ask(make)))
      }
    })

    it('is refused when its body was read before', async () => {
      const response = await ask(async () => {
        const used = new Flavour('x')
        await used.text()
        return used
      })
      expect(response.status).toBe(500)
    })

    it('with a bad field is the app’s error', async () => {
      const response = await ask(() => new Flavour('x', { headers: { 'x-a': 'a\r\nx-b: 1' } }))
      expect([response.status, valuesOf(response, 'x-b')]).toEqual([500, []])
    })

    it('whose stream fails is cut off', async () => {
      const failing = () => {
        let count = 0
        return new ReadableStream<Uint8Array>({
          async pull(controller) {
            await new Promise(setImmediate)
            if (count++ < 2) controller.enqueue(new Uint8Array([97]))
            else controller.error(new Error('source failed'))
          },
        })
      }
      const wire = wireTo(await start(() => new Flavour(failing())))
      wire.send(GET)
      await wire.until(() => wire.ended, 'the cut')
      expect(String(wire.received)).toMatch(/1\r\na\r\n$/)
      expect(errors).toHaveLength(1)
    })

    it('streams no faster than the peer reads, and is cancelled when the peer leaves', async () => {
      let pulled = 0
      let cancelled: (() => void) | undefined
      const gone = new Promise<void>((resolve) => {
        cancelled = resolve
      })
      const endless = () =>
        new ReadableStream<Uint8Array>(
          {
            pull: (controller) => void controller.enqueue(new Uint8Array(65536).fill(++pulled)),
            cancel: () => cancelled?.(),
          },
          { highWaterMark: 0 },
        )
      const wire = wireTo(await start(() => new Flavour(endless())))
      wire.socket.pause()
      wire.send(GET)
      let before = -1
      for (let still = 0; still < 20; ) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        still = pulled === before && pulled > 0 ? still + 1 : 0
        before = pulled
      }
      expect(pulled).toBeLessThan(1000)
      wire.close()
      await gone
    })

    it('sends the first piece of a stream without waiting for the second', async () => {
      const [going, go] = promised()
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode('first')),
        async pull(controller) {
          await going
          controller.close()
        },
      })
      const wire = wireTo(await start(() => new Flavour(stream)))
      wire.send(GET)
      await wire.until(() => wire.received.includes('first'), 'the first piece')
      go()
      await wire.responses(1, ['GET'])
    })

    it('sends the head of a stream without waiting for the first piece', async () => {
      const [going, go] = promised()
      const stream = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await going
          controller.enqueue(new TextEncoder().encode('first'))
          controller.close()
        },
      })
      const wire = wireTo(await start(() => new Flavour(stream, { headers: { 'x-a': '1' } })))
      wire.send(GET)
      await wire.until(() => wire.received.includes('\r\n\r\n'), 'the head')
      expect(String(wire.received)).toMatch(/^HTTP\/1\.1 200 OK\r\nx-a: 1\r\n/i)
      go()
      const [response] = await wire.responses(1, ['GET'])
      expect([response?.framing, String(response?.content)]).toEqual(['chunked', 'first'])
    })

    it('to HEAD does not wait for a stream, and cancels it', async () => {
      const [gone, cancel] = promised()
      const response = await ask(() => new Flavour(new ReadableStream({ cancel })), GET.replace('GET', 'HEAD'))
      expect([response.status, valuesOf(response, 'transfer-encoding')]).toEqual([200, ['chunked']])
      await gone
    })

    it('has both values of a name in two spellings, in lines or in one', async () => {
      const response = await ask(() => new Flavour('x', { headers: { 'X-A': '1', 'x-a': '2' } }))
      expect(valuesOf(response, 'x-a').join(', ')).toBe('1, 2')
    })
  })
}

/** The code of the error that a promise is rejected with, or the name of one without. */
async function rest(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(piece).toString()
  return text
}

function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: Error & { code?: string }) => error.code ?? error.name,
  )
}

const REQUESTS: Array<[says: string, request: string, look: (request: Request) => unknown, seen: unknown]> = [
  ['is an instance of Request', GET, (request) => request instanceof Request, true],
  ['has method and URL', GET, ({ method, url }) => [method, url], ['GET', 'http://a.example/a?b']],
  [
    'has headers, case-insensitive and joined',
    GET,
    ({ headers }) => [headers instanceof Headers, headers.get('x-ONE'), headers.has('Host'), headers.get('nope')],
    [true, '1, 2', true, null],
  ],
  [
    'has no headers of what is no name',
    GET,
    ({ headers }) => {
      const names = ['', 'a b', 'a:', 'é', '日本', 'host\0', Symbol('host') as unknown as string]
      const asked = names.flatMap((name): Array<() => unknown> => [() => headers.get(name), () => headers.has(name)])
      return Promise.all(asked.map((ask) => failure(Promise.resolve().then(ask))))
    },
    Array(14).fill('TypeError'),
  ],
  [
    'has all lines of Set-Cookie, and others of a name as long',
    GET.replace('Host', 'Set-Cookie: a=1\r\nUser-Agent: me\r\nSet-Cookie: b=2\r\nHost'),
    ({ headers }) => [
      headers.get('set-cookie'),
      headers.get('Set-Cookie'),
      headers.get('user-agent'),
      headers.getSetCookie(),
    ],
    ['a=1, b=2', 'a=1, b=2', 'me', ['a=1', 'b=2']],
  ],
  [
    'has headers in sorted order',
    GET,
    ({ headers }) => [...headers],
    [
      ['host', 'a.example'],
      ['x-one', '1, 2'],
    ],
  ],
  [
    'has headers that can be changed',
    GET,
    ({ headers }) => {
      headers.set('x-one', '3')
      headers.delete('host')
      return [...headers]
    },
    [['x-one', '3']],
  ],
  ['has headers that can be copied', GET, ({ headers }) => [...new Headers(headers).keys()], ['host', 'x-one']],
  [
    'has headers to walk through',
    GET,
    ({ headers }) => {
      const names: string[] = []
      headers.forEach((_, name) => void names.push(name))
      return names
    },
    ['host', 'x-one'],
  ],
  ['has no body without content', GET, ({ body, bodyUsed }) => [body, bodyUsed], [null, false]],
  ['gives no text without content', GET, (request) => request.text(), ''],
  [
    'gives no text, octets or form without content, as often as they are asked for',
    GET.replace('X-One: 1', 'Content-Type: application/x-www-form-urlencoded'),
    async (request) => [
      [await request.text(), await request.text(), request.bodyUsed],
      (await request.arrayBuffer()).byteLength,
      [[...(await request.formData())], [...(await request.formData())]],
    ],
    [['', '', false], 0, [[], []]],
  ],
  [
    'finds no JSON and no form without content, as often as they are asked for',
    GET,
    async (request) => [
      await failure(request.json()),
      await failure(request.json()),
      await failure(request.formData()),
      request.bodyUsed,
    ],
    ['WEB_ERR_BAD_CONTENT', 'WEB_ERR_BAD_CONTENT', 'WEB_ERR_UNSUPPORTED_MEDIA_TYPE', false],
  ],
  ['gives text', post('caf\u00e9'), (request) => request.text(), 'caf\u00e9'],
  ['gives JSON', post('{"a":1}'), (request) => request.json(), { a: 1 }],
  ['gives octets', post('abc'), async (request) => [...new Uint8Array(await request.arrayBuffer())], [97, 98, 99]],
  [
    'gives a Blob with its type',
    post('abc', 'Content-Type: text/x\r\n'),
    async (request) => {
      const blob = await request.blob()
      return [blob.type, await blob.text()]
    },
    ['text/x', 'abc'],
  ],
  [
    'gives a form',
    post('a=1&b=%20', 'Content-Type: application/x-www-form-urlencoded\r\n'),
    async (request) => [...(await request.formData())],
    [
      ['a', '1'],
      ['b', ' '],
    ],
  ],
  ['gives a stream', post('abc'), (request) => rest(request.body!), 'abc'],
  [
    'tells when its body was used',
    post('abc'),
    async (request) => {
      const before = request.bodyUsed
      await request.text()
      return [before, request.bodyUsed]
    },
    [false, true],
  ],
  [
    'refuses a second reading',
    post('abc'),
    async (request) => {
      await request.text()
      return request.text().then(
        () => 'read',
        (error: Error) => error.name,
      )
    },
    'TypeError',
  ],
  [
    'can be cloned, and both read',
    post('abc'),
    async (request) => {
      const copy = request.clone()
      return [copy instanceof Request, copy.url, await request.text(), await copy.text(), request.bodyUsed]
    },
    [true, 'http://a.example/a', 'abc', 'abc', true],
  ],
  [
    'can be cloned twice',
    post('{"a":1}'),
    async (request) => {
      const [one, two] = [request.clone(), request.clone()]
      return [await one.json(), await two.json(), await request.json()]
    },
    [{ a: 1 }, { a: 1 }, { a: 1 }],
  ],
  [
    'can be cloned, and its own body read',
    post('abc'),
    async (request) => [await request.clone().text(), await new Response(request.body).text(), request.bodyUsed],
    ['abc', 'abc', true],
  ],
  [
    'can be cloned with chunked content, and its own body read',
    CHUNKED,
    async (request) => [await request.clone().text(), await new Response(request.body).text(), request.bodyUsed],
    ['abc', 'abc', true],
  ],
  [
    'can be cloned with chunked content, and its own body read first',
    CHUNKED,
    async (request) => {
      const copy = request.clone()
      return [await new Response(request.body).text(), await copy.text()]
    },
    ['abc', 'abc'],
  ],
  [
    'can be cloned with chunked content, and makes another request of itself',
    CHUNKED,
    async (request) => {
      const copy = request.clone()
      return [await copy.text(), await new Request(request).text()]
    },
    ['abc', 'abc'],
  ],
  [
    'can be cloned after its body was looked at',
    post('abc'),
    async (request) => [request.body !== null, await request.clone().text(), await request.text()],
    [true, 'abc', 'abc'],
  ],
  [
    'refuses a second reading of what a clone shares with it',
    post('abc'),
    async (request) => {
      request.clone()
      await new Response(request.body).text()
      return failure(request.text())
    },
    'TypeError',
  ],
  [
    'refuses what is no JSON, cloned or not',
    post('{'),
    async (request) => {
      request.clone()
      return failure(request.json())
    },
    'WEB_ERR_BAD_CONTENT',
  ],
  [
    'hands changed headers on to a clone',
    post('abc', 'X-One: 1\r\n'),
    (request) => {
      const { body, headers } = request
      headers.set('x-one', '2')
      return [body !== null, request.clone().headers.get('x-one')]
    },
    [true, '2'],
  ],
  ['can be cloned without content', GET, (request) => request.clone().url, 'http://a.example/a?b'],
  [
    'can not be cloned after reading',
    post('abc'),
    async (request) => {
      await request.text()
      try {
        request.clone()
        return 'cloned'
      } catch (error) {
        return (error as Error).name
      }
    },
    'TypeError',
  ],
  [
    'makes another request by its URL and itself as init',
    post('abc'),
    async (request) => {
      const next = new Request(`${request.url}/x`, request as RequestInit)
      return [next.url, next.method, next.headers.get('host'), await next.text()]
    },
    ['http://a.example/a/x', 'POST', 'a.example', 'abc'],
  ],
  [
    'is used up by another request that is made of it',
    CHUNKED,
    async (request) => {
      const next = new Request(request)
      return [request.bodyUsed, await failure(request.text()), await next.text()]
    },
    [true, 'TypeError', 'abc'],
  ],
  [
    'makes no other request of itself when its body was read',
    CHUNKED,
    async (request) => {
      await request.text()
      return failure((async () => new Request(request))())
    },
    'TypeError',
  ],
  [
    'stays readable in the middle of its body, whatever is asked of it',
    post('abc'),
    async (request) => {
      const reader = request.body!.getReader({ mode: 'byob' })
      const { value } = await reader.read(new Uint8Array(1))
      reader.releaseLock()
      return [request.cache, String.fromCharCode(value![0]!), await rest(request.body!)]
    },
    ['default', 'a', 'bc'],
  ],
  [
    'throws what the platform throws for content that is no JSON, and says what to answer',
    post('{'),
    (request) => request.json().catch((error) => [error instanceof SyntaxError, error.name, error.code, error.status]),
    [true, 'SyntaxError', 'WEB_ERR_BAD_CONTENT', 400],
  ],
  [
    'throws what the platform throws for content that is no form, and says what to answer',
    post('a', 'Content-Type: multipart/form-data; boundary=x\r\n'),
    (request) => request.formData().catch((error) => [error instanceof TypeError, error.code, error.status]),
    [true, 'WEB_ERR_BAD_CONTENT', 400],
  ],
  [
    'throws what the platform throws for content of another type than a form, and says what to answer',
    post('a'),
    (request) => request.formData().catch((error) => [error instanceof TypeError, error.code, error.status]),
    [true, 'WEB_ERR_UNSUPPORTED_MEDIA_TYPE', 415],
  ],
  [
    'has a body that nobody else reads while it is locked',
    post('abc'),
    async (request) => {
      const reader = request.body!.getReader()
      const outcomes = await Promise.allSettled([
        request.text(),
        request.json(),
        request.arrayBuffer(),
        request.blob(),
        request.formData(),
        (async () => request.clone())(),
      ])
      const { value } = await reader.read()
      return [outcomes.map(({ status }) => status), String(Buffer.from(value!))]
    },
    [Array(6).fill('rejected'), 'abc'],
  ],
  [
    'has the rarer members',
    GET,
    ({ mode, cache, redirect, credentials }) => [mode, cache, redirect, credentials],
    ['cors', 'default', 'follow', 'same-origin'],
  ],
  ['has a signal that is quiet', GET, ({ signal }) => [signal instanceof AbortSignal, signal.aborted], [true, false]],
  [
    'has a query that stays as it was sent',
    GET.replace('/a?b', '/a?x=%41&y='),
    ({ url }) => url,
    'http://a.example/a?x=%41&y=',
  ],
  ['has a URL without dot segments', GET.replace('/a?b', '/a/../b/./c'), ({ url }) => url, 'http://a.example/b/c'],
  [
    'has a URL without encoded dot segments',
    GET.replace('/a?b', '/a/%2e%2E/b'),
    ({ url }) => url,
    'http://a.example/b',
  ],
  ['has a URL whose backslashes are slashes', GET.replace('/a?b', '/\\b'), ({ url }) => url, 'http://a.example//b'],
  [
    'has a URL on this host whatever the path says',
    GET.replace('/a?b', '//evil.example/x'),
    ({ url }) => url,
    'http://a.example//evil.example/x',
  ],
  [
    'has a host in small letters, without the port of the scheme',
    GET.replace('a.example', 'A.Example:80'),
    ({ url }) => url,
    'http://a.example/a?b',
  ],
  [
    'has its method as it was sent, with content that a GET has not',
    'get /a HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    async (request) => [request.method, request.body, await request.text()],
    ['get', null, 'abc'],
  ],
  [
    'has its method as it was sent, though a real one would not',
    'post /a HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    async (request) => [request.method, await request.text()],
    ['post', 'abc'],
  ],
  [
    'has the host of an absolute target',
    GET.replace('/a?b', 'http://b.example:81/c?d'),
    ({ url }) => url,
    'http://b.example:81/c?d',
  ],
]

for (const standardRequest of [false, true]) {
  describe(standardRequest ? 'a standard request' : 'a lazy request', () => {
    for (const [says, request, look, seen] of REQUESTS) {
      it(says, async () => {
        const response = await ask(async (incoming) => FastResponse.json(await look(incoming)), request, {
          standardRequest,
        })
        expect([response.status, JSON.parse(String(response.content))]).toEqual([200, seen])
      })
    }
  })
}

describe('a fetch handler', () => {
  describe('may answer with what it has fetched elsewhere', () => {
    const rows: Array<
      [says: string, coding: string, content: Uint8Array, sent: string, fields: Record<string, string[]>]
    > = [
      [
        'which is not in a coding any more that fetch has taken off',
        'gzip',
        gzipSync('hello'),
        'hello',
        { 'content-encoding': [], 'x-a': ['1'], connection: [] },
      ],
      [
        'nor in several of them',
        'GZIP, br',
        brotliCompressSync(gzipSync('hello')),
        'hello',
        { 'content-encoding': [], 'x-a': ['1'] },
      ],
      [
        'which stays in a coding that fetch does not know',
        'x-mine',
        Buffer.from('olleh'),
        'olleh',
        { 'content-encoding': ['x-mine'], 'content-length': ['5'], connection: [] },
      ],
    ]
    for (const [says, coding, content, sent, fields] of rows) {
      it(says, async () => {
        const behind = await serve({
          port: 0,
          handler(_, response) {
            response
              .setField('Content-Encoding', coding)
              .setField('X-A', '1')
              .setField('Connection', 'close')
              .end(content)
          },
        })
        closing.push(() => behind.close({ timeout: 1 }))
        const response = await ask(() => fetch(behind.url))
        expect(String(response.content)).toBe(sent)
        for (const [field, values] of Object.entries(fields)) expect(valuesOf(response, field), field).toEqual(values)
      })
    }
  })

  it('may answer with a Response of others that knows its type once its body was asked for', async () => {
    const typed = new Response('x')
    const lazy = {
      asked: false,
      status: 200,
      statusText: '',
      bodyUsed: false,
      get body() {
        this.asked = true
        return typed.body
      },
      get headers() {
        return this.asked ? typed.headers : new Headers()
      },
    }
    const response = await ask(() => lazy as unknown as Response)
    expect(valuesOf(response, 'content-type')).toEqual([text])
  })

  it('learns the client’s address, and what is below', async () => {
    const response = await ask((_request, info) =>
      FastResponse.json([info.remote, info.local.family, info.request.versionMinor, info.response.headSent]),
    )
    expect(JSON.parse(String(response.content))).toEqual([
      { family: 'IPv4', host: '127.0.0.1', port: expect.any(Number) },
      'IPv4',
      1,
      false,
    ])
  })

  it('hears when the peer leaves', async () => {
    let reached: (() => void) | undefined
    const inWork = new Promise<void>((resolve) => {
      reached = resolve
    })
    let aborted: (() => void) | undefined
    const gone = new Promise<void>((resolve) => {
      aborted = resolve
    })
    const wire = wireTo(
      await start(async ({ signal }) => {
        signal.addEventListener('abort', () => aborted?.())
        reached?.()
        await gone
        return new Response('nobody')
      }),
    )
    wire.send(GET)
    await inWork
    wire.socket.resetAndDestroy()
    await gone
  })

  it('that is asynchronous may look at the request when it is answered, and another has come', async () => {
    const [going, go] = promised()
    let late: Promise<unknown> | undefined
    const wire = wireTo(
      await start(async (request) => {
        late ??= going.then(() => [request.method, request.url, request.headers.get('x-one')])
        return new FastResponse('x') as unknown as Response
      }),
    )
    wire.send(GET.replace('GET', 'PUT'))
    await wire.responses(1, ['PUT'])
    wire.send(GET.replace('/a?b', '/another'))
    await wire.responses(2, ['PUT'])
    go()
    expect(await late).toEqual(['PUT', 'http://a.example/a?b', '1, 2'])
  })

  it('echoes a stream piece by piece, both ways at once', async () => {
    const wire = wireTo(await start((request) => new Response(request.body)))
    wire.send('POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (const piece of ['one', 'two', 'three']) {
      wire.send(`${piece.length.toString(16)}\r\n${piece}\r\n`)
      await wire.until(() => wire.received.includes(piece), piece)
    }
    wire.send('0\r\n\r\n')
    const [response] = await wire.responses(1, ['POST'])
    expect(String(response?.content)).toBe('onetwothree')
  })

  it('refuses content beyond the limit with 413', async () => {
    const response = await ask(async (request) => new Response(await request.text()), post('x'.repeat((1 << 20) + 1)))
    expect(response.status).toBe(413)
  })

  const FAILURES: Array<[says: string, fetch: FetchHandler, status: number]> = [
    [
      'that throws is answered 500',
      () => {
        throw new Error('no')
      },
      500,
    ],
    ['that rejects is answered 500', () => Promise.reject(new Error('no')), 500],
    [
      'that throws an error with a status is answered with it',
      () => {
        throw Object.assign(new Error('no'), { status: 403 })
      },
      403,
    ],
    ['that returns nothing is answered 500', () => undefined as unknown as Response, 500],
    ['that returns something else is answered 500', () => 'text' as unknown as Response, 500],
    ['that returns a network error is answered 500', () => Response.error(), 500],
    [
      'whose stream fails at once is answered 500',
      () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error('no')) })),
      500,
    ],
    [
      'whose stream is neither of octets nor of text is answered 500',
      () => new Response(new ReadableStream({ start: (controller) => controller.enqueue({} as never) })),
      500,
    ],
  ]
  for (const [says, fetch, status] of FAILURES) {
    it(says, async () => {
      const response = await ask(fetch)
      expect(response.status).toBe(status)
      expect(String(response.content)).not.toContain('Error:')
    })
  }

  it('gets 400 for a Host that no URL can have', async () => {
    const response = await ask(({ url }) => new Response(url), GET.replace('a.example', 'a%00b'))
    expect(response.status).toBe(400)
  })

  it('is what serve takes as fetch', async () => {
    const server = await serve({ port: 0, fetch: (request) => new Response(request.method) })
    closing.push(() => server.close({ timeout: 1 }))
    const wire = wireTo(server)
    wire.send(GET)
    expect(String((await wire.responses(1, ['GET']))[0]?.content)).toBe('GET')
  })
})

describe('FastResponse', () => {
  /** What no type allows, and JavaScript does. */
  const any = (value: unknown) => value as never
  const MEMBERS: Array<[says: string, look: (R: typeof Response) => unknown]> = [
    ['instance', (R) => new R('x') instanceof Response],
    [
      'defaults',
      (R) => {
        const { status, ok, statusText, type, url, redirected, bodyUsed, body } = new R(null)
        return [status, ok, statusText, type, url, redirected, bodyUsed, body]
      },
    ],
    ['the name of its class', (R) => [R.name, new R('x').constructor.name]],
    ['not ok', (R) => new R('x', { status: 404 }).ok],
    ['text', (R) => new R('\ufeffcafé\ud800').text()],
    ['json', (R) => new R('{"a":1}').json()],
    ['arrayBuffer', async (R) => [...new Uint8Array(await new R('é').arrayBuffer())]],
    [
      'blob',
      async (R) => {
        const blob = await new R('x').blob()
        return [blob.type, blob.size]
      },
    ],
    ['formData', async (R) => [...(await new R(new URLSearchParams({ a: '1' })).formData())]],
    ['text of a stream', (R) => new R(streamOf('a', 'b')).text()],
    [
      'reading twice',
      async (R) => {
        const response = new R('x')
        await response.text()
        return response.text()
      },
    ],
    [
      'reading an empty body twice',
      async (R) => {
        const response = new R(null)
        await response.text()
        return [response.bodyUsed, await response.text()]
      },
    ],
    [
      'bodyUsed',
      async (R) => {
        const response = new R('x')
        await response.text()
        return response.bodyUsed
      },
    ],
    [
      'cloning a used one',
      async (R) => {
        const response = new R('x')
        await response.text()
        return response.clone()
      },
    ],
    [
      'body is a stream',
      async (R) => {
        const response = new R('x')
        const reader = response.body!.getReader()
        return [(await reader.read()).done, response.bodyUsed]
      },
    ],
    ['status too low', (R) => new R('', { status: 199 }).status],
    ['status too high', (R) => new R('', { status: 600 }).status],
    ['content with 204', (R) => new R('x', { status: 204 }).status],
    ['bad reason', (R) => new R('x', { statusText: 'a\r\n' }).status],
    ['bad redirect status', (R) => R.redirect('http://a/', 200 as 302).status],
    ['JSON without text', (R) => R.json(undefined).status],
    [
      'error',
      (R) => {
        const { type, status } = R.error()
        return [type, status]
      },
    ],
    ['a status in words', (R) => [new R('', { status: any('201') }).status, new R('', { status: any('201') }).ok]],
    ['a status with a fraction', (R) => new R('', { status: 200.7 }).status],
    ['a reason that is a number', (R) => new R('', { statusText: any(5) }).statusText],
    ['a status in place of an init', (R) => new R('', any(404)).status],
    ['a redirect with a status in words', (R) => R.redirect('http://a/', any('301')).status],
    ['fields of null', (R) => new R('', { headers: any(null) }).status],
    ['fields that are a string', (R) => new R('', { headers: any('a: b') }).status],
    [
      'a form after the text',
      async (R) => {
        const response = new R('a=1', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
        await response.text()
        return [...(await response.formData())]
      },
    ],
    ['a form that is none', (R) => new R('a=1').formData()],
    [
      'a type that was taken away, cloned',
      (R) => {
        const response = new R('x')
        response.headers.delete('content-type')
        return [...response.clone().headers]
      },
    ],
    [
      'fields that change after the clone',
      (R) => {
        const response = new R('x', { headers: { a: '1' } })
        const clone = response.clone()
        response.headers.set('a', '2')
        clone.headers.set('b', '3')
        return [[...response.headers], [...clone.headers]]
      },
    ],
  ]
  const outcome = async (look: (R: typeof Response) => unknown, R: typeof Response) => {
    try {
      return await look(R)
    } catch (error) {
      return (error as Error).name
    }
  }
  for (const [says, look] of MEMBERS) {
    it(`has the platform’s answer for: ${says}`, async () => {
      const expected = await outcome(look, Response)
      expect(await outcome(look, FastResponse as unknown as typeof Response)).toEqual(expected)
    })
  }

  it('has every member that Response has', () => {
    for (const name of Object.getOwnPropertyNames(Response.prototype))
      expect(Object.hasOwn(FastResponse.prototype, name), name).toBe(true)
  })
})

describe('installFastGlobals', () => {
  it('puts all in place and takes it back', () => {
    const former = [globalThis.Request, globalThis.Response, globalThis.fetch]
    const native = new Response('x')
    const restore = installFastGlobals()
    try {
      expect(globalThis.Response).toBe(FastResponse)
      expect(native instanceof Response).toBe(true)
      expect(new Response('x') instanceof Response).toBe(true)
      expect(new Request('http://a/') instanceof Request).toBe(true)
      expect(Request.name).toBe('Request')
    } finally {
      restore()
    }
    expect([globalThis.Request, globalThis.Response, globalThis.fetch]).toEqual(former)
  })

  it('takes nothing for an instance of a class that is derived from one of them', () => {
    const restore = installFastGlobals()
    try {
      class NotFound extends Response {}
      class Routed extends Request {}
      const [native, fast] = [FastResponse.error(), new Response('x')]
      expect([native, fast].map((response) => response instanceof NotFound)).toEqual([false, false])
      expect(new Request('http://a/') instanceof Routed).toBe(false)
      expect(new NotFound('x') instanceof NotFound && new NotFound('x') instanceof Response).toBe(true)
      expect(new Routed('http://a/') instanceof Routed && new Routed('http://a/') instanceof Request).toBe(true)
    } finally {
      restore()
    }
  })

  it('lets a lazy request be fetched elsewhere', async () => {
    const behind = await serve({
      port: 0,
      handler: async (request, response) =>
        void response.end(`${request.method} ${request.target} ${await request.text()}`),
    })
    closing.push(() => behind.close({ timeout: 1 }))
    const restore = installFastGlobals()
    try {
      const target = `POST ${behind.url}/b HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc`
      const response = await ask((request) => fetch(request), target)
      expect(String(response.content)).toBe('POST /b abc')
    } finally {
      restore()
    }
  })

  it('lets a request be made of a lazy one', async () => {
    const restore = installFastGlobals()
    try {
      const response = await ask(async (request) => {
        const next = new Request(request, { headers: { 'x-two': '2' } })
        return new Response(`${next.method} ${next.headers.get('x-two')} ${await next.text()}`)
      }, post('abc'))
      expect(String(response.content)).toBe('POST 2 abc')
    } finally {
      restore()
    }
  })
})
