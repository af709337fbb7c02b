import { afterEach, describe, expect, it } from 'vitest'
import { BaseRequestHandler, handlerOf } from '../src/handler.js'
import { serve, type WebServer } from '../src/index.js'
import { readResponses, valuesOf } from './conformance/read-responses.js'
import { Wire } from './conformance/wire.js'

let server: WebServer | undefined

afterEach(() => server?.close({ timeout: 1 }))

async function ask(Class: Parameters<typeof handlerOf>[0], text: string) {
  await server?.close({ timeout: 1 })
  server = await serve({ port: 0, handler: handlerOf(Class), onError: () => {} })
  const wire = new Wire(server.port)
  try {
    wire.send(text)
    const [response] = await wire.responses(1, [text.slice(0, text.indexOf(' '))])
    return response!
  } finally {
    wire.close()
  }
}

const line = (method: string, target = '/') => `${method} ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`

class Hello extends BaseRequestHandler {
  doGET() {
    this.sendResponse(200)
    this.sendHeader('Content-Type', 'text/plain')
    this.endHeaders()
    this.write('Hello, web!\n')
  }
}

class Everything extends BaseRequestHandler {
  #answer(text: string) {
    this.sendResponse(200, 'Fine')
    this.sendHeader('X-Seen', `${this.command} ${this.path} ${this.headers.get('host')} ${this.clientAddress.family}`)
    this.sendHeader('Set-Cookie', 'a=1')
    this.sendHeader('Set-Cookie', 'b=2')
    this.endHeaders()
    this.write(text)
    this.write(new Uint8Array([33]))
  }
  doGET() {
    this.#answer('get')
  }
  async doPOST() {
    this.#answer(await this.request.text())
  }
  async doPUT() {
    this.sendResponse(200)
    this.endHeaders()
    this.write('one ')
    await new Promise(setImmediate)
    this.write('two')
  }
  doDELETE() {
    this.sendError(403, 'Not <yours>.')
  }
  doPROPFIND() {
    this.sendResponse(207)
    this.endHeaders()
  }
  doREPORT() {
    const going = this.doPUT()
    // biome-ignore lint/suspicious/noThenProperty: it is what some libraries give
    return { then: (...heard: Parameters<Promise<void>['then']>) => void going.then(...heard) }
  }
  doPATCH() {
    this.write('too early')
  }
  async doOPTIONS() {
    this.endHeaders()
    this.sendHeader('X', 'too late')
  }
}

const ROWS: Array<
  [
    says: string,
    Class: typeof Hello | typeof Everything,
    request: string,
    status: number,
    content: RegExp,
    framing?: string,
  ]
> = [
  ['doGET answers GET, whole', Hello, line('GET'), 200, /^Hello, web!\n$/, 'length'],
  ['doGET answers HEAD without content', Hello, line('HEAD'), 200, /^$/, 'none'],
  ['a known method that is absent is not allowed', Hello, line('POST'), 405, /method/],
  ['an unknown method is not implemented', Hello, line('BREW'), 501, /method/],
  ['a method in small letters is unknown', Hello, line('get'), 501, /method/],
  ['several writes of a method that returns are one content', Everything, line('GET'), 200, /^get!$/, 'length'],
  [
    'a method may be asynchronous and read the content',
    Everything,
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody',
    200,
    /^body!$/,
    'chunked',
  ],
  ['what an asynchronous method writes goes out as it comes', Everything, line('PUT'), 200, /^one two$/, 'chunked'],
  ['a method may give what is no promise but can be waited for', Everything, line('REPORT'), 200, /^one two$/],
  ['sendError sends the error page, escaped', Everything, line('DELETE'), 403, /Not &lt;yours&gt;\./],
  ['a method of one’s own is a method', Everything, line('PROPFIND'), 207, /^$/],
  ['write before endHeaders is the handler’s error', Everything, line('PATCH'), 500, /./],
  ['sendHeader after endHeaders is the handler’s error', Everything, line('OPTIONS'), 500, /./],
]

describe('a request handler class', () => {
  for (const [says, Class, request, status, content, framing] of ROWS) {
    it(says, async () => {
      const response = await ask(Class, request)
      expect(response.status).toBe(status)
      expect(String(response.content)).toMatch(content)
      if (framing !== undefined) expect(response.framing).toBe(framing)
    })
  }

  type Piece = (handler: BaseRequestHandler) => unknown
  const one: Piece = (handler) => handler.write('one ')
  const mixed: Array<[sentence: string, pieces: Piece[]]> = [
    ['written through both', [one, (handler) => handler.response.write('two')]],
    ['written here and ended there', [one, (handler) => handler.response.end('two')]],
    ['written here and sent there', [one, (handler) => handler.response.send(['two'])]],
    ['written there and here', [(handler) => handler.response.write('one '), (handler) => handler.write('two')]],
  ]
  for (const [says, pieces] of mixed) {
    it(`keeps the order of content that is ${says}`, async () => {
      class Mixed extends BaseRequestHandler {
        doGET() {
          this.endHeaders()
          for (const piece of pieces) void piece(this)
        }
        async doPUT() {
          this.endHeaders()
          for (const piece of pieces) await piece(this)
        }
      }
      if (!says.includes('sent')) expect(String((await ask(Mixed, line('GET'))).content)).toBe('one two')
      expect(String((await ask(Mixed, line('PUT'))).content)).toBe('one two')
    })
  }

  it('says in Allow what it has', async () => {
    expect(valuesOf(await ask(Hello, line('DELETE')), 'allow')).toEqual(['GET, HEAD'])
  })

  it('sees the request, sets reason and repeated fields', async () => {
    const response = await ask(Everything, line('GET', '/a%20b?q'))
    expect(response.reason).toBe('Fine')
    expect(valuesOf(response, 'x-seen')).toEqual(['GET /a%20b a.example IPv4'])
    expect(valuesOf(response, 'set-cookie')).toEqual(['a=1', 'b=2'])
  })

  it('is a new object for each request', async () => {
    let made = 0
    class Counting extends Hello {
      count = ++made
      override doGET() {
        this.sendResponse(200)
        this.endHeaders()
        this.write(String(this.count))
      }
    }
    server = await serve({ port: 0, handler: handlerOf(Counting) })
    const wire = new Wire(server.port)
    wire.send(line('GET').repeat(3))
    const responses = await wire.responses(3, ['GET'])
    wire.close()
    expect(responses.map(({ content }) => String(content))).toEqual(['1', '2', '3'])
    expect(readResponses(wire.received, ['GET'], false).incomplete).toBe(false)
  })
})
