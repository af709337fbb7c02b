import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable, type WritableOptions } from 'node:stream'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type AccessLogOptions, accessLog } from '../src/access-log.js'
import type { Exchange, ServerRequest } from '../src/message.js'

interface Facts {
  method?: string
  target?: string
  fields?: Record<string, string>
  refused?: boolean
}

function exchange(
  { method = 'GET', target = '/', fields = {}, refused }: Facts = {},
  more: Partial<Exchange> = {},
): Exchange {
  const request = {
    method,
    target,
    versionMinor: 1,
    authority: fields.host ?? '',
    fields: { get: (name: string) => fields[name.toLowerCase()] },
  } as unknown as ServerRequest
  return {
    request: refused ? undefined : request,
    remote: { family: 'IPv4', host: '192.0.2.7', port: 40000 },
    status: 200,
    contentSize: 5,
    startTime: Date.UTC(2026, 10, 23, 4, 5, 6, 789),
    duration: 1.23456,
    aborted: false,
    error: undefined,
    ...more,
  }
}

/** A destination that can be slow: it takes one write at a time, when told. */
class Sink extends Writable {
  text = ''
  slow = false
  #done: (() => void) | undefined

  constructor() {
    super({ highWaterMark: 1024, decodeStrings: false })
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk
    if (this.slow) this.#done = done
    else done()
  }

  take(): void {
    this.slow = false
    this.#done?.()
  }
}

/** A destination that fails, at the writes it is told. */
function failingSink(fails: (batch: number) => boolean, options: WritableOptions = {}): Writable {
  let batch = 0
  return new Writable({
    ...options,
    write: (_chunk, _encoding, done) => done(fails(++batch) ? new Error('disk full') : undefined),
  })
}

function logTo(sink: Sink, options: AccessLogOptions = {}) {
  return accessLog({ to: sink, ...options })
}

afterEach(() => {
  vi.useRealTimers()
})

const LINES: Array<[says: string, format: 'common' | 'combined', exchange: Exchange, line: string]> = [
  [
    'a GET in the common format',
    'common',
    exchange(),
    '192.0.2.7 - - [23/Nov/2026:04:05:06 +0000] "GET / HTTP/1.1" 200 5',
  ],
  [
    'no content is a dash',
    'common',
    exchange({}, { contentSize: 0, status: 304 }),
    '192.0.2.7 - - [23/Nov/2026:04:05:06 +0000] "GET / HTTP/1.1" 304 -',
  ],
  [
    'a refused head has no request line',
    'common',
    exchange({ refused: true }, { status: 400 }),
    '192.0.2.7 - - [23/Nov/2026:04:05:06 +0000] "-" 400 5',
  ],
  [
    'a Unix socket has no address',
    'common',
    exchange({}, { remote: { family: 'unix', path: '' } }),
    'unix: - - [23/Nov/2026:04:05:06 +0000] "GET / HTTP/1.1" 200 5',
  ],
  [
    'the combined format has referer and agent',
    'combined',
    exchange({ fields: { referer: 'http://a/', 'user-agent': 'x/1' } }),
    '192.0.2.7 - - [23/Nov/2026:04:05:06 +0000] "GET / HTTP/1.1" 200 5 "http://a/" "x/1"',
  ],
  [
    'fields that are missing are dashes',
    'combined',
    exchange(),
    '192.0.2.7 - - [23/Nov/2026:04:05:06 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
  ],
  [
    'quotes and backslashes are escaped',
    'combined',
    exchange({ target: '/"\\', fields: { 'user-agent': '" 200 "' } }),
    '192.0.2.7 - - [23/Nov/2026:04:05:06 +0000] "GET /\\"\\\\ HTTP/1.1" 200 5 "-" "\\" 200 \\""',
  ],
  [
    'controls and octets beyond ASCII are spelled out',
    'combined',
    exchange({ fields: { 'user-agent': 'a\tb\x1b[31m\x7f\xe9\r\n' } }),
    '192.0.2.7 - - [23/Nov/2026:04:05:06 +0000] "GET / HTTP/1.1" 200 5 "-" "a\\x09b\\x1b[31m\\x7f\\xe9\\x0d\\x0a"',
  ],
]

