import { ClientCore } from '../src/client/core.js'
import type { ChatEvent } from '../src/client/events.js'
import type { ClientOptions } from '../src/client/options.js'
import { ChatError } from '../src/index.js'

/** Capabilities of a full server, as CAP LS lists them. */
export const FULL =
  'batch cap-notify draft/chathistory echo-message labeled-response message-tags server-time standard-replies'

/** A client without a network: the test plays the server and turns the clock. */
export class Stage {
  now = Date.UTC(2026, 0, 1)
  random = 0.5
  /** What happened since it was asked last. */
  events: ChatEvent[] = []
  /** Lines written since they were asked for last. */
  #written: string[] = []
  dials = 0
  hangUps = 0
  readonly core: ClientCore

  constructor(options: Partial<ClientOptions> = {}) {
    this.core = new ClientCore(
      { nick: 'ann', pace: { interval: 0 }, ...options },
      {
        dial: () => this.dials++,
        hangUp: () => {
          this.hangUps++
          this.core.lost()
        },
        write: (line) => this.#written.push(line),
        emit: (event) => this.events.push(event),
        now: () => this.now,
        random: () => this.random,
      },
    )
  }

  /** Lines written since the last call. */
  written(): string[] {
    return this.#written.splice(0)
  }

  /** Events of one type since the last call, and forgets all. */
  take<T extends ChatEvent['type']>(type: T): Extract<ChatEvent, { type: T }>[] {
    const taken = this.events.filter((event) => event.type === type)
    this.events = []
    return taken as Extract<ChatEvent, { type: T }>[]
  }

  /** The server says. */
  server(...lines: string[]): this {
    for (const line of lines) this.core.receive(line)
    return this
  }

  /** Connects and registers with a server that has these capabilities. */
  online(caps = FULL): this {
    this.core.start()
    return this.welcome(caps)
  }

  /** The server's part of registering. */
  welcome(caps = FULL): this {
    this.core.opened()
    if (caps !== '') this.server(`:irc.test CAP * LS :${caps}`, `:irc.test CAP ann ACK :${caps}`)
    this.server(
      ':irc.test 001 ann :Welcome',
      ':irc.test 005 ann CASEMAPPING=ascii CHATHISTORY=100 NETWORK=Test STATUSMSG=@+ :are supported',
      ':irc.test 422 ann :No MOTD',
    )
    this.events = []
    this.#written = []
    return this
  }

  /** The server's part of registering again: what was written and happened by then stays to be looked at. */
  welcomeKeeping(caps = FULL): this {
    this.core.opened()
    this.server(`:irc.test CAP * LS :${caps}`, `:irc.test CAP ann ACK :${caps}`, ':irc.test 001 ann :Welcome')
    this.server(':irc.test 005 ann CASEMAPPING=ascii CHATHISTORY=100 :are supported')
    this.#written = []
    return this.server(':irc.test 422 ann :No MOTD')
  }

  /** The server answers the JOIN and (with chathistory) gives an empty or given past. */
  async enter(room = '#room', past: string[] = []): Promise<this> {
    this.server(`:ann!a@host JOIN ${room}`, `:irc.test 353 ann = ${room} :@op ann`, `:irc.test 366 ann ${room} :End`)
    const label = this.written()
      .join('\n')
      .match(/@label=(\w+) CHATHISTORY/)?.[1]
    if (label !== undefined) this.history(label, room, past)
    await settled()
    this.events = []
    return this
  }

  /** The server answers a CHATHISTORY. */
  history(label: string, room: string, lines: readonly string[]): void {
    this.server(
      `@label=${label} :irc.test BATCH +h chathistory ${room}`,
      ...lines.map((line) => (line.startsWith('@') ? `@batch=h;${line.slice(1)}` : `@batch=h ${line}`)),
      ':irc.test BATCH -h',
    )
  }

  /** Time passes. */
  wait(milliseconds: number): this {
    this.now += milliseconds
    this.core.tick()
    return this
  }

  lose(): this {
    this.core.lost(new ChatError('CHAT_ERR_CONNECTION', 'cut'))
    return this
  }
}

/** After what was promised has been answered. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
