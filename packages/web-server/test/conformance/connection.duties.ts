import { expect } from 'vitest'
import {
  answered,
  answeredEach,
  chunked,
  type Duty,
  duty,
  type Expectation,
  get,
  HOST,
  post,
  refused,
  SMUGGLED,
} from './duty.js'
import { valuesOf } from './read-responses.js'

const closes: Expectation = {
  statuses: [200],
  connection: 'closed',
  check: ([response]) => expect(valuesOf(response!, 'connection').join().toLowerCase()).toContain('close'),
}
const old = (fields: string, target = '/') => `GET ${target} HTTP/1.0\r\n${fields}\r\n`
const bodies =
  (texts: string[]): Expectation['check'] =>
  (responses) =>
    expect(responses.map(({ content }) => String(content))).toEqual(texts)

/** How long a connection lives, and what happens on it. */
export const CONNECTION: Duty[] = [
  duty('MUST', 'RFC 9112 §9.3', 'an HTTP/1.1 connection persists', get('', '/'), answered()),
  duty(
    'MUST',
    'RFC 9112 §9.6',
    'a request with Connection: close is the last, and the answer says so',
    {
      each: [
        'close',
        'Close',
        'CLOSE',
        'close\t',
        'keep-alive, close',
        'close, keep-alive',
        'x,close,y',
        ' , close',
      ].map((value) => get(`Connection: ${value}\r\n`, '/') + SMUGGLED),
    },
    closes,
  ),
  duty(
    'MUST',
    'RFC 9112 §9.6',
    'close counts in any of several Connection lines',
    get('Connection: keep-alive\r\nConnection: close\r\n', '/') + SMUGGLED,
    closes,
  ),
  duty(
    'MUST',
    'RFC 9110 §7.6.1',
    'only the option close closes',
    {
      each: ['closed', 'close-not', 'xclose', 'keep-alive', 'te', 'x', ''].map((value) =>
        get(`Connection: ${value}\r\n`, '/'),
      ),
    },
    answered(),
  ),
  duty('MUST', 'RFC 9112 §9.3', 'an HTTP/1.0 connection does not persist unasked', old('') + SMUGGLED, {
    statuses: [200],
    connection: 'closed',
  }),
  duty(
    'SHOULD',
    'RFC 9112 §9.3',
    'an HTTP/1.0 connection persists with keep-alive, and the answer says so',
    old('Connection: keep-alive\r\n'),
    answered(([response]) => expect(valuesOf(response!, 'connection').join().toLowerCase()).toContain('keep-alive')),
  ),
  duty(
    'MUST',
    'RFC 9112 §9.3',
    'close wins over keep-alive in HTTP/1.0',
    old('Connection: keep-alive, close\r\n') + SMUGGLED,
    { statuses: [200], connection: 'closed' },
  ),
  duty(
    'MUST',
    'RFC 9112 §9.3',
    'a stream to HTTP/1.0 ends with the connection even if keep-alive was asked',
    old('Connection: keep-alive\r\n', '/stream'),
    {
      statuses: [200],
      connection: 'closed',
      check: ([response]) => {
        expect(String(response!.content)).toBe('one two')
        expect(valuesOf(response!, 'transfer-encoding')).toEqual([])
        expect(valuesOf(response!, 'connection').join().toLowerCase()).not.toContain('keep-alive')
      },
    },
  ),
  duty(
    'MUST',
    'RFC 9112 §9.3.2',
    'a hundred pipelined requests are answered in order',
    Array.from({ length: 100 }, (_, index) => get('', `/echo?${index}`)).join(''),
    answeredEach(100, (responses) =>
      expect(responses.map(({ content }) => (JSON.parse(String(content)) as { query: string }).query)).toEqual(
        Array.from({ length: 100 }, (_, index) => String(index)),
      ),
    ),
  ),
  duty(
    'MUST',
    'RFC 9112 §9.3.2',
    'a slow answer is not overtaken by a fast one',
    get('', '/later') + get('', '/') + get('', '/later') + get('', '/'),
    answeredEach(4, bodies(['later', 'hello', 'later', 'hello'])),
  ),
  duty(
    'MUST',
    'RFC 9112 §9.3.2',
    'streams and whole answers keep their order',
    get('', '/stream') + get('', '/') + get('', '/stream'),
    answeredEach(3, bodies(['one two', 'hello', 'one two'])),
  ),
  duty(
    'MUST',
    'RFC 9112 §9.3.2',
    'requests with content can be pipelined',
    chunked('5\r\nabcde\r\n0\r\n\r\n', '/ignore') + post('Content-Length: 3\r\n', 'abc', '/ignore') + get('', '/'),
    answeredEach(3, bodies(['ignored', 'ignored', 'hello'])),
  ),
  duty(
    'MUST',
    'RFC 9112 §9.6',
    'nothing after a request with close is answered',
    get('Connection: close\r\n', '/') + SMUGGLED.repeat(5),
    closes,
  ),
  duty(
    'MUST',
    'RFC 9112 §9.6',
    'a client that half-closes after its request gets the answer',
    { each: ['/', '/later', '/stream'].map((target) => [{ send: get('', target) }, { finish: true as const }]) },
    { statuses: [200], connection: 'closed' },
  ),
  duty(
    'MUST',
    'RFC 9112 §9.6',
    'a client that half-closes after three requests gets three answers',
    [{ send: get('', '/later').repeat(3) }, { finish: true }],
    { statuses: [200, 200, 200], connection: 'closed' },
  ),
  duty(
    'MUST',
    'RFC 9112 §9.6',
    'a client that half-closes after its content gets the answer',
    [{ send: post('Content-Length: 5\r\n', 'abcde') }, { finish: true }],
    { statuses: [200], connection: 'closed' },
  ),
  duty(
    'MUST',
    'RFC 9112 §2.2',
    'a request arriving an octet at a time is understood',
    [{ drip: get('X: y\r\n') }],
    answered(),
  ),
  duty(
    'MUST',
    'RFC 9112 §9.6',
    'a refusal says that it is the last answer',
    'GET / HTTP/1.1\r\n\r\n',
    refused(400, ([response]) => expect(valuesOf(response!, 'connection').join()).toContain('close')),
  ),
  duty(
    'SHOULD',
    'RFC 9112 §9.6',
    'a refusal reaches a client that is still sending',
    `GET / HTTP/1.1\r\n${HOST}Bad\r\n\r\n${'x'.repeat(200_000)}`,
    refused(),
  ),
  duty(
    'SHOULD',
    'RFC 9112 §9.6',
    'an answer reaches a client that sends content nobody reads',
    post('Content-Length: 200000\r\n', 'x'.repeat(200_000), '/ignore'),
    { statuses: [200], connection: 'either' },
  ),
  duty(
    'SHOULD',
    'RFC 9112 §9.6',
    'an answer reaches a client whose content was read in part',
    post('Content-Length: 200000\r\n', 'x'.repeat(200_000), '/taste'),
    { statuses: [200], connection: 'either' },
  ),
  duty(
    'MUST',
    'RFC 9110 §7.8',
    'an Upgrade nobody offers is ignored',
    {
      each: ['websocket', 'h2c', 'TLS/1.0', 'foo/2, bar'].map((protocol) =>
        get(`Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`),
      ),
    },
    answered(),
  ),
  duty(
    'MUST',
    'RFC 9110 §7.8',
    'Upgrade in HTTP/1.0 is ignored',
    `GET / HTTP/1.0\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    { statuses: [200], connection: 'closed' },
  ),
  duty(
    'SECURITY',
    'h2c smuggling',
    'HTTP2-Settings changes nothing',
    get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'),
    answered(),
  ),
  duty(
    'MUST',
    'RFC 9110 §10.1.1',
    'a client that expects 100 (Continue) gets it when its content is wanted',
    [{ send: post('Content-Length: 5\r\nExpect: 100-continue\r\n') }, { await: 100 }, { send: 'abcde' }],
    { statuses: [200], informational: [100], connection: 'open' },
  ),
  duty(
    'MUST',
    'RFC 9110 §10.1.1',
    'the expectation is case-insensitive',
    [{ send: post('Content-Length: 5\r\nExpect: 100-Continue\r\n') }, { await: 100 }, { send: 'abcde' }],
    { statuses: [200], informational: [100], connection: 'open' },
  ),
  duty(
    'MUST',
    'RFC 9110 §10.1.1',
    'chunked content is waited for likewise',
    [
      { send: post('Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n') },
      { await: 100 },
      { send: '5\r\nabcde\r\n0\r\n\r\n' },
    ],
    { statuses: [200], informational: [100], connection: 'open' },
  ),
  duty(
    'SHOULD',
    'RFC 9110 §10.1.1',
    'content that is not wanted gets the final answer alone',
    post('Content-Length: 5\r\nExpect: 100-continue\r\n', '', '/ignore'),
    { statuses: [200], connection: 'closed' },
  ),
  duty(
    'MUST',
    'RFC 9110 §10.1.1',
    'HTTP/1.0 gets no 100 (Continue)',
    `POST /echo HTTP/1.0\r\n${HOST}Content-Length: 5\r\nExpect: 100-continue\r\n\r\nabcde`,
    { statuses: [200], connection: 'closed' },
  ),
  duty(
    'MUST',
    'RFC 9110 §10.1.1',
    'a request without content gets no 100 (Continue)',
    { each: [get('Expect: 100-continue\r\n'), post('Content-Length: 0\r\nExpect: 100-continue\r\n')] },
    { statuses: [200], connection: 'either' },
  ),
  duty(
    'SHOULD',
    'RFC 9110 §10.1.1',
    'another expectation is answered 417',
    {
      each: ['200-ok', '100-continue, x', 'x', '100-continued'].map((value) =>
        post(`Content-Length: 5\r\nExpect: ${value}\r\n`, 'abcde'),
      ),
    },
    { statuses: [417], connection: 'either' },
  ),
  duty(
    'SECURITY',
    'RFC 9110 §10.1.1',
    'after a final answer unsent content is not the next request',
    [
      { send: post(`Content-Length: ${SMUGGLED.length}\r\nExpect: 100-continue\r\n`, '', '/ignore') },
      { await: 200 },
      { send: SMUGGLED },
    ],
    { statuses: [200], connection: 'closed' },
  ),
]
