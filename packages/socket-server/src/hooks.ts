import type { Connection } from './connection.js'
import type { SocketError } from './errors.js'
import type { TimeoutKind } from './timeouts.js'

/**
 * What a protocol does with its connections: one object per server, shared by all of them; what belongs to one
 * connection hangs on `connection.context`. All hooks are called synchronously and never inside one another for the
 * same connection's octets. Order for each connection:
 *
 *     open  (data | drain | closing | timeout)*  [end]  (drain | closing | timeout)*  [error]  close
 *
 * A hook that throws destroys its connection with `SOCKET_ERR_HOOK` and touches no other.
 */
export interface ConnectionHooks<C = unknown> {
  /** The connection is ready: accepted, or connected; after the TLS handshake. Set `connection.context` here. */
  open?(connection: Connection<C>): void
  /** Octets of the peer. The chunk is the program's: it may be kept and changed. Without this hook: see `Connection.read`. */
  data?(connection: Connection<C>, chunk: Uint8Array): void
  /** After a `write` that returned false: the queue is empty again. */
  drain?(connection: Connection<C>): void
  /**
   * The peer has half-closed: no `data` follows; writing goes on. Comes while paused too, unless octets wait before it.
   * Without this hook the connection is closed here, as soon as it is not paused.
   */
  end?(connection: Connection<C>): void
  /** The server is closing (lame duck): finish what is under way, then close. Without this hook: nothing, see `Server.close`. */
  closing?(connection: Connection<C>): void
  /**
   * A deadline came. Answer and close (or half-close) here, or return true to keep the connection: the deadline starts
   * anew. Otherwise, and without this hook, the connection is destroyed with `SOCKET_ERR_…_TIMEOUT`.
   */
  timeout?(connection: Connection<C>, kind: TimeoutKind): boolean | undefined | void
  /** The connection dies of this: reset, deadline, limit, throw in a hook, `destroy(error)`. `close` follows. */
  error?(connection: Connection<C>, error: SocketError): void
  /** Exactly once for each connection that was opened, last, on every path. */
  close?(connection: Connection<C>): void
}

/** @internal the names of all hooks */
export const HOOKS: readonly (keyof ConnectionHooks)[] = [
  'open',
  'data',
  'drain',
  'end',
  'closing',
  'timeout',
  'error',
  'close',
]
