import type { Connection } from './connection.js'
import type { ConnectionHooks } from './hooks.js'
import type { SocketConnection } from './socket-connection.js'

/**
 * What a server does with one connection, from beginning to end: the connection is closed when it returns and destroyed
 * when it throws. Handlers of different connections run at the same time.
 */
export type Handler<C = unknown> = (connection: Connection<C>) => void | Promise<void>

/** Hooks of connections that are read by `read` and `for await`: without `data` they begin paused, the end is theirs to see. */
export const PULL_HOOKS: ConnectionHooks<never> = { end() {} }

/** The handler form, made of the hooks form. */
export function handlerHooks<C>(handler: Handler<C>): ConnectionHooks<C> {
  const run = async (connection: Connection<C>): Promise<void> => handler(connection)
  return {
    open(connection) {
      run(connection).then(
        () => connection.close(),
        (error: unknown) => (connection as SocketConnection<C>).threw('handler', error),
      )
    },
    end() {},
  }
}
