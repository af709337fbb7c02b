import { describe, expect, it } from 'vitest'
import { backOff } from '../src/client/back-off.js'
import { chooser, FULL, nonsense, Stage, settled } from './client-stage.js'

describe('registration', () => {
  it('asks for what it can use of what is offered, in one go, then ends', () => {
    const stage = new Stage({ realname: 'Ann A', password: 'secret' })
    stage.core.start()
    stage.core.opened()
    expect(stage.written()).toEqual(['CAP LS 302', 'PASS secret', 'NICK ann', 'USER ann 0 * :Ann A'])
    stage.server(':irc.test CAP * LS * :batch unknown/cap sasl=PLAIN', ':irc.test CAP * LS :server-time echo-message')
    expect(stage.written()).toEqual(['CAP REQ :batch server-time echo-message'])
    stage.server(':irc.test CAP ann ACK :batch server-time echo-message')
    expect(stage.written()).toEqual(['CAP END'])
    expect([...stage.core.caps]).toEqual(['batch', 'server-time', 'echo-message'])
  })

  it('asks one by one when the server refuses the list', () => {
    const stage = new Stage()
    stage.core.start()
    stage.core.opened()
    stage.server(':irc.test CAP * LS :batch server-time')
    stage.written()
    stage.server(':irc.test CAP ann NAK :batch server-time')
    expect(stage.written()).toEqual(['CAP REQ batch', 'CAP REQ server-time'])
    stage.server(':irc.test CAP ann NAK :batch', ':irc.test CAP ann ACK :server-time')
    expect(stage.written()).toEqual(['CAP END'])
    expect([...stage.core.caps]).toEqual(['server-time'])
  })

  it('is welcome on a server that knows no CAP', () => {
    const stage = new Stage().online('')
    expect(stage.core.state).toBe('online')
  })

  it.each(['421 ann CAP :Unknown command', '451 * CAP :Register first'])('complains not of CAP: %s', (line) => {
    const stage = new Stage()
    stage.core.start()
    stage.core.opened()
    stage.server(line, '001 ann :Hi', '422 ann :No MOTD')
    expect(stage.core.state).toBe('online')
    expect(stage.take('complaint')).toEqual([])
  })

  it('follows capabilities that come and go', () => {
    const stage = new Stage().online('cap-notify')
    stage.server(':irc.test CAP ann NEW :batch foo')
    expect(stage.written()).toEqual(['CAP REQ batch'])
    stage.server(':irc.test CAP ann ACK :batch', ':irc.test CAP ann DEL :cap-notify')
    expect([...stage.core.caps]).toEqual(['batch'])
  })

  it('takes another name while its own is in use, and says which it has', () => {
    const stage = new Stage()
    stage.core.start()
    stage.core.opened()
    stage.written()
    stage.server(':irc.test 433 * ann :In use', ':irc.test 433 * ann_ :In use', ':irc.test 433 * ann__ :In use')
    expect(stage.written()).toEqual(['NICK ann_', 'NICK ann__', 'NICK ann5500'])
    stage.server(':irc.test 001 ann5500 :Hi', ':irc.test 376 ann5500 :End')
    expect(stage.take('welcome')).toMatchObject([{ nick: 'ann5500', server: 'irc.test' }])
  })

  it.each([
    ['leaves', ':ann!x@y QUIT :Ping timeout'],
    ['takes another', ':ann!x@y NICK anna'],
  ])('has its own name again when who had it %s, and asks once', async (_, line) => {
    const stage = new Stage().online()
    stage.server(':irc.test NOTICE ann :hi', ':bob!b@h QUIT', line)
    expect(stage.written()).toEqual([])
    stage.lose().wait(1000)
    stage.core.opened()
    stage.server(':irc.test 433 * ann :In use', ':irc.test 001 ann_ :Hi', ':irc.test 376 ann_ :End')
    stage.written()
    stage.server(':bob!b@h QUIT', line, line)
    expect(stage.written()).toEqual(['NICK ann'])
    stage.server(':irc.test 433 ann_ ann :In use')
    await settled()
    stage.server(line)
    expect(stage.written()).toEqual(['NICK ann'])
    stage.server(':ann_!a@h NICK ann')
    expect(stage.core.nick).toBe('ann')
  })

  it('does not take back a name that it gave up', async () => {
    const stage = new Stage()
    stage.core.start()
    stage.core.opened()
    stage.server(
      ':irc.test 433 * ann :In use',
      ':irc.test 001 ann_ :Hi',
      ':irc.test 376 ann_ :End',
      ':ann_!a@h NICK zoe',
    )
    stage.written()
    stage.server(':ann!x@y QUIT')
    expect(stage.written()).toEqual([])
  })

  it('options that are undefined have their defaults', () => {
    const stage = new Stage({
      username: undefined,
      realname: undefined,
      backlog: undefined,
      answerTimeout: undefined,
    } as never)
    stage.core.start()
    expect(() => stage.core.opened()).not.toThrow()
    expect(stage.written()).toContain('USER ann 0 * ann')
    expect(stage.core.options).toMatchObject({ backlog: 50, answerTimeout: 15_000 })
  })

  it('rooms that are no list are refused', () => {
    expect(() => new Stage({ rooms: '#room' as never })).toThrow('rooms is a list of names')
  })

  it('logs in with SASL before it ends', () => {
    const stage = new Stage({ sasl: { account: 'ann', password: 'pw' } })
    stage.core.start()
    stage.core.opened()
    stage.server(':irc.test CAP * LS :sasl=PLAIN,EXTERNAL')
    stage.written()
    stage.server(':irc.test CAP * ACK :sasl')
    expect(stage.written()).toEqual(['AUTHENTICATE PLAIN'])
    stage.server('AUTHENTICATE +')
    expect(stage.written()).toEqual([`AUTHENTICATE ${btoa('ann\0ann\0pw')}`])
    stage.server(':irc.test 903 * :Done')
    expect(stage.written()).toEqual(['CAP END'])
  })

  it.each([
    ['the password is wrong', ':irc.test 464 * :Password incorrect', 'CHAT_ERR_REFUSED'],
    ['we are banned', ':irc.test 465 * :Banned', 'CHAT_ERR_REFUSED'],
    ['the name is none for this server', ':irc.test 432 * ann :Erroneous', 'CHAT_ERR_REFUSED'],
  ])('gives up for good when %s', (_, line, code) => {
    const stage = new Stage()
    stage.core.start()
    stage.core.opened()
    stage.server(line)
    expect(stage.core.state).toBe('closed')
    expect(stage.take('status').at(-1)).toMatchObject({ state: 'closed', error: { code } })
    expect(stage.core.deadline).toBeUndefined()
  })

  it('gives up for good when an account is asked for and the server has none', () => {
    const stage = new Stage({ sasl: { account: 'ann', password: 'pw' } })
    stage.core.start()
    stage.core.opened()
    stage.server(':irc.test CAP * LS :batch', ':irc.test CAP * ACK :batch')
    expect(stage.take('status').at(-1)).toMatchObject({ state: 'closed', error: { code: 'CHAT_ERR_UNSUPPORTED' } })
  })

  it('answers PING at any time', () => {
    const stage = new Stage()
    stage.core.start()
    stage.core.opened()
    stage.written()
    stage.server('PING :a b')
    expect(stage.written()).toEqual(['PONG :a b'])
  })

  it('answers a PING that is longer than a line may be', () => {
    const stage = new Stage().online()
    stage.server(`PING :${'x'.repeat(600)}`)
    expect(stage.written()).toEqual([`PONG ${'x'.repeat(600)}`])
  })

  it('remembers of what is on offer only what it can use', () => {
    const stage = new Stage()
    stage.core.start()
    stage.core.opened()
    stage.written()
    for (let i = 0; i < 1000; i++) stage.server(`:irc.test CAP * LS * :${'x'.repeat(500)}${i} batch=${i}`)
    stage.server(':irc.test CAP * LS :server-time')
    expect(stage.written()).toEqual(['CAP REQ :batch server-time'])
    for (let i = 0; i < 1000; i++) stage.server(`:irc.test CAP * ACK :x${i}`)
    expect(stage.core.caps.size).toBeLessThanOrEqual(200)
  })

  it('asks again only for what it had asked for', () => {
    const stage = new Stage()
    stage.core.start()
    stage.core.opened()
    stage.server(':irc.test CAP * LS :batch')
    stage.written()
    stage.server(`:irc.test CAP * NAK :${'x'.repeat(600)} batch`)
    expect(stage.written()).toEqual(['CAP REQ batch'])
  })
})

