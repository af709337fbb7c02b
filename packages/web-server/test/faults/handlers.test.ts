import { createReadStream } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fetchHandler } from '../../src/fetch.js'
import { type Handler, type ServerRequest, serve, type WebServeOptions, type WebServer } from '../../src/index.js'
import { get, post } from '../conformance/duty.js'
import { readResponses } from '../conformance/read-responses.js'
import { Wire } from '../conformance/wire.js'
import { RawClient } from '../raw-client.js'
import { eventually } from './memory.js'

let server: WebServer | undefined
const errors: unknown[] = []

afterEach(async () => {
  await server?.close({ timeout: 1 })
  errors.length = 0
})

const turn = () => new Promise(setImmediate)

/** The `Request` that a fetch handler would be given. */
function lazily(request: ServerRequest): Request {
  let seen: Request | undefined
  void fetchHandler((lazy) => {
    seen = lazy
    return new Promise(() => {})
  })(request, undefined as never)
  return seen!
}

/** Yields pieces, and fails. */
async function* failing(...pieces: string[]): AsyncGenerator<string> {
  for (const piece of pieces) {
    yield piece
    await turn()
  }
  throw new Error('no')
}

/** An error that fails itself. */
class Unseen {
  get status(): number {
    throw new Error('nothing to see')
  }
}

/** `statuses`: what the client gets; `cut`: the answer is visibly incomplete; `reported`: errors told to `onError`. */
interface Fault {
  says: string
  handler: Handler
  request?: string
  statuses?: number[]
  cut?: boolean
  reported: number
}

