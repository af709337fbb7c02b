/**
 * One connection over any duplex stream of the net.Socket family: TCP, TLS, Unix, or the in-memory pair of ./testing.
 *
 * Theory of operation
 * - The socket always flows. `pause()` is a flag of ours: while it is set, chunks are held here, and only when 16 KiB
 *   are held is the socket itself stopped. So pausing is free where nothing arrives (a server that pauses for each
 *   request), and a peer that leaves is noticed while paused. The pull form (`read`, `for await`) is the same thing:
 *   a paused connection whose held chunks are taken one by one.
 * - `write` goes straight to the socket while the socket takes it. What the socket refuses waits in a queue of ours and
 *   follows in slices, so that progress of a large write is seen (write stall, linger) and the queue can be bounded.
 * - The two directions end separately. `ended`: the peer's half. `phase`: our half. When both are over, or on destroy,
 *   the socket emits 'close' and the close hook runs: nothing else calls it, so it runs once and last.
 */

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Address } from './address.js'
import { fromSystem, SocketError, type SocketErrorCode } from './errors.js'
import type { ConnectionHooks, TimeoutKind, Timeouts } from './hooks.js'
import { type SecureInfo, secureInfo } from './secure.js'
import type { TimerWheel, WheelTimer } from './timer-wheel.js'
import { WriteBatch } from './write-batch.js'

/** Octets read ahead of a paused consumer before the socket itself is stopped. */
const READ_AHEAD = 16 * 1024
/** The largest piece of a waiting write that the socket gets at once: the grain in which progress is seen. */
const SLICE = 128 * 1024

/** Our half of the connection. The order of the numbers matters: `phase > OPEN` means that nothing more is written. */
const OPEN = 0
/** closeWrite: end the socket when the queue is empty */
const ENDING = 1
/** close: as ENDING, and input is thrown away */
const CLOSING = 2
/** finish: destroy when the queue is empty */
const FINISHING = 3
const DESTROYED = 4
const CLOSED = 5
const DETACHED = 6

/** @internal What the connections of one server (or one `connect`) have in common. */
export interface Circumstances<C> {
  readonly hooks: ConnectionHooks<C>
  readonly wheel: TimerWheel
  readonly timeouts: Required<Timeouts>
  readonly lingerTimeout: number
  readonly maxWriteQueue: number
  /** takes what no hook takes */
  warn(error: SocketError): void
  /** the connection is over; runs before the close hook, whatever that one does */
  gone(connection: Connection<C>): void
}

const TIMEOUT_CODES: Record<TimeoutKind, SocketErrorCode> = {
  idle: 'SOCKET_ERR_IDLE_TIMEOUT',
  read: 'SOCKET_ERR_READ_TIMEOUT',
  write: 'SOCKET_ERR_WRITE_TIMEOUT',
  lifetime: 'SOCKET_ERR_LIFETIME_TIMEOUT',
}

const owner: unique symbol = Symbol('connection')

interface Owned {
  [owner]: Connection<unknown>
}

type AnySocket = (Socket | TLSSocket) & Owned

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
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true })

let ids = 0

