/**
 * Twice the octets, at most 2.2 times the work. Work is counted, not timed: V8 counts how often each block of our code runs, so the
 * figures are the same on every machine. What the SIMD scanner does inside WebAssembly is not counted: one pass over the octets is
 * put in for it. That it is not given them more often shows with the portable scanner, which is given the same ones.
 */
import { Session } from 'node:inspector'
import { setFlagsFromString } from 'node:v8'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ParserOptions, RequestParser, ResponseParser } from '../src/index.js'

// Optimised code does not count its blocks: no counting would be left of a loop that is replaced while it runs.
for (const flag of ['--no-opt', '--no-use-osr']) setFlagsFromString(flag)

const session = new Session()
beforeAll(() => {
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
})
afterAll(() => session.disconnect())

interface Coverage {
  result: { url: string; functions: { ranges: { count: number; startOffset: number; endOffset: number }[] }[] }[]
}

/** Ranges are nested, outer ones first; a range's count is that of its text outside of those within it. */
function weighted(ranges: { count: number; startOffset: number; endOffset: number }[]): number {
  let total = 0
  const open: { count: number; startOffset: number; endOffset: number }[] = []
  for (const range of ranges) {
    while (open.length > 0 && open.at(-1)!.endOffset <= range.startOffset) open.pop()
    total += (range.count - (open.at(-1)?.count ?? 0)) * (range.endOffset - range.startOffset)
    open.push(range)
  }
  return total
}

/** Runs of all blocks of `src/`, each weighted by its length in characters, while `run` runs. */
function work(run: () => void): number {
  let total = 0
  const take = (add: boolean): void => {
    session.post('Profiler.takePreciseCoverage', (error: Error | null, coverage: unknown) => {
      if (error) throw error
      if (!add) return
      for (const { url, functions } of (coverage as Coverage).result) {
        if (!/http-parser\/src\//.test(url)) continue
        for (const { ranges } of functions) total += weighted(ranges)
      }
    })
  }
  take(false)
  run()
  take(true)
  return total
}

/** What the portable scanner's pass over a value counts for an octet, rounded down. */
const workOfAPass = 50

function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}

const head = 'GET / HTTP/1.1\r\nHost: x\r\n'
const chunked = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
const wide: ParserOptions = {
  maxStartLineSize: 65_000,
  maxFieldSize: 48_000,
  maxHeadSize: 65_000,
  maxFields: 4_096,
  maxTrailerSize: 65_000,
  maxTrailers: 4_096,
  maxChunkExtensionSize: 1e9,
  maxChunkExtensionsSize: 1e9,
  maxEmptyLines: 1e9,
  maxInformational: 1e9,
}

/** Inputs that grow with n; what a reader that starts over, or searches from the start, takes quadratic time for. */
const growing: [what: string, type: 'request' | 'response', octets: (n: number) => string][] = [
  ['one long field', 'request', (n) => `${head}A: ${'a'.repeat(n)}\r\n\r\n`],
  ['one long name', 'request', (n) => `${head}${'a'.repeat(n)}: 1\r\n\r\n`],
  ['one long target', 'request', (n) => `GET /${'a'.repeat(n)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['a field that never ends', 'request', (n) => `${head}A: ${'a'.repeat(n)}`],
  ['a field of blanks', 'request', (n) => `${head}A: ${' '.repeat(n)}b\r\n\r\n`],
  ['many fields', 'request', (n) => `${head}${'a: b\r\n'.repeat(n / 16)}\r\n`],
  ['many fields of one known name', 'request', (n) => `${head}${'Connection: a\r\n'.repeat(n / 16)}\r\n`],
  ['a long list of connection options', 'request', (n) => `${head}Connection: ${'a,'.repeat(n / 2)}a\r\n\r\n`],
  ['a long list of codings', 'request', (n) => `${head}Transfer-Encoding: ${'a,'.repeat(n / 2)}a\r\n\r\n`],
  ['a length of many zeros', 'request', (n) => `${head}Content-Length: ${'0'.repeat(n)}\r\n\r\n`],
  ['a long Host', 'request', (n) => `GET / HTTP/1.1\r\nHost: ${'a'.repeat(n)}\r\n\r\n`],
  ['empty lines', 'request', (n) => `${'\r\n'.repeat(n / 2)}${head}\r\n`],
  ['requests in a row', 'request', (n) => `${head}\r\n`.repeat(n / 27)],
  ['counted content', 'request', (n) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${n}\r\n\r\n${'a'.repeat(n)}`],
  ['one large chunk', 'request', (n) => `${chunked}${n.toString(16)}\r\n${'a'.repeat(n)}\r\n0\r\n\r\n`],
  ['many chunks of one octet', 'request', (n) => `${chunked}${'1\r\na\r\n'.repeat(n / 6)}0\r\n\r\n`],
  ['a long chunk extension', 'request', (n) => `${chunked}1;${'a'.repeat(n)}\r\na\r\n0\r\n\r\n`],
  ['many chunk extensions', 'request', (n) => `${chunked}1${';a=b'.repeat(n / 4)}\r\na\r\n0\r\n\r\n`],
  ['a long trailer', 'request', (n) => `${chunked}0\r\nA: ${'a'.repeat(n)}\r\n\r\n`],
  ['many trailers', 'request', (n) => `${chunked}0\r\n${'a: b\r\n'.repeat(n / 16)}\r\n`],
  ['interim responses', 'response', (n) => `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(n / 25)}HTTP/1.1 204 No\r\n\r\n`],
  ['a long reason', 'response', (n) => `HTTP/1.1 200 ${'a'.repeat(n)}\r\nContent-Length: 0\r\n\r\n`],
  ['content until close', 'response', (n) => `HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(n)}`],
]

function readAll(
  type: 'request' | 'response',
  octets: Uint8Array,
  chunkSize: number,
  scanner: 'simd' | 'portable',
): void {
  let complete = false
  const hooks = {
    head: (message: { fields: { flat(): string[] } }) => {
      message.fields.flat()
    },
    complete: () => {
      complete = true
    },
  }
  const options = { ...wide, scanner }
  const parser = type === 'request' ? new RequestParser(hooks, options) : new ResponseParser(hooks, options)
  try {
    for (let start = 0; start < octets.length; start += chunkSize) {
      const end = Math.min(octets.length, start + chunkSize)
      for (let at = start; at < end; ) {
        at = parser.push(octets, at, end)
        if (complete) parser.next()
        complete = false
      }
    }
  } catch (error) {
    // An error ends the work, too.
    if ((error as Error).name !== 'HttpError') throw error
  }
}

describe.each(['portable', 'simd'] as const)('the %s scanner', (scanner) => {
  describe.each([
    // Large enough that a long head is past the first octets that are copied by themselves.
    ['whole', 1e9, 22_000],
    ['in chunks of 100', 100, 12_000],
    ['an octet at a time', 1, 6_000],
  ] as const)('reading %s', (_, chunkSize, size) => {
    it.each(growing)('does at most 2.2 times the work for twice the octets: %s', (_what, type, make) => {
      const [small, large] = [octetsOf(make(size)), octetsOf(make(2 * size))]
      readAll(type, small, chunkSize, scanner)
      const uncounted = scanner === 'simd' ? workOfAPass : 0
      const once = work(() => readAll(type, small, chunkSize, scanner)) + uncounted * small.length
      const twice = work(() => readAll(type, large, chunkSize, scanner)) + uncounted * large.length
      expect(once).toBeGreaterThan(0)
      expect(twice / once).toBeLessThanOrEqual(2.2)
    })
  })
})
