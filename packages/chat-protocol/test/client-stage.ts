import type { Dial } from '../src/client/carriage.js'
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

/**
 * A server of the old kind, in memory: no capabilities, no echo. It lets everybody in, into every room, and says nothing more.
 *
 * @param heard is told each line, and may answer it
 */
export function plainServer(heard: (line: string, say: (...lines: string[]) => void) => void = () => {}): Dial {
  return (_, hooks) => {
    let nick = ''
    let open = true
    const close = (): void => {
      if (open) hooks.closed()
      open = false
    }
    const say = (...lines: string[]): void => {
      for (const line of lines) queueMicrotask(() => open && hooks.line(line))
    }
    queueMicrotask(() => open && hooks.opened())
    return {
      send(line) {
        const [command, first = ''] = line.split(' ')
        if (command === 'NICK') nick = first
        if (command === 'USER') say(`:irc.test 001 ${nick} :Hi`, `:irc.test 422 ${nick} :No MOTD`)
        if (command === 'JOIN') say(`:${nick}!a@h JOIN ${first}`, `:irc.test 366 ${nick} ${first} :End`)
        if (command === 'QUIT') queueMicrotask(close)
        heard(line, say)
      },
      close,
    }
  }
}

const COMMANDS =
  '001 005 332 333 353 366 376 396 404 422 432 433 471 730 ACCOUNT ACK AUTHENTICATE AWAY BATCH CAP CHGHOST ERROR FAIL ' +
  'INVITE JOIN KICK MODE NICK NOTE NOTICE PART PING PONG PRIVMSG QUIT SETNAME TAGMSG TOPIC WARN'
const WORDS = [
  ...[
    'ann',
    'bob',
    '#room',
    '#a b',
    '#a,b',
    '*',
    '',
    ':',
    '+b',
    '-b',
    '+',
    '@#room',
    'x!y@z',
    '\x1b]0;x\x07',
    '\x9b2J',
  ],
  ...['LS', 'NEW', 'NAK', 'ACK', 'DEL', 'batch', 'sasl', 'chathistory', 'CASEMAPPING=ascii', 'PREFIX=(', 'CHANTYPES='],
  ...['LINELEN=9', 'LINELEN=99999', 'CHANMODES=,,', '+ov-o', '\x01ACTION', '__proto__', 'r1', 'm1', '1e999'],
  ...['x'.repeat(600), '漢'.repeat(300)],
]
const TAGS = [
  ...['', '', '@batch=b ', '@label=m1 ', '@label=r1 ', '@msgid=a\\r\\nb ', '@time=x;+typing=active '],
  ...['@+draft/reply=x;+draft/react=\x1b[2J ', `@msgid=${'x'.repeat(5000)} `],
]
const SOURCES = ['', ':ann!a@h ', ':ann ', ':bob!b@h ', ':irc.test ', ':! ', ':\x1b[2J ', `:${'x'.repeat(600)} `]

/** One of several, the same in every run. */
type Choose = <T>(of: readonly T[]) => T

/** Choices without chance. */
export function chooser(seed: number): Choose {
  return (of) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return of[(seed >>> 8) % of.length]!
  }
}

/** A line that a hostile server might say: of known words, and none that makes sense. */
export function nonsense(one: Choose): string {
  const params = Array.from({ length: one([0, 1, 2, 3, 5]) }, () => one(WORDS))
  const middle = params.slice(0, -1).filter((word) => /^[^: ][^ ]*$/.test(word))
  const line = [one(COMMANDS.split(' ')), ...middle, ...params.slice(-1).map((word) => `:${word}`)].join(' ')
  return one(TAGS) + one(SOURCES) + line
}

/** After what was promised has been answered. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
