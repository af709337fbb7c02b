import { once } from 'node:events'
import { connect } from 'node:net'
import { serve, type WebServer } from '@plainwire/web-server'
import { WebSocket } from 'ws'
import { LineDecoder } from '../../src/codec/line-decoder.js'
import { Engine } from '../../src/engine/engine.js'
import { type Log, MemoryLog } from '../../src/engine/log.js'
import { planOf } from '../../src/server/plan.js'
import { type ChatServer, hashPassword, serveChat } from '../../src/server.js'
import { isupport } from '../../src/session/isupport.js'
import { recitalsOf } from '../../src/session/recitals.js'
import { Session, type SessionHost } from '../../src/session/session.js'
import { chatSocket } from '../../src/web.js'
import { octetsOf, type Stage } from './transcript.js'

/** What every conversation's server is, unless it says otherwise. Flood control off: it has conversations of its own. */
export const OPTIONS = {
  name: 'chat.example',
  network: 'Example',
  motd: ['Be kind'],
  admin: ['Here', 'Us', 'admin@chat.example'],
  cloak: false,
  flood: false,
  connectionLimits: false,
  operators: [{ name: 'root', password: 'secret', host: 'staff.example' }],
} as const

function slow(log: MemoryLog): Log {
  return {
    append: (room, time, event) => log.append(room, time, event),
    read: async (room, range) => log.read(room, range),
    latest: async (room, accepts) => log.latest(room, accepts),
    follow: (room, listener) => log.follow(room, listener),
    forget: async (room) => log.forget(room),
  }
}

/** Session and engine alone: time is a number, ids are counted. */
export class EngineStage implements Stage {
  readonly sessions = new Map<string, Session>()
  readonly engine: Engine
  private now = Date.UTC(2026, 0, 1)
  private ids = 0
  private readonly closed = new Set<string>()
  /** Sessions that have something to say. */
  readonly talking = new Set<Session>()
  /** Sessions that have more of a long answer to give. */
  readonly answering = new Set<Session>()
  /** What was reported as a fault of the program; `received` throws the first that nobody took. */
  readonly faults: unknown[] = []
  private readonly host: SessionHost

  /** @param slowLog a log that answers questions later, as one on a disk or a network does */
  constructor(options: Record<string, unknown>, slowLog = false) {
    const plan = planOf({ ...OPTIONS, ...options })
    const now = (): number => this.now
    const id = (): string => `id${++this.ids}`
    const log = new MemoryLog({ ...plan.history, token: id, now })
    this.engine = new Engine(
      {
        now,
        id,
        log: slowLog ? slow(log) : log,
        operator: async (name, password) =>
          plan.operators.find((one) => one.name === name && one.password === password),
        unregistered: () => [...this.sessions.values()].filter((session) => !session.user && !session.ended).length,
      },
      plan.settings,
    )
    this.host = {
      engine: this.engine,
      now,
      id,
      timeouts: plan.timeouts,
      flood: plan.flood === false ? undefined : plan.flood,
      maxSendQueue: plan.maxSendQueue,
      password: plan.password === undefined ? undefined : async (given) => given === plan.password,
      recitals: recitalsOf(this.engine, isupport(this.engine.settings, true)),
      pending: (session) => this.talking.add(session),
      throttled: () => {},
      answering: (session) => this.answering.add(session),
      ended: () => {},
      failed: (error) => this.faults.push(error),
    }
  }

  connect(who: string): void {
    this.closed.delete(who)
    const origin = { address: '127.0.0.1', realHost: '127.0.0.1', host: '127.0.0.1', secure: false }
    this.sessions.set(who, new Session(this.host, origin))
  }

  send(who: string, line: string): void {
    // As octets, so that what TCP refuses is refused here too.
    const session = this.sessions.get(who)!
    new LineDecoder(
      { line: (text) => session.receive(text), refused: (error) => session.refused(error) },
      { maxTagsLength: 4096 },
    ).push(octetsOf(line))
  }

  vanish(who: string): void {
    this.sessions.get(who)!.lost('Connection closed')
    this.sessions.get(who)!.take()
    this.closed.add(who)
  }

  pass(seconds: number): void {
    this.now += seconds * 1000
    for (const session of this.sessions.values()) session.tick()
  }

  async received(): Promise<Map<string, (string | undefined)[]>> {
    // Continuations of passwords and the like are microtasks here.
    for (let i = 0; i < 10; i++) await Promise.resolve()
    for (const fault of this.faults) throw fault
    const all = new Map<string, (string | undefined)[]>()
    for (const [who, session] of this.sessions) {
      let octets = session.take()
      while (this.answering.delete(session)) {
        session.resume()
        octets += session.take()
      }
      const lines: (string | undefined)[] =
        octets === '' ? [] : Buffer.from(octets, 'latin1').toString().slice(0, -2).split('\r\n')
      if (session.ended && !this.closed.has(who)) {
        this.closed.add(who)
        lines.push(undefined)
      }
      all.set(who, lines)
    }
    return all
  }

