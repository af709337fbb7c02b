/** Octets kept for a paused consumer before the socket itself is stopped. */
const MAX_SIZE = 16 * 1024
/** Chunks kept before that: thousands of chunks of one octet cost far more than their octets. */
const MAX_CHUNKS = 64

/** The chunks that a consumer has not taken yet, oldest first. */
export class ReadAhead {
  /** Octets held. */
  size = 0
  private readonly chunks: Uint8Array[] = []

  /** Nothing is held. */
  get empty(): boolean {
    return this.chunks.length === 0
  }

  /** @returns whether enough is held: the source has to stop */
  push(chunk: Uint8Array): boolean {
    this.chunks.push(chunk)
    this.size += chunk.length
    return this.size >= MAX_SIZE || this.chunks.length >= MAX_CHUNKS
  }

  /** Takes the oldest chunk. */
  shift(): Uint8Array | undefined {
    const chunk = this.chunks.shift()
    if (chunk !== undefined) this.size -= chunk.length
    return chunk
  }

  /** Everything that is held, as one piece. */
  concat(): Uint8Array {
    return Buffer.concat(this.chunks)
  }
}
