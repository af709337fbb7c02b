import { describe, expect, it } from 'vitest'
import { type Conditions, evaluate, parseHttpDate, rangeApplies } from '../../src/site/conditional.js'

const modified = Date.UTC(2026, 10, 22, 12, 0, 0) / 1000
const now = { etag: '"abc"', modified }
const same = 'Sun, 22 Nov 2026 12:00:00 GMT'
const earlier = 'Sun, 22 Nov 2026 11:59:59 GMT'
const later = 'Sun, 22 Nov 2026 12:00:01 GMT'

describe('preconditions, in the order of RFC 9110 §13.2.2', () => {
  const rows: [sentence: string, conditions: Conditions, get: number, post: number][] = [
    ['none', {}, 200, 200],
    ['If-Match with the tag', { ifMatch: '"abc"' }, 200, 200],
    ['If-Match with another', { ifMatch: '"x"' }, 412, 412],
    ['If-Match with a list', { ifMatch: '"x", "abc"' }, 200, 200],
    ['If-Match compares strongly', { ifMatch: 'W/"abc"' }, 412, 412],
    ['If-Match with anything', { ifMatch: '*' }, 200, 200],
    ['If-Unmodified-Since now', { ifUnmodifiedSince: same }, 200, 200],
    ['If-Unmodified-Since before', { ifUnmodifiedSince: earlier }, 412, 412],
    [
      'If-Unmodified-Since is not asked when there is If-Match',
      { ifMatch: '"abc"', ifUnmodifiedSince: earlier },
      200,
      200,
    ],
    ['If-Unmodified-Since with no date is ignored', { ifUnmodifiedSince: 'yesterday' }, 200, 200],
    ['If-None-Match with the tag', { ifNoneMatch: '"abc"' }, 304, 412],
    ['If-None-Match compares weakly', { ifNoneMatch: 'W/"abc"' }, 304, 412],
    ['If-None-Match with a list', { ifNoneMatch: '"x",W/"abc"' }, 304, 412],
    ['If-None-Match with a comma in a tag', { ifNoneMatch: '"x,y" , "abc"' }, 304, 412],
    ['If-None-Match with another', { ifNoneMatch: '"x"' }, 200, 200],
    ['If-None-Match with anything', { ifNoneMatch: '*' }, 304, 412],
    ['If-None-Match without quotes matches nothing', { ifNoneMatch: 'abc' }, 200, 200],
    ['If-None-Match with a star in a list matches nothing', { ifNoneMatch: '"x", *' }, 200, 200],
    ['If-None-Match that is empty matches nothing', { ifNoneMatch: '' }, 200, 200],
    ['If-Modified-Since now', { ifModifiedSince: same }, 304, 200],
    ['If-Modified-Since later', { ifModifiedSince: later }, 304, 200],
    ['If-Modified-Since before', { ifModifiedSince: earlier }, 200, 200],
    [
      'If-Modified-Since is not asked when there is If-None-Match',
      { ifNoneMatch: '"x"', ifModifiedSince: same },
      200,
      200,
    ],
    ['If-Modified-Since with no date is ignored', { ifModifiedSince: 'Sun, 22 Nov 2026 12:00:00' }, 200, 200],
    ['both kinds: the first that fails decides', { ifMatch: '"x"', ifNoneMatch: '"abc"' }, 412, 412],
    ['both kinds: the second is asked when the first holds', { ifMatch: '"abc"', ifNoneMatch: '"abc"' }, 304, 412],
  ]
  it.each(rows)('%s', (_sentence, conditions, get, post) => {
    expect(evaluate('GET', conditions, now)).toBe(get)
    expect(evaluate('HEAD', conditions, now)).toBe(get)
    expect(evaluate('POST', conditions, now)).toBe(post)
  })

  it('without a representation only If-Match fails', () => {
    expect(evaluate('PUT', { ifMatch: '*' }, undefined)).toBe(412)
    expect(evaluate('PUT', { ifNoneMatch: '*' }, undefined)).toBe(200)
    expect(evaluate('GET', { ifModifiedSince: same, ifUnmodifiedSince: earlier }, undefined)).toBe(200)
  })

  it.each<[sentence: string, conditions: Conditions, get: number]>([
    ['If-Match with a tag fails', { ifMatch: '"abc"' }, 412],
    ['If-Match with anything holds', { ifMatch: '*' }, 200],
    ['If-None-Match with a tag holds', { ifNoneMatch: '"abc"' }, 200],
    ['If-None-Match with anything fails', { ifNoneMatch: '*' }, 304],
    ['If-Modified-Since is ignored', { ifModifiedSince: later }, 200],
    ['If-Unmodified-Since is ignored', { ifUnmodifiedSince: earlier }, 200],
  ])('with neither a tag nor a date, %s', (_sentence, conditions, get) => {
    expect(evaluate('GET', conditions, {})).toBe(get)
  })

  it('a weak tag never satisfies If-Match', () => {
    expect(evaluate('GET', { ifMatch: 'W/"abc"' }, { etag: 'W/"abc"', modified })).toBe(412)
    expect(evaluate('GET', { ifNoneMatch: '"abc"' }, { etag: 'W/"abc"', modified })).toBe(304)
  })

  it('a list of ten thousand tags is read once', () => {
    const list = Array.from({ length: 10_000 }, (_, i) => `"${i}"`).join(',')
    expect(evaluate('GET', { ifNoneMatch: `${list},"abc"` }, now)).toBe(304)
    expect(evaluate('GET', { ifNoneMatch: `${' ,'.repeat(20_000)}x` }, now)).toBe(200)
  })
})

