import { describe, expect, it } from 'vitest'
import { addressOctets, addressRange, isBanMask, ServerBans } from '../src/engine/bans.js'
import { Publication } from '../src/engine/event.js'
import { Identity } from '../src/engine/identity.js'
import { listEntry } from '../src/engine/list-entry.js'
import { isChannelName, isNick } from '../src/engine/names.js'
import { WhowasLog } from '../src/engine/whowas.js'
import { CAP, CAPABILITIES, requested } from '../src/session/capabilities.js'
import { TokenBucket } from '../src/session/flood.js'
import { verbs } from '../src/session/verbs.js'
import { formFor, TEXT } from '../src/session/wire.js'

const ann = new Identity('ann', '~ann', 'host.example', 'Ann')
const viewer = { server: 'chat.example' }

describe('fan-out', () => {
  const message = (text: string): Publication =>
    new Publication(
      { type: 'message', kind: 'privmsg', from: ann, target: '#tea', rank: 0, text, tags: { typing: 'done' } },
      0,
      'id1',
    )

  it('writes an event once for each profile and shares the octets', () => {
    const publication = message('hello')
    const profiles = [0, CAP.serverTime, CAP.messageTags | CAP.serverTime, TEXT]
    const forms = profiles.map((profile) => formFor(publication, profile, viewer))
    for (let i = 0; i < 50; i++)
      for (const [k, profile] of profiles.entries()) {
        expect(formFor(publication, profile, viewer)).toBe(forms[k])
      }
    expect(publication.forms).toHaveLength(profiles.length)
    expect(forms).toEqual([
      ':ann!~ann@host.example PRIVMSG #tea :hello\r\n',
      '@time=1970-01-01T00:00:00.000Z :ann!~ann@host.example PRIVMSG #tea :hello\r\n',
      '@time=1970-01-01T00:00:00.000Z;msgid=id1;+typing=done :ann!~ann@host.example PRIVMSG #tea :hello\r\n',
      ':ann!~ann@host.example PRIVMSG #tea :hello\n',
    ])
  })

  it('holds octets as one character each, so that they are written without being encoded again', () => {
    const octets = formFor(message('ö☃👋'), 0, viewer)
    expect(Buffer.from(octets, 'latin1').toString()).toBe(':ann!~ann@host.example PRIVMSG #tea :ö☃👋\r\n')
    expect(formFor(message('ö☃👋'), TEXT, viewer)).toBe(':ann!~ann@host.example PRIVMSG #tea :ö☃👋\n')
  })
})

describe('a token bucket of 3 that gains 1 a second', () => {
  const budget = { capacity: 3, refillPerSecond: 1, maxInboxSize: 100 }
  it.each([
    [
      'lets three through at once and not a fourth',
      [
        [1, 0],
        [1, 0],
        [1, 0],
        [1, 0],
      ],
      [true, true, true, false],
    ],
    [
      'has one more after a second',
      [
        [3, 0],
        [1, 999],
        [1, 1000],
        [1, 1000],
      ],
      [true, false, true, false],
    ],
    [
      'never holds more than three',
      [
        [1, 0],
        [3, 60_000],
        [1, 60_000],
      ],
      [true, true, false],
    ],
    [
      'lets a dear command through when it is full',
      [
        [8, 0],
        [1, 1000],
        [1, 6000],
      ],
      [true, false, true],
    ],
    [
      'does not gain when the clock goes back',
      [
        [3, 5000],
        [1, 0],
        [1, 500],
      ],
      [true, false, false],
    ],
  ] as [string, [number, number][], boolean[]][])('%s', (_what, takes, results) => {
    const bucket = new TokenBucket(budget, 0)
    expect(takes.map(([cost, now]) => bucket.take(cost, now))).toEqual(results)
  })
})

describe('names', () => {
  it.each([
    ['ann', true],
    ['Ann[1]', true],
    ['_', true],
    ['a-b', true],
    ['1ann', false],
    ['-a', false],
    ['', false],
    ['a b', false],
    ['änn', false],
    ['a!b', false],
    ['a@b', false],
    ['#a', false],
    [':a', false],
    ['a'.repeat(32), true],
    ['a'.repeat(33), false],
  ])('is %j a nick? %s', (nick, is) => expect(isNick(nick, 32)).toBe(is))

  it.each([
    ['#tea', true],
    ['#', true],
    ['##c++', true],
    ['#čaj☕', true],
    ['tea', false],
    ['#a b', false],
    ['#a,b', false],
    ['#a:b', false],
    ['#a\x07', false],
    ['#a\u00a0b', false],
    ['#a\u200bb', false],
    ['#a\u202eb', false],
    [`#${'é'.repeat(31)}`, true],
    [`#${'é'.repeat(32)}`, false],
  ])('is %j a channel? %s', (name, is) => expect(isChannelName(name, 64)).toBe(is))
})

describe('a line of a mask list', () => {
  it.each([
    ['ann', 'ann!*@*', true],
    ['*@host.example', '*!*@host.example', true],
    ['host.example', '*!*@host.example', true],
    ['bob!*@*', 'bob!*@*', false],
    ['ANN!*@*', 'ANN!*@*', true],
    ['a?n', 'a?n!*@*', true],
    ['m:ann', 'm:ann!*@*', true],
  ])('%s is %s and covers ann: %s', (text, mask, covers) => {
    const entry = listEntry(text, 'ban', 'op', 0)!
    expect([entry.mask, entry.covers(ann)]).toEqual([mask, covers])
  })
  it.each(['', 'a b', 'a\tb', 'x'.repeat(201)])('%j is none', (text) =>
    expect(listEntry(text, 'ban', 'op', 0)).toBeUndefined(),
  )
})

