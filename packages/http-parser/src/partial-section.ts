import type { SectionLimits } from './options.js'
import { At, Kind, Size } from './scanner/layout.js'
import type { Owner, Scratch } from './scanner/scratch.js'

// Octets of a long section that are copied at a time.
const STEP = 16_384

/**
 * A head or trailer section that does not come in one piece. It stays in the scratch memory, and the scan resumes at its
 * first incomplete line, only when a line has ended: each octet is looked at a fixed number of times however the network
 * cuts it. When another parser needs the memory, it moves out and back.
 */
export class PartialSection {
  /** what `scan` answered last: 0 while incomplete, else the end of the section in the memory, or an error */
  result = 0
  /** octets of it so far */
  size = 0
  /** a member of Kind */
  kind = Kind.REQUEST
  private readonly owner: Owner
  private readonly scratch: Scratch
  private limits: SectionLimits | undefined = undefined
  // Where its incomplete line starts.
  private line = 0
  // Where it is while another parser has the memory.
  private carry: Uint8Array | undefined = undefined
  private records: Uint16Array | undefined = undefined
  private words: Int32Array | undefined = undefined

  constructor(owner: Owner, scratch: Scratch) {
    this.owner = owner
    this.scratch = scratch
  }

  /**
   * Takes over a section of which a scan has read all octets that are in the memory.
   *
   * @param position where it is in the memory
   * @returns see `resume`
   */
  begin(kind: number, limits: SectionLimits, chunk: Uint8Array, at: number, end: number, position: number): number {
    const scratch = this.scratch
    this.kind = kind
    this.limits = limits
    this.result = 0
    if (position !== At.INPUT) {
      // The messages before it in the same chunk make room.
      scratch.load(chunk, at, end)
      this.result = scratch.scan(kind, At.INPUT, At.INPUT, scratch.loaded)
    }
    this.size = scratch.loaded - At.INPUT
    this.line = scratch.words[At.LINE >> 2]! - At.INPUT
    return this.result === 0 ? this.resume(chunk, at + this.size, end) : at
  }

  /** Reads more octets of it. Returns where it began, an index in this chunk that may be negative. */
  resume(chunk: Uint8Array, at: number, end: number): number {
    const scratch = this.scratch
    while (at < end) {
      const step = Math.min(end - at, STEP, Size.INPUT - this.size)
      if (scratch.owner === this.owner) scratch.append(chunk, at, at + step)
      else this.appendCarry(chunk, at, step)
      this.size += step
      at += step
      if (!this.isWorthAScan(hasLineFeed(chunk, at - step, at))) continue
      if (scratch.owner !== this.owner) this.restore()
      this.result = scratch.scan(this.kind, At.INPUT, At.INPUT + this.line, scratch.loaded)
      if (this.result !== 0) break
      this.line = scratch.words[At.LINE >> 2]! - At.INPUT
    }
    return at - this.size
  }

  /** Another parser needs the memory. */
  release(): void {
    const scratch = this.scratch
    this.carry = new Uint8Array(Math.max(256, this.size * 2))
    this.carry.set(scratch.octets.subarray(At.INPUT, At.INPUT + this.size))
    this.records = scratch.records.slice(scratch.recordsAt, scratch.recordsAt + scratch.count() * 4)
    this.words = scratch.words.slice(At.FLAGS >> 2, At.OFFSET >> 2)
  }

  // Whether a line has ended or is too long since the last scan: else the same octets would be looked at again and again.
  private isWorthAScan(ended: boolean): boolean {
    const limits = this.limits!
    const longest = this.line === 0 && this.kind !== Kind.TRAILERS ? limits.startLine : limits.field
    return ended || this.size - this.line >= longest + 2 || this.size > limits.section
  }

  private appendCarry(chunk: Uint8Array, at: number, step: number): void {
    let carry = this.carry!
    if (this.size + step > carry.length) {
      carry = new Uint8Array(Math.min(Size.INPUT, (this.size + step) * 2))
      carry.set(this.carry!.subarray(0, this.size))
      this.carry = carry
    }
    carry.set(chunk.subarray(at, at + step), this.size)
  }

  private restore(): void {
    const scratch = this.scratch
    scratch.take(this.owner, this.limits!)
    scratch.loaded = At.INPUT
    scratch.append(this.carry!, 0, this.size)
    scratch.records.set(this.records!, scratch.recordsAt)
    scratch.words.set(this.words!, At.FLAGS >> 2)
    this.carry = undefined
  }
}

function hasLineFeed(chunk: Uint8Array, at: number, end: number): boolean {
  for (let i = end - 1; i >= at; i--) if (chunk[i] === 10) return true
  return false
}
