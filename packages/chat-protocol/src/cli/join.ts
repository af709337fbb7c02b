import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { stripFormatting } from '../client/formatting.js'
import { resolveOptions } from '../client/options.js'
import { connect } from '../client.js'
import type { JoinCommand } from './command-line.js'
import { lineChat } from './line-chat.js'
import { paintFor } from './paint.js'
import { terminalChat } from './terminal-chat.js'

/**
 * Joins a chat, as a person in a terminal or as a program by pipes.
 *
 * @returns the exit code: 0 when all went well
 */
export async function join(command: JoinCommand): Promise<number> {
  const { stdin, stdout } = process
  const interactive = stdin.isTTY === true && stdout.isTTY === true && !command.json
  const name = command.name ?? (interactive ? await askName() : loginName())
  if (name === undefined) return 0
  const client = connect({
    url: command.url,
    nick: name,
    rooms: [command.room],
    backlog: interactive || command.json ? command.backlog : 0,
    // A program that can neither be seen nor asked should fail and not wait for ever.
    reconnect: interactive || command.follow || command.json,
    ...(command.password === undefined ? {} : { password: command.password }),
    ...(command.insecure ? { tls: { rejectUnauthorized: false } } : {}),
  })
  const leave = (): void => void client.close()
  process.on('SIGTERM', leave)
  process.on('SIGINT', leave)
  // Whoever reads our output has gone (`| head`): nothing is left to do.
  stdout.on('error', leave)
  try {
    if (interactive) {
      const failure = await terminalChat(client, command.room, stdin, stdout, paintFor(stdout), name)
      if (failure === undefined) return 0
      complain(failure)
      return 1
    }
    const failures = await lineChat(client, command.room, { input: stdin, output: stdout }, command)
    for (const failure of failures) complain(failure)
    return failures.length === 0 ? 0 : 1
  } finally {
    process.off('SIGTERM', leave)
    process.off('SIGINT', leave)
    stdout.off('error', leave)
  }
}

/** Says what went wrong, often in the server's words, which must not steer the terminal. */
function complain(failure: string): void {
  process.stderr.write(`plainwire-chat: ${stripFormatting(failure)}\n`)
}

/** Asks until the name can be one; `undefined` when the user rather leaves. */
async function askName(): Promise<string | undefined> {
  const asking = createInterface({ input: process.stdin, output: process.stdout })
  try {
    for (;;) {
      const leaving = new AbortController()
      asking.once('close', () => leaving.abort())
      const name = (await asking.question('Your name: ', { signal: leaving.signal })).trim()
      try {
        resolveOptions({ nick: name })
        return name
      } catch {
        process.stdout.write('One word, please, without , * ? ! @ or :\n')
      }
    }
  } catch {
    return undefined
  } finally {
    asking.close()
  }
}

function loginName(): string {
  try {
    return userInfo().username.replace(/[^\w-]/g, '') || 'guest'
  } catch {
    // Containers run under numbers that have no name.
    return 'guest'
  }
}
