import { renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { WebServer } from '../../src/index.js'
import { Tree } from '../../src/site/tree.js'
import { type Case, directoryIndex, directoryListing, regularFile, singlePageApp } from '../../src/site.js'
import { descriptorsUnder, Fixture, old, serveSite, soon } from './fixture.js'
import { type Answer, ask, exchange, readAnswer } from './wire.js'

const fixture = new Fixture()
const cases = [regularFile({ extensions: ['html'] }), directoryIndex(), directoryListing()]
const alphabet = 'abcdefghijklmnopqrstuvwxyz'
const large = Buffer.alloc(1_000_000, alphabet)
const date = old.toUTCString()
const day = 86_400_000
let server: WebServer
/** serves the same files, but none from memory */
let streaming: WebServer

beforeAll(async () => {
  fixture.file('small.txt', alphabet)
  fixture.file('empty.txt', '')
  fixture.file('large.bin', large)
  fixture.file('about.html', '<p>about')
  fixture.file('page/index.html', '<p>index')
  fixture.file('bare/x.txt')
  fixture.file('LICENSE', 'You may.')
  fixture.file('noise', Buffer.from([0, 1, 2, 255]))
  fixture.file('app.js', 'plain script')
  fixture.file('app.js.br', 'br script')
  fixture.file('app.js.zst', 'zstd script')
  fixture.file('app.js.gz', gzipSync('plain script'))
  fixture.file('style.css', 'plain style')
  const stale = fixture.file('style.css.gz', 'style of last year')
  utimesSync(stale, old, new Date(old.getTime() - day))
  server = await serveSite(fixture.root, cases)
  streaming = await serveSite(fixture.root, cases, { maxCachedFileSize: 0 })
})

afterAll(async () => {
  await Promise.all([server, streaming].map((one) => one.close({ timeout: 1 })))
  await soon(() => expect(descriptorsUnder(fixture.root)).toEqual([]))
  fixture.remove()
})

/** Asks twice: for the file as it comes from memory, and as it comes from the disk. Both must say the same. */
async function both(target: string, fields: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  // The second time it is in memory.
  await ask(server.port, target, { method, fields })
  const [fast, slow] = await Promise.all([server, streaming].map((one) => ask(one.port, target, { method, fields })))
  const comparable = (answer: Answer) => {
    const { date: _date, ...fields } = answer.fields
    // Each multipart answer has a boundary of its own, of one length.
    const plain = JSON.stringify({ ...answer, fields, body: answer.text })
    const boundary = /boundary=([\w-]+)/.exec(answer.fields['content-type'] ?? '')?.[1]
    return boundary === undefined ? plain : plain.replaceAll(boundary, 'B')
  }
  expect(comparable(fast!)).toBe(comparable(slow!))
  expect(fast!.complete).toBe(true)
  return fast!
}

describe('a file', () => {
  it('comes with everything that is known of it', async () => {
    const answer = await both('/small.txt')
    expect(answer).toMatchObject({ status: 200, text: alphabet })
    expect(answer.fields).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '26',
      'last-modified': date,
      'accept-ranges': 'bytes',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      etag: expect.stringMatching(/^"[\w-]+"$/),
    })
    expect(answer.fields.vary).toBeUndefined()
  })

  it('comes whole when it is large', async () => {
    const answer = await both('/large.bin')
    expect(answer.body.equals(large)).toBe(true)
    expect(answer.fields['content-type']).toBe('application/octet-stream')
  })

  it('comes when it is empty', async () => {
    expect(await both('/empty.txt')).toMatchObject({ status: 200, text: '', fields: { 'content-length': '0' } })
  })

  it.each(['/small.txt', '/large.bin', '/empty.txt', '/page/', '/page', '/app.js', '/nothing'])(
    'to HEAD has the fields of GET and no content: %s',
    async (target) => {
      const get = await both(target)
      const head = await both(target, {}, 'HEAD')
      expect(head.body).toHaveLength(0)
      expect({ ...head.fields, date: '' }).toEqual({ ...get.fields, date: '' })
      expect(head.status).toBe(get.status)
    },
  )

  it.each([
    ['/LICENSE', 'text/plain; charset=utf-8'],
    ['/noise', 'application/octet-stream'],
    ['/app.js', 'text/javascript; charset=utf-8'],
    ['/about', 'text/html; charset=utf-8'],
    ['/page/', 'text/html; charset=utf-8'],
  ])('has a media type: %s is %s', async (target, type) => {
    expect((await both(target)).fields['content-type']).toBe(type)
  })

  it.each([
    ['POST', 405],
    ['PUT', 405],
    ['DELETE', 405],
    ['PATCH', 405],
    ['OPTIONS', 204],
    ['BREW', 501],
  ])('to %s answers %i', async (method, status) => {
    for (const target of ['/small.txt', '/bare/', '/page/']) {
      const answer = await ask(server.port, target, { method })
      expect(answer.status).toBe(status)
      if (status !== 501) expect(answer.fields.allow).toBe('GET, HEAD, OPTIONS')
    }
  })

  it('asked for as a directory is not there, and a directory shows the way', async () => {
    expect((await both('/small.txt/')).status).toBe(404)
    expect((await both('/small.txt/x')).status).toBe(404)
    expect(await both('/page?a=b')).toMatchObject({ status: 301, fields: { location: '/page/?a=b' } })
    expect(await both('/bare')).toMatchObject({ status: 301, fields: { location: '/bare/' } })
  })

  it.each(['//bare', '//evil.example/../bare', '/%2e/bare', '//%09/../bare', '/\\/../bare', '///page'])(
    'the way never leads to another host: %s',
    async (target) => {
      const { status, fields } = await ask(server.port, target)
      expect(status).toBe(301)
      expect(fields.location).toMatch(/^\/(?:bare|page)\/$/)
    },
  )

  it('with a name of 256 octets and more is not there', async () => {
    expect((await both(`/${'x'.repeat(256)}`)).status).toBe(404)
    expect((await both(`/${'x'.repeat(4000)}`)).status).toBe(404)
  })
})

