/** Readings of the same octets by others: Node's own parser, through `node:http` on both sides, and http-parser-js. */
import { type ClientRequest, createServer, type IncomingMessage, request } from 'node:http'
import { Duplex } from 'node:stream'
import { runInThisContext } from 'node:vm'
import { HTTPParser, type HTTPParserJS } from 'http-parser-js'
import { HttpError, type RequestHead, RequestParser, type ResponseHead, ResponseParser } from '../src/index.js'

/** One message as every reader can tell it. */
export interface ToldMessage {
  start: string
  fields: string[]
  content: string
  complete: boolean
}

/** What a reader made of octets. */
export interface Told {
  messages: ToldMessage[]
  /** `read`, `incomplete`, `never returns`, our error's code, or `refused: ` and their error */
  verdict: string
}

/** Octets and what must be known to read them. */
export interface ToldInput {
  octets: Uint8Array
  type: 'request' | 'response'
  methods?: readonly string[]
}

const text = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1')

/** Our own reading, in the same terms. Of responses only the first is told, because `node:http` answers one request. */
export function readOurs({ octets, type, methods }: ToldInput): Told {
  const messages: ToldMessage[] = []
  let complete = false
  let handedOver = false
  const hooks = {
    head: (head: RequestHead | ResponseHead) => {
      const start = 'method' in head ? `${head.method} ${head.target}` : `${head.status} ${head.reason}`
      messages.push({ start, fields: head.fields.flat(), content: '', complete: false })
      handedOver = head.upgrade
    },
    content: (chunk: Uint8Array, from: number, to: number) => {
      messages.at(-1)!.content += text(chunk.subarray(from, to))
    },
    complete: () => {
      complete = true
      messages.at(-1)!.complete = true
    },
  }
  const parser =
    type === 'request' ? new RequestParser(hooks) : new ResponseParser(hooks, { requestMethod: methods?.[0] ?? 'GET' })
  try {
    for (let at = 0; at < octets.length; parser.next()) {
      at = parser.push(octets, at)
      if (!complete || handedOver || type === 'response') break
      complete = false
    }
    parser.finish()
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    return { messages, verdict: error.code === 'HTTP_ERR_INCOMPLETE' ? 'incomplete' : error.code }
  }
  return { messages, verdict: 'read' }
}

/** A connection's end in memory: what is written to it is kept, what is fed to it is read by the other side. */
class MemorySocket extends Duplex {
  written = ''

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString('latin1')
    done()
  }

  setTimeout(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}

/** A turn of the event loop for every stream in between. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function collect(message: IncomingMessage, start: string, messages: ToldMessage[]): void {
  const told: ToldMessage = { start, fields: message.rawHeaders, content: '', complete: false }
  messages.push(told)
  message.on('data', (chunk: Buffer) => {
    told.content += chunk.toString('latin1')
  })
  message.on('end', () => {
    told.complete = message.complete
  })
  message.on('error', () => {})
}

/** What a `node:http` server reads. */
export async function readWithNodeServer({ octets }: ToldInput): Promise<Told> {
  const messages: ToldMessage[] = []
  let failure: string | undefined
  const server = createServer({ keepAlive: false })
  const answer = (req: IncomingMessage, res: { end(): void }): void => {
    collect(req, `${req.method} ${req.url}`, messages)
    res.end()
  }
  server.on('request', answer)
  server.on('checkContinue', answer)
  server.on('checkExpectation', answer)
  server.on('upgrade', (req) => collectHead(req, messages))
  server.on('connect', (req) => collectHead(req, messages))
  server.on('clientError', (error: NodeJS.ErrnoException) => {
    failure ??= error.code ?? 'error'
  })
  const socket = new MemorySocket()
  socket.on('error', () => {})
  server.emit('connection', socket)
  socket.push(Buffer.from(octets))
  await settled()
  // Node answers 400 by itself when Host is missing.
  if (/^HTTP\/1.1 400 /m.test(socket.written)) failure ??= '400'
  socket.push(null)
  await settled()
  socket.destroy()
  server.close()
  return { messages, verdict: verdictOf(failure, messages) }
}

