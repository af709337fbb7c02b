export { type AccessLog, type AccessLogFormat, type AccessLogOptions, accessLog } from './access-log.js'
export { MISUSES, type MisuseCode, WEB_ERRORS, WebError, type WebErrorCode } from './errors.js'
export { type EventStream, type EventStreamOptions, eventStream, type ServerSentEvent } from './event-stream.js'
export type {
  Detached,
  DetachOptions,
  Exchange,
  FetchHandler,
  FetchInfo,
  FieldsInit,
  FieldValue,
  Handler,
  ReadOptions,
  Sendable,
  ServerRequest,
  ServerResponse,
  Upgrade,
  UpgradeHandler,
} from './message.js'
export type { Deadlines, Limits, WebServeOptions, WebServer, WebServerStats } from './options.js'
export { serve } from './serve.js'
export { StoredLines } from './stored-lines.js'
