import { describe, expect, it } from 'vitest'
import { ChatError, formatMessage, formatTags, type MessageInit, parseMessage } from '../src/index.js'

/** What a row's line says; what is left out is absent. */
interface Expected {
  tags?: Record<string, string>
  source?: string
  command: string
  params?: string[]
}

// Covers every behaviour of the public `msg-split` vectors: 35 lines, in words of our own.
const lines: [behaviour: string, line: string, expected: Expected][] = [
  ['plain words are command and parameters', 'give ann the ball', { command: 'GIVE', params: ['ann', 'the', 'ball'] }],
  [
    'a source comes before the command',
    ':ann give bob one',
    { source: 'ann', command: 'GIVE', params: ['bob', 'one'] },
  ],
  ['a colon starts the last parameter, spaces and all', 'say a b :c d', { command: 'SAY', params: ['a', 'b', 'c d'] }],
  ['a lone colon is an empty last parameter', 'say a b :', { command: 'SAY', params: ['a', 'b', ''] }],
  ['a second colon belongs to the last parameter', 'say a b ::)', { command: 'SAY', params: ['a', 'b', ':)'] }],
  [
    'source and last parameter go together',
    ':ann say a b :c d',
    { source: 'ann', command: 'SAY', params: ['a', 'b', 'c d'] },
  ],
  [
    'spaces around the last parameter are its own',
    ':ann say a :  b c ',
    { source: 'ann', command: 'SAY', params: ['a', '  b c '] },
  ],
  [
    'a colon after a space inside the last parameter is text',
    ':ann PRIVMSG #a :well :) ',
    { source: 'ann', command: 'PRIVMSG', params: ['#a', 'well :) '] },
  ],
  [
    'an empty last parameter after a source stays',
    ':ann say a b :',
    { source: 'ann', command: 'SAY', params: ['a', 'b', ''] },
  ],
  ['a last parameter of spaces stays', ':ann say a b :  ', { source: 'ann', command: 'SAY', params: ['a', 'b', '  '] }],
  [
    'tags come first, with and without values',
    '@x=1;y=22;z;w=q7 go',
    { tags: { x: '1', y: '22', z: '', w: 'q7' }, command: 'GO' },
  ],
  [
    'tag values are unescaped',
    '@x=1\\\\2\\n3;y=4\\s5;z=6\\:7 go',
    { tags: { x: '1\\2\n3', y: '4 5', z: '6;7' }, command: 'GO' },
  ],
  [
    'missing and empty tag values are the same',
    '@m;e=;v=1 :ann go on',
    { tags: { m: '', e: '', v: '1' }, source: 'ann', command: 'GO', params: ['on'] },
  ],
  ['a last parameter needs no colon', ':ann JOIN #room', { source: 'ann', command: 'JOIN', params: ['#room'] }],
  [
    'a last parameter may have a colon it does not need',
    ':ann JOIN :#room',
    { source: 'ann', command: 'JOIN', params: ['#room'] },
  ],
  ['a command needs no parameters', ':ann AWAY', { source: 'ann', command: 'AWAY' }],
  ['a space at the end is no parameter', ':ann AWAY ', { source: 'ann', command: 'AWAY' }],
  ['a tab does not separate', ':an\tn say a\tb c', { source: 'an\tn', command: 'SAY', params: ['a\tb', 'c'] }],
  [
    'a colour code in the source stays',
    ':ann!a@ho\x034st PRIVMSG bob :hi you',
    { source: 'ann!a@ho\x034st', command: 'PRIVMSG', params: ['bob', 'hi you'] },
  ],
  [
    'bold and reset in the source stay',
    ':ann!~a@h\x02o\x0309s\x0ft PRIVMSG bob :hi you',
    { source: 'ann!~a@h\x02o\x0309s\x0ft', command: 'PRIVMSG', params: ['bob', 'hi you'] },
  ],
  [
    'vendors have their own tags; everything together',
    '@a=1;b;v.org/c=2;w.org/d= :irc.test GO x y :z z',
    {
      tags: { a: '1', b: '', 'v.org/c': '2', 'w.org/d': '' },
      source: 'irc.test',
      command: 'GO',
      params: ['x', 'y', 'z z'],
    },
  ],
  [
    'a source may be a server',
    ':irc.test GO x y :z z',
    { source: 'irc.test', command: 'GO', params: ['x', 'y', 'z z'] },
  ],
  [
    'tags need no source',
    '@a=1;b;v.org/c=2;w.org/d GO x y :z z',
    { tags: { a: '1', b: '', 'v.org/c': '2', 'w.org/d': '' }, command: 'GO', params: ['x', 'y', 'z z'] },
  ],
  ['a command alone is a message', 'GO', { command: 'GO' }],
  [
    'escaped backslashes do not join with what follows',
    '@k=\\\\\\\\\\:\\\\s\\s\\r\\n GO',
    { tags: { k: '\\\\;\\s \r\n' }, command: 'GO' },
  ],
  [
    'two spaces before a parameter count as one',
    ':irc.test 432  #ann :Not a nick: has a sign',
    { source: 'irc.test', command: '432', params: ['#ann', 'Not a nick: has a sign'] },
  ],
  [
    'a space after mode letters is nothing',
    ':irc.test MODE #room +n ',
    { source: 'irc.test', command: 'MODE', params: ['#room', '+n'] },
  ],
  [
    'two spaces at the end are nothing',
    ':irc.test MODE #room +o ann  ',
    { source: 'irc.test', command: 'MODE', params: ['#room', '+o', 'ann'] },
  ],
  ['an escaped backslash before n is a backslash and n', '@k=v\\\\nw GO', { tags: { k: 'v\\nw' }, command: 'GO' }],
  ['an escape without meaning loses its backslash', '@k=v\\9 GO', { tags: { k: 'v9' }, command: 'GO' }],
  ['a backslash at the end of a value is dropped', '@k=v9\\ GO', { tags: { k: 'v9' }, command: 'GO' }],
  ['of a tag given twice the last counts', '@a=1;b=2;c=3;a=4 GO', { tags: { a: '4', b: '2', c: '3' }, command: 'GO' }],
  [
    "a vendor's tag is not the tag of the same name",
    '@a=1;b=2;c=3;a=4;v/b=5 GO',
    { tags: { a: '4', b: '2', c: '3', 'v/b': '5' }, command: 'GO' },
  ],
  ['mode letters may have a colon', ':ann MODE #room :+i', { source: 'ann', command: 'MODE', params: ['#room', '+i'] }],
  [
    "a mode's parameter may have a colon",
    ':ann MODE #room +vv bob :cat',
    { source: 'ann', command: 'MODE', params: ['#room', '+vv', 'bob', 'cat'] },
  ],
]

