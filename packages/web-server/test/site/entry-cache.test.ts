import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cacheControl } from '../../src/site/cache-control.js'
import type { Entry, FileEntry } from '../../src/site/entry.js'
import { EntryCache } from '../../src/site/entry-cache.js'
import { isCompressible, mediaTypeOf, mediaTypeOfContent } from '../../src/site/media-type.js'

const target = { path: '/', names: [], directory: true, hidden: false }
const file = (size: number) =>
  ({ kind: 'file', target, bytes: Buffer.alloc(size), text: undefined, variants: [] }) as unknown as FileEntry

describe('what is remembered of a site', () => {
  it('is fresh as long as its check is later than asked', () => {
    const cache = new EntryCache(1e6, 10)
    const entry = file(1)
    cache.set('/a', entry, 1000)
    expect(cache.fresh('/a', 999)).toBe(entry)
    expect(cache.fresh('/a', 1000)).toBeUndefined()
    expect(cache.get('/a')).toBe(entry)
    expect(cache.fresh('/b', 0)).toBeUndefined()
  })

  it('leaves in the order of its last check', () => {
    const cache = new EntryCache(1e6, 2)
    cache.set('/a', file(1), 1)
    cache.set('/b', file(1), 2)
    cache.set('/a', file(1), 3)
    cache.set('/c', file(1), 4)
    expect(['/a', '/b', '/c'].map((path) => cache.get(path) !== undefined)).toEqual([true, false, true])
  })

  it('is never more than it may be, and counts itself right', () => {
    const action = fc.record({ path: fc.integer({ min: 0, max: 30 }), size: fc.nat(20_000), forget: fc.boolean() })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const cache = new EntryCache(50_000, 8)
        for (const { path, size, forget } of actions) {
          if (forget) cache.delete(`/${path}`)
          else cache.set(`/${path}`, file(size), 0)
          expect(cache.size).toBeLessThanOrEqual(50_000)
          expect(cache.entries).toBeLessThanOrEqual(8)
        }
        for (let path = 0; path <= 30; path++) cache.delete(`/${path}`)
        expect([cache.size, cache.entries]).toEqual([0, 0])
      }),
    )
  })

  it('is nothing when nothing may be, or when one thing is too much', () => {
    const cache = new EntryCache(5000, 10)
    cache.set('/large', file(5000), 0)
    expect(cache.entries).toBe(0)
    const none = new EntryCache(0, 10)
    none.set('/a', { kind: 'directory', target, realPath: '/' } as Entry, 0)
    expect(none.entries).toBe(0)
  })
})

describe('rules for Cache-Control', () => {
  it.each([
    ['*.css', '/a/b.css', true],
    ['*.css', '/a/b.css.map', false],
    ['*.css', '/.css', true],
    ['/a/*', '/a/b', true],
    ['/a/*', '/a/b/c', false],
    ['/a/**', '/a/b/c', true],
    ['/a/**', '/ab', false],
    ['**', '/anything/at all', true],
    ['/v?/x', '/v1/x', true],
    ['/v?/x', '/v//x', false],
    ['a+(b).txt', '/a+(b).txt', true],
    ['a+(b).txt', '/aab.txt', false],
    ['line*', '/line\nfeed', true],
  ])('%s and %j: %s', (pattern, path, matches) => {
    expect(cacheControl([[pattern, 'yes']])(path)).toBe(matches ? 'yes' : undefined)
  })

  it('the first that matches decides, and many stars are no labour', () => {
    const rule = cacheControl([
      ['*.a', 'first'],
      ['**', 'second'],
    ])
    expect([rule('/x.a'), rule('/x.b')]).toEqual(['first', 'second'])
    expect(cacheControl([['*'.repeat(50), 'x']])('/a'.repeat(5000))).toBe('x')
    expect(cacheControl('')('/a')).toBeUndefined()
  })
})

describe('media types', () => {
  it.each([
    ['page.html', 'text/html; charset=utf-8'],
    ['PAGE.HTML', 'text/html; charset=utf-8'],
    ['style.css', 'text/css; charset=utf-8'],
    ['app.mjs', 'text/javascript; charset=utf-8'],
    ['data.json', 'application/json'],
    ['image.svg', 'image/svg+xml'],
    ['sound.wav', 'audio/wav'],
    ['module.wasm', 'application/wasm'],
    ['archive.tar.gz', 'application/gzip'],
    ['README', undefined],
    ['.html', undefined],
    ['x.constructor', undefined],
    ['x.__proto__', undefined],
    ['x.', undefined],
  ])('of %s', (name, type) => {
    expect(mediaTypeOf(name, {}, 'utf-8')).toBe(type)
  })

  it.each([
    ['', 'text/plain; charset=utf-8'],
    ['plain text\n', 'text/plain; charset=utf-8'],
    ['<script>alert(1)</script>', 'text/plain; charset=utf-8'],
    ['naïve', 'text/plain; charset=utf-8'],
    ['\0', 'application/octet-stream'],
    ['\x7fELF', 'application/octet-stream'],
  ])('of content without a name: %j', (content, type) => {
    expect(mediaTypeOfContent(Buffer.from(content), 'utf-8')).toBe(type)
  })

  it('of text that is cut inside a character, and of what is not UTF-8', () => {
    expect(mediaTypeOfContent(Buffer.from('naï').subarray(0, 3), '')).toBe('text/plain')
    expect(mediaTypeOfContent(Buffer.from([0xff, 0xfe]), '')).toBe('application/octet-stream')
  })

  it('that become smaller', () => {
    const types = ['text/html; charset=utf-8', 'application/json', 'image/svg+xml', 'application/wasm', 'font/ttf']
    const data = ['application/octet-stream', 'model/gltf-binary', 'application/node', 'audio/wav', 'image/tiff']
    expect([...types, ...data].filter((type) => !isCompressible(type))).toEqual([])
    const compressed = [
      'image/png',
      'video/mp4',
      'application/gzip',
      'font/woff2',
      'application/epub+zip',
      'audio/mpeg',
    ]
    expect(compressed.filter(isCompressible)).toEqual([])
  })
})