const FAULTS: Fault[] = [
  {
    says: 'throws before the head',
    handler: () => {
      throw new Error('no')
    },
    statuses: [500],
    reported: 1,
  },
  {
    says: 'throws what does not let itself be looked at',
    handler: () => {
      throw new Unseen()
    },
    statuses: [500],
    reported: 1,
  },
  {
    says: 'rejects with what does not let itself be looked at',
    handler: () => Promise.reject(new Unseen()),
    statuses: [500],
    reported: 1,
  },
  {
    says: 'rejects with a proxy that was revoked',
    handler: () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return Promise.reject(proxy)
    },
    statuses: [500],
    reported: 1,
  },
  {
    says: 'throws nothing in particular',
    handler: () => {
      throw undefined
    },
    statuses: [500],
    reported: 1,
  },
  {
    says: 'throws a string',
    handler: () => {
      throw 'no'
    },
    statuses: [500],
    reported: 1,
  },
  {
    says: 'rejects before the head',
    handler: async () => {
      await turn()
      throw new Error('no')
    },
    statuses: [500],
    reported: 1,
  },
  {
    says: 'throws an error with a status of the client’s',
    handler: () => {
      throw Object.assign(new Error('no'), { status: 409 })
    },
    statuses: [409],
    reported: 0,
  },
  {
    says: 'throws an error whose status is nonsense',
    handler: () => {
      throw Object.assign(new Error('no'), { status: 42 })
    },
    statuses: [500],
    reported: 1,
  },
  {
    says: 'throws after setting fields',
    handler: (_request, response) => {
      response.setField('ETag', '"x"').setField('Content-Length', 3)
      throw new Error('no')
    },
    statuses: [500],
    reported: 1,
  },
  {
    says: 'throws after the head',
    handler: (_request, response) => {
      response.write('begun')
      throw new Error('no')
    },
    cut: true,
    reported: 1,
  },
  {
    says: 'rejects after the head',
    handler: async (_request, response) => {
      response.write('begun')
      await turn()
      throw new Error('no')
    },
    cut: true,
    reported: 1,
  },
  {
    says: 'throws after the answer',
    handler: (_request, response) => {
      response.end('whole')
      throw new Error('no')
    },
    statuses: [200],
    reported: 1,
  },
  {
    says: 'rejects after the answer',
    handler: async (_request, response) => {
      response.end('whole')
      await turn()
      throw new Error('no')
    },
    statuses: [200],
    reported: 1,
  },
  {
    says: 'ends twice',
    handler: (_request, response) => {
      response.end('whole')
      response.end('again')
    },
    statuses: [200],
    reported: 1,
  },
  {
    says: 'writes after the end',
    handler: (_request, response) => {
      response.end('whole')
      response.write('again')
    },
    statuses: [200],
    reported: 1,
  },
  {
    says: 'sets a field after the head',
    handler: (_request, response) => {
      response.end('whole')
      response.setField('X', 'y')
    },
    statuses: [200],
    reported: 1,
  },
  {
    says: 'promises more than it writes',
    handler: (_request, response) => {
      response.setField('Content-Length', 10)
      response.write('four')
      response.end()
    },
    cut: true,
    reported: 1,
  },
  {
    says: 'writes more than it promised',
    handler: (_request, response) => {
      response.setField('Content-Length', 2)
      response.write('four')
    },
    cut: true,
    reported: 1,
  },
  {
    says: 'reads the content twice',
    handler: async (request, response) => {
      await request.text()
      response.end(await request.text())
    },
    request: post('Content-Length: 3\r\n', 'abc'),
    statuses: [500],
    reported: 1,
  },
  {
    says: 'sends a source that fails at once',
    handler: (_request, response) =>
      response.send(
        (async function* (): AsyncGenerator<string> {
          await turn()
          if (errors.length === 0) throw new Error('no')
          yield 'never'
        })(),
      ),
    statuses: [500],
    reported: 1,
  },
  {
    says: 'sends a source that fails later',
    handler: (_request, response) =>
      response.send(
        (async function* () {
          yield 'begun'
          await turn()
          throw new Error('no')
        })(),
      ),
    cut: true,
    reported: 1,
  },
  {
    says: 'sends a file that is not there, and does not wait',
    handler: (_request, response) => void response.send(createReadStream('/nothing/here')),
    statuses: [500],
    reported: 1,
  },
  {
    says: 'sends a source that fails at once, and waits for something else',
    handler: async (_request, response) => {
      void response.send(failing())
      await turn()
    },
    statuses: [500],
    reported: 1,
  },
  {
    says: 'sends a source that fails later, and does not wait',
    handler: (_request, response) => void response.send(failing('begun')),
    cut: true,
    reported: 1,
  },
  {
    says: 'sends a source that fails later, and is done before',
    handler: async (_request, response) => void response.send(failing('begun')),
    cut: true,
    reported: 1,
  },
  {
    says: 'sends a source that fails, and does not mind',
    handler: async (_request, response) => {
      await (response.send(failing('begun')) as Promise<void>).catch(() => {})
    },
    cut: true,
    reported: 1,
  },
  {
    says: 'sends a source that fails at once, and has another answer',
    handler: async (_request, response) => {
      try {
        await response.send(failing())
      } catch {
        await turn()
        response.sendError(404)
      }
    },
    statuses: [404],
    reported: 0,
  },
  {
    says: 'sends a source that fails at once, and listens to that',
    handler: (_request, response) => {
      ;(response.send(failing()) as Promise<void>).catch(() => response.sendError(404))
    },
    statuses: [404],
    reported: 0,
  },
  {
    says: 'sends what is no stream, and does not wait',
    handler: (_request, response) => void response.send(7 as never),
    statuses: [500],
    reported: 1,
  },
  {
    says: 'writes on without end, and without waiting',
    handler: (_request, response) => {
      for (let written = 0; written < 300; written++) response.write(Buffer.alloc(100_000))
      response.end()
    },
    cut: true,
    reported: 1,
  },
  {
    says: 'aborts',
    handler: (_request, response) => {
      response.write('begun')
      response.abort()
    },
    cut: true,
    reported: 0,
  },
  {
    says: 'reads content that is no JSON',
    handler: async (request, response) => void response.end(JSON.stringify(await request.json())),
    request: post('Content-Length: 1\r\n', '{'),
    statuses: [400],
    reported: 0,
  },
]

