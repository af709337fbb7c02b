import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Exchange, WebServer } from '../../src/index.js'
import {
  basicAuth,
  type Case,
  type CgiOptions,
  cgiScript,
  cors,
  directoryIndex,
  directoryListing,
  regularFile,
} from '../../src/site.js'
import { Fixture, have, serveSite, soon } from './fixture.js'
import { ask, exchange, readAnswer } from './wire.js'

const fixture = new Fixture()
const log: string[] = []
const options: CgiOptions = {
  extensions: ['cgi', 'php'],
  interpreters: { py: 'python3', pl: ['perl', '-w'], php: ['php-cgi'] },
  log: (line, script) => log.push(`${script}: ${line}`),
  env: { GREETING: 'hello' },
}
/** Octets of content that a script does not wait for: it is started when they are here. */
const awaited = 64 * 1024
const files = [regularFile(), directoryIndex(), directoryListing()]
let server: WebServer

/** A shell script in the script folder. */
function sh(name: string, script: string, mode = 0o755): void {
  fixture.file(join('cgi-bin', name), `#!/bin/sh\n${script}\n`, mode)
}

beforeAll(async () => {
  fixture.link('zero', '/dev/zero')
  sh('document', `printf 'Content-Type: text/plain\\n\\nhello'`)
  sh('environment', `printf 'Content-Type: text/plain\\n\\n'; env`)
  sh(
    'status',
    `printf 'Status: 404 Gone Fishing\\nContent-Type: text/plain\\nSet-Cookie: a=1\\nSet-Cookie: b=2\\n\\nnot here'`,
  )
  sh('client-redirect', `printf 'Location: https://example.org/x\\n\\n'`)
  sh('local-redirect', `printf 'Location: /page.html?from=script\\n\\n'`)
  sh('to-script', `printf 'Location: /cgi-bin/environment/after?b=2\\n\\n'`)
  sh('redirects-and-sleeps', `printf 'Location: /cgi-bin/document\\n\\n'; sleep 606.${process.pid}`)
  sh('redirects-and-closes', `printf 'Location: /cgi-bin/document\\n\\n'; exec >/dev/null; sleep 607.${process.pid}`)
  sh('circle', `printf 'Location: /cgi-bin/circle\\n\\n'`)
  sh('up', `printf 'Location: /../../etc/passwd\\n\\n'`)
  sh('echo', `printf 'Content-Type: application/octet-stream\\n\\n'; cat`)
  sh('count', `printf 'Content-Type: text/plain\\n\\n'; wc -c`)
  sh('deaf', `printf 'Content-Type: text/plain\\n\\nI do not listen'`)
  sh('length', `printf 'Content-Type: text/plain\\nContent-Length: 5\\n\\nhello'`)
  sh('too-long', `printf 'Content-Type: text/plain\\nContent-Length: 5\\n\\nhello world'`)
  sh('too-short', `printf 'Content-Type: text/plain\\nContent-Length: 50\\n\\nhello'`)
  sh('no-content', `printf 'Status: 204\\n\\n'`)
  sh('silent', `exit 3`)
  sh('broken', `echo 'this is no head'; echo`)
  sh('talks', `echo 'one line' >&2; printf 'and half a line' >&2; printf 'Content-Type: text/plain\\n\\nok'`)
  sh(
    'talks-much',
    `i=0; while [ $i -lt 3000 ]; do echo 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' >&2; i=$((i+1)); done; printf 'Content-Type: text/plain\\n\\nok'`,
  )
  sh('killed', `printf 'Content-Type: text/plain\\n\\nhalf'; kill -9 $$`)
  sh('endless', `printf 'Content-Type: text/plain\\n\\n'; exec cat ${join(fixture.root, 'zero')}`)
  sh('sleeps', `sleep 600.${process.pid} & sleep 601.${process.pid}`)
  sh(
    'stubborn',
    `trap '' TERM; printf 'Content-Type: text/plain\\n\\nbegun'; sleep 602.${process.pid}; sleep 603.${process.pid}`,
  )
  sh('whole-and-sleeps', `printf 'Content-Type: text/plain\\nContent-Length: 5\\n\\nhello'; sleep 605.${process.pid}`)
  sh(
    'whole-and-works',
    `printf 'Content-Type: text/plain\\nContent-Length: 5\\n\\nhello'; cat ../work-gate; echo late; : > ../work-done`,
  )
  sh(
    'fields',
    `cat <<'end'
Content-Type: text/plain
Access-Control-Allow-Origin: https://script.example
Cache-Control: max-age=1
Cache-Control: public
Set-Cookie: script=1
Set-Cookie: script=2
Vary: Cookie
Link: </script>; rel=next

ok
end`,
  )
  sh('complains', `echo "$PATH_INFO" >&2; printf 'Content-Type: text/plain\\n\\nok'`)
  sh('large-head', `printf 'Content-Type: text/plain\\nX: %0100000d\\n\\nok' 0`)
  sh('leaves-child', `printf 'Content-Type: text/plain\\n\\nok'; sleep 604.${process.pid} >/dev/null 2>&1 &`)
  sh('background', `(sleep 0.1; echo late) & printf 'Content-Type: text/plain\\n\\n'`)
  sh('streams', `printf 'Content-Type: text/plain\\n\\nfirst\\n'; read line; echo second`)
  sh('directory', `printf 'Content-Type: text/plain\\n\\n'; pwd`)
  sh('not-executable', 'the source', 0o644)
  sh('nph-raw', `printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'`)
  fixture.file('cgi-bin/no-interpreter', '#!/does/not/exist\n', 0o755)
  fixture.file('cgi-bin/data.txt', 'the source')
  fixture.file('page.html', '<p>page')
  fixture.file(
    'anywhere/tool.cgi',
    `#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nPATH_INFO=%s' "$PATH_INFO"\n`,
    0o755,
  )
  fixture.file('anywhere/source.cgi', 'the source')
  fixture.file('tool.txt', 'text')
  server = await serveSite(fixture.root, [cgiScript(options), ...files])
})

