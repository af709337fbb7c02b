import type { Connection } from './connection.js'
import { SocketError } from './errors.js'
import { pullHooks } from './handler.js'
import type { ConnectionHooks } from './hooks.js'
import type { ListenOptions } from './options.js'
import { type Server, serve } from './server.js'

/** The socket()-bind()-listen()-accept() form: connections are taken one by one. */
export interface Listener<C = unknown> extends AsyncIterable<Connection<C>>, AsyncDisposable {
  readonly server: Server<C>
  readonly port: number
  readonly url: string
  accept(options?: { signal?: AbortSignal }): Promise<Connection<C>>
  close(options?: { timeout?: number; signal?: AbortSignal }): Promise<void>
}

export async function listen<C = unknown>(options: ListenOptions): Promise<Listener<C>> {
  const ready: Connection<C>[] = []
  const waiting: { resolve(c: Connection<C>): void; reject(e: Error): void }[] = []
  let open = true
  const server = await serve<C>(options, {
    ...(pullHooks as ConnectionHooks<C>),
    open(connection) {
      connection.pause()
      const taker = waiting.shift()
      if (taker === undefined) ready.push(connection)
      else taker.resolve(connection)
    },
  })
  void server.closed.then(() => {
    open = false
    for (const taker of waiting.splice(0)) taker.reject(new SocketError('SOCKET_ERR_CLOSED'))
  })
  const accept = (): Promise<Connection<C>> => {
    const connection = ready.shift()
    if (connection !== undefined) return Promise.resolve(connection)
    if (!open) return Promise.reject(new SocketError('SOCKET_ERR_CLOSED'))
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }
  return {
    server,
    get port() {
      return server.port
    },
    get url() {
      return server.url
    },
    accept,
    close: (o) => server.close(o),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        try {
          yield await accept()
        } catch {
          return
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await server.close()
    },
  }
}
