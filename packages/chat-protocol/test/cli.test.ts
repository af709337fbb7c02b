import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterEach, describe, expect, it } from 'vitest'
import { readCommandLine, type ServeCommand } from '../src/cli/command-line.js'
import { reachableHosts } from '../src/cli/reachable.js'
import { openChat } from '../src/cli/serve.js'
import { connect } from '../src/client.js'
import { verifyPassword } from '../src/server.js'
import { haveTmux, Program, serveProgram, Terminal } from './cli-process.js'

const toClose: (() => unknown)[] = []
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close()
})

async function served(...args: string[]) {
  const running = await serveProgram(...args)
  toClose.push(() => running.program.stop())
  return running
}

describe('the command line', () => {
  it.each([
    ['serve', { command: 'serve', host: undefined, port: undefined, web: true }],
    ['serve --host 0.0.0.0 --port 7000 --no-web', { host: '0.0.0.0', port: 7000, web: false }],
    ['serve --tls-cert c --tls-key k', { tls: { cert: 'c', key: 'k' } }],
    ['join localhost lobby', { command: 'join', url: 'localhost', room: '#lobby', json: false, backlog: 50 }],
    ['join irc://chat.test/lobby --name ann', { room: '#lobby', name: 'ann' }],
    ['join https://chat.test/#tea', { room: '#tea' }],
    ['join localhost &local --json --follow --backlog 0', { room: '&local', json: true, follow: true, backlog: 0 }],
    ['hash-password', { command: 'hash-password' }],
    ['--version', { command: 'version' }],
    ['', { command: 'help' }],
    ['serve --help', { command: 'help', text: expect.stringContaining('--web-port') }],
    ['join -h', { command: 'help', text: expect.stringContaining('--json') }],
  ])('%j is understood', (line, expected) => {
    expect(readCommandLine(line.split(' ').filter((word) => word !== ''))).toMatchObject(expected)
  })

  it.each([
    ['dance', 'there is no command "dance"'],
    ['serve here', 'serve takes no "here"'],
    ['serve --port 70000', '--port needs a port, 0 to 65535'],
    ['serve --password one --password two', '--password is given more than once'],
    ['join localhost a --name ada --name=bob', '--name is given more than once'],
    ['serve --tls-cert c', '--tls-cert and --tls-key go together'],
    ['serve --colour', "Unknown option '--colour'"],
    ['join', 'join needs a host or URL'],
    ['join localhost', 'join needs a room'],
    ['join localhost ', 'join needs a room'],
    ['join localhost a b', 'join takes one room, and not "b" as well'],
    ['join ftp://localhost a', 'not a server\'s address (irc, ircs, ws, wss, http or https): "ftp://localhost"'],
    ['join localhost a --backlog many', '--backlog needs a number'],
    ['join localhost a,b', 'a room or nick is one word without commas'],
  ])('%j is refused: %s', (line, sentence) => {
    expect(() => readCommandLine(line.split(' '))).toThrow(
      expect.objectContaining({ code: 'CHAT_ERR_USAGE', message: sentence }),
    )
  })

  it('a name of two words is refused', () => {
    expect(() => readCommandLine(['join', 'localhost', 'lobby', '--name', 'a b'])).toThrow(
      expect.objectContaining({ code: 'CHAT_ERR_USAGE', message: expect.stringContaining('a nick is one word') }),
    )
  })

  it('a server at all addresses is told by those that others reach', () => {
    const address = (text: string, internal = false) =>
      ({ address: text, family: text.includes(':') ? 'IPv6' : 'IPv4', internal }) as never
    const interfaces = {
      lo: [address('127.0.0.1', true)],
      eth0: [address('10.0.0.5'), address('fe80::1'), address('2001:db8::5')],
    }
    expect(reachableHosts('0.0.0.0', interfaces)).toEqual(['10.0.0.5', 'localhost'])
    expect(reachableHosts('::', interfaces)).toEqual(['10.0.0.5', '[2001:db8::5]', 'localhost'])
    expect(reachableHosts('::1', interfaces)).toEqual(['[::1]'])
  })
})

