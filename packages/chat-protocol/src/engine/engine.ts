import { channelModes } from './channel-modes.js'
import type { Command } from './command.js'
import type { Handler, Handlers, Outcome } from './handler.js'
import { histories } from './history.js'
import { memberships } from './memberships.js'
import { messages } from './messages.js'
import { monitors } from './monitors.js'
import { operations } from './operations.js'
import { people } from './people.js'
import type { User } from './presence.js'
import { queries } from './queries.js'
import { rooms } from './rooms.js'
import { EngineState } from './state.js'

const handlers: Handlers<Command['type']> = {
  ...memberships,
  ...rooms,
  ...channelModes,
  ...messages,
  ...people,
  ...monitors,
  ...operations,
  ...queries,
  ...histories,
}

/**
 * The rooms and the people in them. Sans-IO and deterministic: commands come in as values, what happened goes out to
 * `Recipient`s as values, and time, ids and the log are ports. It knows nothing of IRC's wire form.
 */
export class Engine extends EngineState {
  /**
   * Does a command of a present user.
   *
   * @returns what is left of it: of a long answer the first piece has been given, and the caller asks for the others
   */
  execute(user: User, command: Command): Outcome {
    if (!user.present) return undefined
    const handler = handlers[command.type] as Handler<Command['type']>
    const outcome = handler(this, user, command as never)
    const isWhole = outcome !== undefined && 'next' in outcome && outcome.next().done
    return isWhole ? undefined : outcome
  }
}
