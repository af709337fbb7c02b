/** Up to here pieces are joined: a system call is dearer than a copy of that size. */
const SMALL = 16 * 1024

/** Octets that the socket had no room for, in order. */
export class WriteQueue {
  /** Octets that wait. */
  size = 0
  private pieces: Uint8Array[] = []
  private head = 0

  push(bytes: Uint8Array): void {
    this.pieces.push(bytes)
    this.size += bytes.length
  }

  /** Takes at least one and at most `max` octets from the front; small pieces are joined. */
  take(max: number): Uint8Array {
    const { pieces, head } = this
    const first = pieces[head]!
    let slice: Uint8Array
    if (first.length > max) {
      slice = first.subarray(0, max)
      pieces[head] = first.subarray(max)
    } else {
      let end = head + 1
      let size = first.length
      if (size <= SMALL)
        while (end < pieces.length && size + pieces[end]!.length <= SMALL) size += pieces[end++]!.length
      slice = end === head + 1 ? first : Buffer.concat(pieces.slice(head, end), size)
      this.advance(end)
    }
    this.size -= slice.length
    return slice
  }

  /** Forgets the pieces before `head`; moves the rest to the front only now and then, so that taking stays linear. */
  private advance(head: number): void {
    const { pieces } = this
    if (head === pieces.length) {
      this.pieces = []
      this.head = 0
    } else if (head > 1024 && head * 2 > pieces.length) {
      this.pieces = pieces.slice(head)
      this.head = 0
    } else {
      pieces.fill(EMPTY, this.head, head)
      this.head = head
    }
  }
}

const EMPTY = new Uint8Array(0)
