/** The stable codes of {@link SocketError} and what each one means; the README's table is this one. */
export const SOCKET_ERRORS = {
  SOCKET_ERR_ADDRESS_IN_USE: 'another socket listens on the address, or a file is in its place',
  SOCKET_ERR_ADDRESS_NOT_AVAILABLE: 'the address does not belong to this machine',
  SOCKET_ERR_PERMISSION:
    'the system forbids it to this user: a port below 1024, a file or folder without permission, a folder that is not there',
  SOCKET_ERR_HOST_NOT_FOUND: 'the host name has no address',
  SOCKET_ERR_REFUSED: 'nobody listens on the address',
  SOCKET_ERR_UNREACHABLE: 'no route leads to the address',
  SOCKET_ERR_UNSUPPORTED: 'this Node version or system does not have the option',
  SOCKET_ERR_LISTEN: 'the address cannot be listened on, for another reason of the system',
  SOCKET_ERR_CONNECT: 'the connection could not be made, for another reason of the system',
  SOCKET_ERR_CONNECT_TIMEOUT: 'the connection was not made within connectTimeout',
  SOCKET_ERR_HANDSHAKE_TIMEOUT: 'the TLS handshake did not end within handshakeTimeout',
  SOCKET_ERR_TLS: 'the TLS handshake failed, or the peer broke the TLS protocol',
  SOCKET_ERR_RESET: 'the peer cut the connection off (TCP reset, broken pipe)',
  SOCKET_ERR_TIMED_OUT: 'the system gave the connection up: the peer does not acknowledge (ETIMEDOUT)',
  SOCKET_ERR_IDLE_TIMEOUT: 'no octet went either way for idleTimeout',
  SOCKET_ERR_READ_TIMEOUT: 'the peer sent no octet for readTimeout',
  SOCKET_ERR_WRITE_TIMEOUT: 'octets waited and the peer took none of them for writeTimeout',
  SOCKET_ERR_LIFETIME_TIMEOUT: 'the connection was open for lifetimeTimeout',
  SOCKET_ERR_LINGER_TIMEOUT: 'after close() the peer neither read nor closed for lingerTimeout',
  SOCKET_ERR_WRITE_QUEUE: 'the peer does not read: more than maxWriteQueue octets waited for it',
  SOCKET_ERR_DESCRIPTORS: 'the process has no file descriptor left (EMFILE, ENFILE); serving goes on',
  SOCKET_ERR_ACCEPT: 'a connection could not be accepted, for another reason of the system; serving goes on',
  SOCKET_ERR_HOOK: 'a hook or handler of the program threw; its connection was destroyed',
  SOCKET_ERR_DESTROYED: 'the program destroyed the connection, for the reason in `cause`',
  SOCKET_ERR_CLOSED: 'the connection or listener is closed',
  SOCKET_ERR_ABORTED: 'the signal given to the call aborted',
  SOCKET_ERR_SYSTEM: 'another error of the system; `cause` has it',
  SOCKET_ERR_LINE_TOO_LONG: 'a line is longer than maxLength',
  SOCKET_ERR_FRAME_TOO_LARGE: 'a frame is larger than maxSize',
  SOCKET_ERR_TRUNCATED: 'the source ended inside a frame',
} as const

/** A stable code of {@link SocketError}: one key of {@link SOCKET_ERRORS}. */
export type SocketErrorCode = keyof typeof SOCKET_ERRORS

/**
 * Everything that the network, the peer or the system can do to a socket. Mistakes of the caller are `TypeError` and
 * `RangeError` instead, thrown at the call.
 */
export class SocketError extends Error {
  override readonly name = 'SocketError'
  /** Stable; made to be compared. The message is made to be read and may change. */
  readonly code: SocketErrorCode

  /**
   * @param code one of {@link SOCKET_ERRORS}
   * @param message a sentence; without it, that of the table
   * @param options `cause`: the error underneath, usually the system's
   */
  constructor(code: SocketErrorCode, message: string = SOCKET_ERRORS[code], options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** @throws SocketError `SOCKET_ERR_ABORTED` the signal has aborted */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted(signal)
}

/** What those are told who gave a signal that aborted. */
export function aborted(signal: AbortSignal): SocketError {
  return new SocketError('SOCKET_ERR_ABORTED', undefined, { cause: signal.reason })
}

/** Our error for the one that a program destroys a connection with. */
export function fromProgram(error: Error): SocketError {
  if (error instanceof SocketError) return error
  const message = `the program destroyed the connection: ${error.message}`
  return new SocketError('SOCKET_ERR_DESTROYED', message, { cause: error })
}

/** Our error for what a hook of the program threw, whatever that is. */
export function fromHook(hook: string, cause: unknown): SocketError {
  return new SocketError('SOCKET_ERR_HOOK', `the ${hook} hook threw: ${textOf(cause)}`, { cause })
}

/** Not everything that can be thrown can be made a string. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return typeof thrown
  }
}

const SYSTEM_CODES: Record<string, SocketErrorCode> = {
  EADDRINUSE: 'SOCKET_ERR_ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'SOCKET_ERR_ADDRESS_NOT_AVAILABLE',
  EACCES: 'SOCKET_ERR_PERMISSION',
  EPERM: 'SOCKET_ERR_PERMISSION',
  ENOTFOUND: 'SOCKET_ERR_HOST_NOT_FOUND',
  EAI_AGAIN: 'SOCKET_ERR_HOST_NOT_FOUND',
  ECONNREFUSED: 'SOCKET_ERR_REFUSED',
  ENOENT: 'SOCKET_ERR_REFUSED',
  EHOSTUNREACH: 'SOCKET_ERR_UNREACHABLE',
  ENETUNREACH: 'SOCKET_ERR_UNREACHABLE',
  ECONNRESET: 'SOCKET_ERR_RESET',
  ECONNABORTED: 'SOCKET_ERR_RESET',
  EPIPE: 'SOCKET_ERR_RESET',
  ERR_STREAM_PREMATURE_CLOSE: 'SOCKET_ERR_RESET',
  ETIMEDOUT: 'SOCKET_ERR_TIMED_OUT',
  EMFILE: 'SOCKET_ERR_DESCRIPTORS',
  ENFILE: 'SOCKET_ERR_DESCRIPTORS',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'SOCKET_ERR_HANDSHAKE_TIMEOUT',
}

/**
 * Our error for one of the system's.
 *
 * @param error what `node:net`, `node:tls` or `node:dns` reported
 * @param fallback the code when the system's one says nothing more exact
 * @param doing what failed, for the message: `connecting to tcp://127.0.0.1:7`
 */
export function fromSystem(error: unknown, fallback: SocketErrorCode, doing?: string): SocketError {
  if (error instanceof SocketError) return error
  const system = error as { code?: unknown; message?: string } | undefined
  const errno = typeof system?.code === 'string' ? system.code : ''
  const tls = errno.startsWith('ERR_SSL_') || errno.startsWith('ERR_TLS_') || errno.startsWith('EPROTO')
  const code = SYSTEM_CODES[errno] ?? (tls ? 'SOCKET_ERR_TLS' : fallback)
  const reason = `${SOCKET_ERRORS[code]}${errno === '' ? '' : ` (${errno})`}`
  return new SocketError(code, doing === undefined ? reason : `${doing}: ${reason}`, { cause: error })
}
