/**
 * One connection's life.
 *
 * Theory of operation
 * - `receive` takes what the socket read; `run` is the one loop that turns it into exchanges. The reader stops after each
 *   message, so what follows it waits there until the answer is over: one request in work, answers in order, whatever
 *   the handlers do. When too much waits, the socket is paused.
 * - The handler is called after the parser has returned, so it finds content that came together with the head whole, and
 *   nothing it throws can reach the parser.
 * - What responses write gathers in `output` and leaves in one write at the end of the turn: a batch of pipelined answers
 *   costs one system call.
 * - An exchange ends by `exchangeOver`. Then the rest of its request's content is read and dropped (bounded), and the loop goes
 *   on; or the connection can not persist and ends: at once when nothing is unread, otherwise half-closed and drained,
 *   because closing with unread input would reset the connection and cost the client its answer (RFC 9112 §9.6).
 * - The parser goes on (`leaveExchange`) only when the next request is here, or when the handler is done. A handler that
 *   is not done by then may still look at its request: that costs a copy of the head, which is rare this way.
 * - After a framing error `deaf` is set and no further octet is interpreted (RFC 9112 §2.2, §11.2).
 * - One timer on the coarse wheel; on the common path deadlines only leave a stamp (`since`), which `expire` looks at.
 */

import { HttpError, type RequestHead } from '@plainwire/http-parser'
import { reasonPhrase } from '@plainwire/http-parser/encode'
import type { Connection, WheelTimer } from '@plainwire/socket-server'
import { dateLine } from './date.js'
import type { Engine } from './engine.js'
import { errorPage, errorPageLines } from './error-page.js'
import { statusOf, WebError } from './errors.js'
import { events } from './events.js'
import { type ExchangeOwner, HttpExchange } from './exchange.js'
import type { Detached, DetachOptions } from './message.js'
import { Output } from './output.js'
import type { RequestReader } from './request-reader.js'
import { statusLine } from './status.js'

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
export class HttpConnection implements ExchangeOwner {
  readonly connection: Connection<HttpConnection>
  readonly output: Output
  /** Borrowed while there is something to read or in work. */
  private borrowed: RequestReader | undefined = undefined
  private readonly engine: Engine
  private readonly timer: WheelTimer
  /** In work, or answered (`IDLE`) and not left yet. */
  private exchange: HttpExchange | undefined = undefined
  private phase = IDLE
  /** When the phase began, and when the timer comes, in the wheel's time. */
  private since: number
  private dueAt: number
  private served = 0
  private located = false
  private running = false
  /** Nothing that comes is interpreted any more. */
  private deaf = false
  /** The peer has half-closed. */
  private inputEnded = false
  private droppedSize = 0
  /** What was written to a peer that has half-closed, when that was last looked at. */
  private writtenMark = 0

  constructor(connection: Connection<HttpConnection>, engine: Engine) {
    this.connection = connection
    this.engine = engine
    this.output = new Output(connection)
    this.since = engine.wheel.now
    const wait = engine.bounds.firstOctetTimeout || NEVER
    this.dueAt = this.since + wait
    this.timer = engine.wheel.schedule(wait, expire, this)
  }

  // ── input ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes what the socket read; the chunk is ours. */
  receive(chunk: Uint8Array): void {
    if (this.phase >= LINGER || this.deaf) this.discard(chunk.length)
    else {
      this.reader.add(chunk)
      if (!this.running) this.run()
    }
  }

  /** The peer has half-closed: what it sent is still answered. */
  receiveEnd(): void {
    this.inputEnded = true
    if (this.phase >= LINGER) this.connection.close()
    else if (!this.running) this.run()
  }

  /** The connection's queue is empty again. */
  drain(): void {
    this.output.drain()
    if (!this.running) this.run()
  }

  /** Turns input into exchanges until there is none, one is in work, or the peer does not read our answers. */
  private run(): void {
    const { reader, output } = this
    this.running = true
    while (reader.hasInput && this.phase < LINGER && !this.deaf && !output.full) {
      if (this.phase === WORK && reader.messageComplete) break
      if (this.phase === IDLE && this.exchange !== undefined) this.leaveExchange()
      this.step()
    }
    this.running = false
    if (this.phase >= LINGER) return
    this.throttle()
    // Answers to the rest of a pipelined batch may come within this turn: then they share the write.
    if (this.phase === WORK && reader.hasInput) output.flushSoon()
    else output.flush()
    if (this.phase === IDLE) this.rest()
    if (this.inputEnded && !reader.hasInput && this.phase < LINGER) this.finishInput()
  }