describe('conditions', () => {
  it.each([
    ['If-None-Match', (tag: string) => tag, 304],
    ['If-None-Match', (tag: string) => `"x", W/${tag}`, 304],
    ['If-None-Match', () => '*', 304],
    ['If-None-Match', () => '"x"', 200],
    ['If-Modified-Since', () => date, 304],
    ['If-Modified-Since', () => new Date(old.getTime() - 1000).toUTCString(), 200],
    ['If-Match', (tag: string) => tag, 200],
    ['If-Match', () => '"x"', 412],
    ['If-Unmodified-Since', () => date, 200],
    ['If-Unmodified-Since', () => new Date(old.getTime() - 1000).toUTCString(), 412],
  ])('%s', async (name, value, status) => {
    for (const target of ['/small.txt', '/large.bin', '/page/']) {
      const { etag = '' } = (await both(target)).fields
      const answer = await both(target, { [name]: value(etag) })
      expect(answer.status).toBe(status)
      if (status !== 304) continue
      expect(answer.body).toHaveLength(0)
      expect(answer.fields).toMatchObject({ etag, 'cache-control': 'no-cache' })
      expect(answer.fields['content-type']).toBeUndefined()
    }
  })

  it('two lines of one field are one list', async () => {
    const { etag } = (await both('/small.txt')).fields
    const octets = await exchange(
      server.port,
      Buffer.from(
        `GET /small.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\nIf-None-Match: "x"\r\nIf-None-Match: ${etag}\r\n\r\n`,
      ),
    )
    expect(readAnswer(octets).status).toBe(304)
  })
})