describe('back-off', () => {
  it.each([
    [1, 0, 500],
    [1, 1, 1000],
    [2, 1, 2000],
    [5, 1, 16_000],
    [6, 1, 30_000],
    [400, 1, 30_000],
    [400, 0, 15_000],
  ])('after %i failures at random %d: %i ms', (failures, random, delay) => {
    expect(backOff(failures, random)).toBe(delay)
  })

  it('a first attempt that fails is tried again, with jitter', () => {
    const stage = new Stage()
    stage.core.start()
    stage.random = 0
    stage.lose()
    expect(stage.take('status').at(-1)).toMatchObject({ state: 'waiting', retryAt: new Date(stage.now + 500) })
    stage.wait(499)
    expect(stage.dials).toBe(1)
    stage.wait(1)
    expect([stage.dials, stage.core.state]).toEqual([2, 'connecting'])
    stage.random = 1
    stage.lose()
    expect(stage.take('status').at(-1)).toMatchObject({
      state: 'waiting',
      retryAt: new Date(stage.now + 2000),
      attempt: 2,
    })
  })

  it('is not reset by a server that lets us in only to put us out', () => {
    const stage = new Stage().online()
    stage.lose().wait(1000).welcome().lose()
    expect(stage.take('status').at(-1)).toMatchObject({ attempt: 2 })
    stage.wait(2000).welcome().wait(40_000).lose()
    expect(stage.take('status').at(-1)).toMatchObject({ attempt: 0 })
  })

  it('can be cut short', () => {
    const stage = new Stage().online().lose()
    stage.core.retryNow()
    expect([stage.dials, stage.core.state]).toEqual([2, 'connecting'])
  })

  it('can be off', () => {
    const stage = new Stage({ reconnect: false }).online().lose()
    expect(stage.core.state).toBe('closed')
  })
})

describe('a silent server', () => {
  it('is asked, and left when it does not answer', () => {
    const stage = new Stage().online()
    stage.wait(60_000)
    expect(stage.written()).toEqual([`PING ${stage.now}`])
    stage.wait(15_000)
    expect([stage.hangUps, stage.core.state]).toEqual([1, 'waiting'])
  })

  it('is kept when it says anything', () => {
    const stage = new Stage().online()
    stage.wait(60_000).server(':irc.test PONG irc.test x').wait(15_000)
    expect([stage.hangUps, stage.core.state]).toEqual([0, 'online'])
    stage.wait(45_000)
    expect(stage.written()).toHaveLength(2)
  })

  it('is left when it does not welcome us in time', () => {
    const stage = new Stage()
    stage.core.start()
    stage.core.opened()
    stage.wait(30_000)
    expect(stage.core.state).toBe('waiting')
  })

  it('is asked again and again, and never left, where an answer has no time limit', () => {
    const stage = new Stage({ answerTimeout: 0 }).online()
    for (let i = 0; i < 10; i++) stage.wait(60_000)
    expect([stage.written().length, stage.hangUps, stage.core.state]).toEqual([10, 0, 'online'])
  })

  it.each([
    ['connectTimeout', (stage: Stage) => stage.core.start()],
    ['pingTimeout', (stage: Stage) => void stage.online()],
  ])('is never left or asked when %s is off', (name, begin) => {
    const stage = new Stage({ [name]: 0 })
    begin(stage)
    expect(stage.core.deadline).toBeUndefined()
  })
})