// Beyond the vectors.
const more: typeof lines = [
  ['spaces before the command are skipped', '  GO x', { command: 'GO', params: ['x'] }],
  [
    'more than fifteen parameters are all read',
    `GO ${'x '.repeat(20)}`,
    { command: 'GO', params: Array(20).fill('x') },
  ],
  [
    'keys that objects inherit are ordinary tags',
    '@__proto__=1;constructor=2 GO',
    { tags: JSON.parse('{"__proto__":"1","constructor":"2"}'), command: 'GO' },
  ],
  [
    'client-only tags keep their plus',
    '@+typing=active TAGMSG #room',
    { tags: { '+typing': 'active' }, command: 'TAGMSG', params: ['#room'] },
  ],
  ['a tag without a key is left out', '@=1;;a GO', { tags: { a: '' }, command: 'GO' }],
  [
    'text is Unicode',
    ':zoë PRIVMSG #café :👋🏽 olá',
    { source: 'zoë', command: 'PRIVMSG', params: ['#café', '👋🏽 olá'] },
  ],
]

describe('parseMessage', () => {
  it.each([...lines, ...more])('%s', (_, line, expected) => {
    const { tags, source, command, params } = parseMessage(line)
    expect({ tags: Object.fromEntries(tags), source, command, params }).toEqual({
      tags: expected.tags ?? {},
      source: expected.source,
      command: expected.command,
      params: expected.params ?? [],
    })
  })

  it.each([
    ['an empty line has no command', '', 'CHAT_ERR_NO_COMMAND'],
    ['spaces are no command', '   ', 'CHAT_ERR_NO_COMMAND'],
    ['a source is no command', ':ann', 'CHAT_ERR_NO_COMMAND'],
    ['tags are no command', '@a=1', 'CHAT_ERR_NO_COMMAND'],
    ['tags and a source are no command', '@a=1 :ann ', 'CHAT_ERR_NO_COMMAND'],
    ['a command is letters', 'PRIV-MSG x', 'CHAT_ERR_BAD_COMMAND'],
    ['a numeric has three digits', ':irc.test 01 x', 'CHAT_ERR_BAD_COMMAND'],
    ['letters outside ASCII make no command', 'ÄTSCH', 'CHAT_ERR_BAD_COMMAND'],
    ['CR inside is refused', 'GO a\rQUIT', 'CHAT_ERR_BAD_CHARACTER'],
    ['LF inside is refused', 'GO a\nQUIT', 'CHAT_ERR_BAD_CHARACTER'],
    ['NUL is refused', 'GO a\0', 'CHAT_ERR_BAD_CHARACTER'],
  ])('%s', (_, line, code) => {
    const error = thrown(() => parseMessage(line))
    expect(error).toBeInstanceOf(ChatError)
    expect(error).toMatchObject({ code, line })
  })
})

