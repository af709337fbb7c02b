import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { serve as serveWeb, type WebServer } from '@plainwire/web-server'
import { site } from '@plainwire/web-server/site'
import type { ChatServer } from '../server/chat-server.js'
import type { ChatServerOptions, Listener } from '../server/options.js'
import { planOf } from '../server/plan.js'
import { readConfig, serveChat } from '../server.js'
import { chatPage, chatSocket } from '../web.js'
import { asUsage, type ServeCommand, usage } from './command-line.js'
import type { Paint } from './paint.js'
import { reachableHosts } from './reachable.js'

/** A chat that runs: IRC, and the page if it was asked for. */
export interface RunningChat {
  readonly chat: ChatServer
  readonly web: WebServer | undefined
  /** What is printed for the user. */
  readonly announcement: string
  /** Tells the clients, then ends. */
  close(): Promise<void>
}

/** Where is listened when nobody says: this machine only. */
const HOST = '127.0.0.1'

/** Clients are told, and have this long to go, milliseconds. */
const CLOSE_TIMEOUT = 300

/**
 * Opens a chat as the command line says.
 *
 * @throws ChatError `CHAT_ERR_USAGE` for a command line that cannot be obeyed
 * @throws what `serveChat`, `serve` and the reading of files throw
 */
export async function openChat(command: ServeCommand, paint: Paint): Promise<RunningChat> {
  const notes: string[] = []
  const tls = command.tls && { cert: readFileSync(command.tls.cert), key: readFileSync(command.tls.key) }
  const options = chatOptions(command)
  const pageOnly = forPageOnly(command, options)
  const chat = await withSparePorts(command, tls, options, notes)
  let web: WebServer | undefined
  if (command.web) {
    try {
      web = await openPage(command, tls, chat, notes)
    } catch (error) {
      await chat.close({ timeout: 0 })
      throw error
    }
  }
  if (pageOnly) notes.push('IRC is where the configuration says; --host and --tls-cert are for the page.')
  return {
    chat,
    web,
    announcement: announce(command, chat, web, notes, paint),
    async close() {
      const ended = chat.close({ timeout: CLOSE_TIMEOUT })
      await Promise.all([ended, web?.close({ timeout: CLOSE_TIMEOUT })])
    },
  }
}

function chatOptions(command: ServeCommand): ChatServerOptions {
  const config = command.config === undefined ? {} : readConfig(command.config)
  const own = {
    ...(command.name === undefined ? {} : { name: command.name }),
    ...(command.password === undefined ? {} : { password: command.password }),
    ...(command.motd === undefined ? {} : { motd: [command.motd] }),
  }
  asUsage(() => planOf(own))
  return { ...config, ...own }
}

/**
 * A configuration's listeners stand, unless `--port` replaces them: are there other words of the command line about
 * where to listen, which then hold for the page alone?
 *
 * @throws ChatError `CHAT_ERR_USAGE` for such that would hold for nothing
 */
function forPageOnly({ host, port, tls, tlsPort, web }: ServeCommand, { listeners }: ChatServerOptions): boolean {
  if (listeners === undefined || port !== undefined) return false
  const word = tlsPort !== undefined ? '--tls-port' : host !== undefined ? '--host' : tls ? '--tls-cert' : undefined
  if (word !== undefined && (tlsPort !== undefined || !web)) {
    throw usage(`${word} does not go with a configuration that has listeners`)
  }
  return word !== undefined
}

/** A configuration's listeners are taken as they are; those of the command line may move to another port. */
async function withSparePorts(
  command: ServeCommand,
  tls: { cert: Buffer; key: Buffer } | undefined,
  options: ChatServerOptions,
  notes: string[],
): Promise<ChatServer> {
  if (options.listeners !== undefined && command.port === undefined) return serveChat(options)
  const listenersAt = (plain: number, secure: number): Listener[] => [
    { host: command.host ?? HOST, port: plain },
    ...(tls === undefined ? [] : [{ host: command.host ?? HOST, port: secure, tls }]),
  ]
  const listeners = listenersAt(command.port ?? 6667, command.tlsPort ?? 6697)
  try {
    return await serveChat({ ...options, listeners })
  } catch (error) {
    if (!isTaken(error) || (command.port !== undefined && command.tlsPort !== undefined)) throw error
    notes.push(`The usual port is taken, so here it is another one.`)
    return serveChat({ ...options, listeners: listenersAt(command.port ?? 0, command.tlsPort ?? 0) })
  }
}

async function openPage(
  command: ServeCommand,
  tls: { cert: Buffer; key: Buffer } | undefined,
  chat: ChatServer,
  notes: string[],
): Promise<WebServer> {
  // The page brings its own files; the folder only has to exist.
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const options = {
    host: command.host ?? HOST,
    handler: site(folder, [chatPage('/')]),
    upgrade: chatSocket(chat, '/socket'),
    ...(tls === undefined ? {} : { tls }),
  }
  try {
    return await serveWeb({ ...options, port: command.webPort ?? 8080 })
  } catch (error) {
    if (!isTaken(error) || command.webPort !== undefined) throw error
    if (notes.length === 0) notes.push('Port 8080 is taken, so the page is at another one.')
    return serveWeb({ ...options, port: 0 })
  }
}

function isTaken(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: string }
    if (code === 'SOCKET_ERR_ADDRESS_IN_USE' || code === 'EADDRINUSE') return true
  }
  return false
}

function announce(
  command: ServeCommand,
  chat: ChatServer,
  web: WebServer | undefined,
  notes: readonly string[],
  paint: Paint,
): string {
  const hosts = reachableHosts(command.host ?? HOST)
  const [host = 'localhost'] = hosts
  const bold = (text: string): string => paint(['bold', 'cyan'], text)
  const rows: [string, string][] = []
  const scheme = command.tls === undefined ? 'http' : 'https'
  if (web !== undefined) for (const each of hosts) rows.push(['page', bold(`${scheme}://${each}:${web.port}/`)])
  for (const url of chat.urls) {
    const open = /^ircs?:\/\/(0\.0\.0\.0|\[::\]):/.test(url)
    for (const each of open ? hosts : ['']) {
      rows.push(['IRC', bold(open ? url.replace(/\/\/(0\.0\.0\.0|\[::\]):/, `//${each}:`) : url)])
    }
  }
  const port = chat.port === 6667 ? '' : `:${chat.port}`
  if (chat.port > 0) rows.push(['join', bold(`npx @plainwire/chat-protocol join ${host}${port} lobby`)])
  const listening = [...hosts, ...chat.urls.map((url) => new URL(url).hostname)]
  const local = listening.every((each) => /^(localhost|127\..*|\[::1\]|)$/.test(each))
  return [
    'The chat is open.',
    ...rows.map(([what, where]) => `  ${paint('dim', what.padEnd(5))} ${where}`),
    ...notes,
    ...(local ? [paint('dim', 'Only this machine reaches it; --host 0.0.0.0 opens it to the network.')] : []),
    paint('dim', 'Ctrl-C closes it.'),
    '',
  ].join('\n')
}