describe('saying', () => {
  it('shows the message at once and tells when the server has it', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    expect(stage.core.speech.say('#room', 'hello', {})).toEqual(['m1'])
    expect(stage.written()).toEqual(['@label=m1 PRIVMSG #room hello'])
    expect(stage.take('message')).toMatchObject([
      { text: 'hello', self: true, localId: 'm1', msgid: undefined, room: '#room' },
    ])
    stage.server('@label=m1;msgid=x1;time=2026-01-01T00:00:05.000Z :ann!a@host PRIVMSG #room :hello')
    expect(stage.events).toMatchObject([
      { type: 'delivery', localId: 'm1', state: 'sent', msgid: 'x1', time: new Date('2026-01-01T00:00:05Z') },
    ])
  })

  it('tells why the server refused a message', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    stage.core.speech.say('#room', 'hello', {})
    stage.server('@label=m1 :irc.test 404 ann #room :Cannot send to channel (+m)')
    expect(stage.take('delivery')).toMatchObject([
      {
        localId: 'm1',
        state: 'failed',
        error: { code: 'CHAT_ERR_COMMAND_FAILED', message: 'Cannot send to channel (+m)' },
      },
    ])
  })

  it.each([
    ['without echo the written line counts as sent', 'message-tags', [], 'sent'],
    ['without labels the echo is known by its text', 'echo-message', [':ann!a@host PRIVMSG #ROOM :hello'], 'sent'],
    ['without labels a refusal is known by its target', 'echo-message', [':irc.test 404 ann #room :No'], 'failed'],
  ])('%s', async (_, caps, lines, state) => {
    const stage = await new Stage({ rooms: ['#room'] }).online(caps).enter()
    stage.core.speech.say('#room', 'hello', {})
    stage.server(...lines)
    expect(stage.take('delivery')).toMatchObject([{ localId: 'm1', state }])
  })

  it.each<[string, string[]]>([
    ['ACK', ['@label=m1 ACK']],
    ['something else', ['@label=m1 :irc.test 301 bob :away']],
    ['a batch without it', ['@label=m1 BATCH +b labeled-response', '@batch=b NOTICE ann :hm', 'BATCH -b']],
  ])('waits for no echo when the whole answer is %s', (_, lines) => {
    const stage = new Stage().online()
    stage.core.speech.say('bob', 'hello', {})
    stage.server(...lines)
    expect(stage.take('delivery')).toMatchObject([{ localId: 'm1', state: 'sent', msgid: undefined }])
    stage.lose().wait(1000).welcomeKeeping()
    expect(stage.written()).toEqual([])
  })

  it('splits what is too long for a line as others will see it', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    const ids = stage.core.speech.say('#room', 'word '.repeat(200).trim(), {})
    expect(ids).toEqual(['m1', 'm2', 'm3'])
    for (const line of stage.written()) {
      const seen = `:ann!a@host ${line.replace(/^@\S+ /, '')}\r\n`
      expect(Buffer.byteLength(seen)).toBeLessThanOrEqual(512)
    }
  })

  it('says actions, notices and replies', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    stage.core.speech.say('#room', 'waves', { kind: 'action' })
    stage.core.speech.say('bob', 'psst', { kind: 'notice' })
    stage.core.speech.say('#room', 'yes', { replyTo: 'x7' })
    expect(stage.written()).toEqual([
      '@label=m1 PRIVMSG #room :\x01ACTION waves\x01',
      '@label=m2 NOTICE bob psst',
      '@label=m3;+reply=x7;+draft/reply=x7 PRIVMSG #room yes',
    ])
  })

  it('keeps what is said while it is not connected, in order, and says it in the room', async () => {
    const stage = new Stage({ rooms: ['#room'] })
    stage.core.speech.say('#room', 'one', {})
    stage.core.speech.say('#room', 'two', {})
    stage.online()
    expect(stage.written()).toEqual([])
    stage.server(':ann!a@host JOIN #room', ':irc.test 366 ann #room :End')
    expect(stage.written()).toEqual(['@label=r1 CHATHISTORY LATEST #room * 50'])
    stage.history('r1', '#room', [])
    await settled()
    expect(stage.written()).toEqual(['@label=m1 PRIVMSG #room one', '@label=m2 PRIVMSG #room two'])
  })

  it('refuses to keep more than its limit, whole or not at all', () => {
    const stage = new Stage({ maxQueued: 2 })
    expect(() => stage.core.speech.say('#room', 'a\nb\nc', {})).toThrow(
      expect.objectContaining({ code: 'CHAT_ERR_QUEUE_FULL' }),
    )
    expect(stage.core.speech.say('#room', 'a\nb', {})).toHaveLength(2)
  })

  it.each([
    ['two words are no target', () => new Stage().core.speech.say('a b', 'x', {})],
    ['nor is nothing', () => new Stage().core.speech.say('', 'x', {})],
    ['nor a list', () => new Stage().core.speech.say('#a,#b', 'x', {})],
    ['NUL is no text', () => new Stage().core.speech.say('#a', 'x\0', {})],
    ['the mark of CTCP is no text', () => new Stage().core.speech.say('#a', `${'x '.repeat(300)}\x01VERSION`, {})],
    ['nor one of an action', () => new Stage().core.speech.say('#a', 'waves\x01', { kind: 'action' })],
  ])('%s', (_, act) => {
    expect(act).toThrow(TypeError)
  })

  it('keeps to its pace', async () => {
    const stage = await new Stage({ rooms: ['#room'], backlog: 0, pace: { burst: 3, interval: 1000 } }).online().enter()
    for (const text of ['a', 'b', 'c', 'd']) stage.core.speech.say('#room', text, {})
    // One of the three went to JOIN.
    expect(stage.written()).toHaveLength(2)
    stage.wait(999)
    expect(stage.written()).toHaveLength(0)
    stage.wait(1)
    expect(stage.written()).toEqual(['@label=m3 PRIVMSG #room c'])
  })

  it('tells others of typing, and that it ended, once in three seconds at most', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    const { speech } = stage.core
    const told = (...states: ('active' | 'paused' | 'done')[]): string[] => {
      for (const state of states) speech.typing('#room', state)
      return stage.written().map((line) => /\+typing=(\w+) TAGMSG #room$/.exec(line)?.[1] ?? line)
    }
    expect(told('done', 'paused')).toEqual([])
    expect(told('active', 'active', 'done', 'active', 'paused')).toEqual(['active'])
    stage.wait(2999)
    expect(told('active', 'done')).toEqual([])
    stage.wait(1)
    expect(told('active')).toEqual(['active'])
    stage.wait(3000)
    expect(told('paused', 'active')).toEqual(['paused'])
    stage.wait(3000)
    expect(told('paused', 'done', 'done')).toEqual(['done'])
    stage.wait(3000)
    expect(told('done', 'active')).toEqual(['active'])
    // A message says that we are done.
    speech.say('#room', 'said', {})
    expect(told('done', 'active')).toEqual(['@label=m1 PRIVMSG #room said'])
    stage.wait(3000)
    expect(told('done', 'active')).toEqual(['active'])
  })

  it('does not remember for ever where it was typing', () => {
    const stage = new Stage().online()
    for (let i = 0; i < 101; i++) stage.core.speech.typing(`nick${i}`, 'active')
    stage.written()
    for (const nick of ['nick0', 'nick100']) stage.core.speech.typing(nick, 'active')
    expect(stage.written()).toEqual(['@+typing=active TAGMSG nick0'])
  })
})

