#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { help, readCommandLine, type ServeCommand, UsageError } from './cli/command-line.js'
import { reachable } from './cli/reachable.js'
import { serveFolder, type Terminal } from './cli/serve-folder.js'

const terminal: Terminal = {
  write: (line) => void process.stdout.write(`${line}\n`),
  color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
}

process.exitCode = await main(process.argv.slice(2))

/** Runs the program. @returns the exit code: 0 ended as asked, 1 could not serve, 2 the command line is wrong */
async function main(args: readonly string[]): Promise<number> {
  let command: ServeCommand | 'help' | 'version'
  try {
    command = readCommandLine(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`plainwire-serve: ${error.message}\nSee plainwire-serve --help\n`)
    return 2
  }
  if (command === 'help') {
    process.stdout.write(help)
    return 0
  }
  if (command === 'version') {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    terminal.write(manifest.version)
    return 0
  }
  try {
    const { server, takenPort } = await serveFolder(command, terminal)
    if (takenPort !== undefined) terminal.write(`Port ${takenPort} is taken; using ${server.port}.`)
    announce(command, server.url, server.port)
    await untilSignal()
    terminal.write('Finishing what is under way; Ctrl-C again ends at once.')
    await server.close({ timeout: 0 })
    return 0
  } catch (error) {
    process.stderr.write(`plainwire-serve: ${(error as Error).message}\n`)
    return 1
  }
}

function announce(command: ServeCommand, url: string, port: number): void {
  const bold = (text: string): string => (terminal.color ? styleText(['bold', 'cyan'], text) : text)
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

/** Resolves at the first SIGINT or SIGTERM. The listeners are gone then, so a second signal ends the process. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
