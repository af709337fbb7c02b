import type { Isupport } from '../codec/isupport.js'
import type { Message, MessageInit } from '../codec/message.js'
import type { Pending } from './answers.js'
import type { Deadlines } from './deadlines.js'
import type { ChatEvent } from './events.js'
import type { ResolvedOptions } from './options.js'
import type { Roster } from './roster.js'
import type { TranslationContext } from './translate.js'

/** What the parts of a client share: the connection as it is now, and the way out. */
export interface Link {
  /** @internal */
  readonly options: ResolvedOptions
  readonly roster: Roster
  /** @internal */
  readonly deadlines: Deadlines
  readonly support: Isupport
  readonly nick: string
  /** `nick!user@host` as others see us, as far as it is known. @internal */
  readonly source: string
  readonly online: boolean
  /** @internal */
  now(): number
  has(capability: string): boolean
  /** Do answers carry our labels? Not without batches, which long ones are (IRCv3 labeled-response). @internal */
  readonly labels: boolean
  isSelf(nick: string): boolean
  /** @internal */
  emit(event: ChatEvent): void
  /** Sends a line when the pace allows; dropped when the connection is lost before. */
  send(message: MessageInit, written?: () => void): void
  /** Sends a line and collects its answer. */
  request(message: MessageInit, match?: Partial<Pick<Pending, 'judge' | 'takesBatch'>>): Promise<Message[]>
  /** For translating messages of a room's past. @internal */
  pastOf(room: string): TranslationContext
}
