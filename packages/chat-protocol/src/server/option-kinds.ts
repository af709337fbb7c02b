import type { ChatServerOptions } from './options.js'

type Kind = 'string' | 'number' | 'object' | 'array' | 'function' | 'false or object'

/** What each option of `serveChat` is, before anybody looks into it. */
const KINDS: Readonly<Record<keyof ChatServerOptions, Kind>> = {
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
  warn: 'function',
}

/**
 * Looks at the names and kinds of options; what is `undefined` counts as absent.
 *
 * @throws TypeError for an unknown one, as it is a slip that would go unnoticed, and for one of another kind
 */
export function checkKinds(options: object): void {
  for (const [key, value] of Object.entries(options)) {
    const kind = Object.hasOwn(KINDS, key) ? KINDS[key as keyof typeof KINDS] : undefined
    if (kind === undefined) throw new TypeError(`${key}: there is no such option`)
    if (value !== undefined && !isKind(value, kind)) throw new TypeError(`${key}: must be ${kind}`)
  }
  for (const entry of (options as ChatServerOptions).listeners ?? []) {
    if (!isKind(entry, 'object')) throw new TypeError('listeners: each is an object')
    const { port, path } = entry as { port?: unknown; path?: unknown }
    if (typeof port !== 'number' && typeof path !== 'string') {
      throw new TypeError('listeners: each needs a port or a path')
    }
  }
}

function isKind(value: unknown, kind: Kind): boolean {
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
