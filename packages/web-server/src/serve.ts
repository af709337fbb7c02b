import {
  type Address,
  type Certificates,
  type ServeOptions,
  type Server,
  serve as serveSockets,
  TimerWheel,
} from '@plainwire/socket-server'
import type { HttpConnection } from './connection.js'
import { Engine } from './engine.js'
import { misuse } from './errors.js'
import { HttpHooks, IdleQueue, REFUSAL_ROOM } from './http-hooks.js'
import { checkFunction, checkObject, MAX_DURATION } from './option-checks.js'
import type { WebServeOptions, WebServer, WebServerStats } from './options.js'

/** What is to be called: one that can not be would be found out by the first client. */
const HOOKS = ['handler', 'fetch', 'upgrade', 'accessLog', 'onError'] as const

/**
 * Listens and answers. Resolves when the server accepts connections.
 *
 * ```ts
 * const server = await serve({ port: 8080, handler: (request, response) => { response.end(`You asked for ${request.path}\n`) } })
 * ```
 * @throws TypeError without a handler and for one that is none, RangeError for a bad bound, SocketError when listening fails
 */
export async function serve(options: WebServeOptions): Promise<WebServer> {
  const { handler, fetch } = options
  if ((handler === undefined) === (fetch === undefined))
    throw misuse('WEB_ERR_NO_HANDLER', 'serve needs either a handler or a fetch handler')
  for (const name of HOOKS) checkFunction(name, options[name])
  // `false` would be TLS without a certificate, which no client can speak.
  checkObject('tls', options.tls)
  // Node's own fetch classes weigh megabytes: they are loaded for fetch handlers only.
  const answer = handler ?? (await import('./fetch.js')).fetchHandler(fetch!)
  const engine = new Engine(options, answer, options.wheel ?? new TimerWheel())
  const hooks = new HttpHooks(engine)
  const server = await serveSockets<HttpConnection>(socketOptions(options, engine), hooks)
  hooks.idle = new IdleQueue(server)
  const opened = new EngineServer(engine, server, options.unref === true)
  if (options.signal !== undefined) destroyAt(options.signal, engine, opened.closed)
  return opened
}

/** A signal ends the connections that were handed over, too. One that outlives the server forgets it. */
function destroyAt(signal: AbortSignal, engine: Engine, closed: Promise<void>): void {
  // One that follows it: of many servers with one signal, Node 20 would take the listeners for a leak.
  const following = AbortSignal.any([signal])
  const destroy = () => destroyDetached(engine)
  following.addEventListener('abort', destroy, { once: true })
  void closed.then(() => following.removeEventListener('abort', destroy))
}

/** What we speak, by its names in the handshake of TLS; a client that offers none of them is refused there (RFC 7301 §3.2). */
const ALPN = ['http/1.1', 'http/1.0']

function socketOptions(options: WebServeOptions, engine: Engine): ServeOptions {
  const { writeTimeout, maxConnections } = engine.bounds
  const { tls } = options
  const where = options.host === undefined && options.path === undefined && options.address === undefined
  return {
    ...(where ? { host: '127.0.0.1' } : {}),
    ...(options as ServeOptions),
    // Short exchanges are over before anybody can be gone; in longer ones the connection asks.
    keepRemote: false,
    // Where a callback chooses the protocol, node:tls takes no list beside it.
    ...(tls === undefined || tls.ALPNCallback !== undefined ? {} : { tls: { ALPNProtocols: ALPN, ...tls } }),
    wheel: engine.wheel,
    writeTimeout,
    // What waits to be sent when a connection ends waits for the same peer.
    lingerTimeout: options.lingerTimeout ?? writeTimeout,
    // Counted here, where the longest idle connection can make room: twice would cost each connection twice. Handshakes of
    // TLS are nobody's connections yet, and are counted there.
    maxConnections:
      tls === undefined || maxConnections === 0 || maxConnections === Infinity
        ? 0
        : Math.ceil(maxConnections) + REFUSAL_ROOM,
  }
}

class EngineServer implements WebServer {
  readonly closed: Promise<void>
  private readonly engine: Engine
  private readonly server: Server<HttpConnection>
  private unrefed: boolean

  constructor(engine: Engine, server: Server<HttpConnection>, unrefed: boolean) {
    this.engine = engine
    this.server = server
    this.unrefed = unrefed
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
    return `${this.engine.secure ? 'https' : 'http'}://${name}:${port}`
  }

  get connections(): number {
    return this.server.connections + this.engine.detached.size
  }

  get stats(): WebServerStats {
    const { requests, refused, accepted } = this.engine
    return { requests, refused, accepted }
  }

  ref(): this {
    this.unrefed = false
    this.server.ref()
    return this
  }

  unref(): this {
    this.unrefed = true
    this.server.unref()
    return this
  }

  setCertificates(certificates: Certificates): void {
    this.server.setCertificates(certificates)
  }

  async close(options: { timeout?: number } = {}): Promise<void> {
    const { timeout = 10_000 } = options
    const { engine, server } = this
    // Before anything is closed, and as the sockets below hold it.
    if (!(timeout >= 0 && timeout < Infinity))
      throw new RangeError(`timeout is a number of milliseconds from 0 (off) up, not ${timeout}`)
    if (!engine.closing) {
      engine.closing = true
      for (const entry of engine.detached) engine.tellClosing(entry)
    }
    const cut = timeout === 0 ? undefined : engine.wheel.schedule(timeout, destroyDetached, engine)
    // Connections that were handed over outlast `server.close`, and need not keep the process alive themselves.
    const hold = this.unrefed ? undefined : setInterval(() => {}, MAX_DURATION)
    await server.close({ timeout })
    await this.closed
    clearInterval(hold)
    cut?.cancel()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
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
