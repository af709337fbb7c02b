import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WebServer } from '../../src/index.js'
import { cgiScript, directoryIndex, directoryListing, regularFile, type SiteOptions } from '../../src/site.js'
import { Fixture, serveSite } from './fixture.js'
import { ask } from './wire.js'

const secret = 'outside, and not to be read'
const fixture = new Fixture()
const cases = [regularFile(), directoryIndex(), directoryListing()]
let server: WebServer

beforeAll(async () => {
  writeFileSync(join(fixture.base, 'secret.txt'), secret)
  // The sibling whose name begins like the root's.
  mkdirSync(join(fixture.base, 'root-old'))
  writeFileSync(join(fixture.base, 'root-old', 'secret.txt'), secret)
  fixture.file('a.txt', 'inside')
  fixture.file('sub/b.txt', 'inside too')
  fixture.file('.env', secret)
  fixture.file('.git/config', secret)
  fixture.file('sub/.htpasswd', secret)
  fixture.file('.well-known/security.txt', 'contact')
  fixture.link('inside-link', 'a.txt')
  fixture.link('inside-absolute', join(fixture.root, 'a.txt'))
  fixture.link('inside-directory', 'sub')
  fixture.link('out-link', '../secret.txt')
  fixture.link('out-absolute', join(fixture.base, 'secret.txt'))
  fixture.link('out-directory', '..')
  fixture.link('out-sibling', '../root-old')
  fixture.link('out-twice', 'out-directory/secret.txt')
  fixture.link('hidden-link', '.git')
  fixture.link('hidden-file', '.env')
  fixture.link('dangling', 'nowhere')
  fixture.link('loop', 'loop')
  fixture.link('device', '/dev/zero')
  server = await serveSite(fixture.root, cases)
})

afterAll(async () => {
  await server.close({ timeout: 1 })
  fixture.remove()
})

/** Every spelling of "up" that a server ever fell for, in front of what must not be read, and some more. */
function traversals(): string[] {
  const ups = [
    '..',
    '%2e%2e',
    '%2E%2E',
    '.%2e',
    '%2e.',
    '..%2f',
    '%2e%2e%2f',
    '..%5c',
    '..\\',
    '%2e%2e\\',
    '..;',
    '..%00',
    '%00..',
    '..%c0%af',
    '..%e0%80%af',
    '%c0%ae%c0%ae',
    '%uff0e%uff0e',
    '%252e%252e',
    '..%252f',
    '....',
    '...',
    '.%00.',
    '..%20',
    '..%09',
    '..%0a',
    '%e2%80%a5',
    '.../...',
    './..',
    '//..',
    '/../',
    '..//',
    '.././..',
    'sub/../..',
    'a.txt/..',
    '..%2f..',
    'out-directory',
    'out-directory/root/..',
    'inside-directory/../..',
    'sub/out/../../..',
  ] // prettier-ignore
  const goals = ['secret.txt', 'root-old/secret.txt', 'etc/passwd']
  const targets = ups.flatMap((up) => goals.map((goal) => `/${up}/${goal}`))
  return [
    ...targets,
    `/${'../'.repeat(40)}etc/passwd`,
    `/${'%2e%2e/'.repeat(40)}etc/passwd`,
    `/${'..%2f'.repeat(40)}etc%2fpasswd`,
    '//etc/passwd',
    '///etc/passwd',
    '/%2fetc/passwd',
    '/file:///etc/passwd',
    '/-old/secret.txt',
    '/../root-old/secret.txt',
    '/%2e%2e/root-old/secret.txt',
    '/sub/../../root-old/secret.txt',
    '/out-link',
    '/out-link/',
    '/out-absolute',
    '/out-twice',
    '/out-sibling/secret.txt',
    '/out-directory/',
    '/out-directory/root-old/',
    '/inside-directory/../out-link',
    '/.env',
    '/%2eenv',
    '/.git/config',
    '/.git/',
    '/%2egit/config',
    '/./.git/./config',
    '/sub/.htpasswd',
    '/sub/../.env',
    '/hidden-link/config',
    '/hidden-file',
    '/.well-known/../.env',
    '/dangling',
    '/loop',
    '/device',
    '/a.txt%00.html',
    '/.env%00.txt',
    '/C:/windows/win.ini',
    '/a.txt::$DATA',
    '/%5c%5chost%5cshare',
    '/proc/self/environ',
    '/dev/fd/0',
  ]
}

