import type { AddressInfo, Socket } from 'node:net'
import { checkType } from './checks.js'

/** One end of a TCP connection, or where a server listens. */
export interface InternetAddress {
  /** version of the Internet Protocol */
  readonly family: 'IPv4' | 'IPv6'
  /** IP address, IPv6 without brackets */
  readonly host: string
  /** 1 … 65535 */
  readonly port: number
}

/** One end of a Unix socket, or of an in-memory pair (`./testing`). */
export interface PathAddress {
  /** kind of the pair */
  readonly family: 'unix' | 'memory'
  /** of the socket's file; `''` for the end that has none, which is the client's */
  readonly path: string
}

/** One end of a connection, or where a server listens; `'host' in address` tells the two kinds apart. */
export type Address = InternetAddress | PathAddress

/** An address as options: TCP or TLS have `port`, Unix sockets have `path`. */
export interface AddressOptions {
  /** host name or IP address, IPv6 without brackets; to listen on all addresses say `::` or `0.0.0.0` */
  host?: string
  /** 0 … 65535; 0: the system picks one */
  port?: number
  /** of a Unix socket: at most 103 octets, which every system has room for */
  path?: string
}

/** What an address string says. */
export interface ParsedAddress extends AddressOptions {
  /** `tls://` was written */
  secure: boolean
}

/**
 * Reads `tcp://host:port`, `tls://host:port` and `unix:path`. IPv6 addresses stand in brackets: `tcp://[::1]:7`. An
 * empty host (`tcp://:7`) is left to the default of the call.
 *
 * @throws TypeError when it is none of these
 */
export function parseAddress(text: string): ParsedAddress {
  checkType('an address', text, 'string')
  if (text.startsWith('unix:')) {
    const path = text.startsWith('unix://') ? text.slice(7) : text.slice(5)
    if (path === '' || path.includes('\0'))
      throw new TypeError(`an address of a Unix socket needs a path: ${quote(text)}`)
    return { secure: false, path }
  }
  const match = /^(tcp|tls):\/\/(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:/[\]@?#]*)):(\d{1,5})\/?$/.exec(text)
  if (match === null)
    throw new TypeError(`an address is tcp://host:port, tls://host:port or unix:path, not ${quote(text)}`)
  const address: ParsedAddress = { secure: match[1] === 'tls', port: checkPort(Number(match[4])) }
  const host = match[2] ?? match[3]
  if (host !== undefined && host !== '') address.host = host
  return address
}

/** @throws RangeError when it is no whole number from 0 to 65535 */
export function checkPort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`a port is a whole number from 0 to 65535, not ${String(port)}`)
  }
  return port
}

/** The longest path that fits the system's address structure everywhere (macOS; Linux has four octets more). */
const MAX_PATH = 103

/** @throws TypeError RangeError when no Unix socket can have this path */
export function checkPath(path: string): string {
  checkType('path', path, 'string')
  if (path === '' || path.includes('\0')) throw new TypeError('the path of a Unix socket is not empty and has no NUL')
  const size = Buffer.byteLength(path)
  // The system would cut it off without a word, and another socket would be meant.
  if (size > MAX_PATH) throw new RangeError(`the path of a Unix socket has at most ${MAX_PATH} octets, not ${size}`)
  return path
}

/** The address as a string that {@link parseAddress} reads. @param secure `tls://` instead of `tcp://` */
export function formatAddress(address: AddressOptions, secure = false): string {
  if (address.path !== undefined && address.path !== '') return `unix:${address.path}`
  const host = address.host ?? ''
  return `${secure ? 'tls' : 'tcp'}://${host.includes(':') ? `[${host}]` : host}:${address.port ?? 0}`
}

/** @internal what `server.address()` of node:net says, as an {@link Address} */
export function fromAddressInfo(info: AddressInfo | string | null): Address {
  if (info === null || typeof info === 'string') return { family: 'unix', path: info ?? '' }
  return { family: info.family === 'IPv6' ? 'IPv6' : 'IPv4', host: info.address, port: info.port }
}

/** @internal an end that has no address of its own: that of a client over a Unix socket */
export const NAMELESS: PathAddress = { family: 'unix', path: '' }

/** @internal the end that has the path, if there is one */
export function pathAddress(path: string | undefined): PathAddress {
  return path === undefined ? NAMELESS : { family: 'unix', path }
}

/** @internal one end of a socket, which in memory knows its address itself; undefined when it is not known */
export function endOf(socket: Socket & { memoryAddress?: Address }, end: 'remote' | 'local'): Address | undefined {
  if (socket.memoryAddress !== undefined) return socket.memoryAddress
  const host = end === 'remote' ? socket.remoteAddress : socket.localAddress
  const port = end === 'remote' ? socket.remotePort : socket.localPort
  if (host === undefined || port === undefined) return undefined
  return { family: host.includes(':') ? 'IPv6' : 'IPv4', host, port }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}