describe('ranges', () => {
  const rows: [field: string, status: number, range: string | undefined, text: string][] = [
    ['bytes=0-4', 206, 'bytes 0-4/26', 'abcde'],
    ['bytes=20-', 206, 'bytes 20-25/26', 'uvwxyz'],
    ['bytes=-3', 206, 'bytes 23-25/26', 'xyz'],
    ['bytes=0-', 206, 'bytes 0-25/26', alphabet],
    ['bytes=0-999', 206, 'bytes 0-25/26', alphabet],
    ['bytes=0-2,1-4', 206, 'bytes 0-4/26', 'abcde'],
    ['bytes=5-2', 200, undefined, alphabet],
    ['bytes=x', 200, undefined, alphabet],
    ['lines=1-2', 200, undefined, alphabet],
    [
      `bytes=${Array.from({ length: 10_000 }, (_, i) => `${i}-`)
        .join(',')
        .slice(0, 15_000)}`,
      200,
      undefined,
      alphabet,
    ],
  ]
  it.each(rows)('%.40s: %i', async (field, status, range, text) => {
    const answer = await both('/small.txt', { Range: field })
    expect(answer).toMatchObject({ status, text })
    expect(answer.fields['content-range']).toBe(range)
  })

  it('that cannot be had are 416, with the length there is', async () => {
    for (const field of ['bytes=26-', 'bytes=100-200', 'bytes=-0']) {
      const answer = await both('/small.txt', { Range: field })
      expect(answer.status).toBe(416)
      expect(answer.fields['content-range']).toBe('bytes */26')
    }
    expect((await both('/empty.txt', { Range: 'bytes=0-' })).status).toBe(416)
  })

  it('the last octets of an empty file are all of it', async () => {
    expect(await both('/empty.txt', { Range: 'bytes=-5' })).toMatchObject({
      status: 200,
      text: '',
      fields: { 'content-length': '0' },
    })
  })

  it('several come as parts, at most sixteen', async () => {
    const answer = await both('/large.bin', { Range: 'bytes=0-2,500000-500003,-2' })
    const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(answer.fields['content-type']!)![1]
    const part = (first: number, last: number) =>
      `Content-Type: application/octet-stream\r\nContent-Range: bytes ${first}-${last}/1000000\r\n\r\n${large.toString('latin1', first, last + 1)}\r\n--${boundary}`
    expect(answer.status).toBe(206)
    expect(answer.text).toBe(
      `--${boundary}\r\n${part(0, 2)}\r\n${part(500_000, 500_003)}\r\n${part(999_998, 999_999)}--\r\n`,
    )
    const many = (count: number) =>
      `bytes=${Array.from({ length: count }, (_, i) => `${2000 * i}-${2000 * i}`).join(',')}`
    expect((await both('/large.bin', { Range: many(16) })).status).toBe(206)
    expect((await both('/large.bin', { Range: many(17) })).status).toBe(200)
  })

  it('are only for GET', async () => {
    expect((await both('/small.txt', { Range: 'bytes=0-1' }, 'HEAD')).fields['content-length']).toBe('26')
  })

  it('come after the conditions, and If-Range decides about them', async () => {
    const { etag = '' } = (await both('/small.txt')).fields
    const range = { Range: 'bytes=0-1' }
    expect((await both('/small.txt', { ...range, 'If-None-Match': etag })).status).toBe(304)
    expect((await both('/small.txt', { ...range, 'If-Match': '"x"' })).status).toBe(412)
    expect((await both('/small.txt', { ...range, 'If-Range': etag })).status).toBe(206)
    expect((await both('/small.txt', { ...range, 'If-Range': date })).status).toBe(206)
    expect((await both('/small.txt', { ...range, 'If-Range': `W/${etag}` })).status).toBe(200)
    expect((await both('/small.txt', { ...range, 'If-Range': '"x"' })).status).toBe(200)
  })
})