/** One end of a byte stream to a peer. Made by `serve`, `listen` and `connect`. */
export class Connection<C = unknown> implements AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Unique in the process, from 1 up. */
  readonly id: number = ++ids
  /** The protocol's own state of this connection; undefined until it is set. */
  context: C = undefined as C
  /** Octets received so far; those that wait for a paused consumer included. */
  bytesRead = 0
  /** Why the connection died; undefined while it lives and after a regular close. */
  error: SocketError | undefined = undefined
  /** The server is closing: finish what is under way, then close. */
  closing = false

  private readonly socket: AnySocket
  private readonly all: Circumstances<C>
  private readonly hooks: ConnectionHooks<C>
  private readonly wheel: TimerWheel
  private phase = OPEN
  private stopped = false
  /** chunks go straight to the data hook: not paused, nothing held, not closing */
  private direct = true
  private ended = false
  private held: Uint8Array[] | undefined = undefined
  private heldSize = 0
  /** the socket itself is stopped because too much is held */
  private choked = false
  /** the peer's end was seen but octets before it are still held */
  private endHeld = false
  private reader: Reader | undefined = undefined
  /** the socket is full: writes wait in `queue` until it drains */
  private blocked = false
  /** a write returned false: the drain hook is owed */
  private draining = false
  private drainListened = false
  private queue: Uint8Array[] | undefined = undefined
  private queueSize = 0
  private batch: WriteBatch | undefined = undefined
  private corks = 0
  private limits: Required<Timeouts>
  private timer: WheelTimer | undefined = undefined
  private readAt: number
  private writtenAt: number
  private openedAt: number
  private stalledAt = -1
  private stalledMark = 0
  private remoteAddress: Address | undefined = undefined
  private localAddress: Address | undefined = undefined
  private rare: Rare | undefined = undefined

  /** @internal use `serve`, `listen` or `connect` */
  constructor(socket: Duplex, all: Circumstances<C>) {
    this.socket = socket as AnySocket
    this.all = all
    this.hooks = all.hooks
    this.wheel = all.wheel
    this.limits = all.timeouts
    this.readAt = this.writtenAt = this.openedAt = all.wheel.now
    this.socket[owner] = this as Connection<unknown>
  }

  // ── what it is ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The peer's address. Asked for late, after the peer is gone, it may be empty: ask in `open` if `close` needs it. */
  get remote(): Address {
    this.remoteAddress ??= endAddress(this.socket, 'remote')
    return this.remoteAddress
  }

  /** Our own address of this connection. */
  get local(): Address {
    this.localAddress ??= endAddress(this.socket, 'local')
    return this.localAddress
  }

  /** What the TLS handshake agreed on; undefined when the connection is not encrypted. */
  get secure(): SecureInfo | undefined {
    return isSecure(this.socket) ? secureInfo(this.socket as TLSSocket) : undefined
  }

  /** Aborts when the connection is over, with `SocketError` as reason. Made when first asked for. */
  get signal(): AbortSignal {
    const rare = this.rarely()
    if (rare.controller === undefined) {
      rare.controller = new AbortController()
      if (this.phase === CLOSED) rare.controller.abort(this.reason())
    }
    return rare.controller.signal
  }

  /** Octets given to `write` that the system has accepted or that still wait. */
  get bytesWritten(): number {
    return this.socket.bytesWritten + this.queueSize + (this.batch?.size ?? 0)
  }

  /** Octets that wait to leave: the peer reads slower than we write. */
  get writeQueue(): number {
    return this.socket.writableLength + this.queueSize + (this.batch?.size ?? 0)
  }

  /** `write` still has an effect: not closed, nor closing, nor half-closed by us. */
  get writable(): boolean {
    return this.phase === OPEN
  }

  /** The peer may still send: it has not half-closed, and we are not closing. */
  get readable(): boolean {
    return !this.ended && !this.endHeld && this.phase < CLOSING
  }

  /** `pause` is in force. */
  get paused(): boolean {
    return this.stopped
  }

  /** The deadlines in force, milliseconds, 0 = off. */
  get timeouts(): Readonly<Required<Timeouts>> {
    return this.limits
  }

  /** Resolves when the connection is over, whatever it ended by; never rejects (`error` has the reason). */
  get closed(): Promise<void> {
    const rare = this.rarely()
    rare.closed ??=
      this.phase >= CLOSED
        ? Promise.resolve()
        : new Promise((resolve) => {
            rare.resolveClosed = resolve
          })
    return rare.closed
  }

  // ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Sends octets, with one system call when the socket takes them; otherwise they wait in the queue.
   *
   * @param data is not copied: leave it unchanged until the queue is drained
   * @param encoding of a string; `latin1` is the cheaper one
   * @returns whether to go on. False: wait for `drain` or `drained()`; or the connection is closed or closing, and the
   * octets are dropped (no error: the peer may go at any moment; `writable` tells)
   */
  write(data: string | Uint8Array, encoding: 'utf8' | 'latin1' = 'utf8'): boolean {
    if (this.phase !== OPEN || this.blocked || this.corks !== 0 || data.length > SLICE) {
      return this.writeLater(data, encoding)
    }
    this.writtenAt = this.wheel.now
    const socket = this.socket
    socket.write(data as string, encoding)
    return socket.writableLength === 0 || this.settle()
  }

  /** Collects the writes that follow until `uncork`; nestable. The batch leaves in one system call. */
  cork(): void {
    this.corks++
  }

  /** Ends the latest `cork`; the outermost one sends the batch. @returns as `write` */
  uncork(): boolean {
    if (this.corks > 0 && --this.corks === 0) this.flush()
    return !this.blocked && this.phase === OPEN
  }

  /**
   * Resolves when the write queue is empty, at once when `write` may go on.
   *
   * @throws SocketError the connection was lost before that
   */
  drained(): Promise<void> {
    if (this.phase >= DESTROYED) return Promise.reject(this.reason())
    if (!this.draining) return Promise.resolve()
    const rare = this.rarely()
    rare.drained ??= new Promise((resolve, reject) => {
      rare.drainer = { resolve, reject }
    })
    return rare.drained
  }

  /**
   * Half-closes: the peer sees the end of our octets after what is queued; reading goes on.
   *
   * @param data a last write, which leaves together with the end where the system can
   */
  closeWrite(data?: string | Uint8Array, encoding: 'utf8' | 'latin1' = 'utf8'): void {
    if (this.phase !== OPEN) return
    this.corks = 0
    this.flush()
    this.endWith(ENDING, data, encoding)
  }

  /**
   * Closes both ways after what is queued has left. Input that still comes is thrown away, for `lingerTimeout` at most,
   * so that the system does not answer it with a reset that would destroy our last octets on their way.
   */
  close(): void {
    if (this.phase >= CLOSING) return
    const wasOpen = this.phase === OPEN
    if (wasOpen) {
      this.corks = 0
      this.flush()
    }
    if (this.phase >= CLOSING) return
    this.discard()
    if (wasOpen) this.endWith(CLOSING, undefined, 'utf8')
    else this.phase = CLOSING
    this.linger()
  }

  /**
   * The cheap close of a server that has read all it wants: writes, and destroys at once when the system took
   * everything, else as soon as it does. Unread input makes the system reset the connection: only after a whole request.
   */
  finish(data?: string | Uint8Array, encoding: 'utf8' | 'latin1' = 'utf8'): void {
    if (this.phase !== OPEN) return this.close()
    this.corks = 0
    this.flush()
    if (data !== undefined && data.length > 0) this.write(data, encoding)
    if (this.phase !== OPEN) return
    const socket = this.socket
    if (socket.writableLength === 0 && this.queue === undefined && !isSecure(socket)) return this.destroy()
    this.discard()
    this.phase = FINISHING
    if (this.queue === undefined) socket.destroySoon()
    this.linger()
  }

  /**
   * Closes at once; what waits in either direction is lost.
   *
   * @param error becomes `connection.error` and goes to the error hook; without it the close hook runs alone
   */
  destroy(error?: Error): void {
    if (this.phase >= DESTROYED) return
    this.die(error === undefined ? undefined : reasonOf(error))
    this.socket.destroy()
  }

  /** Closes at once with a TCP reset, which the peer sees as an error; elsewhere than on TCP the same as `destroy`. */
  reset(): void {
    if (this.phase >= DESTROYED) return
    const plain = !isSecure(this.socket) && this.remote.family.startsWith('IP')
    this.die(undefined)
    if (plain) this.socket.resetAndDestroy()
    else this.socket.destroy()
  }

  /** `close`, then waits for it: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.closed
  }

  // ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * No `data` hook until `resume`. Nearly free: up to 16 KiB are read ahead and kept, then the socket is stopped, and
   * the peer with it. That the peer is gone is still noticed; its half-close too, unless octets wait before it.
   */
  pause(): void {
    this.stopped = true
    this.direct = false
  }

  /** Ends `pause`. What was kept is delivered in the next turn of the event loop, not inside this call. */
  resume(): void {
    if (!this.stopped) return
    this.stopped = false
    if (this.phase >= CLOSING) return
    if (this.held === undefined) this.direct = true
    else process.nextTick(deliverHeld, this)
  }

  /**
   * Takes the next chunk; pauses the connection, so that nothing goes to the `data` hook besides.
   *
   * @returns octets; undefined when the peer has half-closed or the connection was closed
   * @throws SocketError the connection was lost
   */
  async read(): Promise<Uint8Array | undefined> {
    return (await this.pull()).value
  }

  /**
   * The peer's octets, chunk by chunk, with back-pressure; ends at the peer's half-close. Leaving the loop early leaves
   * the connection as it is, paused: loop again, write, or close.
   *
   * @throws SocketError the connection was lost
   */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return new Chunks(this as Connection<unknown>)
  }

  /** @internal one step of the iterator */
  pull(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.reader !== undefined) return Promise.reject(new TypeError('somebody else is reading from this connection'))
    this.stopped = true
    this.direct = false
    const chunk = this.takeHeld()
    if (chunk !== undefined) return Promise.resolve({ value: chunk, done: false })
    if (this.endHeld) this.deliverEnd()
    if (this.error !== undefined) return Promise.reject(this.error)
    if (this.ended || this.phase >= CLOSING) return Promise.resolve(DONE)
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject }
    })
  }

  // ── deadlines and hand-over ───────────────────────────────────────────────────────────────────────────────────────

  /**
   * Changes deadlines of this connection; those not given stay. `idle` and `read` count from now when given, `lifetime`
   * from `open`. Cheap enough for every message: no timer is made.
   */
  setTimeouts(timeouts: Timeouts): void {
    this.limits = { ...this.limits, ...timeouts }
    if (timeouts.idleTimeout !== undefined || timeouts.readTimeout !== undefined) this.readAt = this.wheel.now
    if (this.phase < DESTROYED) this.arm()
  }

  /**
   * Gives the socket up, for a protocol of somebody else's (a WebSocket library). No hook runs after it, `close` neither;
   * for the server the connection is over, except that `maxConnections` counts its socket until that closes.
   *
   * @returns the socket, stopped, and the octets that were read but not delivered; the data hook adds what it has left
   * of its own chunk
   * @throws TypeError when octets wait to be written, or the connection is closing
   */
  detach(): { socket: Socket | TLSSocket; head: Uint8Array } {
    if (this.phase !== OPEN) throw new TypeError('a connection that is closed or closing cannot be detached')
    this.corks = 0
    this.flush()
    if (this.queue !== undefined) throw new TypeError('octets wait in the write queue: await drained() before detach()')
    const head = this.held === undefined ? new Uint8Array(0) : Buffer.concat(this.held)
    const socket = this.socket
    socket.pause()
    socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose).off('drain', onDrain)
    this.phase = DETACHED
    this.over()
    return { socket, head }
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @internal The socket is connected: listens to it and calls `open`. */
  start(): void {
    this.socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
    this.arm()
    this.call('open')
  }

  /** @internal The server is closing. */
  lame(): void {
    if (this.phase >= DESTROYED || this.closing) return
    this.closing = true
    this.call('closing')
  }

  /** @internal */
  received(chunk: Uint8Array): void {
    this.bytesRead += chunk.length
    this.readAt = this.wheel.now
    if (!this.direct) return this.hold(chunk)
    this.deliver(chunk)
  }

  private deliver(chunk: Uint8Array): void {
    try {
      const result: unknown = this.hooks.data!(this, chunk)
      if (result !== undefined) this.watch('data', result)
    } catch (error) {
      this.threw('data', error)
    }
  }

  private hold(chunk: Uint8Array): void {
    if (this.phase >= CLOSING) return
    const reader = this.reader
    if (reader !== undefined) {
      this.reader = undefined
      reader.resolve({ value: chunk, done: false })
      return
    }
    if (this.held === undefined) this.held = [chunk]
    else this.held.push(chunk)
    this.heldSize += chunk.length
    // The count is bounded too: thousands of chunks of one octet cost more than their octets.
    if (!this.choked && (this.heldSize >= READ_AHEAD || this.held.length >= 64)) {
      this.choked = true
      this.socket.pause()
    }
  }

  private takeHeld(): Uint8Array | undefined {
    const held = this.held
    if (held === undefined) return undefined
    const chunk = held.shift()!
    this.heldSize -= chunk.length
    if (held.length === 0) {
      this.held = undefined
      if (this.choked) {
        this.choked = false
        this.socket.resume()
      }
    }
    return chunk
  }

  /** @internal after `resume`: what was held, until somebody pauses again */
  deliverHeld(): void {
    while (!this.stopped && this.phase < CLOSING) {
      const chunk = this.takeHeld()
      if (chunk === undefined) {
        this.direct = true
        if (this.endHeld) this.deliverEnd()
        return
      }
      this.deliver(chunk)
    }
  }

  /** @internal */
  peerEnded(): void {
    if (this.held === undefined) this.deliverEnd()
    else this.endHeld = true
  }

  private deliverEnd(): void {
    this.endHeld = false
    this.ended = true
    const reader = this.reader
    this.reader = undefined
    reader?.resolve(DONE)
    if (this.phase >= CLOSING) return
    if (this.hooks.end === undefined) this.close()
    else this.call('end')
  }

  private writeLater(data: string | Uint8Array, encoding: 'utf8' | 'latin1'): boolean {
    if (this.phase !== OPEN) return false
    if (this.writeQueue > this.all.maxWriteQueue) {
      this.destroy(new SocketError('SOCKET_ERR_WRITE_QUEUE'))
      return false
    }
    if (data.length === 0) return !this.blocked
    this.writtenAt = this.wheel.now
    if (this.corks !== 0) {
      this.batch ??= new WriteBatch()
      this.batch.add(data, encoding)
      if (this.batch.size >= SLICE) this.flush()
      return !this.blocked
    }
    this.enqueue(typeof data === 'string' ? Buffer.from(data, encoding) : data)
    return !this.blocked && this.phase === OPEN
  }

  private enqueue(bytes: Uint8Array): void {
    if (this.queue === undefined) this.queue = [bytes]
    else this.queue.push(bytes)
    this.queueSize += bytes.length
    if (this.blocked) this.draining = true
    else this.pump()
  }

  /** Sends what was collected while corked. */
  private flush(): void {
    const batch = this.batch
    if (batch === undefined) return
    this.batch = undefined
    const whole = batch.take()
    if (whole === undefined || this.phase !== OPEN) return
    const { data, encoding } = whole
    if (this.blocked || data.length > SLICE) {
      this.enqueue(typeof data === 'string' ? Buffer.from(data, encoding) : data)
      return
    }
    this.socket.write(data as string, encoding)
    if (this.socket.writableLength !== 0) this.settle()
  }

  /** The socket did not take a write whole. @returns whether it has room for more */
  private settle(): boolean {
    if (this.stalledAt === -1) {
      this.stalledAt = this.wheel.now
      this.stalledMark = this.taken()
      if (this.limits.writeTimeout !== 0) this.arm()
    }
    if (!this.socket.writableNeedDrain) return true
    if (!this.drainListened) {
      this.drainListened = true
      this.socket.on('drain', onDrain)
    }
    this.blocked = this.draining = true
    return false
  }

  /** @internal The socket has room: the next slices, then whatever waits for the empty queue. */
  pump(): void {
    const socket = this.socket
    this.stalledAt = -1
    while (this.queue !== undefined && this.phase < DESTROYED) {
      if (socket.writableLength !== 0 && !this.settle()) return
      socket.write(this.takeSlice(this.queue))
    }
    if (this.phase >= DESTROYED) return
    if (socket.writableLength !== 0 && !this.settle()) return
    this.blocked = false
    if (this.phase === FINISHING) socket.destroySoon()
    else if (this.phase !== OPEN) socket.end()
    if (!this.draining) return
    this.draining = false
    const rare = this.rare
    if (rare?.drainer !== undefined) {
      const { drainer } = rare
      delete rare.drainer
      delete rare.drained
      drainer.resolve()
    }
    if (this.phase === OPEN) this.call('drain')
  }

  /** Up to SLICE octets from the front of the queue; small pieces are joined, one system call is worth a copy. */
  private takeSlice(queue: Uint8Array[]): Uint8Array {
    const first = queue[0]!
    let slice: Uint8Array
    if (first.length > SLICE) {
      slice = first.subarray(0, SLICE)
      queue[0] = first.subarray(SLICE)
    } else {
      let count = 1
      let size = first.length
      while (count < queue.length && size + queue[count]!.length <= SLICE) size += queue[count++]!.length
      slice = count === 1 ? first : Buffer.concat(queue.slice(0, count), size)
      queue.splice(0, count)
      if (queue.length === 0) this.queue = undefined
    }
    this.queueSize -= slice.length
    return slice
  }

  private endWith(phase: number, data: string | Uint8Array | undefined, encoding: 'utf8' | 'latin1'): void {
    if (this.phase !== OPEN) return
    if (data !== undefined && data.length > 0) {
      if (!this.blocked && data.length <= SLICE) {
        this.phase = phase
        this.socket.end(data as string, encoding)
        return
      }
      this.writeLater(data, encoding)
      if (this.phase !== OPEN) return
    }
    this.phase = phase
    if (this.queue === undefined) this.socket.end()
  }

  /** From here on input is thrown away. */
  private discard(): void {
    this.direct = false
    this.held = undefined
    this.endHeld = false
    const reader = this.reader
    this.reader = undefined
    reader?.resolve(DONE)
    if (this.choked) {
      this.choked = false
      this.socket.resume()
    }
  }

  private linger(): void {
    this.stalledAt = this.wheel.now
    this.stalledMark = this.taken()
    this.arm()
  }

  /** @internal the socket broke; it is destroyed already */
  broke(cause: Error): void {
    if (this.phase >= DESTROYED) return
    // After close() and with everything sent, how the peer takes its leave is its own affair.
    if (this.phase >= CLOSING && this.socket.writableLength === 0 && this.queue === undefined) this.die(undefined)
    else this.die(fromSystem(cause, 'SOCKET_ERR_SYSTEM'))
  }

  private die(error: SocketError | undefined): void {
    this.phase = DESTROYED
    this.direct = false
    this.error = error
    if (error === undefined) return
    try {
      const result: unknown = this.hooks.error?.(this, error)
      if (result !== undefined) this.watch('error', result)
    } catch (thrown) {
      this.threw('error', thrown)
    }
  }

  /** @internal the socket is closed: the last thing that happens */
  over(): void {
    const detached = this.phase === DETACHED
    if (!detached) this.phase = CLOSED
    this.timer?.cancel()
    this.direct = false
    this.held = this.queue = this.batch = undefined
    this.heldSize = this.queueSize = 0
    const { reader, rare } = this
    this.reader = undefined
    if (reader !== undefined) {
      if (this.error === undefined) reader.resolve(DONE)
      else reader.reject(this.error)
    }
    rare?.drainer?.reject(this.reason())
    this.all.gone(this)
    if (!detached) this.call('close')
    rare?.controller?.abort(this.reason())
    rare?.resolveClosed?.()
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

  /** @internal */
  threw(hook: string, cause: unknown): void {
    // A handler that lets the loss of its own connection through has not failed.
    if (cause === this.error && cause !== undefined) return
    const error = new SocketError('SOCKET_ERR_HOOK', `the ${hook} hook threw: ${String(cause)}`, { cause })
    const told = this.phase < DESTROYED && this.hooks.error !== undefined
    this.destroy(error)
    if (!told) this.all.warn(error)
  }

  private reason(): SocketError {
    return this.error ?? new SocketError('SOCKET_ERR_CLOSED', 'the connection is closed')
  }

  private rarely(): Rare {
    this.rare ??= {}
    return this.rare
  }

  /** Octets of ours that the system has taken. */
  private taken(): number {
    return this.socket.bytesWritten - this.socket.writableLength
  }

  /** @internal The earliest deadline may have come: acts on it, or waits for the next one. */
  deadline(): void {
    if (this.phase >= DESTROYED) return
    const { idleTimeout, readTimeout, writeTimeout, lifetimeTimeout } = this.limits
    // Stamps are up to one tick old: a deadline counts from the latest moment that they may stand for.
    const now = this.wheel.now - this.wheel.resolution
    if (this.stalledAt !== -1) this.measureProgress()
    if (lifetimeTimeout > 0 && now >= this.openedAt + lifetimeTimeout) this.timedOut('lifetime')
    else if (this.phase >= CLOSING) this.lingered(now)
    else if (writeTimeout > 0 && this.stalledAt !== -1 && now >= this.stalledAt + writeTimeout) this.timedOut('write')
    else if (readTimeout > 0 && !this.stopped && !this.ended && now >= this.readAt + readTimeout) this.timedOut('read')
    else if (idleTimeout > 0 && now >= Math.max(this.readAt, this.writtenAt) + idleTimeout) this.timedOut('idle')
    if (this.phase < DESTROYED) this.arm()
  }

  /** Whether the peer took octets since the stall was first seen. */
  private measureProgress(): void {
    const taken = this.taken()
    if (taken !== this.stalledMark) {
      this.stalledMark = taken
      this.stalledAt = this.wheel.now
      this.writtenAt = this.wheel.now
    } else if (this.phase < CLOSING && this.socket.writableLength === 0) this.stalledAt = -1
  }

  private timedOut(kind: TimeoutKind): void {
    const { phase } = this
    try {
      if (phase < CLOSING && this.hooks.timeout?.(this, kind) === true) {
        if (kind === 'lifetime') this.openedAt = this.wheel.now
        if (kind === 'write') this.stalledAt = this.wheel.now
        this.readAt = this.writtenAt = this.wheel.now
        return
      }
    } catch (error) {
      return this.threw('timeout', error)
    }
    if (this.phase === phase) this.destroy(new SocketError(TIMEOUT_CODES[kind]))
  }

  private lingered(now: number): void {
    if (this.all.lingerTimeout === 0 || now < this.stalledAt + this.all.lingerTimeout) return
    const flushed = this.socket.writableLength === 0 && this.queue === undefined
    this.destroy(flushed ? undefined : new SocketError('SOCKET_ERR_LINGER_TIMEOUT'))
  }

  private arm(): void {
    const due = this.nextDue()
    if (due === Infinity) {
      this.timer?.cancel()
      return
    }
    this.timer ??= this.wheel.timer(onDeadline, this as Connection<unknown>)
    this.timer.before(Math.max(0, due - this.wheel.now))
  }

  /** When the earliest deadline comes, if nothing happens until then. */
  private nextDue(): number {
    const { idleTimeout, readTimeout, writeTimeout, lifetimeTimeout } = this.limits
    let due = Infinity
    if (this.phase < CLOSING) {
      if (idleTimeout > 0) due = Math.max(this.readAt, this.writtenAt) + idleTimeout
      if (readTimeout > 0 && !this.stopped && !this.ended) due = Math.min(due, this.readAt + readTimeout)
      if (writeTimeout > 0 && this.stalledAt !== -1) due = Math.min(due, this.stalledAt + writeTimeout)
    } else if (this.all.lingerTimeout > 0) {
      due = this.stalledAt + this.all.lingerTimeout
    }
    if (lifetimeTimeout > 0) due = Math.min(due, this.openedAt + lifetimeTimeout)
    return due
  }
}

