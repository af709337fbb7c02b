import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WebServer } from '../../src/index.js'
import { escapeHtml } from '../../src/page.js'
import { humanSize } from '../../src/site/listing-page.js'
import { patientSort } from '../../src/site/patient-sort.js'
import { directoryListing, regularFile } from '../../src/site.js'
import { descriptorsUnder, Fixture, old, serveSite, soon } from './fixture.js'
import { ask } from './wire.js'

/** Names that break pages, links, headers or servers. */
const hostile = [
  '<script>alert(1)',
  '<img src=x onerror=alert(1)>',
  '"onmouseover="alert(1)',
  "'single'",
  '&amp;',
  '&lt;',
  '%',
  '%20',
  '%2e%2e',
  '%00',
  'what?',
  'a#b',
  'a b',
  ' leading and trailing ',
  'ünïcödé',
  '日本語',
  '👩‍👩‍👧.txt',
  'line\nfeed',
  'carriage\rreturn',
  'tab\there',
  'back\\slash',
  'javascript:alert(1)',
  'http:',
  'a:b',
  '..hidden-not',
  '...',
  'x'.repeat(255),
  `${'ü'.repeat(127)}x`,
  'evil\u202Etxt.exe',
  'שלום',
  '\u200Fmark',
  ';rm -rf',
  '$(touch x)',
  '`id`',
  '*',
  '~',
  '__proto__',
  '\u0001control',
  ']]>',
  '{{template}}',
].filter((name) => !name.startsWith('.'))

const fixture = new Fixture()
const cases = [regularFile(), directoryListing()]
let server: WebServer

const list = async (target: string, port = server.port) =>
  JSON.parse((await ask(port, target, { fields: { Accept: 'application/json' } })).text)
const names = async (target: string) => (await list(target)).entries.map((entry: { name: string }) => entry.name)

beforeAll(async () => {
  for (const name of hostile) fixture.file(join('hostile', name), `content of ${name}`)
  for (const name of hostile) fixture.directory(join('hostile-folders', name))
  fixture.directory('empty')
  for (const [name, size, age] of [
    ['b.txt', 30, 1],
    ['a10.txt', 10, 3],
    ['a9.txt', 20, 2],
    ['Z.txt', 20, 5],
  ] as const) {
    const path = fixture.file(join('sorted', name), 'x'.repeat(size))
    utimesSync(path, old, new Date(old.getTime() - age * 60_000))
  }
  fixture.directory('sorted/folder')
  server = await serveSite(fixture.root, cases)
})

afterAll(async () => {
  await server.close({ timeout: 1 })
  await soon(() => expect(descriptorsUnder(fixture.root)).toEqual([]))
  fixture.remove()
})

