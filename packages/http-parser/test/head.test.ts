import { describe, expect, it } from 'vitest'
import { explain } from '../src/explain.js'
import {
  HttpError,
  type ParserOptions,
  type RequestHead,
  RequestParser,
  type ResponseHead,
  ResponseParser,
} from '../src/index.js'
import { readResponses } from '../src/stream.js'

const octets = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const request = (target: string, ...lines: string[]): Uint8Array =>
  octets(`GET ${target} HTTP/1.1\r\nHost: example.net\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`)

function reader(options?: ParserOptions) {
  const heads: RequestHead[] = []
  return { heads, parser: new RequestParser({ head: (head) => void heads.push(head) }, options) }
}

describe.each(['simd', 'portable'] as const)('a lazy head with the %s scanner', (scanner) => {
  it('can be read until next()', () => {
    const { heads, parser } = reader({ scanner })
    parser.push(request('/first', 'X-Mine: 1'))
    expect([heads[0]!.method, heads[0]!.target, heads[0]!.fields.get('x-mine')]).toEqual(['GET', '/first', '1'])
  })

  it('keeps its values when a thousand other heads are read in between', () => {
    const one = reader({ scanner })
    const other = reader({ scanner })
    one.parser.push(request('/kept', 'X-Mine: kept', 'Accept: text/html'))
    for (let i = 0; i < 1000; i++) {
      other.parser.push(request(`/other${i}`, `X-Mine: ${i}`))
      other.parser.next()
    }
    expect(one.heads[0]!.target).toBe('/kept')
    expect(one.heads[0]!.fields.flat()).toEqual(['Host', 'example.net', 'X-Mine', 'kept', 'Accept', 'text/html'])
  })

  it('throws after next(), rather than give the values of another message', () => {
    const { heads, parser } = reader({ scanner })
    parser.push(request('/gone'))
    parser.next()
    parser.push(request('/next'))
    expect(() => heads[0]!.target).toThrow(TypeError)
    expect(() => heads[0]!.fields.get('host')).toThrow(/retain/)
    expect(heads[1]!.target).toBe('/next')
  })

  const posted = 'POST /broken HTTP/1.1\r\nHost: example.net\r\nX-Mine: 1\r\nTransfer-Encoding: chunked\r\n\r\n'
  it.each([
    ['the size of a chunk', '5\r\nhello\r\n', 'Z\r\n', 'HTTP_ERR_BAD_CHUNK_SIZE'],
    ['the end of a chunk', '5\r\nhello', 'XX', 'HTTP_ERR_BAD_CHUNK_END'],
    ['a trailer', '0\r\n', 'Digest : 1\r\n\r\n', 'HTTP_ERR_SPACE_AFTER_FIELD_NAME'],
    ['a trailer in pieces', '0\r\nDig', 'est\r\n\r\n', 'HTTP_ERR_MISSING_COLON'],
    ['a trailer that is forbidden', '0\r\n', 'Host: b\r\n\r\n', 'HTTP_ERR_FORBIDDEN_TRAILER'],
    ['the end of the stream', '5\r\nhel', undefined, 'HTTP_ERR_INCOMPLETE'],
  ])('can be read when %s is wrong, before and after the error', (_what, first, second, code) => {
    for (const between of [() => {}, () => reader({ scanner }).parser.push(request('/other', 'X-Mine: 2'))]) {
      const { heads, parser } = reader({ scanner })
      parser.push(octets(posted))
      parser.push(octets(first))
      between()
      const failing = () => (second === undefined ? parser.finish() : parser.push(octets(second)))
      expect(failing).toThrow(expect.objectContaining({ code }))
      for (let i = 0; i < 2; i++) {
        const [head] = heads
        expect([head!.method, head!.target, head!.fields.get('x-mine'), head!.fields.size]).toEqual([
          'POST',
          '/broken',
          '1',
          3,
        ])
        between()
      }
      expect(heads[0]!.retain().fields.get('host')).toBe('example.net')
    }
  })

  it('of the message before is gone when the next one is refused', () => {
    const { heads, parser } = reader({ scanner })
    parser.push(request('/whole'))
    parser.next()
    expect(() => parser.push(octets('GET  /two HTTP/1.1\r\n\r\n'))).toThrow(HttpError)
    expect(() => heads[0]!.target).toThrow(TypeError)
  })

  it('can be read for ever once it was retained', () => {
    const { heads, parser } = reader({ scanner })
    for (let i = 0; i < 20; i++) {
      parser.push(request(`/a-rather-long-target-number-${i}`, `X-Number: ${i}`))
      heads[i]!.retain()
      parser.next()
    }
    for (const [i, head] of heads.entries()) {
      expect([head.target, head.fields.get('x-number'), head.fields.size]).toEqual([
        `/a-rather-long-target-number-${i}`,
        `${i}`,
        2,
      ])
    }
  })

  it('keeps the strings that were made', () => {
    const { heads, parser } = reader({ scanner })
    parser.push(request('/made'))
    const fields = heads[0]!.fields.flat()
    expect(heads[0]!.target).toBe('/made')
    parser.next()
    parser.push(request('/next'))
    expect([heads[0]!.target, fields]).toEqual(['/made', ['Host', 'example.net']])
  })

  it('is right inside a hook that drives another parser', () => {
    const seen: string[] = []
    const inner = reader({ scanner })
    const outer = new RequestParser(
      {
        head(head) {
          inner.parser.push(request('/inner', 'X-Long: inner'))
          inner.parser.next()
          seen.push(head.target, head.fields.get('x-long') ?? '')
        },
        complete: () => outer.next(),
      },
      { scanner },
    )
    const both = octets(
      new TextDecoder().decode(request('/outer1', 'X-Long: one')) +
        new TextDecoder().decode(request('/outer2', 'X-Long: two')),
    )
    let at = 0
    while (at < both.length) at = outer.push(both, at)
    expect(seen).toEqual(['/outer1', 'one', '/outer2', 'two'])
  })

  it('is that of its own message when another parser works behind next() in the complete hook', () => {
    const seen: string[] = []
    const other = reader({ scanner })
    const parser = new RequestParser(
      {
        head: (head) => void seen.push(head.target, head.fields.get('x-mine')!),
        complete() {
          parser.next()
          other.parser.push(request('/other', 'X-Mine: other'))
          other.parser.next()
        },
      },
      { scanner },
    )
    for (const name of ['a', 'b', 'c']) parser.push(request(`/${name}`, `X-Mine: ${name}`))
    expect(seen).toEqual(['/a', 'a', '/b', 'b', '/c', 'c'])
  })

  it('of an interim response can be read in its hook while another parser works', () => {
    const seen: string[] = []
    const other = reader({ scanner })
    const parser = new ResponseParser(
      {
        head: (head) => void seen.push(head.fields.get('x-mine')!),
        informational(head) {
          other.parser.push(request('/other', 'X-Mine: other'))
          other.parser.next()
          seen.push(head.fields.get('x-mine')!)
        },
      },
      { scanner },
    )
    const interim = (name: string) => `HTTP/1.1 103 Early Hints\r\nX-Mine: ${name}\r\n\r\n`
    parser.push(octets(`${interim('a')}${interim('b')}HTTP/1.1 204 No Content\r\nX-Mine: c\r\n\r\n`))
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  // A caller with one buffer either moves what is left to its start and fills up the rest, or pushes a copy of what is left and
  // fills all of it.
  it.each([
    ['moved what is left of it', 3, (buffer: Uint8Array, at: number) => buffer.copyWithin(0, at).length - at],
    [
      'pushed a copy of what was left of it',
      5,
      (buffer: Uint8Array, at: number, push: (chunk: Uint8Array) => void) => {
        push(buffer.slice(at))
        return 0
      },
    ],
  ])('is what the buffer holds now, when the caller has but one and %s', (_what, times, empty) => {
    const targets: string[] = []
    const parser = new RequestParser(
      {
        head: (head) => targets.push(head.target) > 1,
        complete: () => parser.next(),
      },
      { scanner },
    )
    const content = 'GET /content HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(times)
    const posted = `POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${content.length}\r\n\r\n`
    const stream = octets(`${posted}${content}${'GET /b HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(5)}`)
    const buffer = stream.slice(0, 120)
    const at = parser.push(buffer)
    expect(at).toBe(posted.length)
    const rest = empty(buffer, at, (chunk) => expect(parser.push(chunk)).toBe(chunk.length))
    const read = buffer.length + buffer.length - rest
    buffer.set(stream.subarray(buffer.length, read), rest)
    for (let from = 0; from < buffer.length; ) from = parser.push(buffer, from)
    for (let from = read; from < stream.length; ) from = parser.push(stream, from)
    expect(targets).toEqual(['/a', '/b', '/b', '/b', '/b', '/b'])
  })

  it('has spaces for its folds when the head before it, in the same chunk, was read whole', () => {
    const values: string[] = []
    const parser = new ResponseParser(
      { head: (head) => void values.push(head.fields.flat().at(-1)!), complete: () => parser.next() },
      { scanner, leniences: { foldedResponseFields: true } },
    )
    const lines = 'A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n'
    const chunk = octets(`HTTP/1.1 204 No\r\n${lines}F: 6\r\n\r\nHTTP/1.1 204 No\r\n${lines}F: a\r\n b\r\n\r\n`)
    for (let at = 0; at < chunk.length; ) at = parser.push(chunk, at)
    expect(values).toEqual(['6', 'a   b'])
  })

  it('is right when its octets came one at a time, taking turns with others', () => {
    const readers = Array.from({ length: 5 }, () => reader({ scanner }))
    const all = readers.map((_, i) => request(`/turn${i}`, `X-Turn: ${'t'.repeat(i * 9)}`, 'Accept: */*'))
    for (let at = 0; at < 200; at++) {
      for (const [i, { parser }] of readers.entries()) if (at < all[i]!.length) parser.push(all[i]!, at, at + 1)
    }
    for (const [i, { heads }] of readers.entries()) {
      expect([heads[0]!.target, heads[0]!.fields.get('x-turn'), heads[0]!.fields.size]).toEqual([
        `/turn${i}`,
        't'.repeat(i * 9),
        3,
      ])
    }
  })

  it('does not look at the chunk again', () => {
    const { heads, parser } = reader({ scanner })
    const chunk = request('/chunk', 'X-A: b')
    parser.push(chunk)
    chunk.fill(0)
    expect(heads[0]!.fields.flat()).toEqual(['Host', 'example.net', 'X-A', 'b'])
  })

  it('gives one character an octet beyond ASCII, the C1 controls included', () => {
    const { heads, parser } = reader({ scanner })
    const all = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('')
    parser.push(request('/', `X-Text: ${all}`))
    expect(heads[0]!.fields.get('x-text')).toBe(all)
  })

  it.each([
    ['when nothing else is expected', ['Expect: 100-Continue', 'Expect: 100-continue ,\t100-continue'], true],
    ['not when something else is expected before', ['Expect: tea', 'Expect: 100-continue'], false],
    ['not when something else is expected behind', ['Expect: 100-continue', 'Expect: tea'], false],
    ['not when something else is in the same list', ['Expect: 100-continue, tea'], false],
    ['not when nothing is expected', ['Expect:'], false],
  ])('expects 100 (Continue) %s', (_, lines, expected) => {
    const { heads, parser } = reader({ scanner })
    parser.push(request('/', ...lines))
    expect([heads[0]!.expectContinue, heads[0]!.expect]).toEqual([
      expected,
      lines.map((line) => line.slice(7).trim()).join(', '),
    ])
  })

  it('finds names in any case, joins their lines, and is not led astray by __proto__', () => {
    const { heads, parser } = reader({ scanner })
    parser.push(
      request('/', 'ACCEPT: a', '__proto__: p', 'accept: b', 'Cookie: c=1', 'cookie: d=2', 'x-odd: 1', 'X-ODD: 2'),
    )
    const { fields } = heads[0]!
    expect(fields.get('Accept')).toBe('a, b')
    expect(fields.get('COOKIE')).toBe('c=1; d=2')
    expect([fields.get('__proto__'), fields.get('constructor'), fields.has('toString')]).toEqual([
      'p',
      undefined,
      false,
    ])
    expect([fields.getAll('X-Odd'), fields.getAll('nothing'), fields.size]).toEqual([['1', '2'], [], 8])
    expect([...fields].map(([name]) => name)).toEqual([
      'Host',
      'ACCEPT',
      '__proto__',
      'accept',
      'Cookie',
      'cookie',
      'x-odd',
      'X-ODD',
    ])
  })
})

describe('a response head', () => {
  // RFC 9112 §6.3 steps 1 and 2: these responses end with their head, regardless of the fields in it.
  it.each([
    ['two framings', '1.1', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['a length that is none', '1.1', 'Content-Length: none'],
    ['two lengths', '1.1', 'Content-Length: 5\r\nContent-Length: 6'],
    ['a coding that is unknown', '1.1', 'Transfer-Encoding: gzip'],
    ['a coding in HTTP/1.0', '1.0', 'Connection: keep-alive\r\nTransfer-Encoding: chunked'],
  ])(
    'that ends its message may have %s, and is the last one then; one with content is refused',
    (_, version, lines) => {
      for (const [status, requestMethod, switched] of [
        [200, 'HEAD', false],
        [204, 'GET', false],
        [304, 'GET', false],
        [101, 'GET', true],
        [200, 'CONNECT', true],
        [299, 'CONNECT', true],
        [200, 'GET', undefined],
        [404, 'CONNECT', undefined],
        [205, 'GET', undefined],
      ] as const) {
        const head = `HTTP/${version} ${status} X\r\n${lines}\r\nX: y\r\n\r\n`
        const seen: unknown[] = []
        const parser = new ResponseParser(
          {
            head: ({ hasContent, chunked, contentLength, keepAlive }) =>
              void seen.push(hasContent, chunked, contentLength, keepAlive),
          },
          { requestMethod },
        )
        const push = () => parser.push(octets(`${head}hello`))
        if (switched === undefined) expect(push).toThrow(HttpError)
        else {
          expect([push(), parser.complete, parser.switched]).toEqual([head.length, true, switched])
          expect(seen).toEqual([false, false, undefined, false])
        }
      }
    },
  )

  it('gives the first Set-Cookie, which cannot be joined, and all of them', () => {
    const heads: ResponseHead[] = []
    const parser = new ResponseParser({ head: (head) => void heads.push(head) })
    parser.push(octets('HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n'))
    expect([heads[0]!.fields.get('set-cookie'), heads[0]!.fields.getAll('set-cookie')]).toEqual(['a=1', ['a=1', 'b=2']])
  })
})

it('a message that a hook stopped behind its last octet is completed by a push of nothing', () => {
  const seen: string[] = []
  const stops = (hook: string) => () => {
    seen.push(hook)
    return false
  }
  const parser = new RequestParser({ head: stops('head'), content: stops('content'), complete: stops('complete') })
  const get = request('/')
  const post = octets('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab')
  expect([parser.push(get), parser.complete]).toEqual([get.length, false])
  expect([parser.push(get, get.length), parser.complete]).toEqual([get.length, true])
  parser.next()
  expect([parser.push(post), parser.push(post, post.length - 2), parser.complete]).toEqual([
    post.length - 2,
    post.length,
    false,
  ])
  expect([parser.push(new Uint8Array(0)), parser.complete]).toEqual([0, true])
  expect(seen).toEqual(['head', 'complete', 'head', 'content', 'complete'])
})

describe('misuse', () => {
  it('is a TypeError or a RangeError at the call', () => {
    expect(() => new RequestParser({} as never)).toThrow(TypeError)
    expect(() => new RequestParser({ head() {} }, { maxHeadSize: 1e6 })).toThrow(RangeError)
    expect(() => new RequestParser({ head() {} }, { maxFields: 1.5 })).toThrow(TypeError)
    expect(() => new RequestParser({ head() {} }, { scanner: 'fast' as never })).toThrow(TypeError)
    for (const hook of ['informational', 'content', 'complete']) {
      const hooks = { head() {}, [hook]: null }
      expect(() => new ResponseParser(hooks as never)).toThrow(`${hook} must be a function`)
    }
    for (const value of ['false', 1, {}]) {
      const options = { leniences: { bareLineFeed: value as never } }
      expect(() => new RequestParser({ head() {} }, options)).toThrow(/bareLineFeed must be true or false/)
    }
    // What is misspelt would be the default, in silence: maxHeaderSize is what node:http calls it.
    for (const options of [
      { maxHeaderSize: 1024 },
      { maxFields: 8, lenient: true },
      { toString: 1 },
      { methods: [] },
    ]) {
      const name = Object.keys(options).at(-1)
      expect(() => new RequestParser({ head() {} }, options as never)).toThrow(TypeError(`there is no option ${name}`))
      if (name !== 'methods') expect(() => explain(new Uint8Array(0), options as never)).toThrow(TypeError)
      if (name !== 'methods') expect(() => readResponses([], options as never)).toThrow(TypeError)
    }
    expect(() => new ResponseParser({ head() {} }, { leniences: { bareLF: true } as never })).toThrow(
      /no option bareLF/,
    )
    expect(() => new ResponseParser({ head() {} }, { requestMethod: null as never }).next(null as never)).toThrow(
      TypeError,
    )
    const { parser } = reader()
    for (const chunk of ['GET', null, undefined, new ArrayBuffer(3)]) {
      expect(() => parser.push(chunk as never)).toThrow('push() takes a Uint8Array')
    }
    expect(() => parser.push(octets('GET'), 0.5)).toThrow(RangeError)
    expect(() => parser.push(octets('GET'), 0, 2.5)).toThrow(RangeError)
    expect(() => parser.push(octets('GET'), 2, 1)).toThrow(RangeError)
    expect(() => parser.push(octets('GET'), 0, 4)).toThrow(RangeError)
    parser.push(octets('GET'))
    expect(() => parser.next()).toThrow(TypeError)
  })

  it('of an object that is changed later does not open a lenience', () => {
    const leniences = { anyHost: false }
    const { parser } = reader({ leniences })
    leniences.anyHost = true
    expect(() => parser.push(octets('GET / HTTP/1.1\r\n\r\n'))).toThrow(/MISSING_HOST/)
  })

  it('cannot enter a parser from its own hook, nor after a hook threw', () => {
    const parser = new RequestParser({
      head() {
        expect(() => parser.push(octets('x'))).toThrow(/inside a hook/)
        throw new Error('mine')
      },
    })
    expect(() => parser.push(request('/'))).toThrow('mine')
    expect(() => parser.push(request('/'))).toThrow(TypeError)
    expect(() => parser.finish()).toThrow(TypeError)
  })

  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n'
  const counted = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab'
  it.each([
    ['informational', `HTTP/1.1 100 Continue\r\n\r\n${counted}`, true],
    ['head', counted, true],
    ['content', chunked, true],
    ['content', counted, false],
    ['complete', counted, false],
  ])("is not taken for the peer's, when the %s hook gives the chunk away: %j", (hook, text, early) => {
    for (const scanner of ['simd', 'portable'] as const) {
      const chunk = octets(text)
      const give = () => void structuredClone(chunk, { transfer: [chunk.buffer as ArrayBuffer] })
      const parser = new ResponseParser({ head() {}, [hook]: give }, { scanner })
      if (early) expect(() => parser.push(chunk)).toThrow(/a hook detached/)
      if (early) expect(() => parser.push(octets('x'))).toThrow(TypeError)
      else expect([parser.push(chunk), chunk.length]).toEqual([text.length, 0])
    }
  })

  it('cannot finish a message inside one of its hooks', () => {
    const seen: string[] = []
    const finishes = (hook: string) => () => {
      expect(() => parser.finish()).toThrow(/inside a hook/)
      seen.push(hook)
    }
    const parser = new ResponseParser({
      informational: finishes('informational'),
      head: finishes('head'),
      content: finishes('content'),
      // All is read: there is nothing to finish.
      complete: () => {
        parser.finish()
        seen.push('complete')
      },
    })
    const chunk = octets('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nuntil the end')
    expect(parser.push(chunk)).toBe(chunk.length)
    parser.finish()
    expect(seen).toEqual(['informational', 'head', 'content', 'complete'])
  })

  it('leaves a parser dead after an error, with the same error', () => {
    const { parser } = reader()
    expect(() => parser.push(octets('GET  / HTTP/1.1\r\n\r\n'))).toThrow(HttpError)
    expect(() => parser.push(new Uint8Array(0))).toThrow(parser.error)
    expect(() => parser.finish()).toThrow(parser.error)
    expect(() => parser.next()).toThrow(parser.error)
    const responses = new ResponseParser({ head() {} })
    expect(() => responses.push(octets('SSH-2.0'))).toThrow(HttpError)
    expect(() => responses.next()).toThrow(responses.error)
  })
})
