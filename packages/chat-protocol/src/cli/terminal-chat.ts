import { emitKeypressEvents } from 'node:readline'
import type { ChatEvent } from '../client/events.js'
import { stripFormatting } from '../client/formatting.js'
import type { Chatting } from '../client/interface.js'
import { completions, runCommand } from './commands.js'
import { type Key, LineEditor } from './line-editor.js'
import { type LogContext, logLines, mentions, note } from './log-lines.js'
import type { Paint } from './paint.js'
import { clip, reflows, Screen } from './screen.js'
import { textWidth } from './text-width.js'

/** What is used of standard input. */
export interface KeyInput extends NodeJS.ReadableStream {
  setRawMode?(raw: boolean): unknown
}

/** What is used of standard output. */
export interface ScreenOutput extends NodeJS.EventEmitter {
  readonly columns?: number
  write(text: string): unknown
}

/** People of whom it is known that they type; more than a few are not told apart. */
const MAX_TYPING = 100
/** How long a typing notice holds, milliseconds (IRCv3 typing). */
const TYPING_HOLDS = 6000

/**
 * The chat in a terminal: events become rows above, keys become the line below.
 *
 * @param room the room that plain lines go to first
 * @param name the name asked for, to say when another was had
 * @returns when the user leaves, or the client is closed for good: then the reason
 */
export async function terminalChat(
  client: Chatting & { readonly closed: Promise<void> },
  room: string,
  input: KeyInput,
  output: ScreenOutput,
  paint: Paint,
  name: string = client.nick,
): Promise<string | undefined> {
  const chat = new TerminalChat(client, room, output, paint, name)
  const stop = client.on((event) => chat.event(event))
  const key = (text: string | undefined, pressed: Key | undefined): void => chat.key(text, pressed ?? {})
  const resize = (): void => chat.draw()
  emitKeypressEvents(input)
  input.setRawMode?.(true)
  input.on('keypress', key)
  input.on('end', chat.leave)
  output.on('resize', resize)
  input.resume()
  chat.draw()
  try {
    await client.closed
  } finally {
    stop()
    chat.end()
    input.off('keypress', key)
    input.off('end', chat.leave)
    output.off('resize', resize)
    input.setRawMode?.(false)
    input.pause()
  }
  return chat.failure
}

class TerminalChat {
  /** Why the client was closed, unless it was by us. */
  failure: string | undefined
  room: string
  readonly client: Chatting
  readonly #screen: Screen
  readonly #paint: Paint
  readonly #editor: LineEditor
  /** Who types where, and until when we believe it. */
  readonly #typing = new Map<string, ReturnType<typeof setTimeout>>()
  #connection = 'connecting …'
  #leaving = false
  /** The name asked for. */
  #wanted: string

  constructor(client: Chatting, room: string, output: ScreenOutput, paint: Paint, name: string) {
    this.#wanted = name
    this.client = client
    this.room = room
    this.#screen = new Screen(output, reflows(process.env))
    this.#paint = paint
    this.#editor = new LineEditor((text) => completions(text, client, this.room))
  }

  /** Prints a note. */
  tell(text: string): void {
    this.#screen.print(note(new Date(), text, this.#context()))
  }

  /** Prints rows as they are. */
  show(rows: readonly string[]): void {
    this.#screen.print(rows.map((row) => `  ${clip(stripFormatting(row), this.#screen.columns - 2)}`))
  }

  leave = (reason: unknown): void => {
    this.#leaving = true
    void this.client.close(typeof reason === 'string' ? reason : '')
  }

