/**
 * One connection's life.
 *
 * Theory of operation
 * - `receive` takes what the socket read; `run` is the one loop that turns input into requests. The parser stops after
 *   each message, so what follows it stays in `input` (and `ahead`) until the answer is over: one request in work,
 *   answers in order, whatever the handlers do. When too much waits, the socket is paused.
 * - The parser's hooks only take notes. The handler is called after `push` has returned, so it finds content that came
 *   together with the head whole, and nothing it throws can reach the parser.
 * - What responses write gathers in `output` and leaves in one write at the end of the turn: a batch of pipelined answers
 *   costs one system call.
 * - A response ends by `over`. Then the rest of its request's content is read and dropped (bounded), and the loop goes
 *   on; or the connection can not persist and ends: at once when nothing is unread, otherwise half-closed and drained,
 *   because closing with unread input would reset the connection and cost the client its answer (RFC 9112 §9.6).
 * - After a framing error `deaf` is set and no further octet is interpreted (RFC 9112 §2.2, §11.2).
 * - One timer on the coarse wheel; on the common path deadlines only leave a stamp (`since`), which `expire` looks at.
 */
import { type Fields, HttpError, type RequestHead, type RequestHooks, RequestParser } from '@plainwire/http-parser'
import type { Connection, WheelTimer } from '@plainwire/socket-server'
import { ContentQueue, type ContentSource } from './content.js'
import { dateLine } from './date.js'
import type { Engine } from './engine.js'
import { errorPage } from './error-page.js'
import { statusOf, WebError } from './errors.js'
import { events } from './events.js'
import type { Detached, DetachOptions } from './message.js'
import { Output } from './output.js'
import { ReadAhead } from './read-ahead.js'
import { HttpRequest, type RequestOwner } from './request.js'
import { type ResponseOwner, ResponseWriter } from './response.js'
import { reasonOf, statusLine } from './status.js'
import { ConnectionUpgrade, type UpgradeOwner } from './upgrade.js'

/** Between messages; nothing of the next one has come. */
const IDLE = 0
/** Part of a head has come. */
const HEAD = 1
/** A handler is at it; content may still be arriving. */
const WORK = 2
/** The answer is over, the rest of the request's content is being dropped. */
const DRAIN = 3
/** We have said everything and half-closed; input is dropped until the peer closes too. */
const LINGER = 4
/** Closed, destroyed, or handed over. */
const GONE = 5

/** A deadline that is switched off: ten days. */
const NEVER = 864_000_000

/** HTTP on one connection. */
export class HttpConnection implements RequestHooks, ResponseOwner, RequestOwner, ContentSource, UpgradeOwner {
  readonly connection: Connection<HttpConnection>
  readonly maxContentSize: number
  private readonly engine: Engine
  private readonly output: Output
  private readonly timer: WheelTimer
  private parser: RequestParser | undefined = undefined
  private phase = IDLE
  /** When the phase began, in the wheel's time. */
  private since: number
  private served = 0

  /** What is being parsed, from `at` on, and what waits behind it. */
  private input: Uint8Array | undefined = undefined
  private at = 0
  private ahead: ReadAhead | undefined = undefined
  private running = false
  /** Nothing that comes is interpreted any more. */
  private deaf = false
  /** The peer has half-closed. */
  private inputEnded = false
  private droppedSize = 0

  /** Notes of the parser's hooks during one push. */
  private newHead: RequestHead | undefined = undefined
  private ranges: number[] | undefined = undefined
  private rangeStart = -1
  private rangeEnd = -1
  private messageComplete = false
  private trailers: Fields | undefined = undefined

  /** The exchange in work. */
  private request: HttpRequest | undefined = undefined
  private response: ResponseWriter | undefined = undefined
  private queue: ContentQueue | undefined = undefined
  private persistent = true
  private continueOwed = false
  private refusing = false
  private failure: unknown = undefined
  private startTime = 0
  private startMark = 0

  /** Content that came while somebody waited for it, how long that took, and since when somebody waits. */
  private contentSize = 0
  private contentWait = 0
  private waitSince = 0

  constructor(connection: Connection<HttpConnection>, engine: Engine) {
    this.connection = connection
    this.engine = engine
    this.maxContentSize = engine.bounds.maxContentSize
    this.output = new Output(connection)
    this.since = engine.wheel.now
    this.timer = engine.wheel.schedule(engine.bounds.firstOctetTimeout || NEVER, expire, this)
  }

