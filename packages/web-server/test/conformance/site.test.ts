import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve, type WebServer } from '../../src/index.js'
import { directoryIndex, directoryListing, regularFile, site } from '../../src/site.js'
import { application } from './application.js'
import { check } from './check.js'
import { valuesOf } from './read-responses.js'
import { FILES, MODIFIED, OUTSIDE, siteDuties } from './site.duties.js'
import { Wire } from './wire.js'

let folder: string
let server: WebServer
let tag: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'site-'))
  const root = join(folder, 'root')
  const put = async (name: string, content: string) => {
    await mkdir(dirname(name), { recursive: true })
    await writeFile(name, content)
  }
  for (const [name, content] of Object.entries(FILES)) await put(join(root, name), content)
  await put(join(root, 'list/a b & <i>c.txt'), 'listed')
  await put(join(folder, 'outside.txt'), OUTSIDE)
  await put(join(folder, 'root-old/outside.txt'), OUTSIDE)
  await symlink(join(folder, 'outside.txt'), join(root, 'link-out.txt'))
  await symlink(folder, join(root, 'link-out'))
  await utimes(join(root, 'hello.txt'), MODIFIED, MODIFIED)
  const pages = site(root, [regularFile(), directoryIndex(), directoryListing()])
  server = await serve({
    port: 0,
    handler: (request, response) =>
      request.path === '/probe' || request.path === '/smuggled'
        ? application(request, response)
        : pages(request, response),
    onError: () => {},
  })
  const wire = new Wire(server.port)
  wire.send('GET /hello.txt HTTP/1.1\r\nHost: a.example\r\n\r\n')
  const [response] = await wire.responses(1, ['GET'])
  wire.close()
  tag = valuesOf(response!, 'etag')[0] ?? ''
})

afterAll(async () => {
  await server.close({ timeout: 1 })
  await rm(folder, { recursive: true })
})

describe.concurrent('a site', { timeout: 30_000 }, () => {
  for (const [index, { level, says, source }] of siteDuties('"tag"').entries()) {
    it(`${level}: ${says} (${source})`, async () => {
      const duty = siteDuties(tag)[index]!
      for (const sending of duty.send) await check(server.port, duty, sending)
    })
  }
})

describe('the tag of a file', () => {
  it('is strong, so that ranges can be asked for by it', () => expect(tag).toMatch(/^"/))
})
