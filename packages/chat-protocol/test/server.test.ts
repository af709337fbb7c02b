import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { generate } from 'selfsigned'
import { afterEach, describe, expect, it } from 'vitest'
import { Admission, DEFAULT_CONNECTION_LIMITS } from '../src/server/admission.js'
import { plainHost } from '../src/server/cloak.js'
import {
  type ChatServer,
  type ChatServerOptions,
  cloakWith,
  hashPassword,
  readConfig,
  serveChat,
  type Transport,
  verifyPassword,
} from '../src/server.js'
import { Client } from './server/client.js'

const servers: ChatServer[] = []

async function started(options: ChatServerOptions = {}): Promise<ChatServer> {
  const server = await serveChat({ listeners: [{ port: 0 }], connectionLimits: false, flood: false, ...options })
  servers.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ timeout: 200 })))
})

async function joined(server: ChatServer, nick: string, room?: string): Promise<Client> {
  const client = new Client(connect({ port: server.port, host: '127.0.0.1' }))
  client.send(`NICK ${nick}`, `USER ${nick} 0 * :${nick}`)
  await client.wait(' 422 ')
  if (room !== undefined) {
    client.send(`JOIN ${room}`)
    await client.wait(' 366 ')
  }
  return client
}

describe('listening', () => {
  it('serves TCP, TLS and a Unix socket at once, and says where', async () => {
    const pems = await generate([{ name: 'commonName', value: 'localhost' }])
    const path = join(mkdtempSync(join(tmpdir(), 'chat-')), 'chat.sock')
    const tls = { cert: pems.cert, key: pems.private }
    const server = await started({ listeners: [{ port: 0 }, { port: 0, tls }, { path }] })
    expect(server.urls.map((url) => url.replace(/\d+$/, 'N'))).toEqual([
      'irc://127.0.0.1:N',
      'ircs://127.0.0.1:N',
      `unix:${path}`,
    ])
    const [plain, secure] = server.addresses as unknown as { port: number }[]
    const clients = [
      new Client(connect({ port: plain!.port, host: '127.0.0.1' })),
      new Client(connectTls({ port: secure!.port, host: '127.0.0.1', rejectUnauthorized: false })),
      new Client(connect({ path })),
    ]
    for (const [i, client] of clients.entries()) client.send(`NICK n${i}`, 'USER u 0 * :U', 'JOIN #room')
    await Promise.all(clients.map((client) => client.wait(' 366 ')))
    clients[2]!.send('WHOIS n1', 'PRIVMSG #room :from a file')
    expect(await clients[2]!.wait(' 671 ')).toContain('secure connection')
    for (const client of clients.slice(0, 2)) await client.wait('from a file')
  })

  it('rejects when the port is taken, with the code of the socket', async () => {
    const server = await started()
    const twice = serveChat({ listeners: [{ port: server.port }] })
    await expect(twice).rejects.toMatchObject({ code: 'SOCKET_ERR_ADDRESS_IN_USE' })
  })

  it.each([
    ['a name that is no host name', { name: 'two words' }],
    ['a network of two words', { network: 'two words' }],
    ['a network of 31 octets', { network: `${'é'.repeat(15)}x` }],
    ['a message of the day with a line break', { motd: ['a\nb'] }],
    ['a message of the day of 401 octets', { motd: ['fine', `${'é'.repeat(200)}x`] }],
    ['an administrator of 401 octets', { admin: ['x'.repeat(401)] }],
    ['a description of 201 octets', { description: `${'é'.repeat(100)}x` }],
    ['a password that is half a hash', { password: 'scrypt$16384$8$1$salt$' }],
    ['an operator whose password is half a hash', { operators: [{ name: 'a', password: 'scrypt$16384$8$1' }] }],
    ['an exempt range that is none', { connectionLimits: { exempt: ['localhost'] } }],
    ['an operator host of 64 octets', { operators: [{ name: 'a', password: 'b', host: `${'a'.repeat(61)}.bc` }] }],
    ['an operator host that is none', { operators: [{ name: 'a', password: 'b', host: 'no host' }] }],
  ] as [string, ChatServerOptions][])('refuses %s', async (_what, options) => {
    await expect(serveChat(options)).rejects.toThrow(TypeError)
  })
})

