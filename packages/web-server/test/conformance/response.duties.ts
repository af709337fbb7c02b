import { expect } from 'vitest'
import { answered, type Duty, duty, get, HOST, post, refused } from './duty.js'
import { type ReadResponse, valuesOf } from './read-responses.js'

const head = (target: string) => `HEAD ${target} HTTP/1.1\r\n${HOST}\r\n`
const one = (look: (response: ReadResponse) => void) => (responses: ReadResponse[]) => look(responses[0]!)
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/
const SPLITS = [
  'a\r\nX-Injected: 1',
  'a\nX-Injected: 1',
  'a\rX-Injected: 1',
  '\r\n\r\n<html>',
  'a\u0000b',
  'a\u010aX-Injected: 1',
  '\u560d\u560aX: 1',
  'a\u007f',
]
const uninjected = one((response) => {
  expect(response.status).toBe(500)
  expect(valuesOf(response, 'x-injected')).toEqual([])
})

/** What the server says. That every answer is well-formed to the letter is checked with every row of every table. */
export const RESPONSE: Duty[] = [
  duty(
    'MUST',
    'RFC 9110 §6.6.1',
    'an answer has a Date in the fixed format',
    { each: ['/', '/stream', '/error?x', '/status?204', '/throw'].map((target) => get('', target)) },
    {
      statuses: [[200, 204, 404, 500]],
      connection: 'either',
      check: one((response) => {
        expect(valuesOf(response, 'date')).toHaveLength(1)
        expect(valuesOf(response, 'date')[0]).toMatch(IMF_FIXDATE)
      }),
    },
  ),
  duty(
    'MUST',
    'RFC 9110 §8.6',
    'whole content has a Content-Length',
    get('', '/'),
    answered(one((response) => expect(valuesOf(response, 'content-length')).toEqual(['5']))),
  ),
  duty(
    'MUST',
    'RFC 9110 §9.3.2',
    'HEAD gets no content',
    { each: ['/', '/stream', '/error?x', '/large', '/trailers'].map(head) },
    { statuses: [[200, 404]], connection: 'open', check: one((response) => expect(response.content).toHaveLength(0)) },
    ['HEAD', 'GET'],
  ),
  duty(
    'SHOULD',
    'RFC 9110 §9.3.2',
    'HEAD gets the fields of GET',
    {
      each: ['/', '/stream', '/large', '/error?x', '/class', '/trailers'].map(
        (target) => head(target) + get('', target),
      ),
    },
    {
      statuses: [
        [200, 404],
        [200, 404],
      ],
      connection: 'open',
      check: ([first, second]) => {
        const seen = (response: ReadResponse) => response.fields.filter(([name]) => name !== 'Date')
        expect(seen(first!)).toEqual(seen(second!))
      },
    },
    ['HEAD', 'GET'],
  ),
  duty(
    'MUST',
    'RFC 9110 §15.3.5',
    'a 204 has neither content nor Content-Length',
    get('', '/status?204'),
    answered(
      one((response) => expect(response.fields.map(([name]) => name.toLowerCase())).not.toContain('content-length')),
      204,
    ),
  ),
  duty(
    'MUST',
    'RFC 9110 §15.4.5',
    'a 304 has no content',
    get('', '/status?304'),
    answered(
      one((response) => expect(valuesOf(response, 'etag')).toEqual(['"x"'])),
      304,
    ),
  ),
  duty(
    'MUST',
    'RFC 9110 §15.3.6',
    'a 205 has no content',
    get('', '/status?205'),
    answered(
      one((response) => expect(response.content).toHaveLength(0)),
      205,
    ),
  ),
  duty(
    'MUST',
    'RFC 9112 §6.3',
    'a 205 says that its content is empty, whatever length was set or content written',
    { each: ['/reset', '/reset-stream', '/reset-stored', '/status?205'].map((target) => get('', target)) },
    answered(
      one((response) => {
        expect(response.content).toHaveLength(0)
        expect(valuesOf(response, 'content-length')).toEqual(['0'])
      }),
      205,
    ),
  ),
  duty('MUST', 'RFC 9112 §6.3', 'an answer has one Content-Length', get('', '/two-lengths'), {
    statuses: [500],
    connection: 'either',
  }),
  duty(
    'HARDEN',
    'RFC 9110 §15.6.1',
    'what can not be sent is found before anything of it is',
    { each: [get('', '/no-octets'), get('', '/bad-trailer'), get('', '/no-file'), get('', '/odd-reason')] },
    { statuses: [500], connection: 'either', check: uninjected },
  ),
  duty(
    'HARDEN',
    'RFC 9110 §15.5',
    'what is thrown and is no error is answered by its status all the same',
    get('', '/throw-object'),
    { statuses: [418], connection: 'either' },
  ),
  duty(
    'HARDEN',
    'RFC 9110 §9.3.2',
    'a stream that fails while it is sent away harms nobody',
    head('/no-file'),
    { statuses: [[200, 500]], connection: 'either' },
    ['HEAD'],
  ),
  duty('SHOULD', 'RFC 9112 §4', 'an error page has the reason of its own status', get('', '/throw-reason'), {
    statuses: [500],
    connection: 'either',
    check: (_, received) => expect(String(received)).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n/),
  }),
  duty(
    'SHOULD',
    'RFC 9110 §5.3',
    'fields that can be iterated once are all sent',
    get('', '/once'),
    answered(one((response) => expect(valuesOf(response, 'x-once')).toEqual(['yes']))),
  ),
  duty(
    'MUST',
    'RFC 9112 §4',
    'a status without a reason of its own has a well-formed line',
    { each: ['299', '399', '499', '599'].map((status) => get('', `/status?${status}`)) },
    answered(undefined, [299, 399, 499, 599]),
  ),
  duty(
    'SECURITY',
    'RFC 9110 §15',
    'a status that is none is the handler’s error, not the client’s',
    { each: ['99', '100', '199', '600', '1000', 'NaN', '-200', '200.5'].map((status) => get('', `/status?${status}`)) },
    { statuses: [500], connection: 'either' },
  ),
  duty(
    'MUST',
    'RFC 9112 §6.1',
    'content of unknown length goes out chunked',
    get('', '/stream'),
    answered(
      one((response) => {
        expect(response.framing).toBe('chunked')
        expect(String(response.content)).toBe('one two')
      }),
    ),
  ),
  duty('MUST', 'RFC 9112 §6.1', 'HTTP/1.0 gets no chunks', `GET /stream HTTP/1.0\r\n\r\n`, {
    statuses: [200],
    connection: 'closed',
    check: one((response) => expect([response.framing, String(response.content)]).toEqual(['close', 'one two'])),
  }),
  duty(
    'MUST',
    'RFC 9110 §6.5',
    'trailers follow the last chunk',
    get('TE: trailers\r\n', '/trailers'),
    answered(one((response) => expect(response.trailers).toEqual([['X-Sum', '42']]))),
  ),
  duty('MUST', 'RFC 9110 §6.5', 'HTTP/1.0 gets no trailers', `GET /trailers HTTP/1.0\r\n\r\n`, {
    statuses: [200],
    connection: 'closed',
    check: one((response) => expect(String(response.content)).toBe('content')),
  }),
  duty('MUST', 'RFC 9110 §15.2', 'an informational response comes before the final one', get('', '/early'), {
    statuses: [200],
    informational: [103],
    connection: 'open',
  }),
  duty('MUST', 'RFC 9110 §15.2', 'HTTP/1.0 gets no informational response', `GET /early HTTP/1.0\r\n\r\n`, {
    statuses: [200],
    connection: 'closed',
  }),
  duty(
    'SHOULD',
    'RFC 9110 §15.2',
    'pipelined answers keep their informational responses',
    get('', '/early').repeat(3),
    { statuses: [200, 200, 200], informational: [103, 103, 103], connection: 'open' },
  ),
  duty(
    'MUST',
    'RFC 9110 §9.1',
    'an unknown method is answered 501',
    { each: ['PROPFIND', 'BREW', 'X', 'get'].map((method) => `${method} /class HTTP/1.1\r\n${HOST}\r\n`) },
    answered(undefined, 501),
  ),
  duty(
    'MUST',
    'RFC 9110 §15.5.6',
    'a known method that is absent is answered 405 with Allow',
    {
      each: ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'].map((method) => `${method} /class HTTP/1.1\r\n${HOST}\r\n`),
    },
    answered(
      one((response) => expect(valuesOf(response, 'allow').join()).toMatch(/GET.*POST/)),
      405,
    ),
  ),
  duty(
    'MUST',
    'RFC 9110 §9.1',
    'GET and HEAD are supported by the handler class',
    { each: [get('', '/class'), head('/class')] },
    { statuses: [200], connection: 'either' },
    ['HEAD'],
  ),
  duty(
    'SECURITY',
    'RFC 9110 §9.3.8',
    'TRACE does not send credentials back',
    `TRACE /class HTTP/1.1\r\n${HOST}Cookie: secret=1\r\nAuthorization: Basic secret\r\n\r\n`,
    {
      statuses: [[405, 501]],
      connection: 'either',
      check: (_, received) => expect(String(received)).not.toContain('secret'),
    },
  ),
  duty(
    'SECURITY',
    'names of JavaScript',
    'a method can not reach another member of the handler class',
    {
      each: ['constructor', 'toString', '__proto__', 'GET'.toLowerCase(), 'Get'].map(
        (method) => `${method} /class HTTP/1.1\r\n${HOST}\r\n`,
      ),
    },
    answered(undefined, 501),
  ),
  duty(
    'MUST',
    'RFC 9110 §15.6.1',
    'a handler that throws is answered 500',
    { each: ['/throw', '/reject'].map((target) => get('', target)) },
    { statuses: [500], connection: 'either' },
  ),
  duty(
    'SECURITY',
    'disclosure',
    'an error answer does not tell what failed',
    { each: ['/throw', '/reject'].map((target) => get('', target)) },
    {
      statuses: [500],
      connection: 'either',
      check: (_, received) => expect(String(received)).not.toMatch(/secret|Error:|node_modules|\.ts/),
    },
  ),
  duty(
    'MUST',
    'RFC 9112 §8',
    'a handler that fails after the head leaves an answer that is visibly incomplete',
    get('', '/break'),
    {
      statuses: [],
      connection: 'closed',
      check: (_, received) => {
        expect(String(received)).toContain('begun')
        expect(String(received)).not.toContain('\r\n0\r\n')
      },
    },
  ),
  duty(
    'SECURITY',
    'cross-site scripting',
    'an error page is escaped',
    {
      each: ['%3Cscript%3Ealert(1)%3C/script%3E', '%22%3E%3Cimg%20src=x%3E', "'%3Cb%3E"].map((detail) =>
        get('Accept: text/html\r\n', `/error?${detail}`),
      ),
    },
    answered(
      one((response) => {
        expect(String(response.content)).not.toMatch(/<script>alert|<img src=x|'<b>/)
      }),
      404,
    ),
  ),
  duty(
    'SHOULD',
    'RFC 9110 §12.5.1',
    'an error page is HTML or JSON as the client accepts',
    {
      each: [
        get('Accept: application/json\r\n', '/error?x'),
        get('Accept: text/html;q=0.5, application/json\r\n', '/error?x'),
      ],
    },
    answered(
      one((response) => {
        expect(valuesOf(response, 'content-type')[0]).toContain('application/json')
        expect(() => JSON.parse(String(response.content))).not.toThrow()
      }),
      404,
    ),
  ),
  duty(
    'SHOULD',
    'RFC 9110 §15.5',
    'an error has a page',
    get('', '/error?x'),
    answered(
      one((response) => expect(response.content.length).toBeGreaterThan(10)),
      404,
    ),
  ),
  duty(
    'SHOULD',
    'RFC 9110 §15.5',
    'a refused request has a page and its type',
    'GET / HTTP/1.1\r\n\r\n',
    refused(
      400,
      one((response) => {
        expect(response.content.length).toBeGreaterThan(10)
        expect(valuesOf(response, 'content-type')).toHaveLength(1)
      }),
    ),
  ),
  duty(
    'SECURITY',
    'CVE-2016-2216',
    'a field value can not split the answer',
    { each: SPLITS.map((value) => get('', `/reflect?${encodeURIComponent(value)}`)) },
    { statuses: [500], connection: 'either', check: uninjected },
  ),
  duty(
    'SECURITY',
    'response splitting',
    'a field name can not split the answer',
    {
      each: ['a b', 'a:', 'a\r\nX-Injected', '', 'a\u0000', 'é'].map((name) =>
        get('', `/reflect-name?${encodeURIComponent(name)}`),
      ),
    },
    { statuses: [500], connection: 'either', check: uninjected },
  ),
  duty(
    'SECURITY',
    'response splitting',
    'a reason phrase can not split the answer',
    {
      each: ['/reflect-reason', '/reflect-reason-later', '/reflect-reason-stream', '/class-reason'].flatMap((target) =>
        SPLITS.map((reason) => get('', `${target}?${encodeURIComponent(reason)}`)),
      ),
    },
    { statuses: [500], connection: 'either', check: uninjected },
  ),
  duty(
    'SECURITY',
    'trailer splitting',
    'a trailer can not split the answer',
    { each: SPLITS.slice(0, 4).map((value) => get('', `/reflect-trailer?${encodeURIComponent(value)}`)) },
    {
      statuses: [],
      connection: 'closed',
      check: (_, received) => expect(String(received)).not.toContain('X-Injected'),
    },
  ),
  duty(
    'SHOULD',
    'RFC 9110 §5.5',
    'a field value of ISO-8859-1 is sent as such',
    get('', `/reflect?${encodeURIComponent('caf\xe9')}`),
    answered(one((response) => expect(valuesOf(response, 'x-reflect')).toEqual(['caf\xe9']))),
  ),
  duty(
    'MUST',
    'RFC 9110 §8.6',
    'a large answer arrives whole',
    get('', '/large'),
    answered(one((response) => expect(response.content).toHaveLength(1 << 20))),
  ),
  duty(
    'HARDEN',
    'RFC 9110 §15.5.14',
    'content larger than a handler collects is answered 413',
    [{ send: post('Content-Length: 2000000\r\n', 'x'.repeat(2_000_000)) }],
    { statuses: [413], connection: 'either' },
  ),
  duty(
    'HARDEN',
    'RFC 9110 §15.5.14',
    'chunked content larger than a handler collects is answered 413',
    post('Transfer-Encoding: chunked\r\n', `${'ffff\r\n'}${'x'.repeat(0xffff)}\r\n`.repeat(40)),
    { statuses: [413], connection: 'either' },
  ),
]