describe('after a reconnect', () => {
  it('rejoins, catches up from the last message, and drops what it has', async () => {
    const stage = await new Stage({ rooms: ['#room key'] }).online().enter()
    stage.server('@msgid=x1;time=2026-01-01T00:01:00.000Z :bob!b@host PRIVMSG #room :one')
    stage.lose().wait(1000)
    stage.welcomeKeeping()
    expect(stage.written()).toEqual(['JOIN #room key'])
    stage.server(':ann!a@host JOIN #room', ':irc.test 366 ann #room :End')
    expect(stage.written()).toEqual(['@label=r2 CHATHISTORY LATEST #room msgid=x1 100'])
    // Said live before the history came: it follows the history, once.
    stage.server('@msgid=x3 :bob!b@host PRIVMSG #room :three')
    stage.events = []
    stage.history('r2', '#room', [
      '@msgid=x1;time=2026-01-01T00:01:00.000Z :bob!b@host PRIVMSG #room :one',
      '@msgid=x2 :bob!b@host PRIVMSG #room :two',
      '@msgid=x3 :bob!b@host PRIVMSG #room :three',
    ])
    await settled()
    expect(stage.events).toMatchObject([
      { type: 'history', kind: 'catch-up', gap: false, events: [{ text: 'two', past: true }] },
      { type: 'message', text: 'three', past: false },
    ])
  })

  it('says again what had no echo, unless the history has it', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    stage.server('@msgid=x0 :bob!b@host PRIVMSG #room :hi')
    stage.core.speech.say('#room', 'arrived', {})
    stage.core.speech.say('#room', 'lost', {})
    stage.lose().wait(1000)
    stage.welcomeKeeping()
    stage.server(':ann!a@host JOIN #room')
    stage.written()
    stage.events = []
    stage.history('r2', '#room', ['@msgid=x1 :ann!a@host PRIVMSG #room :arrived'])
    await settled()
    expect(stage.events).toMatchObject([{ type: 'delivery', localId: 'm1', state: 'sent', msgid: 'x1' }])
    expect(stage.written()).toEqual(['@label=m2 PRIVMSG #room lost'])
  })

  it('pages back to where it was, and says so when that is too far', async () => {
    const stage = await new Stage({ rooms: ['#room'], maxCatchUp: 150 }).online().enter()
    stage.server('@msgid=x0 :bob!b@host PRIVMSG #room :hi')
    stage.lose().wait(1000)
    stage.welcomeKeeping()
    stage.server(':ann!a@host JOIN #room')
    stage.written()
    stage.events = []
    const page = (from: number): string[] =>
      Array.from({ length: 100 }, (_, i) => `@msgid=p${from + i} :bob!b@host PRIVMSG #room :${from + i}`)
    stage.history('r2', '#room', page(200))
    await settled()
    expect(stage.written()).toEqual(['@label=r3 CHATHISTORY BETWEEN #room msgid=p200 msgid=x0 100'])
    stage.history('r3', '#room', page(100))
    await settled()
    const [history] = stage.take('history')
    expect(history).toMatchObject({ gap: true, kind: 'catch-up' })
    expect(history!.events.map((event) => event.msgid)).toEqual(
      [...page(100), ...page(200)].map((line) => line.slice(7, 11)),
    )
  })

  it('asks by time when the server has forgotten the id', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    stage.server('@msgid=x0;time=2026-01-01T00:01:00.000Z :bob!b@host PRIVMSG #room :hi')
    stage.lose().wait(1000)
    stage.welcomeKeeping()
    stage.server(':ann!a@host JOIN #room')
    stage.written()
    stage.server('@label=r2 :irc.test FAIL CHATHISTORY MESSAGE_ERROR LATEST #room :Unknown')
    await settled()
    expect(stage.written()).toEqual(['@label=r3 CHATHISTORY LATEST #room timestamp=2026-01-01T00:01:00.000Z 100'])
  })

  it('does without history when the server does not answer', async () => {
    const stage = new Stage({ rooms: ['#room'] }).online()
    stage.server(':ann!a@host JOIN #room', '@msgid=x1 :bob!b@host PRIVMSG #room :one')
    stage.core.speech.say('#room', 'two', {})
    stage.written()
    stage.events = []
    stage.wait(15_000)
    await settled()
    expect(stage.take('message')).toMatchObject([{ text: 'one' }])
    expect(stage.written()).toEqual(['@label=m1 PRIVMSG #room two'])
  })

  it('does not go back to a room that we left or were put out of', async () => {
    const stage = await new Stage({ rooms: ['#a', '#b', '#c'], backlog: 0 }).online().enter('#a')
    await stage.enter('#b')
    await stage.enter('#c')
    stage.server(':ann!a@host PART #a', ':op!o@host KICK #b ann :out')
    stage.lose().wait(1000)
    stage.welcomeKeeping()
    expect(stage.written()).toEqual(['JOIN #c'])
  })
})

