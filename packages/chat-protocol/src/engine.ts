/**
 * Session and engine, sans-IO: lines in, lines out, and the rooms and people between them. No sockets, no clock, no
 * randomness and nothing of `node:`, so that it runs in tests, in a worker or in a page.
 *
 * @packageDocumentation
 */
export { type Account, type Accounts, NO_ACCOUNTS } from './engine/accounts.js'
export { type ServerBan, ServerBans } from './engine/bans.js'
export type { ChannelModeWish, Command, CommandOf, ListConditions, UserModeWish } from './engine/command.js'
export type { ConnectionFacts } from './engine/connection-facts.js'
export { Engine } from './engine/engine.js'
export {
  type ChannelModeChange,
  type Event,
  type MessageEvent,
  Publication,
  type UserModeChange,
} from './engine/event.js'
export type { Handler, Handlers, LongAnswer, Outcome } from './engine/handler.js'
export { Identity, SERVER, type Source } from './engine/identity.js'
export type { ListEntry } from './engine/list-entry.js'
export {
  type Awaitable,
  type HistoryEntry,
  type HistoryQuery,
  type Log,
  type LogRange,
  MemoryLog,
  type MemoryLogOptions,
  type Reference,
} from './engine/log.js'
export type { ClientTags, MessageKind } from './engine/message-kind.js'
export type { ChannelFlag, ChannelList, UserMode } from './engine/mode.js'
export type { EnginePorts, OperatorGrant } from './engine/ports.js'
export { Channel, Member, User } from './engine/presence.js'
export { RANK, type Rank } from './engine/rank.js'
export type { Recipient } from './engine/recipient.js'
export type { Refusal } from './engine/refusal.js'
export type { Census, NamesRow, Reply } from './engine/reply.js'
export { DEFAULT_LIMITS, DEFAULT_SETTINGS, type EngineLimits, type EngineSettings } from './engine/settings.js'
export { EngineState } from './engine/state.js'
export type { ChannelView, MemberView, UserView } from './engine/view.js'
export { type Departed, WhowasLog } from './engine/whowas.js'
export { CAP, CAPABILITIES, DRAFTS } from './session/capabilities.js'
export type { Carrier } from './session/carrier.js'
export type { Origin } from './session/context.js'
export { DEFAULT_FLOOD, type FloodBudget, TokenBucket } from './session/flood.js'
export { isupport } from './session/isupport.js'
export { Recital } from './session/recital.js'
export { type Recitals, recitalsOf } from './session/recitals.js'
export { Session, type SessionHost } from './session/session.js'
export { DEFAULT_TIMEOUTS, type SessionTimeouts } from './session/timeouts.js'
export type { Verb } from './session/verb.js'
export { verbs } from './session/verbs.js'
