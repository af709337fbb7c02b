import type { RequestHead } from '@plainwire/http-parser'
import type { Connection } from '@plainwire/socket-server'
import { ContentQueue, type ContentSource } from './content.js'
import type { Engine } from './engine.js'
import { statusOf, WebError } from './errors.js'
import { events } from './events.js'
import type { Output } from './output.js'
import { HttpRequest, type RequestOwner } from './request.js'
import type { RequestReader } from './request-reader.js'
import { type ResponseOwner, ResponseWriter } from './response.js'
import { ConnectionUpgrade, type UpgradeOwner } from './upgrade.js'

/** The connection, as one exchange on it knows it. */
export interface ExchangeOwner extends UpgradeOwner {
  readonly connection: Connection<unknown>
  readonly output: Output
  readonly reader: RequestReader
  /** Nothing can follow this exchange: the input is over or can not be interpreted any more. */
  readonly last: boolean
  /** The answer has been put whole. */
  exchangeOver(exchange: HttpExchange): void
  /** Ends the connection, and with it the exchange, at once. */
  kill(): void
  /** Content is waited for, or not wanted any more: reading may have to go on or to stop. */
  contentDemandChanged(): void
  /** Looks at the deadlines of the exchange no later than after so many milliseconds. */
  expireWithin(milliseconds: number): void
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

/** One request with its response: who is asked, what becomes of errors, how long content may take. */
export class HttpExchange implements ResponseOwner, RequestOwner, ContentSource {
  readonly request: HttpRequest
  readonly response: ResponseWriter
  readonly queue: ContentQueue | undefined
  /** Whether the connection goes on after this exchange; settled when the final head is written. */
  persistent: boolean
  private readonly engine: Engine
  private readonly owner: ExchangeOwner
  private readonly head: RequestHead
  private readonly since: number
  private continueOwed = false
  private refused = false
  private failure: unknown = undefined
  private readonly observed: boolean
  private startTime = 0
  private startMark = 0
  /** Content that came, how long somebody waited for it, and since when somebody waits: in the wheel's time. */
  private contentSize = 0
  private contentWait = 0
  private waitSince = 0

  /** @param head of the message that the owner's reader has begun @param persistent whether the connection may go on */
  constructor(engine: Engine, owner: ExchangeOwner, head: RequestHead, persistent: boolean) {
    this.engine = engine
    this.owner = owner
    this.head = head
    this.persistent = persistent
    this.since = engine.wheel.now
    const { reader } = owner
    const content = reader.takeContent()
    let queue: ContentQueue | undefined
    if (!reader.messageComplete) {
      queue = new ContentQueue(this)
      if (content === undefined) this.continueOwed = head.expectContinue && head.versionMinor > 0
      else {
        this.contentSize = content.length
        queue.add(content)
      }
    }
    this.queue = queue
    this.request = new HttpRequest(head, this, content, reader.trailers, queue)
    this.response = new ResponseWriter(this.request, owner.output, this)
    this.observed = engine.observed
    if (this.observed) {
      this.startTime = Date.now()
      this.startMark = performance.now()
    }
  }

  /** @see RequestOwner */
  get connection(): Connection<unknown> {
    return this.owner.connection
  }

  /** @see RequestOwner */
  get maxContentSize(): number {
    return this.engine.bounds.maxContentSize
  }

  // ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Answers what the engine answers itself, and asks the handler about the rest. */
  start(): void {
    const { engine, head, request, response } = this
    const minor = head.versionMinor
    if (head.expect !== undefined && !head.expectContinue && minor > 0) {
      this.decline(new WebError('WEB_ERR_EXPECTATION_FAILED'))
    } else if (head.targetForm === 'asterisk') {
      // OPTIONS * asks about the server, not about a resource (RFC 9110 §9.3.7).
      response.writeHead(204, { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' }).end()
    } else {
      engine.requests++
      const { handlerTimeout } = engine.bounds
      if (handlerTimeout !== 0) this.owner.expireWithin(handlerTimeout)
      if (events.start.hasSubscribers) events.start.publish({ request, response })
      // An upgrade may be ignored (RFC 9110 §7.8); with content in the way it is.
      if (head.upgrade && !head.hasContent) this.offerUpgrade()
      else this.ask()
    }
    // Whoever answers later may look at the request after the parser has gone on.
    if (!response.finished) head.retain()
  }

  private ask(): void {
    try {
      const answer: unknown = this.engine.handler(this.request, this.response)
      if (isThenable(answer)) this.watch(answer, undefined)
    } catch (problem) {
      this.fail(problem)
    }
  }

  private offerUpgrade(): void {
    const { engine, head, request, response } = this
    if (head.method === 'CONNECT') this.persistent = false
    try {
      const answer: unknown =
        engine.upgrade === undefined
          ? false
          : engine.upgrade(request, response, new ConnectionUpgrade(request, this.owner))
      if (isThenable(answer)) this.watch(answer, (mine) => this.decideUpgrade(mine))
      else this.decideUpgrade(answer)
    } catch (problem) {
      this.fail(problem)
    }
  }

  private decideUpgrade(mine: unknown): void {
    if (mine !== false || this.response.headSent || this.response.finished) return
    if (this.head.method === 'CONNECT') this.decline(new WebError('WEB_ERR_TUNNEL_REFUSED'))
    else this.ask()
  }

  private watch(answer: PromiseLike<unknown>, then: ((value: unknown) => void) | undefined): void {
    this.head.retain()
    answer.then(then, (problem: unknown) => this.fail(problem))
  }

  /** Refuses the request without asking a handler. */
  private decline(problem: WebError): void {
    this.refused = true
    this.failure = problem
    this.persistent = false
    this.engine.refused++
    this.response.sendError(problem.status, problem.message)
  }

  /** What a handler threw, or its promise was rejected with. */
  private fail(problem: unknown): void {
    if (problem instanceof WebError && problem.code === 'WEB_ERR_PEER_GONE') return
    const { response } = this
    const status = statusOf(problem)
    const ours = status >= 500
    if (ours) this.report(problem)
    if (response.finished) return
    this.failure = problem
    try {
      // What a server error says is for the log; what the client did wrong, it may read.
      response.sendError(status, ours ? undefined : (problem as Error).message)
    } catch (second) {
      this.report(second)
      response.abort()
    }
  }

  // ── content ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes what the owner's reader found in its last step. */
  continueContent(): void {
    const { queue } = this
    const { reader } = this.owner
    const content = reader.takeContent()
    if (queue === undefined) return
    if (content !== undefined) {
      if (queue.awaited) this.contentWait += this.engine.wheel.now - this.waitSince
      this.contentSize += content.length
      this.continueOwed = false
      queue.add(content)
    }
    if (reader.messageComplete) queue.end(reader.trailers)
  }

  /** No more content will come. */
  failContent(problem: unknown): void {
    this.queue?.fail(problem)
  }

  /** @see ContentSource */
  want(): void {
    if (this.continueOwed && !this.response.headSent) {
      this.continueOwed = false
      this.owner.output.put(CONTINUE)
      this.owner.output.flushSoon()
    }
    this.owner.contentDemandChanged()
    if (this.queue!.awaited) this.waitSince = this.engine.wheel.now
    const { contentTimeout } = this.engine.bounds
    if (contentTimeout !== 0) this.owner.expireWithin(contentTimeout)
  }

  /** @see ContentSource */
  drop(): void {
    this.owner.contentDemandChanged()
  }

  // ── the response's questions and news ──────────────────────────────────────────────────────────────────────────────

  /** @see ResponseOwner */
  persists(): boolean {
    if (this.persistent) {
      this.persistent =
        !this.engine.closing &&
        !this.owner.last &&
        !this.continueOwed &&
        (this.queue === undefined || this.willBeRead())
    }
    if (events.head.hasSubscribers) events.head.publish({ request: this.request, response: this.response })
    return this.persistent
  }

  /** Whether the rest of the content is read by the handler, or so little that dropping it costs less than a new connection. */
  private willBeRead(): boolean {
    if (this.owner.reader.messageComplete || this.queue!.awaited) return true
    const length = this.request.contentLength
    return length === undefined || length - this.contentSize <= this.engine.bounds.maxDrainSize
  }

  /** @see ResponseOwner */
  endsWithThis(): void {
    this.persistent = false
  }

  /** @see ResponseOwner */
  over(): void {
    this.conclude(false)
    this.owner.exchangeOver(this)
  }

  /** @see ResponseOwner */
  cutOff(): void {
    this.owner.output.flush()
    this.owner.kill()
  }

  /** @see ResponseOwner */
  report(error: unknown): void {
    this.engine.report(error, this.request)
  }

  // ── the end ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The connection is gone. Tells everybody who is at this exchange, unless it is over. */
  abandon(): void {
    const { response } = this
    if (response.finished) return
    const gone = new WebError('WEB_ERR_PEER_GONE')
    this.failure ??= gone
    response.finish(true)
    this.conclude(true)
    this.queue?.fail(gone)
    this.request.leave(gone)
  }

  /** The connection was handed over: no HTTP any more. */
  leaveHttp(): void {
    this.response.leaveHttp(this.head.method === 'CONNECT' ? 200 : 101)
    this.conclude(false)
  }

  /** Tells of the exchange, once. */
  private conclude(aborted: boolean): void {
    if (!this.observed) return
    const { request, response } = this
    // A log may keep what it is told and write later.
    this.head.retain()
    this.engine.tell(
      {
        request,
        remote: this.connection.remote,
        status: response.headSent ? response.status : 0,
        contentSize: response.contentSize,
        startTime: this.startTime,
        duration: performance.now() - this.startMark,
        aborted,
        error: this.failure,
      },
      this.refused,
    )
  }

  // ── deadlines ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks whether the handler or the content is too late; asks to be looked at again when it may still come to be. */
  expire(): void {
    const { response, queue } = this
    const { bounds, wheel } = this.engine
    const now = wheel.now - wheel.resolution
    if (bounds.handlerTimeout !== 0 && !response.headSent) {
      const left = this.since + bounds.handlerTimeout - now
      if (left <= 0) {
        this.giveUp()
        return
      }
      this.owner.expireWithin(left)
    }
    if (queue === undefined || !queue.awaited || bounds.contentTimeout === 0) return
    const waited = this.contentWait + now - this.waitSince
    const slow = waited > bounds.contentTimeout && this.contentSize * 1000 < bounds.minContentRate * waited
    const left = this.waitSince + bounds.contentTimeout - now
    if (slow || left <= 0) {
      this.tellTimeout('content')
      this.persistent = false
      queue.fail(new WebError('WEB_ERR_CONTENT_TIMEOUT'))
    } else this.owner.expireWithin(Math.min(left, 1000))
  }

  private giveUp(): void {
    const { response } = this
    this.tellTimeout('handler')
    this.persistent = false
    this.failure = new WebError('WEB_ERR_HANDLER_TIMEOUT')
    response.sendError(503)
    response.forget()
  }

  private tellTimeout(deadline: string): void {
    if (events.timeout.hasSubscribers) events.timeout.publish({ connection: this.connection, deadline })
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}