describe('requests', () => {
  it('have no labels where there are no batches for their answers', async () => {
    const stage = new Stage().online('labeled-response message-tags echo-message')
    const answer = stage.core.request({ command: 'AWAY' })
    stage.core.speech.say('bob', 'hi', {})
    expect(stage.written()).toEqual(['AWAY', 'PRIVMSG bob hi'])
    stage.server(':irc.test 305 ann :Back', '@msgid=x :ann!a@h PRIVMSG bob hi')
    expect((await answer).map(({ command }) => command)).toEqual(['305'])
    expect(stage.take('delivery')).toMatchObject([{ state: 'sent', msgid: 'x' }])
  })

  it.each([
    ['one message', ['@label=r1 :irc.test 305 ann :Back'], ['305']],
    [
      'a batch',
      [
        '@label=r1 :irc.test BATCH +b labeled-response',
        '@batch=b :irc.test 306 ann :a',
        '@batch=b :irc.test 301 ann :b',
        ':irc.test BATCH -b',
      ],
      ['306', '301'],
    ],
    ['nothing but ACK', ['@label=r1 :irc.test ACK'], []],
    [
      'with labels, an answer to something else is not taken',
      [':irc.test 305 ann :x', '@label=r1 :irc.test 306 ann :Away'],
      ['306'],
    ],
  ])('are matched by label: %s', async (_, lines, commands) => {
    const stage = new Stage().online()
    const answer = stage.core.request({ command: 'AWAY' })
    expect(stage.written()).toEqual(['@label=r1 AWAY'])
    stage.server(...lines)
    expect((await answer).map(({ command }) => command)).toEqual(commands)
  })

  it.each([
    [
      'LIST',
      [],
      [':irc.test 321 ann Channel :Users', ':irc.test 322 ann #a 3 :t', ':irc.test 323 ann :End'],
      ['321', '322', '323'],
    ],
    ['WHOIS', ['bob'], [':irc.test 311 ann bob b host * :Bob', ':irc.test 318 ann bob :End'], ['311', '318']],
    ['TOPIC', ['#a', 'x'], [':bob!b@h TOPIC #b :y', ':ann!a@h TOPIC #a :x'], ['TOPIC']],
    ['NICK', ['anna'], [':bob!b@h NICK rob', ':ann!a@h NICK anna'], ['NICK']],
  ])('without labels %s is matched by its shape', async (command, params, lines, commands) => {
    const stage = new Stage().online('server-time')
    const answer = stage.core.request({ command, params })
    stage.server(...lines)
    expect((await answer).map((message) => message.command)).toEqual(commands)
  })

  it.each([
    ['by label', FULL, '@label=r1 :irc.test 482 ann #a :You are no operator'],
    ['by what the error is about', 'batch', ':irc.test 482 ann #a :You are no operator'],
    ['by the command that FAIL names', FULL, '@label=r1 FAIL TOPIC NOPE #a :You are no operator'],
  ])('are refused %s', async (_, caps, line) => {
    const stage = new Stage().online(caps)
    const answer = stage.core.request({ command: 'TOPIC', params: ['#a', 'x'] })
    stage.server(line)
    await expect(answer).rejects.toMatchObject({ code: 'CHAT_ERR_COMMAND_FAILED', message: 'You are no operator' })
    expect(stage.take('complaint')).toEqual([])
  })

  it('are given up when no answer comes, when the connection is lost, and when there is none', async () => {
    const stage = new Stage().online()
    const late = stage.core.request({ command: 'TIME' })
    stage.wait(15_000)
    await expect(late).rejects.toMatchObject({ code: 'CHAT_ERR_NO_ANSWER' })
    const cut = stage.core.request({ command: 'TIME' })
    stage.lose()
    await expect(cut).rejects.toMatchObject({ code: 'CHAT_ERR_NO_ANSWER' })
    await expect(stage.core.request({ command: 'TIME' })).rejects.toMatchObject({ code: 'CHAT_ERR_NO_ANSWER' })
  })

  it('wait as long as it takes when their time is off', async () => {
    const stage = new Stage({ answerTimeout: 0, pingTimeout: 0 }).online()
    const answer = stage.core.request({ command: 'TIME' })
    stage.wait(1_000_000)
    stage.server('@label=r1 :irc.test 391 ann irc.test :Now')
    expect(await answer).toMatchObject([{ command: '391' }])
  })

  it.each([
    ['by its shape', 'server-time', (i: number) => `:irc.test 322 ann #${i} 1 :`, ':irc.test 323 ann :End'],
    ['in a batch', FULL, (i: number) => `@batch=b :irc.test 322 ann #${i} 1 :`, ':irc.test BATCH -b'],
  ])('an answer is whole or it is none: %s', async (_, caps, line, end) => {
    const stage = new Stage().online(caps)
    const whole = stage.core.request({ command: 'LIST' })
    stage.server('@label=r1 :irc.test BATCH +b labeled-response')
    for (let i = 0; i < 99_999; i++) stage.core.receive(line(i))
    stage.server(end)
    expect((await whole).filter(({ command }) => command === '322').length).toBe(99_999)
    const cut = stage.core.request({ command: 'LIST' })
    stage.server('@label=r2 :irc.test BATCH +b labeled-response')
    for (let i = 0; i < 100_001; i++) stage.core.receive(line(i))
    await expect(cut).rejects.toMatchObject({ code: 'CHAT_ERR_ANSWER_TOO_LONG' })
    stage.events = []
    // What still comes of it is nobody else's.
    stage.server(line(0), end)
    expect(stage.events).toEqual([])
    const next = stage.core.request({ command: 'TIME' })
    stage.server(caps === FULL ? '@label=r3 :irc.test 391 ann x :Now' : ':irc.test 391 ann x :Now')
    expect(await next).toMatchObject([{ command: '391' }])
  })

  it('answers that are under way share a bound, and the one that meets it is told so', async () => {
    const stage = new Stage().online()
    const rows = (ref: string, count: number): void => {
      for (let i = 0; i < count; i++) stage.core.receive(`@batch=${ref} :irc.test 322 ann #${i} 1 :`)
    }
    const all = [1, 2, 3].map(() => stage.core.request({ command: 'LIST' }))
    stage.server('@label=r1 BATCH +a x', '@label=r2 BATCH +b x', '@label=r3 BATCH +c x')
    for (const ref of ['a', 'b']) rows(ref, 99_999)
    rows('c', 3)
    await expect(all[2]).rejects.toMatchObject({ code: 'CHAT_ERR_ANSWER_TOO_LONG' })
    stage.server('BATCH -a', 'BATCH -b', 'BATCH -c')
    expect((await Promise.all(all.slice(0, 2))).map(({ length }) => length)).toEqual([99_999, 99_999])
  })

  it('an answer that is still coming has its time', async () => {
    const stage = new Stage({ pingTimeout: 0 }).online('')
    const answer = stage.core.request({ command: 'LIST' })
    for (let i = 0; i < 5; i++) stage.wait(10_000).server(`:irc.test 322 ann #${i} 1 :`)
    stage.wait(14_999).server(':irc.test 323 ann :End')
    expect(await answer).toHaveLength(6)
    const late = stage.core.request({ command: 'LIST' })
    stage.wait(10_000).server(':irc.test 322 ann #a 1 :').wait(15_000)
    await expect(late).rejects.toMatchObject({ code: 'CHAT_ERR_NO_ANSWER' })
  })

  it('what is said in other batches, however much, costs no answer anything and is told', async () => {
    const stage = new Stage({ rooms: ['#room'], backlog: 0 }).online()
    stage.server(':ann!a@host JOIN #room', 'BATCH +n netsplit', 'BATCH +p chathistory #room')
    const answer = stage.core.request({ command: 'TIME' })
    stage.server('@label=r1 BATCH +a labeled-response')
    for (let i = 0; i < 10_500; i++) {
      stage.core.receive(`@batch=n :x${i}!u@h QUIT :split`)
      stage.core.receive(`@batch=p :bob!b@h PRIVMSG #room :${i}`)
    }
    stage.server('@batch=a :irc.test 391 ann :Now', 'BATCH -a', 'BATCH -p', 'BATCH -n')
    expect(await answer).toMatchObject([{ command: '391' }])
    expect(stage.events.filter(({ type }) => type === 'quit')).toHaveLength(10_500)
    expect(stage.take('history').flatMap(({ events }) => events)).toHaveLength(10_500)
  })

  it('a batch name used again, and a batch that outlives the one around it, hold back nothing for ever', async () => {
    const stage = new Stage().online()
    const answer = stage.core.request({ command: 'TIME' })
    for (let i = 0; i < 12_000; i++)
      stage.server('BATCH +x chathistory', '@batch=x BATCH +y y', 'BATCH -x', '@batch=y PRIVMSG #room hi')
    stage.server('@label=r1 BATCH +a labeled-response', '@batch=a :irc.test 391 ann :Now', 'BATCH -a')
    expect(await answer).toMatchObject([{ command: '391' }])
  })

  it('what answers one of our lines in a batch is its answer: the echo, and what the server says of it', async () => {
    const stage = new Stage().online()
    stage.core.speech.say('bob', 'hi', {})
    stage.server('@label=m1 BATCH +b labeled-response', '@batch=b;msgid=x :ann!a@h PRIVMSG bob hi')
    stage.server('@batch=b 301 ann bob :at lunch', 'BATCH -b')
    expect(stage.events).toMatchObject([
      { type: 'message', localId: 'm1' },
      { type: 'delivery', localId: 'm1', msgid: 'x' },
      { type: 'reply', message: { command: '301' } },
    ])
    stage.core.speech.say('eve', 'hi', {})
    stage.server('@label=m2 BATCH +b labeled-response', '@batch=b 401 ann eve :No such nick', '@batch=b NOTICE ann :so')
    expect(stage.take('delivery')).toMatchObject([{}, { localId: 'm2', state: 'failed' }])
  })

  it('an error that nobody asked for is a complaint', () => {
    const stage = new Stage().online()
    stage.server(':irc.test 404 ann #x :No such place', 'FAIL * INVALID_UTF8 :Not UTF-8', 'WARN JOIN SLOW #x :Wait')
    expect(stage.take('complaint')).toMatchObject([
      { severity: 'fail', reply: '404', context: ['#x'], text: 'No such place' },
      { severity: 'fail', reply: 'INVALID_UTF8', command: '*' },
      { severity: 'warn', command: 'JOIN', reply: 'SLOW', context: ['#x'] },
    ])
  })
})

