import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ChatServerOptions, Listener } from './options.js'

/** What a configuration may hold: the options of `serveChat` that are data, with TLS certificates by file name. */
const KEYS: Readonly<
  Record<Exclude<keyof ChatServerOptions, 'warn'>, 'string' | 'number' | 'object' | 'array' | 'false or object'>
> = {
  name: 'string',
  network: 'string',
  description: 'string',
  motd: 'array',
  admin: 'array',
  listeners: 'array',
  password: 'string',
  operators: 'array',
  flood: 'false or object',
  connectionLimits: 'false or object',
  cloak: 'false or object',
  limits: 'object',
  defaultChannelFlags: 'array',
  defaultUserModes: 'array',
  history: 'object',
  timeouts: 'object',
  maxSendQueue: 'number',
}

/**
 * Reads a JSON configuration: the options of `serveChat`, where a listener's `tls` is `{ "cert": file, "key": file }`.
 * An unknown key is an error, as it is a slip that would go unnoticed; `serveChat` looks at those of single options.
 *
 * @param file path of the file; certificates are found relative to it
 * @throws TypeError with the key that is wrong
 * @throws SyntaxError when the file is not JSON
 */
export function readConfig(file: string): ChatServerOptions {
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new TypeError('a configuration is an object')
  const config = json as Record<string, unknown>
  for (const [key, value] of Object.entries(config)) {
    const kind = KEYS[key as keyof typeof KEYS]
    if (kind === undefined) throw new TypeError(`${key}: there is no such option`)
    if (!isKind(value, kind)) throw new TypeError(`${key}: must be ${kind}`)
  }
  const folder = dirname(resolve(file))
  const listeners = (config.listeners as Record<string, unknown>[] | undefined)?.map((entry) => listener(entry, folder))
  return { ...(config as ChatServerOptions), ...(listeners === undefined ? {} : { listeners }) }
}

function isKind(value: unknown, kind: (typeof KEYS)[keyof typeof KEYS]): boolean {
  switch (kind) {
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'false or object':
      return value === false || isKind(value, 'object')
    default:
      return typeof value === kind
  }
}

function listener(entry: unknown, folder: string): Listener {
  if (!isKind(entry, 'object')) throw new TypeError('listeners: each is an object')
  const { tls, ...rest } = entry as { tls?: { cert?: unknown; key?: unknown } | null }
  const where = rest as { port?: unknown; path?: unknown }
  const unknown = Object.keys(rest).find((key) => !['host', 'port', 'path', 'mode'].includes(key))
  if (unknown !== undefined) throw new TypeError(`listeners: ${unknown}: there is no such option`)
  if (typeof where.port !== 'number' && typeof where.path !== 'string') {
    throw new TypeError('listeners: each needs a port or a path')
  }
  if (tls === undefined) return rest as Listener
  if (tls === null || !isKind(tls, 'object') || typeof tls.cert !== 'string' || typeof tls.key !== 'string')
    throw new TypeError('listeners: tls needs cert and key')
  return {
    ...rest,
    tls: { cert: readFileSync(resolve(folder, tls.cert)), key: readFileSync(resolve(folder, tls.key)) },
  } as Listener
}
