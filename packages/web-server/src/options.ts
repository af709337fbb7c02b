import type { ParserOptions } from '@plainwire/http-parser'
import type { Address, Certificates, ServeOptions } from '@plainwire/socket-server'
import type { Exchange, FetchHandler, Handler, ServerRequest, UpgradeHandler } from './message.js'

/** Bounds on what a peer can make the server hold, and on how long. Sizes are octets; 0 switches a limit off where nothing else is said. */
export interface Limits {
  /**
   * Connections at a time, handed over ones included. At the bound the connection that has been idle longest makes room; if
   * none is idle the new one is answered 503. Of TLS, 256 more may be at their handshake; a newcomer beyond is closed
   * without a word. Default 20,000: about 100 MiB when all are idle.
   */
  maxConnections?: number
  /** Requests answered on one connection before it is closed, so that load moves between servers. Default 10,000. */
  maxRequestsPerConnection?: number
  /** Largest content that `bytes`, `text`, `json` and `formData` collect. Streaming is unlimited. Default 1 MiB. */
  maxContentSize?: number
  /**
   * Octets of later, pipelined requests held while one is in work; then the peer is read no more. Default 64 KiB; 0: not
   * read on at all.
   */
  maxReadAhead?: number
  /**
   * Content that the handler left unread, and input after a refused request, is read and thrown away up to this size so
   * that the answer is not lost to a connection reset. Default 256 KiB; 0: nothing is, and the connection ends.
   */
  maxDrainSize?: number
}

/**
 * How long the server waits for a peer. Milliseconds, 0 switches a deadline off. Never early, less than half a second late;
 * coarser are `minContentRate`, judged once a second, and `writeTimeout` and `halfClosedTimeout`, which begin anew when
 * they come due and octets have left since: at most twice as long.
 */
export interface Deadlines {
  /** The whole head of a request from its first octet on, dripped or not; then 408. Default 20,000. */
  headTimeout?: number
  /** A new connection without a single octet; closed without a word. Default 20,000. */
  firstOctetTimeout?: number
  /** An idle connection between two requests; closed without a word. Default 65,000: longer than the 60 s of balancers and browsers. */
  keepAliveTimeout?: number
  /** Content of which nothing arrives while somebody waits for it; then 408. Default 20,000. */
  contentTimeout?: number
  /** Octets per second that content must arrive with on average once `contentTimeout` has passed; then 408. Default 500. */
  minContentRate?: number
  /** A peer that reads nothing of the answer written to it; the connection is destroyed. Default 30,000. */
  writeTimeout?: number
  /** A handler that has not begun to answer; then 503. Default 0, off: long polls are legitimate. */
  handlerTimeout?: number
  /**
   * A handler that writes nothing for a peer that has half-closed; then the peer is taken to be gone, because nothing
   * tells it from one that is. Default 20,000.
   */
  halfClosedTimeout?: number
  /** How long unread input is drained (see `maxDrainSize`) before the connection is closed. Default 2,000. */
  drainTimeout?: number
}

/**
 * Options of {@link serve}: where to listen and TLS as in socket-server (`host`, `port`, `path`, `backlog`, `tls`,
 * `signal` …; `host` is 127.0.0.1 unless given, for a server is private until somebody says otherwise), who answers, and the bounds.
 */
export interface WebServeOptions
  extends Limits,
    Deadlines,
    Omit<ServeOptions, keyof Limits | keyof Deadlines | 'idleTimeout' | 'readTimeout' | 'overload' | 'keepRemote'> {
  /** Answers requests; either this or `fetch`. */
  handler?: Handler
  /** Answers Web-standard requests; either this or `handler`. */
  fetch?: FetchHandler
  /** Decides about requests that ask to leave HTTP; without it they are ordinary requests, and CONNECT gets 501. */
  upgrade?: UpgradeHandler
  /** Told once for every answer, after it; must not block. */
  accessLog?: (exchange: Exchange) => void
  /**
   * Told of every error that is the server's own: a handler that threw or rejected (without a status below 500), an
   * error after the head. Default: the stack goes to standard error. Peers' faults are not reported here.
   */
  onError?: (error: unknown, request: ServerRequest | undefined) => void
  /** Limits and leniences of the request parser: `maxHeadSize`, `maxFields` … */
  parser?: ParserOptions
}

/** Counters since the server began. */
export interface WebServerStats {
  /** Requests handed to the handler. */
  readonly requests: number
  /** Requests refused before it: bad syntax, limits, deadlines, too many connections. */
  readonly refused: number
  /** Connections accepted. */
  readonly accepted: number
}

/** A running server. */
export interface WebServer extends AsyncDisposable {
  /** Where it listens. */
  readonly address: Address
  /** The port, 0 on a Unix socket. */
  readonly port: number
  /** `http://host:port` or `https://host:port`, without a slash at the end; `unix:path`. */
  readonly url: string
  /** Open connections, handed over ones included. */
  readonly connections: number
  /** Counters. */
  readonly stats: WebServerStats
  /** Resolves once the server has closed and its last connection is gone. */
  readonly closed: Promise<void>
  /**
   * Stops accepting, closes idle connections and those with half a head at once, lets running requests finish with
   * `Connection: close`, and destroys what is left after `timeout` milliseconds (default 10,000; 0: never). Resolves when all are gone.
   */
  close(options?: { timeout?: number }): Promise<void>
  /**
   * Replaces the certificates, those of all names included, for handshakes from now on: a renewed one needs no restart.
   * Connections that stand go on. What else the option `tls` said holds on unless it is given anew.
   * @throws TypeError without the option `tls`; what `node:tls` throws at PEM that it can not read (the old ones stay)
   */
  setCertificates(certificates: Certificates): void
  /** Lets the process live for this server's sake (the default). */
  ref(): this
  /** Lets the process end in spite of it. */
  unref(): this
}
