import type { ServeOptions } from '@plainwire/socket-server'
import type { MemoryLogOptions } from '../engine/log.js'
import type { EngineLimits, EngineSettings } from '../engine/settings.js'
import type { FloodBudget } from '../session/flood.js'
import type { SessionTimeouts } from '../session/timeouts.js'
import type { ConnectionLimits } from './admission.js'

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
  /** Takes errors that are no client's: a fault of this program's, a listener that cannot accept. Default `process.emitWarning`. */
  readonly warn?: (error: Error) => void
}
