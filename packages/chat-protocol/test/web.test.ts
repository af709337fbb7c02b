import { connect } from 'node:net'
import { brotliDecompressSync } from 'node:zlib'
import { serve, type WebServer } from '@plainwire/web-server'
import { site } from '@plainwire/web-server/site'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type ChatServer, serveChat } from '../src/server.js'
import { chatPage, chatSocket } from '../src/web.js'

let chat: ChatServer
let web: WebServer

beforeAll(async () => {
  chat = await serveChat({ name: 'chat.example', listeners: [{ port: 0 }] })
  web = await serve({
    port: 0,
    handler: site('test', [chatPage('/chat/', new URL('../dist/page/', import.meta.url))]),
    upgrade: chatSocket(chat, '/chat/socket'),
  })
})
afterAll(async () => {
  await Promise.all([web.close({ timeout: 1 }), chat.close({ timeout: 1 })])
})

/** A WebSocket that keeps what it receives; `until` waits for a line. */
async function open(protocol: string | undefined, options: { origin?: string } = {}) {
  const url = `${web.url.replace('http', 'ws')}/chat/socket`
  const socket = protocol === undefined ? new WebSocket(url, options) : new WebSocket(url, protocol, options)
  const lines: string[] = []
  const binary: boolean[] = []
  let look = (): void => {}
  socket.on('message', (data, isBinary) => {
    lines.push(String(data))
    binary.push(isBinary)
    look()
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const until = (pattern: RegExp): Promise<string> =>
    new Promise((resolve) => {
      look = () => {
        const line = lines.find((candidate) => pattern.test(candidate))
        if (line !== undefined) resolve(line)
      }
      look()
    })
  const register = async (nick: string): Promise<void> => {
    socket.send(`NICK ${nick}`)
    socket.send(`USER ${nick} 0 * :${nick}`)
    await until(/ 001 /)
  }
  return { socket, lines, binary, until, register, closed: new Promise((resolve) => socket.once('close', resolve)) }
}

describe('the WebSocket', () => {
  const protocols: [sentence: string, offered: string | undefined, agreed: string, binary: boolean][] = [
    ['text when that is offered', 'text.ircv3.net', 'text.ircv3.net', false],
    ['octets when those are offered', 'binary.ircv3.net', 'binary.ircv3.net', true],
    ['text when nothing is offered', undefined, '', false],
  ]
  it.each(protocols)('carries %s', async (_, offered, agreed, isBinary) => {
    const client = await open(offered)
    await client.register('tester')
    expect([client.socket.protocol, new Set(client.binary)]).toEqual([agreed, new Set([isBinary])])
    expect(client.lines.every((line) => !/[\r\n]/.test(line))).toBe(true)
    client.socket.close()
    await client.closed
  })

  const sendings: [sentence: string, send: string | Buffer, answer: RegExp][] = [
    ['a line break at the end is forgiven', 'PING :token\r\n', /PONG .*:?token/],
    ['a line break inside is refused', 'PING :one\r\nPING :two', /FAIL \* INVALID|FAIL |ERROR|4\d\d /],
    ['a NUL is refused', 'PING :a\0b', /FAIL |ERROR|4\d\d /],
    ['an over-long line is answered with 417', `PRIVMSG #a :${'x'.repeat(600)}`, / 417 /],
    ['octets that are not UTF-8 are refused', Buffer.from([0x50, 0x49, 0x4e, 0x47, 0x20, 0xff]), /INVALID_UTF8/],
    ['an unknown command is answered with 421', 'BREW coffee', / 421 .*BREW/],
  ]
  it.each(sendings)('%s', async (_, send, answer) => {
    const client = await open('binary.ircv3.net')
    await client.register('tester')
    client.lines.length = 0
    client.socket.send(send)
    await client.until(answer)
    // What was refused was not obeyed in part either: answers come in order, so a PONG would be here by now.
    client.socket.send('PING :last')
    await client.until(/PONG .*last/)
    expect(client.lines.filter((line) => /PONG .*(one|two|a)$/.test(line))).toEqual([])
    client.socket.close()
    await client.closed
  })

  it('a message far beyond the longest line closes the socket with 1009', async () => {
    const client = await open('text.ircv3.net')
    const code = new Promise((resolve) => client.socket.once('close', resolve))
    client.socket.send('x'.repeat(64 * 1024))
    expect(await code).toBe(1009)
  })

  it('a page of another origin is refused', async () => {
    await expect(open('text.ircv3.net', { origin: 'https://evil.example' })).rejects.toThrow(/403/)
    const own = await open('text.ircv3.net', { origin: web.url })
    own.socket.close()
    await own.closed
  })

  it('its rooms are those of the IRC port', async () => {
    const client = await open('text.ircv3.net')
    await client.register('webuser')
    client.socket.send('JOIN #both')
    await client.until(/ 366 /)
    const socket = connect(chat.port, '127.0.0.1')
    socket.write('NICK ircuser\r\nUSER a 0 * :a\r\nJOIN #both\r\nPRIVMSG #both :hello from TCP\r\nQUIT\r\n')
    expect(await client.until(/PRIVMSG #both/)).toMatch(/^:ircuser!\S+ PRIVMSG #both :hello from TCP$/)
    socket.destroy()
    client.socket.close()
    await client.closed
  })

  it.each([
    ['that pretends to be the server’s', 'Killed (root (spamming))'],
    ['of two lines', 'bye\r\n:root!x@y PRIVMSG #web :hi'],
    ['that is empty', ''],
  ])('closing it with a reason %s says no more than that it was closed', async (_, reason) => {
    const [one, two] = [await open('text.ircv3.net'), await open('text.ircv3.net')]
    await one.register('closer')
    await two.register('reader')
    for (const client of [one, two]) {
      client.socket.send('JOIN #web,#other')
      await client.until(/ 366 .*#other/)
    }
    one.socket.close(1000, reason)
    expect(await two.until(/QUIT/)).toMatch(/^:closer!\S+ QUIT :Connection closed$/)
    two.socket.send('PING last')
    await two.until(/PONG .*last/)
    expect(two.lines.filter((line) => /^\S+ (?:QUIT|PRIVMSG) /.test(line))).toHaveLength(1)
    expect(chat.engine.user('closer')).toBeUndefined()
    two.socket.close()
    await Promise.all([one.closed, two.closed])
    while (chat.stats.connections > 0) await new Promise(setImmediate)
    expect(chat.stats).toMatchObject({ users: 0, channels: 0 })
  })

  it('QUIT ends it with the server’s goodbye', async () => {
    const client = await open('text.ircv3.net')
    await client.register('quitter')
    client.socket.send('QUIT :bye')
    expect(await client.until(/^ERROR /)).toMatch(/ERROR :/)
    await client.closed
  })
})

describe('the page', () => {
  const requests: [sentence: string, method: string, path: string, fields: Record<string, string>, status: number][] = [
    ['is there', 'GET', '/chat/', {}, 200],
    ['its script', 'GET', '/chat/app.js', {}, 200],
    ['its style', 'GET', '/chat/style.css', {}, 200],
    ['its icon', 'GET', '/chat/icon.svg', {}, 200],
    ['without its slash it redirects', 'GET', '/chat', {}, 301],
    ['has nothing else', 'GET', '/chat/constructor', {}, 404],
    ['is only read', 'POST', '/chat/', { 'Content-Length': '0' }, 405],
    ['has a head', 'HEAD', '/chat/', {}, 200],
  ]
  it.each(requests)('%s', async (_, method, path, headers, status) => {
    const response = await fetch(web.url + path, { method, redirect: 'manual', ...(method !== 'POST' && { headers }) })
    expect(response.status).toBe(status)
    if (status === 200) expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    if (status === 301) expect(response.headers.get('location')).toBe('/chat/')
  })

  it('is not sent again while it is the same', async () => {
    const tag = (await fetch(`${web.url}/chat/app.js`)).headers.get('etag')!
    const again = await fetch(`${web.url}/chat/app.js`, { headers: { 'If-None-Match': `"other", ${tag}` } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  const codings: [accept: string, coding: string | null][] = [
    ['br', 'br'],
    ['gzip, br;q=0.5', 'br'],
    ['br;q=0', null],
    ['*', 'br'],
    ['*, br;q=0', null],
    ['identity', null],
  ]
  it.each(codings)('for Accept-Encoding %s it is sent as %s', async (accept, coding) => {
    const answer = await raw(
      `GET /chat/style.css HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${accept}\r\nConnection: close\r\n\r\n`,
    )
    const end = answer.indexOf('\r\n\r\n')
    const head = answer.subarray(0, end).toString()
    const content = answer.subarray(end + 4)
    expect(/^Content-Encoding: (.*)$/im.exec(head)?.[1]?.trim() ?? null).toBe(coding)
    expect((coding === 'br' ? brotliDecompressSync(content) : content).toString()).toMatch(/^:root/)
  })

  it('is at most 30 KiB compressed in all', async () => {
    let total = 0
    for (const path of ['', 'app.js', 'style.css', 'icon.svg']) {
      const answer = await raw(
        `GET /chat/${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n`,
      )
      total += answer.length - answer.indexOf('\r\n\r\n') - 4
    }
    expect(total).toBeLessThanOrEqual(30 * 1024)
  })
})

function raw(request: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(web.port, '127.0.0.1', () => socket.write(request))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.once('close', () => resolve(Buffer.concat(chunks)))
    socket.once('error', reject)
  })
}