  private step(): void {
    const { reader } = this
    try {
      reader.step()
    } catch (problem) {
      this.refuse(problem)
      return
    }
    if (reader.newHead !== undefined) this.begin(reader.newHead)
    else if (this.phase === WORK) this.exchange!.continueContent()
    else if (this.phase === DRAIN) {
      this.droppedSize += reader.contentSize
      if (reader.messageComplete) this.enter(IDLE)
      else if (this.droppedSize > this.engine.bounds.maxDrainSize) this.shut()
    }
  }

  private begin(head: RequestHead): void {
    const { maxRequestsPerConnection } = this.engine.bounds
    this.enter(WORK)
    this.served++
    const persistent = head.keepAlive && (maxRequestsPerConnection === 0 || this.served < maxRequestsPerConnection)
    this.exchange = new HttpExchange(this.engine, this, head, persistent)
    this.exchange.start()
    if (this.phase === WORK && !this.located) this.locate()
  }

  /** Who works on, or takes over, may ask where the peer was when it is gone: what is asked now is remembered. */
  private locate(): void {
    this.located = true
    void this.connection.remote
  }

  /** Nothing of a next request is here: waits for it, with the deadline that fits. */
  private rest(): void {
    const { reader, exchange } = this
    if (reader.hasInput) return
    // Leaving a handler that is not done with its request costs a copy of the head: nearly always it is in a moment.
    if (exchange === undefined || !exchange.unsettled) {
      if (exchange !== undefined) this.leaveExchange()
      if (!reader.idle) {
        this.enter(HEAD)
        if (this.engine.closing) this.shut()
        else this.schedule(this.engine.bounds.headTimeout || NEVER)
        return
      }
      this.returnReader()
    }
    if (this.engine.closing) this.shut()
    else this.expireWithin(this.idleTimeout())
  }

  /** The peer has half-closed and all it sent has been looked at. */
  private finishInput(): void {
    if (this.phase === IDLE || this.phase === DRAIN) this.shut()
    else if (this.phase === HEAD) {
      try {
        this.reader.finish()
        this.shut()
      } catch (problem) {
        this.refuse(problem)
      }
    } else {
      if (!this.reader.messageComplete && !this.deaf) {
        this.deaf = true
        this.exchange!.failContent(new WebError('WEB_ERR_CONTENT_INCOMPLETE'))
      }
      this.exchange!.peerHalfClosed()
      this.awaitAnswer()
    }
  }

  /** Of a peer that has half-closed, only an answer can show whether it is still there. */
  private awaitAnswer(): void {
    this.since = this.engine.wheel.now
    this.writtenMark = this.connection.bytesWritten
    this.expireWithin(this.engine.bounds.halfClosedTimeout || NEVER)
  }

  /** Reads the socket as fast as what comes is used. */
  private throttle(): void {
    const { connection, reader } = this
    const stop =
      reader.weight > this.engine.bounds.maxReadAhead ||
      (this.phase === WORK && this.exchange!.intake?.queue.full === true)
    if (stop === connection.paused) return
    if (stop) connection.pause()
    else connection.resume()
  }

  private discard(size: number): void {
    this.droppedSize += size
    if (this.droppedSize > this.engine.bounds.maxDrainSize) {
      if (this.phase === LINGER) this.kill()
      else this.connection.pause()
    }
  }

  /** @see ExchangeOwner */
  get reader(): RequestReader {
    this.borrowed ??= this.engine.lendReader()
    return this.borrowed
  }

  private returnReader(): void {
    if (this.borrowed === undefined) return
    if (!this.deaf) this.engine.takeReader(this.borrowed)
    this.borrowed = undefined
  }

  // ── what an exchange asks and tells ────────────────────────────────────────────────────────────────────────────────

  /** @see ExchangeOwner */
  get last(): boolean {
    return this.deaf || (this.inputEnded && this.borrowed?.hasInput !== true)
  }

  /** @see ExchangeOwner */
  contentDemandChanged(): void {
    if (!this.running && this.phase === WORK) this.throttle()
  }

  /** @see ExchangeOwner */
  expireWithin(milliseconds: number): void {
    // A deadline that comes early looks at the stamps and waits for what is left; one that comes late would be wrong.
    if (!this.timer.pending || this.dueAt > this.engine.wheel.now + milliseconds) this.schedule(milliseconds)
  }

