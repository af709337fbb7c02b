import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DelimiterDecoder,
  encodeLengthPrefixed,
  type FrameDecoder,
  LengthPrefixDecoder,
  LineDecoder,
  readFrames,
} from '../src/framing.js'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const show = (frame: unknown): string =>
  typeof frame === 'string' ? frame : Buffer.from(frame as Uint8Array).toString('latin1')

/** What comes out of the input, then the code of the error if there was one; `end` is called at the end. */
function decode(make: () => FrameDecoder<unknown>, input: Buffer, chunk = input.length): string[] {
  const decoder = make()
  const out: string[] = []
  const take = (frame: unknown): void => void out.push(show(frame))
  try {
    for (let at = 0; at < input.length; at += chunk) {
      // A copy that is spoilt afterwards: nothing may keep the chunk.
      const part = Buffer.from(input.subarray(at, at + chunk))
      decoder.push(part, take)
      part.fill(0xee)
    }
    decoder.end(take)
  } catch (error) {
    out.push((error as { code: string }).code)
  }
  return out
}

const line = (maxLength: number) => () => new LineDecoder({ maxLength, encoding: 'latin1' as const })
const delimited = (delimiter: string, maxSize: number) => () => new DelimiterDecoder(bytes(delimiter), { maxSize })
const prefixed = (prefix: 1 | 2 | 4, littleEndian: boolean, maxSize: number) => () =>
  new LengthPrefixDecoder({ prefix, littleEndian, maxSize })

const TOO_LONG = 'SOCKET_ERR_LINE_TOO_LONG'
const TOO_LARGE = 'SOCKET_ERR_FRAME_TOO_LARGE'
const TRUNCATED = 'SOCKET_ERR_TRUNCATED'

const rows: [string, () => FrameDecoder<unknown>, Buffer, string[]][] = [
  ['lines end with CR LF or LF', line(10), bytes('a\r\nb\nc\r\n'), ['a', 'b', 'c']],
  ['empty lines are lines', line(10), bytes('\n\r\n\n'), ['', '', '']],
  ['a CR without LF belongs to the line', line(10), bytes('a\rb\r\r\n'), ['a\rb\r']],
  ['a last line without its end is a line', line(10), bytes('a\nb'), ['a', 'b']],
  ['a line one octet below the limit', line(3), bytes('ab\r\n'), ['ab']],
  ['a line at the limit, with CR LF', line(3), bytes('abc\r\nabc\n'), ['abc', 'abc']],
  ['a line above the limit, complete', line(3), bytes('x\nabcd\n'), ['x', TOO_LONG]],
  ['a line above the limit by a CR that is not its end', line(3), bytes('abc\rd\n'), [TOO_LONG]],
  ['a line above the limit that never ends', line(3), bytes('abcdefgh'), [TOO_LONG]],
  ['a last line above the limit by a CR', line(3), bytes('abc\r'), [TOO_LONG]],
  ['limit 0 lets only empty lines through', line(0), bytes('\r\n\nx\n'), ['', '', TOO_LONG]],
  ['frames end with the delimiter', delimited('--', 10), bytes('a--b----'), ['a', 'b', '']],
  ['the delimiter may begin with its own beginning', delimited('aab', 10), bytes('aaabxaab'), ['a', 'x']],
  ['the delimiter is taken where it first ends', delimited('aa', 10), bytes('aaaaa'), ['', '', TRUNCATED]],
  ['a single octet delimits', delimited('\0', 10), bytes('a\0\0bc\0'), ['a', '', 'bc']],
  ['a frame at the limit', delimited('--', 3), bytes('abc--'), ['abc']],
  ['a frame above the limit', delimited('--', 3), bytes('a--abcd--'), ['a', TOO_LARGE]],
  ['a frame above the limit that never ends', delimited('--', 3), bytes('abcdefghij'), [TOO_LARGE]],
  ['an end inside a delimited frame', delimited('--', 10), bytes('a--b-'), ['a', TRUNCATED]],
  ['one octet of length', prefixed(1, false, 255), bytes('\x01a\x00\x02bc'), ['a', '', 'bc']],
  [
    'two octets of length, network order',
    prefixed(2, false, 255),
    bytes('\x00\x01a\x00\x00\x00\x02bc'),
    ['a', '', 'bc'],
  ],
  [
    'two octets of length, the other order',
    prefixed(2, true, 255),
    bytes('\x01\x00a\x00\x00\x02\x00bc'),
    ['a', '', 'bc'],
  ],
  ['four octets of length, network order', prefixed(4, false, 9), bytes('\0\0\0\x02ab\0\0\0\0'), ['ab', '']],
  ['four octets of length, the other order', prefixed(4, true, 9), bytes('\x02\0\0\0ab'), ['ab']],
  ['a length at the limit', prefixed(1, false, 3), bytes('\x03abc'), ['abc']],
  ['a length above the limit, before its octets come', prefixed(1, false, 3), bytes('\x01a\x04'), ['a', TOO_LARGE]],
  [
    'the largest length that four octets can say is no negative one',
    prefixed(4, false, 9),
    bytes('\xff\xff\xff\xff'),
    [TOO_LARGE],
  ],
  ['an end inside a length', prefixed(2, false, 9), bytes('\x00\x01a\x00'), ['a', TRUNCATED]],
  ['an end inside a prefixed frame', prefixed(1, false, 9), bytes('\x02a'), [TRUNCATED]],
  ['nothing at all', prefixed(1, false, 9), bytes(''), []],
]

