// The parser without Node: the built package runs in Chromium, Bun and Deno and must read the same
// messages there as here, with both scanners. What is not installed is skipped by name, unless CI asks for it.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { chromiumOptions, chromiumPath } from './chromium.mjs'

const dist = resolve('packages/http-parser/dist')
const peers = resolve('bench/peers')
const folder = mkdtempSync(join(tmpdir(), 'runtimes-'))

const program = `
import { RequestParser, ResponseParser } from '${'DIST'}/index.js'
const octets = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0))
export function read() {
  const seen = []
  const note = (...words) => seen.push(words.join(' '))
  for (const options of [{ scanner: 'portable' }, {}]) {
    for (const size of [1, 7, 1000]) {
      const parser = new RequestParser({
        head: (head) => note('head', head.method, head.target, JSON.stringify([...head.fields]), head.keepAlive),
        content: (bytes, start, end) => note('content', end - start),
        complete: (trailers) => note('complete', JSON.stringify(trailers ? [...trailers] : [])),
      }, options)
      const text = 'POST /caf\\u00e9 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'
      const good = 'POST /a?b=c HTTP/1.1\\r\\nHost: example.org\\r\\nX-Name: caf\\u00e9\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n0\\r\\nChecksum: 1\\r\\n\\r\\n'
      for (let at = 0; at < good.length; at += size) parser.push(octets(good.slice(at, at + size)))
      try {
        const refusing = new RequestParser({ head: () => note('accepted') }, options)
        refusing.push(octets(text))
      } catch (error) {
        note('refused', error.code, error.status, error.offset)
      }
      const answers = new ResponseParser({ head: (head) => note('answer', head.status, head.reason), complete: () => note('complete') }, options)
      answers.next('HEAD')
      answers.push(octets('HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\n'))
    }
  }
  return seen.filter((line) => !line.startsWith('content')).join('\\n')
}
`

const problems = []
try {
  writeFileSync(join(folder, 'read.mjs'), program.replace('DIST', dist))
  writeFileSync(join(folder, 'print.mjs'), `import { read } from './read.mjs'\nconsole.log(read())\n`)
  const expected = execFileSync(process.execPath, [join(folder, 'print.mjs')], { encoding: 'utf8' }).trim()
  console.log(`Node: ${expected.split('\n').length} events`)

  if (!existsSync(join(peers, 'node_modules')) && process.env.CI) {
    spawnSync('npm', ['ci', '--prefix', peers, '--no-audit', '--no-fund'], { stdio: 'inherit' })
  }
  for (const [name, ...options] of [['bun'], ['deno', 'run', '--allow-read']]) {
    const binary = findBinary(name)
    if (!binary) {
      skip(name)
      continue
    }
    const { stdout, stderr } = spawnSync(binary, [...options, join(folder, 'print.mjs')], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    compare(name, stdout.trim(), expected, stderr)
  }
  await inChromium(expected)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const problem of problems) console.error(problem)
process.exit(problems.length > 0 ? 1 : 0)

function compare(name, seen, expected, detail = '') {
  if (seen === expected) console.log(`${name}: the same`)
  else problems.push(`${name} reads otherwise:\n${seen}\n${detail}`)
}

function skip(name) {
  if (process.env.CI) problems.push(`${name} is not installed`)
  else console.log(`skipped: ${name} is not installed`)
}

/** The runtime's own binary inside its npm package: the launcher in .bin is a script of another runtime. */
function findBinary(name) {
  for (const scope of ['', '@oven', '@deno']) {
    const parent = join(peers, 'node_modules', scope)
    if (!existsSync(parent)) continue
    for (const entry of readdirSync(parent).filter((folder) => folder.startsWith(name) || scope === '@deno')) {
      for (const path of [join(parent, entry, 'bin', name), join(parent, entry, name)]) {
        if (existsSync(path) && readFileSync(path).subarray(1, 4).toString() === 'ELF') return path
      }
    }
  }
  return undefined
}

/** Serves the built files with our own server and lets a page import them. */
async function inChromium(expected) {
  if (!chromiumPath) {
    skip('Chromium')
    return
  }
  const { chromium } = await import('playwright-core')
  const { serve } = await import('@plainwire/web-server')
  const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.html': 'text/html' }
  const server = await serve({
    port: 0,
    handler({ path }, response) {
      if (path === '/') return void response.writeHead(200, { 'Content-Type': types['.html'] }).end('<!doctype html>')
      if (path !== '/read.mjs' && !path.startsWith('/dist/')) return response.sendError(404)
      const file = path === '/read.mjs' ? undefined : join(dist, path.slice('/dist/'.length))
      const text = file ? readFileSync(file) : program.replace('DIST', '/dist')
      response.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'text/plain' }).end(text)
    },
  })
  const browser = await chromium.launch(chromiumOptions())
  try {
    const page = await browser.newPage()
    await page.goto(server.url)
    compare('Chromium', await page.evaluate(async () => (await import('/read.mjs')).read()), expected)
  } finally {
    await browser.close()
    await server.close({ timeout: 1 })
  }
}