it('says the longest texts it takes in lines of 512 octets', async () => {
  const text = '漢'.repeat(133)
  const server = await started({
    name: `${'a'.repeat(61)}.b`,
    network: '漢'.repeat(10),
    description: '漢'.repeat(66),
    motd: [text],
    admin: [text, text, text],
    operators: [{ name: 'root', password: 'secret' }],
  })
  const nick = 'n'.repeat(32)
  const client = new Client(connect({ port: server.port, host: '127.0.0.1' }))
  client.send(
    `NICK ${nick}`,
    `USER ${'u'.repeat(12)} 0 * :${'漢'.repeat(50)}`,
    `MODE ${nick} +B`,
    `JOIN #${'漢'.repeat(21)}`,
  )
  client.send('ADMIN', 'VERSION', 'INFO', 'LINKS', `WHOIS ${nick}`, `WHO ${nick}`, 'LUSERS', 'HELP', 'PING end')
  await client.wait(' PONG ')
  expect(client.lines.filter((line) => line.includes('漢')).length).toBeGreaterThan(12)
  expect(client.lines.filter((line) => Buffer.byteLength(line) > 510)).toEqual([])
})

it('cuts the real name in a row of WHOX that has all fields, and shows that it did', async () => {
  const host = `${'h'.repeat(61)}.b`
  const operators = [{ name: 'root', password: 'secret', host }]
  const server = await started({ name: `${'a'.repeat(61)}.b`, operators })
  const nick = 'n'.repeat(32)
  const client = new Client(connect({ port: server.port, host: '127.0.0.1' }))
  client.send(`NICK ${nick}`, `USER ${'u'.repeat(12)} 0 * :${'r'.repeat(150)}`, 'OPER root secret')
  await client.wait(' 381 ')
  const room = `#${'c'.repeat(63)}`
  client.send(`JOIN ${room}`, `WHO ${room} %tcuihsnfdlaor,999`, 'PING end')
  await client.wait(' PONG ')
  const [row = ''] = client.lines.filter((line) => line.includes(' 354 '))
  expect(row).toMatch(/ r+…$/)
  // One word goes out without the colon that room was kept for.
  expect(Buffer.byteLength(row)).toBe(509)
})

describe('closing', () => {
  it('tells every client, closes it, and then is closed', async () => {
    const server = await started()
    const [ann, bob] = [await joined(server, 'ann', '#tea'), await joined(server, 'bob', '#tea')]
    await server.close()
    await Promise.all([ann.end(), bob.end()])
    expect(ann.lines.at(-1)).toBe('ERROR :Closing link: (Server is shutting down)')
    expect(server.stats).toMatchObject({ connections: 0, users: 0, channels: 0 })
    await server.closed
  })

  it('tells a room of 500 in 500 lines, and not everybody of everybody else', async () => {
    const server = await started({ listeners: [], connectionLimits: false })
    const heard: string[] = []
    const closed: string[] = []
    for (let i = 0; i < 500; i++) {
      const client = server.attach({
        remote: '',
        secure: true,
        writeQueue: 0,
        send: (lines) => void heard.push(...lines),
        close: (reason) => void closed.push(reason),
      })
      for (const line of [`NICK m${i}`, 'USER u 0 * :U', 'JOIN #tea', 'MODE #tea +b x', 'MODE m +i'])
        client.receive(line)
    }
    await new Promise(setImmediate)
    heard.length = 0
    await server.close()
    expect(heard).toEqual(Array(500).fill('ERROR :Closing link: (Server is shutting down)'))
    expect(closed).toEqual(Array(500).fill('Server is shutting down'))
    expect(server.stats).toMatchObject({ connections: 0, users: 0, channels: 0 })
    expect(server.engine.census()).toMatchObject({ visible: 0, invisible: 0, operators: 0 })
  })

  it('cuts off who does not close its end, at the timeout', async () => {
    const server = await started()
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    const client = new Client(socket)
    client.send('NICK ann', 'USER ann 0 * :Ann')
    await client.wait(' 422 ')
    socket.pause()
    await server.close({ timeout: 50 })
    socket.destroy()
  })
})

