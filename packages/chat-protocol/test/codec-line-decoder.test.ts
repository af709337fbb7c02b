import { describe, expect, it } from 'vitest'
import { LineDecoder, type LineDecoderOptions, MAX_CLIENT_TAGS } from '../src/index.js'

const utf8 = new TextEncoder()
const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...utf8.encode(part)] : part)))

/** What comes of octets cut into pieces of a size: lines as text, refusals as `!CODE`. */
function decode(octets: Uint8Array, size: number, options: LineDecoderOptions): string[] {
  const events: string[] = []
  const decoder = new LineDecoder(
    { line: (line) => events.push(line), refused: (error) => events.push(`!${error.code}`) },
    options,
  )
  for (let at = 0; at < octets.length; at += size) decoder.push(octets.subarray(at, at + size))
  return events
}

const rows: [behaviour: string, octets: Uint8Array, events: string[], options?: LineDecoderOptions][] = [
  ['CR LF ends a line', bytes('one\r\ntwo\r\n'), ['one', 'two']],
  ['LF alone does', bytes('one\ntwo\n'), ['one', 'two']],
  ['CR alone does', bytes('one\rtwo\r'), ['one', 'two']],
  ['empty lines are nothing', bytes('\r\n\n\r\r\none\n\n'), ['one']],
  ['a line without an end waits', bytes('one\r\ntwo'), ['one']],
  ['characters of several octets', bytes('zoë 👋🏽\n'), ['zoë 👋🏽']],
  ['a byte order mark is text', bytes('\ufeffone\n'), ['\ufeffone']],
  [
    'octets that are no UTF-8 refuse one line only',
    bytes('one\n', [0x74, 0xff, 0x0a], 'two\n'),
    ['one', '!CHAT_ERR_INVALID_UTF8', 'two'],
  ],
  [
    'half a character at the end of a line is no UTF-8',
    bytes([0x61, 0xc3, 0x0d, 0x0a], 'b\n'),
    ['!CHAT_ERR_INVALID_UTF8', 'b'],
  ],
  ['an over-long form is no UTF-8', bytes([0xc0, 0xaf, 0x0a]), ['!CHAT_ERR_INVALID_UTF8']],
  ['a surrogate is no UTF-8', bytes([0xed, 0xa0, 0x80, 0x0a]), ['!CHAT_ERR_INVALID_UTF8']],
  ['latin1 is read when asked for', bytes([0x74, 0xe9, 0x0a], 'té\n'), ['té', 'té'], { invalidUtf8: 'latin1' }],
  ['510 bytes and CR LF fit', bytes(`${'x'.repeat(510)}\r\n`), ['x'.repeat(510)]],
  ['509 bytes and LF fit', bytes(`${'x'.repeat(509)}\n`), ['x'.repeat(509)]],
  ['511 bytes do not', bytes(`${'x'.repeat(511)}\r\nnext\r\n`), ['!CHAT_ERR_LINE_TOO_LONG', 'next']],
  ['511 bytes with LF alone do not', bytes(`${'x'.repeat(511)}\nnext\n`), ['!CHAT_ERR_LINE_TOO_LONG', 'next']],
  ['a far too long line is one refusal', bytes(`${'x'.repeat(50_000)}\nnext\n`), ['!CHAT_ERR_LINE_TOO_LONG', 'next']],
  ['a far too long line is refused before its end', bytes('x'.repeat(511)), ['!CHAT_ERR_LINE_TOO_LONG']],
  [
    '4,096 bytes of tags and 510 fit',
    bytes(`${tags(4096)}${'x'.repeat(510)}\r\n`),
    [`${tags(4096)}${'x'.repeat(510)}`],
    { maxTagsLength: MAX_CLIENT_TAGS },
  ],
  [
    '4,097 bytes of tags do not',
    bytes(`${tags(4097)}GO\r\nnext\r\n`),
    ['!CHAT_ERR_TAGS_TOO_LONG', 'next'],
    { maxTagsLength: MAX_CLIENT_TAGS },
  ],
  ['8,191 bytes of tags fit by default', bytes(`${tags(8191)}GO\r\n`), [`${tags(8191)}GO`]],
  ['8,192 bytes of tags do not', bytes(`${tags(8192)}GO\r\n`), ['!CHAT_ERR_TAGS_TOO_LONG']],
  [
    'tags without an end are too long as tags',
    bytes('@', 'x'.repeat(20_000), '\nnext\n'),
    ['!CHAT_ERR_TAGS_TOO_LONG', 'next'],
  ],
  ['511 bytes after tags are too long as a message', bytes(`@a=1 ${'x'.repeat(511)}\r\n`), ['!CHAT_ERR_LINE_TOO_LONG']],
  [
    'a limit of ones own',
    bytes('12345678\r\n123456789\r\n'),
    ['12345678', '!CHAT_ERR_LINE_TOO_LONG'],
    { maxLength: 10 },
  ],
  [
    'a refused line that is cut off keeps nothing',
    bytes(`${'x'.repeat(600)}`, 'y'.repeat(600), '\nz\n'),
    ['!CHAT_ERR_LINE_TOO_LONG', 'z'],
  ],
]

function tags(length: number): string {
  return `@+k=${'v'.repeat(length - 5)} `
}

describe('LineDecoder', () => {
  describe.each(rows)('%s', (_, octets, events, options = {}) => {
    it('whole', () => {
      expect(decode(octets, octets.length, options)).toEqual(events)
    })

    it('in pieces of every size up to 64, and of some larger ones', () => {
      for (const size of [...Array(64).keys()].map((n) => n + 1).concat(509, 510, 511, 512, 513, 4096, 8191)) {
        expect([size, decode(octets, size, options)]).toEqual([size, events])
      }
    })
  })

  it('holds no more than a line may have', () => {
    const decoder = new LineDecoder({ line() {}, refused() {} })
    for (let i = 0; i < 100; i++) {
      decoder.push(bytes('@', 'x'.repeat(1000)))
      expect(decoder.buffered).toBeLessThanOrEqual(512 + 8191)
    }
  })

  it('shows the same part of a refused line wherever it was cut', () => {
    const seen = new Set<string | undefined>()
    for (const size of [1, 7, 511, 5000]) {
      const decoder = new LineDecoder({ line() {}, refused: (error) => seen.add(error.line) })
      const octets = bytes(`PRIVMSG #room :${'x'.repeat(2000)}\r\n`)
      for (let at = 0; at < octets.length; at += size) decoder.push(octets.subarray(at, at + size))
    }
    expect([...seen]).toEqual([`PRIVMSG #room :${'x'.repeat(49)}`])
  })

  it('does not keep the caller’s octets', () => {
    const lines: string[] = []
    const decoder = new LineDecoder({ line: (line) => lines.push(line), refused() {} })
    const chunk = bytes('on')
    decoder.push(chunk)
    chunk.fill(0x78)
    decoder.push(bytes('e\n'))
    expect(lines).toEqual(['one'])
  })

  it('drops a line that has no end when the peer is done', () => {
    const lines: string[] = []
    const decoder = new LineDecoder({ line: (line) => lines.push(line), refused() {} })
    decoder.push(bytes('QUI'))
    expect(decoder.finish()).toBe(true)
    expect(decoder.finish()).toBe(false)
    decoder.push(bytes('T\n'))
    expect(lines).toEqual(['T'])
  })
})