  end(): void {
    for (const timer of this.#typing.values()) clearTimeout(timer)
    this.#screen.close()
  }

  event(event: ChatEvent): void {
    if (event.type === 'status') this.#status(event)
    else if (event.type === 'typing') this.#typed(event.room, event.from.nick, event.state === 'active')
    else if (event.type === 'welcome') this.#welcome(event.nick)
    if (event.type === 'message' && !event.self) this.#typed(event.room, event.from.nick, false)
    const rows = logLines(event, this.#context())
    this.#screen.print(rows)
    if (event.type === 'message' && !event.self && !event.past && this.#concerns(event.room, event.text))
      this.#screen.bell()
    if (event.type === 'join' && event.self && this.#isGone()) this.room = event.room
    if (event.type === 'names') this.#names(event.room)
    this.draw()
  }

  key(text: string | undefined, key: Key): void {
    const result = this.#editor.press(text, key)
    if (result === 'leave') return this.leave('')
    if (typeof result === 'object') this.#line(result.line)
    else if (result === 'changed') this.#report()
    if (key.ctrl && key.name === 'l') this.#screen.redraw()
    this.draw()
  }

  draw(): void {
    const { columns } = this.#screen
    const label = clip(stripFormatting(this.room), Math.floor(columns / 3))
    const prompt = `${label} › `
    const promptWidth = textWidth(prompt)
    const { text, column } = this.#editor.view(columns - promptWidth - 1)
    const input = { prompt: this.#paint(['bold', 'cyan'], prompt), promptWidth, text, column }
    this.#screen.show(input, this.#statusRow())
  }

  #line(line: string): void {
    const text = line.trimEnd()
    if (text === '') return
    if (text.startsWith('/') && !text.startsWith('//')) {
      const chat = this
      void runCommand(
        {
          client: this.client,
          get room() {
            return chat.room
          },
          set room(name: string) {
            chat.room = name
            chat.draw()
          },
          tell: (words) => this.tell(words),
          show: (rows) => this.show(rows),
          leave: (reason) => this.leave(reason),
        },
        text,
      )
      return
    }
    try {
      this.client.say(this.room, text.startsWith('//') ? text.slice(1) : text)
    } catch (error) {
      this.tell((error as Error).message)
    }
  }

  /** Others see that we are typing, unless it is a command. */
  #report(): void {
    const { first } = this.#editor
    if (this.client.state !== 'online' || first === '/') return
    this.client.typing(this.room, first === '' ? 'done' : 'active')
  }

  #status(event: ChatEvent & { type: 'status' }): void {
    switch (event.state) {
      case 'connecting':
      case 'registering':
        this.#connection = event.attempt > 1 ? `connecting again (attempt ${event.attempt}) …` : 'connecting …'
        break
      case 'online':
        this.#connection = ''
        break
      case 'waiting': {
        const seconds = Math.max(1, Math.round(((event.retryAt?.getTime() ?? 0) - Date.now()) / 1000))
        this.#connection = `not connected, next try in ${seconds} s, what you write is kept (${event.reason ?? 'connection lost'})`
        break
      }
      case 'closed':
        if (!this.#leaving) this.failure = event.reason
    }
  }

  #welcome(nick: string): void {
    if (!this.client.same(nick, this.#wanted))
      this.tell(`${this.#wanted} is taken, so you are ${nick}; /nick changes it`)
    this.#wanted = nick
  }

  #names(name: string): void {
    const members = this.client.room(name)?.sorted() ?? []
    const shown = members.slice(0, 20).map(({ prefixes, nick }) => prefixes.slice(0, 1) + nick)
    const more = members.length > shown.length ? ` and ${members.length - shown.length} more (/names)` : ''
    this.tell(`${members.length} here: ${shown.join('  ')}${more}`)
  }

  #typed(room: string, nick: string, active: boolean): void {
    const key = `${room} ${nick}`
    clearTimeout(this.#typing.get(key))
    this.#typing.delete(key)
    if (!active || this.#typing.size >= MAX_TYPING) return
    const over = setTimeout(() => {
      this.#typing.delete(key)
      this.draw()
    }, TYPING_HOLDS)
    over.unref()
    this.#typing.set(key, over)
  }

  #statusRow(): string {
    const { columns } = this.#screen
    if (this.#connection !== '') return this.#paint('yellow', clip(stripFormatting(this.#connection), columns - 1))
    const nicks = [...this.#typing.keys()]
      .filter((key) => this.client.same(key.slice(0, key.indexOf(' ')), this.room))
      .map((key) => key.slice(key.indexOf(' ') + 1))
    if (nicks.length === 0) return ''
    const who = nicks.length > 3 ? 'several people' : nicks.join(', ')
    return this.#paint(
      'dim',
      clip(stripFormatting(`${who} ${nicks.length === 1 ? 'is' : 'are'} typing …`), columns - 1),
    )
  }

  #concerns(room: string, text: string): boolean {
    return !/^[#&+!]/.test(room) || mentions(text, this.client.nick)
  }

  #isGone(): boolean {
    return this.client.room(this.room) === undefined
  }

  #context(): LogContext {
    return {
      paint: this.#paint,
      columns: this.#screen.columns,
      nick: this.client.nick,
      room: this.room,
      same: (a, b) => this.client.same(a, b),
    }
  }
}