describe('limits', () => {
  it('let clients of a Unix socket in that are more than one address may have', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'chat-')), 'chat.sock')
    await started({ listeners: [{ path }], connectionLimits: { maxPerAddress: 1, maxAttempts: 1 } })
    const clients = Array.from({ length: 3 }, () => new Client(connect({ path })))
    for (const client of clients) client.send('PING in')
    for (const client of clients) expect(await client.wait('PONG')).toMatch(/in$/)
  })

  it('refuses connections beyond the limit of an address, with the reason', async () => {
    const server = await started({ connectionLimits: { maxPerAddress: 2 } })
    const first = await joined(server, 'a')
    await joined(server, 'b')
    const third = new Client(connect({ port: server.port, host: '127.0.0.1' }))
    await third.end()
    expect(third.lines).toEqual(['ERROR :Closing link: (Too many connections from your address)'])
    first.socket.destroy()
    await first.end()
    while (server.stats.connections > 1) await new Promise(setImmediate)
    await joined(server, 'c')
  })

  it('exempts this machine only when it is told to', async () => {
    const server = await started({
      connectionLimits: { maxPerAddress: 1, exempt: ['127.0.0.0/8'] },
      flood: { capacity: 1 },
    })
    await joined(server, 'a')
    const second = await joined(server, 'b')
    second.send(...Array.from({ length: 50 }, (_, i) => `PING ${i}`))
    await second.wait('PONG plainwire.local 49')
  })

  it('closes who does not read at the limit of its queue, while the others miss nothing and wait for nobody', async () => {
    const server = await started({ maxSendQueue: 100_000 })
    const slow = await joined(server, 'slow', '#tea')
    slow.socket.pause()
    const [sender, other] = [await joined(server, 'sender', '#tea'), await joined(server, 'other', '#tea')]
    const text = 'x'.repeat(400)
    let said = 0
    // One message at a time: the next is only said when the other has the one before. Whoever waited for the slow one
    // would wait for ever.
    while (!other.lines.some((line) => line.includes('QUIT'))) {
      sender.send(`PRIVMSG #tea :${++said} ${text}`)
      await other.wait(`#tea :${said} `)
      other.lines.splice(0, other.lines.findIndex((line) => line.includes(`#tea :${said} `)) + 1)
      if (said > 100_000) throw new Error('nobody was closed')
    }
    expect(await other.wait('QUIT')).toMatch(/^:slow!\S+ QUIT :Send queue exceeded$/)
    expect(server.engine.user('slow')).toBeUndefined()
    slow.socket.destroy()
  })

  it('holds 10,000 clients in one process', { timeout: 120_000 }, async () => {
    const server = await started()
    const crowd = spawn(process.execPath, [
      fileURLToPath(new URL('./server/crowd.mjs', import.meta.url)),
      String(server.port),
      '10000',
      '1000',
    ])
    const reports: Record<string, unknown>[] = []
    for await (const line of createInterface({ input: crowd.stdout })) {
      reports.push(JSON.parse(line))
      if (reports.at(-1)!.heard !== undefined || reports.at(-1)!.error !== undefined) break
    }
    expect(reports).toEqual([{ registered: 10_000, joined: 10_000 }, { heard: 9_000 }])
    expect(server.stats).toMatchObject({ connections: 10_000, users: 10_000, channels: 1000 })
    crowd.kill()
    await once(crowd, 'close')
  })
})

