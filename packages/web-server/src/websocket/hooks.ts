import type { ServerRequest } from '../message.js'
import type { Socket } from './socket.js'

/** What happens to the WebSockets of one server. State of one socket hangs on `socket.context`. */
export interface WebSocketHooks<C = unknown> {
  /**
   * Decides, before the handshake is answered, about a request that passed its checks. What it returns becomes
   * `socket.context`; an error it throws is answered with its `status`, 401 or 403 for example.
   */
  upgrade?(request: ServerRequest): C | Promise<C>
  /** It is open: messages can be sent. */
  open?(socket: Socket<C>): void | Promise<void>
  /** A message arrived: a string for text, octets for binary. The octets are yours. */
  message?(socket: Socket<C>, data: string | Uint8Array): void | Promise<void>
  /** The connection takes more after `send` returned `false`. */
  drain?(socket: Socket<C>): void | Promise<void>
  /** It is over; once and last. 1005: closed without a code; 1006: cut off. */
  close?(socket: Socket<C>, code: number, reason: string): void
  /** What went wrong before `close`: the peer broke the protocol or fell silent, or a hook threw (then the socket closes with 1011). */
  error?(socket: Socket<C>, error: unknown): void
}
