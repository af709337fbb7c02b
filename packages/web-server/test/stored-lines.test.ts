import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StoredLines } from '../src/index.js'

const heads = fc.record({
  start: fc.constantFrom('HTTP/1.1 200 OK\r\n', 'HTTP/1.1 206 Partial Content\r\nA: \xe4\r\n'),
  date: fc.constantFrom('', 'Date: one\r\n', 'Date: two\r\n'),
  end: fc.constantFrom('\r\n', 'Connection: close\r\n\r\n'),
  asText: fc.boolean(),
})

describe('the head of stored lines', () => {
  it('is its parts joined, as text and as octets, whatever heads were made before', () => {
    fc.assert(
      fc.property(fc.array(heads, { maxLength: 50 }), (asked) => {
        const lines = new StoredLines('Content-Length: 1\r\nX: \xff\r\n')
        for (const { start, date, end, asText } of asked) {
          const joined = start + lines.text + date + end
          if (asText) expect(lines.headText(start, date, end)).toBe(joined)
          else expect(lines.headOctets(start, date, end)).toEqual(Buffer.from(joined, 'latin1'))
        }
      }),
    )
  })
})
