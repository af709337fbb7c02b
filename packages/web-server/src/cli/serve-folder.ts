import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { accessLog } from '../access-log.js'
import type { WebServeOptions, WebServer } from '../options.js'
import { serve } from '../serve.js'
import {
  basicAuth,
  type Case,
  cgiScript,
  cors,
  directoryIndex,
  directoryListing,
  type Explanation,
  regularFile,
  singlePageApp,
  site,
} from '../site.js'
import type { ServeCommand } from './command-line.js'
import { requestLine, visible } from './request-line.js'

/** Where the program writes, and whether somebody looks at it. */
export interface Terminal {
  write(line: string): void
  readonly color: boolean
}

/** Ports tried after the one asked for. */
const portsToTry = 20

/**
 * Opens the server that a command describes.
 *
 * @returns the server, and the port that was asked for when it is taken
 * @throws SocketError when it cannot listen; Error when a certificate cannot be read; TypeError when there is no such folder
 */
export async function serveFolder(
  command: ServeCommand,
  terminal: Terminal,
): Promise<{ server: WebServer; takenPort: number | undefined }> {
  const options: WebServeOptions = {
    handler: site(command.directory, casesOf(command), {
      dotfiles: command.dotfiles,
      followLinks: command.followLinks,
      ...(command.cache !== undefined && { cacheControl: command.cache }),
      ...(command.explain && { explain: (explanation) => terminal.write(explain(explanation, terminal.color)) }),
    }),
    onError: (error) => terminal.write(visibleLines(String((error as Error)?.stack ?? error))),
  }
  if (command.tls) {
    options.tls = { cert: readFileSync(command.tls.certificate), key: readFileSync(command.tls.key) }
  }
  const log = logOf(command, terminal)
  if (log) options.accessLog = log
  if (command.unix !== undefined)
    return { server: await serve({ ...options, path: command.unix }), takenPort: undefined }
  for (let port = command.port; ; port++) {
    try {
      const server = await serve({ ...options, host: command.host, port })
      return { server, takenPort: port === command.port ? undefined : command.port }
    } catch (error) {
      const taken = (error as { code?: unknown }).code === 'SOCKET_ERR_ADDRESS_IN_USE'
      if (!taken || command.strictPort || port >= Math.min(command.port + portsToTry, 65_535)) throw error
    }
  }
}

/** The ordered list of cases: who asks, what is run, what is sent, what is listed, what the application answers. */
function casesOf(command: ServeCommand): Case[] {
  const cases: Case[] = []
  if (command.cors) cases.push(cors())
  if (command.auth) cases.push(basicAuth({ ...command.auth, realm: 'plainwire-serve' }))
  if (command.cgi !== undefined) cases.push(cgiScript({ folders: [command.cgi.slice(1)] }))
  cases.push(regularFile(), directoryIndex())
  if (command.listing) cases.push(directoryListing())
  if (command.spa !== undefined) cases.push(singlePageApp({ page: command.spa }))
  return cases
}

function logOf(command: ServeCommand, terminal: Terminal): WebServeOptions['accessLog'] {
  if (command.log === 'off') return undefined
  if (command.log === 'auto') return (exchange) => terminal.write(requestLine(exchange, terminal.color))
  return accessLog({ format: command.log })
}

/** What happened to one request on its way through the cases, a line each. */
function explain({ request, path, found, passed, answered }: Explanation, color: boolean): string {
  const quiet = (text: string): string => (color ? styleText('gray', text) : text)
  const lines = [`${visible(request.method)} ${visible(request.target)}`]
  if (path === undefined) lines.push('  refused before any case: the path is malformed or climbs out of the folder')
  else lines.push(quiet(`  ${visible(path)}: ${found}`))
  for (const { case: name, reason } of passed) lines.push(quiet(`  ${name} passed: ${visible(reason)}`))
  if (answered !== undefined)
    lines.push(color ? styleText('green', `  ${answered} answered`) : `  ${answered} answered`)
  else if (path !== undefined) lines.push('  no case answered: the error page did')
  return lines.join('\n')
}

function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}
