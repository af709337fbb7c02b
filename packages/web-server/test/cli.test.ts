import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { generate } from 'selfsigned'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readCommandLine, type ServeCommand, UsageError } from '../src/cli/command-line.js'
import { reachable } from '../src/cli/reachable.js'
import { requestLine, size } from '../src/cli/request-line.js'
import { terminalOn } from '../src/cli/terminal.js'
import type { Exchange } from '../src/index.js'
import { visible } from '../src/visible.js'

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
    ['scripts, the slash added', ['--cgi', 'cgi-bin/'], { cgi: ['/cgi-bin'] }],
    ['scripts, the dots of this folder left out', ['--cgi', './a/./cgi-bin'], { cgi: ['/a/cgi-bin'] }],
    ['scripts everywhere', ['--cgi', '/'], { cgi: ['/'] }],
    ['scripts in several folders', ['--cgi', 'a', '--cgi=/b'], { cgi: ['/a', '/b'] }],
    ['a switch that is turned on twice', ['--cors', '--cors'], { cors: true }],
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
    ['help, whatever else', ['-h', 'public', '-p', '1', '-p', '2'], 'help'],
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
    ['a port below zero', ['--port', '-1'], /^--port takes a number from 0 to 65535, not -1$/],
    ['a port below zero, with an equals sign', ['--port=-1'], /^--port takes a number from 0 to 65535, not -1$/],
    [
      'an option in the place of a value',
      ['--host', '--cors'],
      /^--host needs a value, and --cors looks like an option/,
    ],
    ['an empty host, which would be every address', ['--host', ''], /^--host is empty$/],
    ['an empty name of a socket', ['--unix='], /^--unix is empty$/],
    ['an empty folder of scripts', ['--cgi', ''], /^--cgi is empty$/],
    ['an empty folder of scripts after another', ['--cgi', 'a', '--cgi', ''], /^--cgi is empty$/],
    ['a second password', ['--auth', 'a:b', '--auth', 'c:d'], /^--auth is given more than once$/],
    ['a second port, by its other name', ['-p', '1', '--port=2'], /^--port is given more than once$/],
    ['an empty folder', [''], /folder is empty/],
    ['a certificate without its key', ['--tls-cert', 'c'], /go together/],
    ['a Unix socket with a port', ['--unix', 's', '--port', '1'], /--unix goes without/],
    ['a password without a name', ['--auth', ':secret'], /USER:PASSWORD/],
    ['a name without a password', ['--auth', 'ada:'], /USER:PASSWORD/],
    ['a script folder with a query', ['--cgi', '/a?b'], /--cgi/],
    [
      'a script folder that is climbed to',
      ['--cgi', 'a/../cgi-bin'],
      /^--cgi takes a folder inside .*a\/\.\.\/cgi-bin/,
    ],
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
    [
      'shows the signs of our own sentences as they are',
      exchange({ request: undefined, status: 400, error: new Error('no Host (RFC 9112 §3.2)') }),
      '03:04:05 400 refused: no Host (RFC 9112 §3.2) (0 B, 1.3 ms)',
    ],
  ]
  it.each(rows)('%s', (_, given, line) => {
    expect(requestLine(given, false)).toBe(line)
  })

  const shown: [sentence: string, text: string, expected: string][] = [
    ['cannot steer the terminal', '/\x1b]0;pwned\x07\r\n', '/\\u{1b}]0;pwned\\u{7}\\u{d}\\u{a}'],
    ['cannot steer it by controls beyond ASCII', '\x9b2J\x7f', '\\u{9b}2J\\u{7f}'],
    ['cannot turn the direction of its text', 'a\u202eb\u2066c\u061c', 'a\\u{202e}b\\u{2066}c\\u{61c}'],
    ['shows what would not be seen', 'a\u200bb\ufeff\u{e0041}', 'a\\u{200b}b\\u{feff}\\u{e0041}'],
    ['is one line', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
    ['shows half a character', '\ud800', '\\u{d800}'],
    ['leaves letters and signs of any script', 'é § שלום 日本 🙂', 'é § שלום 日本 🙂'],
  ]
  it.each(shown)('%s', (_, text, expected) => {
    expect(visible(text)).toBe(expected)
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

describe('a reader that stops reading', () => {
  /** A stream that nobody reads, until told. */
  function pipe() {
    let text = ''
    let read: (() => void) | undefined
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        text += chunk
        read = done
      },
    })
    const readAll = (): void => {
      for (let next = read; next !== undefined; next = read) {
        read = undefined
        next()
      }
    }
    return { terminal: terminalOn(stream as unknown as NodeJS.WriteStream), stream, readAll, text: () => text }
  }
  const line = 'x'.repeat(1023)

  const rows: [sentence: string, lines: number, waiting: number][] = [
    ['keeps lines waiting', 10, 10],
    ['keeps them waiting up to 1 MiB', 1024, 1024],
    ['is spared no more than the line that goes beyond', 1025, 1025],
    ['costs the lines beyond that', 1026, 1025],
    ['costs no memory, however many there are', 50_000, 1025],
  ]
  it.each(rows)('%s', (_, lines, waiting) => {
    const { terminal, stream } = pipe()
    for (let count = 0; count < lines; count++) terminal.write(line)
    expect(stream.writableLength).toBe(waiting * 1024)
  })

  it('is told what it has missed when it reads on', () => {
    const { terminal, readAll, text } = pipe()
    for (let count = 0; count < 1030; count++) terminal.write(line)
    readAll()
    terminal.write('next')
    terminal.write('last')
    readAll()
    expect(text().split('\n').slice(1024)).toEqual([
      line,
      '(5 lines were dropped: nobody read them)',
      'next',
      'last',
      '',
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
    mkdirSync(join(folder, 'tools/more'), { recursive: true })
    symlinkSync('tools', join(folder, 'linked'))
    symlinkSync('.', join(folder, 'all'))
    symlinkSync('nowhere', join(folder, 'dangling'))
    for (const place of ['.', 'cgi-bin', 'tools', 'tools/more'])
      writeFileSync(
        join(folder, place, 'hello.sh'),
        '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\nhello from a script"\n',
        { mode: 0o755 },
      )
  })
  beforeAll(async () => {
    const [one, other] = await Promise.all([generate(), generate()])
    const locked = createPrivateKey(one.private).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    })
    for (const [name, text] of [
      ['certificate.pem', one.cert],
      ['key.pem', one.private],
      ['other.pem', other.private],
      ['locked.pem', locked],
    ] as const)
      writeFileSync(join(folder, name), text)
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  afterEach(() => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  })

  function tls(certificate: string, key: string): string[] {
    return ['--tls-cert', join(folder, certificate), '--tls-key', join(folder, key)]
  }

  /** The arguments, with any free port if they say nothing of where to listen. */
  function anywhere(args: string[]): string[] {
    return args.some((word) => word === '--port' || word === '--unix') ? args : ['--port', '0', ...args]
  }

  /** Runs the program until its end. */
  function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [program, ...args])
      children.push(child)
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

  /** Starts the program; `printed` waits for a line on either output. */
  function launch(...args: string[]) {
    const child = spawn(process.execPath, [program, ...args])
    children.push(child)
    const text = { out: '', err: '' }
    let look = (): void => {}
    for (const [name, stream] of [['out', child.stdout] as const, ['err', child.stderr] as const]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk
        look()
      })
    }
    const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve) => {
        look = () => {
          const match = pattern.exec(text.out) ?? pattern.exec(text.err)
          if (match) resolve(match)
        }
        look()
      })
    const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
    return { child, printed, ended, text }
  }

  /** Starts the program in the folder, on a free port unless told otherwise. */
  async function start(...args: string[]) {
    const started = launch(folder, ...anywhere(args))
    const [, url] = await started.printed(/(http:\/\/127\.0\.0\.1:\d+\/) {2}from this machine\n/)
    return { ...started, url: url! }
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
      const { text } = await start('--port', String(port))
      expect(text.out).toContain(`Port ${port} is taken; using `)
    } finally {
      blocker.close()
    }
  })

  it('serves files, folders and the error page, and prints a plain line for each', async () => {
    const { url, printed } = await start()
    expect(await (await fetch(url)).text()).toBe('<p>index</p>')
    expect(await (await fetch(`${url}page.txt`)).text()).toBe('a page')
    expect(await (await fetch(`${url}index`)).text()).toBe('<p>index</p>')
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

  const refusals: [sentence: string, args: string[], code: number, message: RegExp][] = [
    ['an empty host', ['--host', ''], 2, /--host is empty/],
    ['a port below zero', ['--port', '-1'], 2, /--port takes a number from 0 to 65535, not -1\n/],
    ['a second password', ['--auth', 'a:b', '--auth', 'c:d'], 2, /--auth is given more than once\n/],
    ['scripts in a folder that is not there', ['--cgi', '/nosuch'], 2, /there is no \/nosuch in /],
    [
      'scripts in two folders, one of which is not there',
      ['--cgi', 'cgi-bin', '--cgi', '/nosuch'],
      2,
      /no \/nosuch in /,
    ],
    ['scripts in a file', ['--cgi', 'page.txt'], 2, /there is no \/page\.txt in /],
    ['scripts at a place of the disk', ['--cgi', join(folder, 'cgi-bin')], 2, /there is no \/.*\/cgi-bin in /],
    ['scripts in a folder that is climbed to', ['--cgi', 'empty/../cgi-bin'], 2, /--cgi takes a folder inside/],
    ['scripts in a folder that is climbed to from above', ['--cgi', '../cgi-bin'], 2, /--cgi takes a folder inside/],
    ['a certificate that is not there', ['--tls-cert', 'c', '--tls-key', 'k'], 1, /: c can not be read: no such file/],
    ['a certificate that is a folder', ['--tls-cert', folder, '--tls-key', 'k'], 1, /can not be read: .*directory/],
    ['a certificate that is none', tls('page.txt', 'key.pem'), 1, /page\.txt can not be used as a certificate chain/],
    ['a key that is none', tls('certificate.pem', 'page.txt'), 1, /page\.txt can not be used as a private key/],
    ['a key with a passphrase', tls('certificate.pem', 'locked.pem'), 1, /locked\.pem .*, without a passphrase/],
    [
      'a Unix socket where a file is',
      ['--unix', join(folder, 'page.txt')],
      1,
      /page\.txt: there is something else than/,
    ],
    ['a Unix socket where a folder is', ['--unix', folder], 1, /: there is something else than a socket\n/],
    ['a Unix socket where a link leads nowhere', ['--unix', join(folder, 'dangling')], 1, /there is something else/],
    ['a Unix socket in no folder', ['--unix', join(folder, 'nope/x')], 1, /x: there is no folder \/.*nope\n/],
    ['a Unix socket in a file', ['--unix', join(folder, 'page.txt/x')], 1, /x: there is no folder \/.*page\.txt\n/],
    ['a key of another certificate', tls('certificate.pem', 'other.pem'), 1, /other\.pem is not the key of the cert/],
  ]
  it.each(refusals)('refuses %s in a sentence', async (_, args, code, message) => {
    const refused = await run(folder, ...anywhere(args))
    expect([refused.code, refused.out]).toEqual([code, ''])
    expect(refused.err).toMatch(message)
    expect(refused.err.split('\n')).toHaveLength(code === 2 ? 3 : 2)
  })

  const scriptFolders: [sentence: string, args: string[], paths: string[]][] = [
    ['several folders', ['--cgi', '/cgi-bin', '--cgi', 'tools'], ['cgi-bin/hello.sh', 'tools/hello.sh']],
    ['a folder that is a link, at both its places', ['--cgi', 'linked'], ['linked/hello.sh', 'tools/hello.sh']],
    [
      'a folder below a link, at both its places',
      ['--cgi', 'linked/more'],
      ['linked/more/hello.sh', 'tools/more/hello.sh'],
    ],
    ['a folder that is a link to all, at both its places', ['--cgi', 'all'], ['all/hello.sh', 'hello.sh']],
  ]
  it.each(scriptFolders)('runs, and sends no source of, the scripts of %s', async (_, args, paths) => {
    const { url } = await start(...args)
    for (const path of paths) expect(await (await fetch(url + path)).text()).toBe('hello from a script')
  })

  it('runs the scripts of a folder that is named as a shell completes it', async () => {
    const { url } = await start('--cgi', './cgi-bin/')
    expect(await (await fetch(`${url}cgi-bin/hello.sh`)).text()).toBe('hello from a script')
  })

  it.each(['common', 'combined', 'json'])(
    'has the lines of --log %s and nothing else on its output',
    async (format) => {
      const { child, url, ended, text } = await start('--log', format, '--explain')
      for (const path of ['page.txt', 'missing']) await (await fetch(url + path)).text()
      child.kill('SIGINT')
      expect(await ended).toBe(0)
      const lines = text.out.split('\n')
      expect(lines.map((line) => /page\.txt|missing|$/.exec(line)![0])).toEqual(['page.txt', 'missing', ''])
      if (format === 'json') expect(lines.slice(0, 2).map((line) => JSON.parse(line).status)).toEqual([200, 404])
      expect(text.err).toMatch(/^Serving [\s\S]*from this machine\n[\s\S]*GET \/missing\n[\s\S]*\nFinishing /)
    },
  )

  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
  it.each(signals)('finishes at %s: exits 0 and leaves no socket behind', async (signal) => {
    const path = join(folder, `${signal}.sock`)
    const { child, printed, ended } = launch(folder, '--unix', path)
    await printed(/unix:.*\n/)
    child.kill(signal)
    expect([await ended, existsSync(path)]).toEqual([0, false])
  })

  it.each(signals)('ends at a second %s, with its scripts and the last lines of its log', async (signal) => {
    const fifo = join(folder, `${signal}.fifo`)
    execFileSync('mkfifo', [fifo])
    // Whoever holds the other end of the pipe lives: the script, and what it has started.
    writeFileSync(join(folder, 'cgi-bin/wait.sh'), `#!/bin/sh\nexec 3>'${fifo}'\necho here >&3\nsleep 50\n`, {
      mode: 0o755,
    })
    const { child, url, printed, ended, text } = await start('--cgi', '/cgi-bin', '--log', 'common')
    const script = createReadStream(fifo)
    const gone = once(script, 'close')
    await (await fetch(`${url}page.txt`)).text()
    const cut = fetch(`${url}cgi-bin/wait.sh`).catch(() => 'cut')
    await once(script, 'data')
    child.kill(signal)
    await printed(/Finishing what is under way/)
    child.kill(signal)
    expect(await ended).toBe(128 + constants.signals[signal])
    expect(text.out).toMatch(/GET \/page\.txt HTTP\/1\.1" 200/)
    await gone
    expect(await cut).toBe('cut')
  })

  it('says of a Unix socket where another server listens that one does, and leaves it alone', async () => {
    const path = join(folder, 'taken.sock')
    const { child, printed, ended } = launch(folder, '--unix', path)
    await printed(/unix:.*\n/)
    const second = await run(folder, '--unix', path)
    expect([second.code, existsSync(path)]).toEqual([1, true])
    expect(second.err).toMatch(/taken\.sock: .*another socket listens/)
    child.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  const unread: [sentence: string, output: 'stdout' | 'stderr', args: string[]][] = [
    ['a readable line for each request', 'stdout', []],
    ['log lines', 'stdout', ['--log', 'json']],
    ['explanations beside a log', 'stderr', ['--log', 'json', '--explain']],
  ]
  it.each(unread)('serves on when nobody reads %s any more', async (_, output, args) => {
    const { child, url, ended } = await start(...args)
    child[output].destroy()
    for (let request = 0; request < 3; request++) expect((await fetch(`${url}page.txt`)).status).toBe(200)
    child.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  it.each(unread)('ends at one signal when who reads %s has stopped', async (_, output, args) => {
    const { child, url } = await start(...args)
    child[output].pause()
    // More than a pipe holds, and both ends of it keep besides.
    const target = `${url}${'x'.repeat(7000)}`
    for (let request = 0; request < 100; request++) expect((await fetch(target)).status).toBe(404)
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })
})
