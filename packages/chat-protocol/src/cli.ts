#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { untilSignal } from '@plainwire/socket-server'
import { type Command, readCommandLine } from './cli/command-line.js'
import { join } from './cli/join.js'
import { paintFor } from './cli/paint.js'
import { ChatError } from './codec/errors.js'

process.exitCode = await main(process.argv.slice(2))

/** Runs the program. @returns the exit code: 0 ended as asked, 1 something failed, 2 the command line is wrong */
async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(readCommandLine(args))
  } catch (error) {
    const wrongUse = error instanceof ChatError && error.code === 'CHAT_ERR_USAGE'
    const help = wrongUse
      ? `\nplainwire-chat ${/^(serve|join)$/.test(args[0] ?? '') ? `${args[0]} ` : ''}--help tells more`
      : ''
    process.stderr.write(`plainwire-chat: ${(error as Error).message}${help}\n`)
    return wrongUse ? 2 : 1
  }
}

async function run(command: Command): Promise<number> {
  switch (command.command) {
    case 'help':
      process.stdout.write(command.text)
      return 0
    case 'version': {
      const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
        version: string
      }
      process.stdout.write(`${manifest.version}\n`)
      return 0
    }
    case 'hash-password': {
      const { hashPassword } = await import('./server.js')
      if (process.stdin.isTTY) process.stderr.write('Password, then Enter and Ctrl-D: ')
      const password = (await text(process.stdin)).replace(/\r?\n$/, '')
      if (password === '') throw new ChatError('CHAT_ERR_USAGE', 'hash-password needs a password on its input')
      process.stdout.write(`${await hashPassword(password)}\n`)
      return 0
    }
    case 'join':
      return join(command)
    case 'serve': {
      // Only who serves pays for loading the servers.
      const { openChat } = await import('./cli/serve.js')
      const running = await openChat(command, paintFor(process.stdout))
      // Before anything is said: who starts a program may end it as soon as it speaks.
      const askedToEnd = untilSignal()
      process.stdout.write(running.announcement)
      await askedToEnd
      await running.close()
      return 0
    }
  }
}
