import type { ServerRequest } from '../message.js'
import { checkList, checkOrigin, checkString } from '../option-checks.js'
import { areExtensions } from './extensions.js'

/** Which pages may open a WebSocket here; requests without Origin come from no browser and are always let in. */
export type OriginPolicy = 'same' | 'any' | readonly string[] | ((origin: string, request: ServerRequest) => boolean)

/** Why a handshake is refused: a status and a sentence for the client. */
export interface Refusal {
  /** 400, 403, 405 or 426. */
  readonly status: number
  /** The sentence. */
  readonly detail: string
}

/** Sixteen octets in base64: 22 characters of which the last has four bits only, and two pads. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/
const TOKEN_LIST = /^[\t ]*[!#$%&'*+\-.^_`|~\w]+[\t ]*(?:,[\t ]*[!#$%&'*+\-.^_`|~\w]+[\t ]*)*$/

/** What is wrong with an opening handshake, `undefined` if nothing is. @see RFC 6455 §4.2.1, §4.4 */
export function checkHandshake(request: ServerRequest, origins: OriginPolicy): Refusal | undefined {
  const { fields } = request
  if (request.method !== 'GET') return { status: 405, detail: 'A WebSocket is opened with GET.' }
  if (request.versionMinor < 1) return { status: 400, detail: 'A WebSocket is opened with HTTP/1.1.' }
  if (request.authority === '') return { status: 400, detail: 'The handshake has no Host.' }
  const version = fields.getAll('sec-websocket-version')
  if (version.length !== 1 || version[0] !== '13') {
    return { status: 426, detail: 'This server speaks version 13 of the WebSocket protocol.' }
  }
  const key = fields.getAll('sec-websocket-key')
  if (key.length !== 1 || !KEY.test(key[0]!)) {
    return { status: 400, detail: 'Sec-WebSocket-Key is not sixteen octets in base64.' }
  }
  const protocols = fields.get('sec-websocket-protocol')
  if (protocols !== undefined && !(TOKEN_LIST.test(protocols) && areDistinct(tokensOf(protocols)))) {
    return { status: 400, detail: 'Sec-WebSocket-Protocol is no list of distinct tokens.' }
  }
  if (!areExtensions(fields.get('sec-websocket-extensions') ?? '')) {
    return { status: 400, detail: 'Sec-WebSocket-Extensions is no list of extensions.' }
  }
  if (!isOriginAllowed(request, origins)) {
    return { status: 403, detail: 'Pages of that origin may not open a WebSocket here.' }
  }
  return undefined
}

/** @throws TypeError for a policy that is none: in a string, `includes` would find parts of an origin */
export function checkOrigins(origins: OriginPolicy): void {
  if (origins === 'same' || origins === 'any' || typeof origins === 'function') return
  for (const origin of checkList('origins', origins)) checkOrigin('origins', origin)
}

/** @throws TypeError for a list that is none, or names that no client can offer (RFC 6455 §4.1) */
export function checkProtocols(protocols: readonly string[]): void {
  for (const protocol of checkList('protocols', protocols)) {
    if (!TOKEN.test(checkString('protocols', protocol)))
      throw new TypeError(`A subprotocol is a token, not ${JSON.stringify(protocol)}`)
  }
}

/** The subprotocols a client offers, in its order of preference. */
export function offeredProtocols(request: ServerRequest): string[] {
  return tokensOf(request.fields.get('sec-websocket-protocol') ?? '')
}

function tokensOf(list: string): string[] {
  return list
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '')
}

function areDistinct(tokens: string[]): boolean {
  return new Set(tokens).size === tokens.length
}

/**
 * Browsers let any page open a WebSocket to any server, with the user's cookies (RFC 6455 §10.2): unless told otherwise,
 * only pages that this server gave out itself may.
 */
function isOriginAllowed(request: ServerRequest, origins: OriginPolicy): boolean {
  const lines = request.fields.getAll('origin')
  if (lines.length === 0 || origins === 'any') return true
  if (lines.length > 1) return false
  const origin = lines[0]!
  if (typeof origins === 'function') return origins(origin, request)
  if (origins === 'same') return origin.toLowerCase() === `${request.scheme}://${request.authority}`.toLowerCase()
  return origins.includes(origin)
}
