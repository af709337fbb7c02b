import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { byteLength, splitText, textBudget } from '../src/index.js'

describe('byteLength', () => {
  it.each(['', 'a', 'é', '€', '👋🏽', 'a\ud83d', '\udc00x', '\ud83d\ud83d\udc00'])(
    '%j is measured as it is encoded',
    (text) => {
      expect(byteLength(text)).toBe(new TextEncoder().encode(text).length)
    },
  )

  it('agrees with the encoder on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => byteLength(text) === new TextEncoder().encode(text).length),
      { seed: 7, numRuns: 2000 },
    )
  })
})

describe('splitText', () => {
  it.each<[string, string, number, string[]]>([
    ['what fits stays whole', 'one two', 7, ['one two']],
    ['it cuts at the last space that fits', 'one two three', 9, ['one two', 'three']],
    ['the space at the cut is dropped', 'one two', 5, ['one', 'two']],
    ['a space right behind a full piece is the cut', 'four two', 4, ['four', 'two']],
    ['only one space is dropped', 'one  two', 4, ['one ', 'two']],
    ['a long word is cut between characters', 'abcdefgh', 4, ['abcd', 'efgh']],
    ['a word that fits alone is not cut', 'ab cdefgh', 6, ['ab', 'cdefgh']],
    ['line breaks always cut', 'a\r\nb\nc\rd', 99, ['a', 'b', 'c', 'd']],
    ['empty lines are dropped', '\na\n\n', 99, ['a']],
    ['nothing is no piece', '', 99, []],
    ['bytes count, not characters', 'éééé', 4, ['éé', 'éé']],
    ['a character of several code points stays whole', 'xx👋🏽', 9, ['xx', '👋🏽']],
    ['a family stays together', '👩‍👩‍👧👩‍👩‍👧', 20, ['👩‍👩‍👧', '👩‍👩‍👧']],
    ['a character that is too long alone is cut between code points', '👩‍👩‍👧', 8, ['👩‍', '👩‍', '👧']],
    ['an accent stays with its letter', 'aaae\u0301', 4, ['aaa', 'e\u0301']],
    ['leading spaces stay', '  ab', 99, ['  ab']],
  ])('%s', (_, text, max, pieces) => {
    expect(splitText(text, max)).toEqual(pieces)
  })

  it('refuses a budget that cannot hold a code point', () => {
    expect(() => splitText('a', 3)).toThrow(RangeError)
    expect(() => splitText('a', Number.NaN)).toThrow(RangeError)
  })

  it('every piece fits, none is empty, and only spaces and line breaks are lost', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '👋🏽', ' ', '\n', '€', '🇩🇪', 'e\u0301'), maxLength: 200 })
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 64 }), (whole, max) => {
        const pieces = splitText(whole, max)
        expect(pieces.every((piece) => piece !== '' && byteLength(piece) <= max)).toBe(true)
        expect(pieces.join('').replace(/[ \n]/g, '')).toBe(whole.replace(/[ \n]/g, ''))
      }),
      { seed: 7, numRuns: 1000 },
    )
  })

  it('takes time in proportion to the text', () => {
    expect(splitText(`${'a '.repeat(50_000)}${'b'.repeat(100_000)}`, 400)).toHaveLength(500)
  })

  describe('without Intl.Segmenter', () => {
    afterEach(() => vi.unstubAllGlobals())

    it('cuts between code points', () => {
      vi.stubGlobal('Intl', {})
      expect(splitText('xx👋🏽 y', 8)).toEqual(['xx👋', '🏽 y'])
    })
  })
})

describe('textBudget', () => {
  it('is what remains of a line as receivers see it', () => {
    const frame = { source: 'ann!a@host', command: 'PRIVMSG', params: ['#room'] }
    const text = 'x'.repeat(textBudget(frame))
    expect(`:ann!a@host PRIVMSG #room :${text}\r\n`).toHaveLength(512)
    expect(textBudget({ ...frame, maxLength: 1024 })).toBe(text.length + 512)
  })
})