afterEach(() => {
  log.length = 0
})

afterAll(async () => {
  await server.close({ timeout: 1 })
  await soon(() => expect(processes()).toEqual([]))
  fixture.remove()
})

const sleeping = new RegExp(`sleep 60\\d\\.${process.pid}\\b`)

/** Lets whoever reads a FIFO go on. */
function openGate(name: string): void {
  execFileSync('sh', ['-c', `echo open > ${join(fixture.root, name)}`])
}

/** What still runs of our scripts. */
function processes(): string[] {
  const all = execFileSync('ps', ['-eo', 'pid,stat,args'], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => (line.includes(fixture.root) || sleeping.test(line)) && !line.includes(' ps '))
}

const environmentOf = (text: string) =>
  Object.fromEntries(
    text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )

describe('a script answers', () => {
  it('with a document', async () => {
    const answer = await ask(server.port, '/cgi-bin/document')
    expect(answer).toMatchObject({
      status: 200,
      text: 'hello',
      complete: true,
      fields: { 'content-type': 'text/plain' },
    })
  })

  it('with a status and fields', async () => {
    const answer = await ask(server.port, '/cgi-bin/status')
    expect(answer).toMatchObject({ status: 404, text: 'not here', fields: { 'set-cookie': 'a=1, b=2' } })
  })

  it('with a redirection of the client', async () => {
    expect(await ask(server.port, '/cgi-bin/client-redirect')).toMatchObject({
      status: 302,
      fields: { location: 'https://example.org/x' },
    })
  })

  it('with another page of the site, also to a POST', async () => {
    expect(await ask(server.port, '/cgi-bin/local-redirect')).toMatchObject({ status: 200, text: '<p>page' })
    expect(await ask(server.port, '/cgi-bin/local-redirect', { method: 'POST', content: 'x' })).toMatchObject({
      status: 200,
      text: '<p>page',
    })
    const second = environmentOf(
      (await ask(server.port, '/cgi-bin/to-script?a=1', { method: 'POST', content: 'x' })).text,
    )
    expect(second).toMatchObject({
      REQUEST_METHOD: 'GET',
      QUERY_STRING: 'b=2',
      PATH_INFO: '/after',
      SCRIPT_NAME: '/cgi-bin/environment',
    })
  })

  it('with another page, to which nothing of the content comes, not even what the fields say of it', async () => {
    const fields = {
      'Content-Type': 'text/plain',
      'Content-Encoding': 'identity',
      'Content-Language': 'en',
      'X-One': '1',
    }
    const { text } = await ask(server.port, '/cgi-bin/to-script', { method: 'POST', content: 'x', fields })
    expect(environmentOf(text)).toMatchObject({ REQUEST_METHOD: 'GET', HTTP_X_ONE: '1' })
    expect(text).not.toMatch(/^(?:HTTP_)?CONTENT_/m)
  })

  it('but not with another page for ever, and not from outside the root', async () => {
    expect((await ask(server.port, '/cgi-bin/circle')).status).toBe(508)
    expect((await ask(server.port, '/cgi-bin/up')).status).toBe(400)
  })

  it('with what it was sent, whole or in chunks, small or large', async () => {
    const content = Buffer.alloc(3_000_000, 'plain wire ')
    expect((await ask(server.port, '/cgi-bin/echo', { method: 'POST', content })).body.equals(content)).toBe(true)
    expect((await ask(server.port, '/cgi-bin/count', { method: 'POST', content })).text.trim()).toBe('3000000')
    const chunked = {
      method: 'POST',
      fields: { 'Transfer-Encoding': 'chunked' },
      content: '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
    }
    expect((await ask(server.port, '/cgi-bin/echo', chunked)).text).toBe('hello world')
    expect((await ask(server.port, '/cgi-bin/echo', { method: 'POST', content: '' })).text).toBe('')
    expect(environmentOf((await ask(server.port, '/cgi-bin/environment', chunked)).text).CONTENT_LENGTH).toBe('11')
  })

  it('without listening to what it is sent', async () => {
    const content = Buffer.alloc(200_000)
    expect((await ask(server.port, '/cgi-bin/deaf', { method: 'POST', content })).text).toBe('I do not listen')
  })

  it('and nobody minds content that came after the answer, or never', async () => {
    const socket = connect(server.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => (text += String(chunk)))
    socket.write(`POST /cgi-bin/deaf HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(awaited)}`)
    await soon(() => expect(text).toContain('I do not listen'))
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    expect(log).toEqual([])
    socket.destroy()
  })

  it('to HEAD without content', async () => {
    expect(await ask(server.port, '/cgi-bin/document', { method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
      complete: true,
    })
    expect(await ask(server.port, '/cgi-bin/length', { method: 'HEAD' })).toMatchObject({
      status: 200,
      fields: { 'content-length': '5' },
    })
    expect(await ask(server.port, '/cgi-bin/no-content')).toMatchObject({ status: 204, text: '' })
  })

  it('with the length it promised, or visibly less', async () => {
    expect(await ask(server.port, '/cgi-bin/length')).toMatchObject({
      text: 'hello',
      complete: true,
      fields: { 'content-length': '5' },
    })
    expect(await ask(server.port, '/cgi-bin/too-long')).toMatchObject({ text: 'hello', complete: true })
    expect(await ask(server.port, '/cgi-bin/too-short')).toMatchObject({ text: 'hello', complete: false })
    expect(await ask(server.port, '/cgi-bin/killed')).toMatchObject({ complete: false })
  })

  it('and an access log is told why it was cut off', async () => {
    const told: unknown[] = []
    const strict = cgiScript({ ...options, timeout: 1000 })
    const accessLog = ({ aborted, error }: Exchange) => void told.push(aborted && (error as Error).message)
    await using own = await serveSite(fixture.root, [strict], {}, { accessLog })
    for (const name of ['too-short', 'killed', 'stubborn']) await ask(own.port, `/cgi-bin/${name}`)
    expect(told).toEqual([
      'The script promised 50 octets, and 45 are missing',
      'The script ended by SIGKILL',
      'The script took longer than 1000 ms',
    ])
  })

  it('as it goes along', async () => {
    // The script waits for a line before it goes on: that line is sent when its first output is here.
    const octets = await new Promise<Buffer>((resolve) => {
      const socket = connect(server.port, '127.0.0.1')
      const chunks: Buffer[] = []
      let answered = false
      socket.on('data', (chunk) => {
        chunks.push(chunk)
        if (!answered && Buffer.concat(chunks).includes('first')) {
          answered = true
          socket.write('go on\n')
        }
      })
      socket.on('close', () => resolve(Buffer.concat(chunks)))
      socket.write(
        `POST /cgi-bin/streams HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${awaited + 6}\r\n\r\n`,
      )
      socket.write('x'.repeat(awaited))
    })
    expect(readAnswer(octets).text).toBe('first\nsecond\n')
  })

  it('with fields that go before those of a case, but for those of which there may be several', async () => {
    const before: Case = {
      name: 'before',
      test(visit) {
        visit.response.setField('Cache-Control', 'no-store').setField('X-Before', '1')
        visit.response.setField('Set-Cookie', 'case=1').setField('Link', '</case>; rel=prev')
        return visit.pass('only fields')
      },
      act: () => {},
    }
    await using own = await serveSite(fixture.root, [
      cors({ origins: ['https://a.example'] }),
      before,
      cgiScript(options),
    ])
    const { fields } = await ask(own.port, '/cgi-bin/fields', { fields: { Origin: 'https://a.example' } })
    expect(fields).toMatchObject({
      'access-control-allow-origin': 'https://script.example',
      'cache-control': 'max-age=1, public',
      'set-cookie': 'case=1, script=1, script=2',
      link: '</case>; rel=prev, </script>; rel=next',
      vary: 'Origin, Cookie',
      'x-before': '1',
    })
  })

  it('as soon as it has sent what it promised, and works on when the next request is answered', async () => {
    fixture.fifo('work-gate')
    const octets = await exchange(
      server.port,
      Buffer.from(
        'GET /cgi-bin/whole-and-works HTTP/1.1\r\nHost: h\r\n\r\nGET /tool.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
      ),
    )
    expect(octets.toString()).toMatch(/hello(?=HTTP)HTTP\/1.1 200 OK[\s\S]*text$/)
    expect(existsSync(join(fixture.root, 'work-done'))).toBe(false)
    openGate('work-gate')
    await soon(() => expect(existsSync(join(fixture.root, 'work-done'))).toBe(true))
  })

  it('in its own folder, with what its background wrote', async () => {
    expect((await ask(server.port, '/cgi-bin/directory')).text.trim()).toBe(join(fixture.root, 'cgi-bin'))
    expect((await ask(server.port, '/cgi-bin/background')).text).toBe('late\n')
  })
})

describe('the environment', () => {
  it('says what was asked', async () => {
    const { text } = await ask(server.port, '/cgi-bin/environment/a%20b/?x=1&y=%20z', {
      fields: { 'X-One': 'é', Proxy: 'evil' },
      host: 'example.org:81',
    })
    expect(environmentOf(text)).toMatchObject({
      GATEWAY_INTERFACE: 'CGI/1.1',
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '/cgi-bin/environment',
      PATH_INFO: '/a b/',
      PATH_TRANSLATED: join(fixture.root, 'a b/'),
      QUERY_STRING: 'x=1&y=%20z',
      SERVER_NAME: 'example.org',
      SERVER_PORT: String(server.port),
      SERVER_PROTOCOL: 'HTTP/1.1',
      REMOTE_ADDR: '127.0.0.1',
      HTTP_X_ONE: 'é',
      GREETING: 'hello',
    })
    expect(text).not.toMatch(/HTTP_PROXY|NODE_|npm_|VITEST|HOME=/)
  })

  it('says who came in', async () => {
    await using closed = await serveSite(fixture.root, [basicAuth({ user: 'ada', password: 'x' }), cgiScript(options)])
    const fields = { Authorization: `Basic ${Buffer.from('ada:x').toString('base64')}` }
    const { text } = await ask(closed.port, '/cgi-bin/environment', { fields })
    expect(environmentOf(text)).toMatchObject({ AUTH_TYPE: 'Basic', REMOTE_USER: 'ada' })
    expect(text).not.toContain('HTTP_AUTHORIZATION')
    expect((await ask(closed.port, '/cgi-bin/environment')).status).toBe(401)
  })
})

describe('a script runs only where scripts are', () => {
  it.each([
    ['/anywhere/tool.cgi', 200, 'PATH_INFO='],
    ['/anywhere/tool.cgi/', 200, 'PATH_INFO=/'],
    ['/anywhere/tool.cgi/x/y', 200, 'PATH_INFO=/x/y'],
    ['/tool.txt', 200, 'text'],
    ['/tool.txt/x', 404, ''],
    ['/cgi-bin/nothing', 404, ''],
    ['/cgi-bin/nothing/x', 404, ''],
    ['/cgi-bin/../cgi-bin/document', 200, 'hello'],
    ['/cgi-bin//document', 200, 'hello'],
    ['/cgi-bin', 301, ''],
    ['/cgi-bin/document/../length', 200, 'hello'],
    ['/cgi-bin/%2e%2e/cgi-bin/document', 200, 'hello'],
    ['/cgi-bin/document%00', 400, ''],
  ])('%s', async (target, status, text) => {
    const answer = await ask(server.port, target)
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer.text).toBe(text)
  })

  it.each(['/cgi-bin/not-executable', '/cgi-bin/data.txt', '/anywhere/source.cgi', '/cgi-bin/not-executable/x'])(
    'and never as its source: %s',
    async (target) => {
      for (const method of ['GET', 'HEAD', 'POST']) {
        const answer = await ask(server.port, target, { method, fields: { Range: 'bytes=0-3' } })
        expect(answer.status).toBe(403)
        expect(answer.text).not.toContain('the source')
      }
    },
  )

  it('and never by speaking to the connection itself', async () => {
    expect((await ask(server.port, '/cgi-bin/nph-raw')).status).toBe(501)
  })
})

