import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Connection,
  type ConnectionHooks,
  type ConnectionOptions,
  connect,
  type ListenOptions,
  type Server,
  serve,
} from '../src/index.js'
import { connectionPair } from '../src/testing.js'
import { identity } from './certificates.js'

export interface Pair {
  /** the end that connected */
  client: Connection
  /** the end that was accepted */
  server: Connection
  stop(): Promise<void>
}

export interface PairSetup {
  server?: ConnectionHooks
  client?: ConnectionHooks
  serverOptions?: ConnectionOptions
  clientOptions?: ConnectionOptions
}

export interface Transport {
  name: string
  pair(setup?: PairSetup): Promise<Pair>
  /** Several connections to one server; the memory pair has no server. */
  serve?(options: ListenOptions, hooks: ConnectionHooks): Promise<Server>
  dial?(server: Server, hooks?: ConnectionHooks): Promise<Connection>
}

const certificate = await identity('localhost')

function networked(name: string, where: () => { listen: ListenOptions; tls: boolean; remove?: () => void }): Transport {
  const dial = (server: Server, hooks?: ConnectionHooks, options: ConnectionOptions = {}): Promise<Connection> => {
    const { tls } = where()
    const address = 'path' in server.address ? { path: server.address.path } : { host: '127.0.0.1', port: server.port }
    return connect({ ...options, ...address, tls: tls && { ca: certificate.cert, servername: 'localhost' } }, hooks)
  }
  const listen = async (options: ListenOptions, hooks: ConnectionHooks): Promise<Server> =>
    serve({ ...where().listen, ...options }, hooks)
  return {
    name,
    serve: listen,
    dial,
    async pair(setup = {}) {
      let accepted!: (connection: Connection) => void
      const arrival = new Promise<Connection>((resolve) => {
        accepted = resolve
      })
      const hooks = setup.server ?? { end() {} }
      const server = await listen(setup.serverOptions ?? {}, {
        ...hooks,
        open(connection) {
          accepted(connection)
          return hooks.open?.(connection)
        },
      })
      const client = await dial(server, setup.client, setup.clientOptions)
      return {
        client,
        server: await arrival,
        async stop() {
          client.destroy()
          await server.close({ signal: AbortSignal.abort() })
        },
      }
    },
  }
}

const directory = mkdtempSync(join(tmpdir(), 'socket-server-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
let sockets = 0

export const tcp = networked('TCP', () => ({ listen: { host: '127.0.0.1', port: 0 }, tls: false }))
export const tls = networked('TLS', () => ({ listen: { host: '127.0.0.1', port: 0, tls: certificate }, tls: true }))
export const unix = networked('Unix', () => ({ listen: { path: join(directory, `${++sockets}.sock`) }, tls: false }))
export const memory: Transport = {
  name: 'memory',
  async pair(setup = {}) {
    const wheel = setup.serverOptions?.wheel ?? setup.clientOptions?.wheel
    const [client, server] = connectionPair({
      ...(setup.client !== undefined && { left: setup.client }),
      right: setup.server ?? { end() {} },
      ...(setup.clientOptions !== undefined && { leftOptions: setup.clientOptions }),
      ...(setup.serverOptions !== undefined && { rightOptions: setup.serverOptions }),
      ...(wheel !== undefined && { wheel }),
    })
    return {
      client,
      server,
      async stop() {
        client.destroy()
        server.destroy()
      },
    }
  },
}

export const transports = [tcp, tls, unix, memory]
export { certificate, directory }
