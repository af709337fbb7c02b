/**
 * What came from the peer and nobody has taken yet, and who waits for more. Made by the first chunk that comes while
 * paused, by the first `read`, or by an end that has to wait: most connections never have one.
 */
import type { Socket } from 'node:net'

/** Octets kept for a paused consumer before the socket itself is stopped. */
const MAX_SIZE = 16 * 1024
/** Chunks kept before that: thousands of chunks of one octet cost far more than their octets. */
const MAX_CHUNKS = 64

/** One who waits for the next chunk. */
interface Reader {
  resolve(result: IteratorResult<Uint8Array, undefined>): void
  reject(error: unknown): void
}

/** What an iterator says at the end. */
export const DONE: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true })

export class Inbox {
  /** Enough is held: the socket is stopped. */
  choked = false
  /** The peer's end was seen, but something comes before it. */
  endHeld = false
  private readonly chunks: Uint8Array[] = []
  private size = 0
  private reader: Reader | undefined = undefined

  constructor(private readonly socket: Socket) {}

  /** No octets are held. */
  get empty(): boolean {
    return this.chunks.length === 0
  }

  /** Somebody waits for the next chunk. */
  get awaited(): boolean {
    return this.reader !== undefined
  }

  /** Hands a chunk to whoever waits for it. @returns false when nobody does */
  give(chunk: Uint8Array): boolean {
    const { reader } = this
    if (reader === undefined) return false
    this.reader = undefined
    reader.resolve({ value: chunk, done: false })
    return true
  }

  /** Keeps a chunk. @returns whether the socket was stopped for it */
  hold(chunk: Uint8Array): boolean {
    this.chunks.push(chunk)
    this.size += chunk.length
    if (this.choked || (this.size < MAX_SIZE && this.chunks.length < MAX_CHUNKS)) return false
    this.choked = true
    this.socket.pause()
    return true
  }

  /** Takes the oldest chunk; with the last one the socket flows again. */
  take(): Uint8Array | undefined {
    const chunk = this.chunks.shift()
    if (chunk === undefined) return undefined
    this.size -= chunk.length
    if (this.empty) this.unchoke()
    return chunk
  }

  /** The next chunk to come. */
  wait(): Promise<IteratorResult<Uint8Array, undefined>> {
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject }
    })
  }

  /** No more will come: whoever waits is told so. */
  end(error?: Error): void {
    const { reader } = this
    this.reader = undefined
    if (error === undefined) reader?.resolve(DONE)
    else reader?.reject(error)
  }

  /** Drops everything; what comes from now on is nobody's, and the socket flows to its end. */
  discard(): void {
    this.chunks.length = this.size = 0
    this.endHeld = false
    this.end()
    this.unchoke()
  }

  /** Everything that is held, as one piece. */
  concat(): Uint8Array {
    return Buffer.concat(this.chunks)
  }

  private unchoke(): void {
    if (!this.choked) return
    this.choked = false
    this.socket.resume()
  }
}
