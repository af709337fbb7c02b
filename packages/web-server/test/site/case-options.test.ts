import { afterAll, describe, expect, it } from 'vitest'
import {
  basicAuth,
  type CgiOptions,
  type CorsOptions,
  cgiScript,
  cors,
  directoryIndex,
  directoryListing,
  regularFile,
  type SiteOptions,
  singlePageApp,
  site,
  type Visit,
} from '../../src/site.js'
import { Fixture, serveSite } from './fixture.js'
import { ask } from './wire.js'

const fixture = new Fixture()
afterAll(() => fixture.remove())

const siteWith = (options: SiteOptions) => () => site(fixture.root, [], options)

/** What no type forbids, or what comes from JavaScript. */
const any = (value: unknown) => value as never

describe('what would make every request fail or wait is refused at the call', () => {
  const refused: [sentence: string, call: () => unknown, error: typeof TypeError, message: RegExp][] = [
    ...(['maxConcurrent', 'maxWaiting', 'maxHeadSize', 'maxOutputSize', 'timeout'] as const).flatMap((name) =>
      [-1, Number.NaN, any('1')].map((value): (typeof refused)[number] => [
        `cgiScript: ${name} ${typeof value} ${value}`,
        () => cgiScript({ [name]: value } as CgiOptions),
        RangeError,
        new RegExp(`^${name} must be a number`),
      ]),
    ),
    [
      'cgiScript: a timeout that no timer can wait',
      () => cgiScript({ timeout: 2 ** 31 }),
      RangeError,
      /0 switches it off/,
    ],
    [
      'cgiScript: an endless timeout',
      () => cgiScript({ timeout: Number.POSITIVE_INFINITY }),
      RangeError,
      /0 switches it off/,
    ],
    ...['', '.', 'tar.gz', '*', '*.php', 'a/b', '.php.'].map((extension): (typeof refused)[number] => [
      `cgiScript: the extension ${JSON.stringify(extension)}`,
      () => cgiScript({ extensions: [extension] }),
      RangeError,
      /^extensions must be/,
    ]),
    ['cgiScript: an extension with a NUL', () => cgiScript({ extensions: ['p\0'] }), TypeError, /^extensions/],
    [
      'cgiScript: an interpreter of no extension',
      () => cgiScript({ interpreters: { 'a/b': 'sh' } }),
      RangeError,
      /^int/,
    ],
    [
      'cgiScript: an interpreter without a program',
      () => cgiScript({ interpreters: { php: [] } }),
      TypeError,
      /program/,
    ],
    ['cgiScript: an interpreter without a name', () => cgiScript({ interpreters: { php: '' } }), TypeError, /program/],
    [
      'cgiScript: an argument with a NUL',
      () => cgiScript({ interpreters: { php: ['php', 'a\0b'] } }),
      TypeError,
      /^interpreters/,
    ],
    ['cgiScript: a variable with a NUL', () => cgiScript({ env: { A: 'a\0b' } }), TypeError, /^env\.A/],
    ['cgiScript: a variable with an equals sign', () => cgiScript({ env: { 'A=B': 'x' } }), TypeError, /^env has/],
    ['cgiScript: a variable without a name', () => cgiScript({ env: { '': 'x' } }), TypeError, /^env has/],
    ['directoryListing: maxConcurrent -1', () => directoryListing({ maxConcurrent: -1 }), RangeError, /^maxConcurrent/],
    ['directoryIndex: a path', () => directoryIndex({ names: ['a/b'] }), RangeError, /^names/],
    ['directoryIndex: up', () => directoryIndex({ names: ['index.html', '..'] }), RangeError, /^names/],
    ['directoryIndex: no name', () => directoryIndex({ names: [''] }), RangeError, /^names/],
    ['regularFile: an extension with a slash', () => regularFile({ extensions: ['a/b'] }), RangeError, /^extensions/],
    ['regularFile: an extension with a NUL', () => regularFile({ extensions: ['a\0'] }), TypeError, /^extensions/],
    ['singlePageApp: a page outside', () => singlePageApp({ page: '../x' }), RangeError, /^page/],
    ['singlePageApp: no page', () => singlePageApp({ page: '/' }), RangeError, /^page/],
    ['cors: an origin instead of a list', () => cors({ origins: any('https://a.example') }), TypeError, /^origins/],
    ...[-1, 1.5, Number.POSITIVE_INFINITY].map((maxAge): (typeof refused)[number] => [
      `cors: maxAge ${maxAge}`,
      () => cors({ maxAge } as CorsOptions),
      RangeError,
      /^maxAge/,
    ]),
    ['basicAuth: no password', () => basicAuth({ user: 'ada', password: any(undefined) }), TypeError, /^password/],
    [
      'cgiScript: a folder instead of a list',
      () => cgiScript({ folders: any('x') }),
      TypeError,
      /^folders must be a list/,
    ],
    ['cgiScript: an extension instead of a list', () => cgiScript({ extensions: any('sh') }), TypeError, /^extensions/],
    [
      'regularFile: an extension instead of a list',
      () => regularFile({ extensions: any('html') }),
      TypeError,
      /a list/,
    ],
    ['regularFile: an extension of one dot', () => regularFile({ extensions: ['.'] }), RangeError, /^extensions/],
    ['directoryIndex: a name instead of a list', () => directoryIndex({ names: any('a.html') }), TypeError, /^names/],
    [
      'site: a case instead of a list',
      () => site(fixture.root, any(regularFile())),
      TypeError,
      /^cases must be a list/,
    ],
    [
      'site: a case that was not made',
      () => site(fixture.root, [any(regularFile)]),
      TypeError,
      /function regularFile; call it/,
    ],
    ['site: no case', () => site(fixture.root, [any(undefined)]), TypeError, /^A case of a site/],
    ['site: half a case', () => site(fixture.root, [any({ name: 'x', test: () => true })]), TypeError, /^A case/],
    ['site: a media type for what is no extension', siteWith({ types: { 'tar.gz': 'a/b' } }), RangeError, /^types/],
    ['site: a media type that is no string', siteWith({ types: { x: any(undefined) } }), TypeError, /^types\.x/],
    ['site: a rule without a value', siteWith({ cacheControl: [any(['**'])] }), TypeError, /^Cache-Control for \*\*/],
    ['site: a rule without a pattern', siteWith({ cacheControl: [any([undefined, 'x'])] }), TypeError, /pattern/],
    ['site: a rule that is no pair', siteWith({ cacheControl: [any('**')] }), TypeError, /rule of cacheControl/],
    ['site: rules that are no list', siteWith({ cacheControl: any({ '**': 'x' }) }), TypeError, /^cacheControl must/],
    ['site: a word for a no', siteWith({ followLinks: any('false') }), TypeError, /^followLinks must be true or false/],
    ['site: a number for a yes', siteWith({ dotfiles: any(1) }), TypeError, /^dotfiles must be true or false/],
    ['site: an explain that is none', siteWith({ explain: any('x') }), TypeError, /^explain must be a function/],
    ['cgiScript: a log that is none', () => cgiScript({ log: any('x') }), TypeError, /^log must be a function/],
    [
      'cors: an origin that no browser sends',
      () => cors({ origins: ['https://a.example/'] }),
      TypeError,
      /^origins are such as/,
    ],
    ['basicAuth: no name', () => basicAuth({ user: any(7), password: 'x' }), TypeError, /^user/],
  ]
  it.each(refused)('%s', (_sentence, call, error, message) => {
    expect(call).toThrow(error)
    expect(call).toThrow(message)
  })
})

