import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeName, encodePath, resolveTarget } from '../../src/site/target.js'

describe('a path becomes names under the root', () => {
  const rows: [sentence: string, path: string, names: string[], directory: boolean][] = [
    ['the root', '/', [], true],
    ['a name', '/a.txt', ['a.txt'], false],
    ['a directory', '/a/', ['a'], true],
    ['names are decoded once', '/a%2520b', ['a%20b'], false],
    ['UTF-8 is decoded', '/%C3%BC', ['ü'], false],
    ['lower-case hex is hex', '/%c3%bc', ['ü'], false],
    ['a plus is a plus', '/a+b', ['a+b'], false],
    ['empty names vanish', '//a///b', ['a', 'b'], false],
    ['a dot stays where it is', '/a/./b', ['a', 'b'], false],
    ['a dot at the end is a directory', '/a/.', ['a'], true],
    ['two dots go up', '/a/../b', ['b'], false],
    ['encoded dots are dots', '/a/%2e%2E/b', ['b'], false],
    ['two dots at the end are a directory', '/a/b/..', ['a'], true],
    ['three dots are a name', '/...', ['...'], false],
    ['two dots in a name are a name', '/a..b', ['a..b'], false],
    ['an encoded question mark is part of the name', '/a%3Fb', ['a?b'], false],
    ['an encoded line feed is part of the name', '/a%0Ab', ['a\nb'], false],
    ['a colon is part of the name', '/c:', ['c:'], false],
    ['a backslash is part of the name', '/a%5Cb', ['a\\b'], false],
    ['names of object members are names', '/__proto__/constructor', ['__proto__', 'constructor'], false],
  ]
  it.each(rows)('%s: %s', (_sentence, path, names, directory) => {
    expect(resolveTarget(path)).toMatchObject({ names, directory })
  })

  const refused: [sentence: string, path: string, status: number][] = [
    ['above the root', '/..', 400],
    ['above the root after going down', '/a/../../b', 400],
    ['above the root, encoded', '/%2e%2e/etc/passwd', 400],
    ['above the root after empty names', '//../a', 400],
    ['a NUL', '/a%00b', 400],
    ['a NUL in the raw', '/a\0b', 400],
    ['half an escape', '/%4', 400],
    ['an escape that is none', '/%zz', 400],
    ['an encoded slash', '/a%2fb', 404],
    ['an encoded slash after dots', '/..%2f..%2fetc/passwd', 404],
    ['octets that are not UTF-8', '/%ff', 404],
    ['an overlong slash', '/..%c0%af..', 404],
    ['no slash in front', 'a', 400],
    ['an empty path', '', 400],
  ]
  it.each(refused)('%s is refused: %j', (_sentence, path, status) => {
    expect(resolveTarget(path)).toBe(status)
  })

  it('marks names that start with a dot, but not the well-known one at the top', () => {
    const hidden = (path: string) => (resolveTarget(path) as { hidden: boolean }).hidden
    expect(['/.git/x', '/a/.b', '/a/.well-known/x', '/%2egit'].map(hidden)).toEqual([true, true, true, true])
    expect(['/.well-known/acme', '/a.b', '/a/b.'].map(hidden)).toEqual([false, false, false])
  })

  it('never gives a name that can climb, whatever it is given', () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '',
      '%2e',
      '%2E%2e',
      '%2f',
      '%5c',
      '\\',
      '%00',
      'a',
      '%',
      '%c0%af',
      '%25',
      '...',
      'ü',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 12 }),
        fc.boolean(),
        (pieces, glue) => {
          const target = resolveTarget(`/${pieces.join(glue ? '/' : '')}`)
          if (typeof target === 'number') return
          for (const name of target.names) {
            expect(name === '' || name === '.' || name === '..' || /[/\0]/.test(name)).toBe(false)
          }
          expect(target.path).toMatch(/^\/(?!\/)/)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('a name becomes a reference', () => {
  it('that resolves to the name again and to nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), (text) => {
        const name = text.replace(/[/\0]/g, '_')
        if (name === '.' || name === '..') return
        const url = new URL(`./${encodeName(name)}`, 'http://here/dir/')
        expect(url.host).toBe('here')
        expect(url.search + url.hash).toBe('')
        expect(resolveTarget(url.pathname)).toMatchObject({ names: ['dir', name] })
        expect(encodeName(name)).toMatch(/^[\w.~%-]+$/)
      }),
      { numRuns: 1000 },
    )
  })

  it('and a path one that stays on its host', () => {
    for (const path of ['//evil.example/', '/\\evil.example', '/\t/evil.example/', '///x', '/a b/"<>', '/@evil:1/']) {
      const url = new URL(encodePath(path), 'http://here/')
      expect(url.host).toBe('here')
      expect(encodePath(path)).toMatch(/^\/(?![/\\])[\w./~%-]*$/)
    }
  })
})
