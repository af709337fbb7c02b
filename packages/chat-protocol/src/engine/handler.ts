import type { Command, CommandOf } from './command.js'
import type { User } from './presence.js'
import type { EngineState } from './state.js'

/**
 * What is left of a command: each `next()` gives a piece of its answer, a few kilobytes at most, and does what follows.
 * Whoever asked may take the pieces as fast as its client reads them; each says what is true when it is given.
 */
export type LongAnswer = Generator<void, void>

/**
 * What a command comes to: nothing is left of it, or a long answer is, or it needs something slow. A promise's value is
 * the continuation, which the session runs as a part of the same command.
 */
export type Outcome = undefined | void | LongAnswer | Promise<() => undefined | void | LongAnswer>

/** Does one command for one user. */
export type Handler<T extends Command['type']> = (engine: EngineState, user: User, command: CommandOf<T>) => Outcome

/** Handlers of some commands, grouped by what they are about. */
export type Handlers<T extends Command['type']> = { readonly [K in T]: Handler<K> }
