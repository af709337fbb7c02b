/**
 * The server's side of TLS. A tls.Server that never listens does the handshakes: it is fed accepted sockets through its
 * documented 'connection' event. So limits are checked before a handshake is paid for, certificates can change under
 * way, and whatever may come before TLS one day (the PROXY protocol) has its place.
 */
import { isIP, type Socket } from 'node:net'
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls'
import { domainToASCII } from 'node:url'
import { type Address, endOf, NAMELESS } from './address.js'
import { checkTimeout, checkType } from './checks.js'
import { fromHook, fromSystem, SocketError } from './errors.js'
import { DEFAULTS } from './options.js'
import type { TimerWheel, WheelTimer } from './timer-wheel.js'
import type { Certificates, ServerTlsOptions } from './tls-options.js'

/** The longest that a timer of node's can run, some 25 days. */
const MAX_TIMEOUT = 2 ** 31 - 1

/** Sockets go in as accepted, and come out encrypted or not at all. */
export class TlsGate {
  /** Handshakes that failed. */
  failures = 0
  private readonly server: TlsServer
  private readonly pending = new Map<Socket, WheelTimer | undefined>()
  /** The TLS socket only tells its ports: the way back from it to the accepted one. */
  private readonly byPeer = new Map<string, Socket>()
  /** Closed in their handshake, and not reported yet: why may be known to the TLS socket alone, which closes right behind. */
  private readonly closed: Socket[] = []
  /** What else than a certificate contexts are made of: it holds for all of them. */
  private readonly common: SecureContextOptions
  private names: Map<string, SecureContext>
  private readonly timeout: number

  /** @throws what node:tls throws at certificates and keys that cannot be read */
  constructor(
    private readonly options: ServerTlsOptions,
    private readonly wheel: TimerWheel,
    /** a Unix socket is listened on */
    private readonly portless: boolean,
    /** takes what the hook fails with */
    private readonly warn: (error: SocketError) => void,
    admit: (socket: TLSSocket) => void,
  ) {
    checkTimeout('handshakeTimeout', options.handshakeTimeout)
    checkType('handshakeError', options.handshakeError, 'function')
    this.timeout = Math.min(options.handshakeTimeout ?? DEFAULTS.handshakeTimeout, MAX_TIMEOUT)
    const { names, handshakeTimeout: _, handshakeError: __, ...rest } = options
    this.common = withoutCertificate(rest)
    this.names = contextsOf(names, this.common)
    this.server = createServer({
      ...rest,
      allowHalfOpen: true,
      // Ours is on the wheel. Node's has to serve on Unix sockets, where a TLS socket tells nothing to find the accepted one by:
      // there a handshake under way also outlives close(), until that time is up.
      handshakeTimeout: options.handshakeTimeout === 0 ? MAX_TIMEOUT : this.timeout,
      SNICallback: (name, done) => done(null, this.contextFor(name)),
    } as TlsOptions)
    this.server.on('secureConnection', (socket) => {
      this.forget(this.byPeer.get(peerKey(socket)))
      // A reset between here and the connection's own listener is impossible: admit is synchronous.
      admit(socket)
    })
    this.server.on('tlsClientError', (error: Error, socket) => this.failed(error, socket))
  }

  /** Begins a handshake. */
  enter(raw: Socket): void {
    if (raw.remotePort === undefined) {
      this.server.emit('connection', raw)
      return
    }
    const timer = this.timeout === 0 ? undefined : this.wheel.schedule(this.timeout, (late) => this.late(late), raw)
    this.pending.set(raw, timer)
    this.byPeer.set(peerKey(raw), raw)
    raw.once('close', () => this.left(raw))
    this.server.emit('connection', raw)
  }

  /** @throws what node:tls throws at certificates and keys that cannot be read; nothing has changed then */
  setCertificates(certificates: Certificates): void {
    const { names, ...rest } = certificates
    const outside = { ...this.common, ...rest }
    const contexts = contextsOf(names, withoutCertificate(outside))
    this.server.setSecureContext(outside)
    this.names = contexts
  }

  /** Cuts handshakes off that are under way: they have not failed. */
  destroy(): void {
    for (const raw of [...this.pending.keys()]) {
      this.forget(raw)
      raw.destroy()
    }
  }

  private contextFor(name: string): SecureContext | undefined {
    const host = spelled(name)
    return this.names.get(host) ?? this.names.get(host.replace(/^[^.]*/, '*'))
  }

  private late(raw: Socket): void {
    this.report(raw, new SocketError('SOCKET_ERR_HANDSHAKE_TIMEOUT'))
    raw.destroy()
  }

  private failed(error: Error, socket: TLSSocket): void {
    const distrust = distrustOf(socket)
    // After the end of a socket its TLS socket has no ports to find the way back by. Who was reset is reported by `left`.
    const raw = this.portless
      ? socket
      : (this.byPeer.get(peerKey(socket)) ?? (distrust === undefined ? undefined : this.closed.shift()))
    if (raw !== undefined) this.report(raw, fromSystem(distrust ?? error, 'SOCKET_ERR_TLS', 'TLS handshake'))
    // After an alert the system's socket is closed already, after node's timeout it is not.
    socket.destroy()
  }

  private left(raw: Socket): void {
    if (!this.pending.has(raw)) return
    this.closed.push(raw)
    setImmediate(() => {
      const place = this.closed.indexOf(raw)
      if (place === -1) return
      this.closed.splice(place, 1)
      this.report(raw, new SocketError('SOCKET_ERR_RESET', 'the peer left during the TLS handshake'))
    })
  }

  private report(raw: Socket, error: SocketError): void {
    this.forget(raw)
    this.failures++
    void this.tell(error, endOf(raw, 'remote') ?? NAMELESS)
  }

  /** Calls the hook, if there is one: what it throws, or is rejected with, is nobody's handshake. */
  private async tell(error: SocketError, remote: Address): Promise<void> {
    try {
      await this.options.handshakeError?.(error, remote)
    } catch (cause) {
      this.warn(fromHook('handshakeError', cause))
    }
  }

  private forget(raw: Socket | undefined): void {
    if (raw === undefined) return
    this.pending.get(raw)?.cancel()
    this.pending.delete(raw)
    this.byPeer.delete(peerKey(raw))
  }
}

/** Why a certificate was not accepted. node:tls cuts such a peer off, and says in its error that the peer has done so. */
function distrustOf(socket: TLSSocket): Error | undefined {
  const code: unknown = socket.authorizationError
  if (!code) return undefined
  return Object.assign(new Error('the certificate of the peer is not trusted'), { code: String(code) })
}

function peerKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`
}

function contextsOf(
  names: Record<string, SecureContextOptions> = {},
  common: SecureContextOptions,
): Map<string, SecureContext> {
  const contexts = new Map<string, SecureContext>()
  for (const [name, options] of Object.entries(names))
    contexts.set(spelled(name), createSecureContext({ ...common, ...options }))
  return contexts
}

function withoutCertificate(options: SecureContextOptions): SecureContextOptions {
  const { cert: _, key: __, pfx: ___, passphrase: ____, ...common } = options
  return common
}

/** @internal what a client asks for by SNI: a name, never an IP address (RFC 6066 §3) */
export function serverNameOf(host: string): string | undefined {
  const name = spelled(host)
  return isIP(name) === 0 ? name : undefined
}

/** A name as certificates and SNI spell it: in ASCII, in lower case, without the dot of the root. */
function spelled(name: string): string {
  return (domainToASCII(name) || name.toLowerCase()).replace(/\.$/, '')
}
