import { whenAborted } from './aborting.js'
import type { Address } from './address.js'
import type { Connection } from './connection.js'
import { aborted, SocketError } from './errors.js'
import { PULL_HOOKS } from './handler.js'
import { DEFAULTS, type ListenOptions, optionsOf } from './options.js'
import { type CloseOptions, type Server, serve } from './server.js'

/** One who waits in `accept`. */
interface Taker<C> {
  resolve(connection: Connection<C>): void
  reject(error: unknown): void
}

/**
 * The `socket() bind() listen() accept()` form: connections are taken one by one. Connections that nobody has taken
 * wait unread, at most `backlog` of them; further ones are refused.
 */
export class Listener<C = unknown> implements AsyncIterable<Connection<C>>, AsyncDisposable {
  private readonly takers: Taker<C>[] = []
  private ready: Connection<C>[] = []
  private open = true

  /** @internal use {@link listen} */
  constructor(
    /** The server underneath, for counters and certificates. */
    readonly server: Server<C>,
  ) {
    void server.closed.then(() => this.stop())
  }

  /** Where it listens. */
  get address(): Address {
    return this.server.address
  }

  /** The port it listens on; 0 for a Unix socket. */
  get port(): number {
    return this.server.port
  }

  /** Where it listens, as `connect` takes it. */
  get url(): string {
    return this.server.url
  }

  /** Resolves when it listens no more and the last connection is over. */
  get closed(): Promise<void> {
    return this.server.closed
  }

  /**
   * Takes the next connection, or waits for one. The connection is paused: read it with `read` or `for await`, and close it.
   *
   * @throws SocketError `SOCKET_ERR_CLOSED` the listener is closed, `SOCKET_ERR_ABORTED`
   */
  accept(options: { signal?: AbortSignal } = {}): Promise<Connection<C>> {
    const { signal } = options
    if (signal?.aborted === true) return Promise.reject(aborted(signal))
    for (let next = this.ready.shift(); next !== undefined; next = this.ready.shift()) {
      if (isAlive(next)) return Promise.resolve(next)
    }
    if (!this.open) return Promise.reject(new SocketError('SOCKET_ERR_CLOSED', 'the listener is closed'))
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.takers.splice(this.takers.indexOf(taker), 1)
        reject(aborted(signal!))
      }
      const settled = whenAborted(signal, abort)
      const taker: Taker<C> = {
        resolve(connection) {
          settled()
          resolve(connection)
        },
        reject(error) {
          settled()
          reject(error)
        },
      }
      this.takers.push(taker)
    })
  }

  /**
   * Connections as they come, until the listener closes. The loop takes the next one only when its body is done: start
   * the work, do not await it, or use `serve` with a handler.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Connection<C>, void, undefined> {
    while (this.open) {
      try {
        yield await this.accept()
      } catch (error) {
        if (error instanceof SocketError && error.code === 'SOCKET_ERR_CLOSED') return
        throw error
      }
    }
  }

  /** Stops listening, destroys connections that nobody has taken, and closes as `Server.close` does. */
  async close(options?: CloseOptions): Promise<void> {
    this.stop()
    await this.server.close(options)
  }

  /** `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @internal */
  offer(connection: Connection<C>, max: number): void {
    const taker = this.takers.shift()
    // Those that were lost while they waited give their places back: clients that come and go are to keep nobody out.
    if (this.ready.length >= max) this.ready = this.ready.filter(isAlive)
    if (taker !== undefined) taker.resolve(connection)
    else if (this.open && this.ready.length < max) this.ready.push(connection)
    else connection.destroy()
  }

  private stop(): void {
    this.open = false
    for (const connection of this.ready.splice(0)) connection.destroy()
    for (const taker of this.takers.splice(0))
      taker.reject(new SocketError('SOCKET_ERR_CLOSED', 'the listener is closed'))
  }
}

function isAlive({ error }: { error: SocketError | undefined }): boolean {
  return error === undefined
}

/**
 * Listens; connections are taken with `accept` or `for await`.
 *
 * @throws SocketError the address cannot be listened on; the message names it
 * @throws TypeError RangeError an option makes no sense
 */
export async function listen<C = unknown>(options: ListenOptions | string): Promise<Listener<C>> {
  const given: ListenOptions = optionsOf(options)
  const max = given.backlog ?? DEFAULTS.backlog
  let listener: Listener<C> | undefined
  const early: Connection<C>[] = []
  const server = await serve<C>(given, {
    end: PULL_HOOKS.end as () => void,
    open(connection) {
      if (listener === undefined) early.push(connection)
      else listener.offer(connection, max)
    },
  })
  listener = new Listener(server)
  for (const connection of early) listener.offer(connection, max)
  return listener
}