describe('a script that fails', () => {
  it.each([
    ['/cgi-bin/silent', 502, /ended with code 3 before its head was complete/],
    ['/cgi-bin/broken', 502, /a line that is no field: "this is no head"/],
    ['/cgi-bin/no-interpreter', 500, /could not be started/],
  ])('%s is %i, and the log says why', async (target, status, reason) => {
    const answer = await ask(server.port, target)
    expect(answer).toMatchObject({ status, complete: true })
    expect(log.join('\n')).toMatch(reason)
    expect(answer.text).not.toMatch(/code 3|no head|ENOENT/)
  })

  it('speaks to the log, line by line, and not for ever', async () => {
    expect((await ask(server.port, '/cgi-bin/talks')).text).toBe('ok')
    await soon(() => expect(log).toEqual(['/cgi-bin/talks: one line', '/cgi-bin/talks: and half a line']))
    expect((await ask(server.port, '/cgi-bin/talks-much')).text).toBe('ok')
    expect(log.length).toBeLessThan(2000)
    expect(log.at(-1)).toContain('not logged')
  })

  it('does not steer the terminal through the log, nor does who asks for it', async () => {
    const written: string[] = []
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0)
    try {
      await using own = await serveSite(fixture.root, [cgiScript({ folders: ['cgi-bin', '\x1b[2J'] })])
      fixture.file('\x1b[2J/not-executable', '')
      expect((await ask(own.port, '/cgi-bin/complains/%1b]0;pwned%07%c2%9b2J%0d%e2%80%ae%c3%bc')).status).toBe(200)
      expect((await ask(own.port, '/%1b[2J/not-executable')).status).toBe(403)
      await soon(() => expect(written).toHaveLength(2))
    } finally {
      stderr.mockRestore()
    }
    expect(written.sort()).toEqual([
      '/\\u{1b}[2J/not-executable: is not executable and has no interpreter\n',
      '/cgi-bin/complains: /\\u{1b}]0;pwned\\u{7}\\u{9b}2J\\u{d}\\u{202e}ü\n',
    ])
  })
})

