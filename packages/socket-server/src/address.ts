import type { AddressInfo } from 'node:net'

/** One end of a connection, or what a server listens on. */
export interface Address {
  readonly family: 'IPv4' | 'IPv6' | 'unix' | 'memory'
  /** IP address without brackets; `''` for Unix sockets */
  readonly host: string
  /** 0 for Unix sockets */
  readonly port: number
  /** of a Unix socket; `''` for the unnamed end */
  readonly path: string
}

/** An address as options: TCP or TLS have `port`, Unix sockets have `path`. */
export interface AddressOptions {
  /** host name or IP address, IPv6 without brackets */
  host?: string
  /** 0 … 65535; 0: the system picks one */
  port?: number
  /** of a Unix socket */
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

/** The address as a string that {@link parseAddress} reads. @param secure `tls://` instead of `tcp://` */
export function formatAddress(address: AddressOptions, secure = false): string {
  if (address.path !== undefined && address.path !== '') return `unix:${address.path}`
  const host = address.host ?? ''
  return `${secure ? 'tls' : 'tcp'}://${host.includes(':') ? `[${host}]` : host}:${address.port ?? 0}`
}

/** @internal what `server.address()` of node:net says, as an {@link Address} */
export function fromAddressInfo(info: AddressInfo | string | null): Address {
  if (info === null) return { family: 'unix', host: '', port: 0, path: '' }
  if (typeof info === 'string') return { family: 'unix', host: '', port: 0, path: info }
  return { family: info.family === 'IPv6' ? 'IPv6' : 'IPv4', host: info.address, port: info.port, path: '' }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}
