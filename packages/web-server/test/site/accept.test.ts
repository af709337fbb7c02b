import { describe, expect, it } from 'vitest'
import { type ContentCoding, preferredEncoding, preferredType } from '../../src/accept.js'

describe('Accept-Encoding chooses', () => {
  const all: ContentCoding[] = ['br', 'zstd', 'gzip', 'identity']
  const rows: [sentence: string, field: string | undefined, chosen: ContentCoding | undefined][] = [
    ['the file as it is without a field', undefined, 'identity'],
    ['the file as it is for an empty field', '', 'identity'],
    ['the coding that is named', 'gzip', 'gzip'],
    ['by its old name too', 'x-gzip', 'gzip'],
    ['in any case', 'GZip', 'gzip'],
    ['the first of ours among equals', 'gzip, deflate, br, zstd', 'br'],
    ['the one with the highest weight', 'br;q=0.5, gzip;q=0.8', 'gzip'],
    ['with spaces around everything', ' br ; q=0.5 , gzip ; q=0.8 ', 'gzip'],
    ['never one with weight zero', 'br;q=0, gzip;q=0', 'identity'],
    ['identity when it weighs more', 'gzip;q=0.5, identity', 'identity'],
    ['a coding before identity that is not named', 'gzip;q=0.001', 'gzip'],
    ['any for a star', '*', 'br'],
    ['any but those named', '*, br;q=0', 'zstd'],
    ['nothing when everything is refused', '*;q=0', undefined],
    ['nothing when we have only what is refused', 'identity;q=0', undefined],
    ['identity by name when the star is refused', 'identity, *;q=0', 'identity'],
    ['a coding when identity is refused', 'identity;q=0, gzip', 'gzip'],
    ['the file for codings we do not know', 'deflate, compress', 'identity'],
    ['nothing by a weight that is none', 'gzip;q=2', 'identity'],
    ['the first of two weights', 'gzip;q=0, gzip;q=1', 'identity'],
    ['by the weight, in any case and with blanks around its sign', 'gzip; Q = 0.5 , br;q\t=\t0.1', 'gzip'],
    ['by the first weight, not by what looks like one', 'br;qq=1;=2;q=0.1;q=1, gzip;q=0.2', 'gzip'],
  ]
  it.each(rows)('%s: %s', (_sentence, field, chosen) => {
    expect(preferredEncoding(field, all)).toBe(chosen)
  })

  it('only among what is there', () => {
    expect(preferredEncoding('br, gzip;q=0.1', ['gzip', 'identity'])).toBe('gzip')
    expect(preferredEncoding('br', ['gzip', 'identity'])).toBe('identity')
    expect(preferredEncoding('br, identity;q=0', ['identity'])).toBeUndefined()
  })
})

describe('Accept chooses between HTML and JSON', () => {
  const html = 'text/html'
  const json = 'application/json'
  const rows: [sentence: string, field: string | undefined, chosen: string | undefined][] = [
    ['our first without a field', undefined, html],
    ['our first for anything', '*/*', html],
    ['what a browser wants', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', html],
    ['what is named', 'application/json', json],
    ['what is named before anything', 'application/json, */*', html],
    ['what weighs more', 'text/html;q=0.5, application/json', json],
    ['what is named before its family', 'text/*;q=0.1, application/json;q=0.2', json],
    ['by the most specific range', 'text/html;q=0, */*', json],
    ['by a family', 'application/*', json],
    ['nothing when neither is acceptable', 'image/png', undefined],
    ['with parameters passed over', 'application/json;profile=x;q=1.0', json],
    ['in any case', 'Application/JSON', json],
    ['nothing for what is malformed', ';;;,q=1,/', undefined],
  ]
  it.each(rows)('%s: %s', (_sentence, field, chosen) => {
    expect(preferredType(field, [html, json])).toBe(chosen)
  })
})

it('reads any number of blanks in one pass', () => {
  // A pass for each of them would take minutes.
  const field = `text/html;q=a${' '.repeat(400_000)}b, application/json`
  expect(preferredType(field, ['text/html', 'application/json'])).toBe('application/json')
  expect(preferredEncoding(`br;q=a${'\t'.repeat(400_000)}b, gzip`, ['br', 'gzip'])).toBe('gzip')
})