describe('limits', () => {
  it('a script that takes too long is ended with all it started', async () => {
    await using strict = await serveSite(fixture.root, [cgiScript({ ...options, timeout: 150 })])
    expect((await ask(strict.port, '/cgi-bin/sleeps')).status).toBe(504)
    const begun = await ask(strict.port, '/cgi-bin/stubborn')
    expect(begun).toMatchObject({ status: 200, complete: false })
    await soon(() => expect(processes()).toEqual([]))
    expect(log.filter((line) => line.endsWith('took longer than 150 ms'))).toHaveLength(2)
  })

  it('a script that goes on after all it promised is ended too, when its client has long been answered', async () => {
    await using strict = await serveSite(fixture.root, [cgiScript({ ...options, timeout: 150 })])
    const whole = await ask(strict.port, '/cgi-bin/whole-and-sleeps')
    expect(whole).toMatchObject({ status: 200, text: 'hello', complete: true })
    // The answer to HEAD is whole with its head.
    const head = await ask(strict.port, '/cgi-bin/stubborn', { method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, complete: true })
    await soon(() => expect(processes()).toEqual([]))
    expect(log.filter((line) => line.endsWith('took longer than 150 ms'))).toHaveLength(2)
  })

  it('a script that writes too much is ended', async () => {
    await using strict = await serveSite(fixture.root, [cgiScript({ ...options, maxOutputSize: 1_000_000 })])
    const answer = await ask(strict.port, '/cgi-bin/endless')
    expect(answer).toMatchObject({ status: 200, complete: false })
    expect(answer.body.length).toBeLessThanOrEqual(1_000_000)
    await soon(() => expect(processes()).toEqual([]))
  })

  it('so many run, so many wait, and the rest is told to come again', async () => {
    await using strict = await serveSite(fixture.root, [cgiScript({ ...options, maxConcurrent: 1, maxWaiting: 1 })])
    fixture.fifo('gate')
    sh('waits', `printf 'Content-Type: text/plain\\n\\n'; cat ${join(fixture.root, 'gate')}`)
    const first = ask(strict.port, '/cgi-bin/waits')
    await soon(() => expect(processes().length).toBeGreaterThan(0))
    const second = ask(strict.port, '/cgi-bin/document')
    const statuses = new Set<number>()
    await soon(async () => {
      const third = await ask(strict.port, '/cgi-bin/document')
      statuses.add(third.status)
      expect(third).toMatchObject({ status: 503, fields: { 'retry-after': '1' } })
    })
    openGate('gate')
    expect((await first).text).toBe('open\n')
    expect((await second).text).toBe('hello')
    // A script that sends its client to a script needs no second place.
    expect((await ask(strict.port, '/cgi-bin/to-script')).status).toBe(200)
  })

  const large = 'x'.repeat(awaited + 1)
  it.each<[sentence: string, framing: string, pieces: string[], text: string]>([
    ['in chunks', 'Transfer-Encoding: chunked', ['2\r\nsl\r\n', '2\r\now\r\n0\r\n\r\n'], 'slow'],
    ['of a length', 'Content-Length: 4', ['sl', 'ow'], 'slow'],
    ['of a length, of which nothing is here', 'Content-Length: 4', ['', 'slow'], 'slow'],
    ['as long as is waited for', `Content-Length: ${awaited}`, [large.slice(2), 'x'], large.slice(1)],
    [
      'too long to be waited for, of which little is here',
      `Content-Length: ${large.length}`,
      [large.slice(2), 'xx'],
      large,
    ],
    ['in single octets', 'Content-Length: 1000', [...'x'.repeat(1000)], 'x'.repeat(1000)],
  ])('content that comes slowly holds up nobody: %s', async (_sentence, framing, [first, ...others], text) => {
    const begun: string[] = []
    await using strict = await serveSite(fixture.root, [cgiScript({ ...options, maxConcurrent: 1, maxWaiting: 1 })], {
      explain: ({ path }) => begun.push(String(path)),
    })
    const socket = connect({ port: strict.port, host: '127.0.0.1', noDelay: true })
    const answer = new Promise<Buffer>((resolve) => {
      const chunks: Buffer[] = []
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.on('close', () => resolve(Buffer.concat(chunks)))
    })
    socket.write(`POST /cgi-bin/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${framing}\r\n\r\n`)
    socket.write(first!)
    await soon(() => expect(begun).toEqual(['/cgi-bin/echo']))
    expect((await ask(strict.port, '/cgi-bin/document')).text).toBe('hello')
    for (const piece of others) await new Promise((resolve) => socket.write(piece, resolve))
    expect(readAnswer(await answer)).toMatchObject({ status: 200, text })
  })

  it.each(['redirects-and-sleeps', 'redirects-and-closes'])(
    'a script that has named another page ends, and leaves its place: %s',
    async (name) => {
      const only = { ...options, maxConcurrent: 1, maxWaiting: 1, timeout: 0 }
      await using strict = await serveSite(fixture.root, [cgiScript(only)])
      expect(await ask(strict.port, `/cgi-bin/${name}`)).toMatchObject({ status: 200, text: 'hello' })
      await soon(() => expect(processes()).toEqual([]))
    },
  )

  it.each<[keyof CgiOptions, string, string]>([
    ['maxHeadSize', '/cgi-bin/large-head', 'ok'],
    ['maxOutputSize', '/cgi-bin/document', 'hello'],
    ['timeout', '/cgi-bin/document', 'hello'],
  ])('%s: 0 is none', async (name, target, text) => {
    await using lax = await serveSite(fixture.root, [cgiScript({ ...options, [name]: 0 })])
    expect(await ask(lax.port, target)).toMatchObject({ status: 200, text, complete: true })
  })

  it.each<[sentence: string, limits: CgiOptions]>([
    ['maxConcurrent: 0 lets all run', { maxConcurrent: 0, maxWaiting: 1 }],
    ['maxWaiting: 0 lets all wait', { maxConcurrent: 1, maxWaiting: 0 }],
  ])('%s', async (_sentence, limits) => {
    const arrived: string[] = []
    await using lax = await serveSite(fixture.root, [cgiScript({ ...options, ...limits })], {
      explain: ({ path }) => arrived.push(String(path)),
    })
    fixture.fifo('lax-gate')
    sh('lax-waits', `printf 'Content-Type: text/plain\\n\\n'; cat ${join(fixture.root, 'lax-gate')}`)
    const first = ask(lax.port, '/cgi-bin/lax-waits')
    await soon(() => expect(processes().length).toBeGreaterThan(0))
    const others = Array.from({ length: 8 }, () => ask(lax.port, '/cgi-bin/document'))
    await soon(() => expect(arrived).toHaveLength(9))
    openGate('lax-gate')
    expect((await first).text).toBe('open\n')
    for (const answer of await Promise.all(others)) expect(answer).toMatchObject({ status: 200, text: 'hello' })
    rmSync(join(fixture.root, 'lax-gate'))
  })

  it('what a script leaves behind is ended with it', async () => {
    expect((await ask(server.port, '/cgi-bin/leaves-child')).text).toBe('ok')
    await soon(() => expect(processes()).toEqual([]))
  })

  it.each(['sleeps', 'endless', 'stubborn'])(
    'a client that leaves ends its script, be it silent, endless or deaf to signals: %s',
    async (name) => {
      const socket = connect(server.port, '127.0.0.1')
      socket.write(`GET /cgi-bin/${name} HTTP/1.1\r\nHost: h\r\n\r\n`)
      await soon(() => expect(processes().length).toBeGreaterThan(0))
      socket.resetAndDestroy()
      await soon(() => expect(processes()).toEqual([]))
    },
  )

  it('a client that only stops sending is answered; when it is gone that is found out in time', async () => {
    await using strict = await serveSite(fixture.root, [cgiScript(options)], {}, { halfClosedTimeout: 100 })
    const socket = connect(strict.port, '127.0.0.1')
    socket.write('GET /cgi-bin/sleeps HTTP/1.1\r\nHost: h\r\n\r\n')
    await soon(() => expect(processes().length).toBeGreaterThan(0))
    socket.destroy()
    await soon(() => expect(processes()).toEqual([]))
  })

  it('a server that closes ends its scripts', async () => {
    const closing = await serveSite(fixture.root, [cgiScript(options)])
    const answer = ask(closing.port, '/cgi-bin/sleeps')
    await soon(() => expect(processes().length).toBeGreaterThan(0))
    await closing.close({ timeout: 1 })
    expect((await answer).complete).toBe(false)
    await soon(() => expect(processes()).toEqual([]))
  })

  it.each([
    ['before its script was started', 4],
    ['when it has been', awaited],
  ])('content that stops coming %s is 408, and no script goes on', async (_sentence, size) => {
    await using strict = await serveSite(fixture.root, [cgiScript(options)], {}, { contentTimeout: 100 })
    const head = `POST /cgi-bin/count HTTP/1.1\r\nHost: h\r\nContent-Length: ${size + 1}\r\n\r\n`
    const octets = await exchange(strict.port, Buffer.from(head + 'x'.repeat(size)))
    expect(readAnswer(octets).status).toBe(408)
    await soon(() => expect(processes()).toEqual([]))
  })

  it('a client that leaves before it has sent all its content ends its script', async () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.write(`POST /cgi-bin/echo HTTP/1.1\r\nHost: h\r\nContent-Length: ${awaited + 1}\r\n\r\n`)
    socket.write('x'.repeat(awaited))
    await soon(() => expect(processes().length).toBeGreaterThan(0))
    socket.destroy()
    await soon(() => expect(processes()).toEqual([]))
  })
})