/** What a `node:http` client reads of its first response. */
export async function readWithNodeClient({ octets, methods }: ToldInput): Promise<Told> {
  const messages: ToldMessage[] = []
  let failure: string | undefined
  const socket = new MemorySocket()
  socket.on('error', () => {})
  const req: ClientRequest = request({
    method: methods?.[0] ?? 'GET',
    path: methods?.[0] === 'CONNECT' ? 'a:1' : '/',
    createConnection: () => socket as never,
  })
  const told = (res: IncomingMessage): string => `${res.statusCode} ${res.statusMessage}`
  req.on('response', (res) => collect(res, told(res), messages))
  const handedOver = (res: IncomingMessage): void => {
    messages.push({ start: told(res), fields: res.rawHeaders, content: '', complete: true })
  }
  req.on('upgrade', handedOver)
  req.on('connect', handedOver)
  req.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error.code ?? 'error'
  })
  req.end()
  await settled()
  socket.push(Buffer.from(octets))
  await settled()
  socket.push(null)
  await settled()
  req.destroy()
  socket.destroy()
  return { messages, verdict: verdictOf(failure === 'ECONNRESET' ? 'HPE_INVALID_EOF_STATE' : failure, messages) }
}

function collectHead(req: IncomingMessage, messages: ToldMessage[]): void {
  messages.push({ start: `${req.method} ${req.url}`, fields: req.rawHeaders, content: '', complete: true })
}

function verdictOf(failure: string | undefined, messages: ToldMessage[]): string {
  if (failure === 'HPE_INVALID_EOF_STATE') return 'incomplete'
  if (failure !== undefined) return `refused: ${failure}`
  return messages.every((message) => message.complete) ? 'read' : 'incomplete'
}

type Callbacks = Record<number, (...args: never[]) => unknown>

/** What http-parser-js reads; it is stopped after a while, because there are octets that it never comes back from. */
export function readWithHttpParserJs(input: ToldInput): Told {
  const told = runHttpParserJs(input, 150)
  // Who is only slow today gets a second chance.
  return told.verdict === 'never returns' ? runHttpParserJs(input, 800) : told
}

function runHttpParserJs({ octets, type, methods }: ToldInput, timeout: number): Told {
  // Reading this constant tells it that a Node of this century calls.
  Reflect.get(HTTPParser, 'kOnExecute')
  const kind = type === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE
  const parser = new (HTTPParser as unknown as new (kind: string) => HTTPParserJS)(kind as never)
  const callbacks = parser as unknown as Callbacks
  const messages: ToldMessage[] = []
  let handedOver = false
  callbacks[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    _minor: number,
    fields: string[],
    method: number,
    target: string,
    status: number,
    reason: string,
    upgrade: boolean,
  ) => {
    // Interim responses are read over, as node:http does.
    const interim = type === 'response' && status < 200 && status !== 101
    const start = type === 'request' ? `${HTTPParser.methods[method]} ${target}` : `${status} ${reason}`
    if (!interim) messages.push({ start, fields: [...fields], content: '', complete: false })
    handedOver = upgrade
    return type === 'response' && methods?.[0] === 'HEAD' ? 1 : 0
  }
  callbacks[HTTPParser.kOnBody] = (chunk: Buffer, start: number, length: number) => {
    const message = messages.at(-1)
    // It gives a 103 content when that has a Content-Length.
    if (message) message.content += chunk.toString('latin1', start, start + length)
  }
  callbacks[HTTPParser.kOnMessageComplete] = () => {
    const message = messages.at(-1)
    if (message) message.complete = true
  }
  const execute = (): unknown => {
    const result = parser.execute(Buffer.from(octets) as never)
    return (result as unknown) instanceof Error ? result : handedOver ? undefined : parser.finish()
  }
  try {
    Object.assign(globalThis, { executeHttpParserJs: execute })
    const result = runInThisContext('executeHttpParserJs()', { timeout }) as unknown
    if (result instanceof Error) return { messages, verdict: `refused: ${result.message}` }
  } catch (error) {
    const hangs = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    return {
      messages: hangs ? [] : messages,
      verdict: hangs ? 'never returns' : `refused: ${(error as Error).message}`,
    }
  }
  if (type === 'response') messages.length = Math.min(1, messages.length)
  return { messages, verdict: verdictOf(undefined, messages) }
}
