import type { Connection } from './connection.js'
import type { ConnectionHooks } from './hooks.js'

/**
 * What a server does with one connection, from beginning to end; the connection is closed when it returns, destroyed
 * when it throws. Handlers of different connections run at the same time.
 */
export type Handler<C = unknown> = (connection: Connection<C>) => void | Promise<void>

/** Hooks of connections that are read by `read` and `for await`. */
export const pullHooks: ConnectionHooks<never> = {
  open(connection) {
    connection.pause()
  },
  end() {},
}

/** @internal */
export function handlerHooks<C>(handler: Handler<C>): ConnectionHooks<C> {
  return {
    open(connection) {
      connection.pause()
      run(handler, connection).then(
        () => connection.close(),
        (error: unknown) => connection.threw('handler', error),
      )
    },
    end() {},
  }
}

async function run<C>(handler: Handler<C>, connection: Connection<C>): Promise<void> {
  await handler(connection)
}
