import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { eventJson, lineChat } from '../src/cli/line-chat.js'
import { ChatClient, type Dial } from '../src/client.js'
import { plainServer } from './client-stage.js'

/** A program's chat on a server in memory, with all of its input at once. */
async function sends(input: string, dial: Dial, json = false): Promise<{ failures: string[]; output: string }> {
  const client = new ChatClient(
    { url: 'irc://irc.test', nick: 'ann', rooms: ['#room'], pace: { interval: 0 }, reconnect: false },
    dial,
  )
  const stdin = new PassThrough()
  stdin.end(input)
  let output = ''
  const failures = await lineChat(
    client,
    '#room',
    { input: stdin, output: { write: (text) => (output += text) } },
    { json, follow: false },
  )
  return { failures, output }
}

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
})

it('an event as JSON holds no control character that a terminal would obey, and says the same', () => {
  const reason = '\x1b[2J\x07\x7f\x9b2J\x85 é\u2028'
  const json = eventJson({ type: 'status', state: 'closed', attempt: 1, reason })
  expect(json).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
  expect(JSON.parse(json)).toEqual({ type: 'status', state: 'closed', attempt: 1, reason })
})