describe('coded variants', () => {
  it.each([
    ['br, gzip', 'br', 'br script'],
    ['gzip;q=0.5, zstd;q=0.6', 'zstd', 'zstd script'],
    ['identity', undefined, 'plain script'],
    ['', undefined, 'plain script'],
    ['gzip;q=0, br;q=0', undefined, 'plain script'],
    ['deflate', undefined, 'plain script'],
  ])('for Accept-Encoding: %s', async (accepted, coding, text) => {
    const answer = await both('/app.js', { 'Accept-Encoding': accepted })
    expect(answer).toMatchObject({ status: 200, text })
    expect(answer.fields['content-encoding']).toBe(coding)
    expect(answer.fields).toMatchObject({ vary: 'Accept-Encoding', 'content-type': 'text/javascript; charset=utf-8' })
  })

  it('have tags of their own, and ranges of their own octets', async () => {
    const fields = { 'Accept-Encoding': 'br' }
    const coded = (await both('/app.js', fields)).fields.etag!
    expect(coded).not.toBe((await both('/app.js')).fields.etag)
    expect(await both('/app.js', { ...fields, 'If-None-Match': coded })).toMatchObject({
      status: 304,
      fields: { vary: 'Accept-Encoding' },
    })
    expect((await both('/app.js', { 'If-None-Match': coded })).status).toBe(200)
    const part = await both('/app.js', { ...fields, Range: 'bytes=0-1' })
    expect(part).toMatchObject({
      status: 206,
      text: 'br',
      fields: { 'content-encoding': 'br', 'content-range': 'bytes 0-1/9' },
    })
  })

  it('have tags of their own also when size and time are those of the plain file', async () => {
    fixture.file('even.js', 'as long')
    for (const [extension, content] of [
      ['gz', 'as gzip'],
      ['zst', 'as zstd'],
      ['br', 'brotli!'],
    ] as const) {
      fixture.file(`even.js.${extension}`, content)
    }
    const plain = (await both('/even.js')).fields.etag!
    expect(plain).toMatch(/^"[\da-z]+-[\da-z]+"$/)
    for (const coding of ['gzip', 'zstd', 'br']) {
      const accept = { 'Accept-Encoding': coding }
      const tag = `${plain.slice(0, -1)}-${coding}"`
      expect((await both('/even.js', accept)).fields).toMatchObject({ etag: tag, 'content-encoding': coding })
      expect((await both('/even.js', { ...accept, 'If-None-Match': plain })).status).toBe(200)
      expect((await both('/even.js', { ...accept, 'If-None-Match': tag })).status).toBe(304)
      expect((await both('/even.js', { ...accept, Range: 'bytes=0-1', 'If-Range': plain })).status).toBe(200)
      expect((await both('/even.js', { ...accept, Range: 'bytes=0-1', 'If-Range': tag })).status).toBe(206)
    }
  })

  it('when everything is refused there is none', async () => {
    expect((await both('/app.js', { 'Accept-Encoding': '*;q=0' })).status).toBe(406)
    expect((await both('/small.txt', { 'Accept-Encoding': 'identity;q=0' })).status).toBe(406)
    expect((await both('/app.js', { 'Accept-Encoding': 'identity;q=0, br' })).status).toBe(200)
  })

  it('older than the file are not used', async () => {
    const answer = await both('/style.css', { 'Accept-Encoding': 'gzip' })
    expect(answer).toMatchObject({ text: 'plain style' })
    expect(answer.fields['content-encoding']).toBeUndefined()
  })

  it('are files themselves when asked for', async () => {
    const answer = await both('/app.js.gz', { 'Accept-Encoding': 'gzip' })
    expect(answer.fields['content-type']).toBe('application/gzip')
    expect(answer.fields['content-encoding']).toBeUndefined()
  })

  it('can be switched off', async () => {
    await using without = await serveSite(fixture.root, cases, { precompressed: false })
    const answer = await ask(without.port, '/app.js', { fields: { 'Accept-Encoding': 'br' } })
    expect(answer).toMatchObject({ text: 'plain script' })
    expect(answer.fields.vary).toBeUndefined()
  })
})