/** What a browser makes of the text of a page. */
function plain(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return text.replace(/&([a-z]+|#39);/g, (_, name: string) => named[name]!)
}

describe('a listing of hostile names', () => {
  it('has a link for each that leads to exactly that file', async () => {
    const page = (await ask(server.port, '/hostile/')).text
    const links = [...page.matchAll(/<tr><td><a href="([^"]*)"><bdi>([^<]*)<\/bdi>/g)].map(([, href]) => plain(href!))
    expect(links).toHaveLength(hostile.length)
    const contents = await Promise.all(
      links.map(async (href) => {
        const url = new URL(href, 'http://here/hostile/')
        expect(url.host).toBe('here')
        const { status, text } = await ask(server.port, url.pathname + url.search)
        return status === 200 ? text : `${status} for ${href}`
      }),
    )
    expect(contents.sort()).toEqual(hostile.map((name) => `content of ${name}`).sort())
  })

  it('has no markup but its own', async () => {
    for (const target of ['/hostile/', '/hostile-folders/']) {
      const page = (await ask(server.port, target)).text
      const tags = new Set([...page.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, tag]) => tag!.toLowerCase()))
      for (const tag of tags) {
        expect(
          '!doctype html head meta link title style body main nav ol li a bdi table caption thead tbody tr th td span time p footer'.split(
            ' ',
          ),
        ).toContain(tag)
      }
      expect(page).not.toMatch(/<[^>]*\son\w+=/i)
      expect(page).not.toMatch(/href="(?!\.{1,2}\/|\?|data:,)/)
      expect(page).not.toContain('\u202e')
    }
  })

  it.each(hostile)('a folder of the name %j is entered, and its redirect stays here', async (name) => {
    const path = `/hostile-folders/${encodeURIComponent(name)}`
    const redirect = await ask(server.port, path)
    expect(redirect.status).toBe(301)
    const url = new URL(redirect.fields.location!, 'http://here/')
    expect(url.host).toBe('here')
    const answer = await ask(server.port, url.pathname)
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('This folder is empty.')
  })

  it('is JSON for who prefers it', async () => {
    const listing = await list('/hostile/')
    expect(listing.path).toBe('/hostile/')
    expect(listing.entries.map((entry: { name: string }) => entry.name).sort()).toEqual([...hostile].sort())
  })
})

describe('a listing', () => {
  it('says how it is to be kept, read and varied', async () => {
    const { fields } = await ask(server.port, '/sorted/')
    expect(fields).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      vary: 'Accept',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
    })
    const json = await ask(server.port, '/sorted/', { fields: { Accept: 'application/json' } })
    expect(json.fields['content-type']).toBe('application/json; charset=utf-8')
  })

  it('to HEAD has the fields of GET', async () => {
    const [get, head] = [await ask(server.port, '/sorted/'), await ask(server.port, '/sorted/', { method: 'HEAD' })]
    expect(head.body).toHaveLength(0)
    expect({ ...head.fields, date: '' }).toEqual({ ...get.fields, date: '' })
  })

  it.each([
    ['', ['folder', 'a9.txt', 'a10.txt', 'b.txt', 'Z.txt']],
    ['?sort=name&order=desc', ['folder', 'Z.txt', 'b.txt', 'a10.txt', 'a9.txt']],
    ['?sort=size', ['folder', 'a10.txt', 'a9.txt', 'Z.txt', 'b.txt']],
    ['?sort=size&order=desc', ['folder', 'b.txt', 'a9.txt', 'Z.txt', 'a10.txt']],
    ['?sort=date', ['folder', 'Z.txt', 'a10.txt', 'a9.txt', 'b.txt']],
    ['?sort=date&order=desc', ['folder', 'b.txt', 'a9.txt', 'a10.txt', 'Z.txt']],
    ['?sort=nonsense&order=%00', ['folder', 'a9.txt', 'a10.txt', 'b.txt', 'Z.txt']],
    ['?sort=constructor', ['folder', 'a9.txt', 'a10.txt', 'b.txt', 'Z.txt']],
  ])('sorted by %j', async (query, expected) => {
    expect(await names(`/sorted/${query}`)).toEqual(expected)
  })

  it.each<[sentence: string, fields: Record<string, string>, status: number]>([
    ['If-Match with a tag', { 'If-Match': '"x"' }, 412],
    ['If-Match with anything', { 'If-Match': '*' }, 200],
    ['If-None-Match with a tag', { 'If-None-Match': '"x"' }, 200],
    ['If-None-Match with anything', { 'If-None-Match': '*' }, 304],
    ['If-Modified-Since', { 'If-Modified-Since': 'Thu, 01 Jan 2099 00:00:00 GMT' }, 200],
  ])('has neither a tag nor a date: %s: %o is %i', async (_sentence, fields, status) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask(server.port, '/sorted/', { method, fields })
      expect(answer).toMatchObject({ status, complete: true })
      if (status === 304) {
        expect(answer.fields).toMatchObject({ vary: 'Accept', 'cache-control': 'no-cache' })
        expect(answer.fields['content-type']).toBeUndefined()
      }
      // What is not a success is not conditional.
      expect((await ask(server.port, '/sorted', { method, fields })).status).toBe(301)
    }
  })

  it('says by what it is sorted, and links to the other orders', async () => {
    const page = (await ask(server.port, '/sorted/?sort=size&order=desc')).text
    expect(page).toContain('aria-sort="descending"')
    expect(page).toContain('href="?sort=size&amp;order=asc"')
    expect(page).toContain('href="?sort=name&amp;order=asc"')
    expect(page).toContain('1 folder, 4 files, 80 B')
  })

  it('has a breadcrumb of relative links', async () => {
    fixture.directory('one/two/three')
    const page = (await ask(server.port, '/one/two/three/')).text
    const crumbs = [...page.matchAll(/<li><a href="([^"]*)"[^>]*><bdi>([^<]*)/g)].map(([, href, name]) => [name, href])
    expect(crumbs).toEqual([
      ['Start', '../../../'],
      ['one', '../../'],
      ['two', '../'],
      ['three', './'],
    ])
  })

  it('of a directory that was removed is 404', async () => {
    fixture.directory('removed')
    expect((await ask(server.port, '/removed/')).status).toBe(200)
    rmSync(join(fixture.root, 'removed'), { recursive: true })
    expect((await ask(server.port, '/removed/')).status).toBe(404)
  })

  it('of a directory that is removed while it is read is an answer', async () => {
    for (let round = 0; round < 5; round++) {
      const path = fixture.directory('vanishing')
      for (let i = 0; i < 600; i++) writeFileSync(join(path, String(i)), '')
      const answer = ask(server.port, '/vanishing/')
      rmSync(path, { recursive: true })
      const { status, complete } = await answer
      expect([200, 404]).toContain(status)
      expect(complete).toBe(true)
    }
  })
})

