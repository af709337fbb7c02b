import type { SocketErrorCode } from './errors.js'

/** Which deadline of a connection came. */
export type TimeoutKind = 'idle' | 'read' | 'write' | 'lifetime'

/** @internal what a connection dies of when it came */
export const TIMEOUT_CODES: Record<TimeoutKind, SocketErrorCode> = {
  idle: 'SOCKET_ERR_IDLE_TIMEOUT',
  read: 'SOCKET_ERR_READ_TIMEOUT',
  write: 'SOCKET_ERR_WRITE_TIMEOUT',
  lifetime: 'SOCKET_ERR_LIFETIME_TIMEOUT',
}

/** Deadlines of a connection, in milliseconds; 0 = off. Kept to 0.3 s, never early. */
export interface Timeouts {
  /** no octet either way (default 0: only the protocol knows what idle means) */
  idleTimeout?: number
  /** no octet from the peer, while reading is not paused and the peer has not half-closed (default 0) */
  readTimeout?: number
  /** octets wait and the peer takes none of them (default 60 s: such a peer only costs memory) */
  writeTimeout?: number
  /** from `open` on, whatever happens (default 0) */
  lifetimeTimeout?: number
}
