import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkFieldName,
  checkFieldValue,
  encodeChunk,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
  type FieldsInit,
  formatChunkHead,
  formatRequestHead,
  formatResponseHead,
  latin1,
  reasonPhrase,
} from '../src/encode.js'
import { RequestParser, ResponseParser } from '../src/index.js'

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

describe('refusals', () => {
  const host = ['Host', 'x'] as const
  const request = (more: object) => () => encodeRequestHead({ method: 'GET', target: '/', fields: [host], ...more })
  const response =
    (fields: FieldsInit, more: object = {}) =>
    () =>
      encodeResponseHead({ status: 200, fields, ...more })
  const rows: [string, () => unknown, string][] = [
    ['a method with a space', request({ method: 'GET /x' }), 'BAD_METHOD'],
    ['no method', request({ method: '' }), 'BAD_METHOD'],
    ['a method longer than the parser takes', request({ method: 'M'.repeat(65) }), 'METHOD_TOO_LONG'],
    ['a target with a space', request({ target: '/a b' }), 'BAD_TARGET'],
    [
      'a target with a line end, which would split the request',
      request({ target: '/ HTTP/1.1\r\nX: y' }),
      'BAD_TARGET',
    ],
    ['a target beyond ASCII', request({ target: '/é' }), 'BAD_TARGET'],
    ['an asterisk with GET', request({ target: '*' }), 'BAD_TARGET'],
    ['a path with CONNECT', request({ method: 'CONNECT' }), 'BAD_TARGET'],
    ['no Host in HTTP/1.1', request({ fields: [] }), 'MISSING_HOST'],
    ['two Hosts', request({ fields: [host, host] }), 'REPEATED_HOST'],
    ['two Hosts in HTTP/1.0', request({ fields: [host, host], versionMinor: 0 }), 'REPEATED_HOST'],
    ['a Host with a path', request({ fields: { Host: 'a/b c' } }), 'BAD_HOST'],
    ['a Host with user information', request({ fields: { Host: 'a@b' } }), 'BAD_HOST'],
    ['a Host with a port that is none', request({ fields: { host: 'a:65536' } }), 'BAD_HOST'],
    ['a list of Hosts', request({ fields: { HOST: 'a, b' } }), 'BAD_HOST'],
    ['a Host beyond ASCII', request({ fields: { Host: 'é' } }), 'BAD_HOST'],
    ['a bad Host in HTTP/1.0', request({ fields: { Host: 'a b' }, versionMinor: 0 }), 'BAD_HOST'],
    ['another version', request({ versionMinor: 2 }), 'BAD_VERSION'],
    ['a status below 100', response([], { status: 99 }), 'BAD_STATUS_LINE'],
    ['a status that is no integer', response([], { status: 200.5 }), 'BAD_STATUS_LINE'],
    ['a reason with a line end', response([], { reason: 'OK\r\nX: y' }), 'BAD_STATUS_LINE'],
    ['an empty field name', response([['', 'v']]), 'BAD_FIELD_NAME'],
    ['a field name with a colon', response([['a:', 'v']]), 'BAD_FIELD_NAME'],
    ['a field name beyond ASCII', response([['\u212a', 'v']]), 'BAD_FIELD_NAME'],
    ['CR LF in a value, which would split the response', response([['a', 'b\r\nSet-Cookie: c']]), 'BAD_FIELD_VALUE'],
    ['a number that is none', response({ Age: Number.NaN }), 'BAD_FIELD_VALUE'],
    ['a number without end', response({ Age: Number.POSITIVE_INFINITY }), 'BAD_FIELD_VALUE'],
    [
      'a string object, which has a value for each letter',
      response({ a: new String('bc') as never }),
      'BAD_FIELD_VALUE',
    ],
    ['an object for a value', response({ a: {} as never }), 'BAD_FIELD_VALUE'],
    ['an object that is no text, for a value', response({ a: Object.create(null) }), 'BAD_FIELD_VALUE'],
    ['one for a reason', response({}, { reason: Object.create(null) }), 'BAD_STATUS_LINE'],
    ['one for a version', response({}, { versionMinor: Object.create(null) }), 'BAD_VERSION'],
    ['LF alone in a value', response([['a', 'b\nc']]), 'BAD_FIELD_VALUE'],
    ['CR alone in a value', response([['a', 'b\rc']]), 'BAD_FIELD_VALUE'],
    ['NUL in a value', response([['a', 'b\0c']]), 'BAD_FIELD_VALUE'],
    ['DEL in a value', response([['a', 'b\x7fc']]), 'BAD_FIELD_VALUE'],
    ['a character beyond ISO-8859-1, which would become another one', response([['a', 'č']]), 'BAD_FIELD_VALUE'],
    ['a letter whose low octet is LF', response([['a', 'x\u010ay']]), 'BAD_FIELD_VALUE'],
    ['whitespace before a value, which a reader would cut', response([['a', ' b']]), 'BAD_FIELD_VALUE'],
    ['whitespace behind a value', response([['a', 'b\t']]), 'BAD_FIELD_VALUE'],
    ['a value that is null', response({ a: null as never }), 'BAD_FIELD_VALUE'],
    ['a bad value among several', response({ a: ['b', 'c\n'] }), 'BAD_FIELD_VALUE'],
    ['both framings', response({ 'content-length': '1', 'transfer-encoding': 'chunked' }), 'TWO_FRAMINGS'],
    ['two lengths, even equal', response({ 'Content-Length': ['1', '1'] }), 'REPEATED_CONTENT_LENGTH'],
    ['a signed length', response({ 'Content-Length': '+1' }), 'BAD_CONTENT_LENGTH'],
    ['a length in hexadecimal', response({ 'Content-Length': '0x1' }), 'BAD_CONTENT_LENGTH'],
    ['a length beyond 2^53 - 1', response({ 'Content-Length': '9007199254740992' }), 'CONTENT_LENGTH_TOO_LARGE'],
    ['a coding that is not chunked', response({ 'Transfer-Encoding': 'gzip, chunked' }), 'BAD_TRANSFER_ENCODING'],
    ['chunked twice', response({ 'Transfer-Encoding': ['chunked', 'chunked'] }), 'BAD_TRANSFER_ENCODING'],
    [
      'chunked in HTTP/1.0',
      response({ 'Transfer-Encoding': 'chunked' }, { versionMinor: 0 }),
      'TRANSFER_ENCODING_IN_HTTP_1_0',
    ],
    ['a length in a 204', response({ 'Content-Length': '0' }, { status: 204 }), 'TWO_FRAMINGS'],
    ['a framing in a 1xx', response({ 'Transfer-Encoding': 'chunked' }, { status: 103 }), 'TWO_FRAMINGS'],
    ['an empty chunk, which would end the message', () => formatChunkHead(0), 'BAD_CHUNK_SIZE'],
    ['a chunk size that is no integer', () => formatChunkHead(1.5), 'BAD_CHUNK_SIZE'],
    ['a length in the trailers', () => encodeLastChunk({ 'Content-Length': '1' }), 'FORBIDDEN_TRAILER'],
    ['a line end in a trailer', () => encodeLastChunk({ a: 'b\r\n\r\nGET /' }), 'BAD_FIELD_VALUE'],
  ]
  for (const [sentence, attempt, code] of rows) {
    it(`refuses ${sentence}`, () => {
      expect(attempt).toThrow(TypeError)
      expect(attempt).toThrow(expect.objectContaining({ code: `HTTP_ERR_${code}` }))
    })
  }

  it('says why in one line, whatever it was given', () => {
    for (const value of ['a\r\nb', { toString: () => 'a\r\nb' }, ['a\r\nb'], () => 'a\nb']) {
      expect(response({ a: value as never })).toThrow(/^.* is not a field value \(HTTP_ERR_BAD_FIELD_VALUE\)$/)
    }
  })

  it('agrees with the parser about every character of a Host', () => {
    for (let code = 0x21; code < 256; code++) {
      const fields = { Host: `a${String.fromCharCode(code)}1` }
      const octets = Uint8Array.from(`GET / HTTP/1.1\r\nHost: ${fields.Host}\r\n\r\n`, (c) => c.charCodeAt(0))
      const parse = () => void new RequestParser({ head() {} }).push(octets)
      expect([code, throws(request({ fields }))]).toEqual([code, throws(parse)])
    }
  })

  it('agrees with the parser about every character of a value', () => {
    for (let code = 0; code < 256; code++) {
      const character = String.fromCharCode(code)
      const head = `HTTP/1.1 200 OK\r\na: x${character}y\r\n\r\n`
      const parse = () => {
        new ResponseParser({ head() {} }).push(Uint8Array.from(head, (c) => c.charCodeAt(0)))
      }
      const check = () => checkFieldValue(`x${character}y`)
      // CR LF ends a line for the parser, which goes on to another one.
      if (character === '\r' || character === '\n') expect(check).toThrow()
      else if (/[\t\x20-\x7e\x80-\xff]/.test(character)) expect([parse(), check()]).toEqual([undefined, undefined])
      else expect([parse, check].map((attempt) => attempt)).toSatisfy((both: (() => void)[]) => both.every(throws))
    }
  })

  it.each([['hello'], [new Uint16Array([300])], [[1, 2]], [new ArrayBuffer(2)], [undefined]])(
    'refuses a chunk of what is no octets: %j',
    (bytes) => {
      expect(() => encodeChunk(bytes as never)).toThrow(TypeError)
    },
  )

  it('refuses fields that are no pairs: of a flat list it would write two letters, of long ones it would lose the rest', () => {
    expect(response(['Content-Type', 'text/plain'] as never)).toThrow(TypeError)
    expect(() => encodeLastChunk(['Digest', 'x1'] as never)).toThrow(TypeError)
    for (const fields of [null, 'ab', 5, [null], [['Set-Cookie', 'a=1', 'b=2']], [['Set-Cookie']], [{ a: 'b' }]]) {
      expect(response(fields as never)).toThrow(/^fields are pairs of a name and a value, or an object of them, not /)
    }
  })

  it('refuses characters beyond ISO-8859-1, whose low octet would split what it is written into', () => {
    expect(() => latin1('a\u010d\u010a')).toThrow(RangeError)
    expect(text(latin1('\0\n\x7f\xff'))).toBe('\0\n\x7f\xff')
  })

  it('checks a name alone', () => {
    expect(checkFieldName('X-Ok')).toBeUndefined()
    expect(() => checkFieldName('not ok')).toThrow(TypeError)
  })
})

