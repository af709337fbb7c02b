import { randomBytes } from 'node:crypto'
import { type Address, type Connection, type ConnectionHooks, type Server, serve } from '@plainwire/socket-server'
import { ChatError } from '../codec/errors.js'
import { LineDecoder, type LineHooks } from '../codec/line-decoder.js'
import { MAX_CLIENT_TAGS, MAX_LINE } from '../codec/message.js'
import { byteLength, splitText } from '../codec/text.js'
import { Engine } from '../engine/engine.js'
import { MemoryLog } from '../engine/log.js'
import type { OperatorGrant } from '../engine/ports.js'
import type { Carrier } from '../session/carrier.js'
import type { FloodBudget } from '../session/flood.js'
import { isupport } from '../session/isupport.js'
import { recitalsOf } from '../session/recitals.js'
import { Session, type SessionHost } from '../session/session.js'
import type { SessionTimeouts } from '../session/timeouts.js'
import { Admission } from './admission.js'
import { type Cloak, cloakWith, plainAddress, plainHost } from './cloak.js'
import { LongAnswers } from './long-answers.js'
import type { ChatServerOptions, Listener } from './options.js'
import { verifyPassword } from './passwords.js'
import { planOf, type ServerPlan } from './plan.js'
import type { Attachment, Transport } from './transport.js'

/** Figures of a running server. */
export interface ChatServerStats {
  /** Connections now, registered or not. */
  readonly connections: number
  /** Registered users now. */
  readonly users: number
  /** Open channels now. */
  readonly channels: number
  /** Entries of history in memory. */
  readonly history: number
}

/** Octets of the reason with which an attached client ends. */
const MAX_REASON = 290

/** How long `close` waits for clients that were told and do not close their end, milliseconds. */
const CLOSE_TIMEOUT = 2_000

/** A running chat server. Made by {@link serveChat}. */
export class ChatServer implements AsyncDisposable {
  /** The rooms and people. For reading; commands come from sessions. */
  readonly engine: Engine
  /** Resolves when everything is closed. */
  readonly closed: Promise<void>
  private resolveClosed!: () => void
  private readonly servers: Server<Line>[] = []
  private readonly sessions = new Set<Session>()
  private dirty: Session[] = []
  private readonly throttled = new Set<Session>()
  private readonly answers = new LongAnswers((session, error) => this.lose(session, error))
  private throttleTimer: NodeJS.Timeout | undefined = undefined
  private readonly sweepTimer: NodeJS.Timeout
  private readonly log: MemoryLog
  private readonly admission: Admission
  private readonly cloak: Cloak
  /** Sessions under flood control, and those whose address is exempt from it. */
  private readonly host: SessionHost
  private readonly exemptHost: SessionHost
  private closing = false

