import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headText } from '../src/head-text.js'

const parts = fc.tuple(
  fc.constantFrom('HTTP/1.1 200 OK\r\n', 'HTTP/1.1 404 Not Found\r\n'),
  fc.constantFrom('', 'A: 1\r\n', 'A: 2\r\n', 'A: \xe4\r\n', `B: ${'b'.repeat(3000)}\r\n`),
  // Lengths that share a slot, and some that no 32-bit integer can hold.
  fc.constantFrom(-1, 0, 1, 31, 32, 33, 63, 2 ** 31, 2 ** 32, 2 ** 53 - 1),
  fc.constantFrom('', 'Date: one\r\n', 'Date: two\r\n'),
  fc.constantFrom('\r\n', 'Connection: close\r\n\r\n'),
)

describe('the text of a head', () => {
  it('is its parts joined, whatever heads were made before', () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 100 }), (heads) => {
        for (const [line, fields, length, date, end] of heads) {
          const lengthLine = length === -1 ? '' : `Content-Length: ${length}\r\n`
          expect(headText(line, fields, length, date, end)).toBe(line + fields + lengthLine + date + end)
        }
      }),
    )
  })
})