  /** @see ExchangeOwner */
  exchangeOver(exchange: HttpExchange): void {
    if (!exchange.persistent || (this.deaf && !this.reader.messageComplete)) this.shut()
    else if (this.reader.messageComplete) this.enter(IDLE)
    else {
      this.enter(DRAIN)
      this.droppedSize = 0
      exchange.dropContent()
      this.schedule(this.engine.bounds.drainTimeout || NEVER)
    }
    if (!this.running) this.run()
  }

  /** @see ExchangeOwner */
  exchangeSettled(exchange: HttpExchange): void {
    if (this.exchange === exchange && this.phase === IDLE && !this.running) this.rest()
  }

  /** The parser goes on to the following message; the head of the one before is gone. */
  private leaveExchange(): void {
    this.exchange!.keepHead()
    this.exchange = undefined
    this.reader.next()
  }

  /** @see UpgradeOwner */
  handOver(text: string, options: DetachOptions | undefined): Detached {
    const { exchange, connection, engine } = this
    // Whoever has taken it over has not left.
    if (this.phase === GONE && exchange?.response.aborted === true) throw new WebError('WEB_ERR_PEER_GONE')
    if (this.phase !== WORK || exchange === undefined || exchange.response.headSent)
      throw new WebError('WEB_ERR_NOT_UPGRADED')
    if (text !== '') this.output.put(text)
    this.output.flush()
    this.locate()
    const { socket, head, ended } = connection.detach()
    this.phase = GONE
    this.timer.cancel()
    this.output.close()
    exchange.leaveHttp()
    const entry = { socket, closing: options?.closing }
    engine.detached.add(entry)
    socket.once('close', () => engine.detached.delete(entry))
    // Whoever takes over while the server closes hears of it once the connection is theirs.
    if (engine.closing) process.nextTick(() => engine.tellClosing(entry))
    return {
      socket,
      head: Buffer.concat([...this.reader.takeRest(), head]),
      ended,
      report: (problem) => exchange.report(problem),
    }
  }

  // ── refusing and ending ────────────────────────────────────────────────────────────────────────────────────────────

  /** A framing error, a limit or a deadline of the head: after this nothing more is interpreted. */
  private refuse(problem: unknown): void {
    const { engine, output } = this
    this.deaf = true
    this.droppedSize = 0
    this.borrowed?.takeRest()
    if (this.phase === WORK) {
      // A handler is at it: it learns of the broken content when it reads it.
      this.exchange!.failContent(problem)
      return
    }
    if (this.phase === DRAIN) {
      this.shut()
      return
    }
    engine.refused++
    if (!(problem instanceof HttpError || problem instanceof WebError)) engine.report(problem, undefined)
    const status = statusOf(problem)
    const page = Buffer.from(errorPage({ status, reason: reasonPhrase(status), detail: (problem as Error).message }))
    output.put(`${statusLine(status, undefined)}${dateLine()}${errorPageLines}`)
    output.put(`Content-Length: ${page.length}\r\nConnection: close\r\n\r\n`)
    output.putBytes(page)
    if (engine.observed) {
      const { remote } = this.connection
      const exchange = {
        request: undefined,
        remote,
        status,
        contentSize: page.length,
        startTime: Date.now(),
        duration: 0,
      }
      engine.tell({ ...exchange, aborted: false, error: problem }, true)
    }
    this.shut()
  }

  /** Turns away a connection that is one too many. */
  turnAway(): void {
    this.refuse(new WebError('WEB_ERR_TOO_MANY_CONNECTIONS'))
  }

  /** The server begins to close. Half a head is no request that could finish, and its rest may never come. */
  serverCloses(): void {
    if (this.phase === HEAD || this.idleSince !== undefined) this.shut()
  }

  /** Makes room for another connection. */
  evict(): void {
    this.shut()
  }

  /** Since when it waits for a request, in the wheel's time; `undefined` when it does not. */
  get idleSince(): number | undefined {
    if (this.phase !== IDLE) return undefined
    const { borrowed } = this
    return borrowed === undefined || (this.exchange !== undefined && !borrowed.hasInput) ? this.since : undefined
  }

