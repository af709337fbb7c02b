import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Address } from './address.js'
import type { SocketError } from './errors.js'
import type { SecureInfo } from './secure.js'
import type { Timeouts } from './timeouts.js'
import type { TimerWheel } from './timer-wheel.js'

/** How a string becomes octets: UTF-8, or ISO-8859-1 (one octet per character, the cheaper one). */
export type TextEncoding = 'utf8' | 'latin1'

/**
 * One end of a byte stream to a peer: what `serve` gives to hooks and handlers, `listen` to `accept`, and `connect`
 * returns. It is read either by hooks (`data`) or by pulling (`read`, `for await`).
 */
export interface Connection<C = unknown> extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Unique in the process, from 1 up. */
  readonly id: number
  /** The protocol's own state of this connection; undefined until it is set. */
  context: C
  /** The peer's address. Stays known after the end, but with hooks that have neither `error` nor `close`, or `keepRemote: false`: ask in time there. */
  readonly remote: Address
  /** Our own address of this connection: ask while it is open. */
  readonly local: Address
  /** What the TLS handshake agreed on; undefined when the connection is not encrypted. Each asking reads it anew: keep it. */
  readonly secure: SecureInfo | undefined
  /** Aborts when the connection is over, with a `SocketError` as reason. Made when first asked for. */
  readonly signal: AbortSignal
  /** Resolves when the connection is over, whatever ended it; never rejects (`error` has the reason). */
  readonly closed: Promise<void>
  /** Why the connection died; undefined while it lives and after a regular close. */
  readonly error: SocketError | undefined
  /** The server is closing (lame duck): finish what is under way, then close. */
  readonly closing: boolean
  /** Octets received so far, those that wait for a paused consumer included. */
  readonly bytesRead: number
  /** Octets given to `write` and accepted by it so far, those that still wait included. */
  readonly bytesWritten: number
  /** The wheel that its deadlines hang on; a protocol may hang its own there. */
  readonly wheel: TimerWheel

  /**
   * Sends octets, with one system call when the socket takes them; otherwise they wait in the queue.
   *
   * @param data is not copied: leave it unchanged until the queue is drained
   * @param encoding of a string (default `utf8`)
   * @returns whether to go on. False: wait for `drain` or `drained()`. Also false when the connection is closed or
   * closing, and then the octets are dropped: the peer may go at any moment, so this is no error (`writable` tells)
   * @throws TypeError when data is neither string nor octets
   */
  write(data: string | Uint8Array, encoding?: TextEncoding): boolean
  /** Collects the writes that follow until `uncork`; nests. The batch leaves in one system call (up to 128 KiB). */
  cork(): void
  /** Ends the latest `cork`; the outermost one sends the batch. @returns as `write` */
  uncork(): boolean
  /**
   * Resolves when the write queue is empty; at once when `write` may go on.
   *
   * @throws SocketError the connection was lost or closed before that
   */
  drained(): Promise<void>
  /** Octets that wait to leave because the peer reads slower than we write. */
  readonly writeQueue: number
  /** `write` has an effect: we have neither closed nor half-closed, and the connection is not lost. */
  readonly writable: boolean
  /**
   * Half-closes: the peer sees the end of our octets after what is queued; reading goes on.
   *
   * @param data a last write
   */
  closeWrite(data?: string | Uint8Array, encoding?: TextEncoding): void

  /**
   * No `data` hook until `resume`. Nearly free: up to 16 KiB are read ahead and kept, then the socket is stopped and the
   * peer with it. That the peer is gone is still noticed (within two seconds when the socket is stopped; over TLS then only
   * with the next write), and so is its half-close, unless octets wait before it.
   */
  pause(): void
  /** Ends `pause`. What was kept is delivered in a later turn, never inside this call. */
  resume(): void
  /** `pause` is in force. True from the beginning when there is no `data` hook. */
  readonly paused: boolean
  /** Octets of the peer may still come: it has not half-closed, and we have not closed. */
  readonly readable: boolean
  /**
   * Takes the next chunk, and pauses the connection so that nothing goes to the `data` hook besides.
   *
   * @returns octets, which are the caller's; undefined when the peer has half-closed or we have closed
   * @throws SocketError the connection was lost
   * @throws TypeError somebody else is waiting in `read` or `for await`
   */
  read(): Promise<Uint8Array | undefined>
  /**
   * The peer's octets chunk by chunk, with back-pressure; ends at the peer's half-close. Leaving the loop early leaves the
   * connection as it is, paused: loop again, write, close.
   *
   * @throws SocketError the connection was lost
   */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined>

  /**
   * Closes both ways after what is queued has left. Input that still comes is thrown away, for `lingerTimeout` at most:
   * closing with input unread would make the system answer with a reset, which destroys our last octets on their way.
   */
  close(): void
  /**
   * The cheap close of a server that has read all it wants: writes, and destroys at once when the system took
   * everything, else as soon as it does. Unread input would become a reset: only after a whole request.
   */
  finish(data?: string | Uint8Array, encoding?: TextEncoding): void
  /**
   * Closes at once; what waits in either direction is lost.
   *
   * @param error becomes `connection.error` and goes to the error hook; without it the close hook runs alone
   */
  destroy(error?: Error): void
  /** Closes at once with a TCP reset, which the peer sees as an error. Elsewhere than on plain TCP the same as `destroy`. */
  reset(): void
  /** `close`, and waits for it: for `await using`. */
  [Symbol.asyncDispose](): Promise<void>

  /** The deadlines in force, milliseconds, 0 = off. */
  readonly timeouts: Readonly<Required<Timeouts>>
  /**
   * Changes deadlines of this connection; those not given stay. Idle and read count from now when given, lifetime from
   * `open`. Cheap enough for every message: no timer is made.
   *
   * @throws RangeError when one is negative or not finite
   */
  setTimeouts(timeouts: Timeouts): void
  /**
   * Gives the socket up, to somebody else's protocol (a WebSocket library). No hook runs after it, `close` neither, and
   * `signal` does not abort any more; for the server the connection is over, except that limits count the socket until
   * it closes.
   *
   * @returns the socket, paused (call `resume()` once your listeners stand), and the octets that were read but not
   * delivered; a data hook adds what is left of its own chunk. `ended`: the peer has half-closed behind them, and the
   * socket, which has said so, will not say it again
   * @throws TypeError when octets wait to be written, or the connection is closing or closed
   */
  detach(): { socket: Socket | TLSSocket; head: Uint8Array; ended: boolean }
}
