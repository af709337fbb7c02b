import type { Connection, ConnectionHooks, Server, SocketError, TimeoutKind } from '@plainwire/socket-server'
import { HttpConnection } from './connection.js'
import type { Engine } from './engine.js'
import { events } from './events.js'

/** Connections above `maxConnections` that a 503 is said to; those beyond are closed without a word. */
export const REFUSAL_ROOM = 256

/** The seam to socket-server: one object for all connections, which only passes on. */
export class HttpHooks implements ConnectionHooks<HttpConnection> {
  /** Set before the first connection can come. */
  idle: IdleQueue | undefined = undefined
  private readonly engine: Engine

  constructor(engine: Engine) {
    this.engine = engine
  }

  open(connection: Connection<HttpConnection>): void {
    const { engine, idle } = this
    const http = new HttpConnection(connection, engine)
    connection.context = http
    engine.accepted++
    const { maxConnections } = engine.bounds
    if (maxConnections === 0 || idle === undefined) return
    // Those that were handed over are held like any other, and none of them is idle.
    const open = idle.connections + engine.detached.size
    if (open <= maxConnections) return
    const oldest = idle.next(engine.wheel.now, http)
    if (oldest !== undefined) oldest.evict()
    else if (open <= maxConnections + REFUSAL_ROOM) http.turnAway()
    else connection.destroy()
  }

  data(connection: Connection<HttpConnection>, chunk: Uint8Array): void {
    connection.context.receive(chunk)
  }

  drain(connection: Connection<HttpConnection>): void {
    connection.context.drain()
  }

  end(connection: Connection<HttpConnection>): void {
    connection.context.receiveEnd()
  }

  closing(connection: Connection<HttpConnection>): void {
    this.engine.closing = true
    connection.context.serverCloses()
  }

  timeout(connection: Connection<HttpConnection>, kind: TimeoutKind): void {
    if (events.timeout.hasSubscribers) events.timeout.publish({ connection, deadline: kind })
  }

  error(connection: Connection<HttpConnection>, error: SocketError): void {
    // A reset or a dead line is the peer's affair; a throw in here is a mistake of ours, and no end of writing the handler's.
    if (error.code === 'SOCKET_ERR_HOOK') this.engine.report(error.cause ?? error, undefined)
    else if (error.code === 'SOCKET_ERR_WRITE_QUEUE') connection.context.overflowed(error)
  }

  close(connection: Connection<HttpConnection>): void {
    connection.context.closed()
  }
}

/**
 * The connections that have been idle longest, found when they are needed: keeping them in order all the time would
 * cost every request. Looking through all of them happens once a tick of the wheel at most, however fast new ones come.
 */
export class IdleQueue {
  private readonly server: Server<HttpConnection>
  private found: Array<{ http: HttpConnection; since: number }> = []
  private lookedAt = -1

  constructor(server: Server<HttpConnection>) {
    this.server = server
  }

  /** How many connections there are that speak HTTP, idle or not. */
  get connections(): number {
    return this.server.connections
  }

  /** The longest idle one but the newcomer itself; `undefined` when none is idle. */
  next(now: number, newcomer: HttpConnection): HttpConnection | undefined {
    for (let looked = this.lookedAt === now; ; looked = true) {
      for (let entry = this.found.pop(); entry !== undefined; entry = this.found.pop()) {
        if (entry.http !== newcomer && entry.http.idleSince === entry.since) return entry.http
      }
      if (looked) return undefined
      this.lookedAt = now
      this.server.each(({ context: http }) => {
        const since = http?.idleSince
        if (since !== undefined) this.found.push({ http, since })
      })
      this.found.sort((one, other) => other.since - one.since)
    }
  }
}
