import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { answersTable } from '../src/report/answers.js'
import { checkAnswer } from '../src/server/answer.js'
import { collectDifferences, type Differences, declaredHead, describeDifferences } from '../src/server/differences.js'
import { frame } from '../src/server/frames.js'
import { ENTRIES } from '../src/server/suite.js'
import { requestText, WORKLOADS, type Workload } from '../src/server/workloads.js'

const workload = (id: string): Workload => WORKLOADS.find((each) => each.id === id)!
const running: Array<() => void> = []
afterEach(() => {
  for (const stop of running.splice(0)) stop()
})

/** A server that says the same for each request, and behind an upgrade whatever `echo` makes of what it reads. */
async function saying(answer: string, closes: boolean, echo?: (octets: string) => string): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      const octets = piece.toString('latin1')
      const requests = octets.match(/^(GET|POST) \S+ HTTP/gm)?.length ?? 0
      const says = requests === 0 && echo !== undefined ? echo(octets) : answer.repeat(requests)
      if (closes) socket.end(says, 'latin1')
      else socket.write(says, 'latin1')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  running.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

interface Trial {
  id?: string
  closes?: boolean
  differences?: Differences
  echo?: (octets: string) => string
  patience?: number
}

async function check(answer: string, { id = 'hello', closes = false, differences = {}, echo, patience }: Trial) {
  const port = await saying(answer, closes, echo)
  return checkAnswer({ name: 'it', differs: () => differences }, workload(id), port, patience)
}

