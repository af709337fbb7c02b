// What the client has on every platform.

export { ChatError, type ChatErrorCode, type ChatErrorDetail } from '../codec/errors.js'
export type { BackOffOptions } from './back-off.js'
export type { Carriage, CarriageHooks, Dial } from './carriage.js'
export { ChatClient } from './chat-client.js'
export { type ChatUrl, parseChatUrl, roomName } from './chat-url.js'
export { ClientCore, type CorePorts } from './core.js'
export type * from './events.js'
export { stripFormatting } from './formatting.js'
export { WANTED_CAPS } from './handshake.js'
export type * from './interface.js'
export type { ClientOptions } from './options.js'
export type { PaceOptions } from './pace.js'
