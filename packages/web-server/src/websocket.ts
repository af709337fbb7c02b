import type { Socket as NetSocket } from 'node:net'
import { WebSocketServer } from 'ws'
import type { ServerRequest, UpgradeHandler } from './message.js'
import { checkDuration, checkFlag, checkNumber, checkString, MAX_DURATION } from './option-checks.js'
import { deflateOffer } from './websocket/extensions.js'
import {
  checkHandshake,
  checkOrigins,
  checkProtocols,
  type OriginPolicy,
  offeredProtocols,
} from './websocket/handshake.js'
import { checkHooks, Socket, type WebSocketHooks } from './websocket/socket.js'

export type { OriginPolicy } from './websocket/handshake.js'
export { Socket, type WebSocketHooks } from './websocket/socket.js'

/** Options of {@link websocket}. */
export interface WebSocketOptions {
  /** The request path that opens WebSockets, with its first slash; others are left to the server's handler. Default: any. */
  path?: string
  /** Which pages may connect: those of this server (`same`, the default), `any`, the origins listed, or a function's choice. */
  origins?: OriginPolicy
  /** Subprotocols spoken here. The first of the client's that is among them is chosen: its list is in order of preference (RFC 6455 §4.1). */
  protocols?: readonly string[]
  /** Refuse clients that offer none of `protocols` (400). Default `false`. */
  requireProtocol?: boolean
  /** Octets of a message, after decompression; a longer one closes with 1009. 0: no limit. Default 1 MiB. */
  maxPayload?: number
  /** Octets a peer may leave unread before it is cut off. 0: no limit. Default 16 MiB. */
  maxBufferedAmount?: number
  /** Milliseconds between pings; a peer of whom nothing comes from one to the next is cut off, unless it is paused. 0: off. Default 30,000. */
  pingInterval?: number
  /** Milliseconds a peer has to answer a close. 0: as long as it takes. Default 5,000. */
  closeTimeout?: number
  /** Offer permessage-deflate (RFC 7692), without context takeover, for messages from 1 KiB on. Costs memory and time. Default `false`. */
  compress?: boolean
}

/**
 * Makes an upgrade handler that opens WebSockets (RFC 6455), to be given to `serve({ upgrade })`.
 *
 * The handshake is checked by us, so that refusals are ordinary answers; framing, masking, fragmentation and UTF-8 are
 * the work of the `ws` package. When the server closes, sockets are closed with 1001 (Going Away).
 *
 * ```ts
 * await serve({
 *   port: 8080,
 *   handler: (request, response) => void response.end('Open a WebSocket at /echo\n'),
 *   upgrade: websocket({ message: (socket, data) => void socket.send(data) }, { path: '/echo' }),
 * })
 * ```
 * @throws TypeError for hooks and lists that are none, and for what is no subprotocol; RangeError for a bound that is none
 */
