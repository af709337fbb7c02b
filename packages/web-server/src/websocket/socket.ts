import type { Socket as NetSocket } from 'node:net'
import type { Address } from '@plainwire/socket-server'
import type { WebSocket } from 'ws'
import { attempt, isThenable } from '../attempt.js'
import { WebError } from '../errors.js'
import type { ServerRequest } from '../message.js'
import { checkFunction } from '../option-checks.js'

/** What happens to the WebSockets of one server. State of one socket hangs on `socket.context`. */
export interface WebSocketHooks<C = unknown> {
  /**
   * Decides, before the handshake is answered, about a request that passed its checks. What it returns becomes
   * `socket.context`; an error it throws is answered with its `status`, 401 or 403 for example. Of what it made for a client
   * that leaves or half-closes before the answer no hook hears: `close` comes only for what was open.
   */
  upgrade?(request: ServerRequest): C | Promise<C>
  /** It is open: messages can be sent. */
  open?(socket: Socket<C>): void | Promise<void>
  /** A message arrived: a string for text, octets for binary. The octets are yours. */
  message?(socket: Socket<C>, data: string | Uint8Array): void | Promise<void>
  /** The connection takes more after `send` returned `false`. */
  drain?(socket: Socket<C>): void | Promise<void>
  /** It is over; once and last. 1005: closed without a code; 1006: cut off. */
  close?(socket: Socket<C>, code: number, reason: string): void | Promise<void>
  /**
   * What went wrong before `close`, or in it: the peer broke the protocol or fell silent, or a hook threw (then the socket
   * closes with 1011). What this hook fails with itself, the server's `onError` is told.
   */
  error?(socket: Socket<C>, error: unknown): void | Promise<void>
}

const HOOKS = ['upgrade', 'open', 'message', 'drain', 'close', 'error'] as const

/** @throws TypeError for hooks that are none: each would cost every socket */
export function checkHooks<C>(hooks: WebSocketHooks<C>): void {
  if (typeof hooks !== 'object' || hooks === null) throw new TypeError('websocket takes an object of hooks')
  for (const name of HOOKS) checkFunction(name, hooks[name])
}

/** Close codes that may be sent. @see RFC 6455 §7.4, and the registry for 1012–1014 */
function isSendable(code: number): boolean {
  return (code >= 3000 && code <= 4999) || (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code))
}

/**
 * One open WebSocket.
 *
 * A transport in six members, for code that must not know what is below: `send`, `close`, `protocol`, `remote`,
 * `bufferedAmount`, and `context` for what belongs to it.
 */
export class Socket<C = unknown> {
  /** The user's slot. */
  context: C
  /** The request it was opened with. */
  readonly request: ServerRequest
  /** The peer. */
  readonly remote: Address
  /** The subprotocol agreed on, `''` if none. */
  readonly protocol: string
  private readonly ws: WebSocket
  private readonly stream: NetSocket
  private readonly hooks: WebSocketHooks<C>
  private readonly maxBufferedAmount: number
  /** Takes what the error hook fails with. */
  private readonly report: (error: unknown) => void
  /** A compressed message waits outside of the stream, whose `drain` need not come for it. */
  private readonly sent: (() => void) | undefined
  private failed: unknown
  private waiting = false
  /** Octets the peer had said by the last round of the liveness check; -1: there is none to compare with. */
  private heard = -1
  private over = false

  /** Made by the handshake. @internal */
  constructor(
    ws: WebSocket,
    stream: NetSocket,
    request: ServerRequest,
    hooks: WebSocketHooks<C>,
    context: C,
    maxBufferedAmount: number,
    report: (error: unknown) => void,
  ) {
    this.ws = ws
    this.stream = stream
    this.hooks = hooks
    this.maxBufferedAmount = maxBufferedAmount
    this.report = report
    this.context = context
    this.request = request
    this.remote = request.remote
    this.protocol = ws.protocol
    this.sent = ws.extensions === '' ? undefined : () => this.drained()
  }

  /** Whether messages can be sent: neither side has begun to close. */
  get open(): boolean {
    return this.ws.readyState === this.ws.OPEN
  }

  /** Octets sent that the connection has not taken yet, framing included. */
  get bufferedAmount(): number {
    return this.ws.bufferedAmount
  }

