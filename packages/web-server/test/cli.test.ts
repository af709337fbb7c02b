import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readCommandLine, type ServeCommand, UsageError } from '../src/cli/command-line.js'
import { reachable } from '../src/cli/reachable.js'
import { requestLine, size, visible } from '../src/cli/request-line.js'
import type { Exchange } from '../src/index.js'

describe('the command line', () => {
  const plain = readCommandLine([]) as ServeCommand

  const readings: [sentence: string, args: string[], expected: Partial<ServeCommand> | 'help' | 'version'][] = [
    [
      'nothing serves the current folder to this machine',
      [],
      { directory: '.', host: '127.0.0.1', port: 8080, listing: true },
    ],
    ['a folder', ['public'], { directory: 'public' }],
    ['a folder whose name begins with a dash, after --', ['--', '-odd'], { directory: '-odd' }],
    ['host and port, short', ['-H', '0.0.0.0', '-p', '0'], { host: '0.0.0.0', port: 0 }],
    ['a port that must be free', ['--port=80', '--strict-port'], { port: 80, strictPort: true }],
    ['a Unix socket', ['--unix', 'web.sock'], { unix: 'web.sock' }],
    ['a certificate with its key', ['--tls-cert', 'c', '--tls-key', 'k'], { tls: { certificate: 'c', key: 'k' } }],
    ['a single-page application', ['--spa'], { spa: 'index.html' }],
    ['scripts, the slash added', ['--cgi', 'cgi-bin/'], { cgi: '/cgi-bin' }],
    ['no listing', ['--no-listing'], { listing: false }],
    [
      'dotfiles, links and other origins',
      ['--dotfiles', '--follow-links', '--cors'],
      { dotfiles: true, followLinks: true, cors: true },
    ],
    ['a password with a colon', ['--auth', 'ada:a:b'], { auth: { user: 'ada', password: 'a:b' } }],
    ['seconds to keep', ['--cache', '3600'], { cache: 'max-age=3600' }],
    ['nothing to keep unasked', ['--cache', '0'], { cache: 'no-cache' }],
    ['a value of Cache-Control', ['--cache', 'public, immutable'], { cache: 'public, immutable' }],
    ['a log format', ['--log', 'json'], { log: 'json' }],
    ['explanations', ['--explain'], { explain: true }],
    ['help, whatever else', ['-h', 'public'], 'help'],
    ['the version', ['--version'], 'version'],
  ]
  it.each(readings)('%s', (_, args, expected) => {
    expect(readCommandLine(args)).toEqual(typeof expected === 'string' ? expected : { ...plain, ...expected })
  })

  const mistakes: [sentence: string, args: string[], message: RegExp][] = [
    ['two folders', ['a', 'b'], /One folder, not 2/],
    ['an unknown option', ['--wings'], /--wings/],
    ['an option without its value', ['--port'], /port/],
    ['a value for an option that takes none', ['--cors=yes'], /cors/],
    ['a port that is no number', ['-p', '80a'], /--port takes a number.*80a/],
    ['a port that is too large', ['-p', '65536'], /65536/],
    ['a certificate without its key', ['--tls-cert', 'c'], /go together/],
    ['a Unix socket with a port', ['--unix', 's', '--port', '1'], /--unix goes without/],
    ['a password without a name', ['--auth', ':secret'], /USER:PASSWORD/],
    ['a name without a password', ['--auth', 'ada:'], /USER:PASSWORD/],
    ['a script folder with a query', ['--cgi', '/a?b'], /--cgi/],
    ['a Cache-Control that would end its line', ['--cache', 'a\r\nSet-Cookie: b'], /--cache/],
    ['a log format that there is not', ['--log', 'xml'], /--log/],
  ]
  it.each(mistakes)('refuses %s', (_, args, message) => {
    expect(() => readCommandLine(args)).toThrow(UsageError)
    expect(() => readCommandLine(args)).toThrow(message)
  })
})