describe('If-Range', () => {
  const rows: [sentence: string, field: string | undefined, applies: boolean][] = [
    ['absent', undefined, true],
    ['the tag', '"abc"', true],
    ['another tag', '"x"', false],
    ['a weak tag, which is never strong enough', 'W/"abc"', false],
    ['the very date', same, true],
    ['a later date, which is not the date', later, false],
    ['an earlier date', earlier, false],
    ['what is neither', 'abc', false],
  ]
  it.each(rows)('%s', (_sentence, field, applies) => {
    expect(rangeApplies(field, now, modified + 60)).toBe(applies)
  })

  it('a date of this very second is weak, and a weak tag matches nothing', () => {
    expect(rangeApplies(same, now, modified)).toBe(false)
    expect(rangeApplies(same, now, modified + 1)).toBe(true)
    expect(rangeApplies('W/"abc"', { etag: 'W/"abc"', modified }, modified + 60)).toBe(false)
  })
})

describe('HTTP dates', () => {
  const rows: [text: string, seconds: number | undefined][] = [
    ['Sun, 06 Nov 1994 08:49:37 GMT', 784111777],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 784111777],
    ['Sun Nov  6 08:49:37 1994', 784111777],
    ['Sat, 29 Feb 2025 00:00:00 GMT', undefined],
    ['Thu, 29 Feb 2024 00:00:00 GMT', 1709164800],
    ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:37 UTC', undefined],
    ['Sun, 06 Nov 1994 08:49:37', undefined],
    ['Sun, 00 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Foo 1994 08:49:37 GMT', undefined],
    ['784111777', undefined],
    ['', undefined],
  ]
  it.each(rows)('%j', (text, seconds) => {
    expect(parseHttpDate(text)).toBe(seconds)
  })

  it('with a two-digit year are never more than fifty years ahead', () => {
    const year = new Date().getUTCFullYear()
    for (let yy = 0; yy < 100; yy++) {
      const text = `Monday, 01-Jan-${String(yy).padStart(2, '0')} 00:00:00 GMT`
      const parsed = new Date(parseHttpDate(text)! * 1000).getUTCFullYear()
      expect(parsed % 100).toBe(yy)
      expect(parsed).toBeLessThanOrEqual(year + 50)
      expect(parsed).toBeGreaterThan(year - 100)
    }
  })
})
