import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type Address, formatAddress, fromAddressInfo, parseAddress } from './address.js'
import { circumstancesOf, warnProcess } from './circumstances.js'
import { type Circumstances, Connection } from './connection.js'
import { fromSystem, SocketError } from './errors.js'
import { type Handler, handlerHooks } from './handler.js'
import type { ConnectionHooks } from './hooks.js'
import type { ListenOptions } from './options.js'
import type { TimerWheel } from './timer-wheel.js'

/** Options of {@link serve}: where to listen, deadlines, limits. */
export interface ServeOptions extends ListenOptions {}

/** A listening socket and its connections. */
export interface ServerStats {
  accepted: number
  refused: number
  bytesRead: number
  bytesWritten: number
}

export class Server<C = unknown> implements AsyncDisposable {
  readonly closed: Promise<void>
  readonly wheel: TimerWheel
  readonly stats: ServerStats = { accepted: 0, refused: 0, bytesRead: 0, bytesWritten: 0 }
  private resolveClosed!: () => void
  private readonly members = new Set<Connection<C>>()
  private readonly all: Circumstances<C>
  private bound: Address = { family: 'unix', host: '', port: 0, path: '' }
  private isClosing = false
  private listening = true

  /** @internal */
  constructor(
    private readonly server: NetServer,
    private readonly options: ListenOptions,
    hooks: ConnectionHooks<C>,
  ) {
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve
    })
    this.all = circumstancesOf(options, hooks, (connection) => this.gone(connection))
    this.wheel = this.all.wheel
  }

  get address(): Address {
    return this.bound
  }
  get port(): number {
    return this.bound.port
  }
  get url(): string {
    return formatAddress(this.bound, this.options.tls !== undefined)
  }
  get connections(): number {
    return this.members.size
  }
  each(visit: (connection: Connection<C>) => void): void {
    for (const connection of this.members) visit(connection)
  }
  ref(): this {
    this.server.ref()
    return this
  }
  unref(): this {
    this.server.unref()
    return this
  }

  /** @internal */
  opened(): void {
    this.bound = fromAddressInfo(this.server.address())
    this.server.on('error', (error) => this.all.warn(fromSystem(error, 'SOCKET_ERR_ACCEPT', 'accepting a connection')))
    this.server.on('close', () => {
      this.listening = false
      this.settle()
    })
  }

  /** @internal */
  admit(socket: Socket): void {
    const connection = new Connection<C>(socket, this.all)
    this.stats.accepted++
    this.members.add(connection)
    connection.start()
  }

  private gone(connection: Connection<C>): void {
    this.members.delete(connection)
    this.stats.bytesRead += connection.bytesRead
    this.settle()
  }

  private settle(): void {
    if (!this.listening && this.members.size === 0) this.resolveClosed()
  }

  async close(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<void> {
    const timeout = options.timeout ?? 10_000
    if (!this.isClosing) {
      this.isClosing = true
      if (this.listening) this.server.close()
      for (const connection of [...this.members]) connection.lame()
    }
    const destroy = (): void => {
      for (const connection of [...this.members]) connection.destroy()
    }
    const timer = timeout > 0 ? this.wheel.schedule(timeout, destroy) : undefined
    if (options.signal?.aborted) destroy()
    options.signal?.addEventListener('abort', destroy, { once: true })
    await this.closed
    timer?.cancel()
    options.signal?.removeEventListener('abort', destroy)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

export async function serve<C = unknown>(
  options: ServeOptions,
  hooksOrHandler: ConnectionHooks<C> | Handler<C>,
): Promise<Server<C>> {
  const hooks = typeof hooksOrHandler === 'function' ? handlerHooks(hooksOrHandler) : hooksOrHandler
  const parsed = options.address === undefined ? undefined : parseAddress(options.address)
  const where = parsed === undefined ? options : { ...options, ...parsed }
  const { path, port = 0, host, backlog = 511, ipv6Only = false } = where
  const common = {
    allowHalfOpen: true,
    noDelay: options.noDelay ?? true,
    keepAlive: (options.keepAlive ?? 0) > 0,
    keepAliveInitialDelay: options.keepAlive ?? 0,
  }
  const listener = options.tls === undefined ? createServer(common) : createTlsServer({ ...options.tls, ...common })
  const server = new Server<C>(listener, where, hooks)
  listener.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => server.admit(socket))
  if (options.tls !== undefined) listener.on('tlsClientError', () => {})
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (error) => {
      reject(fromSystem(error, 'SOCKET_ERR_LISTEN', `listening on ${formatAddress(where, options.tls !== undefined)}`))
    })
    const listening = (): void => {
      listener.removeAllListeners('error')
      resolve()
    }
    if (path !== undefined) listener.listen({ path, backlog }, listening)
    else listener.listen({ port, host: host ?? undefined, backlog, ipv6Only } as object, listening)
  })
  server.opened()
  if (options.unref) server.unref()
  void SocketError
  void warnProcess
  return server
}