function throws(attempt: () => void): boolean {
  try {
    attempt()
    return false
  } catch {
    return true
  }
}

describe('texts', () => {
  it('writes a head with the usual reason', () => {
    expect(formatResponseHead({ status: 404, fields: { 'Content-Length': 0, 'Set-Cookie': ['a=1', 'b=2'] } })).toBe(
      'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n',
    )
    expect(formatResponseHead({ status: 799 })).toBe('HTTP/1.1 799 \r\n\r\n')
    expect(reasonPhrase(418)).toBe('')
  })

  it.each([
    ['empty, for a target without an authority', ''],
    ['a name with a port', 'a.example:8080'],
    ['an address of IPv6', '[::1]:80'],
    ['a name with an octet encoded', 'a%20b'],
  ])('writes a Host that is %s', (_, host) => {
    expect(formatRequestHead({ method: 'GET', target: '/', fields: { Host: host } })).toBe(
      `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    )
  })

  it('writes what a response has for a Host, which means nothing there', () => {
    expect(formatResponseHead({ status: 299, fields: { Host: 'a/b c' } })).toBe('HTTP/1.1 299 \r\nHost: a/b c\r\n\r\n')
  })

  it('writes chunks, and none for no octets', () => {
    expect(text(encodeChunk(new Uint8Array(26).fill(97)))).toBe(`1a\r\n${'a'.repeat(26)}\r\n`)
    expect(encodeChunk(new Uint8Array(0)).length).toBe(0)
    expect(text(encodeLastChunk())).toBe('0\r\n\r\n')
    expect(text(encodeLastChunk({ Digest: 'x' }))).toBe('0\r\nDigest: x\r\n\r\n')
  })
})

// Everything that a message may consist of.
const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
const token = (maxLength: number) => fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength })
const valueCharacter = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 33, max: 126 }) },
  fc.constantFrom(9, 32),
  fc.integer({ min: 128, max: 255 }),
)
const value = fc
  .array(valueCharacter, { maxLength: 80 })
  .map((codes) => String.fromCharCode(...codes).replace(/^[ \t]+|[ \t]+$/g, ''))
const framing = /^(?:host|content-length|transfer-encoding|connection|upgrade|expect)$/i
const forbidden =
  /^(?:te|trailer|keep-alive|proxy-connection|.*authori.*|.*authenticate|cookie|set-cookie|content-.*)$/i
const lines = fc
  .array(
    fc.tuple(
      fc.oneof(token(20), fc.constantFrom('Accept', 'user-agent', 'X-FORWARDED-FOR', '__proto__', 'constructor')),
      value,
    ),
    { maxLength: 12 },
  )
  .map((all) => all.filter(([name]) => !framing.test(name)))
const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 })
const trailers = fc.option(
  lines.map((all) => all.filter(([name]) => !forbidden.test(name))),
  { nil: undefined },
)
const target = fc
  .array(fc.integer({ min: 33, max: 126 }), { maxLength: 60 })
  .map((codes) => `/${String.fromCharCode(...codes)}`)
const cut = fc.integer({ min: 1, max: 200 })

/** Pushes octets in pieces of one size, and gives back what came out. */
function read(parser: RequestParser | ResponseParser, octets: Uint8Array, size: number): void {
  for (let at = 0; at < octets.length; at += size) {
    const piece = octets.slice(at, at + size)
    expect(parser.push(piece)).toBe(piece.length)
  }
  parser.finish()
}

describe.each(['simd', 'portable'] as const)('parse(encode(x)) is x with the %s scanner', (scanner) => {
  it('for requests', () => {
    fc.assert(
      fc.property(
        token(20),
        target,
        lines,
        fc.boolean(),
        chunks,
        trailers,
        cut,
        (method, path, fields, chunked, content, late, size) => {
          fc.pre(method !== 'CONNECT')
          const whole = content.flatMap((part) => [...part])
          const sent: [string, string][] = [
            ['Host', 'example.net:8080'],
            ...fields,
            chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(whole.length)],
          ]
          const octets = join(
            encodeRequestHead({ method, target: path, fields: sent }),
            ...(chunked ? [...content.map(encodeChunk), encodeLastChunk(late)] : content),
          )
          const seen: unknown[] = []
          const received: number[] = []
          const parser = new RequestParser(
            {
              head: (head) =>
                void seen.push(head.method, head.target, [...head.fields], head.chunked, head.contentLength),
              content: (bytes, start, end) => void received.push(...bytes.subarray(start, end)),
              complete: (fields) => void seen.push(fields === undefined ? [] : [...fields]),
            },
            { scanner },
          )
          read(parser, octets, size)
          expect(seen).toEqual([
            method,
            path,
            sent,
            chunked,
            chunked ? undefined : whole.length,
            chunked ? (late ?? []) : [],
          ])
          expect(received).toEqual(whole)
        },
      ),
      { numRuns: 300, seed: 9112 },
    )
  })

  it('for responses', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 999 }),
        value,
        lines,
        fc.constantFrom('chunked', 'counted', 'until close'),
        chunks,
        trailers,
        cut,
        (status, reason, fields, how, content, late, size) => {
          fc.pre(status !== 204 && status !== 304)
          const whole = content.flatMap((part) => [...part])
          const sent: [string, string][] = [...fields]
          if (how === 'chunked') sent.push(['Transfer-Encoding', 'chunked'])
          if (how === 'counted') sent.push(['Content-Length', String(whole.length)])
          const octets = join(
            encodeResponseHead({ status, reason, fields: sent }),
            ...(how === 'chunked' ? [...content.map(encodeChunk), encodeLastChunk(late)] : content),
          )
          const seen: unknown[] = []
          const received: number[] = []
          const parser = new ResponseParser(
            {
              head: (head) => void seen.push(head.status, head.reason, head.fields.flat()),
              content: (bytes, start, end) => void received.push(...bytes.subarray(start, end)),
              complete: (fields) => void seen.push(fields === undefined ? [] : fields.flat()),
            },
            { scanner },
          )
          read(parser, octets, size)
          expect(seen).toEqual([status, reason, sent.flat(), how === 'chunked' ? (late ?? []).flat() : []])
          expect(received).toEqual(whole)
        },
      ),
      { numRuns: 300, seed: 9110 },
    )
  })
})
