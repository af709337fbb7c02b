import { describe, expect, it } from 'vitest'
import {
  completeMask,
  ERR,
  fold,
  formatMask,
  isHostname,
  matchMask,
  numericName,
  parseCasemapping,
  parseMask,
  RPL,
} from '../src/index.js'

// Covers the public `userhost-split` vectors: 7 sources.
describe('parseMask', () => {
  it.each([
    ['a nick alone', 'ann', ['ann', '', '']],
    ['nick, user and host', 'ann!a@10.0.0.9', ['ann', 'a', '10.0.0.9']],
    ['a user name keeps its tilde', 'ann!~a@home', ['ann', '~a', 'home']],
    ['nick and host', 'ann@10.0.0.9', ['ann', '', '10.0.0.9']],
    ['nick and user', 'ann!a', ['ann', 'a', '']],
    ['colour codes are part of the host', 'ann!a@ho\x034st\x03', ['ann', 'a', 'ho\x034st\x03']],
    ['bold and reset are part of the host', 'ann!~a@h\x02o\x0309s\x0ft', ['ann', '~a', 'h\x02o\x0309s\x0ft']],
    ['a server has only a name', 'irc.test', ['irc.test', '', '']],
    ['the last @ starts the host', 'ann!a@b@host', ['ann', 'a@b', 'host']],
    ['the first ! starts the user', 'ann!a!b@host', ['ann', 'a!b', 'host']],
    ['nothing is nobody', '', ['', '', '']],
  ])('%s: %s', (_, text, [nick, user, host]) => {
    expect(parseMask(text)).toEqual({ nick, user, host })
    expect(formatMask(parseMask(text))).toBe(text)
  })
})

describe('completeMask', () => {
  it.each([
    ['ann', 'ann!*@*'],
    ['a@host', '*!a@host'],
    ['host.test', '*!*@host.test'],
    ['2001:db8::1', '*!*@2001:db8::1'],
    ['ann!a', 'ann!a@*'],
    ['ann!a@host', 'ann!a@host'],
    ['!@', '*!*@*'],
    ['@host', '*!*@host'],
    ['', '*!*@*'],
  ])('%s is %s', (text, mask) => {
    expect(completeMask(text)).toBe(mask)
  })
})

// Covers the public `mask-match` vectors: 6 masks, 26 names, in names of our own.
describe('matchMask', () => {
  it.each<[mask: string, matches: string[], fails: string[]]>([
    ['*@10.0.0.1', ['ann!a@10.0.0.1', 'b0b!~bo@10.0.0.1'], ['ann!a@10.0.0.7', 'b0b!~o@11.0.0.1']],
    [
      'ann*@*',
      ['anna!a@10.0.0.1', 'annb0!~bc@10.0.0.1', 'ann132!ab@host.test'],
      ['enna!a@10.0.0.7', 'aannb0!~d@11.0.0.1'],
    ],
    [
      'ann!*@*',
      ['ann!bobab@10.0.0.1', 'ann!~bobbc@10.0.0.1', 'ann!132ab@host.test'],
      ['annbob!ab@10.0.0.1', 'annb0b!~bc@10.0.0.1', 'enna!ab@10.0.0.7', 'aannb0b!~d@11.0.0.1'],
    ],
    ['ann!?user@*', ['ann!auser@10.0.0.1', 'ann!~user@10.0.0.1'], ['ann!user@10.0.0.1']],
    ['ann!a?*@*', ['ann!ab@10.0.0.1', 'ann!abc@10.0.0.1'], ['ann!a@10.0.0.1']],
    ['ann[bob]!*@*', ['ann[bob]!b@10.0.0.1', 'ann[bob]!a@host.test'], ['annb!ab@10.0.0.1', 'ann[!ac@10.0.1.1']],
    // Beyond the vectors.
    ['*', ['', 'ann'], []],
    ['', [''], ['a']],
    ['?', ['a', '👋', 'é'], ['', 'ab']],
    ['a*b*c', ['abc', 'aXbXc', 'abbcc'], ['ab', 'acb']],
    ['\\*', ['\\', '\\x'], ['*']],
    ['ANN!*@HOST', ['ann!a@host', 'Ann!a@Host'], []],
  ])('%s matches %j and not %j', (mask, matches, fails) => {
    for (const name of matches) expect([name, matchMask(mask, name)]).toEqual([name, true])
    for (const name of fails) expect([name, matchMask(mask, name)]).toEqual([name, false])
  })

  it('folds as the server does', () => {
    expect(matchMask('ann[x]!*@*', 'ANN{X}!a@h', 'rfc1459')).toBe(true)
    expect(matchMask('ann[x]!*@*', 'ANN{X}!a@h', 'ascii')).toBe(false)
  })

  it('takes no longer than mask times name for the worst there is', () => {
    expect(matchMask('*a'.repeat(200), `${'a'.repeat(400)}b`)).toBe(false)
  })
})