describe('serve', () => {
  const open = async (line: string, config: object = {}) => {
    const folder = mkdtempSync(join(tmpdir(), 'plainwire-chat-'))
    toClose.push(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'chat.json')
    writeFileSync(file, JSON.stringify(config))
    const words = line.split(' ').map((word) => (word === 'FILE' ? file : word.replace('_', ' ')))
    const command = readCommandLine(['serve', ...words])
    const running = await openChat(command as ServeCommand, (_, text) => text)
    toClose.push(() => running.close())
    return running
  }
  const listeners = [{ host: '127.0.0.1', port: 0 }]

  it.each([
    ['a name that none can be', '--name a_b', {}, "name: a server's name is a host name"],
    ['a greeting that fits into no line', `--motd ${'x'.repeat(1000)}`, {}, 'line'],
    [
      'a host that nothing would listen at',
      '--config FILE --host ::1 --no-web',
      { listeners },
      '--host does not go with',
    ],
    ['a port beside listeners', '--config FILE --tls-port 0', { listeners }, '--tls-port does not go with'],
  ])('refuses as a wrong command line %s', async (_, line, config, sentence) => {
    await expect(open(line, config)).rejects.toMatchObject({
      code: 'CHAT_ERR_USAGE',
      message: expect.stringContaining(sentence),
    })
  })

  it.each([
    ['says that the host is for the page alone', '--config FILE --host 127.0.0.1 --web-port 0', { listeners }, true],
    ['says nothing of it when it is not', '--config FILE --web-port 0', { listeners }, false],
    ['nor without listeners', '--config FILE --host 127.0.0.1 --port 0 --web-port 0', {}, false],
    ['nor when a port replaces them', '--config FILE --host 127.0.0.1 --port 0 --web-port 0', { listeners }, false],
  ])('%s', async (_, line, config, said) => {
    const { announcement } = await open(line, config)
    expect(announcement.includes('--host and --tls-cert are for the page')).toBe(said)
  })

  it('does not say that it is for this machine only when a listener is open to the network', async () => {
    const said = async (host: string): Promise<boolean> => {
      const { announcement } = await open('--config FILE --no-web', { listeners: [{ host, port: 0 }] })
      return announcement.includes('Only this machine')
    }
    expect([await said('127.0.0.1'), await said('0.0.0.0')]).toEqual([true, false])
  })
})

