/**
 * The connection, over any duplex stream of the net.Socket family: TCP, TLS, Unix, or the in-memory end of ./testing.
 *
 * Theory of operation
 *
 * Reading. The socket always flows. `pause()` is a flag of ours: while it is set, chunks are held (inbox.ts), and only
 * when enough are held is the socket itself stopped ("choked"). So pausing costs nothing where nothing arrives (a server
 * that pauses for each request), and a peer that leaves is noticed while paused. The pull form (`read`, `for await`) is
 * the same thing: a paused connection whose chunks are taken one by one. A choked socket is not watched by the system
 * any more; a write of no octets once a second asks whether the peer is still there.
 *
 * Writing. See outbox.ts.
 *
 * Ending. The directions end separately: `ended` is the peer's half, `phase` is ours and only grows. Whatever happens,
 * the socket emits 'close' in the end, and nothing else runs the close hook: so it runs once and last.
 *
 * Deadlines. Activity leaves stamps, which deadlines.ts looks at.
 *
 * What only some connections need (inbox, outbox, those who wait by promise) is made when it is needed: ten thousand
 * idle connections weigh what each of them has from the beginning.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { type Address, endOf } from './address.js'
import type { Circumstances } from './circumstances.js'
import type { Connection, TextEncoding } from './connection.js'
import { Deadlines, type DeadlinesOwner } from './deadlines.js'
import { fromHook, fromProgram, fromSystem, SocketError } from './errors.js'
import type { ConnectionHooks } from './hooks.js'
import { DONE, Inbox } from './inbox.js'
import { Outbox, type OutboxOwner, SLICE } from './outbox.js'
import { CLOSING, DESTROYED, DETACHED, ENDING, FINISHING, OPEN, OVER, type Phase } from './phase.js'
import { isSecure, type SecureInfo, secureInfo } from './secure.js'
import { hear, leaveAlone, type SocketEvents } from './socket-events.js'
import { TIMEOUT_CODES, type TimeoutKind, type Timeouts } from './timeouts.js'
import type { TimerWheel } from './timer-wheel.js'
import { Waiting } from './waiting.js'

type Hook<C> = ((connection: Connection<C>, argument?: unknown) => unknown) | undefined

let lastId = 0

export class SocketConnection<C = unknown> implements Connection<C>, SocketEvents, OutboxOwner, DeadlinesOwner {
  readonly id: number = ++lastId
  context: C = undefined as C
  bytesRead = 0
  error: SocketError | undefined = undefined
  closing = false
  /** As a member of its server. */
  place = -1

  readonly socket: Socket | TLSSocket
  readonly all: Circumstances<C>
  private readonly deadlines: Deadlines
  private phase: Phase = OPEN

  /** Chunks go straight to the data hook: not paused, nothing held, not closing. */
  direct: boolean
  private stopped: boolean
  private ended = false
  /** The socket has closed in the regular way; held octets are all that is left of the connection. */
  private socketGone = false

  private inbox: Inbox | undefined = undefined
  /** Made by the first write that the socket does not simply take. */
  private outbox: Outbox | undefined = undefined
  private waiting: Waiting | undefined = undefined

  constructor(socket: Duplex, all: Circumstances<C>) {
    this.socket = socket as Socket | TLSSocket
    this.all = all
    this.stopped = all.hooks.data === undefined
    this.direct = !this.stopped
    this.deadlines = new Deadlines(this, all.timeouts)
  }

  /** Listens to the socket, which is connected, and calls `open`. */
  start(): void {
    const { socket } = this
    hear(socket, this)
    // node:net remembers the answer. When the peer is gone it is too late to ask for the first time.
    if (this.all.keepRemote) void socket.remoteAddress
    this.deadlines.arm()
    this.call('open')
  }

  // ── What it is ────────────────────────────────────────────────────────────────────────────────────────────────────

  get wheel(): TimerWheel {
    return this.all.wheel
  }

  private get hooks(): ConnectionHooks<C> {
    return this.all.hooks
  }

  get remote(): Address {
    return endOf(this.socket, 'remote') ?? this.all.remote
  }

  get local(): Address {
    return endOf(this.socket, 'local') ?? this.all.local
  }

  get secure(): SecureInfo | undefined {
    return isSecure(this.socket) ? secureInfo(this.socket) : undefined
  }

  get signal(): AbortSignal {
    return this.waiters().signal(this.phase === OVER ? this.reason() : undefined)
  }

  get closed(): Promise<void> {
    return this.phase >= OVER ? Promise.resolve() : this.waiters().closed()
  }

  get bytesWritten(): number {
    return this.socket.bytesWritten + (this.outbox?.waiting ?? 0)
  }

  get writeQueue(): number {
    return this.outbox?.size ?? this.socket.writableLength
  }

  get writable(): boolean {
    return this.phase === OPEN
  }

  get readable(): boolean {
    return !this.ended && this.inbox?.endHeld !== true && this.phase < CLOSING
  }

  get paused(): boolean {
    return this.stopped
  }

  get timeouts(): Readonly<Required<Timeouts>> {
    return this.deadlines.limits
  }

  // ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** As `SocketEvents`. */
  received(chunk: Uint8Array): void {
    this.bytesRead += chunk.length
    this.deadlines.readAt = this.wheel.now
    if (this.direct) this.deliver(chunk)
    else if (this.phase < CLOSING) this.hold(chunk)
  }

  private deliver(chunk: Uint8Array): void {
    try {
      const result: unknown = this.hooks.data?.(this, chunk)
      if (result !== undefined) this.watch('data', result)
    } catch (error) {
      this.threw('data', error)
    }
  }

  private hold(chunk: Uint8Array): void {
    const inbox = this.box()
    if (inbox.give(chunk)) {
      // resume() was called while the reader waited: it comes first, and has seen its chunk before hooks go on.
      if (!this.stopped) setImmediate(deliverHeld, this as SocketConnection<unknown>)
    } else if (inbox.hold(chunk)) this.deadlines.arm()
  }

  private box(): Inbox {
    this.inbox ??= new Inbox(this.socket)
    return this.inbox
  }

  pause(): void {
    this.stopped = true
    this.direct = false
  }

  resume(): void {
    if (!this.stopped) return
    this.stopped = false
    if (this.phase >= CLOSING) return
    const { inbox } = this
    if (inbox !== undefined && (!inbox.empty || inbox.endHeld))
      process.nextTick(deliverHeld, this as SocketConnection<unknown>)
    else if (inbox === undefined || !inbox.awaited) this.direct = true
    this.deadlines.readingBegins()
  }

  /** After `resume`: what was held, until somebody pauses again. */
  deliverHeld(): void {
    while (!this.stopped && this.phase < CLOSING) {
      const chunk = this.inbox?.take()
      if (chunk !== undefined) {
        this.deliver(chunk)
        continue
      }
      this.direct = true
      if (this.inbox?.endHeld === true) this.deliverEnd()
      return
    }
  }

  /** As `SocketEvents`. */
  peerEnded(): void {
    const { inbox } = this
    const wanted = this.hooks.end !== undefined || inbox?.awaited === true
    if (inbox?.empty === false || (this.stopped && !wanted)) this.box().endHeld = true
    else this.deliverEnd()
  }

  private deliverEnd(): void {
    const { inbox } = this
    this.ended = true
    if (inbox !== undefined) {
      inbox.endHeld = false
      inbox.end()
    }
    if (this.phase >= CLOSING) return
    if (this.hooks.end === undefined) this.close()
    else this.call('end')
    this.leave()
  }

  async read(): Promise<Uint8Array | undefined> {
    return (await this.pull()).value
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return { next: () => this.pull(), return: () => Promise.resolve(DONE) }
  }

  /** One step of the pull form. */
  pull(): Promise<IteratorResult<Uint8Array, undefined>> {
    const inbox = this.box()
    if (inbox.awaited) return Promise.reject(new TypeError('somebody else is reading from this connection'))
    this.pause()
    const chunk = inbox.take()
    if (chunk !== undefined) return Promise.resolve({ value: chunk, done: false })
    if (this.error !== undefined) return Promise.reject(this.error)
    if (inbox.endHeld) this.deliverEnd()
    if (this.ended || this.phase >= CLOSING) return Promise.resolve(DONE)
    const next = inbox.wait()
    this.deadlines.readingBegins()
    return next
  }

  // ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

  write(data: string | Uint8Array, encoding: TextEncoding = 'utf8'): boolean {
    if (this.phase !== OPEN) return false
    this.deadlines.writtenAt = this.wheel.now
    const { outbox, socket } = this
    if (outbox !== undefined || !(data.length <= SLICE)) return this.queue().write(data, encoding)
    socket.write(data as string, encoding)
    return socket.writableLength === 0 || this.queue().settle()
  }

  private queue(): Outbox {
    this.outbox ??= new Outbox(this.socket, this, this.all.maxWriteQueue)
    return this.outbox
  }

  cork(): void {
    if (this.phase === OPEN) this.queue().cork()
  }

  uncork(): boolean {
    return this.outbox?.uncork() !== false && this.phase === OPEN
  }

  /** As `OutboxOwner`. */
  stalled(): void {
    this.deadlines.stalled()
  }

  /** As `OutboxOwner`. A closing connection still waits for its peer: its clock goes on. */
  flowing(): void {
    if (this.phase < CLOSING) this.deadlines.flowing()
  }

  /** As `OutboxOwner`: what waited for the queue to be empty. */
  emptied(owed: boolean): void {
    if (this.phase === FINISHING) this.socket.destroySoon()
    else if (this.phase !== OPEN) this.socket.end()
    if (!owed) return
    this.waiting?.emptied()
    if (this.phase === OPEN) this.call('drain')
  }

  /** As `OutboxOwner`: the peer does not read. */
  overflowed(): void {
    this.destroy(new SocketError('SOCKET_ERR_WRITE_QUEUE'))
  }

  drained(): Promise<void> {
    if (this.phase >= DESTROYED) return Promise.reject(this.reason())
    if (this.outbox?.owed !== true) return Promise.resolve()
    return this.waiters().drained()
  }

  // ── Closing ───────────────────────────────────────────────────────────────────────────────────────────────────────

  closeWrite(data?: string | Uint8Array, encoding: TextEncoding = 'utf8'): void {
    if (!this.lastWrite(data, encoding)) return
    this.phase = ENDING
    if (this.outbox?.blocked !== true) this.socket.end()
  }

  close(): void {
    if (this.phase >= CLOSING) return
    const open = this.phase === OPEN
    if (open && !this.lastWrite(undefined, 'utf8')) return
    this.phase = CLOSING
    this.discardInput()
    if (open && this.outbox?.blocked !== true) this.socket.end()
    this.deadlines.linger()
    // Over TLS nothing has left yet, and the peer's time begins when it has.
    if (this.socket.writableLength !== 0) this.socket.once('finish', () => this.deadlines.linger())
    this.leave()
  }

  finish(data?: string | Uint8Array, encoding: TextEncoding = 'utf8'): void {
    if (this.phase !== OPEN) return this.close()
    if (!this.lastWrite(data, encoding)) return
    const { socket } = this
    // TLS still has its close_notify to send, and never takes a write at once.
    if (socket.writableLength === 0 && this.outbox?.blocked !== true && !isSecure(socket)) return this.destroy()
    this.phase = FINISHING
    this.discardInput()
    if (this.outbox?.blocked !== true) socket.destroySoon()
    this.deadlines.linger()
  }

  destroy(error?: Error): void {
    if (this.phase >= DESTROYED) return
    this.die(error === undefined ? undefined : fromProgram(error))
    this.socket.destroy()
    this.leave()
  }

  reset(): void {
    if (this.phase >= DESTROYED) return
    const plain = !isSecure(this.socket) && this.remote.family !== 'unix'
    this.die(undefined)
    if (plain) this.socket.resetAndDestroy()
    else this.socket.destroy()
    this.leave()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.closed
  }

  /** Ends all corks and writes. @returns whether the connection is still open after it */
  private lastWrite(data: string | Uint8Array | undefined, encoding: TextEncoding): boolean {
    if (this.phase !== OPEN) return false
    if (data !== undefined) this.write(data, encoding)
    if (this.phase === OPEN) this.outbox?.release()
    return this.phase === OPEN
  }

  private discardInput(): void {
    this.direct = false
    this.inbox?.discard()
  }

  detach(): { socket: Socket | TLSSocket; head: Uint8Array; ended: boolean } {
    if (this.phase === OPEN) this.outbox?.release()
    if (this.phase !== OPEN) throw new TypeError('a connection that is closing or closed cannot be detached')
    if ((this.outbox?.waiting ?? 0) > 0)
      throw new TypeError('octets wait in the write queue: await drained() before detach()')
    const { socket, readable } = this
    const head = this.inbox?.concat() ?? new Uint8Array(0)
    socket.pause()
    leaveAlone(socket)
    this.over(socket)
    return { socket, head, ended: !readable }
  }

  // ── The end ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The server begins to close. */
  lame(): void {
    if (this.phase >= DESTROYED || this.closing) return
    this.closing = true
    this.call('closing')
  }

  /** As `SocketEvents`. */
  broke(cause: Error): void {
    if (this.phase >= DESTROYED) return
    // After close() and with everything sent, how the peer takes its leave is its own affair.
    const regular = this.phase >= CLOSING && this.writeQueue === 0
    this.die(regular ? undefined : fromSystem(cause, 'SOCKET_ERR_SYSTEM'))
    // Plain sockets have destroyed themselves; a TLS socket does not after an alert.
    this.socket.destroy()
  }

  private die(error: SocketError | undefined): void {
    this.phase = DESTROYED
    this.direct = false
    this.outbox?.close()
    this.error = error
    if (error !== undefined) this.call('error', error)
  }

  /** As `SocketEvents`; the consumer may not have seen everything that came before. */
  socketClosed(): void {
    if (this.inbox?.endHeld === true && this.phase < CLOSING) this.socketGone = true
    else this.over()
  }

  /** Where octets were held beyond the socket's own end, this is the end. */
  private leave(): void {
    if (!this.socketGone) return
    this.socketGone = false
    process.nextTick(over, this as SocketConnection<unknown>)
  }

  /** The socket is closed, or given away: the last thing that happens. */
  over(detached?: Socket): void {
    this.phase = detached === undefined ? OVER : DETACHED
    this.outbox?.close()
    this.deadlines.cancel()
    this.direct = false
    const { inbox } = this
    this.inbox = undefined
    inbox?.end(this.error)
    this.waiting?.lost(this.reason())
    this.all.gone(this, detached)
    this.waiting?.over()
    if (detached !== undefined) return
    this.call('close')
    this.waiting?.abort(this.reason())
  }

  /** Calls a hook, if there is one. @returns what it returned */
  private call(hook: Exclude<keyof ConnectionHooks, 'data'>, argument?: unknown): unknown {
    try {
      const result: unknown = (this.hooks[hook] as Hook<C>)?.(this, argument)
      if (result !== undefined) this.watch(hook, result)
      return result
    } catch (error) {
      this.threw(hook, error)
      return undefined
    }
  }

  /** An async hook that rejects has thrown. */
  private watch(hook: string, result: unknown): void {
    if (result instanceof Promise) result.catch((error: unknown) => this.threw(hook, error))
  }

  /** A hook or handler failed: its connection dies, no other one notices. */
  threw(hook: string, cause: unknown): void {
    // Letting the loss of one's own connection through is no failure.
    if ((cause !== undefined && cause === this.error) || this.waiting?.hasTold(cause) === true) return
    const error = fromHook(hook, cause)
    const told = this.phase < DESTROYED && this.hooks.error !== undefined
    this.destroy(error)
    if (!told) this.all.warn(error)
  }

  private reason(): SocketError {
    return this.error ?? this.waiters().closedReason
  }

  private waiters(): Waiting {
    this.waiting ??= new Waiting()
    return this.waiting
  }

  // ── Deadlines ─────────────────────────────────────────────────────────────────────────────────────────────────────

  setTimeouts(timeouts: Timeouts): void {
    this.deadlines.set(timeouts)
  }

  /** As `DeadlinesOwner`, like those that follow. */
  get isOpen(): boolean {
    return this.phase < CLOSING
  }

  get isDead(): boolean {
    return this.phase >= DESTROYED
  }

  get isReading(): boolean {
    return !this.ended && (!this.stopped || this.inbox?.awaited === true)
  }

  get isChoked(): boolean {
    return this.inbox?.choked === true
  }

  lingered(): void {
    this.destroy(this.writeQueue === 0 ? undefined : new SocketError('SOCKET_ERR_LINGER_TIMEOUT'))
  }

  probe(): void {
    if (this.phase === OPEN) this.socket.write('')
  }

  timedOut(kind: TimeoutKind): void {
    const { phase } = this
    if (phase < CLOSING) {
      const keep = this.call('timeout', kind)
      // Answering and ending is the hook's right: for what is left it gets the deadline anew.
      if (keep === true || this.phase !== phase) {
        this.deadlines.restart(kind)
        return
      }
    }
    this.destroy(new SocketError(TIMEOUT_CODES[kind]))
  }
}

function over(connection: SocketConnection<unknown>): void {
  connection.over()
}

function deliverHeld(connection: SocketConnection<unknown>): void {
  connection.deliverHeld()
}
