import type { Fields } from '@plainwire/http-parser'
import { WebError } from './errors.js'

/** Whoever feeds a {@link ContentQueue}: the connection. */
export interface ContentSource {
  /** Somebody waits for content: read on, and send `100 (Continue)` if the client waits for that. */
  want(): void
  /** Nobody will ask for the rest. */
  drop(): void
}

/** Octets held before the peer is read no more. */
const HIGH_WATER = 64 * 1024

/** What a piece weighs at least: a peer that sends single octets pays for the objects they become. */
const PIECE_OVERHEAD = 256

/**
 * The content of one request between the connection, which adds what arrives, and the one reader, who takes it.
 *
 * Holds at most {@link HIGH_WATER} octets and one read of the socket more: {@link ContentQueue.full} tells the connection
 * to stop reading, and taking tells it to go on.
 */
export class ContentQueue implements AsyncIterator<Uint8Array, undefined> {
  private readonly source: ContentSource
  private pieces: Uint8Array[] = []
  private weight = 0
  private ended = false
  private failure: unknown = undefined
  private failed = false
  private dropped = false
  private wake: (() => void) | undefined = undefined
  private trailerFields: Fields | undefined = undefined
  private trailerWaiters: Array<() => void> | undefined = undefined

  constructor(source: ContentSource) {
    this.source = source
  }

  /** Whether no more should be read from the peer for now. */
  get full(): boolean {
    return this.weight >= HIGH_WATER
  }

  /** Whether a reader waits for the peer: only then a deadline is fair. */
  get awaited(): boolean {
    return this.wake !== undefined
  }

  /** Adds octets that arrived; they become the reader's. */
  add(piece: Uint8Array): void {
    if (this.dropped || this.failed) return
    this.pieces.push(piece)
    this.weight += Math.max(piece.length, PIECE_OVERHEAD)
    this.notify()
  }

  /** All content has arrived. */
  end(trailers: Fields | undefined): void {
    this.ended = true
    this.trailerFields = trailers
    this.settle()
  }

  /** No more will arrive; the reader is told once it has taken what did. */
  fail(failure: unknown): void {
    if (this.ended || this.failed) return
    this.failed = true
    this.failure = failure
    this.settle()
  }

  /** Takes the next piece: a promise when it has to wait for the peer. `undefined` is the end. */
  take(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const piece = this.pieces.shift()
    if (piece !== undefined) {
      const wasFull = this.full
      this.weight -= Math.max(piece.length, PIECE_OVERHEAD)
      if (wasFull && !this.full) this.source.want()
      return piece
    }
    if (this.failed) throw this.failure
    if (this.ended || this.dropped) return undefined
    return this.wait()
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const value = await this.take()
    return value === undefined ? { done: true, value } : { done: false, value }
  }

  /** The reader left: what it did not take is dropped. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.drop()
    return { done: true, value: undefined }
  }

  drop(): void {
    if (this.dropped) return
    this.dropped = true
    this.pieces = []
    this.weight = 0
    if (!this.ended && !this.failed) this.source.drop()
  }

  /** The trailer section once all content has arrived; waiting for it alone does not read the content. */
  async trailers(): Promise<Fields | undefined> {
    if (!this.ended && !this.failed) {
      await new Promise<void>((resolve) => {
        this.trailerWaiters ??= []
        this.trailerWaiters.push(resolve)
      })
    }
    if (this.failed) throw this.failure
    return this.trailerFields
  }

  private async wait(): Promise<Uint8Array | undefined> {
    if (this.wake !== undefined) throw new TypeError('The content is being read already')
    const arrival = new Promise<void>((resolve) => {
      this.wake = resolve
    })
    this.source.want()
    await arrival
    return this.take()
  }

  private settle(): void {
    this.notify()
    for (const wake of this.trailerWaiters ?? []) wake()
    this.trailerWaiters = undefined
  }

  private notify(): void {
    const { wake } = this
    this.wake = undefined
    wake?.()
  }
}

/**
 * Reads all content into one array of at most `maxSize` octets.
 *
 * The array grows with what really arrives: a declared length costs the peer nothing and must not cost us memory.
 */
export async function collect(queue: ContentQueue, maxSize: number): Promise<Uint8Array<ArrayBuffer>> {
  let whole = new Uint8Array(0)
  let size = 0
  for (;;) {
    let piece = queue.take()
    if (piece instanceof Promise) piece = await piece
    if (piece === undefined) return whole.subarray(0, size)
    if (size + piece.length > maxSize) {
      queue.drop()
      throw tooLarge(maxSize)
    }
    if (size + piece.length > whole.length) {
      const grown = new Uint8Array(Math.min(maxSize, Math.max(size + piece.length, whole.length * 2, 4096)))
      grown.set(whole.subarray(0, size))
      whole = grown
    }
    whole.set(piece, size)
    size += piece.length
  }
}

/** The refusal of content beyond a reader's limit. */
export function tooLarge(maxSize: number): WebError {
  return new WebError('WEB_ERR_CONTENT_TOO_LARGE', `The content of the request is larger than ${maxSize} octets.`)
}