describe('plainwire-chat', { timeout: 30_000 }, () => {
  it.each(['SIGINT', 'SIGHUP', 'SIGQUIT'] as const)('serve tells its clients at %s and exits 0', async (signal) => {
    const { program, irc } = await served()
    const client = connect({ url: irc, nick: 'ann', reconnect: false })
    toClose.push(() => client.close())
    const reason = new Promise((resolve) =>
      client.on((event) => event.type === 'status' && event.state === 'closed' && resolve(event.reason)),
    )
    await new Promise<void>((resolve) => client.on((event) => event.type === 'welcome' && resolve()))
    program.child.kill(signal)
    expect(await program.ended).toBe(0)
    expect(await reason).toContain('shutting down')
  })

  it('serve prints the addresses and a line to join by, and ends by SIGTERM', async () => {
    const { program, irc, page } = await served('--motd', 'Be kind')
    expect(program.out).toContain(`npx @plainwire/chat-protocol join ${irc.slice('irc://'.length)} lobby`)
    const answer = await fetch(page)
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('<html')])
    const client = connect({ url: irc, nick: 'ann', reconnect: false })
    toClose.push(() => client.close())
    await new Promise<void>((resolve) => client.on((event) => event.type === 'welcome' && resolve()))
    expect(await program.stop()).toBe(0)
    await client.closed
  })

  it('join sends what it reads, whole, and ends when it is delivered', async () => {
    const { irc } = await served()
    const lines = Array.from({ length: 9 }, (_, i) => `line ${i}`)
    const listener = connect({ url: irc, nick: 'listener' })
    toClose.push(() => listener.close())
    await listener.join('#lobby')
    const heard: string[] = []
    listener.on((event) => {
      if (event.type === 'message') heard.push(event.text)
    })
    const sender = new Program('join', irc, 'lobby', '--name', 'sender')
    sender.child.stdin.end(`${lines.join('\n')}\n\n`)
    expect([await sender.ended, sender.err]).toEqual([0, ''])
    expect(heard).toEqual(lines)
  })

  it('join --json prints events and obeys commands', async () => {
    const { irc, page } = await served()
    const other = connect({ url: irc, nick: 'ann' })
    toClose.push(() => other.close())
    await other.join('#lobby')
    const bot = new Program('join', page, 'lobby', '--name', 'bot', '--json')
    toClose.push(() => bot.stop())
    await bot.prints(/"type":"names"/)
    other.say('#lobby', 'bot: hello')
    await bot.prints(/"text":"bot: hello"/)
    const lines = bot.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const { msgid } = lines.find((line) => line.text === 'bot: hello')
    const answers: string[] = []
    const all = new Promise<void>((resolve) =>
      other.on((event) => {
        if (event.type === 'message' && !event.self)
          answers.push(`${event.kind} ${event.text} ${event.replyTo === msgid}`)
        if (event.type === 'reaction') answers.push(`reaction ${event.reaction} ${event.replyTo === msgid}`)
        if (event.type === 'quit') resolve()
      }),
    )
    bot.child.stdin.write(`${JSON.stringify({ say: 'hello ann', replyTo: msgid })}\n`)
    bot.child.stdin.write(`${JSON.stringify({ react: '🎉', to: msgid })}\n`)
    bot.child.stdin.write('{"say": 5}\n')
    bot.child.stdin.write('plain words\n')
    bot.child.stdin.end()
    expect(await bot.ended).toBe(1)
    expect(bot.err).toBe('plainwire-chat: say must be a string\n')
    await all
    expect(answers).toEqual(['message hello ann true', 'reaction 🎉 true', 'message plain words false'])
  })

  it('join fails when nobody listens and nobody watches', async () => {
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const { port } = probe.address() as { port: number }
    await new Promise((resolve) => probe.close(resolve))
    const sender = new Program('join', `127.0.0.1:${port}`, 'lobby', '--name', 'ann')
    sender.child.stdin.end('never heard\n')
    expect(await sender.ended).toBe(1)
    expect(sender.err).toMatch(/not sent: .*nobody listens/)
  })

  it('join tells why it was put out, in words that cannot steer the terminal', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.end('ERROR :\x1b]0;PWNED\x07Go away\r\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    toClose.push(() => server.close())
    const { port } = server.address() as { port: number }
    const sender = new Program('join', `127.0.0.1:${port}`, 'lobby', '--name', 'ann')
    sender.child.stdin.end('never heard\n')
    expect(await sender.ended).toBe(1)
    expect(sender.err).toMatch(/^plainwire-chat: .*Go away\n/m)
    expect(sender.err).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
  })

  it('join by TLS to a server of its own certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plainwire-chat-'))
    toClose.push(() => rmSync(folder, { recursive: true }))
    const pems = await generate([{ name: 'commonName', value: 'localhost' }])
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    writeFileSync(cert, pems.cert)
    writeFileSync(key, pems.private)
    const { program, page } = await served('--tls-cert', cert, '--tls-key', key, '--tls-port', '0')
    const [, ircs = ''] = await program.prints(/(ircs:\/\/\S+)/)
    for (const url of [ircs, page]) {
      const trusting = new Program('join', url, 'lobby', '--name', 'ann', '--insecure')
      trusting.child.stdin.end('hello\n')
      expect([await trusting.ended, trusting.err]).toEqual([0, ''])
      const careful = new Program('join', url, 'lobby', '--name', 'ann')
      careful.child.stdin.end('hello\n')
      expect(await careful.ended).toBe(1)
      expect(careful.err).toMatch(/SELF_SIGNED|self-signed certificate/)
    }
  })

  it('serve takes a configuration, and join its password', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plainwire-chat-'))
    toClose.push(() => rmSync(folder, { recursive: true }))
    const hash = new Program('hash-password')
    hash.child.stdin.end('sesame\n')
    await hash.ended
    expect(await verifyPassword('sesame', hash.out.trim())).toBe(true)
    const file = join(folder, 'chat.json')
    writeFileSync(file, JSON.stringify({ network: 'Hidden', password: hash.out.trim() }))
    const { irc } = await served('--config', file)
    const right = new Program('join', irc, 'lobby', '--name', 'ann', '--password', 'sesame')
    right.child.stdin.end('hello\n')
    expect([await right.ended, right.err]).toEqual([0, ''])
    const wrong = new Program('join', irc, 'lobby', '--name', 'ann', '--password', 'open')
    wrong.child.stdin.end('hello\n')
    expect(await wrong.ended).toBe(1)
  })

  it('says what is wrong in one line, and how to learn more', async () => {
    const program = new Program('serve', '--port', 'x')
    expect(await program.ended).toBe(2)
    expect(program.err).toBe(
      'plainwire-chat: --port needs a port, 0 to 65535\nplainwire-chat serve --help tells more\n',
    )
  })

  it.skipIf(!haveTmux)(
    'join in a terminal asks for a name only (tmux)',
    async () => {
      const { irc } = await served()
      const terminal = new Terminal(80, 12, ['join', irc, 'lobby'])
      toClose.push(() => terminal.close())
      await terminal.shows(/Your name:/)
      terminal.type('two words')
      terminal.press('Enter')
      await terminal.shows(/One word, please/)
      terminal.type('ada')
      terminal.press('Enter')
      await terminal.shows(/1 here: @ada/)
      await terminal.shows(/#lobby ›$/m)
    },
    15_000,
  )
})