  // ── input ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes what the socket read; the chunk is ours. */
  receive(chunk: Uint8Array): void {
    if (this.phase >= LINGER || this.deaf) {
      this.discard(chunk.length)
      return
    }
    if (this.input === undefined) {
      this.input = chunk
      this.at = 0
    } else {
      this.ahead ??= new ReadAhead()
      this.ahead.push(chunk)
    }
    if (!this.running) this.run()
  }

  /** The peer has half-closed: what it sent is still answered. */
  receiveEnd(): void {
    this.inputEnded = true
    if (this.phase >= LINGER) this.connection.close()
    else if (!this.running) this.run()
  }

  /** Turns input into requests until there is none, one is in work, or the peer does not read our answers. */
  private run(): void {
    this.running = true
    while (this.input !== undefined && this.phase < LINGER && !this.deaf && !this.output.full) {
      if (this.phase === WORK && this.messageComplete) break
      this.step(this.input)
    }
    this.running = false
    if (this.phase >= LINGER) return
    this.throttle()
    // Answers to the rest of a pipelined batch may come within this turn: then they share the write.
    if (this.phase === WORK && this.input !== undefined) this.output.flushSoon()
    else this.output.flush()
    if (this.phase === IDLE) this.rest()
    if (this.inputEnded && this.input === undefined && this.phase < LINGER) this.finishInput()
  }

  /** Gives the parser one chunk (or what is left of it) and acts on what it found. */
  private step(input: Uint8Array): void {
    this.parser ??= new RequestParser(this, this.engine.parserOptions)
    this.rangeStart = -1
    this.ranges = undefined
    let end: number
    try {
      end = this.parser.push(input, this.at)
    } catch (problem) {
      this.refuse(problem)
      return
    }
    if (end < input.length) this.at = end
    else {
      this.input = this.ahead?.shift()
      this.at = 0
    }
    const head = this.newHead
    if (head !== undefined) {
      this.newHead = undefined
      this.begin(head, this.takeContent(input))
    } else if (this.phase === WORK) this.continueContent(this.takeContent(input))
    else if (this.phase === DRAIN) this.continueDrain()
  }

  /** Nothing of a next request is here: waits for it, with the deadline that fits. */
  private rest(): void {
    if (this.parser !== undefined && !this.parser.idle) {
      this.enter(HEAD)
      this.timer.restart(this.engine.bounds.headTimeout || NEVER)
    } else if (this.engine.closing && this.input === undefined) this.shut()
    else if (!this.timer.pending) this.timer.restart(this.idleTimeout())
  }

  /** The peer has half-closed and all it sent has been looked at. */
  private finishInput(): void {
    if (this.phase === IDLE) this.shut()
    else if (this.phase === HEAD) {
      try {
        this.parser!.finish()
        this.shut()
      } catch (problem) {
        this.refuse(problem)
      }
    } else if (this.phase === WORK && !this.messageComplete) {
      this.deaf = true
      this.queue?.fail(new WebError('WEB_ERR_CONTENT_INCOMPLETE'))
    } else if (this.phase === DRAIN) this.shut()
  }

  /** Reads the socket as fast as what comes is used. */
  private throttle(): void {
    const { connection, ahead } = this
    const held = (this.input === undefined ? 0 : this.input.length - this.at) + (ahead?.weight ?? 0)
    const stop = held > this.engine.bounds.maxReadAhead || (this.phase === WORK && this.queue?.full === true)
    if (stop !== connection.paused) {
      if (stop) connection.pause()
      else connection.resume()
    }
  }

  private discard(size: number): void {
    this.droppedSize += size
    const { maxDrainSize } = this.engine.bounds
    if (this.phase === LINGER && this.droppedSize > maxDrainSize) this.connection.destroy()
  }

  // ── the parser's hooks: notes only ─────────────────────────────────────────────────────────────────────────────────

  /** @internal */
  head(head: RequestHead): void {
    this.newHead = head
  }

  /** @internal */
  content(_bytes: Uint8Array, start: number, end: number): void {
    if (this.rangeStart === -1) {
      this.rangeStart = start
      this.rangeEnd = end
    } else {
      this.ranges ??= [this.rangeStart, this.rangeEnd]
      this.ranges.push(start, end)
    }
  }

