/** Which deadline of a connection came. */
export type TimeoutKind = 'idle' | 'read' | 'write' | 'lifetime'

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