  /**
   * Sends a message, text for a string and binary for octets; does nothing once closing has begun. A peer that leaves more
   * than `maxBufferedAmount` unread is cut off.
   *
   * @param data octets must stay as they are until they are sent
   * @returns whether to go on; `false`: wait for the `drain` hook
   * @throws TypeError for what is neither: `ws` would send nothing as an empty message
   */
  send(data: string | Uint8Array): boolean {
    if (!this.open) return false
    // A frame of two buffers leaves for less than one of a buffer and a string.
    if (typeof data === 'string') this.ws.send(Buffer.from(data), { binary: false }, this.sent)
    else if (data instanceof Uint8Array) this.ws.send(data, { binary: true }, this.sent)
    else throw new TypeError(`A message is a string or a Uint8Array, not ${data === null ? 'null' : typeof data}`)
    if (!this.isFull()) return true
    if (this.bufferedAmount > this.maxBufferedAmount) {
      this.destroy(new WebError('WEB_ERR_WRITE_TIMEOUT', 'The peer reads its messages too slowly.'))
      return false
    }
    this.waiting = true
    return false
  }

  /**
   * Begins the closing handshake; the `close` hook follows, at the latest after the `closeTimeout`.
   *
   * @param code 1000–1014 as far as it may be sent, or 3000–4999 for the application
   * @param reason at most 123 octets of UTF-8
   * @throws RangeError for another code or a longer reason
   */
  close(code = 1000, reason = ''): void {
    if (!isSendable(code)) throw new RangeError(`${code} is no close code that may be sent`)
    if (Buffer.byteLength(reason) > 123) throw new RangeError('A close reason has at most 123 octets')
    this.ws.close(code, reason)
  }

  /** Cuts the connection off without a closing handshake; the `close` hook follows with code 1006. */
  destroy(error?: unknown): void {
    this.fail(error)
    this.ws.terminate()
  }

  /** Holds what is sent back until `uncork`, so that several messages leave in one system call. */
  cork(): void {
    this.stream.cork()
  }

  /** Sends what `cork` held back. */
  uncork(): void {
    this.stream.uncork()
  }

  /** Sends a ping with at most 125 octets. Liveness is watched without it, see `pingInterval`. */
  ping(data?: string | Uint8Array): void {
    if (this.open) this.ws.ping(data)
  }

  /** Hands out no more messages until `resume`; the peer is soon not read any more. */
  pause(): void {
    this.ws.pause()
  }

  /** Hands out messages again. */
  resume(): void {
    // What the peer said in the meantime is yet to be read.
    if (this.ws.isPaused) this.heard = -1
    this.ws.resume()
  }

  /** Connects the events below to the hooks. @internal */
  static attach<C>(socket: Socket<C>, closed: () => void): void {
    const ws = socket.ws
    const hooks = socket.hooks
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      try {
        const result = hooks.message?.(socket, isBinary ? data : data.toString('utf8'))
        if (isThenable(result)) result.then(undefined, (error) => socket.crashed(error))
      } catch (error) {
        socket.crashed(error)
      }
    })
    ws.on('error', (error) => socket.fail(error))
    socket.stream.on('drain', () => socket.drained())
    ws.on('close', (code, reason) => {
      socket.over = true
      closed()
      attempt(
        () => hooks.close?.(socket, code, reason.toString('utf8')),
        (error) => socket.tell(error),
      )
    })
    socket.call(() => hooks.open?.(socket))
  }

  /**
   * One round of the liveness check: a peer of whom no octet has come since the ping of the last round is gone. One that
   * is not listened to may well have answered.
   * @internal
   */
  static beat(socket: Socket): void {
    if (socket.ws.isPaused) return
    const { bytesRead } = socket.stream
    if (bytesRead === socket.heard) {
      socket.destroy(new WebError('WEB_ERR_PEER_GONE', 'The peer answers no pings.'))
      return
    }
    socket.heard = bytesRead
    if (socket.open) socket.ws.ping()
  }

  private isFull(): boolean {
    return this.bufferedAmount >= this.stream.writableHighWaterMark
  }

  private drained(): void {
    if (!this.waiting || !this.open || this.isFull()) return
    this.waiting = false
    this.call(() => this.hooks.drain?.(this))
  }

  private fail(error: unknown): void {
    if (error === undefined || this.failed !== undefined || this.over) return
    this.failed = error
    this.tell(error)
  }

  /** An error hook has no error hook of its own. */
  private tell(error: unknown): void {
    attempt(() => this.hooks.error?.(this, error), this.report)
  }

  /** A hook that throws or rejects costs its socket (1011, RFC 6455 §7.4.1), not the process. */
  private call(hook: () => unknown): void {
    attempt(hook, (error) => this.crashed(error))
  }

  private crashed(error: unknown): void {
    this.fail(error)
    if (this.open) this.ws.close(1011)
  }
}
