import type { RequestHead } from '@plainwire/http-parser'
import type { Connection } from '@plainwire/socket-server'
import { isThenable } from './attempt.js'
import { ContentIntake, type IntakeOwner } from './content-intake.js'
import type { Engine } from './engine.js'
import { isSilent, statusOf, WebError } from './errors.js'
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
  /** The handler is done with the request whose answer was put before. */
  exchangeSettled(exchange: HttpExchange): void
  /** Ends the connection, and with it the exchange, at once. */
  kill(): void
  /** Content is waited for, or not wanted any more: reading may have to go on or to stop. */
  contentDemandChanged(): void
  /** Looks at the deadlines of the exchange no later than after so many milliseconds. */
  expireWithin(milliseconds: number): void
}

/** When an exchange that somebody is told of began. */
interface Observation {
  readonly time: number
  readonly mark: number
}

/** One request with its response: who is asked, what becomes of errors, how long it may take. */
export class HttpExchange implements ResponseOwner, RequestOwner, IntakeOwner {
  readonly request: HttpRequest
  readonly response: ResponseWriter
  /** The content, unless it came whole with the head. */
  readonly intake: ContentIntake | undefined
  /** Whether the connection goes on after this exchange; settled when the final head is written. */
  persistent: boolean
  private readonly engine: Engine
  private readonly owner: ExchangeOwner
  private readonly since: number
  /** Promises of the handler's that have not settled. */
  private pending = 0
  /** The answer is over and nobody is owed a look at the head any more. */
  private settled = false
  private refused = false
  private failure: unknown = undefined
  /** The handler, or we for it, have cut the answer off. */
  private cut = false
  /** What the sending of a stream failed with, until it is told. */
  private unheard: { readonly error: unknown } | undefined = undefined
  private readonly observation: Observation | undefined

  /** @param head of the message that the owner's reader has begun @param persistent whether the connection may go on */
  constructor(engine: Engine, owner: ExchangeOwner, head: RequestHead, persistent: boolean) {
    this.engine = engine
    this.owner = owner
    this.persistent = persistent
    this.since = engine.wheel.now
    const { reader } = owner
    const content = reader.takeContent()
    this.intake = reader.messageComplete
      ? undefined
      : new ContentIntake(engine, this, content, head.expectContinue && head.versionMinor > 0)
    this.request = new HttpRequest(head, this, content, reader.trailers, this.intake?.queue)
    this.response = new ResponseWriter(this.request, owner.output, this)
    this.observation = engine.observed ? { time: Date.now(), mark: performance.now() } : undefined
  }

  /** @see RequestOwner */
  get connection(): Connection<unknown> {
    return this.owner.connection
  }

  /** @see RequestOwner */
  get secure(): boolean {
    return this.engine.secure
  }

  /** @see RequestOwner */
  get maxContentSize(): number {
    return this.engine.bounds.maxContentSize
  }

  // ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Answers what the engine answers itself, and asks the handler about the rest. */
  start(): void {
    const { engine, request, response } = this
    const { head } = request
    if (head.expect !== undefined && !head.expectContinue && head.versionMinor > 0) {
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
      if (!head.upgrade) this.ask()
      else if (!head.hasContent) this.offerUpgrade()
      else if (request.method === 'CONNECT') this.decline(new WebError('WEB_ERR_TUNNEL_REFUSED'))
      else this.ask()
    }
    // Who has answered when the call returns looks at the request no more, unless a promise says that it goes on.
    if (this.pending === 0) this.settled = response.finished
  }

  private ask(): void {
    try {
      const answer: unknown = this.engine.handler(this.request, this.response)
      if (answer !== undefined && isThenable(answer)) this.watch(answer, undefined)
    } catch (problem) {
      this.fail(problem)
    }
  }

  private offerUpgrade(): void {
    const { engine, request, response } = this
    if (request.method === 'CONNECT') this.persistent = false
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
    if (this.request.method === 'CONNECT') this.decline(new WebError('WEB_ERR_TUNNEL_REFUSED'))
    else this.ask()
  }

  private watch(answer: PromiseLike<unknown>, then: ((value: unknown) => void) | undefined): void {
    this.pending++
    answer.then(
      (value) => {
        try {
          then?.(value)
        } catch (problem) {
          this.fail(problem)
        }
        this.settle()
      },
      (problem: unknown) => {
        this.fail(problem)
        this.settle()
      },
    )
  }

  private settle(): void {
    this.pending--
    if (this.pending !== 0) return
    if (this.unheard !== undefined) this.failUnheard()
    if (!this.response.finished) return
    this.settled = true
    this.owner.exchangeSettled(this)
  }

  /** Whether a promise of the handler's is still to tell that it is done with the request. */
  get unsettled(): boolean {
    return this.pending !== 0
  }

  /** The parser goes on: who answered later, or is not done yet, may still look at the head. Keeping it costs a copy. */
  keepHead(): void {
    if (!this.settled) this.request.head.retain()
  }

  /** Refuses the request without asking a handler. */
  private decline(problem: WebError): void {
    this.refused = true
    this.failure = problem
    this.persistent = false
    this.engine.refused++
    this.response.reason = undefined
    this.response.sendError(problem.status, problem.message)
  }

