import { ChunkSizeReader, hexDigit } from './chunk-size.js'
import type { HttpErrorCode } from './errors.js'
import type { Settings } from './options.js'

const SIZE = 0
const DATA = 1
const DATA_END = 2
const DATA_END_LF = 3

/** Who gets the data of chunks; false stops the reader behind them. */
export interface ContentSink {
  content(chunk: Uint8Array, start: number, end: number): boolean
}

/** Reads chunks up to the line of the last one (RFC 9112 §7.1), wherever they are cut; one object serves a connection. */
export class ChunkedReader {
  /** the line of the last chunk was read: trailers or an empty line follow */
  done = false
  /** the sink asked to stop */
  stopped = false
  /** what is wrong, at the octet that `read` answered */
  error: HttpErrorCode | undefined = undefined
  private readonly line: ChunkSizeReader
  private readonly bareLineFeed: boolean
  private state = SIZE
  // Octets of the chunk still to come.
  private remaining = 0

  constructor(settings: Settings) {
    this.bareLineFeed = settings.leniences.bareLineFeed
    this.line = new ChunkSizeReader(settings)
  }

  /** Begins the content of another message. */
  start(): void {
    this.line.start()
    this.done = false
  }

  /** Reads octets; returns the index behind what was read, which is `end` unless one of the three above says why not. */
  read(chunk: Uint8Array, at: number, end: number, sink: ContentSink): number {
    this.stopped = false
    while (at < end) {
      switch (this.state) {
        case SIZE:
          if (this.line.fresh) at = this.readWhole(chunk, at, end, sink)
          if (this.stopped || this.done || at === end) return at
          at = this.line.read(chunk, at, end)
          this.error = this.line.error
          if (!this.line.done) return at
          this.remaining = this.line.size
          this.line.restart()
          if (this.remaining === 0) {
            this.done = true
            return at
          }
          this.state = DATA
          break
        case DATA: {
          const stop = end - at > this.remaining ? at + this.remaining : end
          this.remaining -= stop - at
          if (this.remaining === 0) this.state = DATA_END
          if (!sink.content(chunk, at, stop)) {
            this.stopped = true
            return stop
          }
          at = stop
          break
        }
        case DATA_END:
          if (chunk[at] === 13) this.state = DATA_END_LF
          else if (chunk[at] === 10 && this.bareLineFeed) this.state = SIZE
          else return this.fail(at)
          at++
          break
        default:
          if (chunk[at] !== 10) return this.fail(at)
          this.state = SIZE
          at++
          break
      }
    }
    return at
  }

  /**
   * Reads the chunks that are here from size to CRLF and say no more than their size, one turn each, and the line of the
   * last one.
   */
  private readWhole(chunk: Uint8Array, at: number, end: number, sink: ContentSink): number {
    for (;;) {
      let size = 0
      let sizeEnd = at
      for (const limit = end - at > 9 ? at + 7 : end - 2; sizeEnd < limit; sizeEnd++) {
        const digit = hexDigit(chunk[sizeEnd]!)
        if (digit < 0) break
        size = (size << 4) | digit
      }
      if (sizeEnd === at || chunk[sizeEnd] !== 13 || chunk[sizeEnd + 1] !== 10) return at
      const start = sizeEnd + 2
      if (size === 0) {
        this.done = true
        return start
      }
      const stop = start + size
      if (stop + 2 > end || chunk[stop] !== 13 || chunk[stop + 1] !== 10) return at
      if (!sink.content(chunk, start, stop)) {
        this.state = DATA_END
        this.stopped = true
        return stop
      }
      at = stop + 2
    }
  }

  private fail(at: number): number {
    this.error = 'HTTP_ERR_BAD_CHUNK_END'
    return at
  }
}
