/**
 * The client: connects to any IRC server by TCP, TLS or WebSocket, stays connected, and tells what happens as typed events.
 *
 * @packageDocumentation
 */
import type { ClientTlsOptions } from '@plainwire/socket-server'
import { ChatClient, type ConnectOptions as CommonOptions } from './client/chat-client.js'
import { dialSockets } from './client/sockets.js'

export * from './client/common.js'

/** Options of {@link connect}. */
export interface ConnectOptions extends CommonOptions {
  /** For `ircs://` and `wss://`: as `node:tls`, `ca`, `cert`, `key`, `rejectUnauthorized`, `servername` … */
  tls?: ClientTlsOptions
}

/**
 * Connects to a chat server and stays connected: reads its events with `for await` or `on`, says things at once.
 *
 * Returns before the connection stands; what is said until then is kept. Events are told from the end of the calling
 * turn on.
 *
 * @throws ChatError `CHAT_ERR_USAGE` for a URL that is none
 * @throws TypeError for a nick or room that cannot be one
 */
export function connect(options: ConnectOptions): ChatClient {
  const { tls, ...common } = options
  return new ChatClient(common, dialSockets(tls))
}