describe('a hundred thousand entries', () => {
  const many = process.env.PLAINWIRE_FULL === '1' ? 100_000 : 20_000
  const root = join(tmpdir(), `site-many-${process.pid}`)
  beforeAll(() => {
    mkdirSync(join(root, 'many'), { recursive: true })
    for (let i = 0; i < many; i++) writeFileSync(join(root, 'many', `file-${(i * 7919) % many}`), '')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('are listed, sorted, without holding the event loop', async () => {
    await using large = await serveSite(root, cases)
    await ask(large.port, '/')
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    // In the meantime others are served.
    let served = 0
    let done = false
    const others = (async () => {
      while (!done) {
        expect((await ask(large.port, '/nothing')).status).toBe(404)
        served++
      }
    })()
    const listing = await list('/many/?sort=date', large.port)
    done = true
    await others
    delay.disable()
    expect(listing.entries).toHaveLength(many)
    expect(served).toBeGreaterThan(5)
    const page = await ask(large.port, '/many/')
    expect(page.complete).toBe(true)
    expect([...page.text.matchAll(/<tr><td>/g)]).toHaveLength(many)
    // Not a measure of speed: with everything at a stroke this would be one long pause.
    expect(delay.percentile(50) / 1e6).toBeLessThan(100)
  })
})

it('sorts as the engine does, whatever it is given, and leaves the input alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(50), fc.nat()), { maxLength: 9000, size: 'max' }), async (items) => {
      const before = [...items]
      const compare = (a: [number, number], b: [number, number]) => a[0] - b[0]
      expect(await patientSort(items, compare)).toEqual([...items].sort(compare))
      expect(items).toEqual(before)
    }),
    { numRuns: 20 },
  )
  const large = Array.from({ length: 20_001 }, (_, i) => (i * 7919) % 20_001)
  expect(await patientSort(large, (a, b) => a - b)).toEqual([...large].sort((a, b) => a - b))
})

it('sizes are short and round', () => {
  const rows = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9949, '9.9 kB'],
    [9950, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [104_857_600, '105 MB'],
    [Number.MAX_SAFE_INTEGER, '9.0 PB'],
  ] as const
  for (const [octets, text] of rows) expect(humanSize(octets)).toBe(text)
})

it('escapes whatever could be markup, a control character, or turn the direction of text', () => {
  expect(escapeHtml(`<&>"'`)).toBe('&lt;&amp;&gt;&quot;&#39;')
  expect(escapeHtml('a\nb\0\u202e')).toBe('a\u240ab\u2400\ufffd')
})
