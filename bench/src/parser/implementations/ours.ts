import { RequestParser, ResponseParser } from '@plainwire/http-parser'
import type { Driver, Implementation, Message, Seen } from './driver.js'

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

function openRequests(scanner: 'simd' | 'portable', depth: 'eager' | 'lazy' | 'scan', seen: Seen): Driver {
  let message: Message | undefined
  let complete = false
  const eager = depth === 'eager'
  const lazy = depth !== 'scan'
  const parser = new RequestParser(
    {
      head(head) {
        if (lazy) seen.strings += head.method.length + head.target.length
        if (eager) seen.strings += head.fields.flat().length
        if (seen.captured !== undefined) {
          message = { octets: 0 }
          if (lazy) message.start = `${head.method} ${head.target}`
          if (eager) message.fields = head.fields.flat()
        }
        return true
      },
      content(_bytes, start, end) {
        seen.octets += end - start
        if (message !== undefined) message.octets += end - start
      },
      complete() {
        complete = true
        seen.messages++
        if (message !== undefined) seen.captured?.push(message)
      },
    },
    { scanner },
  )
  return {
    feed(chunk) {
      for (let at = 0; at < chunk.length; ) {
        at = parser.push(chunk, at, chunk.length)
        if (!complete) return
        complete = false
        parser.next()
      }
    },
  }
}

function openResponses(scanner: 'simd' | 'portable', depth: 'eager' | 'lazy' | 'scan', seen: Seen): Driver {
  let message: Message | undefined
  let complete = false
  const eager = depth === 'eager'
  const lazy = depth !== 'scan'
  const parser = new ResponseParser(
    {
      head(head) {
        if (lazy) seen.strings += head.status + head.reason.length
        if (eager) seen.strings += head.fields.flat().length
        if (seen.captured !== undefined) {
          message = { octets: 0 }
          if (lazy) message.start = `${head.status} ${head.reason}`
          if (eager) message.fields = head.fields.flat()
        }
        return true
      },
      content(_bytes, start, end) {
        seen.octets += end - start
        if (message !== undefined) message.octets += end - start
      },
      complete() {
        complete = true
        seen.messages++
        if (message !== undefined) seen.captured?.push(message)
      },
    },
    { scanner },
  )
  return {
    feed(chunk) {
      for (let at = 0; at < chunk.length; ) {
        at = parser.push(chunk, at, chunk.length)
        if (!complete) return
        complete = false
        parser.next('GET')
      }
    },
  }
}
