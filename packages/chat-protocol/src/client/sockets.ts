import { type ClientTlsOptions, type Connection, connect } from '@plainwire/socket-server'
import { ChatError } from '../codec/errors.js'
import { LineDecoder } from '../codec/line-decoder.js'
import { type Carriage, type CarriageHooks, type Dial, MAX_RECEIVED } from './carriage.js'
import type { ChatUrl } from './chat-url.js'
import { dialWebSocket, type WebSocketClass } from './web-socket.js'

/** Octets of one WebSocket message; a line is far shorter. */
const MAX_MESSAGE = 1024 * 1024

/**
 * Connections on Node: TCP and TLS by socket-server, WebSocket by `ws`. Node's own (22 and later) takes no certificates and
 * does not say why it failed.
 */
export function dialSockets(tls: ClientTlsOptions | undefined): Dial {
  return (url, hooks) => {
    if (url.transport !== 'websocket') return dialSocket(url, hooks, tls)
    return later(hooks, async () => dialWebSocket(await webSocketClass(tls))(url, hooks))
  }
}

function dialSocket(url: ChatUrl, hooks: CarriageHooks, tls: ClientTlsOptions | undefined): Carriage {
  const leaving = new AbortController()
  const decoder = new LineDecoder(
    { line: (line) => hooks.line(line), refused() {} },
    { maxLength: MAX_RECEIVED, invalidUtf8: 'latin1' },
  )
  let connection: Connection | undefined
  connect(
    {
      host: url.host,
      port: url.port,
      signal: leaving.signal,
      // The client's own `connectTimeout` is for all of it.
      connectTimeout: 0,
      handshakeTimeout: 0,
      ...(url.transport === 'tls' ? { tls: tls ?? true } : {}),
    },
    {
      open(opened) {
        connection = opened
        hooks.opened()
      },
      data: (_, chunk) => decoder.push(chunk),
      end: (ended) => ended.close(),
      close: (gone) => hooks.closed(gone.error && failure(gone.error)),
    },
  ).catch((error: unknown) => {
    if (connection === undefined) hooks.closed(failure(error))
  })
  return {
    send: (line) => void connection?.write(`${line}\r\n`),
    close() {
      if (connection === undefined) leaving.abort()
      else connection.close()
    },
  }
}

function failure(cause: unknown): ChatError {
  return new ChatError('CHAT_ERR_CONNECTION', cause instanceof Error ? cause.message : String(cause), { cause })
}

/** A connection whose making waits for something; closed before that, it is never made. */
function later(hooks: CarriageHooks, make: () => Promise<Carriage>): Carriage {
  let carriage: Carriage | undefined
  let closed = false
  make().then(
    (made) => {
      carriage = made
      if (closed) made.close()
    },
    (error: unknown) => hooks.closed(failure(error)),
  )
  return {
    send: (line) => carriage?.send(line),
    close() {
      closed = true
      carriage?.close()
    },
  }
}

async function webSocketClass(tls: ClientTlsOptions | undefined): Promise<WebSocketClass> {
  const { WebSocket } = await import('ws')
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { ...tls, maxPayload: MAX_MESSAGE } as object)
    }
  } as unknown as WebSocketClass
}