describe('addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1'],
    ['::', Array(16).fill(0).join('.')],
    ['1:2:3:4:5:6:7:8', '0.1.0.2.0.3.0.4.0.5.0.6.0.7.0.8'],
    ['192.0.2.256', undefined],
    ['1:2:3', undefined],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['', undefined],
    ['g::', undefined],
    ['192.0.2', undefined],
  ])('%s is %s', (text, octets) => expect(addressOctets(text)?.join('.')).toBe(octets))

  it.each([
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.0/23', '192.0.3.0', true],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['192.0.2.1/32', '192.0.2.1', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['192.0.2.0/24', '2001:db8::1', false],
    ['192.0.2.0/24', '', false],
  ])('%s covers %s: %s', (range, address, covers) => expect(addressRange(range)!(address)).toBe(covers))

  it.each(['192.0.2.0/33', '2001:db8::/129', '192.0.2.0', 'host/8', '/8'])('%s is no range', (text) =>
    expect(addressRange(text)).toBeUndefined(),
  )
})

describe('server bans', () => {
  const facts = { address: '192.0.2.7', realHost: 'real.example', secure: false }
  const ban = (mask: string, expires?: number) => ({ mask, reason: 'r', by: 'op', at: 0, expires })
  it.each([
    ['~ann@*', true],
    ['*@192.0.2.0/24', true],
    ['192.0.2.*', true],
    ['*@real.example', true],
    ['*@cloak', true],
    ['~bob@*', false],
    ['*@192.0.3.0/24', false],
  ])('%s covers: %s', (mask, covers) => {
    const bans = new ServerBans(10)
    bans.add(ban(mask))
    expect(bans.find('~ann', 'cloak', facts, 0) !== undefined).toBe(covers)
  })
  it.each([
    ['*@::1', '0::1', true],
    ['::1', '0::1', true],
    ['*@2001:DB8:0::1', '2001:db8::1', true],
    ['*@2001:db8::1', '2001:db8::2', false],
    ['*@::ffff:192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.70', false],
  ])('on the address %s cover %s, however it is spelled: %s', (mask, address, is) => {
    const bans = new ServerBans(10)
    bans.add(ban(mask))
    expect(bans.find('~ann', 'cloak', { ...facts, address, realHost: address }, 0) !== undefined).toBe(is)
  })
  it.each([
    ['*@::1', true],
    ['2001:db8::/32', true],
    ['*@2001:db8:*', true],
    ['~bob@local', true],
    [':1', false],
    ['*@1:2', false],
    ['*@192.0.2.0/33', false],
    ['bob@', false],
  ])('is %s a mask? %s', (mask, is) => expect(isBanMask(mask)).toBe(is))
  it('end when their time has come', () => {
    const bans = new ServerBans(10)
    bans.add(ban('~ann@*', 1000))
    expect(bans.find('~ann', 'cloak', facts, 999)).toBeDefined()
    expect(bans.list(1000)).toEqual([])
    expect(bans.find('~ann', 'cloak', facts, 1000)).toBeUndefined()
  })
  it('are bounded, replaced by the same mask, and removed in any case', () => {
    const bans = new ServerBans(1)
    expect([bans.add(ban('a@b')), bans.add(ban('A@B')), bans.add(ban('c@d'))]).toEqual([true, true, false])
    expect([bans.remove('A@b'), bans.remove('A@b')]).toEqual([true, false])
  })
})

describe('WHOWAS', () => {
  it('remembers the newest first, bounded per nick and in all', () => {
    const log = new WhowasLog(4, 2)
    const add = (key: string, at: number): void => log.add(key, { identity: ann, realHost: '', address: '', at })
    for (let at = 0; at < 3; at++) add('ann', at)
    expect(log.find('ann', 0).map(({ at }) => at)).toEqual([2, 1])
    for (const key of ['b', 'c', 'd']) add(key, 9)
    expect(log.find('ann', 0).map(({ at }) => at)).toEqual([2])
    expect(log.find('nobody', 0)).toEqual([])
  })
})

describe('the tables', () => {
  it('every capability has a bit of its own, and a request is granted whole or not at all', () => {
    expect(new Set(CAPABILITIES.map(([, bit]) => bit)).size).toBe(Object.keys(CAP).length)
    expect(CAPABILITIES.length).toBe(Object.keys(CAP).length)
    expect(requested(0, 'batch  echo-message')).toBe(CAP.batch | CAP.echoMessage)
    expect(requested(CAP.batch, '-batch')).toBe(0)
    expect(requested(0, 'batch nothing')).toBeUndefined()
  })
  it('every command costs something or ends or answers something, and has a help that starts with its name', () => {
    for (const [name, verb] of verbs) {
      expect(verb.help.startsWith(name)).toBe(true)
      expect(verb.cost > 0 || ['PONG', 'QUIT'].includes(name)).toBe(true)
    }
  })
})
