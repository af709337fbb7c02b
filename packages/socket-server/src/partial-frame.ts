/** The beginning of a frame whose rest has not come. The buffer doubles, so that a slow drip costs linear work. */
export class PartialFrame {
  /** Octets held. */
  size = 0
  private buffer: Uint8Array = EMPTY

  /** Keeps a copy of `chunk[start … end)`: the caller's chunk may be large and short-lived. */
  add(chunk: Uint8Array, start: number, end: number): void {
    const size = this.size + end - start
    if (size > this.buffer.length) {
      const grown = new Uint8Array(Math.max(size, this.buffer.length * 2, 64))
      grown.set(this.buffer.subarray(0, this.size))
      this.buffer = grown
    }
    this.buffer.set(chunk.subarray(start, end), this.size)
    this.size = size
  }

  /** The octet at an index. */
  at(index: number): number {
    return this.buffer[index]!
  }

  /** What is held, as octets of the caller's own; nothing is held afterwards. @param drop octets left off at the end */
  take(drop = 0): Uint8Array {
    const frame = this.buffer.slice(0, this.size - drop)
    this.clear()
    return frame
  }

  /** What is held, for a look before the next call. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.size)
  }

  /** Forgets what is held; a buffer that has grown large is given back. */
  clear(): void {
    this.size = 0
    if (this.buffer.length > 4096) this.buffer = EMPTY
  }
}

const EMPTY = new Uint8Array(0)
