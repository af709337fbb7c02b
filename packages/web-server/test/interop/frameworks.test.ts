import { H3 } from 'h3'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { secureHeaders } from 'hono/secure-headers'
import { stream, streamSSE } from 'hono/streaming'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type FetchHandler, fetchHandler, installFastGlobals } from '../../src/fetch.js'
import { serve, type WebServer } from '../../src/index.js'

/** An app of Hono's with what people use: parameters, JSON, forms, middleware, streams, errors, mounted apps. */
function honoApp(): Hono {
  const app = new Hono()
  app.use('*', secureHeaders())
  app.use('/cors/*', cors({ origin: 'http://b.example' }))
  app.use('/etag', etag())
  app.get('/', (c) => c.text('hello'))
  app.get('/users/:id', (c) => c.json({ id: c.req.param('id'), q: c.req.query('q'), agent: c.req.header('x-agent') }))
  app.post('/json', async (c) => c.json(await c.req.json(), 201))
  app.post('/form', async (c) => c.json(await c.req.parseBody()))
  app.post('/limited', bodyLimit({ maxSize: 10 }), async (c) => c.text(await c.req.text()))
  app.get('/cors/x', (c) => c.text('cors'))
  app.get('/etag', (c) => c.html('<p>tagged</p>'))
  app.get('/cookie', (c) => {
    c.header('Set-Cookie', 'a=1', { append: true })
    c.header('Set-Cookie', 'b=2', { append: true })
    return c.body(null, 204)
  })
  app.get('/redirect', (c) => c.redirect('/users/1'))
  app.get('/stream', (c) =>
    stream(c, async (out) => {
      await out.write('one ')
      await out.write('two')
    }),
  )
  app.get('/events', (c) =>
    streamSSE(c, async (out) => {
      await out.writeSSE({ data: 'first', event: 'tick', id: '1' })
    }),
  )
  app.get('/fail', () => {
    throw new Error('no')
  })
  app.mount(
    '/mounted',
    async (request: Request) => new Response(`${new URL(request.url).pathname} ${await request.text()}`),
  )
  return app
}

/** The same of h3's. */
function h3App(): H3 {
  const app = new H3()
  app.get('/', () => 'hello')
  app.get('/users/:id', (event) => ({
    id: event.context.params?.id,
    q: event.url.searchParams.get('q'),
    agent: event.req.headers.get('x-agent'),
  }))
  app.post('/json', async (event) => {
    event.res.status = 201
    return event.req.json()
  })
  app.post('/form', async (event) =>
    Object.fromEntries((await event.req.formData()) as unknown as Iterable<[string, string]>),
  )
  app.get('/cookie', (event) => {
    event.res.headers.append('Set-Cookie', 'a=1')
    event.res.headers.append('Set-Cookie', 'b=2')
    event.res.status = 204
    return null
  })
  app.get('/stream', () => {
    const texts = ['one ', 'two']
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        const text = texts.shift()
        if (text === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(text))
      },
    })
  })
  app.get('/fail', () => {
    throw new Error('no')
  })
  return app
}

type Look = (ask: (path: string, init?: RequestInit & { duplex?: 'half' }) => Promise<Response>) => Promise<void>

const COMMON: Array<[says: string, look: Look]> = [
  ['answers text', async (ask) => expect(await (await ask('/')).text()).toBe('hello')],
  [
    'routes, with parameters, query and fields',
    async (ask) => {
      const response = await ask('/users/42?q=%C3%A9', { headers: { 'x-agent': 'me' } })
      expect(await response.json()).toEqual({ id: '42', q: 'é', agent: 'me' })
    },
  ],
  [
    'reads JSON',
    async (ask) => {
      const response = await ask('/json', {
        method: 'POST',
        body: '{"a":"é"}',
        headers: { 'content-type': 'application/json' },
      })
      expect([response.status, await response.json()]).toEqual([201, { a: 'é' }])
    },
  ],
  [
    'reads forms',
    async (ask) => {
      expect(await (await ask('/form', { method: 'POST', body: new URLSearchParams({ a: '1 2' }) })).json()).toEqual({
        a: '1 2',
      })
      const form = new FormData()
      form.set('a', 'é')
      expect(await (await ask('/form', { method: 'POST', body: form })).json()).toEqual({ a: 'é' })
    },
  ],
  [
    'sets cookies',
    async (ask) => {
      const response = await ask('/cookie')
      expect([response.status, response.headers.getSetCookie()]).toEqual([204, ['a=1', 'b=2']])
    },
  ],
  ['streams', async (ask) => expect(await (await ask('/stream')).text()).toBe('one two')],
  ['answers HEAD', async (ask) => expect(await (await ask('/', { method: 'HEAD' })).text()).toBe('')],
  [
    'answers 404 and 500',
    async (ask) => expect([(await ask('/nowhere')).status, (await ask('/fail')).status]).toEqual([404, 500]),
  ],
]