// Covers every behaviour of the public `msg-join` vectors: 18 messages. Ours writes one of the forms allowed there.
const messages: [behaviour: string, message: MessageInit, line: string][] = [
  ['words need no colon', { command: 'GO', params: ['a', 'b', 'c'] }, 'GO a b c'],
  ['a source gets its colon', { source: 'ann', command: 'AWAY' }, ':ann AWAY'],
  ['an empty last parameter keeps its colon', { source: 'ann', command: 'AWAY', params: [''] }, ':ann AWAY :'],
  ['a source and words', { source: 'ann', command: 'GO', params: ['a', 'b', 'c'] }, ':ann GO a b c'],
  ['spaces need a colon', { command: 'GO', params: ['a', 'b', 'c d'] }, 'GO a b :c d'],
  ['an empty last parameter after words', { command: 'GO', params: ['a', 'b', ''] }, 'GO a b :'],
  ['a colon at its start needs another', { command: 'GO', params: ['a', 'b', ':c'] }, 'GO a b ::c'],
  ['a source and spaces', { source: 'ann', command: 'GO', params: ['a', 'b', 'c d'] }, ':ann GO a b :c d'],
  ['spaces at both ends stay', { source: 'ann', command: 'GO', params: ['a', '  c d '] }, ':ann GO a :  c d '],
  [
    'a colon inside needs nothing more',
    { source: 'ann', command: 'PRIVMSG', params: ['a', 'oh :) '] },
    ':ann PRIVMSG a :oh :) ',
  ],
  ['a source and an empty last parameter', { source: 'ann', command: 'GO', params: ['a', 'b', ''] }, ':ann GO a b :'],
  ['a parameter of spaces', { source: 'ann', command: 'GO', params: ['a', 'b', '  '] }, ':ann GO a b :  '],
  ['a tab is an ordinary character', { source: 'ann', command: 'GO', params: ['a\tb', 'c'] }, ':ann GO a\tb c'],
  [
    'an empty tag value is written as the key',
    { tags: { k: '' }, source: 'ann', command: 'GO', params: ['a', '  '] },
    '@k :ann GO a :  ',
  ],
  [
    'a tag without a value never gets an equals sign',
    { tags: { k: undefined }, source: 'ann', command: 'GO', params: ['  '] },
    '@k :ann GO :  ',
  ],
  ['tag values are escaped', { tags: { a: 'x\\yz\nw', b: 'u;9' }, command: 'GO' }, '@a=x\\\\yz\\nw;b=u\\:9 GO'],
  [
    'tags and parameters',
    { tags: { a: 'x\\yz\nw', b: 'u;9' }, command: 'GO', params: ['p', 'q'] },
    '@a=x\\\\yz\\nw;b=u\\:9 GO p q',
  ],
  ['every escape there is', { tags: { k: '\\\\;\\s \r\n' }, command: 'GO' }, '@k=\\\\\\\\\\:\\\\s\\s\\r\\n GO'],
]

