import { expect } from 'vitest'
import { answered, type Duty, duty, type Expectation, HOST } from './duty.js'
import { type ReadResponse, valuesOf } from './read-responses.js'

/** What the site under test holds: names to contents. `hello.txt` was last modified at {@link MODIFIED}. */
export const FILES: Record<string, string> = {
  'hello.txt': '0123456789',
  'empty.txt': '',
  'index.html': '<p>index</p>',
  'page.html': '<p>page</p>',
  'page.html.gz': 'GZIPPED',
  'sub/inner.txt': 'inner',
  'a b & <i>c.txt': 'markup',
  'café.txt': 'café',
  '.secret': 'HIDDEN',
  'large.bin': 'x'.repeat(300_000),
}

/** The names beside the root that must not be reached. */
export const OUTSIDE = 'OUTSIDE THE ROOT'

/** When `hello.txt` was last modified. */
export const MODIFIED = new Date('2026-01-02T03:04:05Z')

const LAST_MODIFIED = 'Fri, 02 Jan 2026 03:04:05 GMT'
const EARLIER = 'Thu, 01 Jan 2026 00:00:00 GMT'
const LATER = 'Sat, 03 Jan 2026 00:00:00 GMT'

const ask = (fields = '', target = '/hello.txt', method = 'GET') =>
  `${method} ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`
const one = (look: (response: ReadResponse) => void) => (responses: ReadResponse[]) => look(responses[0]!)
const whole: Expectation = answered(one(({ content }) => expect(String(content)).toBe('0123456789')))
const part = (text: string, from: number, to: number, size = 10): Expectation =>
  answered(
    one((response) => {
      expect(String(response.content)).toBe(text)
      expect(valuesOf(response, 'content-range')).toEqual([`bytes ${from}-${to}/${size}`])
    }),
    206,
  )
const notModified: Expectation = answered(
  one((response) => {
    expect(response.content).toHaveLength(0)
    expect(valuesOf(response, 'etag')).toHaveLength(1)
  }),
  304,
)
const failed: Expectation = answered(undefined, 412)
const secret: Expectation['check'] = (_, received) => expect(String(received)).not.toMatch(/OUTSIDE|root:x:0|HIDDEN/)
const confined = (statuses: readonly number[] = [400, 403, 404]): Expectation => answered(secret, statuses)
const local: Expectation = {
  statuses: [[200, 301, 307, 308, 400, 404]],
  connection: 'either',
  check: one((response) => {
    for (const location of valuesOf(response, 'location')) expect(location).toMatch(/^\/(?![/\\\t])/)
  }),
}

