import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChatServer, serveChat } from '../src/server.js'
import { Client } from './server/client.js'

function have(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined
}

const tmux = spawnSync('tmux', ['-V']).error === undefined

/** A terminal of its own for one program. */
class Terminal {
  private static count = 0
  private readonly name = `plainwire-${process.pid}-${++Terminal.count}`

  constructor(command: string) {
    this.tmux('new-session', '-d', '-x', '120', '-y', '40', command)
  }

  private tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.name, '-f', '/dev/null', ...args], { encoding: 'utf8' })
  }

  type(text: string): void {
    this.tmux('send-keys', '-l', text)
    this.tmux('send-keys', 'Enter')
  }

  /** Looks at the screen until it shows the words. */
  async shows(words: string): Promise<void> {
    for (let look = 0; look < 200; look++) {
      if (this.tmux('capture-pane', '-p').includes(words)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`never shown: ${words}\n${this.tmux('capture-pane', '-p')}`)
  }

  close(): void {
    spawnSync('tmux', ['-L', this.name, 'kill-server'])
  }
}

let server: ChatServer
let ports: readonly number[]
const folders: string[] = []

beforeAll(async () => {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }])
  const tls = { cert: pems.cert, key: pems.private }
  server = await serveChat({ name: 'chat.example', listeners: [{ port: 0 }, { port: 0, tls }] })
  ports = server.addresses.map((address) => ('port' in address ? address.port : 0))
})

afterAll(async () => {
  await server.close({ timeout: 200 })
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function home(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chat-home-'))
  folders.push(folder)
  return folder
}

/** Starts a program and connects it under the nick. */
type Start = (nick: string, port: number, tls: boolean) => Promise<Terminal>

const irssi: Start = async (nick, port, tls) => {
  const terminal = new Terminal(`irssi --home=${home()} -n ${nick} --noconnect`)
  await terminal.shows('[(status)]')
  terminal.type(`/connect ${tls ? '-tls -notls_verify' : '-notls'} 127.0.0.1 ${port}`)
  return terminal
}

const weechat: Start = async (nick, port, tls) => {
  const commands = [
    `/server add test 127.0.0.1/${port} ${tls ? '-ssl' : '-nossl'} -nicks=${nick}`,
    '/set irc.server.test.ssl_verify off',
    '/connect test',
  ]
  const run = commands.map((command) => `-r '${command}'`).join(' ')
  return new Terminal(`weechat -d ${home()} ${run}`)
}

// At the same time: most of it is waiting for a program to start.
describe.concurrent.each([
  ['irssi', irssi],
  ['weechat', weechat],
] as const)('%s', (program, start) => {
  describe.skipIf(!tmux || !have(program))('under tmux', () => {
    it.concurrent.each([
      ['plainly', false],
      ['by TLS', true],
    ])('connects %s, joins, and exchanges messages', { timeout: 60_000 }, async (_how, tls) => {
      const room = `#${program}${tls ? 'tls' : ''}`
      const nick = `${program}${tls ? 'tls' : ''}`
      const ann = new Client(connect({ port: ports[0]!, host: '127.0.0.1' }))
      ann.send(`NICK ann${nick}`, 'USER ann 0 * :Ann', `JOIN ${room}`, `MONITOR + ${nick}`)
      await ann.wait(' 366 ')
      const terminal = await start(nick, ports[tls ? 1 : 0]!, tls)
      try {
        await ann.wait(` 730 ann${nick} ${nick}!`)
        terminal.type(`/join ${room}`)
        await ann.wait(`JOIN ${room}`, 1 + ann.lines.findIndex((line) => line.includes(' 366 ')))
        expect(server.engine.user(nick)?.facts.secure).toBe(tls)
        ann.send(`PRIVMSG ${room} :grüße an alle`)
        await terminal.shows('grüße an alle')
        terminal.type('thank you, Ann')
        expect(await ann.wait('thank you')).toMatch(new RegExp(`^:${nick}!\\S+ PRIVMSG ${room} :thank you, Ann$`))
        terminal.type('/quit bye')
        expect(await ann.wait(' QUIT ')).toContain('Quit: bye')
      } finally {
        terminal.close()
        ann.send('QUIT')
        await ann.end()
      }
    })
  })
})
