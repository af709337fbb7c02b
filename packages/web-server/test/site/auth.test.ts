import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WebServer } from '../../src/index.js'
import { basicAuth, type Case, cors, directoryListing, regularFile, singlePageApp, type Visit } from '../../src/site.js'
import { Fixture, serveSite } from './fixture.js'
import { ask } from './wire.js'

const fixture = new Fixture()
fixture.file('a.txt', 'a')
afterAll(() => fixture.remove())

describe('behind a name and a password', () => {
  let server: WebServer
  beforeAll(async () => {
    server = await serveSite(fixture.root, [
      basicAuth({ user: 'ada', password: 'péché:x' }),
      regularFile(),
      directoryListing(),
    ])
  })
  afterAll(() => server.close({ timeout: 1 }))

  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  it.each([
    ['nothing', undefined, 401],
    ['both right', basic('ada:péché:x'), 200],
    ['the scheme in any case', basic('ada:péché:x').replace('Basic', 'bASIC'), 200],
    ['a wrong password', basic('ada:x'), 401],
    ['a wrong name', basic('eve:péché:x'), 401],
    ['half of it', basic('ada:péché'), 401],
    ['another scheme', 'Bearer abc', 401],
    ['no base64', 'Basic !!!', 401],
    ['an empty credential', 'Basic ', 401],
  ])('%s: %s', async (_sentence, value, status) => {
    for (const target of ['/a.txt', '/', '/nothing', '/.git/config']) {
      const answer = await ask(server.port, target, { fields: value === undefined ? {} : { Authorization: value } })
      expect(answer.status === 401).toBe(status === 401)
      if (status === 401) expect(answer.fields['www-authenticate']).toBe('Basic realm="Restricted", charset="UTF-8"')
    }
  })

  it('a name with a colon, or a realm with a line end, is refused', () => {
    expect(() => basicAuth({ user: 'a:b', password: '' })).toThrow(TypeError)
    expect(() => basicAuth({ user: 'a', password: '', realm: 'x\r\ny' })).toThrow(TypeError)
  })
})

describe('for scripts of other origins', () => {
  it('all may read by default, and preflights are answered', async () => {
    await using server = await serveSite(fixture.root, [cors(), regularFile()])
    const get = await ask(server.port, '/a.txt', { fields: { Origin: 'https://x.example' } })
    expect(get).toMatchObject({ status: 200, text: 'a', fields: { 'access-control-allow-origin': '*' } })
    // Also when the file comes from memory.
    expect((await ask(server.port, '/a.txt')).fields['access-control-allow-origin']).toBe('*')
    const preflight = await ask(server.port, '/a.txt', {
      method: 'OPTIONS',
      fields: {
        Origin: 'https://x.example',
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'x-a, range',
      },
    })
    expect(preflight).toMatchObject({
      status: 204,
      fields: { 'access-control-allow-headers': 'x-a, range', 'access-control-max-age': '86400' },
    })
    expect((await ask(server.port, '/nothing')).fields['access-control-allow-origin']).toBe('*')
  })

  it('only those named may read when some are named', async () => {
    await using server = await serveSite(fixture.root, [cors({ origins: ['https://a.example'] }), regularFile()])
    const allowed = async (origin: string) => (await ask(server.port, '/a.txt', { fields: { Origin: origin } })).fields
    expect(await allowed('https://a.example')).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      vary: 'Origin',
    })
    const other = await allowed('https://b.example')
    expect(other['access-control-allow-origin']).toBeUndefined()
    expect(other.vary).toBe('Origin')
  })
})

describe('fields that a case has set before', () => {
  const own = {
    name: 'own fields',
    test: (visit: Visit) => {
      visit.response.setField('Cache-Control', 'private').setField('Vary', 'Cookie').setField('X-Own', '1')
      return visit.pass('only fields')
    },
    act: () => {},
  }
  it.each([
    ['from memory', {}],
    ['from the disk', { maxCachedFileSize: 0 }],
  ])('go out with a file %s, before those of the file, and Vary is the sum', async (_sentence, options) => {
    fixture.file('v.css', 'plain')
    fixture.file('v.css.br', 'coded')
    await using server = await serveSite(fixture.root, [own, regularFile()], options)
    const expected = { 'cache-control': 'private', vary: 'Cookie, Accept-Encoding', 'x-own': '1' }
    for (let round = 0; round < 2; round++) {
      const whole = await ask(server.port, '/v.css', { fields: { 'Accept-Encoding': 'br' } })
      expect(whole).toMatchObject({ status: 200, text: 'coded', complete: true, fields: expected })
      const head = await ask(server.port, '/v.css', { method: 'HEAD' })
      expect(head).toMatchObject({
        status: 200,
        text: '',
        complete: true,
        fields: { ...expected, 'content-length': '5' },
      })
      const part = await ask(server.port, '/v.css', { fields: { Range: 'bytes=1-2' } })
      expect(part).toMatchObject({ status: 206, text: 'la', complete: true, fields: expected })
      const fresh = await ask(server.port, '/v.css', { fields: { 'If-None-Match': '*' } })
      expect(fresh).toMatchObject({ status: 304, text: '', fields: expected })
    }
  })
})

describe('what an answer depends on is said once, however often the cases were asked', () => {
  const rounds: Case = {
    name: 'rounds',
    test: (visit) => visit.path === '/again',
    act: (visit) => (visit.hops < 3 ? visit.forward('/again', visit.query) : visit.forward(visit.query)),
  }
  const accepting: Case = {
    name: 'accepting',
    test(visit) {
      if (visit.hops === 0) visit.response.appendField('Vary', 'accept')
      return visit.pass('only fields')
    },
    act: () => {},
  }
  const origins = cors({ origins: ['https://a.example'] })
  const files = [regularFile(), directoryListing(), singlePageApp({ page: 'once.css' })]
  const rows: [sentence: string, cases: Case[], target: string, fields: Record<string, string>, vary: string][] = [
    ['a file', [origins, rounds, ...files], '/once.txt', {}, 'Origin'],
    ['a file with a coded variant', [origins, rounds, ...files], '/once.css', {}, 'Origin, Accept-Encoding'],
    ['a listing', [origins, rounds, ...files], '/', {}, 'Origin, Accept'],
    ['a listing after a case that named it', [origins, accepting, rounds, ...files], '/', {}, 'Origin, accept'],
    ['an error page', [origins, rounds, ...files], '/nothing', {}, 'Origin, Accept'],
    [
      'the page of an app',
      [origins, rounds, ...files],
      '/nothing',
      { Accept: 'text/html' },
      'Origin, Accept, Accept-Encoding',
    ],
    [
      'what is in no coding that the client takes',
      [origins, rounds, ...files],
      '/once.css',
      { 'Accept-Encoding': '*;q=0' },
      'Origin, Accept-Encoding, Accept',
    ],
  ]
  it.each(rows)('%s', async (_sentence, cases, target, fields, vary) => {
    fixture.file('once.txt')
    fixture.file('once.css')
    fixture.file('once.css.br')
    await using server = await serveSite(fixture.root, cases)
    expect((await ask(server.port, `/again?${target}`, { fields })).fields.vary).toBe(vary)
  })
})
