import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { completions } from '../src/cli/commands.js'
import { type Key, LineEditor } from '../src/cli/line-editor.js'
import { logLines, mentions } from '../src/cli/log-lines.js'
import { nickFormat, paintFor } from '../src/cli/paint.js'
import { clip, reflows, Screen } from '../src/cli/screen.js'
import { terminalChat } from '../src/cli/terminal-chat.js'
import { textWidth, wrap } from '../src/cli/text-width.js'
import { ChatClient, connect, stripFormatting } from '../src/client.js'
import { serveChat } from '../src/server.js'
import { ScreenModel } from './cli-screen-model.js'
import { chooser, nonsense, plainServer, Stage } from './client-stage.js'

const plain = (_: unknown, text: string): string => text

describe('LineEditor', () => {
  /** Types keys: `^a` is Ctrl-A, `M-b` Alt-B, `<left>` a named key, all else itself. */
  function type(editor: LineEditor, keys: string): string[] {
    const lines: string[] = []
    for (const [key] of keys.matchAll(/\^[a-z]|M-[a-z]|<\w+>|./gsu)) {
      const pressed: Key = key.startsWith('^')
        ? { name: key[1], ctrl: true }
        : key.startsWith('M-')
          ? { name: key[2], meta: true }
          : key.startsWith('<')
            ? { name: key.slice(1, -1) }
            : { name: key }
      const result = editor.press(key.length > 1 && /^[<^M]/.test(key) ? undefined : key, pressed)
      lines.push(typeof result === 'object' ? result.line : result)
    }
    return lines.filter((line) => line !== 'changed' && line !== 'nothing')
  }

  it.each([
    ['letters are put in where the cursor is', 'abd<left>c', 'abcd'],
    ['backspace takes what readers see as one character', 'a👩‍👩‍👧<backspace>', 'a'],
    ['delete takes the one behind the cursor', 'abc<home><delete>', 'bc'],
    ['Ctrl-A and Ctrl-E go to the ends', 'bc^aa^ed', 'abcd'],
    ['Ctrl-K and Ctrl-U take all after and before', 'abcd<left><left>^k', 'ab'],
    ['Ctrl-U', 'abcd<left><left>^u', 'cd'],
    ['Ctrl-W takes a word', 'one two  ^w', 'one '],
    ['Alt-B and Alt-F go by words', 'one twoM-bM-bxM-fy', 'xoney two'],
    ['Ctrl-C clears the line', 'abc^c', ''],
    ['control characters are no text', 'a\x01\x1bb', 'ab'],
    ['left of the start is the start', 'a<left><left><left>b', 'ba'],
  ])('%s', (_, keys, text) => {
    const editor = new LineEditor()
    type(editor, keys)
    expect(editor.text).toBe(text)
  })

  it('gives the line, remembers it, and goes back to the draft', () => {
    const editor = new LineEditor()
    expect(type(editor, 'one<return>two<return>dra')).toEqual(['one', 'two'])
    type(editor, '<up><up><up>')
    expect(editor.text).toBe('one')
    type(editor, '<down><down>')
    expect(editor.text).toBe('dra')
  })

  it('leaves by Ctrl-C or Ctrl-D on an empty line only', () => {
    const editor = new LineEditor()
    expect(type(editor, 'a^d')).toEqual([])
    expect(type(editor, '^c^c')).toEqual(['leave'])
    expect(type(editor, '^d')).toEqual(['leave'])
  })

  it('Tab goes through what fits, and round', () => {
    const editor = new LineEditor((text) => ({ start: text.lastIndexOf(' ') + 1, words: ['ann: ', 'anton: '] }))
    type(editor, 'an<tab>')
    expect(editor.text).toBe('ann: ')
    type(editor, '<tab>')
    expect(editor.text).toBe('anton: ')
    type(editor, '<tab>x')
    expect(editor.text).toBe('ann: x')
  })

  it('puts together what is typed in parts, and only that', () => {
    const editor = new LineEditor()
    for (const part of ['x', 'e', '\u0301', '🇩', '🇪', '🇩', '🇪', '👩', '\u200d', '👧', 'y']) editor.insert(part)
    expect(editor.text).toBe('xe\u0301🇩🇪🇩🇪👩\u200d👧y')
    for (const left of ['xe\u0301🇩🇪🇩🇪👩\u200d👧', 'xe\u0301🇩🇪🇩🇪', 'xe\u0301🇩🇪', 'xe\u0301', 'x', '']) {
      editor.press(undefined, { name: 'backspace' })
      expect(editor.text).toBe(left)
    }
  })

  it('takes a paste of many thousand characters', () => {
    const editor = new LineEditor()
    // Each comes as a key of its own. This took minutes when each was put together with all before it.
    for (let i = 0; i < 200_000; i++) editor.press('é', { sequence: 'é' })
    for (const name of ['home', 'end']) editor.press(undefined, { name })
    expect(editor.text).toHaveLength(200_000)
  })

  it('shows the part around the cursor of a line that is too long', () => {
    const editor = new LineEditor()
    type(editor, 'abcdefghij')
    expect(editor.view(5)).toEqual({ text: 'ghij', column: 4 })
    type(editor, '^a')
    expect(editor.view(5)).toEqual({ text: 'abcde', column: 0 })
    editor.press(undefined, { name: 'u', ctrl: true })
    editor.press(undefined, { name: 'k', ctrl: true })
    type(editor, '日本語日本語')
    expect(editor.view(6)).toEqual({ text: '本語', column: 4 })
  })
})

