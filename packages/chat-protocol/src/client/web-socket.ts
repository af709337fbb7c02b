import { ChatError } from '../codec/errors.js'
import { MAX_TAGS } from '../codec/message.js'
import { type Carriage, type CarriageHooks, type Dial, MAX_RECEIVED } from './carriage.js'
import type { ChatUrl } from './chat-url.js'

/** Octets that may wait for a server that does not read, as in socket-server. */
const MAX_QUEUED = 16 * 1024 * 1024

/** What is used of the WHATWG WebSocket: a browser's, Node's own (22 and later), or that of the `ws` package. */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  send(text: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error' | 'close' | 'message', listener: (event: never) => void): void
}

/** The class that makes them. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike

/** IRC over WebSocket: one line per message, text preferred (IRCv3 WebSocket). */
export function dialWebSocket(WebSocket: WebSocketClass | undefined): Dial {
  return (url: ChatUrl, hooks: CarriageHooks): Carriage => {
    let closed = false
    const close = (error?: ChatError): void => {
      if (closed) return
      closed = true
      hooks.closed(error)
    }
    let socket: WebSocketLike
    try {
      if (WebSocket === undefined) throw new TypeError('this runtime has no WebSocket')
      socket = new WebSocket(url.href, ['text.ircv3.net', 'binary.ircv3.net'])
    } catch (cause) {
      queueMicrotask(() => close(new ChatError('CHAT_ERR_CONNECTION', 'the WebSocket cannot be opened', { cause })))
      return { send() {}, close: () => close() }
    }
    socket.binaryType = 'arraybuffer'
    const utf8 = new TextDecoder()
    let failure: ChatError | undefined
    socket.addEventListener('open', () => closed || hooks.opened())
    socket.addEventListener('message', (event: { data: unknown }) => {
      if (closed) return
      const text = typeof event.data === 'string' ? event.data : utf8.decode(event.data as ArrayBuffer)
      // One message is one line; a server that adds a line break is forgiven.
      for (const line of text.split(/[\r\n]+/)) {
        if (line !== '' && line.length <= MAX_RECEIVED + MAX_TAGS && !closed) hooks.line(line)
      }
    })
    socket.addEventListener('error', (event: { message?: string }) => {
      failure ??= new ChatError('CHAT_ERR_CONNECTION', event.message || 'the WebSocket failed', { cause: event })
    })
    socket.addEventListener('close', (event: { code?: number; reason?: string }) => {
      const said =
        event.reason || (event.code === undefined || event.code === 1000 ? '' : `WebSocket closed (${event.code})`)
      close(failure ?? (said === '' ? undefined : new ChatError('CHAT_ERR_CONNECTION', said)))
    })
    return {
      send(line) {
        socket.send(line)
        if (socket.bufferedAmount <= MAX_QUEUED) return
        failure ??= new ChatError('CHAT_ERR_CONNECTION', 'the server does not read')
        socket.close()
        // Later in this turn: who sends is in the middle of something.
        queueMicrotask(() => close(failure))
      },
      close() {
        socket.close(1000)
        // A browser may wait a minute for the peer's close; nobody waits here.
        close()
      },
    }
  }
}
