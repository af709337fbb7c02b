/**
 * The connection, over any duplex stream of the net.Socket family: TCP, TLS, Unix, or the in-memory end of ./testing.
 *
 * Theory of operation
 *
 * Reading. The socket always flows. `pause()` is a flag of ours: while it is set, chunks are held here, and only when
 * enough are held is the socket itself stopped ("choked"). So pausing costs nothing where nothing arrives (a server that
 * pauses for each request), and a peer that leaves is noticed while paused. The pull form (`read`, `for await`) is the
 * same thing: a paused connection whose chunks are taken one by one. A choked socket is not watched by the system any
 * more; a write of no octets once a second asks whether the peer is still there.
 *
 * Writing. See outbox.ts.
 *
 * Ending. The directions end separately: `ended` is the peer's half, `phase` is ours and only grows. Whatever happens,
 * the socket emits 'close' in the end, and nothing else runs the close hook: so it runs once and last.
 *
 * Deadlines. Activity leaves stamps (see deadlines.ts); one timer on the wheel looks at them when the earliest deadline
 * would come, and moves on if there was activity.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { type Address, endOf } from './address.js'
import type { Circumstances } from './circumstances.js'
import type { Connection, TextEncoding } from './connection.js'
import { Deadlines } from './deadlines.js'
import { fromSystem, SocketError, type SocketErrorCode } from './errors.js'
import type { ConnectionHooks } from './hooks.js'
import { checkTimeouts } from './options.js'
import { Outbox, type OutboxOwner, SLICE } from './outbox.js'
import { ReadAhead } from './read-ahead.js'
import { type SecureInfo, secureInfo } from './secure.js'
import type { TimeoutKind, Timeouts } from './timeouts.js'
import type { TimerWheel, WheelTimer } from './timer-wheel.js'

/** How often, in ms, a choked socket is asked whether its peer is still there. */
const PROBE = 1000

// Our half of the connection; it only grows.
const OPEN = 0
/** closeWrite: the socket ends when the queue is empty. */
const ENDING = 1
/** close: as ENDING, and input is thrown away */
const CLOSING = 2
/** finish: the socket is destroyed when the queue is empty */
const FINISHING = 3
const DESTROYED = 4
const OVER = 5

const TIMEOUT_CODES: Record<TimeoutKind, SocketErrorCode> = {
  idle: 'SOCKET_ERR_IDLE_TIMEOUT',
  read: 'SOCKET_ERR_READ_TIMEOUT',
  write: 'SOCKET_ERR_WRITE_TIMEOUT',
  lifetime: 'SOCKET_ERR_LIFETIME_TIMEOUT',
}

/** One who waits for the next chunk. */
interface Reader {
  resolve(result: IteratorResult<Uint8Array, undefined>): void
  reject(error: unknown): void
}

/** What most connections never ask for. */
interface Rare {
  controller?: AbortController
  closed?: Promise<void>
  resolveClosed?: () => void
  drained?: Promise<void>
  drainer?: { resolve(): void; reject(error: unknown): void }
  reason?: SocketError
}

/** How a socket knows its connection: the listeners are shared by all connections and find theirs through `this`. */
const owner: unique symbol = Symbol('connection')

interface Owned {
  [owner]: SocketConnection<unknown>
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true })

let lastId = 0

export class SocketConnection<C = unknown> implements Connection<C>, OutboxOwner {
  readonly id: number = ++lastId
  context: C = undefined as C
  bytesRead = 0
  error: SocketError | undefined = undefined
  closing = false
  readonly wheel: TimerWheel
  /** As a member of its server. */
  place = -1

  private readonly socket: (Socket | TLSSocket) & Owned
  private readonly all: Circumstances<C>
  private readonly hooks: ConnectionHooks<C>
  private phase = OPEN

  private stopped: boolean
  /** Chunks go straight to the data hook: not paused, nothing held, not closing. */
  private direct: boolean
  private held: ReadAhead | undefined = undefined
  private choked = false
  /** The peer's end was seen, but something comes before it. */
  private endHeld = false
  private ended = false
  /** The socket has closed in the regular way; held octets are all that is left of the connection. */
  private socketGone = false
  private reader: Reader | undefined = undefined

  /** Made by the first write that the socket does not simply take: most connections that idle never had one. */
  private outbox: Outbox | undefined = undefined
  private readonly deadlines: Deadlines
  private timer: WheelTimer | undefined = undefined

  private rare: Rare | undefined = undefined

  constructor(socket: Duplex, all: Circumstances<C>) {
    this.socket = socket as (Socket | TLSSocket) & Owned
    this.all = all
    this.hooks = all.hooks
    this.wheel = all.wheel
    this.stopped = all.hooks.data === undefined
    this.direct = !this.stopped
    this.deadlines = new Deadlines(all.timeouts, all.wheel.fresh())
    this.socket[owner] = this as SocketConnection<unknown>
  }

