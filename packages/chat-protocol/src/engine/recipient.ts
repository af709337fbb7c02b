import type { Publication } from './event.js'
import type { Reply } from './reply.js'

/** Where a user's events go. The engine calls it synchronously and never waits for it. */
export interface Recipient {
  /** Something happened that concerns the user. */
  deliver(publication: Publication): void
  /** The user's own message as it was accepted, for clients that asked to see it. */
  echo(publication: Publication): void
  /** The answer, or one line of it, to the user's own command. */
  reply(reply: Reply): void
  /** The user is gone from the engine; the connection should be told why and closed. */
  dismiss(reason: string): void
  /** True when the recipient asked to learn about changes of users it merely watches. */
  readonly watchesChanges: boolean
}