describe('rooms', () => {
  it.each([
    ['comes in', ':new!n@h JOIN #room', ['@op', 'ann', 'bob', 'eve', 'new']],
    ['leaves', ':bob!b@h PART #room', ['@op', 'ann', 'eve']],
    ['goes away', ':bob!b@h QUIT :bye', ['@op', 'ann', 'eve']],
    ['is put out', ':op!o@h KICK #room bob :out', ['@op', 'ann', 'eve']],
    ['takes another name', ':bob!b@h NICK rob', ['@op', 'ann', 'eve', 'rob']],
    ['gets a rank', ':op!o@h MODE #room +v bob', ['@op', '+bob', 'ann', 'eve']],
  ])('who %s while the list of members comes is known so when it has come', async (_what, event, members) => {
    const stage = new Stage({ rooms: ['#room'] }).online()
    stage.server(':ann!a@host JOIN #room', ':irc.test 353 ann = #room :@op ann bob', event)
    stage.server(':irc.test 353 ann = #room :eve', ':irc.test 366 ann #room :End')
    const seen = stage.core.roster.get('#room')!.sorted()
    expect(seen.map(({ prefixes, nick }) => prefixes + nick)).toEqual(members)
  })

  it('joining resolves with the member list, and a refusal rejects', async () => {
    const stage = new Stage({ backlog: 0 }).online()
    const joined = stage.core.join('#Room', 'k')
    expect(stage.written()).toEqual(['JOIN #Room k'])
    stage.server(
      ':ann!a@host JOIN #room',
      ':irc.test 353 ann = #room :@own!o@h +vic ann',
      ':irc.test 366 ann #room :End',
    )
    expect((await joined).sorted().map(({ prefixes, nick }) => prefixes + nick)).toEqual(['@own', '+vic', 'ann'])
    const refused = stage.core.join('#secret')
    stage.server(':irc.test 475 ann #secret :Cannot join channel (+k)')
    await expect(refused).rejects.toMatchObject({ code: 'CHAT_ERR_COMMAND_FAILED' })
    expect(stage.core.roster.get('#secret')).toBeUndefined()
  })

  it('a join that was asked for before the connection stands waits for it', async () => {
    const stage = new Stage({ backlog: 0 })
    const joined = stage.core.join('#room')
    stage.online()
    stage.server(':ann!a@host JOIN #room', ':irc.test 366 ann #room :End')
    expect((await joined).joined).toBe(true)
  })

  it('a join that the server does not answer is told so, and one that it answers without an end is in', async () => {
    const stage = new Stage({ backlog: 0, pingTimeout: 0 }).online()
    const silent = stage.core.join('#silent')
    const endless = stage.core.join('#Endless')
    stage.wait(10_000).server(':ann!a@host JOIN #endless', ':irc.test 353 ann = #endless :ann').wait(5000)
    await expect(silent).rejects.toMatchObject({ code: 'CHAT_ERR_NO_ANSWER' })
    expect((await endless).name).toBe('#endless')
    expect(stage.core.deadline).toBeUndefined()
    stage.server(':ann!a@host JOIN #silent', ':irc.test 366 ann #silent :End')
    expect((await stage.core.join('#silent')).joined).toBe(true)
  })

  it.each<[string, (stage: Stage) => unknown]>([
    ['before the connection stands', (stage) => stage.core.part('#room')],
    ['before the server has answered', (stage) => stage.online().core.part('#room')],
    [
      'by the server, before the list is complete',
      (stage) => {
        stage.online().server(':ann!a@host JOIN #room', ':op!o@host KICK #room ann :out')
      },
    ],
  ])('a join that is given up %s is told so, and so is what waits to be said there', async (_, act) => {
    const stage = new Stage({ backlog: 0 })
    const joined = stage.core.join('#room')
    stage.core.speech.say('#room', 'hello', {})
    joined.catch(() => {})
    await act(stage)
    await expect(joined).rejects.toMatchObject({ code: 'CHAT_ERR_NO_ANSWER', message: 'the room was left' })
    expect(stage.core.roster.get('#room')).toBeUndefined()
  })

  it('what waits to be said in a room that is given up has failed', async () => {
    const stage = new Stage({ rooms: ['#room'] })
    stage.core.speech.say('#room', 'hello', {})
    await stage.core.part('#room')
    expect(stage.take('delivery')).toMatchObject([{ localId: 'm1', state: 'failed' }])
    stage.online()
    expect(stage.written()).toEqual([])
  })

  it('a join finds its answer also when the server folds names in another way than was thought', async () => {
    const stage = new Stage({ backlog: 0 })
    const joined = stage.core.join('#a[b]')
    stage.online()
    stage.server(':ann!a@host JOIN #a[b]', ':irc.test 366 ann #a[b] :End')
    expect((await joined).name).toBe('#a[b]')
  })

  it('a name and key that fit into no line are no reason to stop', async () => {
    const stage = new Stage()
    const joined = stage.core.join('#room', 'k'.repeat(600))
    joined.catch(() => {})
    expect(() => stage.online()).not.toThrow()
    await expect(joined).rejects.toMatchObject({ code: 'CHAT_ERR_COMMAND_FAILED' })
    expect(stage.core.state).toBe('online')
  })

  it('members come, go, rise and change their names', async () => {
    const stage = await new Stage({ rooms: ['#room'], backlog: 0 }).online().enter()
    const members = (): string[] =>
      stage.core.roster
        .get('#room')!
        .sorted()
        .map(({ prefixes, nick }) => prefixes + nick)
    expect(members()).toEqual(['@op', 'ann'])
    stage.server(':bob!b@h JOIN #room acc :Bob B', ':cat!c@h JOIN #room', ':op!o@h MODE #room +ov-o bob bob op')
    expect(members()).toEqual(['@+bob', 'ann', 'cat', 'op'])
    stage.server(':bob!b@h NICK Rob', ':cat!c@h PART #room :bye', ':op!o@h QUIT :gone', ':rob!b@h AWAY :lunch')
    expect(members()).toEqual(['@+Rob', 'ann'])
    expect(stage.core.roster.get('#ROOM')!.members.get('rob')).toMatchObject({
      account: 'acc',
      realname: 'Bob B',
      away: true,
    })
    expect(stage.take('quit')).toMatchObject([{ rooms: ['#room'], reason: 'gone' }])
  })

  it('our own change of name is ours even when the server names us by the new one', () => {
    const stage = new Stage().online()
    void stage.core.changeNick('anna')
    stage.server('@label=r1 :anna!a@host NICK anna')
    expect(stage.core.nick).toBe('anna')
    expect(stage.take('nick')).toMatchObject([{ self: true, from: { nick: 'ann' }, to: 'anna' }])
  })

  it('names fold as the server says', () => {
    const stage = new Stage({ rooms: ['#a[b]'] })
    stage.core.start()
    stage.core.opened()
    stage.server(':irc.test 001 ann :Hi', ':irc.test 005 ann CASEMAPPING=rfc1459 :ok', ':irc.test 376 ann :End')
    expect(stage.core.roster.get('#A{B}')?.name).toBe('#a[b]')
  })
})

describe('a past that nobody asked for', () => {
  it('is told once, in its batch or after a reconnect again', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online('batch server-time message-tags').enter()
    const playback = [
      ':irc.test BATCH +p chathistory #room',
      '@batch=p;msgid=1;time=2026-01-01T00:00:00.000Z :bob!b@h PRIVMSG #room :one',
      '@batch=p;msgid=2;time=2026-01-01T00:00:01.000Z :bob!b@h PRIVMSG #room :two',
      ':irc.test BATCH -p',
    ]
    stage.server(...playback)
    expect(stage.take('history')).toMatchObject([
      {
        room: '#room',
        kind: 'backlog',
        gap: false,
        more: false,
        events: [{ text: 'one', past: true }, { text: 'two' }],
      },
    ])
    stage.lose().wait(1000).welcome('batch server-time message-tags')
    stage.server(':ann!a@host JOIN #room', ...playback)
    expect(stage.take('history')).toEqual([])
  })

  it('is passed over when it answers a request that was given up', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    stage.core.archive.page('#room', { limit: 5 }).catch(() => {})
    await settled()
    const [, label] = /label=(\w+)/.exec(stage.written().join()) ?? []
    stage.wait(15_000)
    await settled()
    stage.history(label!, '#room', ['@msgid=9 :bob!b@h PRIVMSG #room :late'])
    expect(stage.take('history')).toEqual([])
  })
})