const languages: [program: string, file: string, mode: number, source: string][] = [
  [
    'python3',
    'cgi-bin/hello.py',
    0o644,
    `import os, sys\nprint("Content-Type: text/plain\\n")\nprint(os.environ["REQUEST_METHOD"], os.environ.get("PATH_INFO", ""), sys.stdin.read())\n`,
  ],
  [
    'perl',
    'cgi-bin/hello.pl',
    0o644,
    `print "Content-Type: text/plain\\r\\n\\r\\n"; print "$ENV{REQUEST_METHOD} $ENV{PATH_INFO} ", <STDIN>, "\\n";\n`,
  ],
  [
    'sh',
    'cgi-bin/hello.sh',
    0o755,
    `#!/bin/sh\necho "Content-Type: text/plain"; echo; echo "$REQUEST_METHOD $PATH_INFO $(cat)"\n`,
  ],
  [
    'php-cgi',
    'hello.php',
    0o644,
    `<?php header("Content-Type: text/plain"); echo $_SERVER["REQUEST_METHOD"], " ", $_SERVER["PATH_INFO"], " ", file_get_contents("php://input"), "\\n";\n`,
  ],
]

describe('in the languages people use', () => {
  for (const [program, file, mode, source] of languages) {
    it.skipIf(!have(program))(`${program} (skipped when it is not installed)`, async () => {
      fixture.file(file, source, mode)
      const answer = await ask(server.port, `/${file}/x`, {
        method: 'POST',
        content: 'sent',
        fields: { 'Content-Type': 'text/plain' },
      })
      expect(answer).toMatchObject({ status: 200, complete: true })
      expect(answer.text).toBe('POST /x sent\n')
      expect(answer.fields['content-type']).toMatch(/^text\/plain/)
    })
  }

  it.skipIf(!have('php-cgi'))(
    'php-cgi: a query that looks like an option is a query (skipped when it is not installed)',
    async () => {
      fixture.file('source.php', '<?php echo "ran";')
      expect((await ask(server.port, '/source.php?-s')).text).toBe('ran')
    },
  )
})

it('two requests on one connection, the first to a script', async () => {
  const octets = await exchange(
    server.port,
    Buffer.from(
      'GET /cgi-bin/length HTTP/1.1\r\nHost: h\r\n\r\nGET /tool.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    ),
  )
  expect(octets.toString()).toMatch(/^HTTP\/1.1 200 OK[\s\S]*hello(?=HTTP)HTTP\/1.1 200 OK[\s\S]*text$/)
})
