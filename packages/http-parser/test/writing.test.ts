import { describe, expect, it } from 'vitest'
import {
  EncodeError,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
  formatChunkHead,
  latin1,
} from '../src/encode.js'
import { readEvents } from './event-log.js'
import { readWritingVectors } from './vector-file.js'

const write: Record<string, (argument: never) => Uint8Array> = {
  request: encodeRequestHead,
  response: encodeResponseHead,
  chunkHead: (size: never) => latin1(formatChunkHead(size)),
  lastChunk: encodeLastChunk,
}

describe('writing.md', () => {
  it.each(readWritingVectors().map((vector) => [vector.title, vector] as const))('%s', (_, vector) => {
    const [[what, argument]] = Object.entries(vector.call) as [[string, never]]
    if (vector.error !== undefined) {
      try {
        write[what]!(argument)
      } catch (error) {
        expect(error).toBeInstanceOf(EncodeError)
        expect((error as EncodeError).code).toBe(vector.error)
        return
      }
      expect.unreachable('it was written')
    }
    const octets = write[what]!(argument)
    expect(Buffer.from(octets).toString('latin1')).toBe(Buffer.from(vector.octets!).toString('latin1'))
    if (what === 'request' || what === 'response')
      expect(readEvents(octets, { type: what }).filter((line) => line.startsWith('error'))).toEqual([])
  })
})
