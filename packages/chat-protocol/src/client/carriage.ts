import type { ChatError } from '../codec/errors.js'
import type { ChatUrl } from './chat-url.js'

/** What some servers send in one line without saying so (LINELEN); a client need not be the one to complain. */
export const MAX_RECEIVED = 8192

/** What a connection tells. `closed` comes exactly once and last, also when there never was a connection. */
export interface CarriageHooks {
  /** The connection stands: lines may be sent. */
  opened(): void
  /** A line without its line break. */
  line(line: string): void
  /** The connection is gone, or was not made; `error` says why when it was no regular end. */
  closed(error?: ChatError): void
}

/** A connection that carries lines, whatever it is made of. */
export interface Carriage {
  /** Sends a line, without its line break. */
  send(line: string): void
  /** Ends the connection after what was sent, or the attempt to make it. */
  close(): void
}

/** Makes a connection. Never throws: what goes wrong is told by `closed`. */
export type Dial = (url: ChatUrl, hooks: CarriageHooks) => Carriage
