import type { Message } from '../codec/message.js'
import type { Command } from '../engine/command.js'
import type { Outcome } from '../engine/handler.js'
import type { Refusal } from '../engine/refusal.js'
import type { VerbContext } from './context.js'

/** One command as clients know it: who may use it, what it needs, what it costs, and what it means. */
export interface Verb {
  /** Fewer parameters than this are refused before the verb runs. */
  readonly minParams: number
  /** Tokens it takes out of the flood budget: 1 for a line of talk, more for what is answered at length. */
  readonly cost: number
  /** True when it may be used before registration. */
  readonly preRegistration: boolean
  /** True when an empty first parameter means something. */
  readonly emptyAllowed: boolean
  /** The refusal for too few parameters, where it is not "not enough parameters". */
  readonly tooFew: ((params: readonly string[]) => Refusal) | undefined
  /** Its form and what it does, in a line, for HELP. */
  readonly help: string
  /** Does it; a promise holds back the session's later commands. */
  readonly run: (session: VerbContext, message: Message) => Outcome
}

type Details = Partial<Pick<Verb, 'preRegistration' | 'emptyAllowed' | 'tooFew'>>

const DEFAULTS = { preRegistration: false, emptyAllowed: false, tooFew: undefined } as const

/**
 * A verb that becomes one command of the engine.
 *
 * @param read turns parameters into the command; undefined when it has refused already
 */
export function command(
  minParams: number,
  cost: number,
  help: string,
  read: (params: readonly string[], session: VerbContext) => Command | undefined,
  details: Details = {},
): Verb {
  return {
    ...DEFAULTS,
    ...details,
    minParams,
    cost,
    help,
    run: (session, { params }) => {
      const wanted = read(params, session)
      return wanted === undefined ? undefined : session.ask(wanted)
    },
  }
}

/** A verb that the session does itself. */
export function verb(minParams: number, cost: number, help: string, run: Verb['run'], details: Details = {}): Verb {
  return { ...DEFAULTS, ...details, minParams, cost, help, run }
}

/** The items of a comma-separated parameter, without empty ones and without repetitions. */
export function items(list: string | undefined): string[] {
  if (list === undefined || list === '') return []
  return [...new Set(list.split(',').filter((item) => item !== ''))]
}