describe('attached transports', () => {
  class Recorder implements Transport {
    remote = '192.0.2.7'
    secure = true
    writeQueue = 0
    readonly batches: (readonly string[])[] = []
    closed: string | undefined = undefined
    send(messages: readonly string[]): void {
      this.batches.push(messages)
    }
    close(reason: string): void {
      this.closed = reason
    }
    get lines(): string[] {
      return this.batches.flat()
    }
  }
  const tick = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

  it('get all messages of a tick in one send, and each whole', async () => {
    const server = await started({ listeners: [] })
    const [one, two] = [new Recorder(), new Recorder()]
    const [ann, bob] = [server.attach(one), server.attach(two)]
    for (const [who, name] of [
      [ann, 'ann'],
      [bob, 'bob'],
    ] as const) {
      for (const line of [`NICK ${name}`, `USER ${name} 0 * :x`, 'JOIN #tea']) who.receive(line)
    }
    await tick()
    two.batches.length = 0
    for (let i = 0; i < 20; i++) ann.receive(`PRIVMSG #tea :öl ${i}`)
    await tick()
    expect(two.batches.length).toBe(1)
    expect(two.lines.map((line) => line.replace(/^\S+ /, ''))).toEqual(
      Array.from({ length: 20 }, (_, i) => `PRIVMSG #tea :öl ${i}`),
    )
  })

  it.each([
    ['a line break inside', 'PRIVMSG ann :a\r\nQUIT', 'FAIL * INVALID_MESSAGE'],
    ['a bare CR inside', 'PRIVMSG ann :a\rQUIT', 'FAIL * INVALID_MESSAGE'],
    ['a bare LF inside', 'PRIVMSG ann :a\nQUIT', 'FAIL * INVALID_MESSAGE'],
    ['octets that are no UTF-8', Uint8Array.of(0x50, 0xff), 'FAIL * INVALID_UTF8'],
    ['511 octets', `PONG :${'a'.repeat(505)}`, ' 417 '],
    ['tags of 4,097 octets', `@+a=${'a'.repeat(4092)} PONG x`, ' 417 '],
  ] as const)('refuse a message with %s, and go on', async (_what, message, answer) => {
    const server = await started({ listeners: [] })
    const recorder = new Recorder()
    const ann = server.attach(recorder)
    for (const line of ['NICK ann', 'USER ann 0 * :x']) ann.receive(line)
    ann.receive(message)
    ann.receive(new TextEncoder().encode('PING still\r\n'))
    await tick()
    const [refusal, pong] = recorder.lines.slice(-2)
    expect(refusal).toContain(answer)
    expect(pong).toContain('PONG plainwire.local still')
    expect(recorder.closed).toBeUndefined()
  })

  it('leave when the transport ends, and are closed with a reason when the server wants it', async () => {
    const server = await started({ listeners: [] })
    const [one, two] = [new Recorder(), new Recorder()]
    const [ann, bob] = [server.attach(one), server.attach(two)]
    for (const line of ['NICK ann', 'USER ann 0 * :x', 'JOIN #tea']) ann.receive(line)
    for (const line of ['NICK bob', 'USER bob 0 * :x', 'JOIN #tea']) bob.receive(line)
    ann.end('Page closed')
    await tick()
    expect(two.lines.at(-1)).toMatch(/^:ann!\S+ QUIT :Page closed$|^:ann!\S+ QUIT :?Page closed$/)
    bob.receive('QUIT :bye')
    expect(two.closed).toBe('Quit: bye')
    expect(server.stats.connections).toBe(0)
    ann.receive('PING late')
    ann.end()
  })

  it.each([
    ['::1', '0::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['', '255.255.255.255'],
  ])('from %j are shown as coming from %s', async (remote, shown) => {
    const server = await started({ listeners: [], operators: [{ name: 'root', password: 'secret' }], cloak: false })
    const [one, two] = [new Recorder(), new Recorder()]
    one.remote = remote
    const [ann, root] = [server.attach(one), server.attach(two)]
    for (const line of ['NICK ann', 'USER ann 0 * :x', 'WHO ann %in', 'OPER a b', 'WHO ann %in']) ann.receive(line)
    for (const line of ['NICK root', 'USER root 0 * :x', 'OPER root secret']) root.receive(line)
    while (!two.lines.some((line) => line.includes(' 381 ')) || !one.lines.some((line) => line.includes(' 464 '))) {
      await tick()
    }
    await tick()
    const row = `:plainwire.local 354 ann ${shown} ann`
    expect(one.lines.filter((line) => / (354|400) /.test(line))).toEqual([row, row])
    ann.end()
    root.receive('WHOWAS ann')
    await tick()
    expect(two.lines.filter((line) => / (338|400) /.test(line))).toEqual(
      remote === '' ? [] : [`:plainwire.local 338 root ann ~ann@${shown} ${shown} :Was connecting from`],
    )
  })

  it.each([
    ['Page closed', 'Page closed'],
    ['bye\r\n:root!x@y PRIVMSG #tea :hi', 'bye'],
    ['a\0b', 'ab'],
    ['', 'Connection closed'],
    ['\r\n', 'Connection closed'],
    ['漢'.repeat(500), '漢'.repeat(96)],
  ])('that end with the reason %j are read to have left with one line of it', async (reason, read) => {
    const server = await started({ listeners: [] })
    const two = new Recorder()
    const [ann, bob] = [server.attach(new Recorder()), server.attach(two)]
    for (const line of ['NICK ann', 'USER ann 0 * :x', 'JOIN #tea,#cake']) ann.receive(line)
    for (const line of ['NICK bob', 'USER bob 0 * :x', 'JOIN #tea,#cake']) bob.receive(line)
    ann.end(reason)
    await tick()
    expect(two.lines.filter((line) => line.includes('QUIT')).map((line) => line.replace(/^\S+ QUIT :?/, ''))).toEqual([
      read,
    ])
    expect(server.stats).toMatchObject({ connections: 1, users: 1, channels: 2 })
  })

  it('are gone even when nobody can be told, and the fault is reported', async () => {
    const faults: Error[] = []
    const server = await started({
      listeners: [],
      connectionLimits: { maxPerAddress: 2 },
      warn: (error) => faults.push(error),
    })
    const [ann, bob] = [server.attach(new Recorder()), server.attach(new Recorder())]
    for (const line of ['NICK ann', 'USER ann 0 * :x', 'JOIN #tea']) ann.receive(line)
    for (const line of ['NICK bob', 'USER bob 0 * :x', 'JOIN #tea']) bob.receive(line)
    server.engine.user('bob')!.recipient.deliver = () => {
      throw new TypeError('no line')
    }
    ann.end()
    expect(faults.map(String)).toEqual(['TypeError: no line'])
    expect(server.stats).toMatchObject({ connections: 1, users: 1 })
    const again = new Recorder()
    server.attach(again).receive('NICK ann')
    await tick()
    expect([again.lines, again.closed]).toEqual([[], undefined])
  })

  it.each(['send', 'writeQueue', 'close'])(
    'end alone when their %s throws, and the fault is reported',
    async (what) => {
      const faults: Error[] = []
      const server = await started({ listeners: [], warn: (error) => faults.push(error) })
      const [one, two] = [new Recorder(), new Recorder()]
      const [ann, bob] = [server.attach(one), server.attach(two)]
      for (const line of ['NICK ann', 'USER ann 0 * :x', 'JOIN #tea']) ann.receive(line)
      for (const line of ['NICK bob', 'USER bob 0 * :x', 'JOIN #tea']) bob.receive(line)
      await tick()
      const fault = (): never => {
        throw new Error('no way')
      }
      Object.defineProperty(one, what, what === 'writeQueue' ? { get: fault } : { value: fault })
      ann.receive('PING x')
      bob.receive('PRIVMSG #tea :hello')
      bob.receive('PING y')
      if (what === 'close') ann.receive('QUIT')
      await tick()
      expect(faults.map(String)).toEqual(['Error: no way'])
      expect(two.lines.some((line) => line.endsWith(' y'))).toBe(true)
      expect(two.lines.at(-1)).toMatch(/^:ann!\S+ QUIT /)
      expect(server.stats).toMatchObject({ connections: 1, users: 1 })
    },
  )

  it('are closed when they do not take what is sent', async () => {
    const server = await started({ listeners: [], maxSendQueue: 10_000 })
    const [one, two] = [new Recorder(), new Recorder()]
    const [ann, bob] = [server.attach(one), server.attach(two)]
    for (const line of ['NICK ann', 'USER ann 0 * :x', 'JOIN #tea']) ann.receive(line)
    await tick()
    for (const line of ['NICK bob', 'USER bob 0 * :x', 'JOIN #tea']) {
      bob.receive(line)
      await tick()
    }
    two.writeQueue = 20_000
    ann.receive('PRIVMSG #tea :hello')
    await tick()
    expect(two.closed).toBe('Send queue exceeded')
    expect(one.lines.at(-1)).toMatch(/^:bob!\S+ QUIT :Send queue exceeded$/)
  })
})

describe('cloaks', () => {
  const cloak = cloakWith('secret')
  it('are the same for the same address and secret, and differ else', () => {
    expect(cloak('192.0.2.1')).toBe(cloakWith('secret')('192.0.2.1'))
    expect(cloak('192.0.2.1')).toBe(cloak('::ffff:192.0.2.1'))
    expect(cloak('192.0.2.1')).not.toBe(cloak('192.0.2.2'))
    expect(cloak('192.0.2.1')).not.toBe(cloakWith('other')('192.0.2.1'))
  })
  it('share the labels of a network, so that one ban covers it', () => {
    const network = (address: string): string => cloak(address).split('.').slice(1).join('.')
    expect(network('192.0.2.1')).toBe(network('192.0.2.200'))
    expect(network('192.0.2.1')).not.toBe(network('192.0.3.1'))
    expect(network('2001:db8::1')).toBe(network('2001:db8::ffff:1'))
    expect(network('2001:db8::1')).not.toBe(network('2001:db8:0:1::1'))
  })
  it('fit a host name of 63 octets and hide the address', () => {
    for (const address of ['192.0.2.1', '2001:db8::1', '']) {
      expect(cloak(address).length).toBeLessThanOrEqual(63)
      if (address !== '') expect(cloak(address)).not.toContain(address.slice(0, 5))
    }
  })
  it('may be off, and then no address starts with a colon', () => {
    expect(['192.0.2.1', '::1', ''].map(plainHost)).toEqual(['192.0.2.1', '0::1', 'local'])
  })
})

describe('passwords', () => {
  it('are hashed differently each time and verified', async () => {
    const [one, two] = await Promise.all([hashPassword('sesame'), hashPassword('sesame')])
    expect(one).not.toBe(two)
    expect(one).toMatch(/^scrypt\$\d+\$\d+\$\d+\$[\w-]+\$[\w-]+$/)
    expect(await verifyPassword('sesame', one)).toBe(true)
    expect(await verifyPassword('Sesame', one)).toBe(false)
  })
  const salt = 'A'.repeat(22)
  const key = 'A'.repeat(43)
  it.each([
    ['without a key', `scrypt$16384$8$1$${salt}$`],
    ['without salt', `scrypt$16384$8$1$$${key}`],
    ['with a key cut off', `scrypt$16384$8$1$${salt}$${key.slice(1)}`],
    ['with a key of other characters', `scrypt$16384$8$1$${salt}$${key.slice(1)}/`],
    ['with something behind the key', `scrypt$16384$8$1$${salt}$${key}$`],
    ['without a cost', `scrypt$16384$8$$${salt}$${key}`],
    ['with a cost of no number', `scrypt$16384$x$1$${salt}$${key}`],
    ['with a cost that is no whole number', `scrypt$16384$8$1.5$${salt}$${key}`],
    ['with a cost that is no power of two', `scrypt$16383$8$1$${salt}$${key}`],
    ['with a cost of one', `scrypt$1$8$1$${salt}$${key}`],
    ['with a cost of nothing', `scrypt$16384$0$1$${salt}$${key}`],
    ['with a cost beyond all memory', `scrypt$65536$8$1$${salt}$${key}`],
    ['of nothing but its name', 'scrypt$'],
  ])('hashed %s are refused, and are no password either', async (_what, hash) => {
    await expect(serveChat({ password: hash })).rejects.toThrow(/password: begins as a hash/)
    for (const given of ['sesame', '', hash]) expect(await verifyPassword(given, hash)).toBe(false)
  })
  it('hashed at the greatest cost are verified', async () => {
    expect(await verifyPassword('sesame', `scrypt$32768$8$1$${salt}$${key}`)).toBe(false)
  })
  it('in the clear are compared too', async () => {
    expect(await verifyPassword('sesame', 'sesame')).toBe(true)
    expect(await verifyPassword('sesam', 'sesame')).toBe(false)
  })
})

describe('admission', () => {
  const limits = { ...DEFAULT_CONNECTION_LIMITS, maxPerAddress: 1, maxAttempts: 2, attemptTimeout: 1000 }
  it('counts one /64 of IPv6 as one place, and another as another', () => {
    const admission = new Admission(limits)
    expect(admission.admit('2001:db8::1', 0)).toBeUndefined()
    expect(admission.admit('2001:db8::2', 0)).toMatch('Too many connections')
    expect(admission.admit('2001:db8:0:1::1', 0)).toBeUndefined()
  })
  it('counts attempts, and forgets them in time', () => {
    const admission = new Admission(limits)
    for (const now of [0, 1]) {
      expect(admission.admit('192.0.2.1', now)).toBeUndefined()
      admission.release('192.0.2.1')
    }
    expect(admission.admit('192.0.2.1', 2)).toMatch('Too many attempts')
    expect(admission.admit('192.0.2.1', 1000)).toBeUndefined()
  })
  it('counts who has no address in all, and not as one place', () => {
    const admission = new Admission({ ...limits, maxConnections: 5 })
    for (let i = 0; i < 5; i++) expect(admission.admit('', 0)).toBeUndefined()
    expect(admission.admit('', 0)).toBe('The server is full')
    admission.release('')
    expect(admission.admit('', 0)).toBeUndefined()
  })
  it('counts many thousand places, and forgets them when their time is over', () => {
    const admission = new Admission({ ...limits, maxAttempts: 1, attemptTimeout: 1000 })
    const address = (i: number): string => `2001:db8:${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}::1`
    const comeAndGo = (i: number, now: number): string | undefined => {
      const refusal = admission.admit(address(i), now)
      if (refusal === undefined) admission.release(address(i))
      return refusal
    }
    // This took minutes when each looked through all others.
    for (let i = 0; i < 60_000; i++) comeAndGo(i, 0)
    expect(comeAndGo(5, 999)).toMatch(/Too many attempts/)
    for (let i = 0; i < 130_000; i++) comeAndGo(i, 1000)
    expect(comeAndGo(5, 2000)).toBeUndefined()
  })
  it('is full at the limit of all', () => {
    const admission = new Admission({ ...limits, maxConnections: 1 })
    expect(admission.admit('192.0.2.1', 0)).toBeUndefined()
    expect(admission.admit('192.0.2.2', 0)).toBe('The server is full')
  })
})

describe('the options of a server', () => {
  it.each([
    ['an unknown limit', { limits: { maxNick: 3 } }, /limits\.maxNick: there is no such option/],
    ['a budget of another name', { flood: { burst: 1 } }, /flood\.burst/],
    ['a timeout with a slip', { timeouts: { pingTimout: 5 } }, /timeouts\.pingTimout/],
    ['an unknown bound of connections', { connectionLimits: { perAddress: 5 } }, /connectionLimits\.perAddress/],
    ['an unknown bound of the history', { history: { days: 5 } }, /history\.days/],
    ['another key of cloaks', { cloak: { key: 'x' } }, /cloak\.key/],
    ['a negative limit', { limits: { maxChannels: -1 } }, /limits\.maxChannels/],
    ['a timeout that is a text', { timeouts: { pingTimeout: '5s' } }, /timeouts\.pingTimeout/],
    ['a timeout without end', { timeouts: { pingTimeout: Infinity } }, /timeouts\.pingTimeout/],
    ['exempt addresses that are no list', { connectionLimits: { exempt: '::1' } }, /connectionLimits\.exempt/],
    ['a switch of channels that is none', { defaultChannelFlags: ['quiet'] }, /defaultChannelFlags: .*quiet/],
    ['a mode of users that is none', { defaultUserModes: ['operator'] }, /defaultUserModes: .*operator/],
    ['an operator with another key', { operators: [{ name: 'a', pass: 'x' }] }, /operators\.pass/],
    ['an operator without a password', { operators: [{ name: 'a' }] }, /operators: .*password/],
    ['a message of the day that is no text', { motd: [5] }, /^motd: /],
    ['an administrator that is no text', { admin: [null] }, /^admin: /],
    ['an exempt range that is no text', { connectionLimits: { exempt: [5] } }, /connectionLimits\.exempt: .*5/],
    ['a send queue of no size', { maxSendQueue: Number.NaN }, /maxSendQueue/],
    ['an option that there is not', { maxSendQueu: 5 }, /^maxSendQueu: there is no such option/],
    ['a message of the day that is one text', { motd: 'Be kind' }, /^motd: must be array/],
    ['a listener that is no list', { listeners: { port: 0 } }, /^listeners: must be array/],
    ['a listener that is a port', { listeners: [6667] }, /^listeners: each is an object/],
    ['a listener of no place', { listeners: [{ host: '127.0.0.1' }] }, /^listeners: each needs a port or a path/],
    ['a name that is no text', { name: 5 }, /^name: must be string/],
    ['a password that is a number', { password: 1234 }, /^password: must be string/],
    ['timeouts that are a number', { timeouts: 5 }, /^timeouts: must be object/],
    ['a budget that is true', { flood: true }, /^flood: must be false or object/],
    ['a switch of channels that is a text', { defaultChannelFlags: 'secret' }, /^defaultChannelFlags: must be array/],
    ['a warning that calls nothing', { warn: 'stderr' }, /^warn: must be function/],
  ])('%s is refused', async (_what, options, message) => {
    await expect(serveChat(options as never)).rejects.toThrow(message)
  })
})

it('an option that is undefined has its default', async () => {
  const server = await serveChat({ name: undefined, limits: undefined, motd: undefined, password: undefined } as never)
  expect(server.engine.settings).toMatchObject({ name: 'plainwire.local', motd: [] })
  await server.close()
})

describe('a configuration file', () => {
  const written = (text: string): string => {
    const file = join(mkdtempSync(join(tmpdir(), 'chat-')), 'chat.json')
    writeFileSync(file, text)
    return file
  }
  it('holds the options of the server, certificates by file', async () => {
    const pems = await generate([{ name: 'commonName', value: 'localhost' }])
    const file = written(
      '{"name": "irc.example", "listeners": [{"port": 0, "tls": {"cert": "c.pem", "key": "k.pem"}}]}',
    )
    writeFileSync(file.replace('chat.json', 'c.pem'), pems.cert)
    writeFileSync(file.replace('chat.json', 'k.pem'), pems.private)
    const server = await started(readConfig(file))
    expect(server.urls[0]).toMatch(/^ircs:/)
  })
  it('may begin with a byte order mark', () => {
    expect(readConfig(written('\ufeff{"name": "irc.example"}'))).toEqual({ name: 'irc.example' })
  })
  it.each([
    ['an unknown key', '{"nmae": "x"}', /nmae/],
    ['a wrong kind', '{"motd": "x"}', /motd/],
    ['no object', '[]', /object/],
    ['half of what there was', '{"name": "irc.exa', /chat\.json is not JSON: /],
    ['a listener without address', '{"listeners": [{}]}', /port or a path/],
    ['true for flood', '{"flood": true}', /flood/],
    ['a certificate that is null', '{"listeners": [{"port": 0, "tls": null}]}', /listeners: tls/],
    ['an unknown key of a listener', '{"listeners": [{"prot": 6667, "port": 0}]}', /listeners: .*prot/],
  ])('with %s is refused', (_what, text, message) => {
    expect(() => readConfig(written(text))).toThrow(message)
  })
})
