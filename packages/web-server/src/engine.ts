import type { Duplex } from 'node:stream'
import type { ParserOptions } from '@plainwire/http-parser'
import type { TimerWheel } from '@plainwire/socket-server'
import { attempt } from './attempt.js'
import { events } from './events.js'
import type { Exchange, Handler, ServerRequest, UpgradeHandler } from './message.js'
import type { Deadlines, Limits, WebServeOptions } from './options.js'
import { RequestReader } from './request-reader.js'

/** The bounds with their defaults; the reasons stand with the options. */
const DEFAULTS: Required<Limits & Deadlines> = {
  maxConnections: 20_000,
  maxRequestsPerConnection: 10_000,
  maxContentSize: 1024 * 1024,
  maxReadAhead: 64 * 1024,
  maxDrainSize: 256 * 1024,
  headTimeout: 20_000,
  firstOctetTimeout: 20_000,
  keepAliveTimeout: 65_000,
  contentTimeout: 20_000,
  minContentRate: 500,
  writeTimeout: 30_000,
  handlerTimeout: 0,
  halfClosedTimeout: 20_000,
  drainTimeout: 2_000,
}

/** Enough for the connections that are busy at a time; more would be kept for nothing. */
const MAX_SPARE_READERS = 256

/** A connection that left HTTP. */
export interface HandedOver {
  readonly socket: Duplex
  readonly closing: (() => void) | undefined
}

/** What all connections of one server share. */
export class Engine {
  readonly bounds: Required<Limits & Deadlines>
  /** Whether its connections are encrypted. Asking one of them would ask for all that its handshake agreed on. */
  readonly secure: boolean
  readonly handler: Handler
  readonly upgrade: UpgradeHandler | undefined
  private readonly parserOptions: ParserOptions | undefined
  readonly wheel: TimerWheel
  /** Connections that were handed over: they are told when the server closes, and waited for. */
  readonly detached = new Set<HandedOver>()
  /** Readers of connections that are idle now: an idle connection keeps none, which is half of what it would weigh. */
  private readonly readers: RequestReader[] = []
  closing = false
  requests = 0
  refused = 0
  accepted = 0
  private readonly accessLog: ((exchange: Exchange) => void) | undefined
  private readonly onError: (error: unknown, request: ServerRequest | undefined) => void

  /** @throws RangeError for a bound that is no number from 0 up */
  constructor(options: WebServeOptions, handler: Handler, wheel: TimerWheel) {
    this.bounds = { ...DEFAULTS }
    for (const name of Object.keys(DEFAULTS) as Array<keyof typeof DEFAULTS>) {
      const value = options[name]
      if (value === undefined) continue
      if (!(typeof value === 'number' && value >= 0) || (value === Infinity && name.endsWith('Timeout')))
        throw new RangeError(`${name} is a number from 0 up, not ${value}`)
      this.bounds[name] = value
    }
    this.secure = options.tls !== undefined
    this.handler = handler
    this.upgrade = options.upgrade
    this.parserOptions = options.parser
    // What it holds against its options, it says now.
    if (options.parser !== undefined) this.takeReader(new RequestReader(options.parser))
    this.wheel = wheel
    this.accessLog = options.accessLog
    this.onError = options.onError ?? logError
  }

  /** A reader between two messages, for a connection that has something to read. */
  lendReader(): RequestReader {
    const reader = this.readers.pop() ?? new RequestReader(this.parserOptions)
    reader.begin()
    return reader
  }

  /** Takes a reader back, if it is fit for another connection. */
  takeReader(reader: RequestReader): void {
    if (reader.idle && this.readers.length < MAX_SPARE_READERS) this.readers.push(reader)
  }

  /** Whether exchanges have to be timed and told. */
  get observed(): boolean {
    return this.accessLog !== undefined || events.end.hasSubscribers || events.refused.hasSubscribers
  }

  /** Tells of an answer that is over. An observer's error is the server's, never the connection's. */
  tell(exchange: Exchange, refused: boolean): void {
    const event = refused ? events.refused : events.end
    if (event.hasSubscribers) event.publish(exchange)
    const { accessLog } = this
    if (accessLog !== undefined)
      attempt(
        () => accessLog(exchange),
        (problem) => this.report(problem, exchange.request),
      )
  }

  report(error: unknown, request: ServerRequest | undefined): void {
    attempt(
      () => this.onError(error, request),
      (problem) => logError(problem, request),
    )
  }

  /** The server closes: whoever took that connection over is told. */
  tellClosing({ closing }: HandedOver): void {
    if (closing !== undefined) attempt(closing, (problem) => this.report(problem, undefined))
  }
}

function logError(error: unknown, request: ServerRequest | undefined): void {
  let where = ''
  try {
    if (request !== undefined) where = ` (${JSON.stringify(request.method)} ${JSON.stringify(request.target)})`
  } catch {
    // A late promise: the request is past and can not be read any more.
  }
  console.error(`web-server: error in a handler${where}:`, error)
}
