import { TextEncoder } from 'node:util'
import type { UpgradeHandler } from '@plainwire/web-server'
import { type OriginPolicy, type Socket, websocket } from '@plainwire/web-server/websocket'
import { MAX_CLIENT_TAGS, MAX_LINE } from '../codec/message.js'
import type { ChatServer } from '../server/chat-server.js'
import type { Attachment, Transport } from '../server/transport.js'

/** Options of {@link chatSocket}. */
export interface ChatSocketOptions {
  /** Which pages may connect: those of this server (`same`, the default), `any`, the origins listed, or a function's choice. */
  origins?: OriginPolicy
  /** Milliseconds between pings; a browser that says nothing from one to the next is cut off. Default 30,000. */
  pingInterval?: number
}

/** The room for a message beyond the longest line, so that one that is a little too long is answered instead of cut off. */
const SLACK = 4096

/**
 * An upgrade handler that brings WebSockets to a chat server: one line a message, without its CR LF, as text for
 * `text.ircv3.net` (and for clients that offer no subprotocol), as octets for `binary.ircv3.net`.
 *
 * @param chat what `serveChat` gave
 * @param path the request path; others are left to the server's handler
 * @see https://ircv3.net/specs/extensions/websocket
 */
export function chatSocket(chat: ChatServer, path: string, options: ChatSocketOptions = {}): UpgradeHandler {
  return websocket<Attachment | undefined>(
    {
      open(socket) {
        socket.context = chat.attach(new SocketTransport(socket))
      },
      message: (socket, data) => socket.context?.receive(data),
      // The peer's reason is left out: it would be read as the server's.
      close: (socket) => socket.context?.end(),
    },
    {
      path,
      protocols: ['text.ircv3.net', 'binary.ircv3.net'],
      maxPayload: MAX_CLIENT_TAGS + MAX_LINE + SLACK,
      ...options,
    },
  )
}

/** A WebSocket as the chat server sees it. */
class SocketTransport implements Transport {
  readonly remote: string
  readonly secure: boolean
  readonly #socket: Socket<Attachment | undefined>
  readonly #encoder: TextEncoder | undefined

  constructor(socket: Socket<Attachment | undefined>) {
    this.#socket = socket
    this.remote = 'host' in socket.remote ? socket.remote.host : ''
    this.secure = socket.request.secure
    this.#encoder = socket.protocol === 'binary.ircv3.net' ? new TextEncoder() : undefined
  }

  get writeQueue(): number {
    return this.#socket.bufferedAmount
  }

  send(messages: readonly string[]): void {
    const socket = this.#socket
    socket.cork()
    for (const message of messages) socket.send(this.#encoder ? this.#encoder.encode(message) : message)
    socket.uncork()
  }

  close(reason: string): void {
    this.#socket.close(1000, clip(reason))
  }
}

/** A close frame holds 123 octets of reason. */
function clip(reason: string): string {
  let text = reason
  while (Buffer.byteLength(text) > 123) text = text.slice(0, -1)
  return text
}