describe('nothing outside the root, and nothing hidden, is ever sent', () => {
  it('has more than a hundred ways to ask', () => {
    expect(new Set(traversals()).size).toBeGreaterThan(100)
  })

  it.each(traversals())('%s', async (target) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask(server.port, target, { method })
      expect(answer.text).not.toContain(secret)
      expect(answer.text).not.toMatch(/root:.*:0:0:/)
      expect([400, 403, 404]).toContain(answer.status)
    }
  })

  it('does not tell what is refused from what is not there', async () => {
    const texts = ['/.git/config', '/out-link', '/hidden-link/config', '/nothing-at-all'].map(async (target) =>
      (await ask(server.port, target)).text.replaceAll(target, ''),
    )
    expect(new Set(await Promise.all(texts)).size).toBe(1)
  })

  it('does not list it either', async () => {
    const names = JSON.parse(
      (await ask(server.port, '/', { fields: { Accept: 'application/json' } })).text,
    ).entries.map((entry: { name: string }) => entry.name)
    expect(names.sort()).toEqual(['.well-known', 'a.txt', 'inside-absolute', 'inside-directory', 'inside-link', 'sub'])
  })
})

describe('what is inside can be had', () => {
  it.each([
    ['/a.txt', 'inside'],
    ['/./a.txt', 'inside'],
    ['/sub/../a.txt', 'inside'],
    ['/sub/%2e%2e/a.txt', 'inside'],
    ['//a.txt', 'inside'],
    ['/%61.txt', 'inside'],
    ['/inside-link', 'inside'],
    ['/inside-absolute', 'inside'],
    ['/inside-directory/b.txt', 'inside too'],
    ['/.well-known/security.txt', 'contact'],
  ])('%s', async (target, text) => {
    expect(await ask(server.port, target)).toMatchObject({ status: 200, text })
  })
})

it('an absolute target is a path like any other', async () => {
  expect(await ask(server.port, 'http://here/a.txt')).toMatchObject({ status: 200, text: 'inside' })
  expect((await ask(server.port, 'http://here/../secret.txt')).status).toBe(400)
})

it('with followLinks links may leave the root, with dotfiles dotfiles are files; devices are neither', async () => {
  await using open = await serveSite(fixture.root, cases, { followLinks: true, dotfiles: true })
  expect(await ask(open.port, '/out-link')).toMatchObject({ status: 200, text: secret })
  expect(await ask(open.port, '/out-sibling/secret.txt')).toMatchObject({ status: 200, text: secret })
  expect(await ask(open.port, '/.env')).toMatchObject({ status: 200, text: secret })
  expect((await ask(open.port, '/device')).status).toBe(403)
  expect((await ask(open.port, '/../secret.txt')).status).toBe(400)
})

it('with followLinks alone, a link to a dotfile is still none', async () => {
  await using open = await serveSite(fixture.root, cases, { followLinks: true })
  expect(await ask(open.port, '/out-link')).toMatchObject({ status: 200, text: secret })
  for (const target of ['/hidden-link/config', '/hidden-file', '/.env']) {
    expect((await ask(open.port, target)).status).toBe(404)
  }
})

it('a FIFO and a socket are not opened, and nobody waits for them', async () => {
  fixture.fifo('fifo')
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(join(fixture.root, 'socket'), resolve))
  expect((await ask(server.port, '/fifo')).status).toBe(403)
  expect((await ask(server.port, '/socket')).status).toBe(403)
  const listing = (await ask(server.port, '/')).text
  expect(listing).not.toContain('fifo')
  expect(listing).not.toContain('socket')
  listener.close()
  rmSync(join(fixture.root, 'fifo'))
})

it.skipIf(process.getuid === undefined)('what may not be read is 403, a directory too', async () => {
  fixture.file('private.txt', secret, 0o000)
  fixture.file('private-index/index.html', secret, 0o000)
  fixture.file('private-index/index.htm', 'not what the folder is about')
  fixture.directory('private')
  const { chmodSync } = await import('node:fs')
  chmodSync(join(fixture.root, 'private'), 0o000)
  // Nothing is forbidden to root, so that root becomes nobody for a moment.
  const isRoot = process.getuid!() === 0
  if (isRoot) process.seteuid!(65534)
  try {
    expect((await ask(server.port, '/private.txt')).status).toBe(403)
    expect((await ask(server.port, '/private/')).status).toBe(403)
    expect((await ask(server.port, '/private/x')).status).toBe(403)
    expect((await ask(server.port, '/private-index/')).status).toBe(403)
    expect((await ask(server.port, '/private-index')).status).toBe(301)
  } finally {
    if (isRoot) process.seteuid!(0)
    chmodSync(join(fixture.root, 'private'), 0o755)
    rmSync(join(fixture.root, 'private.txt'))
    rmSync(join(fixture.root, 'private-index'), { recursive: true })
    rmSync(join(fixture.root, 'private'), { recursive: true })
  }
})

