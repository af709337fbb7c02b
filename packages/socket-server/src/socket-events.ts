/**
 * The way from a socket to its connection. The listeners are shared by all connections and find theirs on the socket.
 *
 * Chunks take a short cut. node:net hands each of them to `socket.push`, which leads through the stream's buffer to the
 * 'data' event and leaves a tick behind that looks whether more should be read: some 0.5 µs, of 12 for a small request.
 * While the connection takes everything at once, a `push` of ours gives the chunk to it directly. Everything else, the end
 * first of all, goes the stream's own way; and should node:net not call `push` one day, 'data' is still listened to.
 */
import { Socket } from 'node:net'
import { Readable } from 'node:stream'

/** What a socket tells its connection. */
export interface SocketEvents {
  /** It takes each chunk at once: nothing waits before it. */
  readonly direct: boolean
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
  // Other streams may need every push to go through: only that of node:net is known to read on all the same.
  if (socket instanceof Socket) socket.push = push
  socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
}

/** The socket tells nothing any more but that it broke: who takes it over may not listen yet, and that must not end the process. */
export function leaveAlone(socket: Socket): void {
  // Deleting it would make the whole socket an object of the slow kind.
  if (Object.hasOwn(socket, 'push')) socket.push = Readable.prototype.push
  socket.off('data', onData).off('end', onEnd).off('close', onClose)
}

function push(this: Socket & Heard, chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
  const connection = this[listener]
  if (chunk === null || !connection.direct || this.readableLength !== 0)
    return Readable.prototype.push.call(this, chunk, encoding)
  connection.received(chunk)
  return true
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

// The runtime lets go of a closed socket only at its next full collection, and the smaller ones in between copy what it
// leads to: that is not to be its connection with all that hangs on it.
function onClose(this: Heard): void {
  const connection = this[listener]
  this[listener] = nobody
  connection.socketClosed()
}

const nobody: SocketEvents = { direct: false, received() {}, peerEnded() {}, broke() {}, socketClosed() {} }
