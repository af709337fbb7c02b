/**
 * The environment of a CGI script: the meta-variables of RFC 3875 §4.1 and nothing of the server's own environment but
 * what `inherited` names.
 */
import type { Address } from '@plainwire/socket-server'

/** What the meta-variables are made of. */
export interface CgiRequest {
  readonly method: string
  /** the request-target as sent */
  readonly target: string
  readonly query: string
  /** host and port that the client addressed, may be empty */
  readonly authority: string
  readonly versionMinor: number
  readonly secure: boolean
  readonly remote: Address
  readonly local: Address
  readonly fields: Iterable<readonly [name: string, value: string]>
  /** octets of content, `undefined` when there is none */
  readonly contentLength: number | undefined
  /** who has been let in by name and password */
  readonly user: string | undefined
  /** decoded path of the script: `/cgi-bin/hello.py` */
  readonly scriptName: string
  /** the script's place on the disk */
  readonly scriptFile: string
  /** decoded path after the script, `''` when there is none */
  readonly pathInfo: string
  /** the root of the site on the disk */
  readonly root: string
}

/**
 * Fields that do not become `HTTP_…` variables: those that have a variable of their own, secrets, those that are between
 * the client and this server only, and `Proxy`, which would become the `HTTP_PROXY` that many programs obey (httpoxy).
 */
const withheld = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'keep-alive',
  'proxy',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Makes the environment.
 *
 * @param extra variables of the site's owner; they go before everything else
 * @see RFC 3875 §4.1
 */
export function cgiEnvironment(request: CgiRequest, extra: Readonly<Record<string, string>>): Record<string, string> {
  const { authority, secure } = request
  const local = endOf(request.local)
  const remote = endOf(request.remote)
  const environment: Record<string, string> = {
    ...inherited(),
    ...fieldVariables(request.fields),
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: 'Plainwire',
    SERVER_PROTOCOL: `HTTP/1.${request.versionMinor}`,
    SERVER_NAME: hostOf(authority) || local.host,
    SERVER_PORT: String(local.port || (secure ? 443 : 80)),
    REQUEST_METHOD: request.method,
    QUERY_STRING: request.query,
    SCRIPT_NAME: request.scriptName,
    REMOTE_ADDR: remote.host,
    REMOTE_HOST: remote.host,
    // Not in the RFC, but what Apache sends and scripts rely on; php-cgi refuses to run without REDIRECT_STATUS.
    REMOTE_PORT: String(remote.port),
    REQUEST_URI: request.target,
    REQUEST_SCHEME: secure ? 'https' : 'http',
    DOCUMENT_ROOT: request.root,
    SCRIPT_FILENAME: request.scriptFile,
    REDIRECT_STATUS: '200',
  }
  // The Host that came with an absolute target is nobody's (RFC 9112 §3.2.2), and a script makes links of it.
  if (authority !== '') environment.HTTP_HOST = authority
  if (secure) environment.HTTPS = 'on'
  if (request.pathInfo !== '') {
    environment.PATH_INFO = request.pathInfo
    environment.PATH_TRANSLATED = (request.root === '/' ? '' : request.root) + request.pathInfo
  }
  if (request.contentLength !== undefined) environment.CONTENT_LENGTH = String(request.contentLength)
  if (request.user !== undefined) {
    environment.AUTH_TYPE = 'Basic'
    environment.REMOTE_USER = request.user
  }
  return { ...environment, ...extra }
}

/** What a program needs to run at all. No variable of the server's reaches a script by accident. */
function inherited(): Record<string, string> {
  const kept: Record<string, string> = { PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin' }
  for (const name of ['LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'SystemRoot', 'PATHEXT']) {
    const value = process.env[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

/** `Accept-Language: de` → `HTTP_ACCEPT_LANGUAGE=de`, and `CONTENT_TYPE`. */
function fieldVariables(fields: CgiRequest['fields']): Record<string, string> {
  const variables = new Map<string, string>()
  for (const [name, value] of fields) {
    const lower = name.toLowerCase()
    if (lower === 'content-type' && !variables.has('CONTENT_TYPE')) variables.set('CONTENT_TYPE', octets(value))
    // With an underscore `X_User` would be the same variable as `X-User`, which a proxy before us may have vouched for.
    if (withheld.has(lower) || !/^[a-z0-9-]+$/.test(lower)) continue
    const variable = `HTTP_${lower.toUpperCase().replaceAll('-', '_')}`
    const before = variables.get(variable)
    variables.set(
      variable,
      before === undefined ? octets(value) : before + (lower === 'cookie' ? '; ' : ', ') + octets(value),
    )
  }
  return Object.fromEntries(variables)
}

/** A field value holds octets as latin1; the system gives a script UTF-8. So that the octets arrive, they are read as such. */
function octets(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}

/** Host and port of an end; on a Unix socket both ends are this machine. */
function endOf(address: Address): { host: string; port: number } {
  return 'host' in address ? { host: address.host, port: address.port } : { host: '127.0.0.1', port: 0 }
}

/** The host of `host:port`, with the brackets of an IPv6 literal (RFC 3875 §4.1.14). */
function hostOf(authority: string): string {
  return /^(?:\[[^\]]*\]|[^:]*)/.exec(authority)![0]
}
