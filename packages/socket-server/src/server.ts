import type { Server as NetServer, Socket } from 'node:net'
import { type InspectOptions, inspect } from 'node:util'
import { whenAborted } from './aborting.js'
import { type Address, formatAddress, fromAddressInfo, pathAddress } from './address.js'
import { Admission } from './admission.js'
import { type Bound, bind, whereOf } from './bind.js'
import { checkSignal, checkTimeout } from './checks.js'
import { type Circumstances, circumstancesOf } from './circumstances.js'
import type { Connection } from './connection.js'
import { DescriptorWatch } from './descriptors.js'
import { throwIfAborted } from './errors.js'
import { type Handler, handlerHooks } from './handler.js'
import type { ConnectionHooks } from './hooks.js'
import { Members } from './members.js'
import { DEFAULTS, type ListenOptions, optionsOf } from './options.js'
import { SocketConnection } from './socket-connection.js'
import type { TimerWheel } from './timer-wheel.js'
import { TlsGate } from './tls.js'
import type { Certificates } from './tls-options.js'

/** Options of {@link serve}. */
export interface ServeOptions extends ListenOptions {}

/** How a server ends. */
export interface CloseOptions {
  /** ms that connections have to finish before they are destroyed (default 10 s; 0: as long as it takes) */
  timeout?: number
  /** destroys them earlier when it aborts */
  signal?: AbortSignal
}

/** Counters of a server since it listens. */
export interface ServerStats {
  /** connections opened */
  readonly accepted: number
  /** newcomers turned away by `maxConnections` or `maxConnectionsPerAddress` */
  readonly refused: number
  /** TLS handshakes that failed */
  readonly handshakeErrors: number
  /** octets received from all connections, past and present */
  readonly bytesRead: number
  /** octets written to all connections, past and present */
  readonly bytesWritten: number
}

/** A listening socket and its connections; made by {@link serve}. */
export class Server<C = unknown> implements AsyncDisposable {
  /** Where it listens; with the port that the system chose, if it was to. */
  readonly address: Address
  /** Resolves when it listens no more and the last connection is over; never rejects. */
  readonly closed: Promise<void>
  /** The wheel that its connections' deadlines hang on; protocols above may hang theirs there. */
  readonly wheel: TimerWheel

  private readonly listener: NetServer
  private readonly secure: boolean
  private readonly all: Circumstances<C>
  private readonly members = new Members<SocketConnection<C>>()
  private readonly admission: Admission
  private readonly gate: TlsGate | undefined
  private readonly descriptors: DescriptorWatch
  private readonly forgetSignal: () => void
  private resolveClosed!: () => void
  private listening = true
  private unrefed = false
  private accepted = 0
  private pastRead = 0
  private pastWritten = 0
  private readonly destroyAll = (): void => {
    this.stop()
    for (const connection of this.members.all()) connection.destroy()
  }

