import { parseArgs } from 'node:util'
import { parseChatUrl, roomName } from '../client/chat-url.js'
import { resolveOptions } from '../client/options.js'
import { checkTarget } from '../client/speech.js'
import { ChatError } from '../codec/errors.js'

/** `plainwire-chat serve`. */
export interface ServeCommand {
  readonly command: 'serve'
  /** `undefined`: 127.0.0.1. */
  readonly host: string | undefined
  /** IRC port; `undefined`: 6667, or any if that is taken. */
  readonly port: number | undefined
  /** Port of the page; `undefined`: 8080, or any if that is taken. */
  readonly webPort: number | undefined
  /** Serve the page? */
  readonly web: boolean
  /** Files in PEM; with them IRC is also at 6697 by TLS, and the page is `https`. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  readonly tlsPort: number | undefined
  readonly name: string | undefined
  readonly password: string | undefined
  readonly motd: string | undefined
  readonly config: string | undefined
}

/** `plainwire-chat join`. */
export interface JoinCommand {
  readonly command: 'join'
  readonly url: string
  readonly room: string
  readonly name: string | undefined
  readonly password: string | undefined
  readonly json: boolean
  readonly follow: boolean
  readonly insecure: boolean
  readonly backlog: number
}

/** What a command line asks for. */
export type Command =
  | ServeCommand
  | JoinCommand
  | { readonly command: 'hash-password' | 'version' }
  | { readonly command: 'help'; readonly text: string }

const HELP = `Chat on a wire of your own, or on any IRC network.

  plainwire-chat serve                    opens a chat: prints its address, the page's URL and a line to join by
  plainwire-chat join HOST|URL ROOM       joins a chat; asks for a name only
  plainwire-chat hash-password            reads a password, prints what a configuration holds instead

plainwire-chat COMMAND --help tells more.
`

const SERVE_HELP = `plainwire-chat serve [options]

  --host HOST            where to listen (default 127.0.0.1: this machine only; 0.0.0.0 opens it to the network)
  --port PORT            IRC (default 6667, or another one if that is taken; 0: any)
  --web-port PORT        page and WebSocket (default 8080, or another one if that is taken; 0: any)
  --no-web               no page
  --tls-cert FILE --tls-key FILE
                         IRC by TLS as well, and the page by HTTPS
  --tls-port PORT        IRC by TLS (default 6697, or another one if that is taken; 0: any)
  --name HOST.NAME       the server's name (default plainwire.local)
  --password PASSWORD    asked of everybody; better in a configuration, hashed
  --motd TEXT            a line to greet with
  --config FILE          JSON with any option of serveChat, for operators, limits, history and so on

Ctrl-C, SIGTERM, SIGHUP or SIGQUIT closes it: clients are told first; a second one ends it at once.
`

const JOIN_HELP = `plainwire-chat join HOST|URL [ROOM] [options]

  HOST[:PORT], irc://HOST, ircs://HOST (TLS), ws://HOST/PATH, wss://HOST/PATH, or the http(s):// URL of a chat page
  ROOM                   with or without #; may be part of the URL

  --name NAME            your name (asked for when missing; needed when the input is no terminal: default your login)
  --password PASSWORD    the server's
  --backlog COUNT        messages of the past to show (default 50; 0: none)
  --insecure             take any TLS certificate: for a server of your own
  --json                 for bots: prints every event as a line of JSON, reads messages and JSON commands
  --follow               stay when the input ends

In a terminal, plain lines are messages; /help lists the commands, Tab completes, Ctrl-C leaves.
With input from a pipe, each line is sent as a message, and the program ends when all are delivered.
`

/**
 * Reads a command line.
 *
 * @param args without node and script
 * @throws ChatError `CHAT_ERR_USAGE` with a sentence for the user
 */
export function readCommandLine(args: readonly string[]): Command {
  const [command, ...rest] = args
  switch (command) {
    case 'serve':
      return readServe(rest)
    case 'join':
      return readJoin(rest)
    case 'hash-password':
      return { command }
    case '--version':
    case '-v':
      return { command: 'version' }
    case undefined:
    case '--help':
    case '-h':
    case 'help':
      return { command: 'help', text: HELP }
    default:
      throw usage(`there is no command ${JSON.stringify(command)}`)
  }
}

function readServe(args: string[]): Command {
  const { values, positionals, tokens } = parse(args, {
    help: { type: 'boolean', short: 'h' },
    host: { type: 'string' },
    port: { type: 'string' },
    'web-port': { type: 'string' },
    'no-web': { type: 'boolean' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    'tls-port': { type: 'string' },
    name: { type: 'string' },
    password: { type: 'string' },
    motd: { type: 'string' },
    config: { type: 'string' },
  })
  if (values.help) return { command: 'help', text: SERVE_HELP }
  checkRepeated(tokens)
  if (positionals.length > 0) throw usage(`serve takes no ${JSON.stringify(positionals[0])}`)
  const cert = values['tls-cert'] as string | undefined
  const key = values['tls-key'] as string | undefined
  if ((cert === undefined) !== (key === undefined)) throw usage('--tls-cert and --tls-key go together')
  return {
    command: 'serve',
    host: values.host as string | undefined,
    port: port(values.port, '--port'),
    webPort: port(values['web-port'], '--web-port'),
    web: values['no-web'] !== true,
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
    tlsPort: port(values['tls-port'], '--tls-port'),
    name: values.name as string | undefined,
    password: values.password as string | undefined,
    motd: values.motd as string | undefined,
    config: values.config as string | undefined,
  }
}

function readJoin(args: string[]): Command {
  const { values, positionals, tokens } = parse(args, {
    help: { type: 'boolean', short: 'h' },
    name: { type: 'string' },
    password: { type: 'string' },
    backlog: { type: 'string' },
    insecure: { type: 'boolean' },
    json: { type: 'boolean' },
    follow: { type: 'boolean' },
  })
  if (values.help) return { command: 'help', text: JOIN_HELP }
  checkRepeated(tokens)
  const [address, named, more] = positionals
  if (address === undefined) throw usage('join needs a host or URL')
  if (more !== undefined) throw usage(`join takes one room, and not ${JSON.stringify(more)} as well`)
  const url = parseChatUrl(address)
  const room = named === undefined ? url.rooms[0] : roomName(named)
  if (room === undefined || named === '') throw usage('join needs a room')
  const name = values.name as string | undefined
  if (name !== undefined) asUsage(() => resolveOptions({ nick: name }))
  asUsage(() => checkTarget(room))
  const backlog = values.backlog === undefined ? 50 : Number(values.backlog)
  if (!Number.isInteger(backlog) || backlog < 0) throw usage('--backlog needs a number')
  return {
    command: 'join',
    url: address,
    room,
    name,
    password: values.password as string | undefined,
    json: values.json === true,
    follow: values.follow === true,
    insecure: values.insecure === true,
    backlog,
  }
}

function parse(args: string[], options: NonNullable<Parameters<typeof parseArgs>[0]>['options']) {
  try {
    return parseArgs({ args, options: options!, allowPositionals: true, tokens: true })
  } catch (error) {
    // Node's sentence ends with a hint for programmers.
    throw usage((error as Error).message.split('. To specify')[0]!)
  }
}

/** A second value would take the place of the first without a word. */
function checkRepeated(tokens: ReturnType<typeof parse>['tokens']): void {
  const given = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value === undefined) continue
    if (given.has(token.name)) throw usage(`--${token.name} is given more than once`)
    given.add(token.name)
  }
}

function port(value: unknown, option: string): number | undefined {
  if (value === undefined) return undefined
  const number = /^\d+$/.test(value as string) ? Number(value) : Number.NaN
  if (!(number <= 65_535)) throw usage(`${option} needs a port, 0 to 65535`)
  return number
}

/** Runs a check of the library: what the caller gets wrong there is, here, a wrong command line. */
export function asUsage<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw usage((error as Error).message)
  }
}

/** A wrong command line, as a sentence for the user. */
export function usage(sentence: string): ChatError {
  return new ChatError('CHAT_ERR_USAGE', sentence)
}