describe.each(rows)('%s', (_, make, input, expected) => {
  it('whole, and at every chunk size', () => {
    for (let chunk = Math.max(1, input.length); chunk >= 1; chunk--) {
      expect(decode(make, input, chunk)).toEqual(expected)
    }
  })
})

describe('lines of text', () => {
  it('UTF-8 that is split anywhere is whole again', () => {
    const text = 'grüße\n日本語\r\n🙂🙃\n\ufeffbom\n'
    const input = Buffer.from(text)
    for (let chunk = 1; chunk <= input.length; chunk++) {
      expect(decode(() => new LineDecoder(), input, chunk)).toEqual(['grüße', '日本語', '🙂🙃', '\ufeffbom'])
    }
  })

  it('malformed UTF-8 becomes U+FFFD and costs only itself', () => {
    expect(decode(() => new LineDecoder(), Buffer.from([0xff, 0x61, 0xc3, 0x0a, 0x62, 0x0a]))).toEqual([
      '\ufffda\ufffd',
      'b',
    ])
  })

  it('latin1 is one character per octet, 0x80 to 0x9f too', () => {
    const all = Buffer.from(
      Array.from({ length: 256 }, (_, octet) => octet).filter((octet) => octet !== 10 && octet !== 13),
    )
    const [decoded] = decode(line(1000), Buffer.concat([all, bytes('\n')]))
    expect(decoded).toBe(all.toString('latin1'))
  })
})

it('a decoder that failed stays dead with the same error', () => {
  for (const [make, input] of [
    [line(1), bytes('abc\n')],
    [delimited('-', 1), bytes('abc-')],
    [prefixed(1, false, 1), bytes('\x05')],
  ] as const) {
    const decoder: FrameDecoder<unknown> = make()
    const errors: unknown[] = []
    for (const attempt of [
      () => decoder.push(input, () => {}),
      () => decoder.push(bytes('\n'), () => {}),
      () => decoder.end(() => {}),
    ]) {
      try {
        attempt()
      } catch (error) {
        errors.push(error)
      }
    }
    expect(errors).toHaveLength(3)
    expect(new Set(errors).size).toBe(1)
  }
})

