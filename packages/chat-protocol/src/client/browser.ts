import { ChatClient, type ConnectOptions } from './chat-client.js'
import { dialWebSocket, type WebSocketClass } from './web-socket.js'

/**
 * Connects to a chat server from a browser, by WebSocket, and stays connected.
 *
 * @throws ChatError `CHAT_ERR_USAGE` for a URL that is none; TypeError for a nick or room that cannot be one
 */
export function connect(options: ConnectOptions): ChatClient {
  return new ChatClient(options, dialWebSocket((globalThis as { WebSocket?: WebSocketClass }).WebSocket))
}
