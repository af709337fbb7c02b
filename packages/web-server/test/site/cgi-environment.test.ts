import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CgiRequest, cgiEnvironment } from '../../src/site/cgi-environment.js'

const address = { family: 'IPv4', host: '192.0.2.7', port: 40_000 } as const
const request: CgiRequest = {
  method: 'POST',
  target: '/cgi-bin/form.py/a%20b?x=1&y=%20',
  query: 'x=1&y=%20',
  authority: 'example.org:8080',
  versionMinor: 1,
  secure: false,
  remote: address,
  local: { ...address, host: '192.0.2.1', port: 8080 },
  fields: [
    ['Host', 'example.org:8080'],
    ['Content-Type', 'text/plain'],
    ['Content-Length', '5'],
    ['Accept', 'a/b'],
    ['accept', 'c/d'],
    ['Cookie', 'a=1'],
    ['Cookie', 'b=2'],
    ['Proxy', 'http://evil.example'],
    ['Authorization', 'Basic c2VjcmV0'],
    ['Proxy-Authorization', 'Basic c2VjcmV0'],
    ['X_User', 'admin'],
    ['Connection', 'keep-alive'],
    ['Transfer-Encoding', 'chunked'],
    ['X-Name', 'Ã¼'],
    ['X-Latin', 'ü'],
    ["X!#$'", '1'],
  ],
  contentLength: 5,
  user: undefined,
  scriptName: '/cgi-bin/form.py',
  scriptFile: '/srv/www/cgi-bin/form.py',
  pathInfo: '/a b',
  root: '/srv/www',
}

describe('the environment of a script', () => {
  beforeEach(() => {
    process.env.PLAINWIRE_SECRET = 'token'
  })
  afterEach(() => {
    delete process.env.PLAINWIRE_SECRET
  })

  it('has the host of an absolute target, and of no Host beside it', () => {
    const absolute = { ...request, target: 'http://a.example/x', authority: 'a.example' }
    expect(cgiEnvironment(absolute, {})).toMatchObject({ HTTP_HOST: 'a.example', SERVER_NAME: 'a.example' })
    expect(cgiEnvironment(request, {})).toMatchObject({ HTTP_HOST: 'example.org:8080' })
    expect(cgiEnvironment({ ...request, authority: '', fields: [] }, {}).HTTP_HOST).toBeUndefined()
  })

  it('has every meta-variable of RFC 3875 §4.1', () => {
    expect(cgiEnvironment({ ...request, user: 'ada' }, {})).toMatchObject({
      AUTH_TYPE: 'Basic',
      CONTENT_LENGTH: '5',
      CONTENT_TYPE: 'text/plain',
      GATEWAY_INTERFACE: 'CGI/1.1',
      PATH_INFO: '/a b',
      PATH_TRANSLATED: '/srv/www/a b',
      QUERY_STRING: 'x=1&y=%20',
      REMOTE_ADDR: '192.0.2.7',
      REMOTE_HOST: '192.0.2.7',
      REMOTE_USER: 'ada',
      REQUEST_METHOD: 'POST',
      SCRIPT_NAME: '/cgi-bin/form.py',
      SERVER_NAME: 'example.org',
      SERVER_PORT: '8080',
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_SOFTWARE: 'Plainwire',
      SCRIPT_FILENAME: '/srv/www/cgi-bin/form.py',
      DOCUMENT_ROOT: '/srv/www',
      REDIRECT_STATUS: '200',
      REQUEST_URI: '/cgi-bin/form.py/a%20b?x=1&y=%20',
    })
  })

  it('has the fields of the request, joined, as UTF-8 where they are', () => {
    expect(cgiEnvironment(request, {})).toMatchObject({
      HTTP_HOST: 'example.org:8080',
      HTTP_ACCEPT: 'a/b, c/d',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_X_NAME: 'ü',
      HTTP_X_LATIN: 'ü',
    })
  })

  it('has nothing that is secret, ambiguous, of the connection, or obeyed by other programs', () => {
    const names = Object.keys(cgiEnvironment(request, {}))
    for (const name of [
      'HTTP_PROXY',
      'HTTP_AUTHORIZATION',
      'HTTP_PROXY_AUTHORIZATION',
      'HTTP_X_USER',
      'HTTP_CONNECTION',
      'HTTP_TRANSFER_ENCODING',
      'HTTP_CONTENT_LENGTH',
      'HTTP_CONTENT_TYPE',
      'PLAINWIRE_SECRET',
      'NODE_OPTIONS',
    ]) {
      expect(names).not.toContain(name)
    }
    expect(names.every((name) => /^[A-Za-z0-9_]+$/.test(name))).toBe(true)
  })

  it('leaves away what is not there', () => {
    const environment = cgiEnvironment({ ...request, contentLength: undefined, pathInfo: '', fields: [] }, {})
    for (const name of [
      'CONTENT_LENGTH',
      'CONTENT_TYPE',
      'PATH_INFO',
      'PATH_TRANSLATED',
      'AUTH_TYPE',
      'REMOTE_USER',
      'HTTPS',
    ]) {
      expect(environment).not.toHaveProperty(name)
    }
    expect(environment.QUERY_STRING).toBe('x=1&y=%20')
  })

  it('knows an encrypted connection, an IPv6 host, and a Unix socket', () => {
    const unix = { family: 'unix', path: '/run/x' } as const
    expect(cgiEnvironment({ ...request, secure: true, authority: '[::1]:8443' }, {})).toMatchObject({
      HTTPS: 'on',
      REQUEST_SCHEME: 'https',
      SERVER_NAME: '[::1]',
    })
    expect(cgiEnvironment({ ...request, authority: '', remote: unix, local: unix }, {})).toMatchObject({
      SERVER_NAME: '127.0.0.1',
      SERVER_PORT: '80',
      REMOTE_ADDR: '127.0.0.1',
    })
  })

  it('lets the owner of the site have the last word', () => {
    expect(cgiEnvironment(request, { PATH: '/opt/bin', APP: '1' })).toMatchObject({ PATH: '/opt/bin', APP: '1' })
  })
})