describe('Screen', () => {
  it('keeps the input whole below whatever is printed, in one write each', () => {
    const model = new ScreenModel(40)
    const writes: string[] = []
    const screen = new Screen({
      columns: 40,
      write(text) {
        writes.push(text)
        model.write(text)
      },
    })
    const last = (): [string, number] => [model.rows.at(-1)!.trimEnd(), model.column]
    const half = { prompt: '#r › ', promptWidth: 5, text: 'half a sen', column: 4 }
    screen.show(half, '')
    expect(last()).toEqual(['#r › half a sen', 9])
    screen.print(['one', 'two'])
    expect([model.text, model.column]).toEqual(['one\ntwo\n#r › half a sen', 9])
    screen.show(half, 'somebody is typing')
    screen.print(['three'])
    expect([model.text, model.column]).toEqual(['one\ntwo\nthree\nsomebody is typing\n#r › half a sen', 9])
    screen.show(half, '')
    screen.print(['four'])
    expect([model.text, model.column]).toEqual(['one\ntwo\nthree\nfour\n#r › half a sen', 9])
    expect(writes).toHaveLength(6)
    screen.close()
    screen.print(['late'])
    expect(model.text).toBe('one\ntwo\nthree\nfour\n')
  })
})

describe('a terminal that is made narrower or wider', () => {
  // The status and the input fit into 59 columns; of 20 they take three rows or four.
  const status = 'somebody is typing, and somebody else, and one more is too'
  const text = 'a line that is being typed and is rather long by now, too'
  it.each([
    ['with the cursor at the end', text.length],
    ['with the cursor in the middle', 24],
    ['with the cursor at the begin', 0],
    ['with the cursor where a row ends', 55],
  ])('has what was said, once, and one input row, %s', (_, column) => {
    for (const breaks of [true, false]) {
      for (const widths of [[20], [30], [59], [58], [80], [40, 60], [21, 59, 20]]) {
        const model = new ScreenModel(60)
        const output = { columns: 60, write: (octets: string) => model.write(octets) }
        const screen = new Screen(output, breaks)
        const draw = (): void => {
          const room = output.columns - 6
          const input = { prompt: '#r › ', promptWidth: 5, text: text.slice(0, room), column: Math.min(column, room) }
          screen.show(input, clip(status, output.columns - 1))
        }
        screen.print(['one', 'two'])
        draw()
        for (const width of widths) {
          model.resize(width, breaks)
          output.columns = width
          draw()
          screen.print(['said'])
        }
        const width = output.columns
        const said = ['one', 'two', ...widths.map(() => 'said')]
        const drawn = [clip(status, width - 1), `#r › ${text.slice(0, width - 6)}`.trimEnd()]
        expect(model.text.split('\n'), `${widths}, ${breaks}`).toEqual([...said, ...drawn])
      }
    }
  })

  it.each([
    [{ TERM: 'xterm-256color' }, true],
    [{ TERM: 'xterm-256color', XTERM_VERSION: 'XTerm(379)' }, false],
    [{ TERM: 'linux' }, false],
    [{ TERM: 'screen', STY: '1.tty' }, false],
    [{ TERM: 'screen-256color', TMUX: '/tmp/tmux' }, true],
  ])('%j breaks rows: %s', (env, yes) => {
    expect(reflows(env)).toBe(yes)
  })
})

