#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { untilSignal } from '@plainwire/socket-server'
import { help, readCommandLine, type ServeCommand, UsageError } from './cli/command-line.js'
import { reachable } from './cli/reachable.js'
import { serveFolder } from './cli/serve-folder.js'
import { paint, type Terminal, terminalOn } from './cli/terminal.js'

// Who reads the output may leave before the end, as `head` does: that costs lines, not the server.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

/** Milliseconds that the output has, when all is done, to be read. */
const patience = 1000

process.exitCode = await main(process.argv.slice(2))

// What waits to be read keeps the process, for ever if nobody reads; so may a script that works on, and that may.
setInterval(() => {
  if (process.stdout.writableLength + process.stderr.writableLength > 0) process.exit()
}, patience).unref()

/** Runs the program. @returns the exit code: 0 ended as asked, 1 could not serve, 2 the command line is wrong */
async function main(args: readonly string[]): Promise<number> {
  try {
    await run(readCommandLine(args))
    return 0
  } catch (error) {
    const wrongUse = error instanceof UsageError
    process.stderr.write(`plainwire-serve: ${(error as Error).message}\n`)
    if (wrongUse) process.stderr.write('See plainwire-serve --help\n')
    return wrongUse ? 2 : 1
  }
}

async function run(command: ServeCommand | 'help' | 'version'): Promise<void> {
  if (command === 'help') process.stdout.write(help)
  else if (command === 'version') process.stdout.write(`${version()}\n`)
  else await serve(command)
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** Serves until a signal asks to end and what is under way has finished. */
async function serve(command: ServeCommand): Promise<void> {
  const terminal = terminalOn(isFormat(command.log) ? process.stderr : process.stdout)
  const { server, takenPort, close } = await serveFolder(command, terminal)
  // Before anything is said: who starts a program may end it as soon as it speaks.
  const askedToEnd = untilSignal()
  if (takenPort !== undefined) terminal.write(`Port ${takenPort} is taken; using ${server.port}.`)
  announce(command, server.url, server.port, terminal)
  await askedToEnd
  terminal.write('Finishing what is under way; Ctrl-C again ends at once.')
  await close()
}

/** Whether programs are to read the log: then standard output has its lines and no others. */
function isFormat(log: ServeCommand['log']): boolean {
  return log !== 'auto' && log !== 'off'
}

function announce(command: ServeCommand, url: string, port: number, terminal: Terminal): void {
  const bold = (text: string): string => (terminal.color ? paint(['bold', 'cyan'], text) : text)
  terminal.write(`Serving ${command.directory}`)
  if (command.unix !== undefined) {
    terminal.write(`  ${bold(url)}`)
    return
  }
  const addresses = reachable(command.tls ? 'https' : 'http', command.host, port)
  for (const { url: address, from } of addresses) terminal.write(`  ${bold(address)}  from ${from}`)
  if (addresses.every(({ from }) => from === 'this machine')) {
    terminal.write('  From the network it is not reachable; --host 0.0.0.0 opens it.')
  }
}