  /**
   * We have said everything. With nothing unread the connection closes at once, in the same write; otherwise it is
   * half-closed and read on for a while.
   */
  private shut(): void {
    if (this.phase >= LINGER) return
    const { connection, output, borrowed } = this
    if (this.nothingToLose() && borrowed?.hasInput !== true) {
      this.phase = GONE
      this.timer.cancel()
      connection.finish(output.takeText(), 'latin1')
      return
    }
    this.enter(LINGER)
    this.droppedSize = 0
    borrowed?.takeRest()
    this.exchange?.dropContent()
    connection.closeWrite(output.takeText(), 'latin1')
    if (connection.paused) connection.resume()
    this.schedule(this.engine.bounds.drainTimeout || NEVER)
    if (this.inputEnded) connection.close()
  }

  /** Whether closing takes nothing from the peer: it has no reason to send more, or no answer that a reset could cost. */
  private nothingToLose(): boolean {
    if (this.phase === IDLE) return !this.deaf
    if (this.phase === HEAD && this.served === 0 && !this.deaf) return true
    return (
      this.inputEnded || (this.borrowed?.messageComplete === true && this.exchange?.request.head.keepAlive === false)
    )
  }

  /** @see ExchangeOwner */
  kill(): void {
    if (this.phase === GONE) return
    this.phase = GONE
    this.timer.cancel()
    // Where only the end of the connection ends the content, an orderly end would say that it is whole (RFC 9112 §8).
    if (this.exchange?.response.endsWithConnection === true) this.connection.reset()
    else this.connection.destroy()
    this.abandon()
  }

  /** A handler has written on, and waited for nobody to read it: the connection is gone, in the middle of that call. */
  overflowed(error: Error): void {
    const { exchange, engine } = this
    const what = 'The answer was cut off: it was written on without waiting for drained()'
    if (exchange !== undefined) engine.report(new Error(what, { cause: error }), exchange.request)
    exchange?.cutOff(error)
  }

  /** The socket is gone, whoever closed it. */
  closed(): void {
    this.phase = GONE
    this.timer.cancel()
    this.abandon()
    if (this.exchange === undefined || this.borrowed?.messageComplete !== true) return
    this.leaveExchange()
    this.returnReader()
  }

  /** Tells everybody who is at the exchange in work that nobody is left to answer. */
  private abandon(): void {
    this.output.close()
    this.exchange?.abandon()
  }

  // ── deadlines ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @internal The one timer came; the stamps say whether a deadline has really passed. */
  expire(): void {
    const { bounds } = this.engine
    if (this.phase === IDLE) {
      if (this.passed(this.idleTimeout(), 'idle')) this.shut()
    } else if (this.phase === HEAD) {
      if (this.passed(bounds.headTimeout, 'head')) this.refuse(new WebError('WEB_ERR_HEAD_TIMEOUT'))
    } else if (this.phase === WORK) {
      this.exchange!.expire()
      if (this.phase === WORK && this.inputEnded && !this.reader.hasInput) this.expireHalfClosed()
    } else if (this.phase === LINGER && this.connection.writeQueue > 0) {
      // What the peer has not read yet is the write deadline's business.
      this.schedule(bounds.drainTimeout || NEVER)
    } else if (this.phase < GONE && this.passed(bounds.drainTimeout, 'drain')) {
      if (this.phase === DRAIN) this.shut()
      else this.kill()
    }
  }

  private expireHalfClosed(): void {
    if (this.connection.bytesWritten !== this.writtenMark) this.awaitAnswer()
    else if (this.passed(this.engine.bounds.halfClosedTimeout, 'half-closed')) this.kill()
  }

  /** Whether so much time has passed in this phase; if not, waits for the rest of it. */
  private passed(limit: number, deadline: string): boolean {
    if (limit === 0) return false
    const { wheel } = this.engine
    // The wheel's time may be a tick old when it is noted: late is fair, early is not.
    const left = this.since + limit + wheel.resolution - wheel.now
    if (left > 0) {
      this.schedule(left)
      return false
    }
    if (events.timeout.hasSubscribers) events.timeout.publish({ connection: this.connection, deadline })
    return true
  }

  private idleTimeout(): number {
    const { bounds } = this.engine
    return (this.served === 0 ? bounds.firstOctetTimeout : bounds.keepAliveTimeout) || NEVER
  }

  private schedule(milliseconds: number): void {
    this.dueAt = this.engine.wheel.now + milliseconds
    this.timer.restart(milliseconds)
  }

  private enter(phase: number): void {
    this.phase = phase
    this.since = this.engine.wheel.now
  }
}

function expire(connection: HttpConnection): void {
  connection.expire()
}
