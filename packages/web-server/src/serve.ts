import {
  type Address,
  type Connection,
  type ConnectionHooks,
  type ServeOptions,
  type Server,
  type SocketError,
  serve as serveSockets,
  TimerWheel,
} from '@plainwire/socket-server'
import { HttpConnection } from './connection.js'
import { Engine } from './engine.js'
import { misuse } from './errors.js'
import { events } from './events.js'
import { fetchHandler } from './fetch.js'
import type { WebServeOptions, WebServer, WebServerStats } from './options.js'

/**
 * Listens and answers. Resolves when the server accepts connections.
 *
 * ```ts
 * await using server = await serve({ port: 8080, handler: (request, response) => { response.end(`You asked for ${request.path}\n`) } })
 * ```
 * @throws TypeError without a handler, RangeError for a bad bound, SocketError when listening fails
 */
export async function serve(options: WebServeOptions): Promise<WebServer> {
  const { handler, fetch } = options
  if ((handler === undefined) === (fetch === undefined))
    throw misuse('WEB_ERR_NO_HANDLER', 'serve needs either a handler or a fetch handler')
  const engine = new Engine(options, handler ?? fetchHandler(fetch!), options.wheel ?? new TimerWheel())
  const hooks = new HttpHooks(engine)
  const server = await serveSockets<HttpConnection>(socketOptions(options, engine), hooks)
  hooks.idle = new IdleQueue(server)
  options.signal?.addEventListener('abort', () => destroyDetached(engine), { once: true })
  return new EngineServer(engine, server, options.tls === undefined ? 'http' : 'https')
}

function socketOptions(options: WebServeOptions, engine: Engine): ServeOptions {
  const { maxConnections, writeTimeout } = engine.bounds
  const where = options.host === undefined && options.path === undefined && options.address === undefined
  return {
    ...(where ? { host: '127.0.0.1' } : {}),
    ...(options as ServeOptions),
    ...(options.tls === undefined ? {} : { tls: { ALPNProtocols: ['http/1.1'], ...options.tls } }),
    wheel: engine.wheel,
    writeTimeout,
    maxConnections: maxConnections === 0 ? 0 : maxConnections + REFUSAL_ROOM,
  }
}

/** The seam to socket-server: one object for all connections, which only passes on. */
class HttpHooks implements ConnectionHooks<HttpConnection> {
  /** Set before the first connection can come. */
  idle: IdleQueue | undefined = undefined
  private readonly engine: Engine

  constructor(engine: Engine) {
    this.engine = engine
  }

  open(connection: Connection<HttpConnection>): void {
    const { engine, idle } = this
    const http = new HttpConnection(connection, engine)
    connection.context = http
    engine.accepted++
    const { maxConnections } = engine.bounds
    if (maxConnections === 0 || idle === undefined || idle.connections <= maxConnections) return
    const oldest = idle.next(engine.wheel.now, http)
    if (oldest === undefined) http.turnAway()
    else oldest.evict()
  }

  data(connection: Connection<HttpConnection>, chunk: Uint8Array): void {
    connection.context.receive(chunk)
  }

  drain(connection: Connection<HttpConnection>): void {
    connection.context.drain()
  }

  end(connection: Connection<HttpConnection>): void {
    connection.context.receiveEnd()
  }

  closing(connection: Connection<HttpConnection>): void {
    this.engine.closing = true
    connection.context.serverCloses()
  }

  timeout(connection: Connection<HttpConnection>): void {
    if (events.timeout.hasSubscribers) events.timeout.publish({ connection, deadline: 'write' })
  }

  error(_connection: Connection<HttpConnection>, error: SocketError): void {
    // A reset or a dead line is the peer's affair; a throw in here is a mistake of ours.
    if (error.code === 'SOCKET_ERR_HOOK') this.engine.report(error.cause ?? error, undefined)
  }

  close(connection: Connection<HttpConnection>): void {
    connection.context.closed()
  }
}

/**
 * The connections that have been idle longest, found when they are needed: keeping them in order all the time would
 * cost every request. Looking through all of them happens once a tick of the wheel at most, however fast new ones come.
 */
class IdleQueue {
  private readonly server: Server<HttpConnection>
  private found: Array<{ http: HttpConnection; since: number }> = []
  private lookedAt = -1

  constructor(server: Server<HttpConnection>) {
    this.server = server
  }

  /** How many connections there are, idle or not. */
  get connections(): number {
    return this.server.connections
  }

  /** The longest idle one but the newcomer itself; `undefined` when none is idle. */
  next(now: number, newcomer: HttpConnection): HttpConnection | undefined {
    for (let looked = this.lookedAt === now; ; looked = true) {
      for (let entry = this.found.pop(); entry !== undefined; entry = this.found.pop()) {
        if (entry.http !== newcomer && entry.http.idleSince === entry.since) return entry.http
      }
      if (looked) return undefined
      this.lookedAt = now
      this.server.each(({ context: http }) => {
        const since = http?.idleSince
        if (since !== undefined) this.found.push({ http, since })
      })
      this.found.sort((one, other) => other.since - one.since)
    }
  }
}

/** Sockets above `maxConnections` that are still accepted, so that a 503 can be said to them. */
const REFUSAL_ROOM = 256

class EngineServer implements WebServer {
  readonly closed: Promise<void>
  private readonly engine: Engine
  private readonly server: Server<HttpConnection>
  private readonly scheme: string

  constructor(engine: Engine, server: Server<HttpConnection>, scheme: string) {
    this.engine = engine
    this.server = server
    this.scheme = scheme
    this.closed = server.closed.then(() => detachedGone(engine))
  }

  get address(): Address {
    return this.server.address
  }

  get port(): number {
    return this.server.port
  }

  get url(): string {
    const { address } = this.server
    if ('path' in address) return `unix:${address.path}`
    const { host, port } = address
    const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
    return `${this.scheme}://${name}:${port}`
  }

  get connections(): number {
    return this.server.connections + this.engine.detached.size
  }

  get stats(): WebServerStats {
    const { requests, refused, accepted } = this.engine
    return { requests, refused, accepted }
  }

  ref(): this {
    this.server.ref()
    return this
  }

  unref(): this {
    this.server.unref()
    return this
  }

  async close(options: { timeout?: number } = {}): Promise<void> {
    const { timeout = 10_000 } = options
    const { engine, server } = this
    if (!engine.closing) {
      engine.closing = true
      for (const { closing } of engine.detached) tellClosing(engine, closing)
    }
    const cut = timeout === 0 ? undefined : engine.wheel.schedule(timeout, destroyDetached, engine)
    await server.close({ timeout })
    await this.closed
    cut?.cancel()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function tellClosing(engine: Engine, closing: (() => void) | undefined): void {
  try {
    closing?.()
  } catch (problem) {
    engine.report(problem, undefined)
  }
}

function destroyDetached(engine: Engine): void {
  for (const { socket } of engine.detached) socket.destroy()
}

async function detachedGone(engine: Engine): Promise<void> {
  const open = [...engine.detached].map(
    ({ socket }) => new Promise<void>((resolve) => void socket.once('close', resolve)),
  )
  await Promise.all(open)
}