  async close(): Promise<void> {}
}

const operators = Promise.all(
  OPTIONS.operators.map(async (one) => ({ ...one, password: await hashPassword(one.password) })),
)

interface LiveClient {
  readonly lines: (string | undefined)[]
  open: boolean
  readonly write: (line: string) => void
  readonly destroy: () => void
}

/** The running server, over one kind of transport. */
export class LiveStage implements Stage {
  private readonly clients = new Map<string, LiveClient>()
  private syncs = 0

  private constructor(
    private readonly server: ChatServer,
    private readonly web: WebServer | undefined,
    private readonly faults: readonly Error[],
  ) {}

  static async overTcp(options: Record<string, unknown>): Promise<LiveStage> {
    const faults: Error[] = []
    return new LiveStage(await served(options, faults), undefined, faults)
  }

  static async overWebSocket(options: Record<string, unknown>): Promise<LiveStage> {
    const faults: Error[] = []
    const server = await served(options, faults)
    const upgrade = chatSocket(server, '/chat')
    const web = await serve({ port: 0, handler: (_request, response) => response.sendError(404), upgrade })
    return new LiveStage(server, web, faults)
  }

  async connect(who: string): Promise<void> {
    const lines: (string | undefined)[] = []
    this.clients.set(
      who,
      await (this.web ? connectWebSocket(this.web.port, lines) : connectTcp(this.server.port, lines)),
    )
  }

  send(who: string, line: string): void {
    this.clients.get(who)!.write(line)
  }

  async vanish(who: string): Promise<void> {
    const client = this.clients.get(who)!
    this.clients.delete(who)
    client.destroy()
    // The server learns of it by its own socket: until then the name is still there.
    while (this.server.engine.user(who) !== undefined) await new Promise(setImmediate)
  }

  pass(): void {
    throw new Error('time does not pass here')
  }

  async received(): Promise<Map<string, (string | undefined)[]>> {
    const all = new Map<string, (string | undefined)[]>()
    // Whoever answers a ping has seen everything that was sent before; the sender must have been heard by then.
    for (let pass = 0; pass < 2; pass++) {
      for (const client of this.clients.values()) await this.sync(client)
    }
    for (const fault of this.faults) throw fault
    for (const [who, client] of this.clients) all.set(who, client.lines.splice(0))
    return all
  }

  private async sync(client: LiveClient): Promise<void> {
    if (!client.open) return
    const token = `sync${++this.syncs}`
    client.write(`PING ${token}`)
    for (;;) {
      const at = client.lines.findIndex((line) => line?.endsWith(`PONG chat.example ${token}`))
      if (at >= 0) {
        client.lines.splice(at, 1)
        return
      }
      if (!client.open) return
      await new Promise(setImmediate)
    }
  }

  async close(): Promise<void> {
    for (const client of this.clients.values()) client.destroy()
    await this.web?.close({ timeout: 100 })
    await this.server.close({ timeout: 100 })
  }
}

async function served(options: Record<string, unknown>, faults: Error[]): Promise<ChatServer> {
  const warn = (error: Error): void => void faults.push(error)
  return serveChat({ ...OPTIONS, operators: await operators, listeners: [{ port: 0 }], warn, ...options })
}

async function connectTcp(port: number, lines: (string | undefined)[]): Promise<LiveClient> {
  const socket = connect({ port, host: '127.0.0.1' })
  const client: LiveClient = {
    lines,
    open: true,
    write: (line) => socket.write(octetsOf(line)),
    destroy: () => socket.destroy(),
  }
  const decoder = new LineDecoder(
    { line: (line) => lines.push(line), refused: (error) => lines.push(String(error)) },
    { maxLength: 8192 },
  )
  socket.on('data', (chunk) => decoder.push(chunk))
  socket.on('error', () => {})
  socket.on('close', () => {
    client.open = false
    lines.push(undefined)
  })
  await once(socket, 'connect')
  return client
}

async function connectWebSocket(port: number, lines: (string | undefined)[]): Promise<LiveClient> {
  // As octets: only so can a client send what is no UTF-8.
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, 'binary.ircv3.net')
  const client: LiveClient = {
    lines,
    open: true,
    write: (line) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(octetsOf(line).subarray(0, -2))
    },
    destroy: () => socket.terminate(),
  }
  socket.on('message', (data) => lines.push(String(data)))
  socket.on('error', () => {})
  socket.on('close', () => {
    client.open = false
    lines.push(undefined)
  })
  await once(socket, 'open')
  return client
}