describe('what is meant is taken', () => {
  it.each<[string, () => unknown]>([
    ['limits that are switched off', () => cgiScript({ maxConcurrent: 0, maxWaiting: 0, timeout: 0, maxHeadSize: 0 })],
    ['limits that are none', () => cgiScript({ maxConcurrent: Number.POSITIVE_INFINITY })],
    ['extensions with their dot', () => cgiScript({ extensions: ['.php'], interpreters: { '.PHP': 'php-cgi' } })],
    ['an extension of two parts that a path may leave out', () => regularFile({ extensions: ['tar.gz'] })],
    ['a page in a folder', () => singlePageApp({ page: '/app/index.html' })],
    ['an empty password', () => basicAuth({ user: 'ada', password: '' })],
  ])('%s', (_sentence, call) => {
    expect(call).not.toThrow()
  })
})

describe('a case in JavaScript', () => {
  const tests: [sentence: string, test: () => unknown, answered: string][] = [
    ['says yes by what it found', () => /a/.exec('a'), 'own'],
    ['says no by having found nothing', () => /a/.exec('b'), 'a.txt'],
    ['says no by saying nothing', () => {}, 'a.txt'],
    ['says no later, by saying nothing', async () => {}, 'a.txt'],
    ['says yes later, by something that is no promise but can be waited for', () => later(1), 'own'],
  ]
  it.each(tests)('%s', async (_sentence, test, answered) => {
    fixture.file('a.txt')
    const own = { name: 'own', test: any(test), act: (visit: Visit) => visit.response.end('own') }
    await using server = await serveSite(fixture.root, [own, regularFile()])
    expect(await ask(server.port, '/a.txt')).toMatchObject({ status: 200, text: answered })
  })

  it('is waited for, and fails, by something that is no promise', async () => {
    const own = { name: 'own', test: () => true, act: () => later(Promise.reject(new Error('no'))) }
    const told: unknown[] = []
    await using server = await serveSite(fixture.root, [own], {}, { onError: (error) => told.push(error) })
    expect(await ask(server.port, '/')).toMatchObject({ status: 500 })
    expect(told).toEqual([new Error('no')])
  })

  function later(value: unknown) {
    // biome-ignore lint/suspicious/noThenProperty: it is what some libraries give
    return { then: (...heard: Parameters<Promise<unknown>['then']>) => void Promise.resolve(value).then(...heard) }
  }
})

describe('an extension may be spelled with its dot and in capitals', () => {
  it.each(['html', '.html', 'tar.gz', '.tar.gz'])('that a path may leave out: %s', async (extension) => {
    fixture.file(`left-out.${extension.replace(/^\./, '')}`, extension)
    await using server = await serveSite(fixture.root, [regularFile({ extensions: [extension] })])
    expect(await ask(server.port, '/left-out')).toMatchObject({ status: 200, text: extension })
  })

  it.each(['own', '.own', 'OWN', '.Own'])('that has a media type: %s', async (extension) => {
    fixture.file('a.own')
    fixture.file('b.OWN')
    await using server = await serveSite(fixture.root, [regularFile()], { types: { [extension]: 'x/own' } })
    for (const target of ['/a.own', '/b.OWN']) {
      expect((await ask(server.port, target)).fields['content-type']).toBe('x/own')
    }
  })
})