/** The duties of a site of files; `tag` is the entity tag that the server gave `hello.txt`. */
export function siteDuties(tag: string): Duty[] {
  return [
    duty(
      'MUST',
      'RFC 9110 §8',
      'a file has length, type, time and tag',
      ask(),
      answered(
        one((response) => {
          expect(valuesOf(response, 'content-length')).toEqual(['10'])
          expect(valuesOf(response, 'content-type')[0]).toMatch(/^text\/plain/)
          expect(valuesOf(response, 'last-modified')).toEqual([LAST_MODIFIED])
          expect(valuesOf(response, 'etag')[0]).toMatch(/^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/)
          expect(String(response.content)).toBe('0123456789')
        }),
      ),
    ),
    duty(
      'SHOULD',
      'RFC 9110 §14.3',
      'ranges are offered',
      ask(),
      answered(one((response) => expect(valuesOf(response, 'accept-ranges')).toEqual(['bytes']))),
    ),
    duty(
      'SHOULD',
      'RFC 9110 §9.3.2',
      'HEAD gets the fields of GET',
      {
        each: ['/hello.txt', '/empty.txt', '/', '/sub/', '/nothing', '/page.html'].map(
          (target) => ask('', target, 'HEAD') + ask('', target),
        ),
      },
      {
        statuses: [
          [200, 301, 308, 404],
          [200, 301, 308, 404],
        ],
        connection: 'open',
        check: ([head, get]) => {
          const seen = (response: ReadResponse) => response.fields.filter(([name]) => name !== 'Date')
          expect(seen(head!)).toEqual(seen(get!))
          expect(head!.content).toHaveLength(0)
        },
      },
      ['HEAD', 'GET'],
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.2',
      'a matching tag in If-None-Match is answered 304',
      {
        each: [tag, `W/${tag.replace('W/', '')}`, `"x", ${tag}`, `"a,b" , ${tag} ,"c"`, '*'].map((value) =>
          ask(`If-None-Match: ${value}\r\n`),
        ),
      },
      notModified,
    ),
    duty(
      'MUST',
      'RFC 9110 §5.3',
      'If-None-Match may come in two lines',
      ask(`If-None-Match: "x"\r\nIf-None-Match: ${tag}\r\n`),
      notModified,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.2',
      'another tag in If-None-Match is answered 200',
      { each: ['"x"', 'W/"x"', '""', tag.slice(0, -2).concat('"')].map((value) => ask(`If-None-Match: ${value}\r\n`)) },
      whole,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.2',
      'HEAD is answered 304 likewise',
      ask(`If-None-Match: ${tag}\r\n`, '/hello.txt', 'HEAD'),
      notModified,
      ['HEAD', 'GET'],
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.3',
      'a file not modified since is answered 304',
      { each: [LAST_MODIFIED, LATER].map((date) => ask(`If-Modified-Since: ${date}\r\n`)) },
      notModified,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.3',
      'a file modified since is answered 200',
      ask(`If-Modified-Since: ${EARLIER}\r\n`),
      whole,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.3',
      'an If-Modified-Since that is no date is ignored',
      {
        each: [
          'x',
          '',
          '2026-01-03',
          'Sat, 03 Jan 2026 00:00:00',
          'Sat, 99 Jan 2026 00:00:00 GMT',
          '1767400000',
          'Sat, 03 Jan 2026 00:00:00 GMT, x',
        ].map((date) => ask(`If-Modified-Since: ${date}\r\n`)),
      },
      whole,
    ),
    duty(
      'MUST',
      'RFC 9110 §5.6.7',
      'the old formats of dates are understood',
      {
        each: ['Friday, 02-Jan-26 03:04:05 GMT', 'Fri Jan  2 03:04:05 2026'].map((date) =>
          ask(`If-Modified-Since: ${date}\r\n`),
        ),
      },
      notModified,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.3',
      'If-None-Match wins over If-Modified-Since',
      ask(`If-None-Match: "x"\r\nIf-Modified-Since: ${LATER}\r\n`),
      whole,
    ),
    duty('MUST', 'RFC 9110 §13.1.1', 'If-Match * holds for a file', ask('If-Match: *\r\n'), whole),
    duty(
      'MUST',
      'RFC 9110 §13.1.1',
      'another tag in If-Match is answered 412',
      { each: ['"x"', '"x", "y"'].map((value) => ask(`If-Match: ${value}\r\n`)) },
      failed,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.1',
      'a weak tag never matches in If-Match',
      ask(`If-Match: W/${tag.replace('W/', '')}\r\n`),
      failed,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.4',
      'If-Unmodified-Since of an earlier day is answered 412',
      ask(`If-Unmodified-Since: ${EARLIER}\r\n`),
      failed,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.4',
      'If-Unmodified-Since of a later day holds',
      ask(`If-Unmodified-Since: ${LATER}\r\n`),
      whole,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.4',
      'If-Unmodified-Since is ignored beside If-Match',
      ask(`If-Match: *\r\nIf-Unmodified-Since: ${EARLIER}\r\n`),
      whole,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.2.2',
      'If-Match is looked at before If-None-Match',
      ask(`If-Match: "x"\r\nIf-None-Match: ${tag}\r\n`),
      failed,
    ),

    duty('MUST', 'RFC 9110 §14.2', 'a range is answered 206', ask('Range: bytes=2-4\r\n'), part('234', 2, 4)),
    duty(
      'MUST',
      'RFC 9110 §14.1.2',
      'a range of one octet has one octet',
      ask('Range: bytes=0-0\r\n'),
      part('0', 0, 0),
    ),
    duty('MUST', 'RFC 9110 §14.1.2', 'a range may be open', ask('Range: bytes=7-\r\n'), part('789', 7, 9)),
    duty('MUST', 'RFC 9110 §14.1.2', 'a range may be a suffix', ask('Range: bytes=-3\r\n'), part('789', 7, 9)),
    duty(
      'MUST',
      'RFC 9110 §14.1.2',
      'a suffix longer than the file is the file',
      ask('Range: bytes=-99\r\n'),
      part('0123456789', 0, 9),
    ),
    duty(
      'MUST',
      'RFC 9110 §14.1.2',
      'a range ends with the file',
      { each: ['5-99', '5-99999999999999999999999'].map((range) => ask(`Range: bytes=${range}\r\n`)) },
      part('56789', 5, 9),
    ),
    duty('MUST', 'RFC 9110 §14.1', 'the range unit is case-insensitive', ask('Range: Bytes=0-1\r\n'), part('01', 0, 1)),
    duty(
      'SHOULD',
      'RFC 9110 §15.5.17',
      'a range beyond the file is answered 416 with its size',
      { each: ['10-', '10-12', '99999999999999999999-', '-0'].map((range) => ask(`Range: bytes=${range}\r\n`)) },
      answered(
        one((response) => expect(valuesOf(response, 'content-range')).toEqual(['bytes */10'])),
        416,
      ),
    ),
    duty(
      'MUST',
      'RFC 9110 §14.2',
      'a range that is none, or of another unit, is ignored',
      {
        each: [
          'bytes=5-2',
          'bytes=x-y',
          'bytes=',
          'bytes',
          'bytes=1',
          'bytes=--1',
          'bytes=1-2x',
          'bytes=0x1-2',
          'bytes=1.5-2',
          'items=0-1',
          '0-1',
          'bytes=+1-2',
        ].map((range) => ask(`Range: ${range}\r\n`)),
      },
      whole,
    ),
    duty(
      'MUST',
      'RFC 9110 §14.2',
      'a range is for GET only',
      ask('Range: bytes=2-4\r\n', '/hello.txt', 'HEAD'),
      answered(one((response) => expect(valuesOf(response, 'content-range')).toEqual([]))),
      ['HEAD', 'GET'],
    ),
    duty(
      'MUST',
      'RFC 9110 §14.2',
      'a range of an empty file is answered 416, or ignored',
      ask('Range: bytes=0-0\r\n', '/empty.txt'),
      answered(undefined, [200, 416]),
    ),
    duty(
      'MUST',
      'RFC 9110 §15.3.7.2',
      'several ranges come as multipart/byteranges, or the whole file does',
      ask('Range: bytes=0-1,4-5\r\n'),
      answered(
        one((response) => {
          if (response.status === 200) return
          const boundary = /^multipart\/byteranges; ?boundary="?([^"]+)"?$/.exec(
            valuesOf(response, 'content-type')[0]!,
          )?.[1]
          const parts = String(response.content).split(`--${boundary}`)
          expect(parts).toHaveLength(4)
          expect(parts[1]).toMatch(/\r\nContent-Range: bytes 0-1\/10\r\n(?:.*\r\n)*\r\n01\r\n$/i)
          expect(parts[2]).toMatch(/\r\nContent-Range: bytes 4-5\/10\r\n(?:.*\r\n)*\r\n45\r\n$/i)
          expect(parts[3]).toMatch(/^--\r\n/)
          expect(valuesOf(response, 'content-range')).toEqual([])
        }),
        [200, 206],
      ),
    ),
    duty(
      'HARDEN',
      'CVE-2011-3192',
      'many ranges do not multiply the file',
      {
        each: [
          ask(`Range: bytes=${Array.from({ length: 400 }, () => '0-').join(',')}\r\n`, '/large.bin'),
          ask(`Range: bytes=${Array.from({ length: 400 }, (_, index) => `${index}-`).join(',')}\r\n`, '/large.bin'),
          ask(`Range: bytes=${Array.from({ length: 15 }, () => '0-').join(',')}\r\n`, '/large.bin'),
        ],
      },
      answered((_, received) => expect(received.length).toBeLessThan(310_000), [200, 206, 416]),
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.5',
      'If-Range with another validator gets the whole file',
      { each: ['"x"', EARLIER, LATER, 'nonsense'].map((value) => ask(`Range: bytes=2-4\r\nIf-Range: ${value}\r\n`)) },
      whole,
    ),
    duty(
      'MUST',
      'RFC 9110 §13.1.5',
      'a weak tag never matches in If-Range',
      ask(`Range: bytes=2-4\r\nIf-Range: W/${tag.replace('W/', '')}\r\n`),
      whole,
    ),
    duty('MUST', 'RFC 9110 §13.1.5', 'If-Range without a range is ignored', ask(`If-Range: ${tag}\r\n`), whole),
    duty(
      'MUST',
      'RFC 9110 §13.2.2',
      'a failed condition is answered before the range is looked at',
      ask(`Range: bytes=99-\r\nIf-None-Match: ${tag}\r\n`),
      notModified,
    ),

    duty(
      'MUST',
      'RFC 9110 §15.5.6',
      'a file does not take other methods, and says which it takes',
      { each: ['POST', 'PUT', 'DELETE', 'PATCH'].map((method) => ask('', '/hello.txt', method)) },
      answered(
        one((response) => expect(valuesOf(response, 'allow')[0]).toMatch(/GET.*HEAD|HEAD.*GET/)),
        405,
      ),
    ),
    duty(
      'MUST',
      'RFC 9110 §15.6.2',
      'an unknown method is answered 501',
      { each: ['BREW', 'get', 'PROPFIND'].map((method) => ask('', '/hello.txt', method)) },
      answered(undefined, 501),
    ),
    duty(
      'SHOULD',
      'RFC 9110 §9.3.7',
      'OPTIONS is answered with Allow',
      ask('', '/hello.txt', 'OPTIONS'),
      answered(
        one((response) => expect(valuesOf(response, 'allow')[0]).toContain('GET')),
        [200, 204],
      ),
    ),
    duty(
      'SECURITY',
      'RFC 9110 §9.3.8',
      'TRACE sends no credentials back',
      ask('Cookie: HIDDEN=1\r\n', '/hello.txt', 'TRACE'),
      answered(secret, [405, 501]),
    ),
    duty(
      'MUST',
      'RFC 9110 §15.5.5',
      'what is not there is answered 404',
      { each: ['/nothing', '/sub/nothing', '/hello.txt/', '/hello.txt/x'].map((target) => ask('', target)) },
      answered(undefined, 404),
    ),
    duty(
      'SECURITY',
      'cross-site scripting',
      'a path in an error page is escaped',
      ask('Accept: text/html\r\n', '/%3Cscript%3Ealert(1)%3C/script%3E'),
      answered((_, received) => expect(String(received)).not.toContain('<script>alert'), 404),
    ),
    duty(
      'SECURITY',
      'cross-site scripting',
      'names in a listing are escaped',
      ask('', '/list/'),
      answered(
        one(({ content }) => {
          expect(String(content)).not.toContain('<i>c')
          expect(String(content)).toContain('&lt;i&gt;c')
        }),
      ),
    ),
    duty(
      'MUST',
      'RFC 3986 §2.1',
      'names beyond ASCII and with blanks are reached percent-encoded',
      { each: ['/caf%C3%A9.txt', '/a%20b%20%26%20%3Ci%3Ec.txt', '/%68ello.txt'].map((target) => ask('', target)) },
      answered(),
    ),
    duty(
      'SECURITY',
      'traversal',
      'nothing above the root is reached',
      {
        each: [
          '/../outside.txt',
          '/sub/../../outside.txt',
          '/%2e%2e/outside.txt',
          '/%2E%2E%2Foutside.txt',
          '/..%2foutside.txt',
          '/sub/..%2f..%2foutside.txt',
          '/..%5coutside.txt',
          '/..\\outside.txt',
          '/%2e%2e%5coutside.txt',
          '/....//outside.txt',
          '/./../outside.txt',
          '//../outside.txt',
          '/.%2e/outside.txt',
          '/%c0%ae%c0%ae/outside.txt',
          '/%252e%252e/outside.txt',
          '/../../../../../../etc/passwd',
          '//etc/passwd',
          '/%2fetc/passwd',
        ].map((target) => ask('', target)),
      },
      confined(),
    ),
    duty(
      'SECURITY',
      'traversal',
      'a sibling whose name begins like the root is not reached',
      {
        each: ['/../root-old/outside.txt', '/..%2froot-old/outside.txt', '-old/outside.txt'].map((target) =>
          ask('', target.startsWith('/') ? target : `/..%2froot${target}`),
        ),
      },
      confined(),
    ),
    duty(
      'SECURITY',
      'traversal',
      'NUL and broken percent-encoding are refused',
      {
        each: ['/hello.txt%00', '/%00', '/hello.txt%00.html', '/%', '/%2', '/%zz', '/%ff', '/%C3%28'].map((target) =>
          ask('', target),
        ),
      },
      confined(),
    ),
    duty(
      'HARDEN',
      'links',
      'a link that leaves the root is not followed',
      { each: ['/link-out.txt', '/link-out/outside.txt'].map((target) => ask('', target)) },
      confined(),
    ),
    duty(
      'HARDEN',
      'dot files',
      'a hidden file is not served',
      { each: ['/.secret', '/%2esecret'].map((target) => ask('', target)) },
      confined(),
    ),
    duty(
      'SHOULD',
      'RFC 9110 §15.4',
      'a folder without its slash leads to itself, with the query',
      ask('', '/sub?q=1'),
      answered(
        one((response) => expect(valuesOf(response, 'location')).toEqual(['/sub/?q=1'])),
        [301, 302, 307, 308],
      ),
    ),
    duty(
      'SECURITY',
      'open redirect',
      'a redirect never leads to another host',
      {
        each: [
          '//evil.example/sub',
          '//evil.example/..%2fsub',
          '/\\evil.example/sub',
          '/%5Cevil.example/..%2fsub',
          '/%09/evil.example/sub',
          '//sub',
          '/%2fsub',
          '/\\sub',
          '/.//sub',
          '//sub/../sub',
          '/%0d%0aX-Injected:%201/..%2fsub',
        ].map((target) => ask('', target)),
      },
      local,
    ),
    duty(
      'MUST',
      'RFC 9110 §12.5.3',
      'a coded variant is sent to who accepts it, and caches are told',
      ask('Accept-Encoding: gzip\r\n', '/page.html'),
      answered(
        one((response) => {
          expect(valuesOf(response, 'content-encoding')).toEqual(['gzip'])
          expect(String(response.content)).toBe('GZIPPED')
          expect(valuesOf(response, 'vary').join().toLowerCase()).toContain('accept-encoding')
        }),
      ),
    ),
    duty(
      'MUST',
      'RFC 9110 §12.5.3',
      'a coding that is refused is not sent',
      {
        each: [
          '',
          'Accept-Encoding: identity\r\n',
          'Accept-Encoding: gzip;q=0\r\n',
          'Accept-Encoding: gzip;q=0, *\r\n',
          'Accept-Encoding:\r\n',
          'Accept-Encoding: x-nothing\r\n',
          'Accept-Encoding: gzipped\r\n',
        ].map((fields) => ask(fields, '/page.html')),
      },
      answered(
        one((response) => {
          expect(valuesOf(response, 'content-encoding')).toEqual([])
          expect(valuesOf(response, 'vary').join().toLowerCase()).toContain('accept-encoding')
        }),
      ),
    ),
    duty(
      'MUST',
      'RFC 9110 §8.8.3',
      'a coded variant has a tag of its own',
      ask('Accept-Encoding: gzip\r\n', '/page.html') + ask('', '/page.html'),
      {
        statuses: [200, 200],
        connection: 'open',
        check: ([coded, plain]) => expect(valuesOf(coded!, 'etag')).not.toEqual(valuesOf(plain!, 'etag')),
      },
    ),
    duty(
      'SECURITY',
      'CL.0',
      'content sent to a file is not the next request',
      `GET /hello.txt HTTP/1.1\r\n${HOST}Content-Length: 38\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.ex\r\n\r\n`,
      whole,
    ),
  ]
}
