import { renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Case, type CgiOptions, cgiScript, directoryIndex, regularFile, singlePageApp } from '../../src/site.js'
import { Fixture, serveSite } from './fixture.js'
import { ask, type Question } from './wire.js'

const fixture = new Fixture()
const source = '# the source'
const script = `#!/bin/sh
${source}
printf 'Content-Type: text/plain\\n\\n%s %s?%s: ' "$REQUEST_METHOD" "$SCRIPT_NAME" "$QUERY_STRING"
exec cat
`
const options: CgiOptions = { extensions: ['sh'], interpreters: { sh: 'sh' }, log: () => {} }
const page = { fields: { Accept: 'text/html' } }

/** Sends a file from elsewhere in the site, or what is at the path. */
function sender(names?: readonly string[], status?: number): Case {
  return {
    name: 'sender',
    test: (visit) => names === undefined || visit.path === '/send',
    async act(visit) {
      const entry = names === undefined ? visit.entry : await visit.look(names)
      return entry.kind === 'file' ? visit.sendFile(entry, status) : visit.sendError(404)
    },
  }
}

beforeAll(() => {
  fixture.file('index.sh', script)
  fixture.file('folder/index.sh', script)
  fixture.file('about.sh', script)
  fixture.file('plain.txt', 'plain')
  fixture.file('page.html', '<p>page')
  fixture.file('cgi-bin/env', script, 0o755)
  fixture.file('cgi-bin/env.sh', script)
  fixture.file('cgi-bin/index.html', script, 0o755)
  fixture.file('cgi-bin/more/index.html', script)
  fixture.file('.git/config', source)
  fixture.link('alias', 'cgi-bin')
  fixture.link('link.sh', 'cgi-bin/env.sh')
  fixture.link('link-to-folder', 'cgi-bin/env')
  fixture.link('link-to-extension', 'about.sh')
  fixture.link('linked', 'folder')
  fixture.link('shortcut.txt', 'cgi-bin/env')
  fixture.link('page.html.gz', 'cgi-bin/env')
  symlinkSync('../outside.sh', join(fixture.root, 'link-out'))
  fixture.file('../outside.sh', script)
})

afterAll(() => {
  fixture.remove()
})

describe('a script that another case finds is run', () => {
  const index = directoryIndex({ names: ['index.sh', 'index.html'] })
  const rows: [sentence: string, cases: Case[], target: string, question: Question, text: string][] = [
    ['as the index page', [index], '/?a=1', {}, 'GET /index.sh?a=1: '],
    ['as the index page of a folder', [index], '/folder/', {}, 'GET /folder/index.sh?: '],
    ['as the index page of a linked folder, by its name', [index], '/linked/', {}, 'GET /linked/index.sh?: '],
    [
      'as the index page, with what was posted',
      [index],
      '/',
      { method: 'POST', content: 'sent' },
      'POST /index.sh?: sent',
    ],
    ['as the index page of the script folder', [directoryIndex()], '/cgi-bin/', {}, 'GET /cgi-bin/index.html?: '],
    ['by a name without its extension', [regularFile({ extensions: ['sh'] })], '/about', {}, 'GET /about.sh?: '],
    ['as the page of an app', [singlePageApp({ page: 'index.sh' })], '/any/route', page, 'GET /index.sh?: '],
    ['by a case of one’s own', [sender(['about.sh'])], '/send?b', {}, 'GET /about.sh?b: '],
    ['with its own status, whatever the case says', [sender(['about.sh'], 404)], '/send', {}, 'GET /about.sh?: '],
  ]
  it.each(rows)('%s', async (_sentence, cases, target, question, text) => {
    await using server = await serveSite(fixture.root, [cgiScript(options), regularFile(), ...cases])
    expect(await ask(server.port, target, question)).toMatchObject({ status: 200, text })
  })

  it('also when the case has passed it on as a GET', async () => {
    const forward: Case = {
      name: 'forward',
      test: (visit) => visit.path === '/from',
      act: (visit) => visit.forward('/', 'b=2'),
    }
    await using server = await serveSite(fixture.root, [forward, cgiScript(options), index])
    const answer = await ask(server.port, '/from?a=1', { method: 'POST', content: 'sent' })
    expect(answer.text).toBe('GET /index.sh?b=2: ')
  })

  it('and a folder without its slash is sent there, with what was posted', async () => {
    await using server = await serveSite(fixture.root, [cgiScript(options), index])
    expect(await ask(server.port, '/folder')).toMatchObject({ status: 301, fields: { location: '/folder/' } })
    const post = await ask(server.port, '/folder', { method: 'POST', content: 'sent' })
    expect(post).toMatchObject({ status: 308, fields: { location: '/folder/' } })
  })

  it('and explains both rounds', async () => {
    const answered: string[] = []
    await using server = await serveSite(fixture.root, [cgiScript(options), index], {
      explain: (explanation) => answered.push(`${explanation.path}: ${explanation.answered}`),
    })
    await ask(server.port, '/')
    expect(answered).toEqual(['/: directory index', '/index.sh: CGI script'])
  })
})

