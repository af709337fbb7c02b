import { PassThrough } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { eventJson, lineChat } from '../src/cli/line-chat.js'
import { ChatClient, type Dial } from '../src/client.js'
import { plainServer } from './client-stage.js'

/** A program's chat on a server in memory, with all of its input at once. */
async function sends(
  input: string,
  dial: Dial,
  json = false,
  ends = true,
): Promise<{ failures: string[]; output: string }> {
  const client = new ChatClient(
    { url: 'irc://irc.test', nick: 'ann', rooms: ['#room'], pace: { burst: 5, interval: 1 }, reconnect: false },
    dial,
  )
  const stdin = new PassThrough()
  if (ends) stdin.end(input)
  else stdin.write(input)
  let output = ''
  const failures = await lineChat(
    client,
    '#room',
    { input: stdin, output: { write: (text) => (output += text) } },
    { json, follow: false },
  )
  return { failures, output }
}

const partsWhenAsked = (line: string): string[] => (line.startsWith('PART') ? [`:ann!a@h ${line}`] : [])
/** The server lets nobody in; what is said from outside is refused as well. */
const refuses = (line: string): string[] => (line.includes('TAGMSG') ? [':irc.test 404 ann #room :No'] : [])

describe('lines from a program', () => {
  it.each([
    ['one line', 1],
    ['as many as may wait at once', 100],
    ['more than may wait at once', 250],
  ])('end when they are delivered on a server that has no echo: %s', async (_, count) => {
    const lines = Array.from({ length: count }, (_, i) => `line ${i}`)
    const heard: string[] = []
    const server = plainServer((line) => {
      if (line.startsWith('PRIVMSG')) heard.push(line)
    })
    expect(await sends(`${lines.join('\n')}\n`, server)).toEqual({ failures: [], output: '' })
    expect(heard).toEqual(lines.map((line) => `PRIVMSG #room :${line}`))
  })

  it('are said before a command to quit is obeyed', async () => {
    const heard: string[] = []
    const server = plainServer((line) => {
      if (/^(?:PRIVMSG|QUIT)/.test(line)) heard.push(line)
    })
    const { failures } = await sends('{"say":"one"}\n{"say":"two words"}\n{"quit":"bye"}\n', server, true)
    expect(failures).toEqual([])
    expect(heard).toEqual(['PRIVMSG #room one', 'PRIVMSG #room :two words', 'QUIT bye'])
  })

  /** A server with reactions, which answers PING, and what else it is told to. */
  const reacts = (heard: string[], answer: (line: string) => string[] = () => []): Dial =>
    plainServer((line, say) => {
      if (line.startsWith('CAP LS')) say('CAP * LS :message-tags')
      if (line.startsWith('CAP REQ')) say('CAP * ACK :message-tags')
      if (/TAGMSG|^P(?:RIVMSG|ART)|^QUIT/.test(line)) heard.push(line)
      if (line.startsWith('PING')) say('PONG irc.test react')
      say(...answer(line))
    })
  const REACT = '{"react":"👍","to":"x"}\n'
  const TAGMSG = '@+reply=x;+draft/reply=x;+draft/react=👍 TAGMSG #room'

  it('reactions and leaving wait for the connection and the room', async () => {
    const heard: string[] = []
    const late: Dial = (url, hooks) => {
      const opened = (turns: number): unknown => (turns === 0 ? hooks.opened() : setImmediate(() => opened(turns - 1)))
      return reacts(heard, partsWhenAsked)(url, { ...hooks, opened: () => void opened(50) })
    }
    const { failures } = await sends(`${REACT}{"say":"bye"}\n{"part":"#room"}\n`, late, true)
    expect([failures, heard]).toEqual([[], [TAGMSG, 'PRIVMSG #room bye', 'PART #room', 'QUIT']])
  })

  it('reactions are all sent before the end, however many', async () => {
    const heard: string[] = []
    expect(await sends(REACT.repeat(40), reacts(heard), true)).toMatchObject({ failures: [] })
    expect(heard).toEqual([...new Array<string>(40).fill(TAGMSG), 'QUIT'])
  })

  it.each<[string, string, (line: string) => string[], string[]]>([
    ['a reaction in a room that does not let us in', REACT, refuses, ['no reaction: No']],
    [
      'a reaction that the server refuses',
      REACT,
      (line) => (line.includes('TAGMSG') ? [':irc.test 404 ann #ROOM :No'] : []),
      ['no reaction: No'],
    ],
    ['a reaction to nothing', '{"react":"👍"}\n', () => [], ['react needs a reaction, and to: the msgid of a message']],
    ['leaving where we are not', '{"part":"#other"}\n', () => [], ['you are not in #other']],
  ])('%s has failed', async (_, input, answer, failures) => {
    expect((await sends(input, reacts([], answer), true)).failures).toEqual(failures)
  })

  it('a reaction has failed where there are none', async () => {
    expect((await sends(REACT, plainServer(), true)).failures).toEqual(['the server has no reactions'])
  })

  it.each([
    ['a reaction', REACT],
    ['leaving', '{"part":"#room"}\n'],
  ])('%s has failed when the connection ends before the room is entered', async (_, input) => {
    const ends: Dial = (_url, hooks) => {
      queueMicrotask(() => hooks.opened())
      return { send: (line) => line.startsWith('USER') && queueMicrotask(() => hooks.closed()), close() {} }
    }
    for (const ended of [true, false]) {
      const { failures } = await sends(input, ends, true, ended)
      expect(failures[0]).toBe('the server has closed the connection')
    }
  })

  it('a reaction has failed when the room is not entered in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    try {
      const silent: Dial = (_url, hooks) => {
        let nick = ''
        queueMicrotask(() => hooks.opened())
        return {
          send(line) {
            if (line.startsWith('NICK')) nick = line.slice(5)
            if (line.startsWith('USER')) hooks.line(`001 ${nick} :Hi`)
            if (line.startsWith('USER')) hooks.line(`422 ${nick} :No MOTD`)
            if (line.startsWith('PING')) hooks.line('PONG x')
            if (line.startsWith('QUIT')) queueMicrotask(() => hooks.closed())
          },
          close() {},
        }
      }
      const sent = sends(REACT, silent, true)
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
      await vi.advanceTimersByTimeAsync(60_000)
      expect((await sent).failures).toEqual(['not in #room in time'])
    } finally {
      vi.useRealTimers()
    }
  })
})

it('an event as JSON holds no control character that a terminal would obey, and says the same', () => {
  const reason = '\x1b[2J\x07\x7f\x9b2J\x85 é\u2028'
  const json = eventJson({ type: 'status', state: 'closed', attempt: 1, reason })
  expect(json).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
  expect(JSON.parse(json)).toEqual({ type: 'status', state: 'closed', attempt: 1, reason })
})