const date = new Date().toUTCString()
const hello = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\nDate: ${date}\r\n\r\nHello, World!\n`
const closing = hello.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
const opened =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'

describe('before anything is timed', () => {
  it.each<[string, string, Trial]>([
    ['the common answer', hello, {}],
    ['the common answer, ten at a time', hello, { id: 'pipe10' }],
    ['the common answer, and then the end', closing, { id: 'connect', closes: true }],
    [
      'what is declared: added, left out, spelled, ordered, another status line',
      `HTTP/1.1 200 \r\nServer: it\r\ncontent-length: 14\r\nContent-Type: text/plain\r\n\r\nHello, World!\n`,
      {
        differences: {
          statusLine: 'HTTP/1.1 200 ',
          adds: ['Server: it'],
          leavesOut: ['Date'],
          spells: ['content-length'],
          order: ['Server', 'Content-Length', 'Content-Type'],
        },
      },
    ],
    [
      'messages that come back',
      opened,
      { id: 'websocket', echo: () => frame('text', 'The wire is plain. The wire hums', false) },
    ],
  ])('%s passes', async (_, answer, trial) => {
    expect(await check(answer, trial)).toBe(answer.length)
  })

  it.each<[string, string, Trial]>([
    ['a wrong octet of content', hello.replace('World', 'Wor1d'), {}],
    ['content that is too short', hello.replace('!\n', '!').replace('14', '13'), {}],
    ['another status', hello.replace('200 OK', '201 Created'), {}],
    ['another version', hello.replace('HTTP/1.1', 'HTTP/1.0'), {}],
    ['another reason phrase', hello.replace('OK', 'Ok'), {}],
    ['a missing field', hello.replace('Content-Type: text/plain\r\n', ''), {}],
    ['an added field', hello.replace('\r\n\r\n', '\r\nServer: it\r\n\r\n'), {}],
    ['a field twice', hello.replace('Content-Type: text/plain\r\n', 'Content-Type: text/plain\r\n'.repeat(2)), {}],
    ['another value', hello.replace('text/plain', 'text/html'), {}],
    ['a parameter more', hello.replace('text/plain', 'text/plain; charset=utf-8'), {}],
    ['a name spelled otherwise', hello.replace('Content-Length', 'content-length'), {}],
    ['another order', hello.replace(/(Content-Type.*\r\n)(Content-Length.*\r\n)/, '$2$1'), {}],
    ['no date', hello.replace(/Date.*\r\n/, ''), {}],
    ['a date that is none', hello.replace(date, '0'.repeat(29)), {}],
    ['a date of another day', hello.replace(date, new Date(0).toUTCString()), {}],
    ['a line break more', hello.replace('\r\n\r\n', '\r\n\r\n\r\n'), {}],
    ['an octet behind the answer', `${hello}x`, {}],
    ['an octet behind the tenth answer', `${hello}x`, { id: 'pipe10' }],
    ['chunks in place of a length', hello.replace('Content-Length: 14', 'Transfer-Encoding: chunked'), {}],
    ['an octet behind the answer that ends the connection', `${closing}x`, { id: 'connect', closes: true }],
    ['no end where it was announced', closing, { id: 'connect', patience: 50 }],
    ['nothing at all', '', { patience: 50 }],
    ['a declared field that is not sent', hello, { differences: { adds: ['Server: it'] } }],
    ['a field that is sent and declared to be left out', hello, { differences: { leavesOut: ['Content-Type'] } }],
    ['no answer but the end of the connection', '', { closes: true }],
    ['a handshake with another proof', opened.replace('s3pP', 's3pQ'), { id: 'websocket' }],
    ['a message that comes back changed', opened, { id: 'websocket', echo: (octets) => octets }],
    [
      'a message that comes back as octets in place of text',
      opened,
      { id: 'websocket', echo: () => frame('binary', 'The wire is plain. The wire hums', false) },
    ],
    [
      'a message that comes back twice',
      opened,
      { id: 'websocket', echo: () => frame('text', 'The wire is plain. The wire hums', false).repeat(2) },
    ],
  ])('%s is refused', async (_, answer, trial) => {
    await expect(check(answer, trial)).rejects.toThrow(
      /^it, \w+: octet \d+ differs|says more than asked|the connection is kept/,
    )
  })
})

describe('declarations', () => {
  const { answer } = workload('hello')

  it('speak of fields that are there', () => {
    expect(() => declaredHead(answer, { leavesOut: ['Server'] })).toThrow(TypeError)
    expect(() => declaredHead(answer, { spells: ['server'] })).toThrow(TypeError)
    expect(() => declaredHead(answer, { order: ['Date', 'Content-Type'] })).toThrow(TypeError)
    expect(() => declaredHead(answer, { order: ['Date', 'Content-Type', 'Server'] })).toThrow(TypeError)
  })

  it('of every server and table can be kept', () => {
    for (const { workload, ours, peers } of ENTRIES) {
      for (const { differs } of [ours, ...peers])
        expect(declaredHead(workload.answer, differs(workload))).toMatch(/^HTTP/)
    }
  })

  it('are said in words, once for all tables that they concern', () => {
    const differences: Differences = { statusLine: 'HTTP/1.1 200 ', adds: ['A: b'], leavesOut: ['Date'], spells: ['c'] }
    expect(describeDifferences(differences)).toBe(
      'begins with `"HTTP/1.1 200 "`; adds `A: b`; leaves out `Date`; spells `c`',
    )
    expect(describeDifferences({})).toBe('')
    const part = (table: string, name: string, differs: Differences) => ({
      ...{ table, name, workload: workload('hello') },
      differs: () => differs,
    })
    const parts = [part('x', 'b', { adds: ['A: b'] }), part('y', 'b', { adds: ['A: b'] }), part('x', 'a', {})]
    expect(collectDifferences(parts)).toEqual([{ name: 'b', tables: ['x', 'y'], differences: 'adds `A: b`' }])
  })

  it('are listed in the documentation as the servers declare them', () => {
    const documentation = readFileSync(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8')
    expect(documentation).toContain(`<!-- bench:answers -->\n${answersTable()}\n<!-- /bench:answers -->`)
  })
})

describe('what is sent', () => {
  it('chunked content is 16 chunks of 4 KiB and the last chunk', () => {
    const [head, ...rest] = requestText(workload('upload'), 80).split('\r\n\r\n')
    expect(head).toBe(
      'POST /upload HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked',
    )
    expect(rest.join('\r\n\r\n')).toMatch(/^(1000\r\n[!-z]{4096}\r\n){16}0\r\n\r\n$/)
  })

  it('frames are those of RFC 6455 §5.7', () => {
    expect(frame('text', 'Hello', false)).toBe('\x81\x05Hello')
    expect(frame('text', 'Hello', true)).toBe('\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58')
    expect(frame('binary', 'x'.repeat(256), false).slice(0, 5)).toBe('\x82\x7e\x01\x00x')
  })
})
