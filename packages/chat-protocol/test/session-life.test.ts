import { describe, expect, it } from 'vitest'
import { SERVER } from '../src/engine/identity.js'
import { EngineStage } from './transcripts/stages.js'

/** Connects and registers; what the server says to that is taken away. */
function join(stage: EngineStage, who: string, ...lines: string[]): void {
  stage.connect(who)
  for (const line of [`NICK ${who}`, 'USER u 0 * :U', ...lines]) stage.send(who, line)
  stage.sessions.get(who)!.take()
}

/** Has the server answer somebody until exactly so many octets wait to be sent. */
function fill(stage: EngineStage, who: string, octets: number): void {
  const frame = ':chat.example PONG chat.example \r\n'.length
  const session = stage.sessions.get(who)!
  for (let left = octets; left > 0 && !session.ended; left = octets - session.queued) {
    const size = left > 800 ? 400 : left > 400 ? left >> 1 : left
    stage.send(who, `PING ${'x'.repeat(size - frame)}`)
  }
}

describe('a line that cannot be written, because the program is wrong somewhere,', () => {
  const failed = ':chat.example 400 ann TOPIC :Something went wrong'
  it.each([
    ['is answered with 400', {}, ['TOPIC #tea'], [failed]],
    [
      'is answered with 400 behind what was said before it',
      {},
      ['JOIN #tea'],
      [':ann!~u@127.0.0.1 JOIN #tea', ':chat.example 400 ann JOIN :Something went wrong'],
    ],
    [
      'is answered when the command had to wait for tokens',
      { flood: { capacity: 6, refillPerSecond: 1, maxInboxSize: 1000 } },
      [...Array<string>(4).fill('PING x'), 'TOPIC #tea'],
      [...Array<string>(4).fill(':chat.example PONG chat.example x'), failed],
    ],
    [
      'is answered when the command had to wait for a password',
      {},
      ['OPER nobody wrong', 'TOPIC #tea'],
      [':chat.example 464 ann :Password incorrect', failed],
    ],
    [
      'is answered with the label of the command',
      {},
      ['CAP REQ :batch labeled-response', '@label=a1 TOPIC #tea'],
      [':chat.example CAP ann ACK :batch labeled-response', `@label=a1 ${failed}`],
    ],
  ])('%s, reported, and the session goes on', async (_what, options, lines, answers) => {
    const stage = new EngineStage(options)
    join(stage, 'bob', 'JOIN #tea')
    stage.engine.channel('#tea')!.topic = { text: 'one\ntwo', by: SERVER, at: 0 }
    join(stage, 'ann')
    const faults: unknown[] = []
    const heard: (string | undefined)[] = []
    for (const line of [...lines, 'PING still']) stage.send('ann', line)
    for (let i = 0; i < 9; i++) {
      stage.pass(1)
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      faults.push(...stage.faults.splice(0))
      heard.push(...(await stage.received()).get('ann')!)
    }
    expect(heard).toEqual([...answers, ':chat.example PONG chat.example still'])
    expect(faults).toEqual([expect.objectContaining({ code: 'CHAT_ERR_BAD_CHARACTER' })])
  })

  it('is reported when a log answers with an error, too', async () => {
    const stage = new EngineStage({})
    join(stage, 'ann', 'CAP REQ :batch draft/chathistory', 'JOIN #tea')
    Object.assign(stage.engine.ports.log, { read: () => Promise.reject(new Error('the disk is full')) })
    stage.send('ann', 'CHATHISTORY LATEST #tea * 10')
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    expect(stage.faults.splice(0).map(String)).toEqual(['Error: the disk is full'])
    expect((await stage.received()).get('ann')).toEqual([':chat.example 400 ann CHATHISTORY :Something went wrong'])
  })

  it('does not keep anybody here who leaves', async () => {
    const stage = new EngineStage({})
    join(stage, 'ann', 'JOIN #tea')
    join(stage, 'bob', 'JOIN #tea')
    stage.sessions.get('bob')!.deliver = () => {
      throw new Error('not to be told')
    }
    stage.vanish('ann')
    expect(stage.faults.splice(0).map(String)).toEqual(['Error: not to be told'])
    expect([...stage.engine.users.keys()]).toEqual(['bob'])
    expect(stage.engine.channel('#tea')!.members.size).toBe(1)
  })
})

