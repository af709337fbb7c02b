import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CgiHead, CgiHeadParser, CgiResponseError } from '../../src/site/cgi-response.js'

/** Feeds the output in pieces of every size; all must agree. */
function parse(output: string): { head: CgiHead; rest: string } | undefined {
  const bytes = Buffer.from(output, 'latin1')
  let first: { head: CgiHead; rest: string } | undefined
  for (let size = bytes.length; size > 0; size--) {
    const parser = new CgiHeadParser(1024)
    let result: { head: CgiHead; rest: string } | undefined
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, at + size)
      if (result !== undefined) {
        result.rest += chunk.toString('latin1')
        continue
      }
      const parsed = parser.push(chunk)
      if (parsed !== undefined) result = { head: parsed.head, rest: parsed.rest.toString('latin1') }
    }
    if (size === bytes.length) first = result
    else expect(result).toEqual(first)
  }
  return first
}

describe('what a script writes', () => {
  const rows: [sentence: string, output: string, head: object, rest: string][] = [
    [
      'a document',
      'Content-Type: text/plain\n\nhello',
      { status: 200, fields: [['Content-Type', 'text/plain']] },
      'hello',
    ],
    ['with both kinds of line ends', 'Content-Type: a/b\r\nX: 1\n\r\nhello', { status: 200 }, 'hello'],
    ['a document that starts with an empty line', 'Content-Type: a/b\n\n\nx', { status: 200 }, '\nx'],
    ['a status', 'Status: 404 Gone Fishing\nContent-Type: a/b\n\n', { status: 404, reason: 'Gone Fishing' }, ''],
    ['a status without a reason', 'Status: 404\nContent-Type: a/b\n\n', { status: 404, reason: undefined }, ''],
    ['a status alone', 'Status: 204\n\n', { status: 204 }, ''],
    [
      'fields in their order, of one name too',
      'Content-Type: a/b\nSet-Cookie: a=1\nX: 2\nSet-Cookie: b=2\n\n',
      {
        fields: [
          ['Content-Type', 'a/b'],
          ['Set-Cookie', 'a=1'],
          ['X', '2'],
          ['Set-Cookie', 'b=2'],
        ],
      },
      '',
    ],
    ['a length', 'Content-Type: a/b\nContent-Length: 5\n\nhello', { contentLength: 5 }, 'hello'],
    [
      'a redirection of the client',
      'Location: https://example.org/\n\n',
      { status: 302, fields: [['Location', 'https://example.org/']] },
      '',
    ],
    [
      'a redirection with a document',
      'Status: 303 See Other\nLocation: http://x/\nContent-Type: text/html\n\n<p>',
      { status: 303 },
      '<p>',
    ],
    [
      'a relative redirection with a status is the client’s',
      'Status: 302\nLocation: /x\n\n',
      { kind: 'document', status: 302 },
      '',
    ],
    ['a local redirection', 'Location: /x/y?a=b\n\n', { kind: 'local redirect', path: '/x/y', query: 'a=b' }, ''],
    [
      'a local redirection with a fragment',
      'Location: /x#top\n\n',
      { kind: 'local redirect', path: '/x', query: '' },
      '',
    ],
    [
      'fields of the connection are not the script’s',
      'Content-Type: a/b\nConnection: close\nTransfer-Encoding: chunked\nKeep-Alive: 1\nX-CGI-Foo: 1\n\n',
      { fields: [['Content-Type', 'a/b']] },
      '',
    ],
    ['names in any case', 'CONTENT-TYPE: a/b\nstatus: 201\n\n', { status: 201, fields: [['Content-Type', 'a/b']] }, ''],
  ]
  it.each(rows)('%s', (_sentence, output, head, rest) => {
    const result = parse(output)
    expect(result?.head).toMatchObject(head)
    expect(result?.rest).toBe(rest)
  })

  it('loses the blanks around a value, and only those, in one pass', () => {
    // A pass for each of them would take minutes.
    const blanks = ' \t'.repeat(200_000)
    const output = `Content-Type: a/b\nX:\t y${blanks}\xa0 \t\nY:\nZ: \t\n\n`
    const fields = [
      ['X', `y${blanks}\xa0`],
      ['Y', ''],
      ['Z', ''],
    ]
    expect(new CgiHeadParser(0).push(Buffer.from(output, 'latin1'))?.head).toMatchObject({
      fields: [['Content-Type', 'a/b'], ...fields],
    })
  })

  const broken: [sentence: string, output: string][] = [
    ['a line that is no field', 'Content-Type: a/b\nhello world\n\n'],
    ['a status line, as a script that speaks HTTP itself', 'HTTP/1.1 200 OK\nContent-Type: a/b\n\n'],
    ['an error message in place of a head', 'Traceback (most recent call last):\n\n'],
    ['a space before the colon', 'Content-Type : a/b\n\n'],
    ['a folded line', 'Content-Type: a/b\n charset=utf-8\n\n'],
    ['a carriage return inside', 'Content-Type: a/b\rX: y\n\n'],
    ['a NUL', 'Content-Type: a/b\0\n\n'],
    ['an interim status', 'Status: 100 Continue\nContent-Type: a/b\n\n'],
    ['a status that is none', 'Status: OK\nContent-Type: a/b\n\n'],
    ['a status beyond', 'Status: 600\nContent-Type: a/b\n\n'],
    ['a status of four digits', 'Status: 2000\nContent-Type: a/b\n\n'],
    ['a type twice', 'Content-Type: a/b\nContent-Type: c/d\n\n'],
    ['a length that is no number', 'Content-Type: a/b\nContent-Length: -1\n\n'],
    ['no field that says what it is', 'X: 1\n\n'],
    ['nothing but an empty line', '\nhello'],
    ['nothing but an empty line with CR', '\r\nhello'],
  ]
  it.each(broken)('%s is refused', (_sentence, output) => {
    expect(() => parse(output)).toThrow(CgiResponseError)
  })

  it('is awaited until its head is complete', () => {
    expect(parse('Content-Type: a/b\nX: y\n')).toBeUndefined()
    expect(parse('C')).toBeUndefined()
  })

  it('may have a head of the limit and not one octet more', () => {
    const head = (size: number) => `Content-Type: a/b\nX: ${'y'.repeat(size - 23)}\n\n`
    for (const size of [1023, 1024]) expect(new CgiHeadParser(1024).push(Buffer.from(head(size)))?.rest).toHaveLength(0)
    expect(() => new CgiHeadParser(1024).push(Buffer.from(head(1025)))).toThrow('too large')
    expect(new CgiHeadParser(0).push(Buffer.from(head(1_000_000)))?.rest).toHaveLength(0)
    const parser = new CgiHeadParser(1024)
    expect(() => {
      for (let i = 0; i < 2000; i++) parser.push(Buffer.from('x'))
    }).toThrow('too large')
  })

  it('never throws anything else, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('a', ':', '\n', '\r', ' ', 'Status', 'Location', 'Content-Type', '/', '2', '\0', 'é'),
          maxLength: 40,
        }),
        (output) => {
          try {
            parse(output)
          } catch (error) {
            expect(error).toBeInstanceOf(CgiResponseError)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
