/** Where a server listens: making the listening socket, and what can go wrong with its address. */
import { randomUUID } from 'node:crypto'
import { chmodSync, linkSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type ListenOptions as NetListenOptions, type Server as NetServer } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { checkPath, checkPort, formatAddress, parseAddress } from './address.js'
import { checkCount, checkSignal, checkType } from './checks.js'
import { fromSystem, SocketError } from './errors.js'
import { DEFAULTS, type ListenOptions, socketOptions } from './options.js'

/** `address` taken apart into host, port and path. @throws TypeError, RangeError when they make no sense */
export function whereOf(options: ListenOptions): ListenOptions {
  const { address, ...rest } = options
  const parsed = address === undefined ? undefined : parseAddress(address)
  const where: ListenOptions = { ...rest }
  checkType('host', where.host, 'string')
  checkType('tls', where.tls, 'object')
  if (parsed?.host !== undefined) where.host = parsed.host
  if (parsed?.port !== undefined) where.port = parsed.port
  if (parsed?.path !== undefined) where.path = parsed.path
  if (parsed?.secure === true && where.tls === undefined) throw new TypeError('a tls:// address needs the option tls')
  if (parsed?.secure === false && where.tls !== undefined && where.path === undefined) {
    throw new TypeError('with the option tls the address is tls://host:port')
  }
  if (where.path !== undefined) checkPath(where.path)
  else checkPort(where.port ?? 0)
  checkCount('backlog', where.backlog)
  checkMode(where.mode)
  checkSignal(where.signal)
  return where
}

function checkMode(mode: number | undefined): void {
  if (mode !== undefined && !(Number.isInteger(mode) && mode >= 0 && mode <= 0o777)) {
    throw new RangeError(`mode is a number from 0 to 0o777, not ${String(mode)}`)
  }
}

/** A listening socket. */
export interface Bound {
  readonly listener: NetServer
  /** Stops listening. */
  readonly unbind: () => void
}

/**
 * Listens.
 *
 * @throws SocketError `SOCKET_ERR_ADDRESS_IN_USE`, `SOCKET_ERR_PERMISSION`, `SOCKET_ERR_HOST_NOT_FOUND`,
 * `SOCKET_ERR_ADDRESS_NOT_AVAILABLE`, `SOCKET_ERR_LISTEN`; the message names the address
 */
export async function bind(where: ListenOptions): Promise<Bound> {
  const server = createServer({
    ...socketOptions(where),
    pauseOnConnect: where.overload === 'wait',
  })
  // Also in place of an empty one, which node:net takes for all addresses.
  const host = where.host || '127.0.0.1'
  const name = `listening on ${formatAddress({ ...where, host }, where.tls !== undefined)}`
  const { path } = where
  const backlog = where.backlog ?? DEFAULTS.backlog
  try {
    if (path === undefined) {
      if (where.reusePort === true && !hasReusePort()) {
        throw new SocketError(
          'SOCKET_ERR_UNSUPPORTED',
          `reusePort needs Node 22.12 or later, this is ${process.version}`,
        )
      }
      const { port = 0, ipv6Only = false, reusePort = false } = where
      // Node 20's types do not know reusePort.
      await listening(server, { host, port, backlog, ipv6Only, ...(reusePort && { reusePort }) })
    } else {
      await listeningOnPath(server, path, backlog, where.mode)
    }
  } catch (error) {
    server.close()
    throw fromSystem(error, 'SOCKET_ERR_LISTEN', name)
  }
  if (path === undefined) return { listener: server, unbind: () => void server.close() }
  const own = fileAt(path)
  return { listener: server, unbind: () => leave(server, path, own) }
}

/**
 * Stops listening at a path. Node removes what is there then, whosever it is (nodejs/node#19729). What somebody has put in the
 * place of our own file, such as the server that takes over from this one, is kept under another name meanwhile.
 */
function leave(server: NetServer, path: string, own: string | undefined): void {
  const aside = `${path}.${randomUUID()}`
  const kept = fileAt(path) !== own && linked(path, aside)
  server.close()
  if (!kept) return
  linked(aside, path)
  unlinkSync(aside)
}

/** @returns whether it has the other name now, too; not when there is nothing, or something else has that name */
function linked(path: string, other: string): boolean {
  try {
    linkSync(path, other)
    return true
  } catch {
    return false
  }
}

async function listeningOnPath(
  server: NetServer,
  path: string,
  backlog: number,
  mode: number | undefined,
): Promise<void> {
  // The file must never be more open than asked for, not even for a moment; a worker thread has no umask to set.
  const umask = mode !== undefined && isMainThread ? process.umask(0o777 & ~mode) : undefined
  let bound: Promise<void>
  try {
    bound = listening(server, { path, backlog })
  } finally {
    if (umask !== undefined) process.umask(umask)
  }
  try {
    await bound
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !(await removeStale(path))) throw error
    return listeningOnPath(server, path, backlog, mode)
  }
  if (mode !== undefined) chmodSync(path, mode)
}

function listening(server: NetServer, options: NetListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/**
 * Removes the file if it is a socket that nobody answers on: what a server leaves behind that was killed.
 *
 * @returns whether listening is worth another attempt
 */
async function removeStale(path: string): Promise<boolean> {
  const found = socketAt(path)
  if (found === undefined || !(await isSilent(path))) return false
  // Another server may have taken it over while we asked, and its file is not ours to remove.
  if (socketAt(path) === found) unlinkSync(path)
  return true
}

/** What tells the socket at a path from all that were and will be there; undefined: there is none. */
function socketAt(path: string): string | undefined {
  const file = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return file?.isSocket() === true ? `${file.dev} ${file.ino} ${file.ctimeNs}` : undefined
}

/** What tells the file at a path from others as long as it is in use; undefined: there is none, or none to be seen. */
function fileAt(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true })
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}

function isSilent(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path })
    probe.once('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' || error.code === 'ENOENT'),
    )
  })
}

function hasReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
}
