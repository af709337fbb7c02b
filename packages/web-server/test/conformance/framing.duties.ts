import { expect } from 'vitest'
import { answered, answeredEach, chunked, type Duty, duty, echoes, get, HOST, post, refused, SMUGGLED } from './duty.js'

const content = (text: string) => echoes((echo) => expect(echo.content).toBe(text))
const length = (value: string, body = 'abcde') => post(`Content-Length:${value}\r\n`, body + SMUGGLED)
const coding = (line: string) => post(`${line}\r\n`, `0\r\n\r\n${SMUGGLED}`)
const withFields = (fields: string) => `POST /echo HTTP/1.1\r\n${HOST}${fields}\r\n0\r\n\r\n${SMUGGLED}`

/** Where a request ends: Content-Length, Transfer-Encoding, and the ways to disagree about them. */
export const FRAMING: Duty[] = [
  duty(
    'MUST',
    'RFC 9112 §6.2',
    'content has the length of Content-Length',
    post('Content-Length: 5\r\n', 'abcde'),
    answered(content('abcde')),
  ),
  duty(
    'MUST',
    'RFC 9112 §6.2',
    'what follows the content is the next request',
    post('Content-Length: 5\r\n', 'abcde') + get(),
    answeredEach(2),
  ),
  duty(
    'MUST',
    'RFC 9112 §6.2',
    'a Content-Length of 0 is no content',
    post('Content-Length: 0\r\n') + get(),
    answeredEach(2),
  ),
  duty(
    'MUST',
    'RFC 9110 §8.6',
    'leading zeros do not make it octal',
    post('Content-Length: 0000000010\r\n', '0123456789'),
    answered(content('0123456789')),
  ),
  duty('MUST', 'RFC 9112 §6.3', 'without a framing field there is no content', get() + get(), answeredEach(2)),
  duty('MUST', 'RFC 9112 §6.3', 'without a framing field a POST has no content', post('') + get(), answeredEach(2)),
  duty(
    'MUST',
    'RFC 9110 §9.3.1',
    'content of any method is content, not the next request',
    {
      each: ['GET', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'REPORT'].map(
        (method) => `${method} /echo HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
      ),
    },
    answered(content(SMUGGLED)),
  ),
  duty(
    'SECURITY',
    'CL.0',
    'content of HEAD is content, not the next request',
    `HEAD /echo HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    answered(),
    ['HEAD', 'GET'],
  ),
  duty(
    'SECURITY',
    'CL.0',
    'content that no handler reads is not the next request',
    {
      each: [
        `POST /ignore HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
        `GET / HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
        `POST /ignore HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
      ],
    },
    answered(),
  ),
  duty(
    'SECURITY',
    'CL.0',
    'content of a request that fails is not the next request',
    `POST /throw HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    { statuses: [500], connection: 'either' },
  ),
  duty(
    'MUST',
    'RFC 9112 §6.3',
    'a Content-Length that is no number is refused',
    {
      each: [
        ' +5',
        ' -5',
        ' 5 5',
        ' 5\t5',
        ' 0x5',
        ' 5_0',
        ' 5e0',
        ' 5.0',
        ' 5.',
        ' .5',
        ' five',
        ' 5;',
        ' "5"',
        ' 5,',
        ' ,5',
        ' \xb2',
        ' \xef\xbc\x95',
        ' 5a',
        ' a5',
        ' 0b1',
        ' 0o5',
        ' Infinity',
        ' NaN',
        ' 1n',
      ].map((value) => length(value)),
    },
    refused(),
  ),
  duty(
    'MUST',
    'RFC 9112 §6.3',
    'an empty Content-Length is refused',
    { each: [length(''), length(' '), length('\t')] },
    refused(),
  ),
  duty(
    'SECURITY',
    'CVE-2023-47627',
    'a blank inside Content-Length is refused',
    {
      each: [
        length(' \x0b5'),
        length(' 5\x0b'),
        length(' \x0c5'),
        length(' \xa05'),
        length(' 5\x85'),
        length(' 5\x00'),
      ],
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'RFC 9110 §8.6',
    'a Content-Length beyond what can be counted is refused, never rounded',
    {
      each: [
        '9007199254740993',
        '18446744073709551616',
        '18446744073709551621',
        '99999999999999999999',
        '1'.repeat(100),
        '1'.repeat(400),
      ].map((value) => length(` ${value}`)),
    },
    refused([400, 413]),
  ),
  duty(
    'MUST',
    'RFC 9112 §6.3',
    'Content-Lengths that differ are refused',
    { each: [length(' 5, 6'), length(' 5\r\nContent-Length: 6'), length(' 5\r\nX: y\r\ncontent-length: 0')] },
    refused(),
  ),
  duty(
    'SECURITY',
    'RFC 9112 §6.3',
    'a Content-Length said twice is refused even when equal',
    { each: [length(' 5, 5'), length(' 5\r\nContent-Length: 5'), length(' 5,5,5')] },
    refused(),
  ),
  duty(
    'MUST',
    'RFC 9112 §6.3',
    'content cut short by the client is no request',
    [{ send: post('Content-Length: 10\r\n', 'abc') }, { finish: true }],
    refused(),
  ),
  duty(
    'MUST',
    'RFC 9112 §8',
    'a head cut short by the client is no request',
    [{ send: `GET / HTTP/1.1\r\n${HOST}` }, { finish: true }],
    refused(),
  ),
  duty(
    'MUST',
    'RFC 9112 §8',
    'a request line cut short by the client is no request',
    [{ send: 'GET / HT' }, { finish: true }],
    refused(),
  ),
  duty(
    'MUST',
    'RFC 9112 §9.5',
    'a client that leaves between requests is left in peace',
    [{ send: get() }, { await: 200 }, { finish: true }],
    { statuses: [200], connection: 'closed' },
  ),
  duty('MUST', 'RFC 9112 §9.5', 'a client that says nothing and leaves is left in peace', [{ finish: true }], {
    statuses: [],
    connection: 'closed',
  }),

  duty(
    'MUST',
    'RFC 9112 §7.1',
    'chunked content is understood',
    chunked('5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n'),
    answered(content('abcdefgh')),
  ),
  duty(
    'MUST',
    'RFC 9112 §7.1',
    'content that goes wrong long after its head is refused, and the server lives',
    {
      each: [
        ['5\r\nabcde\r\n', 'Z\r\n'],
        ['5\r\nabcde', 'XX'],
        ['0\r\n', 'Digest : 1\r\n\r\n'],
        ['0\r\n', 'Host: b\r\n\r\n'],
        ['5;', 'a b\r\n'],
      ].map(([first, second]) => [{ send: chunked(first!) }, { drip: second! }]),
    },
    refused(400),
  ),
  duty(
    'MUST',
    'RFC 9112 §7.1',
    'content that goes wrong after its answer ends the connection, and the server lives',
    {
      each: ['Z\r\n', '5\r\nabcdeXX', '0\r\nHost: b\r\n\r\n'].map((rest) => [
        { send: chunked('5\r\nabcde\r\n', '/answers-first') },
        { await: 200 },
        { drip: rest },
      ]),
    },
    refused(200),
  ),
  duty(
    'MUST',
    'RFC 9112 §7.1',
    'what follows the last chunk is the next request',
    chunked('5\r\nabcde\r\n0\r\n\r\n') + get(),
    answeredEach(2),
  ),
  duty(
    'MUST',
    'RFC 9110 §5.6.1',
    'the coding is case-insensitive',
    {
      each: ['Chunked', 'CHUNKED', 'chUnked'].map((name) =>
        post(`Transfer-Encoding: ${name}\r\n`, '1\r\na\r\n0\r\n\r\n'),
      ),
    },
    answered(content('a')),
  ),
  duty(
    'MUST',
    'RFC 9112 §6.3',
    'chunked must be the last coding',
    {
      each: [
        coding('Transfer-Encoding: chunked, gzip'),
        coding('Transfer-Encoding: gzip'),
        coding('Transfer-Encoding: chunked, identity'),
        coding('Transfer-Encoding: identity'),
      ],
    },
    refused([400, 501]),
  ),
  duty(
    'SHOULD',
    'RFC 9112 §6.1',
    'a coding that is not understood is answered 501',
    {
      each: [
        coding('Transfer-Encoding: gzip, chunked'),
        coding('Transfer-Encoding: deflate, chunked'),
        coding('Transfer-Encoding: br, chunked'),
      ],
    },
    refused(501),
  ),
  duty(
    'MUST',
    'RFC 9112 §6.1',
    'chunked is applied once',
    {
      each: [
        coding('Transfer-Encoding: chunked, chunked'),
        coding('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'),
      ],
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'CVE-2022-32215',
    'Transfer-Encoding over several lines is refused',
    {
      each: [
        coding('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'),
        coding('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked'),
        coding('Transfer-Encoding:\r\nTransfer-Encoding: chunked'),
      ],
    },
    refused([400, 501]),
  ),
  duty(
    'SECURITY',
    'CVE-2019-15605',
    'a malformed Transfer-Encoding is refused',
    {
      each: [
        'xchunked',
        'chunkedx',
        'chunked;q=1',
        '"chunked"',
        "'chunked'",
        'chunked\x0b',
        '\x0bchunked',
        'chunked\x00',
        '\x00chunked',
        'chunked\xa0',
        'chun ked',
        'chunked foo',
        'chunked/1',
        '{chunked}',
        '\xffchunked',
        'chunked;',
        'chunked=',
        'x;chunked',
        'identity, chunked, identity',
      ].map((value) => coding(`Transfer-Encoding: ${value}`)),
    },
    refused([400, 501]),
  ),
  duty(
    'SECURITY',
    'CVE-2022-35256',
    'an empty Transfer-Encoding is not the same as none',
    {
      each: [
        coding('Transfer-Encoding:'),
        coding('Transfer-Encoding: '),
        coding('Transfer-Encoding: ,'),
        withFields('Transfer-Encoding:\r\nContent-Length: 5\r\n'),
      ],
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'CVE-2020-8287',
    'a list with empty members is refused',
    {
      each: [
        coding('Transfer-Encoding: ,chunked'),
        coding('Transfer-Encoding: chunked,'),
        coding('Transfer-Encoding: , chunked ,'),
      ],
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'CVE-2022-32213',
    'Transfer-Encoding in disguise is refused',
    {
      each: [
        coding('Transfer-Encoding : chunked'),
        coding('Transfer-Encoding\t: chunked'),
        coding(' Transfer-Encoding: chunked'),
        coding('X: y\nTransfer-Encoding: chunked'),
        coding('X: y\rTransfer-Encoding: chunked'),
        coding('Transfer-Encoding\x00: chunked'),
        coding('\x00Transfer-Encoding: chunked'),
      ],
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'RFC 9112 §6.1',
    'Transfer-Encoding beside Content-Length is refused',
    {
      each: [
        withFields('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'),
        withFields('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
        withFields('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n'),
        withFields('Transfer-Encoding: identity\r\nContent-Length: 5\r\n'),
      ],
    },
    refused([400, 501]),
  ),
  duty(
    'SECURITY',
    'RFC 9112 §6.1',
    'Transfer-Encoding in HTTP/1.0 is refused',
    {
      each: ['', 'Connection: keep-alive\r\n', 'Content-Length: 5\r\n'].map(
        (more) => `POST /echo HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n${more}\r\n0\r\n\r\n${SMUGGLED}`,
      ),
    },
    refused(),
  ),
  duty(
    'MUST',
    'RFC 9112 §6.3',
    'after a framing error nothing is interpreted',
    { each: [length(' x'), coding('Transfer-Encoding: x'), chunked(`z\r\n${SMUGGLED}`)] },
    refused([400, 501]),
  ),
  duty(
    'SECURITY',
    'CL.TE',
    'the classic CL.TE request is refused',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    refused(),
  ),
  duty(
    'SECURITY',
    'TE.CL',
    'the classic TE.CL request is refused',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    refused(),
  ),
  duty(
    'SECURITY',
    'TE.TE',
    'the classic TE.TE requests are refused',
    {
      each: [
        coding('Transfer-Encoding: chunked\r\nTransfer-encoding: cow'),
        coding('Transfer-Encoding: xchunked'),
        coding('Transfer-Encoding[]: chunked'),
        coding('Transfer-Encoding:\x0bchunked'),
      ],
    },
    refused([400, 501]),
  ),
]

/** The chunked coding to the letter. */
export const CHUNKED: Duty[] = [
  duty(
    'MUST',
    'RFC 9112 §7.1',
    'a size is hexadecimal in either case',
    chunked('a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n'),
    answered(content('01234567890123456789')),
  ),
  duty(
    'MUST',
    'RFC 9112 §7.1',
    'a size may have leading zeros',
    chunked('005\r\nabcde\r\n000\r\n\r\n'),
    answered(content('abcde')),
  ),
  duty(
    'HARDEN',
    'RFC 9112 §7.1',
    'zeros without end before a size are refused',
    chunked(`${'0'.repeat(5000)}1\r\na\r\n0\r\n\r\n`),
    refused([400, 413]),
  ),
  duty(
    'MUST',
    'RFC 9112 §7.1',
    'a size that is no hexadecimal number is refused',
    {
      each: ['', 'g', '+5', '-5', '0x5', '5_', '5.', 'five', '５', '\xb2', '5h', '-', '$5'].map((size) =>
        chunked(`${size}\r\nabcde\r\n0\r\n\r\n${SMUGGLED}`),
      ),
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'RFC 9112 §7.1',
    'a blank before a size is refused',
    {
      each: [' 5', '\t5', '\x0b5', '\r5', '\n5', '\x005'].map((size) =>
        chunked(`${size}\r\nabcde\r\n0\r\n\r\n${SMUGGLED}`),
      ),
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'RFC 9112 §7.1',
    'a size beyond what can be counted is refused, never rounded',
    {
      each: ['FFFFFFFFFFFFFFFF', '20000000000001', '10000000000000005', '80000000000000000', 'f'.repeat(40)].map(
        (size) => chunked(`${size}\r\nabcde\r\n0\r\n\r\n${SMUGGLED}`),
      ),
    },
    refused([400, 413]),
  ),
  duty(
    'MUST',
    'RFC 9112 §7.1',
    'a chunk ends with CR LF where its size says',
    {
      each: [
        '5\r\nabcdef\r\n0\r\n\r\n',
        '5\r\nabcdeX\r\n0\r\n\r\n',
        '5\r\nabcd\r\n0\r\n\r\n',
        '5\r\nabcde0\r\n\r\n',
      ].map((body) => chunked(body + SMUGGLED)),
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'RFC 9112 §7.1',
    'LF or CR alone do not end a chunk',
    {
      each: [
        '5\r\nabcde\n0\r\n\r\n',
        '5\r\nabcde\r0\r\n\r\n',
        '5\r\nabcde\n\r0\r\n\r\n',
        '5\r\nabcde\r\r\n0\r\n\r\n',
      ].map((body) => chunked(body + SMUGGLED)),
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'RFC 9112 §7.1',
    'LF or CR alone do not end a size line',
    {
      each: [
        '5\nabcde\r\n0\r\n\r\n',
        '5\rabcde\r\n0\r\n\r\n',
        '5\r\rabcde\r\n0\r\n\r\n',
        '5\r\nabcde\r\n0\n\r\n',
        '5\r\nabcde\r\n0\r\n\n',
        '0\r\n\r0',
      ].map((body) => chunked(body + SMUGGLED)),
    },
    refused(),
  ),
  duty(
    'MUST',
    'RFC 9112 §7.1.1',
    'unknown chunk extensions are ignored',
    chunked('5;a\r\nabcde\r\n5;a=b;c="d;e\\"f"\r\nfghij\r\n0;last\r\n\r\n'),
    answered(content('abcdefghij')),
  ),
  duty(
    'SECURITY',
    'CVE-2021-22960',
    'a malformed chunk extension is refused',
    {
      each: ['5;\x00', '5;a=\x01', '5;a="b', '5;a\x7f', '5;a="\x00"', '5;a=b c', '5;\xff=b', '5;=b'].map((line) =>
        chunked(`${line}\r\nabcde\r\n0\r\n\r\n${SMUGGLED}`),
      ),
    },
    refused(),
  ),
  duty(
    'SECURITY',
    'CVE-2025-58056',
    'LF alone in a chunk extension ends no line',
    {
      each: [
        `2;\nxx\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
        `5;a\nb\r\nabcde\r\n0\r\n\r\n`,
        `5;a\rb\r\nabcde\r\n0\r\n\r\n`,
      ].map((body) => chunked(body)),
    },
    refused(),
  ),
  duty(
    'HARDEN',
    'CVE-2024-22019',
    'a chunk extension without end is refused',
    { each: [chunked(`1;${'a'.repeat(100_000)}\r\na\r\n0\r\n\r\n`), chunked(`1;${'a'.repeat(300_000)}`)] },
    refused([400, 413, 431]),
  ),
  duty(
    'HARDEN',
    'CVE-2024-22019',
    'chunk extensions are bounded in all',
    chunked(`${'1;'.padEnd(900, 'a')}\r\nx\r\n`.repeat(200)),
    refused([400, 413, 431]),
  ),
  duty(
    'MUST',
    'RFC 9112 §7.1.2',
    'trailer fields are understood and kept apart from the head',
    chunked('5\r\nabcde\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n'),
    answered(
      echoes((echo) => {
        expect(echo.trailers).toEqual([
          ['X-Sum', '1'],
          ['X-Other', '2'],
        ])
        expect(echo.fields.map(([name]) => name)).not.toContain('X-Sum')
      }),
    ),
  ),
  duty(
    'SECURITY',
    'RFC 9110 §6.5.1',
    'a trailer does not frame, route or authenticate',
    {
      each: [
        'Content-Length: 50',
        'Transfer-Encoding: chunked',
        'Host: b.example',
        'Authorization: x',
        'Content-Type: text/html',
      ].map((line) => chunked(`5\r\nabcde\r\n0\r\n${line}\r\n\r\n`)),
    },
    {
      statuses: [[200, 400]],
      connection: 'either',
      check: (responses) => {
        if (responses[0]!.status !== 200) return
        const echo = JSON.parse(String(responses[0]!.content)) as { authority: string; fields: string[][] }
        expect(echo.authority).toBe('a.example')
        expect(echo.fields.map(([name]) => name)).toEqual(['Host', 'Transfer-Encoding'])
      },
    },
  ),
  duty(
    'MUST',
    'RFC 9112 §5',
    'a malformed trailer is refused',
    {
      each: ['X : y', 'X', ' X: y', 'X: a\r\n b', ': y', 'X: \x00', 'X: a\rb', 'X: a\nb'].map((line) =>
        chunked(`5\r\nabcde\r\n0\r\n${line}\r\n\r\n${SMUGGLED}`),
      ),
    },
    refused(),
  ),
  duty(
    'HARDEN',
    'RFC 6585 §5',
    'trailers without end are refused',
    {
      each: [
        chunked(`0\r\n${'X: yyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(3000)}\r\n`),
        chunked(`0\r\nX: ${'y'.repeat(100_000)}`),
      ],
    },
    refused([400, 413, 431]),
  ),
  duty(
    'MUST',
    'RFC 9112 §8',
    'chunked content cut short by the client is no request',
    {
      each: ['5\r\nabc', '5\r\nabcde\r\n', '5\r\nabcde\r\n0\r\n', '5\r\nabcde\r\n0\r\nX: y\r\n', '5', ''].map(
        (body) => [{ send: chunked(body) }, { finish: true as const }],
      ),
    },
    refused(),
  ),
  duty(
    'HARDEN',
    'amplification',
    'ten thousand chunks of an octet are understood',
    chunked(`${'1\r\nx\r\n'.repeat(10_000)}0\r\n\r\n`),
    answered(content('x'.repeat(10_000))),
  ),
  duty(
    'MUST',
    'RFC 9112 §7.1',
    'a chunked request arriving an octet at a time is understood',
    [{ drip: chunked('5\r\nabcde\r\n0\r\nX-Sum: 1\r\n\r\n') }],
    answered(content('abcde')),
  ),
]
