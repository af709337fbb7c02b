import type { Command, CommandOf } from './command.js'
import type { User } from './presence.js'
import type { EngineState } from './state.js'

/**
 * Does one command for one user. A promise means that the answer needs something slow; its value then is the
 * continuation, which the session runs as a part of the same command.
 */
export type Handler<T extends Command['type']> = (
  engine: EngineState,
  user: User,
  command: CommandOf<T>,
) => undefined | void | Promise<() => void>

/** Handlers of some commands, grouped by what they are about. */
export type Handlers<T extends Command['type']> = { readonly [K in T]: Handler<K> }
