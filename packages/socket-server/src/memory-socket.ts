/**
 * Two duplex streams joined in memory, which behave like two ends of a TCP connection as far as a program can tell:
 * buffers of bounded size on the way, half-close, reset, and the news of each arriving in a later turn.
 */
import { Duplex } from 'node:stream'
import type { Address } from './address.js'

/** Like a system error, so that it is translated like one. */
function systemError(code: 'ECONNRESET' | 'EPIPE'): Error {
  return Object.assign(new Error(`write ${code}`), { code })
}

export class MemorySocket extends Duplex {
  /** Where it says it is. */
  readonly memoryAddress: Address = { family: 'memory', path: '' }
  private sent = 0
  private peer: MemorySocket | undefined = undefined
  /** Octets on the way that the reader has not asked for: the kernel's buffers. */
  private readonly wire: Buffer[] = []
  private wireSize = 0
  private wireEnded = false
  private wanted = false
  /** The write that waits for room on the wire. */
  private pending: { chunk: Buffer; done: (error?: Error | null) => void } | undefined = undefined
  private closedByPeer = false

  constructor(
    private readonly wireLimit: number,
    private readonly turn: (task: () => void) => void,
  ) {
    super({ allowHalfOpen: true, decodeStrings: true })
  }

  static pair(wireLimit: number, turn: (task: () => void) => void): [MemorySocket, MemorySocket] {
    const left = new MemorySocket(wireLimit, turn)
    const right = new MemorySocket(wireLimit, turn)
    left.peer = right
    right.peer = left
    return [left, right]
  }

  /** As net.Socket: octets that were written, those that still wait included. */
  get bytesWritten(): number {
    return this.sent + this.writableLength
  }

  /** As net.Socket: ends, and destroys when everything has left. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** As net.Socket: the peer sees ECONNRESET. */
  resetAndDestroy(): this {
    const { peer } = this
    this.peer = undefined
    if (peer !== undefined) this.turn(() => peer.cutOff())
    return this.destroy()
  }

  override _read(): void {
    this.wanted = true
    this.flow()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const { peer } = this
    if (this.closedByPeer || peer === undefined) {
      done(systemError('EPIPE'))
      return
    }
    if (peer.wireSize + chunk.length <= peer.wireLimit || peer.wireSize === 0) {
      peer.arrive(chunk)
      this.sent += chunk.length
      done()
    } else this.pending = { chunk, done }
  }

  override _final(done: (error?: Error | null) => void): void {
    const { peer } = this
    if (peer !== undefined) {
      this.turn(() => {
        peer.wireEnded = true
        peer.flow()
      })
    }
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this
    this.peer = undefined
    if (peer !== undefined) {
      // With input unread the system answers a close with a reset; else the peer reads to the end.
      const unread = this.wireSize > 0 || this.readableLength > 0
      this.turn(() => {
        if (unread) peer.cutOff()
        else peer.left()
      })
    }
    const { pending } = this
    this.pending = undefined
    pending?.done(systemError('EPIPE'))
    this.wire.length = 0
    this.wireSize = 0
    done(error)
  }

  private arrive(chunk: Buffer): void {
    // What one end wrote must not change under the other's hands.
    this.wire.push(Buffer.from(chunk))
    this.wireSize += chunk.length
    this.turn(() => this.flow())
  }

  /** Moves octets from the wire to the reader, and lets the writer go on. */
  private flow(): void {
    if (this.destroyed) return
    while (this.wanted && this.wire.length > 0) {
      const chunk = this.wire.shift()!
      this.wireSize -= chunk.length
      if (chunk.length > 0) this.wanted = this.push(chunk)
    }
    if (this.wire.length > 0) return
    const writer = this.peer
    if (writer?.pending !== undefined) {
      const { chunk, done } = writer.pending
      writer.pending = undefined
      this.arrive(chunk)
      writer.sent += chunk.length
      done()
      return
    }
    if (!this.wireEnded || !this.wanted || this.readableEnded) return
    this.wanted = false
    this.push(null)
  }

  /** The peer has closed: it reads no more, and sends no more. */
  private left(): void {
    this.closedByPeer = true
    this.wireEnded = true
    const { pending } = this
    this.pending = undefined
    pending?.done(systemError('EPIPE'))
    this.flow()
  }

  private cutOff(): void {
    if (!this.destroyed) this.destroy(systemError('ECONNRESET'))
  }
}