it('a slow drip of a large frame costs linear work and no more memory than the frame', () => {
  const decoder = new LineDecoder({ maxLength: 1_000_000 })
  const octet = bytes('x')
  let lines = 0
  for (let count = 0; count < 1_000_000; count++) decoder.push(octet, () => lines++)
  expect(decoder.buffered).toBe(1_000_000)
  decoder.push(bytes('\n'), (text) => expect(text.length).toBe(1_000_000))
  expect(decoder.buffered).toBe(0)
})

describe('any frames come back through encode and decode, however they are cut', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 })
  function cut(input: Uint8Array, sizes: number[]): Uint8Array[] {
    const chunks: Uint8Array[] = []
    for (let at = 0, turn = 0; at < input.length; turn++) {
      const size = sizes[turn % sizes.length]!
      chunks.push(input.subarray(at, at + size))
      at += size
    }
    return chunks
  }
  async function all<F>(source: Iterable<Uint8Array>, decoder: FrameDecoder<F>): Promise<F[]> {
    const frames: F[] = []
    for await (const frame of readFrames(source, decoder)) frames.push(frame)
    return frames
  }

  it('length prefix', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 })),
        cuts,
        fc.constantFrom<1 | 2 | 4>(1, 2, 4),
        fc.boolean(),
        async (frames, sizes, prefix, littleEndian) => {
          const fitting = prefix === 1 ? frames.map((frame) => frame.subarray(0, 255)) : frames
          const encoded = Buffer.concat(fitting.map((frame) => encodeLengthPrefixed(frame, { prefix, littleEndian })))
          const decoded = await all(cut(encoded, sizes), new LengthPrefixDecoder({ prefix, littleEndian }))
          expect(decoded.map(show)).toEqual(fitting.map(show))
        },
      ),
      { seed: 4 },
    ))

  it('lines', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''))),
        cuts,
        async (lines, sizes) => {
          const encoded = Buffer.from(lines.map((text, index) => `${text}${index % 2 === 0 ? '\n' : '\r\n'}`).join(''))
          expect(await all(cut(encoded, sizes), new LineDecoder())).toEqual(lines)
        },
      ),
      { seed: 4 },
    ))

  it('delimiters, as split() would find them', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c') }),
        cuts,
        (delimiter, text, sizes) => {
          const expected = text.split(delimiter)
          const rest = expected.pop()!
          const decoder = new DelimiterDecoder(delimiter)
          const frames: string[] = []
          for (const chunk of cut(bytes(text), sizes)) decoder.push(chunk, (frame) => frames.push(show(frame)))
          expect(frames).toEqual(expected)
          expect(decoder.buffered).toBe(rest.length)
        },
      ),
      { seed: 4, numRuns: 1000 },
    ))
})

it('readFrames gives the frames before a bad one, and leaves the source alone when the loop is left', async () => {
  const seen: string[] = []
  await expect(async () => {
    for await (const text of readFrames([bytes('a\nb\nccccc\n')], new LineDecoder({ maxLength: 2 }))) seen.push(text)
  }).rejects.toMatchObject({ code: TOO_LONG })
  expect(seen).toEqual(['a', 'b'])
})

it('options that make no sense are refused', () => {
  expect(() => new LineDecoder({ maxLength: -1 })).toThrow(RangeError)
  expect(() => new DelimiterDecoder('')).toThrow(RangeError)
  expect(() => new DelimiterDecoder('x', { maxSize: 0.5 })).toThrow(RangeError)
  expect(() => new LengthPrefixDecoder({ prefix: 3 as never })).toThrow(RangeError)
  expect(() => encodeLengthPrefixed(new Uint8Array(256), { prefix: 1 })).toThrow(RangeError)
  expect(() => encodeLengthPrefixed(new Uint8Array(11), { maxSize: 10 })).toThrow(RangeError)
  expect(() => encodeLengthPrefixed(new Uint8Array(300), { prefix: 1, maxSize: Number.NaN })).toThrow(RangeError)
  expect(() => encodeLengthPrefixed('123' as never)).toThrow(TypeError)
  expect(() => new LineDecoder({ encoding: 'latin-1' as never })).toThrow(TypeError)
})