  /** @internal */
  complete(trailers: Fields | undefined): void {
    this.messageComplete = true
    this.trailers = trailers
  }

  /** The content in this push: a view when it is in one piece, joined when chunk framing was between. */
  private takeContent(input: Uint8Array): Uint8Array | undefined {
    if (this.rangeStart === -1) return undefined
    const { ranges } = this
    if (ranges === undefined) return input.subarray(this.rangeStart, this.rangeEnd)
    let size = 0
    for (let at = 0; at < ranges.length; at += 2) size += ranges[at + 1]! - ranges[at]!
    const joined = Buffer.allocUnsafe(size)
    size = 0
    for (let at = 0; at < ranges.length; at += 2) {
      joined.set(input.subarray(ranges[at]!, ranges[at + 1]!), size)
      size += ranges[at + 1]! - ranges[at]!
    }
    return joined
  }

  // ── one exchange ───────────────────────────────────────────────────────────────────────────────────────────────────

  private begin(head: RequestHead, content: Uint8Array | undefined): void {
    const { engine } = this
    this.phase = WORK
    this.since = engine.wheel.now
    this.served++
    this.persistent =
      head.keepAlive &&
      (engine.bounds.maxRequestsPerConnection === 0 || this.served < engine.bounds.maxRequestsPerConnection)
    let queue: ContentQueue | undefined
    if (!this.messageComplete) {
      queue = new ContentQueue(this)
      this.contentSize = content === undefined ? 0 : content.length
      this.contentWait = 0
      if (content !== undefined) queue.add(content)
      else this.continueOwed = head.expectContinue && head.versionMinor > 0
    }
    this.queue = queue
    const request = new HttpRequest(head, this, content, this.trailers, queue)
    const response = new ResponseWriter(request, this.output, this)
    this.request = request
    this.response = response
    if (engine.observed) {
      this.startTime = Date.now()
      this.startMark = performance.now()
    }
    if (head.expect !== undefined && !head.expectContinue && head.versionMinor > 0) {
      this.decline(new WebError('WEB_ERR_EXPECTATION_FAILED'))
    } else if (head.targetForm === 'asterisk') this.answerAsterisk(response)
    else this.dispatch(head, request, response)
  }

  private dispatch(head: RequestHead, request: HttpRequest, response: ResponseWriter): void {
    const { engine } = this
    engine.requests++
    if (engine.bounds.handlerTimeout !== 0) this.timer.restart(engine.bounds.handlerTimeout)
    if (events.start.hasSubscribers) events.start.publish({ request, response })
    if (
      head.upgrade &&
      (head.method === 'CONNECT' || (this.messageComplete && !head.hasContent && head.versionMinor > 0))
    )
      this.offerUpgrade(request, response)
    else this.ask(request, response)
  }

  private ask(request: HttpRequest, response: ResponseWriter): void {
    try {
      const answer: unknown = this.engine.handler(request, response)
      if (isThenable(answer)) answer.then(undefined, (problem: unknown) => this.fail(request, response, problem))
    } catch (problem) {
      this.fail(request, response, problem)
    }
  }

  private offerUpgrade(request: HttpRequest, response: ResponseWriter): void {
    const decide = (mine: unknown): void => {
      if (mine !== false || response.headSent || response.finished) return
      if (request.method === 'CONNECT') this.decline(new WebError('WEB_ERR_TUNNEL_REFUSED'))
      else this.ask(request, response)
    }
    if (request.method === 'CONNECT') this.persistent = false
    try {
      const answer: unknown =
        this.engine.upgrade === undefined
          ? false
          : this.engine.upgrade(request, response, new ConnectionUpgrade(request, this))
      if (isThenable(answer)) answer.then(decide, (problem: unknown) => this.fail(request, response, problem))
      else decide(answer)
    } catch (problem) {
      this.fail(request, response, problem)
    }
  }

  /** What a handler threw, or its promise was rejected with. */
  private fail(request: HttpRequest, response: ResponseWriter, problem: unknown): void {
    if (problem instanceof WebError && problem.code === 'WEB_ERR_PEER_GONE') return
    const status = statusOf(problem)
    const ours = status >= 500
    if (ours) this.report(problem, request)
    if (response.finished) return
    if (request === this.request) this.failure = problem
    try {
      // What a server error says is for the log; what the client did wrong, it may read.
      response.sendError(status, ours ? undefined : (problem as Error).message)
    } catch (second) {
      this.report(second, request)
      response.abort()
    }
  }

