/**
 * Our half of the octets. A write goes straight to the socket while the socket has room. When it has none ("blocked"),
 * writes wait here and follow in slices, so that the progress of a large write can be seen and the queue be bounded.
 */
import type { Socket } from 'node:net'
import type { TextEncoding } from './connection.js'
import { WriteBatch } from './write-batch.js'
import { WriteQueue } from './write-queue.js'

/** The largest piece of a waiting write that the socket gets at once: the grain in which progress is seen. */
export const SLICE = 128 * 1024

/** Who is told what becomes of the octets. */
export interface OutboxOwner {
  /** The socket did not take everything. */
  stalled(): void
  /** The socket has room again. */
  flowing(): void
  /** Nothing waits here any more. @param owed a write had returned false */
  emptied(owed: boolean): void
  /** More waits than is allowed. */
  overflowed(): void
}

export class Outbox {
  /** The socket is full. */
  blocked = false
  /** A write returned false: the owner is owed the news that there is room. */
  owed = false
  private closed = false
  private queue: WriteQueue | undefined = undefined
  private corks = 0
  private batch: WriteBatch | undefined = undefined
  private onDrain: (() => void) | undefined = undefined

  /** @param max octets that may wait */
  constructor(
    private readonly socket: Socket,
    private readonly owner: OutboxOwner,
    private readonly max: number,
  ) {}

  /** Octets that wait here, before the socket. */
  get waiting(): number {
    return (this.queue?.size ?? 0) + (this.batch?.size ?? 0)
  }

  /** Octets that wait anywhere in the process. */
  get size(): number {
    return this.socket.writableLength + this.waiting
  }

  /** @returns whether to go on */
  write(data: string | Uint8Array, encoding: TextEncoding): boolean {
    // Whatever has no length, or too much of it, is looked at more closely.
    if (this.blocked || this.corks !== 0 || !(data.length <= SLICE)) return this.writeLater(data, encoding)
    const { socket } = this
    socket.write(data as string, encoding)
    return socket.writableLength === 0 || this.settle()
  }

  cork(): void {
    this.corks++
  }

  uncork(): boolean {
    if (this.corks > 0 && --this.corks === 0) this.flush()
    return !this.blocked
  }

  /** Ends all corks. */
  release(): void {
    this.corks = 0
    this.flush()
  }

  /** Forgets everything and touches the socket no more. */
  close(): void {
    this.closed = true
    this.queue = this.batch = undefined
    if (this.onDrain !== undefined) this.socket.off('drain', this.onDrain)
  }

  private writeLater(data: string | Uint8Array, encoding: TextEncoding): boolean {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new TypeError(`write takes a string or a Uint8Array, not ${data === null ? 'null' : typeof data}`)
    }
    if (data.length === 0) return !this.blocked
    // What was collected while corked waits for us and not for the peer, until it was sent.
    if (this.size > this.max && !this.blocked) this.flush()
    if (this.size > this.max) {
      this.owner.overflowed()
      return false
    }
    if (this.corks === 0) this.enqueue(data, encoding)
    else {
      this.batch ??= new WriteBatch()
      this.batch.add(data, encoding)
      if (this.batch.size >= SLICE) this.flush()
    }
    if (this.blocked) this.owed = true
    return !this.blocked && !this.closed
  }

  private enqueue(data: string | Uint8Array, encoding: BufferEncoding): void {
    this.queue ??= new WriteQueue()
    this.queue.push(typeof data === 'string' ? Buffer.from(data, encoding) : data)
    if (!this.blocked) this.pump()
  }

  /** Sends what was collected while corked. */
  private flush(): void {
    const { batch, socket } = this
    if (batch === undefined) return
    this.batch = undefined
    const text = batch.string
    const pieces = text === undefined ? batch.octets() : [text]
    const encoding = batch.stringEncoding
    if (this.blocked || batch.size > SLICE) {
      for (const piece of pieces) this.enqueue(piece, encoding)
      return
    }
    if (pieces.length > 1) socket.cork()
    for (const piece of pieces) socket.write(piece as string, encoding)
    if (pieces.length > 1) socket.uncork()
    if (socket.writableLength !== 0) this.settle()
  }

  /** The socket did not take everything. @returns whether it has room for more all the same */
  settle(): boolean {
    this.owner.stalled()
    if (!this.socket.writableNeedDrain) return true
    if (this.onDrain === undefined) {
      this.onDrain = () => this.pump()
      this.socket.on('drain', this.onDrain)
    }
    this.blocked = this.owed = true
    return false
  }

  /** The socket has room: slices of the queue, then the news that it is empty. */
  private pump(): void {
    const { socket } = this
    this.owner.flowing()
    while (this.queue !== undefined && !this.closed) {
      if (socket.writableLength !== 0 && !this.settle()) return
      const slice = this.queue.take(SLICE)
      if (this.queue.size === 0) this.queue = undefined
      socket.write(slice)
    }
    if (this.closed || (socket.writableLength !== 0 && !this.settle())) return
    this.blocked = false
    const { owed } = this
    this.owed = false
    this.owner.emptied(owed)
  }
}
