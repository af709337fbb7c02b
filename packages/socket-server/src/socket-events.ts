/** The way from a socket to its connection. The listeners are shared by all connections and find theirs on the socket. */
import type { Socket } from 'node:net'

/** What a socket tells its connection. */
export interface SocketEvents {
  /** A chunk came. */
  received(chunk: Uint8Array): void
  /** The peer has half-closed. */
  peerEnded(): void
  /** The socket broke. */
  broke(cause: Error): void
  /** The socket has closed; nothing follows. */
  socketClosed(): void
}

const listener: unique symbol = Symbol('connection')

interface Heard {
  [listener]: SocketEvents
}

/** From now on the socket tells the connection. */
export function hear(socket: Socket, connection: SocketEvents): void {
  ;(socket as Socket & Heard)[listener] = connection
  socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
}

/** The socket tells nothing any more but that it broke: who takes it over may not listen yet, and that must not end the process. */
export function leaveAlone(socket: Socket): void {
  socket.off('data', onData).off('end', onEnd).off('close', onClose)
}

function onData(this: Heard, chunk: Uint8Array): void {
  this[listener].received(chunk)
}

function onEnd(this: Heard): void {
  this[listener].peerEnded()
}

function onError(this: Heard, error: Error): void {
  this[listener].broke(error)
}

function onClose(this: Heard): void {
  this[listener].socketClosed()
}
