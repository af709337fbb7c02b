import type { Awaitable, Log } from './log.js'
import type { User } from './presence.js'

/** What an operator gets when the password was right. */
export interface OperatorGrant {
  /** Host shown from now on instead of the cloaked one. */
  readonly host?: string
}

/** What the engine needs from outside: time, ids, the log, and who may be an operator. */
export interface EnginePorts {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** A short id, different every time, for things that have no place in the log. */
  readonly id: () => string
  /** The ordered log that gives events their place and their id. */
  readonly log: Log
  /** Checks an operator's password; undefined when it is wrong. */
  readonly operator: (name: string, password: string, user: User) => Awaitable<OperatorGrant | undefined>
  /** Connections that have not registered yet, for LUSERS. */
  readonly unregistered: () => number
}
