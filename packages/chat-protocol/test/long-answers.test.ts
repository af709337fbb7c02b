import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { serveChat } from '../src/server.js'
import { Client } from './server/client.js'
import { EngineStage } from './transcripts/stages.js'

const LIMIT = 6000
const CROWD = 300

/** A stage with a room of 300 that everybody is in but ann, who has read all there was. */
async function crowded(...lines: string[]): Promise<EngineStage> {
  const stage = new EngineStage({
    maxSendQueue: LIMIT,
    limits: { maxListEntries: 300, maxServerBans: 300, maxHistoryPage: 200, maxWhoRows: 1000, maxChannels: 400 },
  })
  for (const who of ['op', ...Array.from({ length: CROWD - 1 }, (_, i) => `member${i}`), 'ann']) {
    stage.connect(who)
    for (const line of [`NICK ${who}`, 'USER u 0 * :U']) stage.send(who, line)
    if (who !== 'ann') stage.send(who, 'JOIN #big')
    await stage.received()
  }
  for (const line of lines) {
    stage.send('ann', line)
    await stage.received()
  }
  return stage
}

/** Reads a page: what waits for ann. */
function page(stage: EngineStage, who = 'ann'): string[] {
  const session = stage.sessions.get(who)!
  expect(session.queued).toBeLessThanOrEqual(LIMIT)
  const octets = session.take()
  return octets === '' ? [] : octets.slice(0, -2).split('\r\n')
}

/** Reads all that is left of the answer, page by page; others say something between any two. */
function pages(stage: EngineStage, meanwhile: () => void = () => {}): string[] {
  const lines = page(stage)
  while (stage.answering.delete(stage.sessions.get('ann')!)) {
    meanwhile()
    stage.sessions.get('ann')!.resume()
    lines.push(...page(stage))
  }
  expect(stage.faults).toEqual([])
  return lines
}

const nicksOf = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => / 353 /.test(line))
    .flatMap((line) => line.slice(line.indexOf(' :') + 2).split(' '))
    .map((nick) => nick.replace(/^[@%+]|!.*$/g, ''))