describe('the addresses it prints', () => {
  const interfaces = {
    lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
    eth0: [
      { address: '192.0.2.7', family: 'IPv4', internal: false },
      { address: '2001:db8::7', family: 'IPv6', internal: false },
      { address: 'fe80::7', family: 'IPv6', internal: false },
    ],
  } as unknown as Parameters<typeof reachable>[3]

  const rows: [sentence: string, args: ['http' | 'https', string, number], urls: string[]][] = [
    ['one of this machine', ['http', '127.0.0.1', 8080], ['http://127.0.0.1:8080/']],
    ['no port where it goes without saying', ['https', 'example.org', 443], ['https://example.org/']],
    ['brackets around IPv6', ['http', '::1', 80], ['http://[::1]/']],
    ['all of IPv4', ['http', '0.0.0.0', 8080], ['http://localhost:8080/', 'http://192.0.2.7:8080/']],
    [
      'all of both, without link-local ones that need a zone',
      ['http', '::', 8080],
      ['http://localhost:8080/', 'http://192.0.2.7:8080/', 'http://[2001:db8::7]:8080/'],
    ],
  ]
  it.each(rows)('%s', (_, args, urls) => {
    expect(reachable(...args, interfaces).map(({ url }) => url)).toEqual(urls)
  })
})

describe('a request line', () => {
  const exchange = (rest: Partial<Exchange>): Exchange => ({
    request: { method: 'GET', target: '/a' } as Exchange['request'],
    remote: { host: '127.0.0.1', port: 1, family: 'IPv4' } as unknown as Exchange['remote'],
    status: 200,
    contentSize: 0,
    startTime: new Date(2026, 0, 2, 3, 4, 5).getTime(),
    duration: 1.25,
    aborted: false,
    error: undefined,
    ...rest,
  })

  const rows: [sentence: string, exchange: Exchange, line: string][] = [
    ['says what was asked and answered', exchange({}), '03:04:05 200 GET /a (0 B, 1.3 ms)'],
    [
      'says that an answer was cut off',
      exchange({ aborted: true, contentSize: 2048, duration: 31.4 }),
      '03:04:05 200 GET /a (2.0 KiB, 31 ms, cut off)',
    ],
    ['says that the peer left first', exchange({ status: 0 }), '03:04:05 --- GET /a (0 B, 1.3 ms)'],
    [
      'says why a request was refused',
      exchange({
        request: undefined,
        status: 400,
        error: Object.assign(new Error('no\x1b[2J'), { code: 'HTTP_ERR_X' }),
      }),
      '03:04:05 400 refused: no\\u{1b}[2J (HTTP_ERR_X) (0 B, 1.3 ms)',
    ],
  ]
  it.each(rows)('%s', (_, given, line) => {
    expect(requestLine(given, false)).toBe(line)
  })

  it('cannot steer the terminal', () => {
    expect(visible('/\x1b]0;pwned\x07\r\n\u202e')).toBe('/\\u{1b}]0;pwned\\u{7}\\u{d}\\u{a}\\u{202e}')
  })

  it('shows sizes in a readable unit', () => {
    expect([0, 1023, 1024, 1536, 10 * 1024, 5 * 1024 ** 2, 3 * 1024 ** 4].map(size)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '10 KiB',
      '5.0 MiB',
      '3.0 TiB',
    ])
  })
})

