import type { ServeOptions } from '@plainwire/socket-server'
import { isHostname } from '../codec/mask.js'
import type { MemoryLogOptions } from '../engine/log.js'
import { DEFAULT_LIMITS, DEFAULT_SETTINGS, type EngineLimits, type EngineSettings } from '../engine/settings.js'
import { DEFAULT_FLOOD, type FloodBudget } from '../session/flood.js'
import { DEFAULT_TIMEOUTS, type SessionTimeouts } from '../session/session.js'
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './admission.js'

/** An address to listen on: TCP or TLS by port, or a Unix socket by path. */
export type Listener =
  | {
      /** Default `127.0.0.1`: who wants to be reached from outside says so. */
      readonly host?: string
      /** 0 lets the system choose. */
      readonly port: number
      /** As `tls.createServer` of Node takes it: certificate and key in PEM. */
      readonly tls?: NonNullable<ServeOptions['tls']>
    }
  | { readonly path: string; readonly mode?: number }

/** Somebody who may become operator with OPER. */
export interface OperatorOptions {
  /** As given to OPER. */
  readonly name: string
  /** As `hashPassword` gives it. */
  readonly password: string
  /** Host name shown instead of the cloak. */
  readonly host?: string
}

/** Options of `serveChat`. Sizes are octets, durations milliseconds. */
export interface ChatServerOptions {
  /** The server's name, a host name or another single word with a dot. Default `plainwire.local`. */
  readonly name?: string
  /** The network's name, one word. Default `Plainwire`. */
  readonly network?: string
  /** One sentence about the server. */
  readonly description?: string
  /** Lines of the message of the day. Default none. */
  readonly motd?: readonly string[]
  /** Where, who, mail address: the three lines of ADMIN. Default none. */
  readonly admin?: readonly string[]
  /** Default: none, for a server that only has attached clients. */
  readonly listeners?: readonly Listener[]
  /** Password of the server, in the clear or as `hashPassword` gives it. Default none. */
  readonly password?: string
  /** Default none. */
  readonly operators?: readonly OperatorOptions[]
  /** Budget of commands; false switches flood control off. */
  readonly flood?: false | Partial<FloodBudget>
  /** Connections per address and in all; false switches the limits off. */
  readonly connectionLimits?: false | Partial<ConnectionLimits>
  /** Hides addresses; `secret` keeps cloaks the same over restarts. False shows addresses. Default: on, random secret. */
  readonly cloak?: false | { readonly secret?: string }
  /** Lengths and counts. */
  readonly limits?: Partial<EngineLimits>
  /** Channel switches of a new room. Default `noExternal`, `topicLocked`. */
  readonly defaultChannelFlags?: EngineSettings['defaultChannelFlags']
  /** Modes of a new user. Default none. */
  readonly defaultUserModes?: EngineSettings['defaultUserModes']
  /** Bounds of the history in memory. */
  readonly history?: Pick<MemoryLogOptions, 'maxEntriesPerRoom' | 'maxEntries' | 'maxAge'>
  /** Durations of a session. */
  readonly timeouts?: Partial<SessionTimeouts>
  /** Octets that may wait for one client before it is closed with "Send queue exceeded". Default 1 MiB. */
  readonly maxSendQueue?: number
}

/** Options with every default filled in. @internal */
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
}

const NO_LIMITS: ConnectionLimits = {
  maxConnections: 0,
  maxPerAddress: 0,
  maxAttempts: 0,
  attemptTimeout: 60_000,
  exempt: [],
}

/** Fills in defaults. @throws TypeError for what cannot be used @internal */
export function planOf(options: ChatServerOptions): ServerPlan {
  const name = options.name ?? DEFAULT_SETTINGS.name
  const network = options.network ?? DEFAULT_SETTINGS.network
  if (!isHostname(name) || name.length > 63) {
    throw new TypeError(
      `name: a server's name is a host name with a dot, at most 63 octets, not ${JSON.stringify(name)}`,
    )
  }
  if (!/^[^\s:,\x00-\x20]{1,30}$/.test(network)) {
    throw new TypeError(`network: one word of at most 30 octets, not ${JSON.stringify(network)}`)
  }
  const texts = [...(options.motd ?? []), ...(options.admin ?? []), options.description ?? '']
  const bad = texts.find((text) => /[\r\n\0]/.test(text) || text.length > 400)
  if (bad !== undefined)
    throw new TypeError(`a line of text is at most 400 characters without line breaks: ${JSON.stringify(bad)}`)
  for (const operator of options.operators ?? []) {
    if (operator.host !== undefined && !isHostname(operator.host)) {
      throw new TypeError(`operators: ${JSON.stringify(operator.host)} is no host name`)
    }
  }
  return {
    settings: {
      name,
      network,
      motd: options.motd ?? [],
      admin: options.admin ?? [],
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.defaultChannelFlags === undefined ? {} : { defaultChannelFlags: options.defaultChannelFlags }),
      ...(options.defaultUserModes === undefined ? {} : { defaultUserModes: options.defaultUserModes }),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
    },
    listeners: options.listeners ?? [],
    password: options.password,
    operators: options.operators ?? [],
    flood: options.flood === false ? false : { ...DEFAULT_FLOOD, ...options.flood },
    connectionLimits:
      options.connectionLimits === false ? NO_LIMITS : { ...DEFAULT_CONNECTION_LIMITS, ...options.connectionLimits },
    cloak: options.cloak ?? {},
    history: options.history ?? {},
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    maxSendQueue: options.maxSendQueue ?? 1024 * 1024,
  }
}
