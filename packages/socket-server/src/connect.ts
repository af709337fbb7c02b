import { connect as netConnect, type Socket } from 'node:net'
import { type ConnectionOptions as TlsConnectOptions, connect as tlsConnect } from 'node:tls'
import { type AddressOptions, formatAddress, parseAddress } from './address.js'
import { circumstancesOf } from './circumstances.js'
import { Connection } from './connection.js'
import { fromSystem, SocketError } from './errors.js'
import { pullHooks } from './handler.js'
import type { ConnectionHooks } from './hooks.js'
import type { ConnectionOptions } from './options.js'
import { sharedWheel } from './timer-wheel.js'

/** Options of {@link connect}. */
export interface ConnectOptions extends ConnectionOptions, AddressOptions {
  address?: string
  tls?: TlsConnectOptions | boolean
  signal?: AbortSignal
  connectTimeout?: number
}

export function connect<C = unknown>(
  where: ConnectOptions | string,
  hooks?: ConnectionHooks<C>,
): Promise<Connection<C>> {
  const given = typeof where === 'string' ? { address: where } : where
  const parsed = given.address === undefined ? undefined : parseAddress(given.address)
  const options: ConnectOptions = { ...given, ...parsed }
  const secure = parsed?.secure === true || (options.tls !== undefined && options.tls !== false)
  const name = formatAddress(options, secure)
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted)
      return reject(new SocketError('SOCKET_ERR_ABORTED', undefined, { cause: options.signal.reason }))
    const common = { allowHalfOpen: true, noDelay: options.noDelay ?? true }
    const target =
      options.path !== undefined
        ? { path: options.path }
        : { host: options.host ?? 'localhost', port: options.port ?? 0 }
    const tls = typeof options.tls === 'object' ? options.tls : {}
    const socket: Socket = secure
      ? tlsConnect({ servername: options.host, ...tls, ...common, ...target } as TlsConnectOptions)
      : netConnect({ ...common, ...target })
    const timer = (options.wheel ?? sharedWheel()).schedule(options.connectTimeout ?? 30_000, () =>
      fail(new SocketError('SOCKET_ERR_CONNECT_TIMEOUT', `connecting to ${name}: not made in time`)),
    )
    const abort = (): void => fail(new SocketError('SOCKET_ERR_ABORTED', undefined, { cause: options.signal?.reason }))
    const broken = (error: Error): void => fail(fromSystem(error, 'SOCKET_ERR_CONNECT', `connecting to ${name}`))
    const settle = (): void => {
      timer.cancel()
      options.signal?.removeEventListener('abort', abort)
      socket.off('error', broken)
    }
    const fail = (error: SocketError): void => {
      settle()
      socket.on('error', () => {}).destroy()
      reject(error)
    }
    options.signal?.addEventListener('abort', abort)
    socket.on('error', broken)
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      settle()
      const connection = new Connection<C>(
        socket,
        circumstancesOf(options, hooks ?? (pullHooks as ConnectionHooks<C>), () => {}),
      )
      connection.start()
      resolve(connection)
    })
  })
}
