import { isHostname } from '../codec/mask.js'
import { byteLength } from '../codec/text.js'
import type { ChannelFlag, UserMode } from '../engine/mode.js'
import { DEFAULT_LIMITS, DEFAULT_SETTINGS, type EngineSettings } from '../engine/settings.js'
import { DEFAULT_FLOOD, type FloodBudget } from '../session/flood.js'
import { DEFAULT_TIMEOUTS, type SessionTimeouts } from '../session/timeouts.js'
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './admission.js'
import { checkKinds } from './option-kinds.js'
import type { ChatServerOptions, Listener, OperatorOptions } from './options.js'
import { isExpectable } from './passwords.js'

/** Options with every default filled in. */
export interface ServerPlan {
  readonly settings: Partial<EngineSettings>
  readonly listeners: readonly Listener[]
  readonly password: string | undefined
  readonly operators: readonly OperatorOptions[]
  readonly flood: false | FloodBudget
  readonly connectionLimits: ConnectionLimits
  readonly cloak: false | { readonly secret?: string }
  readonly history: NonNullable<ChatServerOptions['history']>
  readonly timeouts: SessionTimeouts
  readonly maxSendQueue: number
  readonly warn: (error: Error) => void
}

const CHANNEL_FLAGS: readonly ChannelFlag[] = [
  'inviteOnly',
  'moderated',
  'noCtcp',
  'noExternal',
  'secret',
  'topicLocked',
]
const USER_MODES: readonly UserMode[] = ['invisible', 'wallops', 'bot']

const NO_LIMITS: ConnectionLimits = {
  maxConnections: 0,
  maxPerAddress: 0,
  maxAttempts: 0,
  attemptTimeout: 60_000,
  exempt: [],
}

/** Fills in defaults. @throws TypeError for what cannot be used */
export function planOf(options: ChatServerOptions): ServerPlan {
  checkKinds(options)
  const name = options.name ?? DEFAULT_SETTINGS.name
  const network = options.network ?? DEFAULT_SETTINGS.network
  if (!isHostname(name) || name.length > 63) {
    throw new TypeError(
      `name: a server's name is a host name with a dot, at most 63 octets, not ${JSON.stringify(name)}`,
    )
  }
  if (!/^[^\s:,\x00-\x20]+$/.test(network) || byteLength(network) > 30) {
    throw new TypeError(`network: one word of at most 30 octets, not ${JSON.stringify(network)}`)
  }
  for (const text of options.motd ?? []) checkText('motd', text, 400)
  for (const text of options.admin ?? []) checkText('admin', text, 400)
  // It comes after the server's name twice, and a nick.
  checkText('description', options.description ?? '', 200)
  if (options.password !== undefined) checkPassword('password', options.password)
  for (const operator of options.operators ?? []) checkOperator(operator)
  checkNames('defaultChannelFlags', options.defaultChannelFlags, CHANNEL_FLAGS)
  checkNames('defaultUserModes', options.defaultUserModes, USER_MODES)
  const { maxSendQueue = 1024 * 1024, flood, connectionLimits, cloak } = options
  return {
    settings: {
      name,
      network,
      motd: options.motd ?? [],
      admin: options.admin ?? [],
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.defaultChannelFlags === undefined ? {} : { defaultChannelFlags: options.defaultChannelFlags }),
      ...(options.defaultUserModes === undefined ? {} : { defaultUserModes: options.defaultUserModes }),
      limits: { ...DEFAULT_LIMITS, ...checked('limits', options.limits, DEFAULT_LIMITS) },
    },
    listeners: options.listeners ?? [],
    password: options.password,
    operators: options.operators ?? [],
    flood: flood === false ? false : { ...DEFAULT_FLOOD, ...checked('flood', flood, DEFAULT_FLOOD) },
    connectionLimits:
      connectionLimits === false
        ? NO_LIMITS
        : { ...DEFAULT_CONNECTION_LIMITS, ...checked('connectionLimits', connectionLimits, NO_LIMITS) },
    cloak: cloak === false ? false : checked('cloak', cloak, { secret: '' }),
    history: checked('history', options.history, { maxEntriesPerRoom: 0, maxEntries: 0, maxAge: 0 }),
    timeouts: { ...DEFAULT_TIMEOUTS, ...checked('timeouts', options.timeouts, DEFAULT_TIMEOUTS) },
    ...checked('options', { maxSendQueue }, { maxSendQueue: 0 }),
    warn: options.warn ?? ((error) => process.emitWarning(error)),
  }
}

/**
 * What was given, if it has no other keys than `sample` and values of the same types.
 *
 * @throws TypeError for another key or type, and for a number below 0 or without end: a slip that would go unnoticed
 */
function checked<T extends object>(option: string, given: T | undefined, sample: Required<T>): T {
  for (const [key, value] of Object.entries(given ?? {})) {
    const usual: unknown = sample[key as keyof T]
    if (usual === undefined) throw new TypeError(`${option}.${key}: there is no such option`)
    const right = Array.isArray(usual) ? Array.isArray(value) : typeof value === typeof usual
    if (!right || (typeof value === 'number' && !(value >= 0 && value < Infinity)))
      throw new TypeError(`${option}.${key}: ${JSON.stringify(value)} is no such value`)
  }
  return given ?? ({} as T)
}

function checkOperator(operator: OperatorOptions): void {
  const { name, password, host } = checked('operators', operator, { name: '', password: '', host: '' })
  if (name === undefined || password === undefined) throw new TypeError('operators: each needs a name and a password')
  // 63 is what HOSTLEN says, and what the lines of the server have room for.
  if (host !== undefined && (!isHostname(host) || host.length > 63))
    throw new TypeError(`operators: ${JSON.stringify(host)} is no host name of at most 63 octets`)
  checkPassword(`operators: the password of ${name}`, password)
}

function checkPassword(option: string, password: string): void {
  if (!isExpectable(password)) throw new TypeError(`${option}: begins as a hash and is none; is the end missing?`)
}

/** A line of text, measured as it goes out: in octets. */
function checkText(option: string, text: unknown, maxOctets: number): void {
  if (typeof text !== 'string' || /[\r\n\0]/.test(text) || byteLength(text) > maxOctets)
    throw new TypeError(
      `${option}: a line of text is at most ${maxOctets} octets without line breaks, not ${JSON.stringify(text)}`,
    )
}

function checkNames(option: string, given: readonly string[] | undefined, names: readonly string[]): void {
  const wrong = given?.find((name) => !names.includes(name))
  if (wrong !== undefined) throw new TypeError(`${option}: ${wrong} is none of ${names.join(', ')}`)
}
