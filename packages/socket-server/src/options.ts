import type { TlsOptions } from 'node:tls'
import type { AddressOptions } from './address.js'
import type { SocketError } from './errors.js'
import type { Timeouts } from './hooks.js'
import type { TimerWheel } from './timer-wheel.js'

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
  /** TCP keep-alive probes after so many idle milliseconds, so that dead peers are found (default 0: off) */
  keepAlive?: number
  /** takes errors that belong to no peer and that no hook takes (default: `process.emitWarning`) */
  warn?: (error: SocketError) => void
  /** the timer wheel to hang deadlines on (default: one for the process) */
  wheel?: TimerWheel
}

/** Where and how to listen. */
export interface ListenOptions extends ConnectionOptions, AddressOptions {
  /** `tcp://host:port`, `tls://host:port` or `unix:path`, instead of `host`, `port` and `path` */
  address?: string
  /** connections that the kernel completes before they are accepted (default 511); the kernel clamps it (`net.core.somaxconn`) */
  backlog?: number
  /** IPv6 only: `::` does not serve IPv4 as well (default false) */
  ipv6Only?: boolean
  /** several processes may listen on the port, and the kernel shares connections out (Node 23.1 and 22.12 up) */
  reusePort?: boolean
  /** permissions of the Unix socket's file, as 0o660 (default: what the umask leaves) */
  mode?: number
  /** encrypt: as `tls.createServer`, certificates and keys in PEM */
  tls?: TlsOptions
  /** stops listening and destroys all connections when it aborts */
  signal?: AbortSignal
  /** do not keep the process alive (the seed's daemon; default false) */
  unref?: boolean
  /** connections at the same time (default 0: no limit but the system's) */
  maxConnections?: number
  /** connections of one peer address at the same time (default 0: no limit) */
  maxConnectionsPerAddress?: number
}

/** @internal */
export const DEFAULTS = {
  idleTimeout: 0,
  readTimeout: 0,
  writeTimeout: 60_000,
  lifetimeTimeout: 0,
  lingerTimeout: 10_000,
  maxWriteQueue: 16 * 1024 * 1024,
} as const