describe('a handler that', { timeout: 30_000 }, () => {
  for (const { says, handler, request = get('', '/'), statuses, cut, reported } of FAULTS) {
    it(`${says} costs at most its own answer`, async () => {
      server = await serve({
        port: 0,
        handler: (asked, response) => (asked.path === '/fine' ? void response.end('fine') : handler(asked, response)),
        onError: (error) => void errors.push(error),
      })
      const wire = new Wire(server.port)
      wire.send(request)
      if (cut) {
        await wire.until(() => wire.ended, 'the cut')
        let whole = 0
        try {
          whole = readResponses(wire.received, ['GET'], false).responses.length
        } catch {
          // what there is of it does not even parse
        }
        expect(whole, 'whole answers').toBe(0)
      } else {
        const answers = await wire.responses(statuses!.length, ['GET'])
        expect(answers.map(({ status }) => status)).toEqual(statuses)
        expect(String(answers[0]!.content)).not.toContain('again')
      }
      await eventually(() => errors.length >= reported, 'the error to be reported')
      const other = new Wire(server.port)
      other.send(get('', '/fine'))
      expect(String((await other.responses(1, ['GET']))[0]?.content)).toBe('fine')
      expect(errors).toHaveLength(reported)
      wire.close()
      other.close()
    })
  }

  it('never answers is given up when its client leaves', async () => {
    let aborted = 0
    server = await serve({
      port: 0,
      handler: (request, response) => {
        request.signal.addEventListener('abort', () => aborted++)
        response.onFinish(() => aborted++)
        return new Promise(() => {})
      },
    })
    const wire = new Wire(server.port)
    wire.send(get('', '/'))
    await eventually(() => server!.stats.requests === 1, 'the handler to run')
    wire.socket.resetAndDestroy()
    await eventually(() => aborted === 2 && server!.connections === 0, 'it to be given up')
  })

  it('never answers does not keep the server from closing', async () => {
    server = await serve({ port: 0, handler: () => new Promise(() => {}) })
    const wire = new Wire(server.port)
    wire.send(get('', '/'))
    await eventually(() => server!.stats.requests === 1, 'the handler to run')
    await server.close({ timeout: 50 })
    await wire.until(() => wire.ended, 'the end')
    wire.close()
  })

  it('answers after its client has left harms nobody', async () => {
    let answer: (() => void) | undefined
    server = await serve({
      port: 0,
      handler: (request, response) => {
        if (request.path === '/fine') return void response.end('fine')
        answer = () => {
          response.setField('X', 'y')
          response.write('nobody')
          response.end('reads this')
        }
      },
      onError: (error) => void errors.push(error),
    })
    const wire = new Wire(server.port)
    wire.send(get('', '/'))
    await eventually(() => answer !== undefined, 'the handler to run')
    wire.socket.resetAndDestroy()
    await eventually(() => server!.connections === 0, 'it to be gone')
    expect(() => answer?.()).not.toThrow()
    const other = new Wire(server.port)
    other.send(get('', '/fine'))
    expect(String((await other.responses(1, ['GET']))[0]?.content)).toBe('fine')
    other.close()
    expect(errors).toEqual([])
  })

  it.each([
    ['an access log', { accessLog: () => {} }],
    ['nobody', {}],
  ])('answers content that broke in a later packet, watched by %s, and lives', async (_who, options) => {
    server = await serve({
      port: 0,
      handler: async (request, response) => {
        if (request.path === '/early') response.end('early')
        else response.end(await request.text())
        // What a handler looks at afterwards is there, too.
        await turn()
        response.onFinish(() => request.fields.get('host'))
      },
      onError: (error) => void errors.push(error),
      ...options,
    })
    for (const [path, status] of [
      ['/late', 400],
      ['/early', 200],
    ] as const) {
      const wire = new Wire(server.port)
      wire.send(post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n', path))
      await eventually(() => server!.stats.requests > 0, 'the handler to run')
      if (status === 200) await wire.until(() => String(wire.received).includes('early'), 'the answer')
      await turn()
      wire.send('Z\r\n')
      await wire.until(() => wire.ended, 'the end')
      expect(String(wire.received)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      wire.close()
    }
    expect(errors).toEqual([])
  })

  const late: Array<[what: string, read: (request: ServerRequest) => Promise<unknown>]> = [
    ['text()', (request) => request.text()],
    ['bytes()', (request) => request.bytes()],
    ['trailers', (request) => request.trailers],
    [
      'an iterator',
      async (request) => {
        for await (const _piece of request.content);
      },
    ],
  ]
  it.each(late)(
    'reads its content by %s around its answer, and hears that the rest is dropped',
    async (_what, read) => {
      for (const first of [true, false]) {
        const said: unknown[] = []
        server = await serve({
          port: 0,
          onError: (error) => void errors.push(error),
          handler: async (request, response) => {
            const reading = first ? read(request) : undefined
            response.end('answered')
            await (reading ?? read(request)).then(
              () => said.push('whole'),
              (problem: unknown) => said.push((problem as { code?: string }).code),
            )
          },
        })
        const wire = new Wire(server.port)
        wire.send(post('Content-Length: 10\r\n', 'abc', '/'))
        expect((await wire.responses(1, ['POST']))[0]?.status).toBe(200)
        await eventually(() => said.length > 0, 'the reader to hear of it')
        expect(said).toEqual(['WEB_ERR_CONTENT_DROPPED'])
        wire.close()
        await server.close({ timeout: 1 })
      }
      expect(errors).toEqual([])
    },
  )

  const BROKEN = post('Transfer-Encoding: chunked\r\n', '2\r\n{}\r\n', '/')
  it.each<[string, string, (request: ServerRequest) => Promise<unknown>]>([
    ['JSON that is none', post('Content-Length: 1\r\n', '{', '/'), (request) => request.json()],
    [
      'text that is too long',
      post('Content-Length: 9\r\n', 'too large', '/'),
      (request) => request.text({ maxSize: 8 }),
    ],
    ['octets of a broken chunk', BROKEN, (request) => request.bytes()],
    ['JSON of a broken chunk', BROKEN, (request) => request.json()],
    ['trailers behind a broken chunk', BROKEN, (request) => request.trailers],
    ['a form that is none', post('Content-Length: 1\r\n', '{', '/'), (request) => request.formData()],
    [
      'a form that ends early',
      post('Content-Type: multipart/form-data; boundary=a\r\nContent-Length: 3\r\n', '--a', '/'),
      (request) => request.formData(),
    ],
    ['a Blob of a broken chunk', BROKEN, (request) => lazily(request).blob()],
    ['an ArrayBuffer of a broken chunk', BROKEN, (request) => lazily(request).arrayBuffer()],
  ])('asks for its content early and waits late: %s does not end the process', async (_what, question, read) => {
    const unheard: unknown[] = []
    const listen = (problem: unknown) => void unheard.push(problem)
    process.on('unhandledRejection', listen)
    server = await serve({
      port: 0,
      onError: (error) => void errors.push(error),
      handler: async (request, response) => {
        const reading = read(request)
        if (question === BROKEN) wire.send('Z\r\n')
        for (let turns = 0; turns < 20; turns++) await turn()
        response.end(String(await reading))
      },
    })
    const wire = new Wire(server.port)
    wire.send(question)
    expect((await wire.responses(1, ['POST']))[0]?.status).toBeOneOf([400, 413, 415])
    process.off('unhandledRejection', listen)
    expect([unheard, errors]).toEqual([[], []])
    wire.close()
  })

  it.each<[string, (failing: () => Promise<never>) => Partial<WebServeOptions>]>([
    ['an access log', (failing) => ({ accessLog: failing })],
    ['onError', (failing) => ({ onError: failing, handler: failing })],
    ['a listener to the end', (failing) => ({ handler: (_, response) => void response.onFinish(failing).end('x') })],
  ])('has %s whose promise is rejected, and the server lives', async (_what, options) => {
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
    let failures = 0
    const failing = async (): Promise<never> => {
      failures++
      throw new Error('no')
    }
    server = await serve({
      port: 0,
      handler: (_, response) => void response.end('x'),
      onError: (error) => void errors.push(error),
      ...options(failing),
    } as WebServeOptions)
    const wire = new Wire(server.port)
    wire.send(get('', '/'))
    await wire.responses(1, ['GET'])
    await eventually(() => failures > 0, 'it to fail')
    await turn()
    expect(errors.length + quiet.mock.calls.length).toBeGreaterThan(0)
    quiet.mockRestore()
    wire.close()
  })

  it('cuts off what only the end of the connection would end: the client sees a reset', async () => {
    let fail: (() => void) | undefined
    server = await serve({
      port: 0,
      onError: (error) => void errors.push(error),
      handler: (_, response) => {
        response.write('part')
        return new Promise<void>((_resolve, reject) => {
          fail = () => reject(new Error('no'))
        })
      },
    })
    const client = await RawClient.open(server.port)
    client.send('GET / HTTP/1.0\r\n\r\n')
    await eventually(() => client.rest.endsWith('part'), 'the part')
    fail!()
    expect(await client.closed()).toBe('reset')
    client.close()
  })
})

describe('what can not be sent', () => {
  const rows: Array<[sentence: string, content: unknown, said: string]> = [
    ['undefined', undefined, 'undefined'],
    ['a number', 5, '5'],
    ['an object', {}, '[object Object]'],
    ['a Blob, whose stream can be', new Blob(['x']), '[object Blob]'],
  ]
  it.each(rows)('%s is a TypeError that says so', async (_, content, said) => {
    server = await serve({
      port: 0,
      handler: (_request, response) => response.send(content as string),
      onError: (error) => void errors.push(error),
    })
    const client = await RawClient.open(server.port)
    client.send(get('', '/'))
    expect((await client.response()).status).toBe(500)
    expect(errors).toEqual([new TypeError(`What is sent is text, octets, an iterable or a stream, not ${said}`)])
    client.close()
  })
})
