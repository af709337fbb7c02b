/**
 * The server: the engine over TCP, TLS, Unix sockets and whatever is attached to it.
 *
 * @packageDocumentation
 */
export type { MemoryLogOptions } from './engine/log.js'
export type { ChannelFlag, UserMode } from './engine/mode.js'
export type { EngineLimits } from './engine/settings.js'
export { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './server/admission.js'
export { ChatServer, type ChatServerStats, serveChat } from './server/chat-server.js'
export { type Cloak, cloakWith } from './server/cloak.js'
export { readConfig } from './server/config.js'
export type { ChatServerOptions, Listener, OperatorOptions } from './server/options.js'
export { hashPassword, verifyPassword } from './server/passwords.js'
export type { Attachment, Transport } from './server/transport.js'
export type { FloodBudget } from './session/flood.js'
export type { SessionTimeouts } from './session/timeouts.js'
