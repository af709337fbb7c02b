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
  const { capture, content, complete } = counting(depth, seen)
  const parser = new RequestParser(
    {
      head(head) {
        if (lazy) seen.strings += head.method.length + head.target.length
        if (eager) seen.strings += head.fields.flat().length
        if (seen.captured !== undefined) capture(`${head.method} ${head.target}`, head.fields)
      },
      content,
      complete,
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
  const { capture, content, complete } = counting(depth, seen)
  const parser = new ResponseParser(
    {
      head(head) {
        if (lazy) seen.strings += head.status + head.reason.length
        if (eager) seen.strings += head.fields.flat().length
        if (seen.captured !== undefined) capture(`${head.status} ${head.reason}`, head.fields)
      },
      content,
      complete,
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

/** Counts content and messages; what was captured of a message is kept when it is complete. */
function counting(depth: Depth, seen: Seen) {
  let message: Message | undefined
  return {
    capture(start: string, fields: Fields): void {
      message = { octets: 0 }
      if (depth !== 'scan') message.start = start
      if (depth === 'eager') message.fields = fields.flat()
    },
    content(_bytes: Uint8Array, start: number, end: number): void {
      seen.octets += end - start
      if (message !== undefined) message.octets += end - start
    },
    complete(): void {
      seen.messages++
      if (message !== undefined) seen.captured?.push(message)
      message = undefined
    },
  }
}