export function websocket<C = undefined>(hooks: WebSocketHooks<C>, options: WebSocketOptions = {}): UpgradeHandler {
  checkHooks(hooks)
  const { path, origins = 'same', protocols = [] } = options
  if (path !== undefined && !checkString('path', path).startsWith('/'))
    throw new RangeError(`path begins with a slash, unlike ${JSON.stringify(path)}`)
  checkOrigins(origins)
  checkProtocols(protocols)
  const requireProtocol = checkFlag('requireProtocol', options.requireProtocol ?? false)
  const maxPayload = checkNumber('maxPayload', options.maxPayload ?? 1 << 20)
  const maxBufferedAmount = checkNumber('maxBufferedAmount', options.maxBufferedAmount ?? 16 << 20)
  const closeTimeout = checkDuration('closeTimeout', options.closeTimeout ?? 5_000)
  const compress = checkFlag('compress', options.compress ?? false)
  let chosen = ''
  const framing = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // More than fits 32 bits would become another number there, or none.
    maxPayload: Math.min(Math.ceil(maxPayload), 2 ** 31 - 1),
    closeTimeout: closeTimeout || MAX_DURATION,
    perMessageDeflate: compress
      ? { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 1024, concurrencyLimit: 10 }
      : false,
    handleProtocols: () => (chosen === '' ? false : chosen),
  } as ConstructorParameters<typeof WebSocketServer>[0])
  const heart = new Heart(checkDuration('pingInterval', options.pingInterval ?? 30_000))
  const maxBuffered = maxBufferedAmount || Number.POSITIVE_INFINITY

  return async (request, response, upgrade) => {
    if (path !== undefined && request.path !== path) return false
    if (!upgrade.protocols.some((protocol) => protocol.toLowerCase() === 'websocket')) return false
    const refusal = checkHandshake(request, origins)
    if (refusal !== undefined) {
      if (refusal.status === 426) response.setField('Sec-WebSocket-Version', '13')
      if (refusal.status === 426) response.setField('Upgrade', 'websocket').setField('Connection', 'Upgrade')
      if (refusal.status === 405) response.setField('Allow', 'GET')
      response.sendError(refusal.status, refusal.detail)
      return true
    }
    const offered = offeredProtocols(request)
    const protocol = offered.find((name) => protocols.includes(name)) ?? ''
    if (requireProtocol && protocol === '') {
      response.sendError(400, `This server speaks ${protocols.join(', ')}.`)
      return true
    }
    const context = (await hooks.upgrade?.(request)) as C
    // No WebSocket opens without the other half (RFC 6455 §7.1.1), which may have gone while the hook decided.
    const { readable, writable } = request.connection
    if (!readable) {
      if (writable) response.sendError(400, 'The client has closed its half of the connection.')
      return true
    }
    let socket: Socket<C> | undefined
    const { socket: stream, head, report } = upgrade.detach({ closing: () => socket?.close(1001) })
    chosen = protocol
    framing.handleUpgrade(messageOf(request, compress ? deflateOffer(request) : undefined), stream, head, (ws) => {
      // A connection is handed over paused, so that nothing is lost between the two owners. The open hook may pause it again.
      stream.resume()
      socket = new Socket(ws, stream as NetSocket, request, hooks, context, maxBuffered, report)
      const opened = socket
      heart.add(opened as Socket)
      Socket.attach(opened, () => heart.remove(opened as Socket))
    })
    return true
  }
}

/**
 * As much of an `IncomingMessage` as `ws` looks at. It refuses a handshake for any offer of an extension that is not as it
 * should be: it is shown the one it takes.
 */
function messageOf(request: ServerRequest, extension?: string): Parameters<WebSocketServer['handleUpgrade']>[0] {
  const headers: Record<string, string> = Object.create(null)
  for (const name of ['upgrade', ...HANDSHAKE_FIELDS]) {
    const value = request.fields.get(name)
    if (value !== undefined) headers[name] = value
  }
  headers.upgrade = 'websocket'
  if (extension !== undefined) headers['sec-websocket-extensions'] = extension
  return { method: 'GET', url: request.target, headers } as Parameters<WebSocketServer['handleUpgrade']>[0]
}

const HANDSHAKE_FIELDS = ['key', 'version', 'protocol'].map((name) => `sec-websocket-${name}`)

/** Pings all sockets of a server, with one timer that runs only while there are any and keeps no process alive. */
class Heart {
  readonly #interval: number
  readonly #sockets = new Set<Socket>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(interval: number) {
    this.#interval = interval
  }

  add(socket: Socket): void {
    this.#sockets.add(socket)
    if (this.#timer !== undefined || this.#interval === 0) return
    this.#timer = setInterval(() => {
      for (const each of this.#sockets) Socket.beat(each)
    }, this.#interval)
    this.#timer.unref?.()
  }

  remove(socket: Socket): void {
    this.#sockets.delete(socket)
    if (this.#sockets.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
