/** What a chunk weighs at least, so that a peer pays for the objects that single octets become. */
const CHUNK_OVERHEAD = 256

/** Chunks read from the socket that wait until the request before them is answered. */
export class ReadAhead {
  /** Octets held, small chunks counted as {@link CHUNK_OVERHEAD}. */
  weight = 0
  private chunks: Uint8Array[] = []
  private first = 0

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.weight += Math.max(chunk.length, CHUNK_OVERHEAD)
  }

  /** The oldest chunk, which the caller takes over. */
  shift(): Uint8Array | undefined {
    const chunk = this.chunks[this.first]
    if (chunk === undefined) return undefined
    this.first++
    this.weight -= Math.max(chunk.length, CHUNK_OVERHEAD)
    if (this.first === this.chunks.length) {
      this.chunks = []
      this.first = 0
    }
    return chunk
  }
}