class Chunks implements AsyncIterator<Uint8Array, undefined> {
  constructor(private readonly connection: Connection<unknown>) {}

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.connection.pull()
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    return Promise.resolve(DONE)
  }
}

// Shared by all connections: the socket is `this` and knows its connection.

function onData(this: Owned, chunk: Uint8Array): void {
  this[owner].received(chunk)
}

function onEnd(this: Owned): void {
  this[owner].peerEnded()
}

function onDrain(this: Owned): void {
  this[owner].pump()
}

function onError(this: Owned, error: Error): void {
  this[owner].broke(error)
}

function onClose(this: Owned): void {
  this[owner].over()
}

function deliverHeld(connection: Connection<never>): void {
  connection.deliverHeld()
}

function onDeadline(connection: Connection<unknown>): void {
  connection.deadline()
}

function isSecure(socket: Duplex): boolean {
  return (socket as { encrypted?: boolean }).encrypted === true
}

function reasonOf(error: Error): SocketError {
  return error instanceof SocketError
    ? error
    : new SocketError('SOCKET_ERR_DESTROYED', `the program destroyed the connection: ${error.message}`, {
        cause: error,
      })
}

function endAddress(socket: Socket, end: 'remote' | 'local'): Address {
  const memory = (socket as { memoryAddress?: Address }).memoryAddress
  if (memory !== undefined) return memory
  const host = end === 'remote' ? socket.remoteAddress : socket.localAddress
  const port = end === 'remote' ? socket.remotePort : socket.localPort
  if (host === undefined || port === undefined) return { family: 'unix', host: '', port: 0, path: '' }
  return { family: host.includes(':') ? 'IPv6' : 'IPv4', host, port, path: '' }
}