  /** What a handler threw, or its promise was rejected with. */
  private fail(problem: unknown): void {
    if (this.unheard?.error === problem) this.unheard = undefined
    const { response } = this
    const status = statusOf(problem)
    const ours = status >= 500
    // There is nobody left to answer, and nothing that the server did wrong.
    if (ours && isSilent(problem)) {
      response.abort(problem)
      return
    }
    if (ours) this.report(problem)
    if (response.finished) return
    this.failure = problem
    // It belonged to the answer that did not come to be.
    response.reason = undefined
    try {
      // What a server error says is for the log; what the client did wrong, it may read.
      response.sendError(status, ours ? undefined : sentenceOf(problem))
    } catch (second) {
      this.report(second)
      response.abort(second)
    }
  }

  // ── content ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes what the owner's reader found in its last step. */
  continueContent(): void {
    this.intake?.takeFrom(this.owner.reader)
  }

  /** No more content will come. */
  failContent(problem: unknown): void {
    this.intake?.queue.fail(problem)
  }

  /** The answer is over: what still comes of the content is thrown away, and who reads it is told. */
  dropContent(): void {
    this.failContent(new WebError('WEB_ERR_CONTENT_DROPPED'))
  }

  /** @see IntakeOwner */
  get output(): Output {
    return this.owner.output
  }

  /** @see IntakeOwner */
  get reader(): RequestReader {
    return this.owner.reader
  }

  /** @see IntakeOwner */
  get headSent(): boolean {
    return this.response.headSent
  }

  /** @see IntakeOwner */
  get declaredSize(): number | undefined {
    return this.request.contentLength
  }

  /** @see IntakeOwner */
  contentDemandChanged(): void {
    this.owner.contentDemandChanged()
  }

  /** @see IntakeOwner */
  expireWithin(milliseconds: number): void {
    this.owner.expireWithin(milliseconds)
  }

  /** @see IntakeOwner */
  contentTooSlow(): void {
    this.tellTimeout('content')
    this.persistent = false
  }

  // ── the response's questions and news ──────────────────────────────────────────────────────────────────────────────

  /** @see ResponseOwner */
  persists(): boolean {
    if (this.persistent) {
      this.persistent =
        !this.engine.closing && !this.owner.last && (this.intake === undefined || this.intake.willBeRead())
    }
    if (events.head.hasSubscribers) events.head.publish({ request: this.request, response: this.response })
    return this.persistent
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
  cutOff(reason: unknown): void {
    this.cut = true
    this.failure ??= reason
    this.owner.output.flush()
    this.owner.kill()
  }

  /** @see ResponseOwner */
  sendingFailed(error: unknown): void {
    this.unheard = { error }
    // Whoever waits for the promise may answer, or let us hear of it; who only listens to it has a turn to.
    if (this.pending === 0) setImmediate(() => this.failUnheard())
  }

  /** Of what was sent and failed, nobody else has taken care. */
  private failUnheard(): void {
    const { unheard, response } = this
    if (unheard !== undefined && (this.cut || !response.finished)) this.fail(unheard.error)
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
    if (!this.cut) this.failure ??= gone
    response.finish(true)
    this.conclude(true)
    this.intake?.queue.fail(gone)
    this.request.leave(gone)
  }

  /** Most peers that half-close have left. The handler is told so, and may answer as if it had not been. */
  peerHalfClosed(): void {
    if (!this.request.left) this.request.leave(new WebError('WEB_ERR_PEER_GONE'))
  }

  /** The connection was handed over: no HTTP any more. */
  leaveHttp(): void {
    this.response.leaveHttp(this.request.method === 'CONNECT' ? 200 : 101)
    this.conclude(false)
  }

  /** Tells of the exchange, once. */
  private conclude(aborted: boolean): void {
    if (this.observation !== undefined) this.tell(this.observation, aborted)
  }

  private tell({ time, mark }: Observation, aborted: boolean): void {
    const { request, response } = this
    // A log may keep what it is told and write later.
    request.head.retain()
    this.engine.tell(
      {
        request,
        remote: this.connection.remote,
        status: response.headSent ? response.status : 0,
        contentSize: response.contentSize,
        startTime: time,
        duration: performance.now() - mark,
        aborted,
        error: this.failure,
      },
      this.refused,
    )
  }

  // ── deadlines ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks whether the handler or the content is too late; asks to be looked at again when it may still come to be. */
  expire(): void {
    const { response } = this
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
    this.intake?.expire(now)
  }

  private giveUp(): void {
    const { response } = this
    this.tellTimeout('handler')
    this.persistent = false
    const late = new WebError('WEB_ERR_HANDLER_TIMEOUT')
    this.failure = late
    response.reason = undefined
    response.giveUp(late.status)
    this.request.leave(late)
  }

  private tellTimeout(deadline: string): void {
    if (events.timeout.hasSubscribers) events.timeout.publish({ connection: this.connection, deadline })
  }
}

/** What a thrown value says, if it says anything. */
function sentenceOf(problem: unknown): string | undefined {
  const { message } = problem as { message?: unknown }
  return typeof message === 'string' ? message : undefined
}