describe('what people say', () => {
  it.each<[string, string, object]>([
    ['to a room', ':bob!b@h PRIVMSG #room :hi', { room: '#room', text: 'hi', kind: 'message', self: false }],
    ['to us', ':bob!b@h PRIVMSG ann :hi', { room: 'bob' }],
    ['by us from elsewhere', ':ann!a@h PRIVMSG bob :hi', { room: 'bob', self: true, localId: undefined }],
    ['to those with a rank', ':bob!b@h PRIVMSG @#room :hi', { room: '#room', statusPrefix: '@' }],
    ['as an action', ':bob!b@h PRIVMSG #room :\x01ACTION waves\x01', { kind: 'action', text: 'waves' }],
    ['as an action without an end', ':bob!b@h PRIVMSG #room :\x01ACTION waves', { kind: 'action', text: 'waves' }],
    [
      'as an action in small letters',
      ':bob!b@h PRIVMSG #room :\x01action waves\x01',
      { kind: 'action', text: 'waves' },
    ],
    ['as an action without words', ':bob!b@h PRIVMSG #room :\x01ACTION\x01', { kind: 'action', text: '' }],
    ['as a notice', ':bob!b@h NOTICE #room :psst', { kind: 'notice' }],
    ['as a reply', '@+draft/reply=x1 :bob!b@h PRIVMSG #room :yes', { replyTo: 'x1' }],
    ['by a bot with an account', '@bot;account=bb :bob!b@h PRIVMSG #room :beep', { bot: true, account: 'bb' }],
    ['at a time that is none', '@time=yesterday :bob!b@h PRIVMSG #room :hi', { time: new Date(Date.UTC(2026, 0, 1)) }],
  ])('%s', async (_, line, expected) => {
    const stage = await new Stage({ rooms: ['#room'], backlog: 0 }).online().enter()
    stage.server(line)
    expect(stage.take('message')).toMatchObject([expected])
  })

  it.each<[string, string, object]>([
    [
      'a request',
      ':bob!b@h PRIVMSG ann :\x01VERSION\x01',
      { room: 'bob', command: 'VERSION', text: '', answer: false },
    ],
    [
      'a request to a room',
      ':bob!b@h PRIVMSG #room :\x01PING 1 2\x01',
      { room: '#room', command: 'PING', text: '1 2' },
    ],
    ['one without an end', ':bob!b@h PRIVMSG ann :\x01time', { command: 'TIME', text: '' }],
    ['an answer', ':bob!b@h NOTICE ann :\x01VERSION x 1\x01', { command: 'VERSION', text: 'x 1', answer: true }],
    ['one of ours, echoed', ':ann!a@h PRIVMSG bob :\x01VERSION\x01', { room: 'bob', self: true }],
    ['one of nothing', ':bob!b@h PRIVMSG ann :\x01\x01', { command: '', text: '' }],
  ])('programs ask one another: %s', async (_, line, expected) => {
    const stage = await new Stage({ rooms: ['#room'], backlog: 0 }).online().enter()
    stage.server(line)
    expect(stage.events).toMatchObject([{ type: 'ctcp', past: false, ...expected }])
    // Nothing answers by itself.
    expect(stage.written()).toEqual([])
  })

  it('reactions and typing', async () => {
    const stage = await new Stage({ rooms: ['#room'], backlog: 0 }).online().enter()
    stage.server(
      '@+draft/reply=x1;+draft/react=👍 :bob!b@h TAGMSG #room',
      '@+draft/reply=x1;+draft/unreact=👍 :bob!b@h TAGMSG #room',
    )
    expect(stage.take('reaction')).toMatchObject([
      { replyTo: 'x1', reaction: '👍', set: true },
      { replyTo: 'x1', reaction: '👍', set: false },
    ])
    stage.server(
      '@+typing=active :bob!b@h TAGMSG #room',
      '@+typing=active :ann!a@h TAGMSG #room',
      '@+typing=x :bob!b@h TAGMSG #room',
    )
    expect(stage.take('typing')).toMatchObject([{ from: { nick: 'bob' }, room: '#room', state: 'active' }])
  })

  it('the same id twice is one message', async () => {
    const stage = await new Stage({ rooms: ['#room'], backlog: 0 }).online().enter()
    stage.server('@msgid=x :bob!b@h PRIVMSG #room :hi', '@msgid=x :bob!b@h PRIVMSG #room :hi')
    expect(stage.take('message')).toHaveLength(1)
  })
})

