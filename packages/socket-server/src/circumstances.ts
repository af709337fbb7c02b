import type { Socket } from 'node:net'
import { NAMELESS, type PathAddress } from './address.js'
import { checkCount, checkTimeout, checkTimeouts, checkType } from './checks.js'
import type { Connection } from './connection.js'
import type { SocketError } from './errors.js'
import { type ConnectionHooks, HOOKS } from './hooks.js'
import { type ConnectionOptions, DEFAULTS } from './options.js'
import type { Timeouts } from './timeouts.js'
import { sharedWheel, type TimerWheel } from './timer-wheel.js'

/** What the connections of one server, or of one `connect`, have in common. */
export interface Circumstances<C> {
  readonly hooks: ConnectionHooks<C>
  readonly wheel: TimerWheel
  readonly timeouts: Required<Timeouts>
  readonly lingerTimeout: number
  readonly maxWriteQueue: number
  /** Somebody may ask where a peer was that is gone. */
  readonly keepRemote: boolean
  /** What the peer's end is called, and ours, where the system does not say so: over Unix sockets. */
  readonly remote: PathAddress
  readonly local: PathAddress
  /** Takes the errors that no hook takes. */
  warn(error: SocketError): void
  /** The connection is over, its close hook comes next. @param detached the socket that lives on, if it does */
  gone(connection: Connection<C>, detached: Socket | undefined): void
}

/** The options of a server or a client as its connections need them. @throws TypeError RangeError when one makes no sense */
export function circumstancesOf<C>(
  options: ConnectionOptions & { keepRemote?: boolean },
  hooks: ConnectionHooks<C>,
  gone: Circumstances<C>['gone'],
  ends: Partial<Pick<Circumstances<C>, 'remote' | 'local'>> = {},
): Circumstances<C> {
  if (typeof hooks !== 'object' || hooks === null)
    throw new TypeError('connections need an object of hooks, or a handler')
  for (const name of HOOKS) checkType(`the ${name} hook`, hooks[name], 'function')
  checkTimeouts(options)
  checkTimeout('lingerTimeout', options.lingerTimeout)
  checkTimeout('keepAlive', options.keepAlive)
  checkCount('maxWriteQueue', options.maxWriteQueue)
  checkType('warn', options.warn, 'function')
  checkType('wheel', options.wheel, 'object')
  return {
    hooks,
    wheel: options.wheel ?? sharedWheel(),
    timeouts: {
      idleTimeout: options.idleTimeout ?? 0,
      readTimeout: options.readTimeout ?? 0,
      writeTimeout: options.writeTimeout ?? DEFAULTS.writeTimeout,
      lifetimeTimeout: options.lifetimeTimeout ?? 0,
    },
    lingerTimeout: options.lingerTimeout ?? DEFAULTS.lingerTimeout,
    maxWriteQueue: options.maxWriteQueue ?? DEFAULTS.maxWriteQueue,
    keepRemote:
      options.keepRemote !== false &&
      (hooks.close !== undefined || hooks.error !== undefined || hooks.data === undefined),
    remote: ends.remote ?? NAMELESS,
    local: ends.local ?? NAMELESS,
    warn: options.warn ?? ((error) => process.emitWarning(error)),
    gone,
  }
}