  /** Listens to the socket, which is connected, and calls `open`. */
  start(): void {
    const { socket } = this
    socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
    // node:net remembers the answer. Who may ask when the peer is gone, too late for the first time, has to ask now.
    const { hooks } = this
    if (hooks.close !== undefined || hooks.error !== undefined || hooks.data === undefined) void socket.remoteAddress
    this.arm()
    this.call('open')
  }

  // ── What it is ────────────────────────────────────────────────────────────────────────────────────────────────────

  get remote(): Address {
    return endOf(this.socket, 'remote')
  }

  get local(): Address {
    return endOf(this.socket, 'local')
  }

  get secure(): SecureInfo | undefined {
    return isSecure(this.socket) ? secureInfo(this.socket as TLSSocket) : undefined
  }

  get signal(): AbortSignal {
    const rare = this.rarely()
    if (rare.controller === undefined) {
      rare.controller = new AbortController()
      if (this.phase === OVER) rare.controller.abort(this.reason())
    }
    return rare.controller.signal
  }

  get closed(): Promise<void> {
    if (this.phase === OVER) return Promise.resolve()
    const rare = this.rarely()
    rare.closed ??= new Promise((resolve) => {
      rare.resolveClosed = resolve
    })
    return rare.closed
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
    return !this.ended && !this.endHeld && this.phase < CLOSING
  }

  get paused(): boolean {
    return this.stopped
  }

  get timeouts(): Readonly<Required<Timeouts>> {
    return this.deadlines.limits
  }

  // ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A chunk came. */
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
    const { reader } = this
    if (reader !== undefined) {
      this.reader = undefined
      reader.resolve({ value: chunk, done: false })
      // resume() was called while the reader waited: it comes first, and has seen its chunk before hooks go on.
      if (!this.stopped) setImmediate(deliverHeld, this as SocketConnection<unknown>)
      return
    }
    this.held ??= new ReadAhead()
    if (!this.held.push(chunk) || this.choked) return
    this.choked = true
    this.socket.pause()
    this.arm()
  }

  private takeHeld(): Uint8Array | undefined {
    const { held } = this
    if (held === undefined) return undefined
    const chunk = held.shift()
    if (!held.empty) return chunk
    this.held = undefined
    this.unchoke()
    return chunk
  }

  private unchoke(): void {
    if (!this.choked) return
    this.choked = false
    this.socket.resume()
  }

  pause(): void {
    this.stopped = true
    this.direct = false
  }

  resume(): void {
    if (!this.stopped) return
    this.stopped = false
    if (this.phase >= CLOSING) return
    if (this.held !== undefined || this.endHeld) process.nextTick(deliverHeld, this as SocketConnection<unknown>)
    else if (this.reader === undefined) this.direct = true
    if (this.deadlines.limits.readTimeout === 0) return
    this.deadlines.readAt = this.wheel.fresh()
    this.arm()
  }

  /** After `resume`: what was held, until somebody pauses again. */
  deliverHeld(): void {
    while (!this.stopped && this.phase < CLOSING) {
      const chunk = this.takeHeld()
      if (chunk !== undefined) {
        this.deliver(chunk)
        continue
      }
      this.direct = true
      if (this.endHeld) this.deliverEnd()
      return
    }
  }

  /** The peer has half-closed. */
  peerEnded(): void {
    const waits = this.held !== undefined || (this.stopped && this.hooks.end === undefined && this.reader === undefined)
    if (waits) this.endHeld = true
    else this.deliverEnd()
  }

  private deliverEnd(): void {
    this.endHeld = false
    this.ended = true
    this.endReader()
    if (this.phase >= CLOSING) return
    if (this.hooks.end === undefined) this.close()
    else this.call('end')
    this.leave()
  }

  private endReader(): void {
    const { reader } = this
    this.reader = undefined
    reader?.resolve(DONE)
  }

  async read(): Promise<Uint8Array | undefined> {
    return (await this.pull()).value
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return { next: () => this.pull(), return: () => Promise.resolve(DONE) }
  }

  /** One step of the pull form. */
  pull(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.reader !== undefined) return Promise.reject(new TypeError('somebody else is reading from this connection'))
    this.pause()
    const chunk = this.takeHeld()
    if (chunk !== undefined) return Promise.resolve({ value: chunk, done: false })
    if (this.error !== undefined) return Promise.reject(this.error)
    if (this.endHeld) this.deliverEnd()
    if (this.ended || this.phase >= CLOSING) return Promise.resolve(DONE)
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject }
      if (this.deadlines.limits.readTimeout === 0) return
      this.deadlines.readAt = this.wheel.fresh()
      this.arm()
    })
  }

  // ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

  write(data: string | Uint8Array, encoding: TextEncoding = 'utf8'): boolean {
    if (this.phase !== OPEN) return false
    this.deadlines.writtenAt = this.wheel.now
    const { outbox, socket } = this
    if (outbox !== undefined || !(data.length <= SLICE)) return this.box().write(data, encoding)
    socket.write(data as string, encoding)
    return socket.writableLength === 0 || this.box().settle()
  }

  private box(): Outbox {
    this.outbox ??= new Outbox(this.socket, this, this.all.maxWriteQueue)
    return this.outbox
  }

  cork(): void {
    if (this.phase === OPEN) this.box().cork()
  }

  uncork(): boolean {
    return this.outbox?.uncork() !== false && this.phase === OPEN
  }

  /** As `OutboxOwner`: a stall begins, unless it has begun. */
  stalled(): void {
    const { deadlines } = this
    if (deadlines.stalled) return
    deadlines.stall(this.wheel.fresh(), this.taken())
    if (deadlines.limits.writeTimeout !== 0 || this.phase >= CLOSING) this.arm()
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
    const { rare } = this
    if (rare?.drainer !== undefined) {
      rare.drainer.resolve()
      delete rare.drainer
      delete rare.drained
    }
    if (this.phase === OPEN) this.call('drain')
  }

  /** As `OutboxOwner`: the peer does not read. */
  overflowed(): void {
    this.destroy(new SocketError('SOCKET_ERR_WRITE_QUEUE'))
  }

  drained(): Promise<void> {
    if (this.phase >= DESTROYED) return Promise.reject(this.reason())
    if (this.outbox?.owed !== true) return Promise.resolve()
    const rare = this.rarely()
    rare.drained ??= new Promise((resolve, reject) => {
      rare.drainer = { resolve, reject }
    })
    return rare.drained
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
    this.linger()
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
    this.linger()
  }

  destroy(error?: Error): void {
    if (this.phase >= DESTROYED) return
    this.die(error === undefined ? undefined : reasonOf(error))
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
    this.held = undefined
    this.endHeld = false
    this.endReader()
    this.unchoke()
  }

  private linger(): void {
    this.deadlines.stall(this.wheel.fresh(), this.taken())
    this.arm()
  }

  detach(): { socket: Socket | TLSSocket; head: Uint8Array } {
    if (this.phase === OPEN) this.outbox?.release()
    if (this.phase !== OPEN) throw new TypeError('a connection that is closing or closed cannot be detached')
    if ((this.outbox?.waiting ?? 0) > 0)
      throw new TypeError('octets wait in the write queue: await drained() before detach()')
    const { socket } = this
    const head = this.held?.concat() ?? new Uint8Array(0)
    socket.pause()
    socket.off('data', onData).off('end', onEnd).off('close', onClose)
    // The error listener stays: a reset before the new owner listens must not end the process. It finds `OVER` and rests.
    this.over(socket)
    return { socket, head }
  }

  // ── The end ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The server begins to close. */
  lame(): void {
    if (this.phase >= DESTROYED || this.closing) return
    this.closing = true
    this.call('closing')
  }

  /** The socket broke. */
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
    if (error === undefined) return
    try {
      const result: unknown = this.hooks.error?.(this, error)
      if (result !== undefined) this.watch('error', result)
    } catch (thrown) {
      this.threw('error', thrown)
    }
  }

  /** The socket has closed; the consumer may not have seen everything that came before. */
  socketClosed(): void {
    if (this.endHeld && this.phase < CLOSING) this.socketGone = true
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
    this.phase = OVER
    this.outbox?.close()
    this.timer?.cancel()
    this.direct = false
    this.held = undefined
    const { reader, rare } = this
    this.reader = undefined
    if (this.error === undefined) reader?.resolve(DONE)
    else reader?.reject(this.error)
    rare?.drainer?.reject(this.reason())
    this.all.gone(this, detached)
    rare?.resolveClosed?.()
    if (detached !== undefined) return
    this.call('close')
    rare?.controller?.abort(this.reason())
  }

  private call(hook: 'open' | 'drain' | 'end' | 'closing' | 'close'): void {
    try {
      const result: unknown = this.hooks[hook]?.(this)
      if (result !== undefined) this.watch(hook, result)
    } catch (error) {
      this.threw(hook, error)
    }
  }

  /** An async hook that rejects has thrown. */
  private watch(hook: string, result: unknown): void {
    if (result instanceof Promise) result.catch((error: unknown) => this.threw(hook, error))
  }

  /** A hook or handler failed: its connection dies, no other one notices. */
  threw(hook: string, cause: unknown): void {
    // Letting the loss of one's own connection through is no failure.
    if (cause !== undefined && (cause === this.error || cause === this.rare?.reason)) return
    const error = new SocketError('SOCKET_ERR_HOOK', `the ${hook} hook threw: ${String(cause)}`, { cause })
    const told = this.phase < DESTROYED && this.hooks.error !== undefined
    this.destroy(error)
    if (!told) this.all.warn(error)
  }

  private reason(): SocketError {
    if (this.error !== undefined) return this.error
    const rare = this.rarely()
    rare.reason ??= new SocketError('SOCKET_ERR_CLOSED')
    return rare.reason
  }

  private rarely(): Rare {
    this.rare ??= {}
    return this.rare
  }

  /** Octets of ours that the system has taken. */
  private taken(): number {
    return this.socket.bytesWritten - this.socket.writableLength
  }

  // ── Deadlines ─────────────────────────────────────────────────────────────────────────────────────────────────────

  setTimeouts(timeouts: Timeouts): void {
    checkTimeouts(timeouts)
    const { deadlines } = this
    deadlines.limits = { ...deadlines.limits, ...timeouts }
    if (timeouts.idleTimeout !== undefined || timeouts.readTimeout !== undefined) deadlines.readAt = this.wheel.fresh()
    if (this.phase < DESTROYED) this.arm()
  }

  /** The earliest deadline may have come: acts on it, or waits for the next one. */
  deadline(): void {
    if (this.phase >= DESTROYED) return
    const { deadlines, socket, wheel } = this
    const open = this.phase < CLOSING
    if (deadlines.stalled) {
      deadlines.progress(wheel.now, this.taken())
      if (open && socket.writableLength === 0) deadlines.flowing()
    }
    // Stamps are up to one tick old: a deadline counts from the latest moment that they may stand for.
    const now = wheel.now - wheel.resolution
    const kind = deadlines.expired(now, open, this.reading())
    if (kind !== undefined) this.timedOut(kind)
    else if (!open && deadlines.stuckFor(this.all.lingerTimeout, now)) {
      this.destroy(this.writeQueue === 0 ? undefined : new SocketError('SOCKET_ERR_LINGER_TIMEOUT'))
    } else if (this.choked && this.phase === OPEN && socket.writableLength === 0) socket.write('')
    if (this.phase < DESTROYED) this.arm()
  }

  /** Somebody wants the peer's octets. */
  private reading(): boolean {
    return !this.ended && (!this.stopped || this.reader !== undefined)
  }

  private timedOut(kind: TimeoutKind): void {
    const { phase } = this
    if (phase < CLOSING && this.hooks.timeout !== undefined) {
      let keep: unknown
      try {
        keep = this.hooks.timeout(this, kind)
        if (keep instanceof Promise) this.watch('timeout', keep)
      } catch (error) {
        this.threw('timeout', error)
        return
      }
      // Answering and closing is the hook's right, and what it set anew counts from now.
      if (this.phase !== phase) return
      if (keep === true) {
        this.deadlines.restart(kind, this.wheel.now)
        return
      }
    }
    this.destroy(new SocketError(TIMEOUT_CODES[kind]))
  }

  private arm(): void {
    const now = this.wheel.fresh()
    let due = this.deadlines.next(this.phase < CLOSING, this.reading(), this.all.lingerTimeout)
    if (this.choked) due = Math.min(due, now + PROBE)
    if (due === Infinity) {
      this.timer?.cancel()
      return
    }
    this.timer ??= this.wheel.timer(onDeadline, this as SocketConnection<unknown>)
    this.timer.before(Math.max(0, due - now))
  }
}

function onData(this: Owned, chunk: Uint8Array): void {
  this[owner].received(chunk)
}

function onEnd(this: Owned): void {
  this[owner].peerEnded()
}

function onError(this: Owned, error: Error): void {
  this[owner].broke(error)
}

function onClose(this: Owned): void {
  this[owner].socketClosed()
}

function over(connection: SocketConnection<unknown>): void {
  connection.over()
}

function onDeadline(connection: SocketConnection<unknown>): void {
  connection.deadline()
}

function deliverHeld(connection: SocketConnection<unknown>): void {
  connection.deliverHeld()
}

function isSecure(socket: Duplex): boolean {
  return (socket as { encrypted?: boolean }).encrypted === true
}

function reasonOf(error: Error): SocketError {
  if (error instanceof SocketError) return error
  const message = `the program destroyed the connection: ${error.message}`
  return new SocketError('SOCKET_ERR_DESTROYED', message, { cause: error })
}
