import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text as streamText } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { read } from '../src/explain/reading.js'
import { spansOf } from '../src/explain/spans.js'
import { type ExplainOptions, explain } from '../src/explain.js'
import { below, mutate, randomNumbers } from './mutation.js'
import { octetsOf, readVectors, type Vector } from './vector-file.js'

const vectors = readVectors()

function optionsOf(vector: Vector): ExplainOptions {
  return {
    ...vector.options,
    type: vector.type,
    requestMethods: vector.methods ?? [],
    ignoreUpgrade: vector.ignoreUpgrade ?? false,
  }
}

/** Lines of an explanation without the octets: mark, offset and label. */
function story(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^(.) +(\d+) {2}(?:[0-9a-f]{2} )+ +.*? {2}(?=\S)/, '$1$2 '))
}

describe('explain', () => {
  it('says what each octet of a request was read as', () => {
    const text = explain(octetsOf('POST /a HTTP/1.1\nHost:  x \nContent-Length: 2\n\nhi\\\n'))
    expect(text).toBe(`request at octet 0
         0  50 4f 53 54                                      POST              method
         4  20                                                                 space
         5  2f 61                                            /a                request-target
         7  20                                                                 space
         8  48 54 54 50 2f 31 2e 31                          HTTP/1.1          version
        16  0d 0a                                            ..                end of line
        18  48 6f 73 74                                      Host              field name
        22  3a                                               :                 colon
        23  20 20                                                              whitespace
        25  78                                               x                 field value
        26  20                                                                 whitespace
        27  0d 0a                                            ..                end of line
        29  43 6f 6e 74 65 6e 74 2d 4c 65 6e 67 74 68        Content-Length    field name
        43  3a                                               :                 colon
        44  20                                                                 whitespace
        45  32                                               2                 field value
        46  0d 0a                                            ..                end of line
        48  0d 0a                                            ..                empty line: the head ends
        50  68 69                                            hi                content
= origin-form; 2 octets of content; the connection may persist
= complete: 52 octets
`)
  })

  it('says where and why reading stopped', () => {
    const text = explain(octetsOf('GET / HTTP/1.1\nHost : x\n\n'))
    expect(text.split('\n').slice(-5)).toEqual([
      '        16  48 6f 73 74                                      Host              field name',
      '✗       20  20 3a 20 78 0d 0a                                 : x..            ← HTTP_ERR_SPACE_AFTER_FIELD_NAME',
      '✗ There is whitespace between field name and colon (RFC 9112 §5.1). A server answers 400 and closes the connection.',
      '  8 octets were not read.',
      '',
    ])
  })

  it.each([
    ['a TLS hello', '\\x16\\x03\\x01\\x02\\x00\\', {}, 'This looks like a TLS handshake'],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\n\nSM\n', {}, 'This looks like the preface of HTTP/2'],
    ['a lenience that would help', 'GET / HTTP/1.1\\n\\\nHost: x\\n\\\n\\n\\', {}, 'leniences.bareLineFeed'],
    [
      'no lenience when none helps',
      'GET / HTTP/1.1\nHost: x\nA: \\0\n',
      {},
      '✗ The value contains a control character',
    ],
    ['octets that end too early', 'GET / HT\\', {}, 'the octets end within a message'],
    [
      'octets that are handed over',
      'CONNECT a:1 HTTP/1.1\nHost: a:1\n\n\\x16\\x03\\',
      {},
      'handed over: no longer HTTP/1.1',
    ],
    ['nothing', '\\', {}, '= no octets'],
    ['nothing but empty lines', '\n\n', {}, '= only empty lines'],
    ['one octet that is handed over', 'CONNECT a:1 HTTP/1.1\nHost: a:1\n\n1\\', {}, '= 1 octet is left'],
    ['a response', 'HTTP/1.1 204 No Content\n\n', { type: 'response' }, 'reason phrase'],
    [
      'a response to HEAD',
      'HTTP/1.1 200 OK\nContent-Length: 9\n\n',
      { type: 'response', requestMethods: ['HEAD'] },
      '= no content',
    ],
    ['an interim response', 'HTTP/1.1 103 Early Hints\n\n', { type: 'response' }, 'interim response at octet 0'],
    ['a response that is refused', 'HTTP/1.1 2x0 OK\n\n', { type: 'response' }, 'A gateway answers 502'],
  ] as const)('tells %s', (_, block, options, sentence) => {
    expect(explain(octetsOf(`${block}\n`), options)).toContain(sentence)
  })

  it('tells the parts of chunked content from one another', () => {
    const text = explain(octetsOf('POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n5;a=b\nhello\n0\nA: b\n\n'))
    const labels = story(text).map((line) => line.replace(/^ \d+ /, ''))
    expect(labels.slice(labels.indexOf('empty line: the head ends') + 1, -2)).toEqual([
      'chunk size: 5 octets',
      'chunk extensions',
      'end of line',
      'content',
      'end of chunk',
      'chunk size 0: the last chunk',
      'end of line',
      'trailer name',
      'colon',
      'whitespace',
      'trailer value',
      'end of line',
      'empty line: the message ends',
    ])
  })

  it.each([
    [
      'an allowed blank before its size',
      ' 2\nhi\n0\n\n',
      ['whitespace', 'chunk size: 2 octets', 'end of line', 'content'],
    ],
    ['a size of too many digits', `${'0'.repeat(17)}\n`, ['chunk size']],
    ['a size that is not all here', '10\\\n', ['chunk size']],
    ['a size whose line is not all here', '10\\r\\\n', ['chunk size: 16 octets', 'first half of a line end']],
  ])('tells of a chunk %s', (_, chunks, expected) => {
    const head = 'POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n'
    const text = explain(octetsOf(head + chunks), { leniences: { chunkWhitespace: true } })
    const labels = story(text).map((line) => line.replace(/^ \d+ /, ''))
    const from = labels.indexOf('empty line: the head ends') + 1
    expect(labels.slice(from, from + expected.length)).toEqual(expected)
  })

  it('tells empty lines behind the last message', () => {
    const lines = explain(octetsOf('GET / HTTP/1.1\nHost: x\n\n\n\n')).split('\n')
    expect(lines.slice(-4)).toEqual([
      '= complete: 27 octets',
      '',
      '        27  0d 0a 0d 0a                                      ....              empty lines, skipped',
      '',
    ])
  })

  it('looks at the octets of chunks a few times, however many chunks there are', () => {
    const chunks = 3000
    const text = `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(chunks)}0\r\n\r\n`
    const octets = Uint8Array.from(text, (character) => character.charCodeAt(0))
    const [message] = read(octets, {}).messages
    let searched = 0
    const watched = new Proxy(octets, {
      get(_, key) {
        if (key === 'indexOf')
          return (octet: number, from: number) => {
            const at = octets.indexOf(octet, from)
            searched += (at < 0 ? octets.length : at) - from
            return at
          }
        searched += /^\d+$/.test(String(key)) ? 1 : 0
        const value = Reflect.get(octets, key)
        return typeof value === 'function' ? value.bind(octets) : value
      },
    })
    expect(spansOf(watched, message!, octets.length).length).toBeGreaterThan(4 * chunks)
    expect(searched).toBeLessThan(20 * octets.length)
  })

  it('leaves the middle of long content out', () => {
    const text = explain(octetsOf('POST / HTTP/1.1\nHost: x\nContent-Length: 4096\n\n\\{4096:a}\\\n'))
    expect(text).toContain('… 4032 octets')
    expect(text.split('\n').length).toBeLessThan(30)
  })

  it('throws a TypeError for an option that is none, never for octets', () => {
    expect(() => explain(new Uint8Array(0), { maxFields: 'x' as never })).toThrow(TypeError)
    expect(() => explain(new Uint8Array(0), { type: 'responses' as never })).toThrow(TypeError)
  })

  it('accounts for every octet that was read, once and in order, in all vectors and a thousand mutants', () => {
    const random = randomNumbers(7)
    const mutants = Array.from({ length: 1000 }, () => {
      const vector = vectors[below(random, vectors.length)]!
      return { ...vector, octets: mutate(vector.octets, vectors[below(random, vectors.length)]!.octets, random) }
    })
    for (const vector of [...vectors, ...mutants]) {
      const options = optionsOf(vector)
      const { messages, end, error } = read(vector.octets, options)
      let at = 0
      for (const message of messages) {
        for (const span of spansOf(vector.octets, message, Math.min(message.end ?? end, vector.octets.length))) {
          if (span.start !== at || span.end <= span.start) expect({ title: vector.title, span }).toBe(at)
          at = span.end
        }
      }
      // Empty lines behind the last message are no part of it; explain() shows them at its end.
      const behind =
        error === undefined && vector.octets.subarray(at, end).every((octet) => octet === 13 || octet === 10)
      if (at !== end && messages.length > 0 && !behind)
        expect({ title: vector.title, at, end, error: error?.code }).toBe('accounted for')
      expect(explain(vector.octets, options).endsWith('\n')).toBe(true)
    }
  })
})