describe('the source of a script is never sent', () => {
  const files = [regularFile(), directoryIndex()]
  const cgi = cgiScript(options)
  const rows: [sentence: string, target: string, cases: Case[]][] = [
    ['through a link to the script folder', '/alias/env', [cgi, ...files]],
    ['through a link to a script folder’s file', '/link-to-folder', [cgi, ...files]],
    ['through a link to a file with the extension', '/link-to-extension', [cgi, ...files]],
    ['through a link that leaves the root', '/link-out', [cgi, ...files]],
    ['as the index page of a folder in the script folder', '/cgi-bin/more/', [cgi, ...files]],
    ['as the index page through a link', '/alias/', [cgi, ...files]],
    ['by a name without its extension', '/shortcut', [cgi, regularFile({ extensions: ['txt'] })]],
    ['by a case that comes too early', '/cgi-bin/env', [...files, cgi]],
    ['by a case of one’s own', '/cgi-bin/env', [sender(), cgi]],
    ['by a case of one’s own, from elsewhere', '/send', [sender(['alias', 'env']), cgi, ...files]],
  ]
  it.each(rows)('%s', async (_sentence, target, cases) => {
    await using server = await serveSite(fixture.root, cases, { followLinks: true })
    for (const method of ['GET', 'HEAD', 'POST']) {
      const answer = await ask(server.port, target, { method, fields: { Range: 'bytes=10-40' } })
      expect(answer.status).toBe(403)
      expect(answer.text).not.toContain('source')
    }
  })

  it('a link with the extension is a script itself', async () => {
    await using server = await serveSite(fixture.root, [cgi, ...files])
    expect((await ask(server.port, '/link.sh')).text).toBe('GET /link.sh?: ')
  })

  it('as a coded variant', async () => {
    await using server = await serveSite(fixture.root, [cgi, ...files])
    const answer = await ask(server.port, '/page.html', { fields: { 'Accept-Encoding': 'gzip' } })
    expect(answer.text).toBe('<p>page')
    expect(answer.fields['content-encoding']).toBeUndefined()
  })

  it.each([
    ['a script', 'cgi-bin/env', 403],
    ['a hidden file', '.git/config', 404],
  ])('through a link that was turned to %s after it was looked at', async (_sentence, target, status) => {
    const turn = (to: string) => {
      symlinkSync(to, join(fixture.root, 'turned-aside'))
      renameSync(join(fixture.root, 'turned-aside'), join(fixture.root, 'turned'))
    }
    await using server = await serveSite(fixture.root, [cgi, ...files], { revalidate: 60_000, maxCachedFileSize: 0 })
    turn('plain.txt')
    expect((await ask(server.port, '/turned')).text).toBe('plain')
    turn(target)
    const answer = await ask(server.port, '/turned')
    expect(answer.status).toBe(status)
    expect(answer.text).not.toContain(source)
  })
})

describe('a script folder', () => {
  it.each(['cgi-bin', '/cgi-bin', './cgi-bin', 'cgi-bin/', '/./cgi-bin//.'])('may be spelled %j', async (folder) => {
    await using server = await serveSite(fixture.root, [cgiScript({ folders: [folder], log: () => {} }), regularFile()])
    expect((await ask(server.port, '/cgi-bin/env')).text).toBe('GET /cgi-bin/env?: ')
    expect((await ask(server.port, '/cgi-bin/env.sh')).status).toBe(403)
    expect((await ask(server.port, '/plain.txt')).text).toBe('plain')
  })

  it.each(['.', '/', ''])('that is the root, %j, makes all files scripts', async (folder) => {
    await using server = await serveSite(fixture.root, [
      cgiScript({ folders: [folder], log: () => {} }),
      directoryIndex({ names: ['page.html'] }),
    ])
    expect((await ask(server.port, '/plain.txt')).status).toBe(403)
    expect((await ask(server.port, '/')).status).toBe(403)
    expect((await ask(server.port, '/alias/env')).text).toBe('GET /alias/env?: ')
  })

  it.each([
    ['that leaves the root', () => ['../cgi-bin']],
    ['that goes up', () => ['a/../cgi-bin']],
    ['with a NUL', () => ['cgi\0bin']],
    ['that is no string', () => [1 as unknown as string]],
    ['that is a place on the disk', () => [join(fixture.root, 'cgi-bin')]],
  ])('%s is refused at once', (_sentence, folders) => {
    expect(() => cgiScript({ folders: folders() })).toThrow(/^folders /)
  })
})
