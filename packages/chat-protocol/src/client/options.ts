import type { BackOffOptions } from './back-off.js'
import type { PaceOptions } from './pace.js'

/** Who to be, what to join, and how patient to be. Times are milliseconds, 0 = off. */
export interface ClientOptions {
  /** Name to go by; `_` is added while somebody else has it: it is asked for again when they are seen to leave it. */
  nick: string
  /** User name (default: the nick's letters and digits). */
  username?: string
  /** Real name (default: the nick). */
  realname?: string
  /** Server password (PASS). */
  password?: string
  /** Account to log in to (SASL PLAIN). Use it over TLS only. */
  sasl?: { account: string; password: string }
  /** Rooms to be in, `'#room'` or `'#room key'`. */
  rooms?: readonly string[]
  /** Messages of a room's past to ask for on joining, where the server has history (default 50; 0 = none). */
  backlog?: number
  /** Most messages of a room to catch up with after a reconnect (default 500); what is more is a gap. */
  maxCatchUp?: number
  /** Try again when the connection is lost or cannot be made (default true). */
  reconnect?: boolean
  /** How long to wait between attempts. */
  backOff?: BackOffOptions
  /** How fast lines may leave. */
  pace?: PaceOptions
  /** For the connection and the welcome together (default 30,000). */
  connectTimeout?: number
  /** Silence after which the server is asked whether it is there (default 60,000). */
  pingTimeout?: number
  /** For the answer to a request, to that question, and for history (default 15,000; 0 = wait as long as it takes). */
  answerTimeout?: number
  /** Most lines of ours that may wait to be sent (default 500). */
  maxQueued?: number
  /** Most events that may wait for a `for await`, those in a `history` counted as well (default 10,000; 0 = no limit). */
  maxEvents?: number
}

/** Options with their defaults filled in. */
export type ResolvedOptions = Required<Omit<ClientOptions, 'password' | 'sasl'>> &
  Pick<ClientOptions, 'password' | 'sasl'>

/**
 * Fills in the defaults; what is `undefined` counts as absent.
 *
 * @throws TypeError for a nick that cannot be one, and for rooms that are no list
 */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  if (options.rooms !== undefined && !Array.isArray(options.rooms)) throw new TypeError('rooms is a list of names')
  if (!/^[^\s\0,*?!@:#&][^\s\0,*?!@:]*$/.test(options.nick)) {
    throw new TypeError(
      `a nick is one word without , * ? ! @ : and does not start with # or &: ${JSON.stringify(options.nick)}`,
    )
  }
  return {
    username: options.nick.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 10) || 'user',
    realname: options.nick,
    rooms: [],
    backlog: 50,
    maxCatchUp: 500,
    reconnect: true,
    backOff: {},
    pace: {},
    connectTimeout: 30_000,
    pingTimeout: 60_000,
    answerTimeout: 15_000,
    maxQueued: 500,
    maxEvents: 10_000,
    ...(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as typeof options),
  }
}