describe('a coded variant that changes after it was looked at', () => {
  const plain = Buffer.alloc(700_000, 'plain script ')
  const coded = (octet: string) => Buffer.alloc(400_000, octet)
  const either = { 'Accept-Encoding': 'gzip, br' }
  const remove = (name: string) => rmSync(join(fixture.root, name), { force: true })

  /** Files that are too large for memory, on a server that looks once an hour and has just looked. */
  async function known(): Promise<WebServer> {
    remove('huge.js.br')
    fixture.file('huge.js', plain)
    fixture.file('huge.js.gz', coded('1'))
    const slow = await serveSite(fixture.root, cases, { revalidate: 3_600_000 })
    const answer = await ask(slow.port, '/huge.js', { fields: either })
    expect(seen(answer, coded('1'))).toEqual([200, 'gzip', 'Accept-Encoding', true])
    return slow
  }

  /** What an answer says of its coding, and whether its content is the right one. */
  function seen({ status, fields, complete, body }: Answer, content: Buffer) {
    expect(fields['content-type']).toBe('text/javascript; charset=utf-8')
    return [status, fields['content-encoding'], fields.vary, complete && body.equals(content)]
  }

  const rows: [sentence: string, change: () => void, encoding: string | undefined, content: Buffer][] = [
    ['is sent as it is now', () => fixture.file('huge.js.gz', coded('22')), 'gzip', coded('22')],
    ['is sent as it is now when it became small', () => fixture.file('huge.js.gz', '3'), 'gzip', Buffer.from('3')],
    ['leaves the plain file when it is gone', () => remove('huge.js.gz'), undefined, plain],
    [
      'leaves the plain file when it is older than that now',
      () => utimesSync(fixture.file('huge.js.gz', coded('4')), old, new Date(old.getTime() - day)),
      undefined,
      plain,
    ],
    [
      'leaves another variant when there is one now',
      () => {
        remove('huge.js.gz')
        fixture.file('huge.js.br', coded('5'))
      },
      'br',
      coded('5'),
    ],
  ]
  it.each(rows)('%s', async (_sentence, change, encoding, content) => {
    await using slow = await known()
    change()
    const vary = encoding === undefined ? undefined : 'Accept-Encoding'
    for (let round = 0; round < 2; round++) {
      const answer = await ask(slow.port, '/huge.js', { fields: either })
      expect(seen(answer, content)).toEqual([200, encoding, vary, true])
    }
  })

  it('leaves the plain file when it changes again and again', async () => {
    await using slow = await known()
    const { lookAgain } = Tree.prototype
    let changes = 0
    const changing = vi.spyOn(Tree.prototype, 'lookAgain').mockImplementation(async function (this: Tree, target) {
      const found = await lookAgain.call(this, target)
      fixture.file('huge.js.gz', coded(`${'x'.repeat(++changes)}y`))
      return found
    })
    try {
      fixture.file('huge.js.gz', coded('z'))
      const answer = await ask(slow.port, '/huge.js', { fields: either })
      expect(seen(answer, plain)).toEqual([200, undefined, 'Accept-Encoding', true])
      expect(changes).toBe(2)
    } finally {
      changing.mockRestore()
    }
  })

  it('is 404 when the plain file is gone with it', async () => {
    await using slow = await known()
    remove('huge.js')
    remove('huge.js.gz')
    expect((await ask(slow.port, '/huge.js', { fields: either })).status).toBe(404)
  })

  it('says Vary with the plain file as well when that has changed', async () => {
    await using slow = await known()
    const other = Buffer.alloc(600_000, 'another script ')
    fixture.file('huge.js', other)
    expect(seen(await ask(slow.port, '/huge.js'), other)).toEqual([200, undefined, 'Accept-Encoding', true])
  })
})