  /** @internal use {@link serve} */
  constructor(
    private readonly bound: Bound,
    options: ListenOptions,
    all: Omit<Circumstances<C>, 'gone'>,
  ) {
    const { listener } = bound
    this.listener = listener
    this.address = fromAddressInfo(listener.address())
    this.secure = options.tls !== undefined
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve
    })
    // Only members come here: nobody else is given these circumstances.
    this.all = { ...all, gone: (connection: SocketConnection<C>) => this.gone(connection) }
    this.wheel = all.wheel
    const admit = (socket: Socket): void => this.admit(socket)
    const gate =
      options.tls === undefined
        ? undefined
        : new TlsGate(options.tls, this.wheel, options.path !== undefined, all.warn, admit)
    this.gate = gate
    const enter = gate === undefined ? admit : (socket: Socket) => gate.enter(socket)
    this.admission = new Admission(options, this.wheel, enter)
    this.descriptors = new DescriptorWatch(this.wheel, () => this.members.size > 0, all.warn)
    listener.on('connection', (socket) => this.admission.arrive(socket))
    listener.on('error', (error) => this.descriptors.report(error))
    if (options.unref === true) this.unref()
    this.forgetSignal = whenAborted(options.signal, this.destroyAll)
  }

  /** The port it listens on; 0 for a Unix socket. */
  get port(): number {
    return 'port' in this.address ? this.address.port : 0
  }

  /** Where it listens, as `connect` takes it: `tcp://127.0.0.1:7`. */
  get url(): string {
    return formatAddress(this.address, this.secure)
  }

  /** Connections that are open. */
  get connections(): number {
    return this.members.size
  }

  /** Counters since it listens. */
  get stats(): ServerStats {
    let bytesRead = this.pastRead
    let bytesWritten = this.pastWritten
    for (const connection of this.members.all()) {
      bytesRead += connection.bytesRead
      bytesWritten += connection.bytesWritten
    }
    const { refused } = this.admission
    return { accepted: this.accepted, refused, handshakeErrors: this.gate?.failures ?? 0, bytesRead, bytesWritten }
  }

  /** Calls `visit` with each connection; it may close them. */
  each(visit: (connection: Connection<C>) => void): void {
    for (const connection of this.members.all()) visit(connection)
  }

  /** The listening socket keeps the process alive, and so does `close` until it is done (the default). */
  ref(): this {
    this.unrefed = false
    this.listener.ref()
    return this
  }

  /** The listening socket does not keep the process alive; its connections do, as long as their peers can send. */
  unref(): this {
    this.unrefed = true
    this.listener.unref()
    return this
  }

  /**
   * Replaces the certificates for handshakes from now on, those of all names included; connections that stand are not
   * touched. What else the option `tls` said (`ca`, `minVersion`, `ciphers` …) holds on unless it is given anew.
   *
   * @throws TypeError the server does not speak TLS; what `node:tls` throws at PEM that it cannot read (the old ones stay)
   */
  setCertificates(certificates: Certificates): void {
    if (this.gate === undefined) throw new TypeError('the server was made without the option tls')
    this.gate.setCertificates(certificates)
  }

  /**
   * Stops accepting, calls `closing` on every connection (the lame-duck phase), waits until they have all closed, and
   * destroys those that have not when the time is up. Resolves as `closed` does. A second call can shorten the time.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { timeout = DEFAULTS.closeTimeout, signal } = options
    checkTimeout('timeout', timeout)
    checkSignal(signal)
    const timer = timeout === 0 ? undefined : this.wheel.schedule(timeout, this.destroyAll)
    const forget = whenAborted(signal, this.destroyAll)
    this.stop()
    for (const connection of this.members.all()) connection.lame()
    if (signal?.aborted === true) this.destroyAll()
    // Neither deadlines keep the process alive nor sockets whose peer has half-closed: it must not end before this does.
    const hold = this.unrefed ? undefined : setInterval(() => {}, 2 ** 31 - 1)
    await this.closed
    clearInterval(hold)
    timer?.cancel()
    forget()
  }

  /** `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @internal what console.log shows: not the private key that its options hold */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { url, connections, stats } = this
    return `Server ${inspect({ url, connections, ...stats }, options)}`
  }

  private admit(socket: Socket): void {
    if (!this.listening) {
      socket.destroy()
      return
    }
    const connection = new SocketConnection<C>(socket, this.all)
    this.accepted++
    this.members.add(connection)
    this.descriptors.wake()
    // Sockets that were kept waiting were accepted in a stopped state; elsewhere this changes nothing. Octets come in a later
    // turn, and what `open` does with the socket holds.
    if (socket.isPaused()) socket.resume()
    connection.start()
  }

  private gone(connection: SocketConnection<C>): void {
    this.members.delete(connection)
    this.pastRead += connection.bytesRead
    this.pastWritten += connection.bytesWritten
    this.settle()
  }

  private stop(): void {
    if (!this.listening) return
    this.listening = false
    this.bound.unbind()
    this.admission.close()
    this.gate?.destroy()
    this.settle()
  }

  private settle(): void {
    if (this.listening || this.members.size > 0) return
    this.descriptors.stop()
    this.forgetSignal()
    this.resolveClosed()
  }
}

/**
 * Listens, and serves every connection with the same hooks, or with a handler that is called once for each.
 *
 * @returns when it listens
 * @throws SocketError the address cannot be listened on; the message names it. `SOCKET_ERR_ABORTED`
 * @throws TypeError RangeError an option makes no sense
 */
export async function serve<C = unknown>(
  options: ServeOptions | string,
  hooksOrHandler: ConnectionHooks<C> | Handler<C>,
): Promise<Server<C>> {
  const where = whereOf(optionsOf(options))
  const hooks = typeof hooksOrHandler === 'function' ? handlerHooks(hooksOrHandler) : hooksOrHandler
  const all = circumstancesOf(where, hooks, () => {}, { local: pathAddress(where.path) })
  throwIfAborted(where.signal)
  const bound = await bind(where)
  try {
    throwIfAborted(where.signal)
    return new Server(bound, where, all)
  } catch (error) {
    bound.unbind()
    throw error
  }
}