describe('a line', () => {
  for (const [says, format, given, line] of LINES) {
    it(says, () => {
      const sink = new Sink()
      const log = logTo(sink, { format })
      log(given)
      log.flush()
      expect(sink.text).toBe(`${line}\n`)
    })
  }

  it('is an object in JSON, without what is not known', () => {
    const sink = new Sink()
    const log = logTo(sink, { format: 'json' })
    log(exchange({ method: 'POST', target: '/a?b', fields: { host: 'a.example', 'user-agent': 'x"\n' } }))
    log(
      exchange(
        { refused: true },
        { status: 400, error: Object.assign(new Error('no'), { code: 'HTTP_ERR_X' }), aborted: true },
      ),
    )
    log.flush()
    expect(
      sink.text
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        time: '2026-11-23T04:05:06.789Z',
        remote: '192.0.2.7',
        method: 'POST',
        host: 'a.example',
        target: '/a?b',
        version: '1.1',
        status: 200,
        size: 5,
        duration: 1.235,
        userAgent: 'x"\n',
      },
      {
        time: '2026-11-23T04:05:06.789Z',
        remote: '192.0.2.7',
        status: 400,
        size: 5,
        duration: 1.235,
        aborted: true,
        error: 'HTTP_ERR_X',
      },
    ])
  })

  const controls: [says: string, text: string, shown: string][] = [
    ['the first control beyond ASCII', '\x80', '\\u0080'],
    ['the line break among them', 'a\x85b', 'a\\u0085b'],
    ['the one that begins a terminal’s commands', '\x9b2J', '\\u009b2J'],
    ['the last', '\x9f', '\\u009f'],
    ['delete', '\x7f', '\\u007f'],
    ['what is no control: the neighbours', '~\xa0', '~\xa0'],
    ['letters of any script', 'é日本🙂', 'é日本🙂'],
  ]
  it.each(controls)('in JSON and of the user’s own format escapes controls and nothing else: %s', (_, text, shown) => {
    const lineOf = (format: NonNullable<AccessLogOptions['format']>): string => {
      const sink = new Sink()
      const log = logTo(sink, { format })
      log(exchange({ fields: { 'user-agent': text } }))
      log.flush()
      return sink.text
    }
    expect(lineOf(({ request }) => request!.fields.get('user-agent')!)).toBe(`${shown}\n`)
    expect(lineOf('json')).toContain(`"userAgent":"${shown}"`)
    expect(JSON.parse(lineOf('json')).userAgent).toBe(text)
  })

  it('of the user’s own format is still one line', () => {
    const sink = new Sink()
    const log = logTo(sink, { format: ({ request }) => `${request?.target}\r\nforged` })
    log(exchange())
    log.flush()
    expect(sink.text).toBe('/ forged\n')
  })

  it('can be neither broken nor forged by what a client sends', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(
        fc.constantFrom('common', 'combined', 'json' as const),
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        (format, target, agent) => {
          const sink = new Sink()
          const log = logTo(sink, { format: format as 'json' })
          log(exchange({ target, fields: { 'user-agent': agent, referer: target } }))
          log.flush()
          expect(
            sink.text.match(/[\n\r\u2028\u2029]/g)?.filter((char) => char !== '\u2028' && char !== '\u2029'),
          ).toEqual(['\n'])
          if (format === 'json') expect(JSON.parse(sink.text)).toMatchObject({ status: 200, target, userAgent: agent })
          else expect(sink.text).toMatch(/^[\x20-\x7e]+\n$/)
          expect(sink.text).toMatch(/^[^\x00-\x1f\x7f-\x9f]+\n$/)
          if (format === 'common') expect(sink.text).toMatch(/^\S+ - - \[[^\]]+\] "(?:[^"\\]|\\.)*" 200 5\n$/)
        },
      ),
    )
  })
})