describe('http-parser explain', () => {
  const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'explain-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function run(args: string[], input = ''): { status: number; output: string; errors: string } {
    try {
      const output = execFileSync(process.execPath, [cli, ...args], {
        input: Buffer.from(input, 'latin1'),
        stdio: 'pipe',
      })
      return { status: 0, output: output.toString(), errors: '' }
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number; stdout: Buffer; stderr: Buffer }
      return { status, output: stdout.toString(), errors: stderr.toString() }
    }
  }

  it.each([[['explain']], [['explain', '-']]])('explains the standard input and exits with 0: %j', (args) => {
    const { status, output } = run(args, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(status).toBe(0)
    expect(output).toContain('= complete: 27 octets')
  })

  it('explains what comes late through a connection that is its output, too', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const accepted = once(server, 'connection')
    const peer = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const [connection] = (await accepted) as [Socket]
    // Tells when the command, which listens for errors first, lets the event loop turn: it waits for its input.
    const telling = `
      const before = process.stdout.listenerCount('error')
      const look = () => process.stdout.listenerCount('error') === before ? setImmediate(look) : process.send(0, end)
      const end = () => process.disconnect()
      look()`
    const command = spawn(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(telling)}`, cli, 'explain'],
      {
        stdio: [connection, connection, 'pipe', 'ipc'],
      },
    )
    const exit = once(command, 'exit')
    const said = Promise.all([streamText(peer), streamText(command.stderr!), exit])
    connection.destroy()
    await Promise.race([once(command, 'message'), exit])
    peer.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const [output, errors, [status]] = await said
    server.close()
    expect({ status, errors, last: output.split('\n').at(-2) }).toEqual({
      status: 0,
      errors: '',
      last: '= complete: 27 octets',
    })
  })

  it('exits with 1 when the octets are refused', () => {
    const { status, output } = run(['explain'], 'GET / HTTP/1.1\r\nHost : x\r\n\r\n')
    expect(status).toBe(1)
    expect(output).toContain('HTTP_ERR_SPACE_AFTER_FIELD_NAME')
  })

  it('explains a file, responses, with escapes and a lenience', () => {
    const file = join(folder, 'response')
    writeFileSync(file, 'HTTP/1.1 204\\r\\n\n\\r\\n\n')
    expect(run(['explain', '--response', '--escapes', file]).status).toBe(1)
    const { status, output } = run(['explain', '--response', '--escapes', '--lenient', 'missingReasonSpace', file])
    expect(output).toContain('= no content')
    expect(status).toBe(0)
  })

  it.each([
    [[], 'no command'],
    [['explode'], 'unknown command'],
    [['explain', 'one', 'two'], 'one file at a time'],
    [['explain', '--nonsense'], 'nonsense'],
    [['explain', '--lenient', 'everything'], 'unknown lenience'],
    [['explain', '/does/not/exist'], 'ENOENT'],
  ])('exits with 2 and says how it is used: %j', (args, sentence) => {
    const { status, output, errors } = run(args)
    expect({ status, output }).toEqual({ status: 2, output: '' })
    expect(errors).toContain(sentence)
    expect(errors).toContain('Usage:')
  })

  it('--help is no error', () => {
    expect(run(['--help'])).toMatchObject({ status: 0, output: expect.stringContaining('Usage:') })
  })

  /** Explained, they are far more than a pipe holds. */
  const requests = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500)
  /** Takes the first octet, and the others when it is told to. */
  const LATE = 'dd bs=1 count=1 2>/dev/null; read go <&3; cat'
  const all = (whole: string) => whole
  const READERS: Array<[says: string, input: string, status: number, reader: string, gets: (whole: string) => string]> =
    [
      ['who comes late gets all of it', requests, 0, LATE, all],
      ['who comes late gets all of what is refused', `${requests}GET`, 1, LATE, all],
      ['who has seen enough is no error', requests, 0, 'head -n 1', (whole) => whole.slice(0, whole.indexOf('\n') + 1)],
      ['who has seen enough does not change the status', `${requests}GET`, 1, 'read line', () => ''],
      ['who wants nothing is no error', requests, 0, ':', () => ''],
    ]
  it.each(READERS)('into a pipe: %s', async (_, input, status, reader, gets) => {
    const file = join(folder, 'requests')
    writeFileSync(file, input)
    const pipeline = `{ "$0" "$1" explain "$2" 3<&-; echo $? >&4; } | { ${reader}; }`
    const shell = spawn('sh', ['-c', pipeline, process.execPath, cli, file], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    })
    const [, stdout, stderr, go, code] = shell.stdio as unknown as [null, Readable, Readable, Writable, Readable]
    if (reader === LATE) stdout.once('data', () => go.end('go\n'))
    else go.destroy()
    const said = await Promise.all([stdout, stderr, code].map((stream) => streamText(stream)))
    expect(said).toEqual([gets(run(['explain', file]).output), '', `${status}\n`])
  })
})