describe('a file that changes', () => {
  it('is seen within the time that is configured, or at once', async () => {
    await using careful = await serveSite(fixture.root, cases, { revalidate: 0 })
    fixture.file('changing.txt', 'one')
    const first = await ask(careful.port, '/changing.txt')
    fixture.file('changing.txt', 'two')
    utimesSync(join(fixture.root, 'changing.txt'), old, new Date(old.getTime() + day))
    const second = await ask(careful.port, '/changing.txt')
    expect([first.text, second.text]).toEqual(['one', 'two'])
    expect(first.fields.etag).not.toBe(second.fields.etag)
    rmSync(join(fixture.root, 'changing.txt'))
    expect((await ask(careful.port, '/changing.txt')).status).toBe(404)
  })

  it('has a weak tag as long as it could change again in the same instant', async () => {
    await using careful = await serveSite(fixture.root, cases, { revalidate: 0 })
    const path = fixture.file('fresh.txt', 'fresh')
    const future = new Date(Date.now() + day)
    utimesSync(path, future, future)
    const answer = await ask(careful.port, '/fresh.txt')
    expect(answer.fields.etag).toMatch(/^W\//)
    // Never later than Date (RFC 9110 §8.8.2.1).
    expect(Date.parse(answer.fields['last-modified']!)).toBeLessThanOrEqual(Date.parse(answer.fields.date!))
    utimesSync(path, old, old)
    expect((await ask(careful.port, '/fresh.txt')).fields.etag).toMatch(/^"/)
  })

  const size = 24 * 1024 * 1024
  /** Reads a little of a large file, does something to the file, then reads the rest. */
  async function whileSent(name: string, change: (path: string) => void): Promise<Answer> {
    const path = fixture.file(name, Buffer.alloc(size, 'x'))
    const octets = await new Promise<Buffer>((resolve, reject) => {
      const socket = connect(streaming.port, '127.0.0.1')
      const chunks: Buffer[] = []
      socket.once('data', () => {
        change(path)
      })
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : reject(error)))
      socket.on('close', () => resolve(Buffer.concat(chunks)))
      socket.write(`GET /${name} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
    })
    return readAnswer(octets)
  }

  it('and is deleted while it is sent is sent whole', async () => {
    const answer = await whileSent('deleted.bin', (path) => rmSync(path))
    expect(answer).toMatchObject({ status: 200, complete: true })
    expect(answer.body).toHaveLength(size)
  })

  it('and is replaced while it is sent is sent as it was', async () => {
    const answer = await whileSent('replaced.bin', (path) => {
      writeFileSync(`${path}.new`, 'y'.repeat(100))
      renameSync(`${path}.new`, path)
    })
    expect(answer.complete).toBe(true)
    expect(answer.body.equals(Buffer.alloc(size, 'x'))).toBe(true)
  })

  it('and is truncated while it is sent ends the connection before the promised length', async () => {
    const answer = await whileSent('truncated.bin', (path) => truncateSync(path, 1000))
    expect(answer).toMatchObject({ status: 200, complete: false })
    expect(answer.fields['content-length']).toBe(String(size))
    expect(answer.body.length).toBeLessThan(size)
  })

  it('and grows while it is sent is sent to the promised length', async () => {
    const answer = await whileSent('grown.bin', (path) => writeFileSync(path, 'more', { flag: 'a' }))
    expect(answer.complete).toBe(true)
    expect(answer.body).toHaveLength(size)
  })
})

describe('options', () => {
  it('Cache-Control follows the first rule that matches', async () => {
    fixture.file('assets/app.1234.css', 'x')
    await using ruled = await serveSite(fixture.root, cases, {
      cacheControl: [
        ['/assets/**', 'public, max-age=31536000, immutable'],
        ['*.html', 'no-cache'],
        ['/small.???', 'max-age=60'],
      ],
    })
    const value = async (target: string) => (await ask(ruled.port, target)).fields['cache-control']
    expect(await value('/assets/app.1234.css')).toBe('public, max-age=31536000, immutable')
    expect(await value('/page/')).toBe('no-cache')
    expect(await value('/small.txt')).toBe('max-age=60')
    expect(await value('/LICENSE')).toBeUndefined()
    await using none = await serveSite(fixture.root, cases, { cacheControl: '' })
    expect((await ask(none.port, '/small.txt')).fields['cache-control']).toBeUndefined()
  })

  it('types and charset are the site’s', async () => {
    fixture.file('x.plain', 'x')
    await using own = await serveSite(fixture.root, cases, {
      types: { plain: 'text/x-plain', txt: 'text/x-other' },
      charset: '',
    })
    expect((await ask(own.port, '/x.plain')).fields['content-type']).toBe('text/x-plain')
    expect((await ask(own.port, '/small.txt')).fields['content-type']).toBe('text/x-other')
  })

  it.each<[string, () => unknown, RegExp]>([
    ['a root that is not there', () => serveSite(join(fixture.base, 'nowhere'), []), /root of a site must be a folder/],
    ['a root that is a file', () => serveSite(join(fixture.root, 'small.txt'), []), /must be a folder/],
    ['a negative limit', () => serveSite(fixture.root, [], { maxCacheSize: -1 }), /maxCacheSize must be/],
    ['a duration that is none', () => serveSite(fixture.root, [], { revalidate: Number.NaN }), /revalidate must be/],
    [
      'a media type with a line end',
      () => serveSite(fixture.root, [], { types: { x: 'text/x\r\nSet-Cookie: a' } }),
      /not a media type/,
    ],
    [
      'a charset with a line end',
      () => serveSite(fixture.root, [], { charset: 'utf-8\r\nSet-Cookie: a' }),
      /charset is not a token/,
    ],
    [
      'a Cache-Control with a line end',
      () => serveSite(fixture.root, [], { cacheControl: 'a\nb' }),
      /not a field value/,
    ],
  ])('%s is refused at once', (_sentence, call, message) => {
    expect(call).toThrow(message)
  })

  it('a bounded memory still serves everything', async () => {
    await using tight = await serveSite(fixture.root, cases, { maxCacheSize: 3000, maxCachedEntries: 2 })
    for (let round = 0; round < 3; round++) {
      for (const [target, text] of [
        ['/small.txt', alphabet],
        ['/LICENSE', 'You may.'],
        ['/about', '<p>about'],
      ] as const) {
        expect((await ask(tight.port, target)).text).toBe(text)
      }
    }
  })
})

describe('cases', () => {
  it('are asked in order, and a case of one’s own takes three lines', async () => {
    const health: Case = {
      name: 'health',
      test: (visit) => visit.path === '/health',
      act: (visit) => visit.response.end('alive\n'),
    }
    await using own = await serveSite(fixture.root, [health, ...cases])
    expect((await ask(own.port, '/health')).text).toBe('alive\n')
    expect((await ask(own.port, '/small.txt')).text).toBe(alphabet)
    await using last = await serveSite(fixture.root, [...cases, health])
    expect((await ask(last.port, '/health')).text).toBe('alive\n')
  })

  it('may wait, may look elsewhere, may forward, may fail', async () => {
    const later: Case = {
      name: 'later',
      test: async (visit) => (await visit.look(['small.txt'])).kind === 'file' && visit.names[0] === 'later',
      act: async (visit) => visit.forward('/small.txt'),
    }
    const circle: Case = {
      name: 'circle',
      test: (visit) => visit.path === '/circle',
      act: (visit) => visit.forward('/circle'),
    }
    const broken: Case = {
      name: 'broken',
      test: (visit) => visit.path === '/broken',
      act: () => {
        throw new Error('on purpose')
      },
    }
    const errors: unknown[] = []
    await using own = await serveSite(
      fixture.root,
      [later, circle, broken, ...cases],
      {},
      { onError: (error) => errors.push(error) },
    )
    expect((await ask(own.port, '/later')).text).toBe(alphabet)
    expect((await ask(own.port, '/circle')).status).toBe(508)
    expect((await ask(own.port, '/broken')).status).toBe(500)
    expect(errors).toHaveLength(1)
  })

  it('may look at the root, which stays the folder that it is', async () => {
    const nosy: Case = {
      name: 'nosy',
      test: async (visit) => {
        expect(await visit.look([])).toMatchObject({ kind: 'directory', target: { path: '/', directory: true } })
        return visit.pass('has looked')
      },
      act: () => {},
    }
    await using own = await serveSite(fixture.root, [nosy, ...cases])
    expect((await ask(own.port, '/small.txt')).status).toBe(200)
    expect((await ask(own.port, '/')).status).toBe(200)
  })

  it('explain themselves', async () => {
    const lines: string[] = []
    const explain = (e: {
      path: string | undefined
      answered: string | undefined
      passed: readonly { case: string; reason: string }[]
    }) => lines.push(`${e.path}: ${e.passed.map((p) => `${p.case} (${p.reason})`).join(', ')} → ${e.answered}`)
    await using own = await serveSite(fixture.root, cases, { explain })
    for (const target of ['/small.txt', '/page/', '/bare/', '/nothing', '/%zz']) await ask(own.port, target)
    expect(lines).toEqual([
      '/small.txt:  → regular file',
      '/page/: regular file (a directory) → directory index',
      '/bare/: regular file (a directory), directory index (no index.html, no index.htm) → directory listing',
      '/nothing: regular file (no nothing.html), directory index (not a directory), directory listing (not a directory) → undefined',
      'undefined:  → undefined',
    ])
  })

  it('none at all is an error page for everything', async () => {
    await using empty = await serveSite(fixture.root, [])
    expect((await ask(empty.port, '/small.txt')).status).toBe(404)
    expect((await ask(empty.port, '/')).status).toBe(404)
  })

  it('a single-page app answers whoever asks for a page where nothing is', async () => {
    fixture.file('index.html', '<p>app')
    await using app = await serveSite(fixture.root, [...cases, singlePageApp()])
    const page = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
    expect(await ask(app.port, '/user/john.doe', { fields: page })).toMatchObject({
      status: 200,
      text: '<p>app',
      fields: { vary: 'Accept' },
    })
    expect((await ask(app.port, '/user/7', { fields: page, method: 'HEAD' })).status).toBe(200)
    for (const fields of [{ Accept: '*/*' }, { Accept: 'image/png' }, { Accept: 'text/html;q=0' }, {}]) {
      expect((await ask(app.port, '/missing.js', { fields: fields as Record<string, string> })).status).toBe(404)
    }
    expect((await ask(app.port, '/user/7', { fields: page, method: 'POST' })).status).toBe(404)
    expect((await ask(app.port, '/.env', { fields: page })).status).toBe(404)
    expect((await ask(app.port, '/small.txt', { fields: page })).text).toBe(alphabet)
    rmSync(join(fixture.root, 'index.html'))
  })
})

it('pipelined requests for files of all kinds are answered in order', async () => {
  const targets = ['/small.txt', '/large.bin', '/nothing', '/page/', '/small.txt', '/app.js']
  const octets = await exchange(
    server.port,
    Buffer.from(
      targets
        .map((t, i) => `GET ${t} HTTP/1.1\r\nHost: h\r\n${i === targets.length - 1 ? 'Connection: close\r\n' : ''}\r\n`)
        .join(''),
    ),
  )
  const statuses: number[] = []
  for (let at = 0; at < octets.length; ) {
    const end = octets.indexOf('\r\n\r\n', at)
    const head = octets.toString('latin1', at, end)
    statuses.push(Number(head.split(' ')[1]))
    at = end + 4 + Number(/content-length: (\d+)/i.exec(head)![1])
  }
  expect(statuses).toEqual([200, 200, 404, 200, 200, 200])
})