describe('a log', () => {
  it('writes many lines at once, after the interval', () => {
    vi.useFakeTimers()
    const sink = new Sink()
    const log = logTo(sink, { flushInterval: 1000 })
    log(exchange())
    log(exchange())
    expect(sink.text).toBe('')
    vi.advanceTimersByTime(999)
    expect(sink.text).toBe('')
    vi.advanceTimersByTime(1)
    expect(sink.text.split('\n')).toHaveLength(3)
  })

  it('writes before the interval when there is much', () => {
    const sink = new Sink()
    const log = logTo(sink)
    for (let line = 0; line < 1000; line++) log(exchange())
    expect(sink.text.length).toBeGreaterThan(60_000)
  })

  it('drops and counts lines while its destination does not keep up, and goes on after', () => {
    const sink = new Sink()
    sink.slow = true
    const log = logTo(sink, { maxBufferSize: 1000 })
    for (let line = 0; line < 20; line++) log(exchange())
    log.flush()
    for (let line = 0; line < 100; line++) log(exchange())
    const dropped = log.dropped
    expect(dropped).toBeGreaterThan(50)
    sink.take()
    log(exchange({ target: '/after' }))
    log.flush()
    expect(sink.text).toContain('/after')
    expect(log.dropped).toBe(dropped)
    expect(sink.text.trimEnd().split('\n')).toHaveLength(121 - dropped)
  })

  const failures: [sentence: string, to: () => NonNullable<AccessLogOptions['to']>][] = [
    ['whose folder is not there', () => '/nonexistent/access.log'],
    ['that is a folder', () => tmpdir()],
    ['that fails at each write', () => failingSink(() => true)],
    ['that holds one octet at a time', () => failingSink(() => true, { highWaterMark: 1 })],
    ...(existsSync('/dev/full') ? [['that is full', () => '/dev/full'] as [string, () => string]] : []),
  ]
  it.each(failures)('counts every line that is lost to a destination %s', async (_, to) => {
    const log = accessLog({ to: to() })
    for (let batch = 0; batch < 3; batch++) {
      for (let line = 0; line < 5; line++) log(exchange())
      log.flush()
      await new Promise(setImmediate)
    }
    log(exchange())
    await log.close()
    expect([log.dropped, log.error]).toEqual([16, expect.any(Error)])
  })

  it('counts no line that was written before the destination failed', async () => {
    const sink = failingSink((batch) => batch === 2)
    const log = accessLog({ to: sink })
    for (const lines of [3, 4, 5]) {
      for (let line = 0; line < lines; line++) log(exchange())
      log.flush()
      await new Promise(setImmediate)
    }
    await log.close()
    expect(log.dropped).toBe(4 + 5)
  })

  it('survives a destination and a format that fail', async () => {
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) })
    const log = accessLog({ to: failing })
    log(exchange())
    log.flush()
    await new Promise(setImmediate)
    expect(log.error?.message).toBe('disk full')
    const broken = logTo(new Sink(), {
      format: () => {
        throw new Error('format')
      },
    })
    broken(exchange())
    expect([broken.dropped, broken.error?.message]).toEqual([1, 'format'])
  })

  it('refuses a format there is none of', () => {
    expect(() => accessLog({ format: 'xml' as 'json' })).toThrow(RangeError)
  })

  const index = new URL('../dist/index.js', import.meta.url).href
  const endings: [sentence: string, to: 'a file' | 'standard output', ending: string][] = [
    ['that has nothing left to do', 'a file', ''],
    ['that has nothing left to do', 'standard output', ''],
    ['that ends itself', 'a file', 'process.exit()'],
    ['that ends itself', 'standard output', 'process.exit()'],
    ['that fails', 'a file', 'throw new Error("failed")'],
  ]
  it.each(endings)('of a process %s, it is all in %s', async (_, to, ending) => {
    const folder = await mkdtemp(join(tmpdir(), 'access-log-'))
    try {
      const file = join(folder, 'access.log')
      const program = `
        import { accessLog } from ${JSON.stringify(index)}
        const log = accessLog({ format: ({ status }) => 'status ' + status${to === 'a file' ? `, to: ${JSON.stringify(file)}` : ''} })
        log({ status: 200 })
        log({ status: 404 })
        ${ending}`
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
      expect(to === 'a file' ? await readFile(file, 'utf8') : stdout).toBe('status 200\nstatus 404\n')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('appends to a file, and to a new one after a rotation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'access-log-'))
    try {
      const file = join(folder, 'access.log')
      const log = accessLog({ to: file })
      log(exchange({ target: '/one' }))
      log.flush()
      await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toContain('/one'))
      await rename(file, `${file}.1`)
      log.reopen()
      log(exchange({ target: '/two' }))
      await log.close()
      expect(await readFile(`${file}.1`, 'utf8')).toContain('/one')
      expect(await readFile(file, 'utf8')).toMatch(/^[^\n]*\/two[^\n]*\n$/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
