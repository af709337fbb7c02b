export {
  type Address,
  type AddressOptions,
  formatAddress,
  type InternetAddress,
  type ParsedAddress,
  type PathAddress,
  parseAddress,
} from './address.js'
export { type ClientTlsOptions, type ConnectOptions, connect } from './connect.js'
export type { Connection, TextEncoding } from './connection.js'
export { SOCKET_ERRORS, SocketError, type SocketErrorCode } from './errors.js'
export type { Handler } from './handler.js'
export type { ConnectionHooks } from './hooks.js'
export { Listener, listen } from './listen.js'
export type { ConnectionOptions, ListenOptions } from './options.js'
export type { SecureInfo } from './secure.js'
export { type CloseOptions, type ServeOptions, Server, type ServerStats, serve } from './server.js'
export { untilSignal } from './signals.js'
export type { TimeoutKind, Timeouts } from './timeouts.js'
export { type Clock, TimerWheel, WheelTimer } from './timer-wheel.js'
export type { Certificates, ServerTlsOptions } from './tls-options.js'