describe('a send queue that overflows', () => {
  const LIMIT = 4000
  // Whatever is said first or last to oneself may be what is too much.
  it.each([
    ['NICK victim'],
    ['JOIN #a,#b,#c'],
    ['JOIN 0'],
    ['PART #home'],
    ['TOPIC #home :green'],
    ['OPER root secret'],
    ['MODE #home +b a,b'],
    ['KICK #home ann'],
    ['MONITOR + ann,bob'],
  ])('during %s leaves nothing of the user behind', async (line) => {
    for (let room = 0; room < 400; room += 9) {
      const stage = new EngineStage({ maxSendQueue: LIMIT })
      join(stage, 'ann', 'JOIN #home')
      const session = stage.sessions.get('ann')!
      fill(stage, 'ann', LIMIT - room)
      stage.send('ann', line)
      const [last] = (await stage.received()).get('ann')!.slice(-1)
      if (!session.ended) stage.vanish('ann')
      else expect(last).toBeUndefined()
      const { users, channels, watchers, operators } = stage.engine
      expect([users.size, channels.size, watchers.size, operators]).toEqual([0, 0, 0, 0])
      join(stage, 'victim')
      expect(stage.engine.user('victim')).toBeDefined()
    }
  })

  it('ends the session with the tick, and tells it and the others why', async () => {
    const stage = new EngineStage({ maxSendQueue: LIMIT })
    join(stage, 'ann', 'JOIN #tea')
    join(stage, 'bob', 'JOIN #tea')
    await stage.received()
    for (let i = 0; i < 10; i++) stage.send('bob', `PRIVMSG ann :${'x'.repeat(450)}`)
    expect(stage.engine.user('ann')).toBeDefined()
    const heard = await stage.received()
    expect(heard.get('ann')).toEqual(['ERROR :Closing link: (Send queue exceeded)', undefined])
    expect(heard.get('bob')).toEqual([':ann!~u@127.0.0.1 QUIT :Send queue exceeded'])
  })

  it.each([
    [LIMIT, false],
    [LIMIT + 1, true],
  ])('of %d octets of 4,000: ended %s', (octets, ended) => {
    const stage = new EngineStage({ maxSendQueue: LIMIT })
    join(stage, 'ann')
    const session = stage.sessions.get('ann')!
    fill(stage, 'ann', octets)
    expect(session.queued).toBe(octets)
    session.take()
    expect(session.ended).toBe(ended)
  })
})

it('a new ban of the server puts out whom it covers, and asks of nobody whether an older one does', async () => {
  const stage = new EngineStage({})
  for (const who of ['root', 'ann', 'bob']) join(stage, who)
  stage.send('root', 'OPER root secret')
  for (let turn = 0; turn < 500 && !stage.engine.user('root')!.operator; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  // Bans whose covering had been looked for when they were made.
  stage.engine.bans.add({ mask: '*@127.0.0.0/8', reason: 'old', by: 'root', at: 0, expires: undefined })
  stage.send('root', 'KLINE *@192.0.2.7 :elsewhere')
  expect(stage.engine.users.size).toBe(3)
  stage.send('root', 'KLINE *u@127.0.0.1 :new')
  expect([...stage.engine.users.keys()]).toEqual(['root'])
})

describe('commands that wait for tokens', () => {
  it('are counted while they wait and no longer: a burst and then the rate allowed go on for ever', () => {
    const stage = new EngineStage({ flood: { capacity: 20, refillPerSecond: 2, maxInboxSize: 16 * 1024 } })
    join(stage, 'ann')
    const session = stage.sessions.get('ann')!
    for (let i = 0; i < 40; i++) stage.send('ann', 'PING burst')
    for (let i = 0; i < 1200; i++) {
      stage.pass(0.5)
      stage.send('ann', `PING ${'y'.repeat(95)}`)
      session.take()
    }
    expect([session.ended, session.waiting]).toEqual([false, true])
  })

  it.each(['PING x', 'PONG x', 'CAP LIST', 'NONSENSE'])('%s without end is a flood', (line) => {
    const stage = new EngineStage({ flood: { capacity: 20, refillPerSecond: 2, maxInboxSize: 16 * 1024 } })
    join(stage, 'ann')
    for (let i = 0; i < 5000; i++) stage.send('ann', line)
    expect(stage.sessions.get('ann')!.ended).toBe(true)
  })

  it.each([
    ['PING xxxxxx', 26, false],
    ['PING xxxxxx', 25, true],
    ['PING ééé', 26, false],
    ['PING ééé', 25, true],
    ['PING 漢漢', 26, false],
    ['PING 漢漢', 25, true],
  ])('two lines of %s in an inbox of %d octets: ended %s', (line, maxInboxSize, ended) => {
    const stage = new EngineStage({ flood: { capacity: 5, refillPerSecond: 0, maxInboxSize } })
    join(stage, 'ann')
    const session = stage.sessions.get('ann')!
    // NICK and USER took three tokens.
    for (const spent of ['PING one', 'PING two', line, line]) stage.send('ann', spent)
    expect(session.ended).toBe(ended)
  })
})
