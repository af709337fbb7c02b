import type { ConnectionHooks } from './hooks.js'
import { type ConnectionOptions, checkCount, checkTimeout, checkTimeouts, DEFAULTS } from './options.js'
import type { Circumstances } from './socket-connection.js'
import { sharedWheel } from './timer-wheel.js'

/** The options of a server or a client as its connections need them. @throws RangeError when one makes no sense */
export function circumstancesOf<C>(
  options: ConnectionOptions,
  hooks: ConnectionHooks<C>,
  gone: Circumstances<C>['gone'],
): Circumstances<C> {
  checkTimeouts(options)
  checkTimeout('lingerTimeout', options.lingerTimeout)
  checkTimeout('keepAlive', options.keepAlive)
  checkCount('maxWriteQueue', options.maxWriteQueue)
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
    warn: options.warn ?? ((error) => process.emitWarning(error)),
    gone,
  }
}
