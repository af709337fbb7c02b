import { connect as connectPlain, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions as NodeTlsOptions } from 'node:tls'
import { whenAborted } from './aborting.js'
import { type AddressOptions, checkPath, checkPort, formatAddress, parseAddress, pathAddress } from './address.js'
import { checkSignal, checkTimeout, checkType } from './checks.js'
import { circumstancesOf } from './circumstances.js'
import type { Connection } from './connection.js'
import { aborted, fromSystem, SocketError, throwIfAborted } from './errors.js'
import { PULL_HOOKS } from './handler.js'
import type { ConnectionHooks } from './hooks.js'
import { answering } from './lookup.js'
import { type ConnectionOptions, DEFAULTS, optionsOf, socketOptions } from './options.js'
import { SocketConnection } from './socket-connection.js'
import type { TimerWheel } from './timer-wheel.js'
import { serverNameOf } from './tls.js'

/** What a client can say about TLS: as `node:tls`, `ca`, `cert`, `key`, `ALPNProtocols`, `rejectUnauthorized`, `servername` … */
export type ClientTlsOptions = Omit<NodeTlsOptions, 'host' | 'port' | 'path' | 'socket' | 'timeout'>

/** Options of {@link connect}. */
export interface ConnectOptions extends ConnectionOptions, AddressOptions {
  /** `tcp://host:port`, `tls://host:port` or `unix:path`, instead of `host` (default `localhost`), `port` and `path` */
  address?: string
  /** encrypt; `true` is the same as `{}`. The peer's certificate is checked against the host name unless told otherwise */
  tls?: ClientTlsOptions | boolean
  /** gives up when it aborts before the connection stands, destroys the connection when it aborts later */
  signal?: AbortSignal
  /** looks host names up (default: `dns.lookup`) */
  lookup?: LookupFunction
  /** looking up the name and connecting, in ms (default 30 s; 0 = off) */
  connectTimeout?: number
  /** the TLS handshake after that, in ms (default 10 s; 0 = off) */
  handshakeTimeout?: number
}

/**
 * Connects.
 *
 * @param where options, or an address as a string
 * @param hooks of this connection; without `data` it is read with `read` or `for await`
 * @returns the connection, open: `open` has run
 * @throws SocketError `SOCKET_ERR_REFUSED`, `SOCKET_ERR_HOST_NOT_FOUND`, `SOCKET_ERR_UNREACHABLE`,
 * `SOCKET_ERR_CONNECT_TIMEOUT`, `SOCKET_ERR_HANDSHAKE_TIMEOUT`, `SOCKET_ERR_TLS`, `SOCKET_ERR_ABORTED`, `SOCKET_ERR_CONNECT`
 * @throws TypeError RangeError an option makes no sense
 */
export async function connect<C = unknown>(
  where: ConnectOptions | string,
  hooks: ConnectionHooks<C> = PULL_HOOKS as ConnectionHooks<C>,
): Promise<Connection<C>> {
  const given: ConnectOptions = optionsOf(where)
  const parsed = given.address === undefined ? undefined : parseAddress(given.address)
  const options: ConnectOptions = { ...given, ...parsed }
  checkType('host', options.host, 'string')
  checkType('lookup', options.lookup, 'function')
  if (typeof options.tls !== 'boolean') checkType('tls', options.tls, 'object')
  const secure = parsed?.secure === true || (options.tls !== undefined && options.tls !== false)
  if (options.path !== undefined) checkPath(options.path)
  else if (options.port === undefined) throw new TypeError('connect needs a port, or the path of a Unix socket')
  else checkPort(options.port)
  checkTimeout('connectTimeout', options.connectTimeout)
  checkTimeout('handshakeTimeout', options.handshakeTimeout)
  const { signal } = options
  checkSignal(signal)
  let forget: () => void
  const all = circumstancesOf(options, hooks, () => forget(), { remote: pathAddress(options.path) })
  throwIfAborted(signal)
  let connection: SocketConnection<C>
  const cut = (): void => connection.destroy(aborted(signal!))
  return connected(options, secure, all.wheel, (socket) => {
    connection = new SocketConnection<C>(socket, all)
    forget = whenAborted(signal, cut)
    connection.start()
    return connection
  })
}