describe('text in columns', () => {
  it.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['👋🏽', 2],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['', 0],
  ])('%j takes %i', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })

  it.each([
    ['one two three', 8, ['one two', 'three']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['日本語', 4, ['日本', '語']],
    ['', 5, ['']],
  ])('%j in %i', (text, columns, rows) => {
    expect(wrap(text, columns)).toEqual(rows)
  })

  it('is cut with an ellipsis', () => {
    expect([clip('abcdef', 4), clip('日本語', 4), clip('abc', 3)]).toEqual(['abc…', '日…', 'abc'])
  })
})

describe('what others send cannot steer the terminal', () => {
  it.each([
    ['colours', '\x0304,01red\x03 \x02bold\x0f', 'red bold'],
    ['an escape that clears the screen', 'a\x1b[2Jb', 'a[2Jb'],
    ['an escape of eight bits', 'a\x9b2Jb', 'a2Jb'],
    ['a title', '\x1b]0;title\x07x', ']0;titlex'],
    ['line breaks', 'a\r\nb\u2028c', 'abc'],
    ['a tab is a space', 'a\tb', 'a b'],
    ['turns of direction', 'a\u202egnp.exe\u2066b\u2069', 'agnp.exeb'],
    ['marks of direction stay', 'שלום\u200f!', 'שלום\u200f!'],
  ])('%s', (_, text, shown) => {
    expect(stripFormatting(text)).toBe(shown)
  })

  it('neither by text nor by name, room, reason or topic', () => {
    const evil = '\x1b[2J\x07'
    const at = { time: new Date(), msgid: undefined, tags: new Map() }
    const who = { nick: evil, user: evil, host: evil }
    const context = { paint: plain, columns: 80, nick: 'ann', room: '#r', same: () => false }
    const rows = [
      ...logLines(
        {
          type: 'message',
          ...at,
          kind: 'message',
          from: who,
          room: evil,
          text: evil,
          self: false,
          past: false,
          replyTo: undefined,
          account: undefined,
          bot: false,
          statusPrefix: '',
          localId: undefined,
        },
        context,
      ),
      ...logLines(
        {
          type: 'message',
          ...at,
          kind: 'action',
          from: who,
          room: evil,
          text: evil,
          self: false,
          past: false,
          replyTo: undefined,
          account: undefined,
          bot: false,
          statusPrefix: '',
          localId: undefined,
        },
        context,
      ),
      ...logLines({ type: 'quit', ...at, who, rooms: [evil], reason: evil, self: false, past: false }, context),
      ...logLines({ type: 'topic', ...at, room: evil, topic: evil, by: who, changed: true, past: false }, context),
      ...logLines(
        { type: 'kick', ...at, nick: evil, by: who, room: evil, reason: evil, self: false, past: false },
        context,
      ),
      ...logLines(
        {
          type: 'reaction',
          ...at,
          from: who,
          room: evil,
          replyTo: 'x',
          reaction: evil,
          set: true,
          self: false,
          past: false,
        },
        context,
      ),
      ...logLines(
        {
          type: 'ctcp',
          ...at,
          from: who,
          room: evil,
          command: evil,
          text: evil,
          answer: true,
          self: false,
          past: false,
        },
        context,
      ),
      ...logLines(
        { type: 'complaint', ...at, severity: 'fail', command: evil, reply: '404', context: [evil], text: evil },
        context,
      ),
      ...logLines(
        { type: 'delivery', localId: 'm1', room: evil, state: 'failed', msgid: undefined, time: new Date() },
        context,
      ),
    ]
    expect(rows.length).toBeGreaterThan(7)
    expect(rows.join('')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
  })
})

describe('what programs ask of one another is told in words', () => {
  it.each([
    [':eve!e@h PRIVMSG ann :\x01VERSION\x01', 'the program of eve asks for VERSION (CTCP)'],
    [':eve!e@h PRIVMSG #room :\x01PING 12\x01', 'the program of eve asks for PING 12 (CTCP)'],
    [':eve!e@h PRIVMSG #other :\x01TIME', 'the program of eve asks for TIME (CTCP) in #other'],
    [':eve!e@h NOTICE ann :\x01VERSION x \x1b[2J\x01', 'the program of eve answers VERSION x [2J (CTCP)'],
    [':ann!a@h PRIVMSG eve :\x01VERSION\x01', 'your program asks for VERSION (CTCP) → eve'],
  ])('%j', async (line, words) => {
    const stage = await new Stage({ rooms: ['#room'], backlog: 0 }).online('').enter()
    const context = { paint: plain, columns: 90, nick: 'ann', room: '#room', same: (a: string, b: string) => a === b }
    stage.server(line)
    const rows = stage.events.flatMap((event) => logLines(event, context))
    expect(rows.map((row) => row.replace(/^\d\d:\d\d +– +/, ''))).toEqual([words])
  })
})

describe('a hostile server', () => {
  it('cannot steer the terminal by the names of rooms and people, drawn or completed', async () => {
    const evil = '\x1b]0;PWNED\x07\x1b[2J\x9b2J'
    const server = plainServer((line, say) => {
      const names = `:irc.test 353 ann = #${evil} :ann eve${evil}`
      if (line.startsWith('JOIN')) say(':op!o@h KICK #room ann :out', `:ann!a@h JOIN #${evil}`, names)
      if (line.startsWith('JOIN')) say(`:irc.test 366 ann #${evil} :End`, `@+typing=active :eve${evil} TAGMSG #${evil}`)
    })
    const client = new ChatClient({ url: 'irc://irc.test', nick: 'ann', rooms: ['#room'], reconnect: false }, server)
    const input = new PassThrough()
    const model = new ScreenModel(80)
    const shown = new Promise<void>((resolve) => {
      client.on((event) => event.type === 'names' && event.room !== '#room' && resolve())
    })
    const output = Object.assign(new EventEmitter(), {
      columns: 80,
      // Throws for whatever a terminal would obey.
      write: (text: string) => model.write(text),
    })
    const ended = terminalChat(client, '#room', input, output, plain)
    await shown
    input.write('hello ev\t\t')
    input.write('\x03/join #\t')
    expect(model.text).toMatch(/you are in #\]0;PWNED/)
    expect(model.rows.at(-1)).toMatch(/^#\]0;PWNED/)
    for (const typed of ['e', '#', '/join #'])
      expect(completions(typed, client, `#${evil}`).words.join('')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
    input.write('\x03\x03')
    await client.close('x'.repeat(1000))
    expect(await ended).toBeUndefined()
  })

  it('says nothing that makes a row that steers the terminal, whatever it is', async () => {
    const one = chooser(11)
    const context = { paint: plain, columns: 60, nick: 'ann', room: '#room', same: (a: string, b: string) => a === b }
    for (let life = 0; life < 20; life++) {
      const stage = await new Stage({ rooms: ['#room'], backlog: 0 }).online('message-tags').enter()
      for (let i = 0; i < 200; i++) stage.server(nonsense(one))
      for (const event of stage.events) expect(logLines(event, context).join('')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
      expect(stage.events.length).toBeGreaterThan(20)
    }
  })

  it('costs no more than a glance by a name of thousands of marks', () => {
    expect(clip(`abc${'\u0301'.repeat(8000)}def`, 5)).toBe(`abc${'\u0301'.repeat(8000)}d…`)
  })
})

describe('names and colours', () => {
  it.each([
    ['ann: hello', true],
    ['hello Ann!', true],
    ['annoying', false],
    ['joann', false],
    ['', false],
  ])('%j mentions ann: %s', (text, yes) => {
    expect(mentions(text, 'ann')).toBe(yes)
  })

  it('a nick has its colour wherever it is, whatever its case', () => {
    expect(nickFormat('Grace')).toBe(nickFormat('grace'))
    expect(new Set(['ann', 'bob', 'cat', 'dan', 'eve', 'fay'].map((nick) => nickFormat(nick))).size).toBeGreaterThan(2)
  })

  it.each([
    ['a terminal', { isTTY: true }, {}, true],
    ['a pipe', {}, {}, false],
    ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
  ])('%s', (_, output, env, colours) => {
    expect(paintFor(output, env)('red', 'x') !== 'x').toBe(colours)
  })
})

describe('the terminal chat', { timeout: 20_000 }, () => {
  const toClose: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of toClose.splice(0).reverse()) await close()
  })

  async function stage() {
    const chat = await serveChat({ name: 'chat.test', flood: false, listeners: [{ host: '127.0.0.1', port: 0 }] })
    toClose.push(() => chat.close({ timeout: 300 }))
    const join = (nick: string): ChatClient => {
      const client = connect({ url: `irc://127.0.0.1:${chat.port}`, nick, rooms: ['#lobby'], pace: { interval: 0 } })
      toClose.push(() => client.close())
      return client
    }
    const model = new ScreenModel(80)
    let look = (): void => {}
    /** The input row after every write: it must never be anything but prompt and text. */
    const inputs = new Set<string>()
    const output = Object.assign(new EventEmitter(), {
      columns: 80,
      write(text: string) {
        model.write(text)
        inputs.add(model.rows.at(-1)!)
        look()
      },
    })
    /** Waits until something is to be seen; what was seen instead is the error. */
    const shown = (pattern: RegExp | string): Promise<void> =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${pattern} is not shown:\n${model.text}`)), 15_000)
        look = () => {
          if (typeof pattern === 'string' ? !model.text.includes(pattern) : !pattern.test(model.text)) return
          clearTimeout(late)
          resolve()
        }
        look()
      })
    const input = new PassThrough()
    const ann = join('ann')
    const ended = terminalChat(ann, '#lobby', input, output, plain)
    return { chat, join, model, inputs, shown, ann, ended, type: (keys: string) => void input.write(keys) }
  }

  it('shows who is there and what is said, and never tears what is being typed', async () => {
    const { join, model, inputs, shown, type, ended } = await stage()
    await shown('1 here: @ann')
    type('half a sen')
    await shown(/#lobby › half a sen$/)
    inputs.clear()
    const bob = join('bob')
    await bob.join('#lobby')
    for (let i = 1; i <= 30; i++)
      bob.say('#lobby', `message ${i} ${'with more words than fit into a row '.repeat(i % 4)}`)
    await shown('message 30')
    expect([...inputs]).toEqual(['#lobby › half a sen'])
    expect(model.text).toMatch(/bob came in/)
    type('tence\r')
    await shown(/ann {2}half a sentence/)
    type('/quit see you\r')
    expect(await ended).toBeUndefined()
    expect(model.text).toMatch(/half a sentence\n$/)
  })

  it('has its commands', async () => {
    const { join, shown, type, ended } = await stage()
    const bob = join('bob')
    await bob.join('#lobby')
    await shown(/here: @?ann/)
    type('/me waves\r/topic Tea at five\r/names\r')
    await shown(/\* {2}ann waves/)
    await shown('topic: Tea at five (ann)')
    await shown('2 in #lobby')
    type('/join other\r')
    await shown(/#other ›$/)
    bob.say('#lobby', 'still here')
    await shown('[#lobby] still here')
    type('/msg bob psst\r')
    await shown('[to bob] psst')
    type('/rooms\r')
    await shown(/2 {2}#lobby +Tea at five/)
    type('/nowhere\r')
    await shown('there is no /nowhere')
    type('/nick\r')
    await shown('/nick: usage: /nick NAME')
    type('/whois bob\r')
    await shown(/bob: .*in @?#lobby/)
    type('/raw TIME\r')
    await shown(/391 chat\.test/)
    type('/nick anna\r')
    await shown('you are now anna')
    type('//slash\r')
    await shown(/anna {2}\/slash/)
    type('/help\r')
    await shown('/quit [TEXT]')
    type('/leave\r')
    await shown(/#lobby ›$/)
    type('\x03')
    expect(await ended).toBeUndefined()
  })

  it('completes commands, rooms and names', async () => {
    const { join, ann, shown, type } = await stage()
    await join('bobby').join('#lobby')
    await shown('bobby')
    expect(completions('/no', ann, '#lobby').words).toEqual([])
    expect(completions('/na', ann, '#lobby').words).toEqual(['/names '])
    expect(completions('bo', ann, '#lobby')).toEqual({ start: 0, words: ['bobby: '] })
    expect(completions('hi bo', ann, '#lobby')).toEqual({ start: 3, words: ['bobby '] })
    expect(completions('in #lo', ann, '#lobby').words).toEqual(['#lobby '])
    type('b\t')
    await shown(/#lobby › bobby:$/)
  })

  it('tells in one row that it is not connected, and keeps what is written', async () => {
    const { chat, shown, type, model, ended } = await stage()
    await shown('1 here')
    await chat.close({ timeout: 0 })
    await shown(/not connected, next try in \d+ s.*\n#lobby ›$/)
    type('are you there?\r')
    await shown(/ann {2}are you there\?\n.*(not connected|connecting again).*\n#lobby ›$/)
    expect(model.text.match(/not connected|connecting again/g)).toHaveLength(1)
    type('/quit\r')
    expect(await ended).toBeUndefined()
  })

  it('shows who is typing', async () => {
    const { join, shown } = await stage()
    const bob = join('bob')
    await bob.join('#lobby')
    await shown('bob came in')
    bob.typing('#lobby', 'active')
    await shown(/bob is typing …\n#lobby ›$/)
    bob.say('#lobby', 'there')
    await shown(/bob {2}there\n#lobby ›$/)
  })
})
