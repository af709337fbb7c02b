import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress, SOCKET_ERRORS, SocketError } from '../src/index.js'

describe('address strings', () => {
  it.each([
    ['tcp://127.0.0.1:7', { secure: false, host: '127.0.0.1', port: 7 }],
    ['tcp://localhost:0', { secure: false, host: 'localhost', port: 0 }],
    ['tls://irc.example.org:6697', { secure: true, host: 'irc.example.org', port: 6697 }],
    ['tcp://[::1]:65535', { secure: false, host: '::1', port: 65_535 }],
    ['tcp://[fe80::1%eth0]:7', { secure: false, host: 'fe80::1%eth0', port: 7 }],
    ['tcp://:80', { secure: false, port: 80 }],
    ['tcp://host:80/', { secure: false, host: 'host', port: 80 }],
    ['unix:/run/x.sock', { secure: false, path: '/run/x.sock' }],
    ['unix:///run/x.sock', { secure: false, path: '/run/x.sock' }],
    ['unix:relative.sock', { secure: false, path: 'relative.sock' }],
  ])('%s is read', (text, expected) => {
    expect(parseAddress(text)).toEqual(expected)
  })

  it.each([
    '',
    'tcp://host',
    'host:80',
    'http://host:80',
    'tcp://::1:80',
    'tcp://host:80/path',
    'tcp://user@host:80',
    'unix:',
    'unix:a\0b',
    'tcp://ho st:80',
    `tcp://${'x'.repeat(10_000)}`,
  ])('%j is refused', (text) => {
    expect(() => parseAddress(text)).toThrow(TypeError)
  })

  it('a port above 65535 is out of range', () => {
    expect(() => parseAddress('tcp://host:65536')).toThrow(RangeError)
  })

  it.each(['tcp://127.0.0.1:7', 'tls://irc.example.org:6697', 'tcp://[::1]:1', 'unix:/run/x.sock'])(
    '%s is written as it is read',
    (text) => {
      const { secure, ...address } = parseAddress(text)
      expect(formatAddress(address, secure)).toBe(text)
    },
  )
})

describe('SocketError', () => {
  it('has a sentence for every code, and keeps its cause', () => {
    for (const code of Object.keys(SOCKET_ERRORS) as (keyof typeof SOCKET_ERRORS)[]) {
      const error = new SocketError(code, undefined, { cause: 1 })
      expect(error).toMatchObject({ name: 'SocketError', code, cause: 1, message: SOCKET_ERRORS[code] })
      expect(code).toMatch(/^SOCKET_ERR_[A-Z_]+$/)
    }
  })
})
