import { lstatSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
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
import { visible } from '../visible.js'
import { readCertificate } from './certificate.js'
import { type ServeCommand, UsageError } from './command-line.js'
import { requestLine } from './request-line.js'
import { paint, type Terminal, terminalOn } from './terminal.js'

/** A folder that is being served. */
export interface ServedFolder {
  readonly server: WebServer
  /** The port that was asked for, when it is taken. */
  readonly takenPort: number | undefined
  /** Lets running answers finish, however long they take, then hands over what the log has still to say. */
  close(): Promise<void>
}

/** Ports tried after the one asked for. */
const portsToTry = 20

/**
 * Opens the server that a command describes.
 *
 * @throws SocketError when it cannot listen; Error when a certificate cannot be used or something is in the way of a Unix
 *   socket; TypeError when there is no such folder; UsageError when there is no such folder of scripts in it
 */
export async function serveFolder(command: ServeCommand, terminal: Terminal): Promise<ServedFolder> {
  const options: WebServeOptions = {
    handler: site(command.directory, casesOf(command, terminalOn(process.stderr)), {
      dotfiles: command.dotfiles,
      followLinks: command.followLinks,
      ...(command.cache !== undefined && { cacheControl: command.cache }),
      ...(command.explain && { explain: (explanation) => terminal.write(explain(explanation, terminal.color)) }),
    }),
    onError: (error) => terminal.write(visibleLines(String((error as Error)?.stack ?? error))),
  }
  checkScriptFolders(command)
  if (command.tls) options.tls = readCertificate(command.tls)
  const log = command.log === 'auto' || command.log === 'off' ? undefined : accessLog({ format: command.log })
  if (log) options.accessLog = log
  else if (command.log === 'auto') {
    options.accessLog = (exchange) => terminal.write(requestLine(exchange, terminal.color))
  }
  const listening = await listen(command, options)
  return {
    ...listening,
    async close() {
      await listening.server.close({ timeout: 0 })
      // Not awaited: who has stopped reading would never let it end.
      void log?.close()
    },
  }
}

/** Listens where the command says, or on the next port that is free. */
async function listen(
  command: ServeCommand,
  options: WebServeOptions,
): Promise<Pick<ServedFolder, 'server' | 'takenPort'>> {
  if (command.unix !== undefined) {
    try {
      return { server: await serve({ ...options, path: command.unix }), takenPort: undefined }
    } catch (error) {
      const reason = obstacle(command.unix)
      throw reason === undefined ? error : new Error(`listening on unix:${command.unix}: ${reason}`, { cause: error })
    }
  }
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

/** What is in the way of a Unix socket: the system says in use of any file, and forbidden where there is no folder. */
function obstacle(path: string): string | undefined {
  try {
    return lstatSync(path).isSocket() ? undefined : 'there is something else than a socket'
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
    return missing && !isFolder(dirname(path)) ? `there is no folder ${dirname(path)}` : undefined
  }
}

/** The ordered list of cases: who asks, what is run, what is sent, what is listed, what the application answers. */
function casesOf(command: ServeCommand, errors: Terminal): Case[] {
  const cases: Case[] = []
  if (command.cors) cases.push(cors())
  if (command.auth) cases.push(basicAuth({ ...command.auth, realm: 'plainwire-serve' }))
  if (command.cgi.length > 0) {
    const log = (line: string, script: string): void => errors.write(`${visible(script)}: ${visible(line)}`)
    cases.push(cgiScript({ folders: scriptFolders(command), log }))
  }
  // As the other commands of this kind do: tools that make sites of pages count on it.
  cases.push(regularFile({ extensions: ['html'] }), directoryIndex())
  if (command.listing) cases.push(directoryListing())
  if (command.spa !== undefined) cases.push(singlePageApp({ page: command.spa }))
  return cases
}

/**
 * The folders of scripts, each by the name it was given and, when that leads through a link to another folder of the
 * site, by that one's: the scripts would be sent as files there.
 */
function scriptFolders({ directory, cgi }: ServeCommand): string[] {
  return cgi.flatMap((path) => {
    const named = path.slice(1)
    const folder = join(directory, path)
    if (!isFolder(folder)) return named
    const place = relative(realpathSync(directory), realpathSync(folder)).split(sep)
    return place[0] === '..' ? named : [named, place.join('/')]
  })
}

/** The scripts of a folder that is named wrongly would be sent as files. @throws UsageError there is no such folder */
function checkScriptFolders({ directory, cgi }: ServeCommand): void {
  const missing = cgi.find((path) => !isFolder(join(directory, path)))
  if (missing === undefined) return
  throw new UsageError(`--cgi takes a folder inside the one that is served, and there is no ${missing} in ${directory}`)
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** What happened to one request on its way through the cases, a line each. */
function explain({ request, path, found, passed, answered }: Explanation, color: boolean): string {
  const quiet = (text: string): string => (color ? paint('gray', text) : text)
  const lines = [`${visible(request.method)} ${visible(request.target)}`]
  if (path === undefined) lines.push('  refused before any case: the path is malformed or climbs out of the folder')
  else lines.push(quiet(`  ${visible(path)}: ${found}`))
  for (const { case: name, reason } of passed) lines.push(quiet(`  ${name} passed: ${visible(reason)}`))
  if (answered !== undefined) lines.push(color ? paint('green', `  ${answered} answered`) : `  ${answered} answered`)
  else if (path !== undefined) lines.push('  no case answered: the error page did')
  return lines.join('\n')
}

function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}
