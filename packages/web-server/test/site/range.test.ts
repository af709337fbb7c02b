import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentRange, maxRanges, multipart, parseRange } from '../../src/site/range.js'

const size = 1000

describe('a Range field of a file of 1,000 octets', () => {
  const rows: [sentence: string, field: string, ranges: [number, number][] | undefined][] = [
    ['from the start', 'bytes=0-99', [[0, 99]]],
    ['one octet', 'bytes=0-0', [[0, 0]]],
    ['the last octet', 'bytes=999-999', [[999, 999]]],
    ['from a position to the end', 'bytes=990-', [[990, 999]]],
    ['beyond the end is cut', 'bytes=990-5000', [[990, 999]]],
    ['the last octets', 'bytes=-10', [[990, 999]]],
    ['more last octets than there are', 'bytes=-5000', [[0, 999]]],
    ['no last octets cannot be had', 'bytes=-0', []],
    ['behind the end cannot be had', 'bytes=1000-', []],
    ['far behind the end cannot be had', 'bytes=99999999999999999999-', []],
    ['what cannot be had does not spoil what can', 'bytes=5000-,0-1', [[0, 1]]],
    [
      'several, in their order',
      'bytes=500-509,0-9',
      [
        [500, 509],
        [0, 9],
      ],
    ],
    [
      'several with spaces',
      'bytes=0-0 , 10-10',
      [
        [0, 0],
        [10, 10],
      ],
    ],
    ['empty members are passed over', 'bytes=,0-0,,', [[0, 0]]],
    ['overlapping ones are joined', 'bytes=0-10,5-20', [[0, 20]]],
    ['touching ones are joined', 'bytes=0-9,10-19', [[0, 19]]],
    ['one that joins two joins all', 'bytes=0-9,20-29,5-25', [[0, 29]]],
    ['the same one twice is one', 'bytes=1-2,1-2', [[1, 2]]],
    ['the unit in any case', 'Bytes=0-0', [[0, 0]]],
    ['backwards is malformed', 'bytes=5-2', undefined],
    [
      'backwards beyond what a double can hold is malformed',
      'bytes=99999999999999999999-99999999999999999998',
      undefined,
    ],
    ['another unit is ignored', 'lines=0-1', undefined],
    ['no unit is ignored', '0-1', undefined],
    ['nothing is ignored', 'bytes=', undefined],
    ['only commas are ignored', 'bytes=,,', undefined],
    ['only a dash is ignored', 'bytes=-', undefined],
    ['a sign is ignored', 'bytes=+1-2', undefined],
    ['hexadecimal is ignored', 'bytes=0x0-0x9', undefined],
    ['a fraction is ignored', 'bytes=0.5-1', undefined],
    ['one malformed member spoils the field', 'bytes=0-1,a', undefined],
    ['a space inside is ignored', 'bytes=0 - 1', undefined],
    ['leading zeros are fine', 'bytes=0000-0009', [[0, 9]]],
  ]
  it.each(rows)('%s: %s', (_sentence, field, expected) => {
    expect(parseRange(field, size)?.map(({ first, last }) => [first, last])).toEqual(expected)
  })

  it('may have sixteen members and not one more', () => {
    const members = (count: number) =>
      `bytes=${Array.from({ length: count }, (_, i) => `${i * 10}-${i * 10}`).join(',')}`
    expect(parseRange(members(maxRanges - 1), size)).toHaveLength(maxRanges - 1)
    expect(parseRange(members(maxRanges), size)).toHaveLength(maxRanges)
    expect(parseRange(members(maxRanges + 1), size)).toBeUndefined()
    expect(parseRange(members(10_000), size)).toBeUndefined()
  })

  it.each<[sentence: string, field: string, expected: [] | undefined]>([
    ['no position is in it', 'bytes=0-', []],
    ['no last octets cannot be had of it either', 'bytes=-0', []],
    ['its last octets are all of it', 'bytes=-5', undefined],
    ['its last octets are all of it, however many', 'bytes=-99999999999999999999', undefined],
    ['what cannot be had does not spoil what can', 'bytes=0-0,-5', undefined],
  ])('of an empty file: %s: %s', (_sentence, field, expected) => {
    expect(parseRange(field, 0)).toEqual(expected)
  })

  it('never asks for an octet twice or for one that is not there', () => {
    const member = fc.oneof(
      fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => `${a}-${b}`),
      fc.nat(60).map((a) => `${a}-`),
      fc.nat(60).map((a) => `-${a}`),
    )
    fc.assert(
      fc.property(fc.array(member, { maxLength: 16 }), fc.integer({ min: 1, max: 50 }), (members, octets) => {
        const ranges = parseRange(`bytes=${members.join(',')}`, octets) ?? []
        const seen = new Set<number>()
        for (const { first, last } of ranges) {
          expect(first).toBeLessThanOrEqual(last)
          for (let i = first; i <= last; i++) {
            expect(i).toBeLessThan(octets)
            expect(seen.has(i)).toBe(false)
            seen.add(i)
          }
        }
      }),
    )
  })
})

it('lays out several ranges so that the length is right', () => {
  const layout = multipart(
    [
      { first: 0, last: 4 },
      { first: 10, last: 10 },
    ],
    size,
    'text/plain',
    'BOUNDARY',
  )
  const body = `${layout.parts.map(({ head, range }) => head + 'x'.repeat(range.last - range.first + 1)).join('')}${layout.end}`
  expect(body).toBe(
    '--BOUNDARY\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-4/1000\r\n\r\nxxxxx\r\n' +
      '--BOUNDARY\r\nContent-Type: text/plain\r\nContent-Range: bytes 10-10/1000\r\n\r\nx\r\n--BOUNDARY--\r\n',
  )
  expect(layout.contentLength).toBe(body.length)
  expect(layout.contentType).toBe('multipart/byteranges; boundary=BOUNDARY')
  expect(contentRange({ first: 1, last: 2 }, 3)).toBe('bytes 1-2/3')
})
