import type { Command } from '../engine/command.js'
import type { ConnectionFacts } from '../engine/connection-facts.js'
import type { Engine } from '../engine/engine.js'
import type { Outcome } from '../engine/handler.js'
import type { Awaitable } from '../engine/log.js'
import type { User } from '../engine/presence.js'
import type { Recipient } from '../engine/recipient.js'
import type { Refusal } from '../engine/refusal.js'
import type { Recital } from './recital.js'
import type { Recitals } from './recitals.js'
import type { Viewer } from './viewer.js'

/** Where a client comes from and how it is shown. */
export interface Origin extends ConnectionFacts {
  /** Host shown to others. */
  readonly host: string
  /** True when messages are whole texts (a WebSocket) instead of octets in lines. */
  readonly text?: boolean
}

/** What a client has said of itself so far. The order does not matter; CAP LS or REQ holds the end open until CAP END. */
export class Registration {
  nick: string | undefined = undefined
  user: string | undefined = undefined
  realname: string | undefined = undefined
  password: string | undefined = undefined
  /** True between CAP LS or CAP REQ and CAP END. */
  negotiating = false
}

/** What verbs use of the server. */
export interface VerbHost {
  /** The rooms and people. */
  readonly engine: Engine
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Checks the server's password; absent when it has none. */
  readonly password: ((password: string) => Awaitable<boolean>) | undefined
  /** What every newcomer is told, see {@link recitalsOf}. */
  readonly recitals: Recitals
}

/** The session a verb works for, as far as verbs know it. */
export interface VerbContext extends Viewer, Recipient {
  /** The server. */
  readonly host: VerbHost
  /** Where the client comes from. */
  readonly origin: Origin
  /** Set when registration is complete. */
  user: User | undefined
  /** What is known so far of a client that has not registered; undefined after it has. */
  registration: Registration | undefined
  /** Hands a command to the engine; a promise holds back the session's later commands. */
  ask(command: Command): Outcome
  /** Bits of `CAP` that the client cannot switch off any more. */
  lastingCaps: number
  /** Sets the capabilities in force: bits of `CAP`. */
  setCaps(caps: number): void
  /** Says no: numeric and sentence of the refusal. */
  refuse(refusal: Refusal, ...about: readonly string[]): void
  /** Sends lines that differ from session to session in the nick only. */
  recite(recital: Recital): void
  /** Ends the session from this side: the client is told why. */
  end(reason: string): void
}
