/**
 * Session and engine, sans-IO: lines in, lines out, and the rooms and people between them. No sockets, no clock, no
 * randomness and nothing of `node:`, so that it runs in tests, in a worker or in a page.
 *
 * @packageDocumentation
 */
export { type Account, type Accounts, NO_ACCOUNTS } from './engine/accounts.js'
export { type ServerBan, ServerBans } from './engine/bans.js'
export {
  Channel,
  type ChannelFlag,
  type ChannelList,
  type ListEntry,
  Member,
  RANK,
  type Rank,
} from './engine/channel.js'
export type {
  ChannelModeWish,
  ClientTags,
  Command,
  CommandOf,
  ListConditions,
  MessageKind,
  UserModeWish,
} from './engine/command.js'
export { Engine, type EnginePorts, type Handler, type Handlers, type OperatorGrant } from './engine/engine.js'
export {
  type ChannelModeChange,
  type Event,
  type MessageEvent,
  Publication,
  type Recipient,
  type UserModeChange,
} from './engine/event.js'
export { Identity, SERVER, type Source } from './engine/identity.js'
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
export type { Refusal } from './engine/refusal.js'
export type { Census, NamesRow, Reply } from './engine/reply.js'
export { DEFAULT_LIMITS, DEFAULT_SETTINGS, type EngineLimits, type EngineSettings } from './engine/settings.js'
export { type ConnectionFacts, User, type UserMode } from './engine/user.js'
export { type Departed, WhowasLog } from './engine/whowas.js'
export { CAP, CAPABILITIES, DRAFTS } from './session/capabilities.js'
export type { Origin } from './session/context.js'
export { DEFAULT_FLOOD, type FloodBudget, TokenBucket } from './session/flood.js'
export { isupport } from './session/isupport.js'
export { Recital } from './session/recital.js'
export { type Recitals, recitalsOf } from './session/recitals.js'
export {
  type Carrier,
  DEFAULT_TIMEOUTS,
  Session,
  type SessionHost,
  type SessionTimeouts,
} from './session/session.js'
export type { Verb } from './session/verb.js'
export { verbs } from './session/verbs.js'