describe('an answer that is longer than the send queue', () => {
  it.each([
    ['of NAMES', ['CAP REQ userhost-in-names'], 'NAMES #big', / 366 ann #big /, / 353 /, undefined],
    ['of JOIN', ['CAP REQ userhost-in-names'], 'JOIN #big', / 366 ann #big /, / 353 /, undefined],
    ['of WHO of a room', [], 'WHO #big', / 315 ann #big /, / 352 /, CROWD],
    ['of WHOX of a room', [], 'WHO #big %tna,7', / 315 ann #big /, / 354 ann 7 /, CROWD],
    ['of WHO by mask', [], 'WHO *', / 315 ann \* /, / 352 /, CROWD + 1],
    [
      'of LIST',
      Array.from({ length: 20 }, (_, i) => `JOIN ${Array.from({ length: 15 }, (_, k) => `#room${i}-${k}`)}`),
      'LIST',
      / 323 ann /,
      / 322 /,
      301,
    ],
    [
      'of JOIN of many rooms',
      [],
      `JOIN ${Array.from({ length: 60 }, (_, i) => `#a${i}`)}`,
      / 366 ann #a59 /,
      / 366 /,
      60,
    ],
    [
      'of MODE for the bans of a room',
      ['JOIN #own', ...Array.from({ length: 300 }, (_, i) => `MODE #own +b ${'x'.repeat(60)}${i}`)],
      'MODE #own b',
      / 368 ann #own /,
      / 367 /,
      300,
    ],
    [
      'of KLINE',
      ['OPER root secret', ...Array.from({ length: 250 }, (_, i) => `KLINE nobody@192.0.2.${i} :${'x'.repeat(60)}`)],
      'KLINE',
      /End of the list of bans/,
      /NOTICE ann :nobody@/,
      250,
    ],
    [
      'of CHATHISTORY',
      [
        'CAP REQ :batch draft/chathistory message-tags',
        'JOIN #own',
        ...Array.from({ length: 150 }, (_, i) => `@+x=${'y'.repeat(400)} PRIVMSG #own :${i}`),
      ],
      'CHATHISTORY LATEST #own * 200',
      / BATCH -/,
      /@batch=\S+ .* PRIVMSG #own /,
      150,
    ],
  ])('%s comes by pages, as they are read, and closes nobody', async (_what, lines, question, end, row, rows) => {
    const stage = await crowded(...lines)
    stage.send('ann', question)
    stage.send('ann', 'PING behind')
    const answer = pages(stage)
    expect(stage.sessions.get('ann')!.ended).toBe(false)
    expect(answer.join('\n').length).toBeGreaterThan(LIMIT / 2)
    expect(answer.at(-1)).toBe(':chat.example PONG chat.example behind')
    expect(answer.at(-2)).toMatch(end)
    if (rows === undefined) expect(new Set(nicksOf(answer)).size).toBe(question.startsWith('JOIN') ? CROWD + 1 : CROWD)
    else expect(answer.filter((line) => row.test(line))).toHaveLength(rows)
  })

  it('has one label, that of its batch, which is open until its last line', async () => {
    const stage = await crowded('CAP REQ :batch labeled-response')
    stage.send('ann', '@label=a1 WHO #big')
    const answer = pages(stage, () => stage.send('op', 'PRIVMSG ann :meanwhile'))
    const [, reference] = /^@label=a1 :chat\.example BATCH \+(\S+) labeled-response$/.exec(answer[0]!)!
    expect(answer.at(-1)).toBe(`:chat.example BATCH -${reference}`)
    const rows = answer.filter((line) => line.startsWith(`@batch=${reference} `))
    expect(rows).toHaveLength(CROWD + 1)
    expect(rows.at(-1)).toMatch(/ 315 /)
    // What is no part of the answer stands between its lines, without its batch.
    const others = answer.slice(1, -1).filter((line) => !rows.includes(line))
    expect(others.length).toBeGreaterThan(3)
    for (const line of others) expect(line).toBe(':op!~u@127.0.0.1 PRIVMSG ann :meanwhile')
  })

  it('of history with a label is one batch, closed once', async () => {
    const stage = await crowded('CAP REQ :batch labeled-response draft/chathistory', 'JOIN #own')
    for (let i = 0; i < 150; i++) stage.send('ann', `PRIVMSG #own :${i} ${'x'.repeat(100)}`)
    stage.send('ann', '@label=h CHATHISTORY LATEST #own * 200')
    const answer = pages(stage, () => stage.send('op', 'PRIVMSG ann :meanwhile'))
    const [, batch] = /^@label=h \S+ BATCH \+(\S+) chathistory #own$/.exec(answer[0]!)!
    expect(answer.filter((line) => line.startsWith(`@batch=${batch} `))).toHaveLength(150)
    expect(answer.filter((line) => / BATCH /.test(line))).toHaveLength(2)
    expect(answer.at(-1)).toBe(`:chat.example BATCH -${batch}`)
  })

  it('tells of everybody as they are when their row is sent, so that a client knows who is there', async () => {
    const stage = await crowded('CAP REQ userhost-in-names')
    stage.send('ann', 'JOIN #big')
    const here = new Set<string>()
    let turn = 0
    const lines = pages(stage, () => {
      turn++
      stage.send(`member${280 - turn}`, 'PART #big')
      stage.send(`member${250 - turn}`, `NICK renamed${turn}`)
      stage.send('op', `KICK #big member${200 - turn}`)
      stage.send(`member${150 - turn}`, 'QUIT')
      stage.send(`member${280 - turn}`, 'JOIN #big')
    })
    expect(turn).toBeGreaterThan(2)
    for (const line of lines) {
      for (const nick of nicksOf([line])) here.add(nick)
      const [, who = '', command = '', about = ''] = /^:([^!\s]+)\S* (\S+) ?(.*)$/.exec(line)!
      if (command === 'JOIN') here.add(who)
      if (command === 'PART' || command === 'QUIT') here.delete(who)
      if (command === 'KICK') here.delete(about.split(' ')[1]!)
      if (command === 'NICK' && here.delete(who)) here.add(about)
    }
    const real = [...stage.engine.channel('#big')!.members.keys()].map((user) => user.nick)
    expect([...here].sort()).toEqual(real.sort())
  })

  it('ends where the room is none of the reader’s business any more', async () => {
    const stage = await crowded()
    stage.send('op', 'MODE #big +s')
    stage.send('ann', 'JOIN #big')
    const first = nicksOf(page(stage))
    stage.send('op', 'KICK #big ann :out')
    const rest = pages(stage)
    expect(first.length).toBeLessThan(CROWD)
    expect(rest.filter((line) => / 353 /.test(line))).toEqual([])
    expect(rest.at(-1)).toMatch(/ 366 ann #big /)
  })

  it('is not gone on with for a reader who is gone, or was put out', async () => {
    const stage = await crowded()
    for (const leave of [() => stage.vanish('ann'), () => stage.send('op', 'KILL ann :out')]) {
      stage.send('op', 'OPER root secret')
      await stage.received()
      stage.send('ann', 'WHO #big')
      page(stage)
      leave()
      expect(stage.sessions.get('ann')!.ended).toBe(true)
      page(stage)
      stage.sessions.get('ann')!.resume()
      expect(page(stage)).toEqual([])
      stage.connect('ann')
      for (const line of ['NICK ann', 'USER u 0 * :U']) stage.send('ann', line)
    }
  })

  it('reports a row that cannot be written, and goes on with the next command', async () => {
    const stage = await crowded('CAP REQ :batch labeled-response')
    stage.send('ann', '@label=x WHO #big')
    stage.send('ann', 'PING behind')
    const user = stage.engine.user('member298')!
    user.identity = user.identity.with({ realname: 'one\ntwo' })
    const lines = page(stage)
    while (stage.answering.delete(stage.sessions.get('ann')!)) {
      stage.sessions.get('ann')!.resume()
      lines.push(...page(stage))
    }
    expect(stage.faults.splice(0)).toEqual([expect.objectContaining({ code: 'CHAT_ERR_BAD_CHARACTER' })])
    expect(lines.slice(-3)).toEqual([
      expect.stringMatching(/^@batch=\S+ :chat\.example 400 ann WHO :Something went wrong$/),
      expect.stringMatching(/^:chat\.example BATCH -/),
      ':chat.example PONG chat.example behind',
    ])
  })
})

describe('the server', () => {
  it('answers three readers who do not read yet about 4,000 people, and a talker waits for none of them', {
    timeout: 30_000,
  }, async () => {
    await using server = await serveChat({
      listeners: [{ port: 0 }],
      connectionLimits: false,
      flood: false,
      cloak: false,
      maxSendQueue: 200_000,
    })
    for (let i = 0; i < 4000; i++) {
      const member = server.attach({ remote: '', secure: true, writeQueue: 0, send() {}, close() {} })
      for (const line of [`NICK member${i}`, 'USER u 0 * :U']) member.receive(line)
      // Without the lines of those who came later: nobody reads here.
      server.engine.admit(
        server.engine.user(`member${i}`)!,
        server.engine.channel('#big') ?? server.engine.open('#big'),
        0,
      )
    }
    const open = async (nick: string): Promise<Client> => {
      const client = new Client(connect({ port: server.port, host: '127.0.0.1' }))
      await once(client.socket, 'connect')
      client.send(`NICK ${nick}`, 'USER u 0 * :U')
      await client.wait(' 422 ')
      return client
    }
    const readers = await Promise.all(Array.from({ length: 3 }, (_, i) => open(`reader${i}`)))
    const heard: string[][] = []
    for (const { socket } of readers) {
      socket.pause()
      socket.removeAllListeners('data')
      const pieces: string[] = []
      heard.push(pieces)
      socket.on('data', (piece: string) => pieces.push(piece))
      socket.pause()
      // More than what the kernel takes for a reader who does not read.
      socket.write(`${'WHO #big\r\n'.repeat(20)}NAMES #big\r\nPING done\r\n`)
    }
    const talker = await open('talker')
    for (let i = 0; i < 20; i++) {
      talker.send(`PING still${i}`)
      await talker.wait(`PONG plainwire.local still${i}`)
    }
    expect(server.stats.users).toBe(4004)
    for (const [i, { socket }] of readers.entries()) {
      const pieces = heard[i]!
      socket.resume()
      while (!pieces.at(-1)?.endsWith('PONG plainwire.local done\r\n')) await once(socket, 'data')
      const lines = pieces.join('').split('\r\n')
      expect(lines.filter((line) => / 352 /.test(line))).toHaveLength(20 * 4000)
      expect(nicksOf(lines)).toHaveLength(4000)
      socket.destroy()
    }
    talker.socket.destroy()
  })
})
