import type { AddressOptions } from './address.js'
import type { SocketError } from './errors.js'
import type { Timeouts } from './timeouts.js'
import type { TimerWheel } from './timer-wheel.js'
import type { ServerTlsOptions } from './tls-options.js'

/** What every connection of a server, a listener or a client can be given. */
export interface ConnectionOptions extends Timeouts {
  /** after `close()`: how long, in ms, the peer may neither take octets nor close, before it is cut off (default 10 s; 0 = off) */
  lingerTimeout?: number
  /**
   * octets that may wait for a slow reader (default 16 MiB). A write that finds more waiting closes the connection with
   * `SOCKET_ERR_WRITE_QUEUE`; a single larger write into an empty queue is taken.
   */
  maxWriteQueue?: number
  /** send small writes at once instead of collecting them for up to 40 ms (Nagle's algorithm off; default true) */
  noDelay?: boolean
  /**
   * TCP keep-alive probes after so many idle milliseconds, in whole seconds rounded up, so that silently dead peers are
   * found (default 0: off)
   */
  keepAlive?: number
  /** takes errors that belong to no peer and that no hook takes (default: `process.emitWarning`) */
  warn?: (error: SocketError) => void
  /** the timer wheel to hang deadlines on (default: one for the process) */
  wheel?: TimerWheel
}

/** Where and how to listen, and how many to serve. */
export interface ListenOptions extends ConnectionOptions, AddressOptions {
  /**
   * `tcp://host:port`, `tls://host:port` or `unix:path`, instead of `host`, `port` and `path`. Without a host it is
   * 127.0.0.1: a program that was only tried out should not be reachable from the network; `::` is everybody
   */
  address?: string
  /** connections that the kernel completes before they are accepted (default 511); the kernel clamps it (Linux: `net.core.somaxconn`) */
  backlog?: number
  /** IPv6 only: `::` does not serve IPv4 as well (default false) */
  ipv6Only?: boolean
  /** several processes may listen on the port, and the kernel shares connections out. Where Node lacks it (before 22.12), listening fails */
  reusePort?: boolean
  /** permissions of the Unix socket's file, as 0o660 (default: what the umask leaves) */
  mode?: number
  /** encrypt */
  tls?: ServerTlsOptions
  /** stops listening and destroys all connections when it aborts */
  signal?: AbortSignal
  /** do not keep the process alive for the listening socket (default false) */
  unref?: boolean
  /**
   * ask for the peer's address as soon as somebody connects, because the system does not know it any more when the peer is
   * gone (default true). false spares a system call a connection, some 2 µs: then who wants to know `remote` later asks for
   * it once while the connection is open
   */
  keepRemote?: boolean
  /** connections at the same time (default 0: no limit but the system's) */
  maxConnections?: number
  /** connections of one IP address at the same time (default 0: no limit) */
  maxConnectionsPerAddress?: number
  /**
   * what happens to a newcomer beyond `maxConnections`. `refuse` (default): it is accepted, gets `refusal`, and is
   * closed. `wait`: it stays unopened and unread until a place is free, like in the kernel's backlog; when as many as
   * `backlog` wait, further ones are refused
   */
  overload?: 'refuse' | 'wait'
  /** what a refused newcomer reads before the end (default: nothing; never sent where TLS is spoken) */
  refusal?: string | Uint8Array
}

/** @internal */
export const DEFAULTS = {
  backlog: 511,
  writeTimeout: 60_000,
  lingerTimeout: 10_000,
  handshakeTimeout: 10_000,
  connectTimeout: 30_000,
  closeTimeout: 10_000,
  maxWriteQueue: 16 * 1024 * 1024,
} as const

/** @internal what node:net is to do with the sockets of a server or a client */
export function socketOptions(options: ConnectionOptions): {
  allowHalfOpen: true
  noDelay: boolean
  keepAlive: boolean
  keepAliveInitialDelay: number
} {
  const { noDelay = true, keepAlive = 0 } = options
  // The system counts seconds, and node:net rounds down: to 0 the system would say no, and ask after its own two hours.
  const keepAliveInitialDelay = Math.ceil(keepAlive / 1000) * 1000
  return { allowHalfOpen: true, noDelay, keepAlive: keepAlive > 0, keepAliveInitialDelay }
}

/** @internal the options of a call that takes an address in their place. @throws TypeError when it is neither */
export function optionsOf<O extends { address?: string }>(given: O | string): O | { address: string } {
  if (typeof given === 'string') return { address: given }
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`options are an object, or an address as a string, not ${String(given)}`)
  return given
}
