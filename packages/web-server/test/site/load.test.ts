/**
 * Many at once, against the package as it is built, in a process of its own so that its memory can be watched. The full
 * size of the bars runs with PLAINWIRE_FULL=1 (some minutes); the normal run has the same shape with smaller numbers.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fixture, soon } from './fixture.js'
import { ask } from './wire.js'

const full = process.env.PLAINWIRE_FULL === '1'
const fixture = new Fixture()
const dist = (entry: string) =>
  JSON.stringify(pathToFileURL(fileURLToPath(new URL(`../../dist/${entry}.js`, import.meta.url))).href)
const program = `
import { serve } from ${dist('index')}
import { cgiScript, directoryIndex, directoryListing, regularFile, site } from ${dist('site')}
const cases = [cgiScript({ log() {} }), regularFile(), directoryIndex(), directoryListing()]
const server = await serve({ host: '127.0.0.1', port: 0, halfClosedTimeout: 1000, handler: site(${JSON.stringify(fixture.root)}, cases) })
console.log(server.port)
`
let child: ChildProcess
let port = 0

beforeAll(async () => {
  const sparse = join(fixture.root, 'sparse.bin')
  closeSync(openSync(sparse, 'w'))
  truncateSync(sparse, 100 * 1024 * 1024)
  fixture.file('small.txt', 'small')
  fixture.file('cgi-bin/quick', `#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nquick'\n`, 0o755)
  fixture.file(
    'cgi-bin/slow',
    `#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nwhile :; do echo tick; sleep 0.05${process.pid}; done\n`,
    0o755,
  )
  child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  port = Number(await new Promise((resolve) => child.stdout!.once('data', (data) => resolve(String(data).trim()))))
})

afterAll(() => {
  child.kill('SIGKILL')
  fixture.remove()
})

/** Resident memory of the server in MiB. */
function resident(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024
}

function descriptors(): number {
  return readdirSync(`/proc/${child.pid}/fd`).length
}

/** Downloads and counts; stops reading now and then, as slow clients do. */
function download(target: string, pauses: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let size = 0
    let next = 1_000_000
    socket.on('data', (chunk) => {
      size += chunk.length
      if (!pauses || size < next) return
      next += 1_000_000
      socket.pause()
      setImmediate(() => socket.resume())
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(size))
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nRange: bytes=0-${(full ? 100 : 4) * 1024 * 1024 - 1}\r\n\r\n`,
    )
  })
}

describe.skipIf(process.platform !== 'linux')('many at once (needs /proc)', () => {
  const clients = 500
  it(`${clients} downloads of a large sparse file at constant memory`, async () => {
    await download('/sparse.bin', false)
    const before = resident()
    let peak = before
    const watch = setInterval(() => {
      peak = Math.max(peak, resident())
    }, 20)
    const sizes = await Promise.all(Array.from({ length: clients }, (_, i) => download('/sparse.bin', i % 2 === 0)))
    clearInterval(watch)
    const expected = (full ? 100 : 4) * 1024 * 1024
    for (const size of sizes) expect(size - expected).toBeGreaterThan(100)
    for (const size of sizes) expect(size - expected).toBeLessThan(1000)
    // Two pieces of 64 KiB each and what the connection costs; the files together are 50 GB (2 GB in the short run).
    expect(peak - before).toBeLessThan(clients * 0.4)
    expect((await ask(port, '/small.txt')).text).toBe('small')
  }, 600_000)

  const requests = full ? 1000 : 150
  it(`${requests} CGI requests whose clients leave at random moments, without a process or a descriptor left`, async () => {
    await ask(port, '/cgi-bin/quick')
    await soon(() => expect(children()).toEqual([]))
    const before = descriptors()
    let seed = 42
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed / 2_147_483_648
    }
    let started = 0
    const visitors = Array.from({ length: 16 }, async () => {
      while (started < requests) {
        started++
        await visitAndLeave(random() < 0.5 ? '/cgi-bin/quick' : '/cgi-bin/slow', random())
      }
    })
    await Promise.all(visitors)
    await soon(() => expect(children()).toEqual([]))
    await soon(() => expect(descriptors()).toBeLessThanOrEqual(before))
    expect((await ask(port, '/cgi-bin/quick')).text).toBe('quick')
  }, 300_000)
})

/** What runs below the server. */
function children(): string[] {
  const all = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => line.includes(join(fixture.root, 'cgi-bin')) || line.includes(`sleep 0.05${process.pid}`))
}

/** Asks, waits for a share of the first tenth of a second, and leaves: by a reset or by an end. */
function visitAndLeave(target: string, share: number): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.write(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`)
    setTimeout(() => (share < 0.5 ? socket.resetAndDestroy() : socket.destroy()), share * 100)
  })
}