// Covers the public `validate-hostname` vectors: 19 names.
describe('isHostname', () => {
  it.each([
    ['chat.host.test', true, 'labels with dots'],
    ['c.host.test', true, 'a label of one letter'],
    ['chat-srv.co.test', true, 'a hyphen inside'],
    ['CHaT.hOSt.TeST', true, 'any case'],
    ['abc.de123.co.test', true, 'digits inside'],
    ['123.co.test', true, 'a label of digits'],
    ['xn--strae-oqa.test', true, 'a name in Punycode'],
    ['services.', true, 'one label and a dot'],
    ['-a-.co.test', false, 'hyphens at both ends'],
    ['-a.co.test', false, 'a hyphen first'],
    ['_x._y.host.test', false, 'underscores'],
    ['chat', false, 'no dot: could be a nick'],
    ['test', false, 'a top-level domain'],
    ['', false, 'nothing'],
    [' ', false, 'a space'],
    ['host. test', false, 'a space after the dot'],
    ['ho st.test', false, 'a space inside'],
    [' host.test', false, 'a space before'],
    ['host.test ', false, 'a space after'],
    ['host..test', false, 'an empty label'],
    ['.host.test', false, 'a dot first'],
    ['host.test\n', false, 'a line break after'],
    [`${'a'.repeat(63)}.test`, true, 'a label of 63'],
    [`${'a'.repeat(64)}.test`, false, 'a label of 64'],
    [`${'a.'.repeat(126)}a`, true, '253 characters'],
    [`${'a.'.repeat(126)}ab`, false, '254 characters'],
  ])('%j is %s: %s', (host, valid) => {
    expect(isHostname(host)).toBe(valid)
  })
})

describe('fold', () => {
  it.each([
    ['ascii', 'Ann[\\]~', 'ann[\\]~'],
    ['rfc1459', 'Ann[\\]~', 'ann{|}^'],
    ['rfc1459-strict', 'Ann[\\]~', 'ann{|}~'],
    ['ascii', 'É\u0130\u212a', 'É\u0130\u212a'],
  ] as const)('%s folds %s to %s', (casemapping, name, folded) => {
    expect(fold(casemapping, name)).toBe(folded)
    expect(fold(casemapping, folded)).toBe(folded)
  })

  it.each([
    [undefined, 'rfc1459'],
    ['rfc1459', 'rfc1459'],
    ['strict-rfc1459', 'rfc1459-strict'],
    ['rfc1459-strict', 'rfc1459-strict'],
    ['ascii', 'ascii'],
    ['rfc7613', 'ascii'],
  ] as const)('CASEMAPPING=%s is %s', (value, casemapping) => {
    expect(parseCasemapping(value)).toBe(casemapping)
  })
})

describe('numerics', () => {
  it('have names both ways', () => {
    expect(RPL.WELCOME).toBe('001')
    expect(numericName('433')).toBe('ERR_NICKNAMEINUSE')
    expect(numericName('999')).toBeUndefined()
  })

  it('are three digits, and no two names share one', () => {
    const all = [...Object.values(RPL), ...Object.values(ERR)]
    expect(all.every((code) => /^\d{3}$/.test(code))).toBe(true)
    expect(new Set(all).size).toBe(all.length)
  })
})