  /** Refuses the request in work without asking a handler. */
  private decline(problem: WebError): void {
    this.refusing = true
    this.failure = problem
    this.persistent = false
    this.response!.sendError(problem.status, problem.message)
  }

  /** `OPTIONS *` asks about the server, not about a resource (RFC 9110 §9.3.7). */
  private answerAsterisk(response: ResponseWriter): void {
    response.setField('Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
    response.writeHead(204).end()
  }

  /** More content of the request in work. */
  private continueContent(content: Uint8Array | undefined): void {
    const { queue } = this
    if (content !== undefined && queue !== undefined) {
      if (queue.awaited) this.countWait()
      this.contentSize += content.length
      this.continueOwed = false
      queue.add(content)
    }
    if (this.messageComplete) queue?.end(this.trailers)
  }

  private continueDrain(): void {
    if (this.rangeStart !== -1) {
      const { ranges } = this
      this.droppedSize += ranges === undefined ? this.rangeEnd - this.rangeStart : ranges.at(-1)! - ranges[0]!
    }
    if (this.messageComplete) this.nextMessage()
    else if (this.droppedSize > this.engine.bounds.maxDrainSize) this.kill()
  }

  /** @see ContentSource */
  want(): void {
    if (this.continueOwed && !this.response!.headSent) {
      this.continueOwed = false
      this.output.put(CONTINUE)
    }
    if (!this.running) {
      this.output.flush()
      this.throttle()
    } else this.output.flushSoon()
    const { contentTimeout } = this.engine.bounds
    if (contentTimeout === 0) return
    this.waitSince = this.engine.wheel.now
    if (!this.timer.pending || this.contentWait === 0) this.timer.restart(contentTimeout)
  }

  /** @see ContentSource */
  drop(): void {
    if (!this.running) this.throttle()
  }

  private countWait(): void {
    this.contentWait += this.engine.wheel.now - this.waitSince
  }

  // ── the response's questions and news ──────────────────────────────────────────────────────────────────────────────

  /** @see ResponseOwner */
  persists(): boolean {
    if (this.persistent) {
      const { queue } = this
      this.persistent =
        !this.deaf &&
        !this.continueOwed &&
        !this.engine.closing &&
        !(this.inputEnded && this.input === undefined) &&
        (this.messageComplete || queue === undefined || this.worthDraining())
    }
    if (events.head.hasSubscribers) events.head.publish({ request: this.request, response: this.response })
    return this.persistent
  }

  /** Whether the content nobody has read is so little that reading it costs less than a new connection. */
  private worthDraining(): boolean {
    const { request, engine } = this
    if (request!.contentUsed && this.queue!.awaited) return true
    const length = request!.contentLength
    return length === undefined || length - this.contentSize <= engine.bounds.maxDrainSize
  }

  /** @see ResponseOwner */
  endsWithThis(): void {
    this.persistent = false
  }

  /** @see ResponseOwner */
  over(): void {
    this.conclude(false)
    if (!this.persistent) this.shut()
    else if (this.messageComplete) this.nextMessage()
    else if (this.deaf) this.shut()
    else {
      this.enter(DRAIN)
      this.droppedSize = 0
      this.queue?.drop()
      this.timer.restart(this.engine.bounds.drainTimeout || NEVER)
    }
    if (!this.running) this.run()
  }

  /** @see ResponseOwner */
  cutOff(): void {
    if (this.phase === GONE) return
    this.output.flush()
    this.kill()
  }

  /** @see ResponseOwner */
  report(error: unknown, request = this.request): void {
    this.engine.report(error, request)
  }

  /** Tells of the exchange in work, once. */
  private conclude(aborted: boolean): void {
    const { engine, request, response } = this
    if (!engine.observed || request === undefined || response === undefined) return
    const exchange = {
      request,
      remote: this.connection.remote,
      status: response.headSent ? response.status : 0,
      contentSize: response.contentSize,
      startTime: this.startTime,
      duration: performance.now() - this.startMark,
      aborted,
      error: this.failure,
    }
    engine.tell(exchange, this.refusing)
  }

  /** The message is read and answered: ready for the following one. */
  private nextMessage(): void {
    this.parser!.next()
    this.phase = IDLE
    this.since = this.engine.wheel.now
    this.messageComplete = false
    this.trailers = undefined
    this.request = undefined
    this.response = undefined
    this.queue = undefined
    this.failure = undefined
    this.refusing = false
    this.continueOwed = false
  }

  // ── refusing and ending ────────────────────────────────────────────────────────────────────────────────────────────

  /** After this nothing more is interpreted: framing errors and head limits, reported by the parser, and head deadlines. */
  private refuse(problem: unknown): void {
    this.deaf = true
    this.input = undefined
    this.ahead = undefined
    this.newHead = undefined
    if (this.phase === WORK) {
      // A handler is at it: it learns of the broken content when it reads it.
      this.queue?.fail(problem)
      return
    }
    if (this.phase === DRAIN) {
      this.shut()
      return
    }
    const { engine } = this
    engine.refused++
    const status = statusOf(problem)
    if (!(problem instanceof HttpError || problem instanceof WebError)) this.report(problem, undefined)
    const page = errorPage({ status, reason: reasonOf(status), detail: (problem as Error).message })
    const size = Buffer.byteLength(page)
    this.output.put(
      `${statusLine(status, undefined)}${dateLine()}Content-Type: text/html; charset=utf-8\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`,
    )
    this.output.putBytes(Buffer.from(page))
    if (engine.observed) {
      const { remote } = this.connection
      const exchange = { request: undefined, remote, status, contentSize: size, startTime: Date.now(), duration: 0 }
      engine.tell({ ...exchange, aborted: false, error: problem }, true)
    }
    this.shut()
  }

  /** Turns away a connection that is one too many. */
  turnAway(): void {
    this.refuse(new WebError('WEB_ERR_TOO_MANY_CONNECTIONS'))
  }

  /**
   * We have said everything. With nothing unread the connection closes at once, in the same write; otherwise it is
   * half-closed and read on for a while.
   */
  private shut(): void {
    if (this.phase >= LINGER) return
    const { connection, output } = this
    const nothingComes =
      this.phase === IDLE || this.inputEnded || (this.messageComplete && this.request?.head.keepAlive === false)
    if (nothingComes && this.input === undefined) {
      this.phase = GONE
      this.timer.cancel()
      connection.finish(output.takeText())
      return
    }
    this.enter(LINGER)
    this.droppedSize = 0
    this.input = undefined
    this.ahead = undefined
    this.queue?.drop()
    connection.closeWrite(output.takeText())
    if (connection.paused) connection.resume()
    this.timer.restart(this.engine.bounds.drainTimeout || NEVER)
    if (this.inputEnded) connection.close()
  }

  /** Ends the connection at once. */
  private kill(): void {
    this.phase = GONE
    this.timer.cancel()
    this.connection.destroy()
    this.abandon()
  }

  /** The socket is gone, whoever closed it. */
  closed(): void {
    this.phase = GONE
    this.timer.cancel()
    this.abandon()
  }

  /** Tells everybody who is at the exchange in work that nobody is left to answer. */
  private abandon(): void {
    this.output.close()
    const { request, response } = this
    if (request === undefined || response === undefined || response.finished) return
    const gone = new WebError('WEB_ERR_PEER_GONE')
    this.failure ??= gone
    response.finish(true)
    this.conclude(true)
    this.queue?.fail(gone)
    request.leave(gone)
  }

  /** The connection's queue is empty again. */
  drain(): void {
    this.output.drain()
    if (!this.running) this.run()
  }

  /** The server begins to close. */
  serverCloses(): void {
    if (this.phase === IDLE && this.input === undefined) this.shut()
  }

  /** Since when it waits for a request, in the wheel's time; `undefined` when it does not. */
  get idleSince(): number | undefined {
    return this.phase === IDLE && this.input === undefined ? this.since : undefined
  }

  /** Makes room for another connection. */
  evict(): void {
    this.shut()
  }

  /** @see UpgradeOwner */
  handOver(text: string, options: DetachOptions | undefined): Detached {
    const { response, connection, engine } = this
    if (this.phase === GONE) throw new WebError('WEB_ERR_PEER_GONE')
    if (this.phase !== WORK || response === undefined || response.headSent) throw new WebError('WEB_ERR_NOT_UPGRADED')
    if (text !== '') this.output.put(text)
    this.output.flush()
    const rest: Uint8Array[] = []
    if (this.input !== undefined) rest.push(this.input.subarray(this.at))
    for (let chunk = this.ahead?.shift(); chunk !== undefined; chunk = this.ahead?.shift()) rest.push(chunk)
    this.input = undefined
    this.phase = GONE
    this.timer.cancel()
    const { socket, head } = connection.detach()
    response.status = this.request!.method === 'CONNECT' ? 200 : 101
    response.headSent = true
    response.ended = true
    response.finished = true
    this.conclude(false)
    const entry = { socket, closing: options?.closing }
    engine.detached.add(entry)
    socket.once('close', () => engine.detached.delete(entry))
    return { socket, head: Buffer.concat([...rest, head]) }
  }

  // ── deadlines ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @internal The one timer came; the stamps say whether a deadline has really passed. */
  expire(): void {
    const { bounds } = this.engine
    if (this.phase === IDLE) this.meet(this.since, this.idleTimeout(), 'idle', () => this.shut())
    else if (this.phase === HEAD) {
      this.meet(this.since, bounds.headTimeout, 'head', () => this.refuse(new WebError('WEB_ERR_HEAD_TIMEOUT')))
    } else if (this.phase === DRAIN) this.meet(this.since, bounds.drainTimeout, 'drain', () => this.kill())
    else if (this.phase === LINGER) {
      // What the peer has not read yet is the write deadline's business.
      if (this.connection.writeQueue > 0) this.timer.restart(bounds.drainTimeout || NEVER)
      else this.meet(this.since, bounds.drainTimeout, 'linger', () => this.kill())
    } else if (this.phase === WORK) this.expireWork()
  }

  private expireWork(): void {
    const { bounds, wheel } = this.engine
    const response = this.response!
    if (bounds.handlerTimeout !== 0 && !response.headSent && this.left(this.since, bounds.handlerTimeout) <= 0) {
      this.tellTimeout('handler')
      this.persistent = false
      this.failure = new WebError('WEB_ERR_HANDLER_TIMEOUT')
      response.sendError(503)
      // Too late is not the handler's mistake: what it still writes is dropped.
      response.aborted = true
      return
    }
    if (this.queue?.awaited === true && bounds.contentTimeout !== 0) {
      const waited = this.contentWait + wheel.now - this.waitSince
      const tooSlow = waited > bounds.contentTimeout && this.contentSize * 1000 < bounds.minContentRate * waited
      if (tooSlow || this.left(this.waitSince, bounds.contentTimeout) <= 0) {
        this.tellTimeout('content')
        this.deaf = true
        this.queue.fail(new WebError('WEB_ERR_CONTENT_TIMEOUT'))
        if (!this.running) this.output.flushSoon()
        return
      }
      this.timer.restart(Math.min(1000, bounds.contentTimeout))
    } else if (bounds.handlerTimeout !== 0 && !response.headSent) {
      this.timer.restart(Math.max(0, this.left(this.since, bounds.handlerTimeout)))
    }
  }

  /** Acts when the limit has passed since then, otherwise waits for what is left of it. */
  private meet(since: number, limit: number, deadline: string, act: () => void): void {
    if (limit === 0) return
    const left = this.left(since, limit)
    if (left > 0) this.timer.restart(left)
    else {
      this.tellTimeout(deadline)
      act()
    }
  }

  /** The wheel's time may be a tick old when it is noted, so a tick is added: late is fair, early is not. */
  private left(since: number, limit: number): number {
    const { wheel } = this.engine
    return since + limit + wheel.resolution - wheel.now
  }

  private idleTimeout(): number {
    const { bounds } = this.engine
    return (this.served === 0 ? bounds.firstOctetTimeout : bounds.keepAliveTimeout) || NEVER
  }

  private tellTimeout(deadline: string): void {
    if (events.timeout.hasSubscribers) events.timeout.publish({ connection: this.connection, deadline })
  }

  private enter(phase: number): void {
    this.phase = phase
    this.since = this.engine.wheel.now
  }
}

function expire(connection: HttpConnection): void {
  connection.expire()
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}