describe('the program', () => {
  const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'serve-'))
  const children: ChildProcess[] = []

  beforeAll(() => {
    mkdirSync(join(folder, 'empty'))
    mkdirSync(join(folder, 'cgi-bin'))
    writeFileSync(join(folder, 'index.html'), '<p>index</p>')
    writeFileSync(join(folder, 'page.txt'), 'a page')
    writeFileSync(join(folder, '.hidden'), 'hidden')
    writeFileSync(
      join(folder, 'cgi-bin/hello.sh'),
      '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\nhello from a script"\n',
      { mode: 0o755 },
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  afterEach(() => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  })

  /** Runs the program until its end. */
  function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [program, ...args])
      let out = ''
      let err = ''
      child.stdout.on('data', (chunk) => {
        out += chunk
      })
      child.stderr.on('data', (chunk) => {
        err += chunk
      })
      child.once('close', (code) => resolve({ code, out, err }))
    })
  }

  /** Starts the program on a free port; `printed` waits for a line. */
  async function start(...args: string[]) {
    const child = spawn(process.execPath, [program, folder, '--port', '0', ...args])
    children.push(child)
    let out = ''
    let look = (): void => {}
    child.stdout.on('data', (chunk) => {
      out += chunk
      look()
    })
    const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve) => {
        look = () => {
          const match = pattern.exec(out)
          if (match) resolve(match)
        }
        look()
      })
    const [, url] = await printed(/(http:\/\/127\.0\.0\.1:\d+\/) {2}from this machine\n/)
    return { child, url: url!, printed, out: () => out }
  }

  it('prints help and the version, and exits 0', async () => {
    const [help, version] = await Promise.all([run('--help'), run('--version')])
    expect([help.code, help.out.includes('plainwire-serve [folder]'), help.err]).toEqual([0, true, ''])
    expect([version.code, /^\d+\.\d+\.\d+\n$/.test(version.out)]).toEqual([0, true])
  })

  it('exits 2 for a wrong command line and 1 for what can not be served', async () => {
    const [wrong, missing] = await Promise.all([run('--wings'), run(join(folder, 'nowhere'), '--port', '0')])
    expect([wrong.code, wrong.out]).toEqual([2, ''])
    expect(wrong.err).toMatch(/--wings[\s\S]*--help/)
    expect([missing.code, missing.out]).toEqual([1, ''])
    expect(missing.err).toMatch(/^plainwire-serve: .*nowhere/)
  })

  it('takes the next port when one is taken, unless the port is strict', async () => {
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    const { port } = blocker.address() as { port: number }
    try {
      const strict = await run(folder, '--port', String(port), '--strict-port')
      expect([strict.code, strict.err.includes(String(port))]).toEqual([1, true])
      const { out } = await start('--port', String(port))
      expect(out()).toContain(`Port ${port} is taken; using `)
    } finally {
      blocker.close()
    }
  })

  it('serves files, folders and the error page, and prints a plain line for each', async () => {
    const { url, printed } = await start()
    expect(await (await fetch(url)).text()).toBe('<p>index</p>')
    expect(await (await fetch(`${url}page.txt`)).text()).toBe('a page')
    expect((await fetch(`${url}empty/`)).status).toBe(200)
    expect((await fetch(`${url}.hidden`)).status).toBe(404)
    await printed(/^\d\d:\d\d:\d\d 404 GET \/\.hidden \(.*ms\)$/m)
  })

  it('obeys its options', async () => {
    const { url, printed } = await start(
      '--no-listing',
      '--dotfiles',
      '--cors',
      '--cache',
      '60',
      '--cgi',
      '/cgi-bin',
      '--spa',
      '--log',
      'json',
    )
    expect(await (await fetch(`${url}.hidden`)).text()).toBe('hidden')
    const page = await fetch(`${url}page.txt`)
    expect([page.headers.get('cache-control'), page.headers.get('access-control-allow-origin')]).toEqual([
      'max-age=60',
      '*',
    ])
    expect(await (await fetch(`${url}cgi-bin/hello.sh`)).text()).toBe('hello from a script')
    const route = await fetch(`${url}some/route`, { headers: { Accept: 'text/html' } })
    expect([route.status, await route.text()]).toEqual([200, '<p>index</p>'])
    await printed(/^\{.*"\/some\/route".*\}$/m)
  })

  it('asks for the password', async () => {
    const { url } = await start('--auth', 'ada:love:lace')
    const asked = await fetch(url)
    expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic realm=/)])
    const authorize = (words: string): RequestInit => ({ headers: { Authorization: `Basic ${btoa(words)}` } })
    expect((await fetch(url, authorize('ada:wrong'))).status).toBe(401)
    expect((await fetch(url, authorize('ada:love:lace'))).status).toBe(200)
  })

  it('explains which case answered and why the ones before passed', async () => {
    const { url, printed } = await start('--explain')
    await fetch(`${url}empty/`)
    const [explanation] = await printed(/^GET \/empty\/\n(?: {2}.*\n)+/m)
    expect(explanation.split('\n').filter((line) => line.includes(' passed: ')).length).toBe(2)
    expect(explanation).toMatch(/listing answered\n$/)
  })

  it('lets a running download finish at Ctrl-C and exits 0', async () => {
    writeFileSync(join(folder, 'large'), Buffer.alloc(8 << 20, 'x'))
    const { child, url, printed } = await start()
    const response = await fetch(`${url}large`)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGINT')
    await printed(/Finishing what is under way/)
    expect((await response.arrayBuffer()).byteLength).toBe(8 << 20)
    expect(await ended).toBe(0)
  })
})