describe('formatMessage', () => {
  it.each(messages)('%s', (_, message, line) => {
    expect(formatMessage(message)).toBe(line)
  })

  it.each(messages)('what it writes reads back: %s', (_, message) => {
    const back = parseMessage(formatMessage(message))
    const tags = Object.fromEntries(Object.entries(message.tags ?? {}).map(([key, value]) => [key, value ?? '']))
    expect(Object.fromEntries(back.tags)).toEqual(tags)
    expect(back).toMatchObject({ source: message.source, command: message.command, params: message.params ?? [] })
  })

  it('takes tags as a map in its order', () => {
    expect(
      formatTags(
        new Map([
          ['b', '1'],
          ['+v/a', '2'],
        ]),
      ),
    ).toBe('@b=1;+v/a=2 ')
  })

  it.each<[string, MessageInit, string]>([
    [
      'a parameter with a space can only be the last',
      { command: 'GO', params: ['a b', 'c'] },
      'CHAT_ERR_BAD_PARAMETER',
    ],
    ['an empty parameter can only be the last', { command: 'GO', params: ['', 'c'] }, 'CHAT_ERR_BAD_PARAMETER'],
    ['a colon first can only be the last', { command: 'GO', params: [':a', 'c'] }, 'CHAT_ERR_BAD_PARAMETER'],
    [
      'a line break cannot be smuggled in a parameter',
      { command: 'GO', params: ['a\r\nQUIT'] },
      'CHAT_ERR_BAD_CHARACTER',
    ],
    ['nor in the source', { command: 'GO', source: 'a\nQUIT' }, 'CHAT_ERR_BAD_CHARACTER'],
    ['nor NUL in a tag', { command: 'GO', tags: { a: '\0' } }, 'CHAT_ERR_BAD_CHARACTER'],
    ['a source is one word', { command: 'GO', source: 'a b' }, 'CHAT_ERR_BAD_SOURCE'],
    ['a source is not empty', { command: 'GO', source: '' }, 'CHAT_ERR_BAD_SOURCE'],
    ['a command is one word', { command: 'GO x' }, 'CHAT_ERR_BAD_COMMAND'],
    ['a command is not empty', { command: '' }, 'CHAT_ERR_BAD_COMMAND'],
    ['a tag key cannot hold another tag', { command: 'GO', tags: { 'a;b': '1' } }, 'CHAT_ERR_BAD_TAG'],
    ['a tag key cannot end the tags', { command: 'GO', tags: { 'a b': '1' } }, 'CHAT_ERR_BAD_TAG'],
  ])('%s', (_, message, code) => {
    const error = thrown(() => formatMessage(message))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code })
  })

  it.each([
    [510, undefined],
    [511, 'CHAT_ERR_LINE_TOO_LONG'],
  ])('a message of %i bytes before CR LF: %s', (bytes, code) => {
    const params = ['#r', 'é'.repeat(100) + 'x'.repeat(bytes - 'PRIVMSG #r '.length - 200)]
    const error = thrown(() => formatMessage({ command: 'PRIVMSG', params, tags: { a: '1' } }, {}))
    expect((error as { code?: string } | undefined)?.code).toBe(code)
  })

  it.each([
    [4096, undefined],
    [4097, 'CHAT_ERR_TAGS_TOO_LONG'],
  ])('client tags of %i bytes with @ and space: %s', (bytes, code) => {
    const tags = { '+a': 'x'.repeat(bytes - '@+a= '.length) }
    const error = thrown(() => formatMessage({ command: 'TAGMSG', params: ['#r'], tags }, { maxTagsLength: 4096 }))
    expect((error as { code?: string } | undefined)?.code).toBe(code)
    if (code) expect(error).toBeInstanceOf(RangeError)
  })
})

function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