it('while a name is turned between inside and outside, what is outside is never sent', async () => {
  await using racing = await serveSite(fixture.root, cases, { revalidate: 0, maxCachedFileSize: 0 })
  const turned = join(fixture.root, 'turned')
  const aside = join(fixture.root, 'turned-aside')
  let turning = true
  const seen = new Set<string>()
  const turner = (async () => {
    for (let i = 0; turning; i++) {
      symlinkSync(i % 2 === 0 ? 'a.txt' : '../secret.txt', aside)
      renameSync(aside, turned)
      // Of changing length, so that who asks in step with the turns does not meet the same side for ever.
      for (let turns = i % 7; turns >= 0; turns--) await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  for (let round = 0; round < 60 || (!seen.has('inside') && round < 5000); round++) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(racing.port, '/turned')))
    for (const { status, text } of answers) {
      seen.add(status === 200 ? text : String(status))
    }
  }
  turning = false
  await turner
  expect([...seen].filter((what) => what !== 'inside' && what !== '404')).toEqual([])
  expect(seen.has('inside')).toBe(true)
})

it('a root that is a link can be turned to another release', async () => {
  const current = join(fixture.base, 'current')
  for (const release of ['one', 'two']) {
    mkdirSync(join(fixture.base, release))
    writeFileSync(join(fixture.base, release, 'v.txt'), release)
  }
  symlinkSync('one', current)
  await using turned = await serveSite(current, cases, { revalidate: 0 })
  expect((await ask(turned.port, '/v.txt')).text).toBe('one')
  symlinkSync('two', `${current}-new`)
  renameSync(`${current}-new`, current)
  expect((await ask(turned.port, '/v.txt')).text).toBe('two')
})

describe('what is remembered of a place does not outlive what made it public', () => {
  let own: Fixture
  beforeEach(() => {
    own = new Fixture()
  })
  afterEach(() => own.remove())

  const guarded = [cgiScript({ log: () => {} }), regularFile()]
  const kept: [sentence: string, options: SiteOptions][] = [
    ['in memory', { revalidate: 0 }],
    ['on the disk', { revalidate: 0, maxCachedFileSize: 0 }],
    ['on the disk, where its server looks once an hour', { revalidate: 3_600_000, maxCachedFileSize: 0 }],
  ]

  const moves: [sentence: string, to: string, status: number][] = [
    ['became a script folder', 'cgi-bin', 403],
    ['became hidden', '.hidden', 404],
    ['left the root', '../outside', 404],
  ]
  for (const [where, options] of kept) {
    it.each(moves)(`a file ${where}, whose folder %s and was linked back`, async (_sentence, to, status) => {
      own.file('public/file', secret)
      await using site = await serveSite(own.root, guarded, options)
      for (let round = 0; round < 2; round++) {
        expect(await ask(site.port, '/public/file')).toMatchObject({ status: 200, text: secret })
      }
      renameSync(join(own.root, 'public'), join(own.root, to))
      own.link('public', to)
      for (let round = 0; round < 2; round++) expect((await ask(site.port, '/public/file')).status).toBe(status)
    })
  }

  const links: [sentence: string, target: string, status: number][] = [
    ['that leaves it', '/out', 404],
    ['that leaves it, to what had that name before', '/same', 404],
    ['to a script', '/script', 403],
    ['to what is hidden', '/hidden', 404],
    ['to what is inside', '/inside', 200],
  ]
  for (const [where, options] of kept) {
    it.each(links)(
      `a file ${where}, when the root is turned to a folder in the old one, by a link %s`,
      async (_sentence, target, status) => {
        for (const name of ['out', 'same', 'script', 'hidden', 'inside']) own.file(`release/${name}`, 'old')
        own.file('release/secret', secret)
        own.file('release/next/cgi-bin/script', secret)
        own.file('release/next/.hidden/file', secret)
        own.file('release/next/plain', 'new')
        own.link('release/next/out', '../secret')
        own.link('release/next/same', '../same')
        own.link('release/next/script', 'cgi-bin/script')
        own.link('release/next/hidden', '.hidden/file')
        own.link('release/next/inside', 'plain')
        own.link('current', 'release')
        await using site = await serveSite(join(own.root, 'current'), guarded, options)
        expect(await ask(site.port, target)).toMatchObject({ status: 200, text: 'old' })
        own.link('turned', 'release/next')
        renameSync(join(own.root, 'turned'), join(own.root, 'current'))
        for (let round = 0; round < 2; round++) {
          const answer = await ask(site.port, target)
          expect(answer.status).toBe(status)
          if (status === 200) expect(answer.text).toBe('new')
        }
      },
    )
  }
})
