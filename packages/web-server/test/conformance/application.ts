import { createReadStream } from 'node:fs'
import { BaseRequestHandler, handlerOf } from '../../src/handler.js'
import { type Handler, StoredLines } from '../../src/index.js'

/**
 * The application that the suite talks to. Another server is checked by giving it the same one: each path below is a
 * sentence about what the answer is.
 */
const PAGES: Record<string, Handler> = {
  /** five octets of text */
  '/': (_request, response) => void response.setField('Content-Type', 'text/plain').end('hello'),
  /** tells the suite that the connection is still in step */
  '/probe': (_request, response) => void response.setField('X-Probe', 'in-step').end('probe'),
  /** must never be reached: what smuggled requests ask for */
  '/smuggled': (_request, response) => void response.setField('X-Smuggled', 'yes').end('SMUGGLED'),
  /** what the server understood of the request, as JSON */
  '/echo': async (request, response) => {
    const content = Buffer.from(await request.bytes()).toString('latin1')
    const trailers = await request.trailers
    const { method, target, path, query, authority, versionMinor } = request
    const seen = { method, target, path, query, authority, versionMinor, content }
    response.setField('Content-Type', 'application/json')
    response.end(JSON.stringify({ ...seen, fields: [...request.fields], trailers: [...(trailers ?? [])] }))
  },
  /** answers without a look at the content */
  '/ignore': (_request, response) => void response.end('ignored'),
  /** takes the first piece of the content and leaves the loop */
  '/taste': async (request, response) => {
    for await (const piece of request.content) {
      response.end(`tasted ${piece.length > 0}`)
      break
    }
    if (!response.ended) response.end('tasted nothing')
  },
  /** answers in two pieces of unknown length */
  '/stream': async (_request, response) => {
    response.setField('Content-Type', 'text/plain')
    response.write('one ')
    await new Promise(setImmediate)
    response.write('two')
    response.end()
  },
  /** answers in a later turn of the event loop */
  '/later': async (_request, response) => {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
    response.end('later')
  },
  /** a chunked answer with a trailer section */
  '/trailers': (_request, response) => {
    response.setField('Trailer', 'X-Sum')
    response.write('content')
    response.end(undefined, { 'X-Sum': '42' })
  },
  /** hints before the answer */
  '/early': (_request, response) => {
    response.informational(103, { Link: '</style.css>; rel=preload' })
    response.end('hinted')
  },
  /** the status of the query, with content whether it may have one or not */
  '/status': (request, response) => {
    response.status = Number(request.query)
    response.setField('ETag', '"x"').end('content')
  },
  /** copies the decoded query into a field */
  '/reflect': (request, response) =>
    void response.setField('X-Reflect', decodeURIComponent(request.query)).end('reflected'),
  /** copies the decoded query into a field name */
  '/reflect-name': (request, response) =>
    void response.setField(decodeURIComponent(request.query), 'value').end('reflected'),
  /** copies the decoded query into the reason phrase */
  '/reflect-reason': (request, response) => {
    response.writeHead(200, {}, decodeURIComponent(request.query))
    response.end('reflected')
  },
  /** copies the decoded query into the reason phrase, which a class, a property or a fetch handler gives */
  '/reflect-reason-later': (request, response) => {
    response.reason = decodeURIComponent(request.query)
    response.end('reflected')
  },
  /** the same, in an answer that is streamed */
  '/reflect-reason-stream': (request, response) => {
    response.reason = decodeURIComponent(request.query)
    response.write('reflected')
    response.end()
  },
  /** a 205 with a length, and content that it can not have */
  '/reset': (_request, response) => {
    response.status = 205
    response.setField('Content-Length', 5).end('hello')
  },
  /** a 205 that is streamed */
  '/reset-stream': (_request, response) => {
    response.status = 205
    response.write('hello')
    response.end()
  },
  /** a 205 that was stored with content */
  '/reset-stored': (_request, response) =>
    response.endStored(205, new StoredLines('X-A: b\r\nContent-Length: 3\r\n'), 'abc'),
  /** a file that is not there */
  '/no-file': (_request, response) => response.send(createReadStream('/nowhere/at/all')),
  /** an error that is none */
  '/throw-object': () => {
    throw { status: 418, message: {} }
  },
  /** a reason that is no text */
  '/odd-reason': (_request, response) => {
    let asked = 0
    response.reason = { toString: () => (asked++ === 0 ? 'OK' : 'OK\r\nX-Injected: 1') } as never
    response.end('odd')
  },
  /** a failure after a reason phrase was set */
  '/throw-reason': (_request, response) => {
    response.writeHead(200, {}, 'Fine')
    throw new Error('secret of the implementation')
  },
  /** fields that can be iterated once */
  '/once': (_request, response) => {
    response.writeHead(200, new Map([['X-Once', 'yes']]).entries()).end('once')
  },
  /** trailers that can not be sent */
  '/bad-trailer': (_request, response) => {
    response.end('content', { 'X-Bad': 'a\r\nb' })
  },
  /** content that is none */
  '/no-octets': (_request, response) => {
    response.end({ length: 2 } as never)
  },
  /** two lengths */
  '/two-lengths': (_request, response) => {
    response.setField('Content-Length', ['5', '6']).end('hello')
  },
  /** answers, and looks at the request later */
  '/answers-first': async (request, response) => {
    response.end('answered')
    for await (const _piece of request.content);
  },
  /** copies the decoded query into a trailer */
  '/reflect-trailer': (request, response) => {
    response.write('content')
    response.end(undefined, { 'X-Reflect': decodeURIComponent(request.query) })
  },
  /** an error page with the decoded query as its detail */
  '/error': (request, response) => void response.sendError(404, decodeURIComponent(request.query)),
  /** fails before the head */
  '/throw': () => {
    throw new Error('secret of the implementation')
  },
  /** fails before the head, late */
  '/reject': async () => {
    await new Promise(setImmediate)
    throw new Error('secret of the implementation')
  },
  /** fails after the head */
  '/break': async (_request, response) => {
    response.write('begun')
    await new Promise(setImmediate)
    throw new Error('secret of the implementation')
  },
  /** never answers */
  '/hang': () => new Promise(() => {}),
  /** a megabyte */
  '/large': (_request, response) => void response.end(Buffer.alloc(1 << 20, 'x')),
}

class Resource extends BaseRequestHandler {
  doGET() {
    this.sendResponse(200)
    this.sendHeader('Content-Type', 'text/plain')
    this.endHeaders()
    this.write('resource')
  }

  async doPOST() {
    const size = (await this.request.bytes()).length
    this.sendResponse(201)
    this.endHeaders()
    this.write(String(size))
  }
}

class Reason extends BaseRequestHandler {
  doGET() {
    this.sendResponse(404, decodeURIComponent(this.request.query))
    this.endHeaders()
  }
}

const resource = handlerOf(Resource)
const reason = handlerOf(Reason)

/** The suite's application as one handler. `/class` is the request-handler class, which knows GET and POST. */
export const application: Handler = (request, response) => {
  if (request.path === '/class') return resource(request, response)
  if (request.path === '/class-reason') return reason(request, response)
  const page = PAGES[request.path === '*' ? '/echo' : request.path] ?? PAGES['/echo']!
  return page(request, response)
}