/**
 * Connects, and goes through the handshake.
 *
 * @param use takes the socket in the turn in which it is ready: whatever it or the signal says next has a listener
 */
function connected<T>(
  options: ConnectOptions,
  secure: boolean,
  wheel: TimerWheel,
  use: (socket: Socket) => T,
): Promise<T> {
  const { signal } = options
  const doing = `connecting to ${formatAddress({ host: 'localhost', ...options }, secure)}`
  return new Promise((resolve, reject) => {
    const socket = open(options, secure)
    const timer = wheel.timer(late, undefined)
    let handshaking = false

    function late(): void {
      const code = handshaking ? 'SOCKET_ERR_HANDSHAKE_TIMEOUT' : 'SOCKET_ERR_CONNECT_TIMEOUT'
      fail(new SocketError(code, `${doing}: ${handshaking ? 'the TLS handshake took' : 'it took'} too long`))
    }
    function watch(timeout: number): void {
      timer.cancel()
      if (timeout > 0) timer.restart(timeout)
    }
    function abort(): void {
      fail(aborted(signal!))
    }
    function broken(error: Error): void {
      fail(fromSystem(error, handshaking ? 'SOCKET_ERR_TLS' : 'SOCKET_ERR_CONNECT', doing))
    }
    function gone(): void {
      fail(new SocketError('SOCKET_ERR_RESET', `${doing}: the peer left during the TLS handshake`))
    }
    function settle(): void {
      timer.cancel()
      forget()
      socket.off('error', broken).off('end', gone).off('close', gone)
      socket.off('connect', reached).off('connect', ready).off('secureConnect', ready)
    }
    function fail(error: SocketError): void {
      settle()
      socket.on('error', () => {}).destroy()
      reject(error)
    }
    function reached(): void {
      handshaking = true
      socket.on('end', gone).on('close', gone)
      watch(options.handshakeTimeout ?? DEFAULTS.handshakeTimeout)
    }
    function ready(): void {
      settle()
      resolve(use(socket))
    }

    watch(options.connectTimeout ?? DEFAULTS.connectTimeout)
    const forget = whenAborted(signal, abort)
    socket.on('error', broken)
    if (secure) socket.once('connect', reached).once('secureConnect', ready)
    else socket.once('connect', ready)
    // The look-up has begun, and it may be the program's.
    if (signal?.aborted === true) abort()
  })
}

function open(options: ConnectOptions, secure: boolean): Socket {
  const { host = 'localhost', port = 0, path, lookup } = options
  const target =
    path === undefined ? { host, port, ...(lookup !== undefined && { lookup: answering(lookup) }) } : { path }
  const common = { ...target, ...socketOptions(options) }
  if (!secure) return connectPlain(common)
  const servername = path === undefined ? serverNameOf(host) : undefined
  const tls = typeof options.tls === 'object' ? { ...options.tls } : {}
  if (tls.checkServerIdentity !== undefined) tls.checkServerIdentity = refusing(tls.checkServerIdentity)
  const socket = connectTls({ ...(servername !== undefined && { servername }), ...tls, ...common } as NodeTlsOptions)
  // tls.connect does not pass these on: small writes would wait 40 ms for the acknowledgement of those before.
  socket.setNoDelay(common.noDelay)
  if (common.keepAlive) socket.setKeepAlive(true, common.keepAliveInitialDelay)
  return socket
}

/** The same check, whose throw is a refusal: in the middle of node:tls it would end the process. */
function refusing(check: NonNullable<NodeTlsOptions['checkServerIdentity']>): typeof check {
  return (host, certificate) => {
    try {
      return check(host, certificate)
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }
}
