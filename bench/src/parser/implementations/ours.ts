import { type Fields, RequestParser, ResponseParser } from '@plainwire/http-parser'
import type { Driver, Implementation, Message, Seen } from './driver.js'

type Scanner = 'simd' | 'portable'
type Depth = Implementation['depth']

/** Our parser: each scanner at each depth. */
export const ours: Implementation[] = (['simd', 'portable'] as const).flatMap((scanner) =>
  (['eager', 'lazy', 'scan'] as const).map((depth) => ({
    id: `${scanner}-${depth}`,
    name: scanner === 'simd' ? `plainwire ${depth}` : `plainwire portable ${depth}`,
    depth,
    ours: true,
    open: async (kind, seen) =>
      kind === 'request' ? openRequests(scanner, depth, seen) : openResponses(scanner, depth, seen),
  })),
)

function openRequests(scanner: Scanner, depth: Depth, seen: Seen): Driver {
  const eager = depth === 'eager'
  const lazy = depth !== 'scan'
  const capture = new Capture(depth, seen)
  const parser = new RequestParser(
    {
      head(head) {
        if (lazy) seen.strings += head.method.length + head.target.length
        if (eager) seen.strings += head.fields.flat().length
        if (seen.captured !== undefined) capture.head(() => `${head.method} ${head.target}`, head.fields)
      },
      content: (_bytes, start, end) => capture.content(end - start),
      complete: () => capture.complete(),
    },
    { scanner },
  )
  return {
    feed(chunk) {
      for (let at = 0; at < chunk.length; ) {
        at = parser.push(chunk, at, chunk.length)
        if (!parser.complete) return
        parser.next()
      }
    },
  }
}

function openResponses(scanner: Scanner, depth: Depth, seen: Seen): Driver {
  const eager = depth === 'eager'
  const lazy = depth !== 'scan'
  const capture = new Capture(depth, seen)
  const parser = new ResponseParser(
    {
      head(head) {
        if (lazy) seen.strings += head.status + head.reason.length
        if (eager) seen.strings += head.fields.flat().length
        if (seen.captured !== undefined) capture.head(() => `${head.status} ${head.reason}`, head.fields)
      },
      content: (_bytes, start, end) => capture.content(end - start),
      complete: () => capture.complete(),
    },
    { scanner },
  )
  return {
    feed(chunk) {
      for (let at = 0; at < chunk.length; ) {
        at = parser.push(chunk, at, chunk.length)
        if (!parser.complete) return
        parser.next('GET')
      }
    },
  }
}

/** Counts content and messages, and keeps what was read while results are compared. */
class Capture {
  readonly #depth: Depth
  readonly #seen: Seen
  #message: Message | undefined

  constructor(depth: Depth, seen: Seen) {
    this.#depth = depth
    this.#seen = seen
  }

  head(start: () => string, fields: Fields): void {
    this.#message = { octets: 0 }
    if (this.#depth !== 'scan') this.#message.start = start()
    if (this.#depth === 'eager') this.#message.fields = fields.flat()
  }

  content(octets: number): void {
    this.#seen.octets += octets
    if (this.#message !== undefined) this.#message.octets += octets
  }

  complete(): void {
    this.#seen.messages++
    if (this.#message === undefined) return
    this.#seen.captured?.push(this.#message)
    this.#message = undefined
  }
}
