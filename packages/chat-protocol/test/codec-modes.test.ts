import { describe, expect, it } from 'vitest'
import { formatIsupport, formatModes, Isupport, type ModeChange, parseModes, USER_MODES } from '../src/index.js'

const kinds = { list: 'beI', always: 'k', whenSet: 'l', never: 'imnstC', member: 'qaohv' }

describe('parseModes', () => {
  it.each<[string, string[], ModeChange[]]>([
    ['a letter without a sign is set', ['i'], [{ set: true, mode: 'i' }]],
    [
      'a sign holds until the next',
      ['+im-nt'],
      [
        { set: true, mode: 'i' },
        { set: true, mode: 'm' },
        { set: false, mode: 'n' },
        { set: false, mode: 't' },
      ],
    ],
    [
      'ranks take a nick both ways',
      ['+o-v', 'ann', 'bob'],
      [
        { set: true, mode: 'o', param: 'ann' },
        { set: false, mode: 'v', param: 'bob' },
      ],
    ],
    [
      'a key takes a parameter both ways',
      ['+k-k', 'x', '*'],
      [
        { set: true, mode: 'k', param: 'x' },
        { set: false, mode: 'k', param: '*' },
      ],
    ],
    [
      'a limit takes one only when set',
      ['+l-l', '5'],
      [
        { set: true, mode: 'l', param: '5' },
        { set: false, mode: 'l' },
      ],
    ],
    ['a list mode without a parameter asks for the list', ['b'], [{ set: true, mode: 'b' }]],
    [
      'letters may follow parameters',
      ['+o', 'ann', '-i'],
      [
        { set: true, mode: 'o', param: 'ann' },
        { set: false, mode: 'i' },
      ],
    ],
    [
      'an unknown letter takes nothing',
      ['+Zo', 'ann'],
      [
        { set: true, mode: 'Z' },
        { set: true, mode: 'o', param: 'ann' },
      ],
    ],
    [
      'a word that no letter takes is no letters',
      ['+Zi', 'tim', '-n'],
      [
        { set: true, mode: 'Z' },
        { set: true, mode: 'i' },
        { set: false, mode: 'n' },
      ],
    ],
    ['nothing is no change', [], []],
    ['signs alone are no change', ['+-'], []],
  ])('%s', (_, params, changes) => {
    expect(parseModes(params, kinds)).toEqual(changes)
  })

  it("a user's modes take no parameter", () => {
    expect(parseModes(['+iw'], USER_MODES)).toEqual([
      { set: true, mode: 'i' },
      { set: true, mode: 'w' },
    ])
  })
})

describe('formatModes', () => {
  const changes: ModeChange[] = [
    { set: true, mode: 'o', param: 'ann' },
    { set: true, mode: 'i' },
    { set: false, mode: 'v', param: 'bob' },
    { set: true, mode: 'l', param: '5' },
  ]

  it.each([
    [0, [['+oi-v+l', 'ann', 'bob', '5']]],
    [
      1,
      [
        ['+oi', 'ann'],
        ['-v', 'bob'],
        ['+l', '5'],
      ],
    ],
    [
      2,
      [
        ['+oi-v', 'ann', 'bob'],
        ['+l', '5'],
      ],
    ],
    [3, [['+oi-v+l', 'ann', 'bob', '5']]],
  ])('at most %i parameters a message', (max, messages) => {
    expect(formatModes(changes, max)).toEqual(messages)
    expect(formatModes(changes, max).flatMap((params) => parseModes(params, kinds))).toEqual(changes)
  })

  it('no changes are no messages', () => {
    expect(formatModes([])).toEqual([])
  })
})

describe('Isupport', () => {
  it('has the defaults of old servers until told otherwise', () => {
    const support = new Isupport()
    expect(support.casemapping).toBe('rfc1459')
    expect(support.channelTypes).toBe('#&')
    expect(support.prefixes).toBe('@+')
    expect(support.modes.member).toBe('ov')
    expect(support.maxLength).toBe(512)
    expect(support.maxNickLength).toBe(9)
  })

  it('reads tokens, escapes, and their withdrawal', () => {
    const support = new Isupport()
    support.apply([
      'NETWORK=Plain\\x20Wire',
      'PREFIX=(qo)~@',
      'CHANMODES=b,k,l,imnst',
      'CHANTYPES=#',
      'casemapping=ascii',
      'EXCEPTS',
    ])
    support.apply(['NICKLEN=32', 'TARGMAX=PRIVMSG:4,NAMES:,KICK:x', 'LINELEN=2048', '-EXCEPTS', '', '=', '-'])
    expect(support.get('NETWORK')).toBe('Plain Wire')
    expect(support.prefixes).toBe('~@')
    expect(support.modes).toEqual({ list: 'b', always: 'k', whenSet: 'l', never: 'imnst', member: 'qo' })
    expect([support.isChannel('#a'), support.isChannel('&a'), support.isChannel('')]).toEqual([true, false, false])
    expect(support.casemapping).toBe('ascii')
    expect(support.has('EXCEPTS')).toBe(false)
    expect(support.maxNickLength).toBe(32)
    expect(support.maxLength).toBe(2048)
  })

  it('an empty PREFIX means that there are no ranks', () => {
    const support = new Isupport()
    support.apply(['PREFIX='])
    expect([support.prefixes, support.modes.member]).toEqual(['', ''])
  })

  it('what formatIsupport writes reads back', () => {
    const messages = formatIsupport({ NETWORK: 'Plain Wire', NICKLEN: 30, UTF8ONLY: true, PATH: 'a\\b' }, 3)
    expect(messages).toEqual([['NETWORK=Plain\\x20Wire', 'NICKLEN=30', 'UTF8ONLY'], ['PATH=a\\x5Cb']])
    const support = new Isupport()
    for (const tokens of messages) support.apply(tokens)
    expect(Object.fromEntries(support.entries())).toEqual({
      NETWORK: 'Plain Wire',
      NICKLEN: '30',
      UTF8ONLY: '',
      PATH: 'a\\b',
    })
  })
})