describe('closing', () => {
  it('says goodbye, and does not wait for ever', () => {
    const stage = new Stage().online()
    stage.core.close('bye now')
    expect(stage.written()).toEqual(['QUIT :bye now'])
    stage.wait(2000)
    expect(stage.core.state).toBe('closed')
    expect(stage.core.deadline).toBeUndefined()
  })

  it.each([
    ['as much of a long reason as fits', 'long words '.repeat(100)],
    ['the beginning of a long word', 'x'.repeat(5000)],
    ['one line of several', 'a\r\nQUIT\0b'],
  ])('says %s', (_, reason) => {
    const stage = new Stage().online()
    stage.core.close(reason)
    const [quit = ''] = stage.written()
    expect(Buffer.byteLength(quit)).toBeLessThanOrEqual(510)
    expect(quit).toMatch(/^QUIT :?(?:long words |x{50}|a QUIT b$)/)
    stage.wait(2000)
    expect(stage.core.state).toBe('closed')
  })

  it('leaves a room with as much of a long reason as fits', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    void stage.core.part('#room', 'long words '.repeat(100))
    expect(stage.written()).toEqual([expect.stringMatching(/^@label=r\d PART #room :(?:long words ?){30,50}$/)])
    stage.server(':ann!a@host PART #room')
  })

  it.each<[string, (stage: Stage) => Promise<unknown>]>([
    ['join', ({ core }) => core.join('#room')],
    ['changeNick', ({ core }) => core.changeNick('zoe')],
    ['request', ({ core }) => core.request({ command: 'LIST' })],
    ['a page of history', ({ core }) => core.archive.page('#room', {})],
  ])('leaves nothing to promise: %s', async (_, act) => {
    const stage = new Stage().online()
    stage.core.close()
    stage.core.lost()
    await expect(act(stage)).rejects.toMatchObject({ code: 'CHAT_ERR_CLOSED' })
  })

  it('ends what waits', async () => {
    const stage = new Stage()
    const joined = stage.core.join('#room')
    stage.core.speech.say('#room', 'never', {})
    stage.online()
    stage.core.close()
    stage.server('ERROR :Closing link')
    stage.lose()
    await expect(joined).rejects.toMatchObject({ code: 'CHAT_ERR_CLOSED' })
    expect(stage.take('delivery')).toMatchObject([{ state: 'failed' }])
  })
})

describe('a hostile server', () => {
  it('says nothing that throws, whatever it is, and what the client says back are lines', async () => {
    const one = chooser(7)
    for (let life = 0; life < 60; life++) {
      const stage = new Stage({ rooms: ['#room'], reconnect: true, sasl: { account: 'ann', password: 'pw' } })
      stage.core.speech.say('#room', 'words '.repeat(100), { replyTo: 'x' })
      stage.core.join('#a[b]', 'key').catch(() => {})
      stage.online('batch echo-message labeled-response message-tags draft/chathistory'.slice(0, one([0, 5, 99])))
      for (let i = 0; i < 300; i++) {
        stage.server(nonsense(one))
        if (i % 50 === 49) stage.lose().wait(60_000).welcome()
        if (i % 20 === 19) stage.core.request({ command: 'LIST' }).catch(() => {})
        if (i % 10 === 9) await settled()
      }
      for (const line of stage.written()) expect(line).not.toMatch(/[\r\n\0]/)
      stage.core.close('x'.repeat(1000))
      await settled()
    }
  })

  it('that says twice that we came in is asked once for the past, and nothing that was said is lost', async () => {
    const stage = new Stage({ rooms: ['#room'] }).online()
    stage.server(':ann!a@host JOIN #room', ':bob!b@h PRIVMSG #room :one')
    for (let i = 0; i < 100; i++) stage.server(':ann!a@host JOIN #room')
    expect(stage.written().filter((line) => line.includes('CHATHISTORY'))).toHaveLength(1)
    stage.history('r1', '#room', [])
    await settled()
    expect(stage.take('message')).toMatchObject([{ text: 'one' }])
  })

  it('that puts us in and out of rooms without end does not fill the memory with questions', async () => {
    const stage = new Stage({ pace: { burst: 1, interval: 1000 } }).online()
    const before = stage.written().length
    for (let i = 0; i < 3000; i++) stage.server(`:ann!a@host JOIN #${i}`, `:ann!a@host PART #${i}`)
    await settled()
    expect(before + stage.written().length).toBeLessThan(10)
    expect(stage.core.roster.rooms.size).toBe(0)
    await expect(stage.core.request({ command: 'TIME' })).rejects.toMatchObject({ code: 'CHAT_ERR_QUEUE_FULL' })
  })

  it('holds back with its history no more than a bounded number of messages', async () => {
    const stage = new Stage({ rooms: ['#room'], answerTimeout: 0 }).online()
    stage.server(':ann!a@host JOIN #room', ':irc.test 366 ann #room :End')
    stage.core.speech.say('#room', 'mine', {})
    for (let i = 0; i < 10_001; i++) stage.server(`:bob!b@h PRIVMSG #room :${i}`)
    expect(stage.take('message').filter(({ self }) => !self)).toHaveLength(10_001)
    expect(stage.written()).toContain('@label=m1 PRIVMSG #room mine')
  })

  it.each<[string, (i: number) => string, (stage: Stage) => number, number]>([
    ['rooms', (i) => `:ann!a@host JOIN #${i}`, ({ core }) => core.roster.rooms.size, 1000],
    [
      'facts about itself',
      (i) => `:irc.test 005 ann T${i}=1 :are`,
      ({ core }) => [...core.support.entries()].length,
      1000,
    ],
  ])('has the client keep a bounded number of %s', async (_, line, count, most) => {
    const stage = await new Stage({ rooms: ['#room'], backlog: 0 }).online().enter()
    for (let i = 0; i < most + 10; i++) stage.core.receive(line(i))
    expect(count(stage)).toBe(most)
  })

  it('has the client keep a bounded number of members that it lists, complete or not', async () => {
    const stage = await new Stage({ rooms: ['#room', '#other'], backlog: 0 }).online().enter()
    await stage.enter('#other')
    const names = (i: number): string => Array.from({ length: 500 }, (_, n) => `n${i}-${n}`).join(' ')
    for (let i = 0; i < 110; i++) for (const room of ['#room', '#other']) stage.server(`353 ann = ${room} :${names(i)}`)
    stage.server('366 ann #room :End', '366 ann #other :End')
    const { rooms } = stage.core.roster
    expect([...rooms.values()].reduce((sum, { members }) => sum + members.size, 0)).toBeLessThanOrEqual(100_000)
    const { members } = stage.core.roster.get('#room')!
    expect(members.size).toBeGreaterThan(40_000)
    for (let i = 0; i < 20_000; i++) stage.server(`:late${i}!u@h JOIN #room`)
    expect([...rooms.values()].reduce((sum, { size }) => sum + size, 0)).toBe(100_000)
  })

  it('whose lines are shorter after a reconnect is told what still fits, and we what does not', async () => {
    const stage = new Stage({ rooms: ['#room'], backlog: 0 }).online('echo-message')
    stage.server(':irc.test 005 ann LINELEN=4096 :are', ':ann!a@host JOIN #room')
    stage.core.speech.say('#room', 'x'.repeat(3000), {})
    stage.core.speech.say('#room', 'short', {})
    stage.lose().wait(1000).welcomeKeeping('echo-message')
    stage.server(':ann!a@host JOIN #room')
    expect(stage.written().slice(-1)).toEqual(['PRIVMSG #room short'])
    expect(stage.take('delivery')).toMatchObject([
      { localId: 'm1', state: 'failed', error: { code: 'CHAT_ERR_LINE_TOO_LONG' } },
    ])
  })

  it('whose ids are too long to be answered', async () => {
    const stage = await new Stage({ rooms: ['#room'] }).online().enter()
    stage.core.speech.say('#room', 'yes', { replyTo: 'x'.repeat(5000) })
    expect(stage.take('delivery')).toMatchObject([{ localId: 'm1', state: 'failed' }])
    stage.lose().wait(1000)
    expect(() => stage.welcomeKeeping()).not.toThrow()
  })

  it('that names rooms as nobody could does not hinder typing', () => {
    const stage = new Stage().online()
    stage.server(':ann!a@host JOIN :#a b')
    expect(() => stage.core.speech.typing('#a b', 'active')).not.toThrow()
  })

  it.each([
    ['lines that are none', ['', ':', '@', ':x', 'FOO-BAR', '@a=b :c']],
    [
      'numerics without parameters',
      [
        '001',
        '005',
        '353',
        '366',
        '332',
        '433',
        '730',
        '396',
        '404',
        'BATCH',
        'CAP',
        'JOIN',
        'KICK',
        'MODE',
        'NICK',
        'PRIVMSG',
        'TAGMSG',
        'CHGHOST',
        'FAIL',
        'ACK',
        'ERROR',
        'PING',
        'INVITE',
        'TOPIC',
        'AUTHENTICATE',
      ],
    ],
    ['batches that are never closed', Array.from({ length: 500 }, (_, i) => `BATCH +${i} chathistory #room`)],
    [
      'batches in one another without end',
      Array.from({ length: 20_000 }, (_, i) => [
        `@batch=${i % 2} BATCH +${(i + 1) % 2} x`,
        `@batch=${i % 2} PRIVMSG #room :hi`,
      ]).flat(),
    ],
    [
      'a batch that holds itself',
      ['@batch=a BATCH +a x', '@batch=a PRIVMSG #room hi', '@batch=a BATCH -a', 'BATCH -a'],
    ],
    [
      'names that objects inherit',
      [
        ':__proto__!x@y JOIN #room',
        ':constructor!x@y PRIVMSG __proto__ :hi',
        ':irc.test 353 ann = #room :__proto__ toString',
      ],
    ],
  ])('%s', async (_, lines) => {
    const stage = await new Stage({ rooms: ['#room'], backlog: 0 }).online().enter()
    expect(() => stage.server(...lines)).not.toThrow()
    stage.server(':irc.test PING :still there')
    expect(stage.core.state).not.toBe('closed')
  })
})