const HONO: Array<[says: string, look: Look]> = [
  [
    'runs middleware',
    async (ask) => {
      const response = await ask('/cors/x', { headers: { origin: 'http://b.example' } })
      expect(response.headers.get('access-control-allow-origin')).toBe('http://b.example')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    },
  ],
  [
    'answers a preflight',
    async (ask) =>
      expect(
        (
          await ask('/cors/x', {
            method: 'OPTIONS',
            headers: { origin: 'http://b.example', 'access-control-request-method': 'GET' },
          })
        ).status,
      ).toBe(204),
  ],
  [
    'computes entity tags and answers 304',
    async (ask) => {
      const tag = (await ask('/etag')).headers.get('etag')!
      expect((await ask('/etag', { headers: { 'if-none-match': tag } })).status).toBe(304)
    },
  ],
  [
    'redirects',
    async (ask) => expect((await ask('/redirect', { redirect: 'manual' })).headers.get('location')).toBe('/users/1'),
  ],
  [
    'sends events',
    async (ask) => expect(await (await ask('/events')).text()).toBe('event: tick\ndata: first\nid: 1\n\n'),
  ],
  [
    'limits content of a declared length',
    async (ask) => {
      expect((await ask('/limited', { method: 'POST', body: 'x'.repeat(11) })).status).toBe(413)
      expect(await (await ask('/limited', { method: 'POST', body: 'short' })).text()).toBe('short')
    },
  ],
  [
    'mounts other apps',
    async (ask) => expect(await (await ask('/mounted/a/b', { method: 'POST', body: 'abc' })).text()).toBe('/a/b abc'),
  ],
]

const CHUNKED_LIMIT: [says: string, look: Look] = [
  'limits chunked content',
  async (ask) => {
    const send = (text: string) =>
      ask('/limited', { method: 'POST', duplex: 'half', body: new Blob([text]).stream() as ReadableStream<Uint8Array> })
    expect((await send('x'.repeat(11))).status).toBe(413)
    expect(await (await send('short')).text()).toBe('short')
  },
]

interface Setting {
  title: string
  make: () => FetchHandler
  rows: Array<[says: string, look: Look]>
  fast?: boolean
  standardRequest?: boolean
}

const SETTINGS: Setting[] = [
  {
    title: 'an app of Hono, unchanged',
    make: () => honoApp().fetch as FetchHandler,
    rows: [...COMMON, ...HONO, CHUNKED_LIMIT],
  },
  {
    title: 'an app of Hono, with fast globals',
    make: () => honoApp().fetch as FetchHandler,
    rows: [...COMMON, ...HONO, CHUNKED_LIMIT],
    fast: true,
  },
  {
    title: 'an app of Hono, with standard requests',
    make: () => honoApp().fetch as FetchHandler,
    rows: [...COMMON, ...HONO, CHUNKED_LIMIT],
    standardRequest: true,
  },
  { title: 'an app of h3, unchanged', make: () => h3App().fetch as unknown as FetchHandler, rows: COMMON },
  {
    title: 'an app of h3, with fast globals',
    make: () => h3App().fetch as unknown as FetchHandler,
    rows: COMMON,
    fast: true,
  },
]

for (const { title, make, rows, fast, standardRequest } of SETTINGS) {
  describe(title, () => {
    let server: WebServer
    let restore: (() => void) | undefined
    const outside = globalThis.fetch

    beforeAll(async () => {
      // Both frameworks print what a handler threw.
      vi.spyOn(console, 'error').mockImplementation(() => {})
      if (fast) restore = installFastGlobals()
      server = await serve({
        port: 0,
        handler: fetchHandler(make(), { standardRequest: standardRequest ?? false }),
        onError: () => {},
      })
    })

    afterAll(async () => {
      restore?.()
      vi.restoreAllMocks()
      await server.close({ timeout: 1 })
    })

    for (const [says, look] of rows) {
      it(says, () => look((path, init) => outside(`http://127.0.0.1:${server.port}${path}`, init)))
    }
  })
}
