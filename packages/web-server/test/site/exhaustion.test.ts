/** A process that is out of descriptors says that it is busy, and not that nothing is there. */
import type * as fs from 'node:fs'
import type * as fsPromises from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { WebServer } from '../../src/index.js'
import { directoryListing, regularFile } from '../../src/site.js'
import { Fixture, serveSite } from './fixture.js'
import { ask } from './wire.js'

/** The call of the system that fails, and how. */
const failing = vi.hoisted(() => ({ call: '', code: '' }))

function failure(call: string): Error | undefined {
  return failing.call === call ? Object.assign(new Error(failing.code), { code: failing.code }) : undefined
}

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  const open = (...values: [string, number, (error: Error | null, fd?: number) => void]) => {
    const error = failure('open')
    if (error === undefined) real.open(...values)
    else values[2](error)
  }
  return { ...real, open }
})

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fsPromises>()
  const opendir = async (...values: Parameters<typeof real.opendir>) => {
    const error = failure('opendir')
    if (error !== undefined) throw error
    return real.opendir(...values)
  }
  return { ...real, opendir }
})

describe('a site', () => {
  const fixture = new Fixture()
  let server: WebServer
  beforeAll(async () => {
    fixture.file('folder/page.html', 'page')
    server = await serveSite(fixture.root, [regularFile(), directoryListing()], { revalidate: 0, maxCacheSize: 0 })
  })
  afterAll(async () => {
    await server.close({ timeout: 1 })
    fixture.remove()
  })

  const rows: Array<[sentence: string, path: string, call: string, code: string, status: number]> = [
    ['without a descriptor for a file is busy', '/folder/page.html', 'open', 'EMFILE', 503],
    ['without a descriptor for a folder is busy', '/folder/', 'open', 'ENFILE', 503],
    ['without a second descriptor to read a folder with is busy', '/folder/', 'opendir', 'EMFILE', 503],
    ['with a folder that may not be read says so', '/folder/', 'opendir', 'EACCES', 403],
    ['with a folder that has vanished has nothing there', '/folder/', 'opendir', 'ENOENT', 404],
    ['with all that it needs answers', '/folder/', '', '', 200],
  ]
  it.each(rows)('%s', async (_, path, call, code, status) => {
    Object.assign(failing, { call, code })
    const answer = await ask(server.port, path)
    Object.assign(failing, { call: '' })
    expect(answer.status).toBe(status)
    expect(answer.fields['retry-after']).toBe(status === 503 ? '1' : undefined)
  })
})