  /** @internal use {@link serveChat} */
  constructor(private readonly plan: ServerPlan) {
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve
    })
    let ids = 0
    // Unpredictable across starts, short within one: references and ids only have to differ.
    const run = randomBytes(6)
      .toString('base64url')
      .replace(/[^A-Za-z0-9]/g, 'x')
    const id = (): string => `${run}${(++ids).toString(36)}`
    const now = Date.now
    this.log = new MemoryLog({ ...plan.history, token: id, now })
    this.admission = new Admission(plan.connectionLimits)
    this.cloak = plan.cloak === false ? plainHost : cloakWith(plan.cloak.secret)
    this.engine = new Engine(
      {
        now,
        id,
        log: this.log,
        operator: (name, password) => this.operator(name, password),
        unregistered: () => this.sessions.size - this.engine.users.size,
      },
      plan.settings,
    )
    const expected = plan.password
    const common = {
      engine: this.engine,
      now,
      id,
      timeouts: plan.timeouts satisfies SessionTimeouts,
      maxSendQueue: plan.maxSendQueue,
      password: expected === undefined ? undefined : (given: string) => verifyPassword(given, expected),
      recitals: recitalsOf(this.engine, isupport(this.engine.settings, true)),
      pending: (session: Session) => this.pending(session),
      throttled: (session: Session) => this.throttle(session),
      answering: (session: Session) => this.answers.add(session),
      ended: (session: Session, reason: string) => this.ended(session, reason),
      failed: (error: unknown) => this.failed(error),
    }
    const flood: FloodBudget | undefined = plan.flood === false ? undefined : plan.flood
    this.host = { ...common, flood }
    this.exemptHost = { ...common, flood: undefined }
    // One pass a second over all sessions is cheaper than a timer for each, and no deadline here is finer than that.
    this.sweepTimer = setInterval(() => this.sweep(), 1000)
    this.sweepTimer.unref()
  }

  /** Addresses listened on, in the order of the listeners given. */
  get addresses(): readonly Address[] {
    return this.servers.map((server) => server.address)
  }

  /** Port of the first TCP or TLS listener; 0 when there is none. */
  get port(): number {
    return this.servers.find((server) => server.port > 0)?.port ?? 0
  }

  /** `irc://host:port`, `ircs://host:port` or `unix:path` of each listener. */
  get urls(): readonly string[] {
    return this.servers.map((server) => server.url.replace(/^tcp:/, 'irc:').replace(/^tls:/, 'ircs:'))
  }

  /** Figures of this moment. */
  get stats(): ChatServerStats {
    const { users, channels } = this.engine
    return { connections: this.sessions.size, users: users.size, channels: channels.size, history: this.log.entries }
  }

  /** @internal */
  async listen(listeners: readonly Listener[]): Promise<void> {
    const { maxSendQueue, warn } = this.plan
    const hooks = this.hooks()
    for (const listener of listeners) {
      // Our own limit is the one that closes with a reason; the socket's is the net below it.
      const limits = { maxWriteQueue: 2 * maxSendQueue + 65_536, lingerTimeout: 2_000, warn }
      const where = 'path' in listener ? {} : { host: listener.host ?? '127.0.0.1' }
      this.servers.push(await serve<Line>({ ...limits, ...where, ...listener }, hooks))
    }
  }

  private hooks(): ConnectionHooks<Line> {
    return {
      open: (connection) => {
        const { remote } = connection
        const address = 'host' in remote ? remote.host : ''
        const line = new Line(connection)
        const session = this.accept(address, connection.secure !== undefined, false, line)
        if (session === undefined) return
        line.session = session
        connection.context = line
      },
      data: (connection, chunk) => connection.context?.decoder.push(chunk),
      end: (connection) => this.hangUp(connection, 'Connection closed'),
      error: (connection, error) => this.hangUp(connection, REASONS[error.code] ?? 'Connection lost'),
      close: (connection) => this.hangUp(connection, 'Connection closed'),
    }
  }

  private hangUp(connection: Connection<Line>, reason: string): void {
    connection.context?.session?.lost(reason)
    if (connection.context !== undefined) connection.close()
  }

  /**
   * Takes over a client whose messages come by another way than this server's own listeners, for example a WebSocket.
   *
   * @returns where its messages go; a refused client was told why, and its transport closed, before this returns
   */
  attach(transport: Transport): Attachment {
    const session = this.accept(transport.remote, transport.secure, true, new MessageCarrier(transport))
    return {
      receive: (message) => {
        if (session !== undefined) receiveMessage(session, message)
      },
      // It becomes a line that others read.
      end: (reason = '') => session?.lost(splitText(reason.replaceAll('\0', ''), MAX_REASON)[0] ?? 'Connection closed'),
    }
  }

  private accept(remote: string, secure: boolean, text: boolean, carrier: Carrier): Session | undefined {
    const address = plainAddress(remote)
    const exempt = this.admission.isExempt(address)
    const host = exempt ? this.exemptHost : this.host
    const origin = { address, realHost: address === '' ? 'local' : address, host: this.cloak(address), secure, text }
    const session = new Session(host, origin)
    session.carrier = carrier
    const refusal = this.closing ? 'The server is closing' : this.admission.admit(address, Date.now())
    if (refusal !== undefined) {
      session.end(refusal)
      return undefined
    }
    this.sessions.add(session)
    return session
  }

  private async operator(name: string, password: string): Promise<OperatorGrant | undefined> {
    const operator = this.plan.operators.find((candidate) => candidate.name === name)
    // An unknown name takes as long as a wrong password, so that names cannot be found out.
    const right = await verifyPassword(password, operator?.password ?? DUMMY_HASH)
    if (!right || operator === undefined) return undefined
    return operator.host === undefined ? {} : { host: operator.host }
  }

  private pending(session: Session): void {
    // setImmediate runs when all sockets that were ready have been read: the tick whose writes leave together.
    if (this.dirty.length === 0) setImmediate(() => this.flush())
    this.dirty.push(session)
  }

  /** Writes what all sessions have to say: one write for each. */
  private flush(): void {
    const { dirty } = this
    this.dirty = []
    const { maxSendQueue } = this.plan
    for (const session of dirty) {
      const { carrier } = session
      const outbox = session.take()
      if (carrier === undefined || outbox === '') continue
      try {
        carrier.send(outbox)
        if (carrier.writeQueue > maxSendQueue) session.overflowed()
      } catch (error) {
        this.lose(session, error)
      }
    }
  }

  /** One transport that throws must not keep the others from their lines. */
  private lose(session: Session, error: unknown): void {
    this.failed(error)
    session.lost('Connection lost')
  }

  /** Reports a fault that is no client's. */
  private failed(error: unknown): void {
    this.plan.warn(error instanceof Error ? error : new Error(String(error)))
  }

  private contained(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.failed(error)
    }
  }

  private ended(session: Session, reason: string): void {
    const { carrier } = session
    if (this.sessions.delete(session)) this.admission.release(session.origin.address)
    this.throttled.delete(session)
    if (carrier === undefined) return
    // Its last words go out now: nothing may come between them and the end.
    if (session.queued > 0) this.contained(() => carrier.send(session.take()))
    session.carrier = undefined
    this.contained(() => carrier.close(reason))
  }

  private throttle(session: Session): void {
    this.throttled.add(session)
    this.throttleTimer ??= setTimeout(() => {
      this.throttleTimer = undefined
      for (const waiting of [...this.throttled]) {
        waiting.tick()
        if (waiting.waiting) this.throttle(waiting)
        else this.throttled.delete(waiting)
      }
    }, 100)
  }

  private sweep(): void {
    for (const session of [...this.sessions]) session.tick()
  }

  /**
   * Closes gracefully: no new connections, every client is told and then closed; what is left after the timeout is cut.
   *
   * @param options `timeout` in milliseconds, default 2,000
   */
  async close(options: { timeout?: number } = {}): Promise<void> {
    const { timeout = CLOSE_TIMEOUT } = options
    if (!this.closing) {
      this.closing = true
      clearInterval(this.sweepTimer)
      clearTimeout(this.throttleTimer)
      // Nobody is told of the others' leaving: in a room of thousands that would be millions of lines.
      for (const session of [...this.sessions]) session.dismiss('Server is shutting down')
      this.engine.clear()
      void Promise.all(this.servers.map((server) => server.close({ timeout }))).then(this.resolveClosed)
    }
    await this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

const LINE_LIMITS = { maxTagsLength: MAX_CLIENT_TAGS }

/**
 * What one socket connection has between its octets and its session. One object in three roles, as ten thousand
 * connections have ten thousand of everything.
 */
class Line implements Carrier, LineHooks {
  session: Session | undefined = undefined
  readonly decoder = new LineDecoder(this, LINE_LIMITS)

  constructor(private readonly connection: Connection<Line>) {}

  line(text: string): void {
    this.session?.receive(text)
  }

  refused(error: ChatError): void {
    this.session?.refused(error)
  }

  send(outbox: string): void {
    // One character per octet, see `finished`.
    this.connection.write(outbox, 'latin1')
  }

  get writeQueue(): number {
    return this.connection.writeQueue
  }

  close(): void {
    this.connection.close()
  }
}

class MessageCarrier implements Carrier {
  constructor(private readonly transport: Transport) {}

  send(outbox: string): void {
    this.transport.send(outbox.slice(0, -1).split('\n'))
  }

  get writeQueue(): number {
    return this.transport.writeQueue
  }

  close(reason: string): void {
    this.transport.close(reason)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function receiveMessage(session: Session, message: string | Uint8Array): void {
  let text: string
  try {
    text = typeof message === 'string' ? message : utf8.decode(message)
  } catch {
    return session.refused(new ChatError('CHAT_ERR_INVALID_UTF8', 'a message is not UTF-8'))
  }
  // Some clients end a message as they would a line.
  text = text.replace(/\r?\n$/, '')
  if (text === '') return
  const tags = text.startsWith('@') ? text.indexOf(' ') + 1 : 0
  if (byteLength(text.slice(0, tags)) > MAX_CLIENT_TAGS) {
    return session.refused(new ChatError('CHAT_ERR_TAGS_TOO_LONG', 'tags are too long'))
  }
  if (byteLength(text.slice(tags)) > MAX_LINE - 2) {
    return session.refused(new ChatError('CHAT_ERR_LINE_TOO_LONG', 'a message is too long'))
  }
  session.receive(text)
}

/** What others read when a connection dies. */
const REASONS: Readonly<Record<string, string>> = {
  SOCKET_ERR_RESET: 'Connection reset by peer',
  SOCKET_ERR_WRITE_QUEUE: 'Send queue exceeded',
  SOCKET_ERR_WRITE_TIMEOUT: 'Write timed out',
}

/** A hash that no password has. */
const DUMMY_HASH = `scrypt$16384$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`

/**
 * Starts a chat server.
 *
 * @throws SocketError when an address cannot be listened on (`SOCKET_ERR_ADDRESS_IN_USE` and its kin); listeners opened
 *   before it are closed again
 * @throws TypeError for options that cannot be used
 */
export async function serveChat(options: ChatServerOptions = {}): Promise<ChatServer> {
  const plan = planOf(options)
  const server = new ChatServer(plan)
  try {
    await server.listen(plan.listeners)
  } catch (error) {
    await server.close({ timeout: 1 })
    throw error
  }
  return server
}
