import type { Circumstances, Connection } from './connection.js'
import type { SocketError } from './errors.js'
import type { ConnectionHooks } from './hooks.js'
import { type ConnectionOptions, DEFAULTS } from './options.js'
import { sharedWheel } from './timer-wheel.js'

/** @internal */
export function warnProcess(error: SocketError): void {
  process.emitWarning(error)
}

/** @internal */
export function circumstancesOf<C>(
  options: ConnectionOptions,
  hooks: ConnectionHooks<C>,
  gone: (connection: Connection<C>) => void,
): Circumstances<C> {
  return {
    hooks,
    wheel: options.wheel ?? sharedWheel(),
    timeouts: {
      idleTimeout: options.idleTimeout ?? DEFAULTS.idleTimeout,
      readTimeout: options.readTimeout ?? DEFAULTS.readTimeout,
      writeTimeout: options.writeTimeout ?? DEFAULTS.writeTimeout,
      lifetimeTimeout: options.lifetimeTimeout ?? DEFAULTS.lifetimeTimeout,
    },
    lingerTimeout: options.lingerTimeout ?? DEFAULTS.lingerTimeout,
    maxWriteQueue: options.maxWriteQueue ?? DEFAULTS.maxWriteQueue,
    warn: options.warn ?? warnProcess,
    gone,
  }
}
