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
  let message: Message | undefined
  const parser = new RequestParser(
    {
      head(head) {
        if (lazy) seen.strings += head.method.length + head.target.length
        if (eager) seen.strings += head.fields.flat().length
        if (seen.captured !== undefined)
          message = captureHead(depth, () => `${head.method} ${head.target}`, head.fields)
      },
      content(_bytes, start, end) {
        seen.octets += end - start
        if (message !== undefined) message.octets += end - start
      },
      complete() {
        seen.messages++
        if (message !== undefined) seen.captured?.push(message)
        message = undefined
      },
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
  let message: Message | undefined
  const parser = new ResponseParser(
    {
      head(head) {
        if (lazy) seen.strings += head.status + head.reason.length
        if (eager) seen.strings += head.fields.flat().length
        if (seen.captured !== undefined)
          message = captureHead(depth, () => `${head.status} ${head.reason}`, head.fields)
      },
      content(_bytes, start, end) {
        seen.octets += end - start
        if (message !== undefined) message.octets += end - start
      },
      complete() {
        seen.messages++
        if (message !== undefined) seen.captured?.push(message)
        message = undefined
      },
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

/** What was read, kept while results are compared. */
function captureHead(depth: Depth, start: () => string, fields: Fields): Message {
  const message: Message = { octets: 0 }
  if (depth !== 'scan') message.start = start()
  if (depth === 'eager') message.fields = fields.flat()
  return message
}
