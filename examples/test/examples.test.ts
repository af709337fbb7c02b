import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('..', import.meta.url))
const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
})

/** Starts a built example on a free port; resolves with the address it prints. */
function start(name: string, ...args: string[]): Promise<string> {
  return startIn(folder, name, ...args)
}

/** As {@link start}, of the examples in another folder. */
function startIn(place: string, name: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [`${place}/dist/${name}.js`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  return new Promise((resolve, reject) => {
    let printed = ''
    child.stderr.on('data', (chunk) => {
      printed += chunk
    })
    child.stdout.on('data', (chunk) => {
      printed += chunk
      const address = /^(?:https?|irc|tcp):\/\/\S+$/m.exec(printed)
      if (address) resolve(address[0])
    })
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${printed}`)))
  })
}

/** Sends text on a plain socket and returns all that comes back until the peer closes. */
function say(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.once('close', () => resolve(received))
    socket.once('error', reject)
  })
}

const requests: [stage: string, path: string, status: number, content: RegExp][] = [
  ['01-hello-web', '/', 200, /Hello, web!/],
  ['01-hello-web', '/anything/else', 200, /Hello, web!/],
  ['02-echo-request', '/a%20path?with=query', 200, /<td>\/a%20path<\/td>[\s\S]*<td>with=query<\/td>/],
  ['02-echo-request', '/?<script>', 200, /<td>&#60;script&#62;<\/td>/],
  ['03-static-files', '/index.html', 200, /Plainwire/],
  ['03-static-files', '/style.css', 200, /color-scheme/],
  ['03-static-files', '/library/plain-wire.txt', 200, /read by a person/],
  ['03-static-files', '/missing', 404, /Not Found/],
  ['03-static-files', '/%2e%2e/everything.ts', 400, /Bad Request/],
  ['04-ordered-cases', '/', 200, /Plainwire/],
  ['04-ordered-cases', '/library/', 200, /plain-wire\.txt/],
  ['05-cgi', '/cgi-bin/environment.sh/extra?greeting=hello', 200, /PATH_INFO +\/extra\nQUERY_STRING +greeting=hello/],
  ['06-own-case', '/time', 200, /^\d{4}-\d\d-\d\dT/],
  ['06-own-case', '/library/', 200, /chat\.txt/],
  ['07-raw-socket', '/by/hand', 200, /You asked for \/by\/hand/],
]

describe('each stage runs and answers', () => {
  it.each(requests)('%s answers %s with %i', async (stage, path, status, content) => {
    const address = await start(stage, '0')
    const { port } = new URL(address)
    // HTTP/1.0, so that the content comes as it is, not in chunks.
    const answer = await say(Number(port), `GET ${path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n`)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toMatch(content)
  })

  const stages = [...new Set(requests.map(([stage]) => stage))]
  it.each(stages)('%s prints an address that a browser can open, and there is a page', async (stage) => {
    const address = await start(stage, '0')
    expect(address).toMatch(/^http:/)
    expect((await fetch(address)).status).toBe(200)
  })

  it('01-hello-web answers a method it does not have with 405 and an unknown one with 501', async () => {
    const { port } = new URL(await start('01-hello-web', '0'))
    const request = (method: string): string => `${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
    expect(await say(Number(port), request('DELETE'))).toMatch(/^HTTP\/1\.1 405 [\s\S]*\r\nAllow: [^\r]*GET/)
    expect(await say(Number(port), request('BREW'))).toMatch(/^HTTP\/1\.1 501 /)
  })

  it('07-raw-socket answers a client while another has said half of its request', async () => {
    const { port } = new URL(await start('07-raw-socket', '0'))
    const slow = connect(Number(port), '127.0.0.1')
    slow.setEncoding('latin1').write('GET /slow HTTP/1.1\r\n')
    expect(await say(Number(port), 'GET /quick HTTP/1.1\r\nHost: a\r\n\r\n')).toContain('You asked for /quick')
    slow.write('Host: a\r\n\r\n')
    let received = ''
    for await (const chunk of slow) received += chunk
    expect(received).toContain('You asked for /slow')
  })

  it.each([
    ['no HTTP', 'HELO example.net\r\n', /^HTTP\/1\.1 400 /],
    ['another version', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 505 /],
  ])('07-raw-socket tells a client that sends %s, and serves the next', async (_, text, status) => {
    const { port } = new URL(await start('07-raw-socket', '0'))
    expect(await say(Number(port), text)).toMatch(status)
    expect(await say(Number(port), 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n')).toContain('You asked for /next')
  })

  it('08-chat carries a line from one client to the other', async () => {
    const { port } = new URL(await start('08-chat', '0'))
    const [ada, bob] = [await enter(Number(port), 'ada'), await enter(Number(port), 'bob')]
    ada.send('PRIVMSG #lobby :hello, everybody')
    expect(await bob.until(/^:ada!\S+ PRIVMSG #lobby :.*$/m)).toMatch(/hello, everybody/)
    ada.send('QUIT')
    bob.send('QUIT')
  })
})

it('a stage serves its folder wherever it lies', async () => {
  const elsewhere = join(mkdtempSync(join(tmpdir(), 'examples-')), 'a folder, 100% née #1')
  try {
    for (const name of ['dist', 'site']) cpSync(join(folder, name), join(elsewhere, name), { recursive: true })
    writeFileSync(join(elsewhere, 'package.json'), '{ "type": "module" }')
    symlinkSync(join(folder, '../node_modules'), join(elsewhere, 'node_modules'))
    const { port } = new URL(await startIn(elsewhere, '05-cgi', '0'))
    expect(await (await fetch(`http://127.0.0.1:${port}/library/plain-wire.txt`)).text()).toContain('read by a person')
    expect(await (await fetch(`http://127.0.0.1:${port}/cgi-bin/environment.sh`)).text()).toContain('REQUEST_METHOD')
  } finally {
    rmSync(dirname(elsewhere), { recursive: true })
  }
})

const numbers = /^A port is a number from 0 to 65535, not ".*"\.\n$/
const refusals: [sentence: string, name: string, args: string[], message: RegExp][] = [
  ['a port that is no number', '01-hello-web', ['abc'], numbers],
  ['a port that is too large', '02-echo-request', ['65536'], numbers],
  ['a port below zero', '03-static-files', ['-1'], numbers],
  ['an empty port', '04-ordered-cases', [''], numbers],
  ['a port with a fraction', '05-cgi', ['80.5'], numbers],
  ['a port in another notation', '06-own-case', ['0x50'], numbers],
  ['a port of an address', '07-raw-socket', [':8080'], numbers],
  ['a port of many digits', '08-chat', ['000000'], numbers],
  ['a port with a sign', 'echo-server', ['+7'], numbers],
  [
    'a folder that is not there',
    '03-static-files',
    ['0', '/no such folder'],
    /^There is no folder "\/no such folder"\.\n$/,
  ],
  ['a file in place of a folder', '04-ordered-cases', ['0', import.meta.filename], /^There is no folder ".*"\.\n$/],
  ['an empty folder name', '05-cgi', ['0', ''], /^There is no folder ""\.\n$/],
  ['a folder name that none can have', '06-own-case', ['0', '\ufffd'.repeat(300)], /^There is no folder ".*"\.\n$/],
  ['a server that is not there', 'echo-client', [`unix:${join(folder, 'nobody.sock')}`], /^connecting to unix:.*\n$/],
  ['what is no address', 'echo-client', ['wire://'], /^an address is tcp:.*\n$/],
]
it.each(refusals)('%s ends %s in a sentence', (_, name, args, message) => endsWith(message, name, ...args))

const listening = ['01-hello-web', '02-echo-request', '03-static-files', '07-raw-socket', '08-chat', 'echo-server']
it.each(listening)('a port that is taken ends %s in a sentence', async (name) => {
  const { port } = new URL(await start('01-hello-web', '0'))
  await endsWith(new RegExp(`^listening on tcp://127\\.0\\.0\\.1:${port}: .*\\(EADDRINUSE\\)\\n$`), name, port)
})

/** Starts a built example that cannot go on: it says why on stderr, and nothing else, and ends with 1. */
async function endsWith(message: RegExp, name: string, ...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [`${folder}/dist/${name}.js`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  expect(await once(child, 'close')).toEqual([1, null])
  expect(out).toBe('')
  expect(err).toMatch(message)
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
it.each(signals)('05-cgi ends at a second %s with its scripts', async (signal) => {
  const root = mkdtempSync(join(tmpdir(), 'examples-'))
  try {
    const fifo = join(root, 'fifo')
    execFileSync('mkfifo', [fifo])
    mkdirSync(join(root, 'cgi-bin'))
    // Whoever holds the other end of the pipe lives: the script, and what it has started.
    writeFileSync(join(root, 'cgi-bin/wait.sh'), `#!/bin/sh\nexec 3>'${fifo}'\necho here >&3\nsleep 50\n`, {
      mode: 0o755,
    })
    const address = await start('05-cgi', '0', root)
    const child = children.at(-1)!
    const script = createReadStream(fifo)
    const gone = once(script, 'close')
    const cut = fetch(`${address}/cgi-bin/wait.sh`).catch(() => 'cut')
    await once(script, 'data')
    const ended = once(child, 'exit')
    child.kill(signal)
    // It listens no more: the first signal has come.
    for (;;)
      if (
        await fetch(`${address}/fifo`).then(
          () => false,
          () => true,
        )
      )
        break
    child.kill(signal)
    expect(await ended).toEqual([128 + constants.signals[signal], null])
    await gone
    expect(await cut).toBe('cut')
  } finally {
    rmSync(root, { recursive: true })
  }
})

it('every stage is under 40 lines', () => {
  for (const name of readdirSync(folder).filter((file) => /^(\d\d|echo)-.*\.ts$/.test(file))) {
    expect(readFileSync(`${folder}/${name}`, 'utf8').split('\n').length, name).toBeLessThan(40)
  }
})

it.each(signals)('everything starts, prints every address, each answers, and %s ends it', async (signal) => {
  const child = spawn(process.execPath, [`${folder}/dist/everything.js`], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  let printed = ''
  for await (const chunk of child.stdout) {
    printed += chunk
    if (printed.includes('Ctrl-C')) break
  }
  const addresses = [...printed.matchAll(/http:\/\/\S+/g)].map(([address]) => address)
  expect(addresses).toHaveLength(5)
  for (const address of addresses) {
    const response = await fetch(address)
    expect([address, response.status, (await response.text()).length > 0]).toEqual([address, 200, true])
  }
  const irc = new URL(/irc:\/\/\S+/.exec(printed)![0])
  const member = await enter(Number(irc.port), 'visitor')
  member.send('QUIT')
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
  child.kill(signal)
  expect(await ended).toBe(0)
})

/** Registers by hand and joins `#lobby`. */
async function enter(port: number, nick: string) {
  const socket = connect(port, '127.0.0.1')
  // The server may be gone, by its own test's end, before the goodbye has been read.
  socket.on('error', () => {})
  socket.setEncoding('utf8')
  let text = ''
  let look = (): void => {}
  socket.on('data', (chunk: string) => {
    text += chunk
    for (const [, token] of chunk.matchAll(/^PING (.*?)\r?$/gm)) socket.write(`PONG ${token}\r\n`)
    look()
  })
  const send = (line: string): void => void socket.write(`${line}\r\n`)
  const until = (pattern: RegExp): Promise<string> =>
    new Promise((resolve) => {
      look = () => {
        const match = pattern.exec(text)
        if (match) resolve(match[0])
      }
      look()
    })
  send(`NICK ${nick}`)
  send(`USER ${nick} 0 * :${nick}`)
  await until(/ 001 /)
  send('JOIN #lobby')
  await until(/ 366 /)
  return { send, until }
}
