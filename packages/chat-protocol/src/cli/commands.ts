import { roomName } from '../client/chat-url.js'
import { stripFormatting } from '../client/formatting.js'
import type { Chatting } from '../client/interface.js'

/** What a command needs of the chat around it. */
export interface CommandContext {
  readonly client: Chatting
  /** The room that plain lines go to. */
  room: string
  /** Prints a note. */
  tell(text: string): void
  /** Prints a table or list, a row each. */
  show(rows: readonly string[]): void
  leave(reason: string): void
}

/** One command of the terminal chat. */
export interface Command {
  readonly name: string
  /** What stands behind the name in the help. */
  readonly usage: string
  readonly about: string
  run(context: CommandContext, argument: string): Promise<void> | void
}

/** The commands, in the order of the help. They are few: what IRC experts miss, `/raw` sends. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'help',
    usage: '',
    about: 'this list',
    run({ show }) {
      const width = Math.max(...COMMANDS.map(({ name, usage }) => name.length + usage.length)) + 4
      show(COMMANDS.map(({ name, usage, about }) => `/${`${name} ${usage}`.padEnd(width)}${about}`))
    },
  },
  {
    name: 'names',
    usage: '',
    about: 'who is in the room',
    run({ client, room, tell }) {
      const members = client.room(room)?.sorted() ?? []
      tell(
        `${members.length} in ${room}: ${members.map(({ prefixes, nick }) => prefixes.slice(0, 1) + nick).join('  ')}`,
      )
    },
  },
  {
    name: 'me',
    usage: 'TEXT',
    about: 'says what you do',
    run({ client, room }, text) {
      client.say(room, need(text, '/me TEXT'), { kind: 'action' })
    },
  },
  {
    name: 'msg',
    usage: 'NAME TEXT',
    about: 'says something to one person',
    run({ client }, argument) {
      const [name, text] = split(argument)
      client.say(need(name, '/msg NAME TEXT'), need(text, '/msg NAME TEXT'))
    },
  },
  {
    name: 'join',
    usage: 'ROOM [KEY]',
    about: 'goes into a room, or back to one',
    async run(context, argument) {
      const [name, key] = split(argument)
      const room = await context.client.join(roomName(need(name, '/join ROOM')), key === '' ? undefined : key)
      context.room = room.name
    },
  },
  {
    name: 'leave',
    usage: '[ROOM]',
    about: 'leaves the room',
    async run(context, argument) {
      const room = argument === '' ? context.room : roomName(argument)
      await context.client.part(room)
      const next = [...context.client.rooms.values()].find(({ joined }) => joined)
      if (next) context.room = next.name
      else context.tell('you are in no room now: /join ROOM')
    },
  },
  {
    name: 'rooms',
    usage: '',
    about: 'rooms of the server',
    async run({ client, show }) {
      const rooms = (await client.list()).sort((a, b) => b.members - a.members || a.name.localeCompare(b.name))
      show(
        rooms
          .slice(0, 50)
          .map(({ name, members, topic }) => `${String(members).padStart(5)}  ${name.padEnd(20)}  ${topic}`),
      )
    },
  },
  {
    name: 'topic',
    usage: '[TEXT]',
    about: 'shows or sets the topic',
    async run({ client, room, tell }, text) {
      if (text === '') tell(client.room(room)?.topic || 'there is no topic')
      else await client.setTopic(room, text)
    },
  },
  {
    name: 'nick',
    usage: 'NAME',
    about: 'changes your name',
    run: ({ client }, name) => client.changeNick(need(name, '/nick NAME')),
  },
  {
    name: 'whois',
    usage: 'NAME',
    about: 'tells about a person',
    async run({ client, tell }, name) {
      const who = await client.whois(need(name, '/whois NAME'))
      const facts = [
        who.realname && who.realname !== who.nick ? who.realname : '',
        who.user !== undefined ? `${who.user}@${who.host}` : '',
        who.rooms.length > 0 ? `in ${who.rooms.join(' ')}` : '',
        who.away === undefined ? '' : `away: ${who.away}`,
        who.idleSeconds === undefined ? '' : `silent for ${duration(who.idleSeconds)}`,
        who.operator ? 'operator' : '',
        who.bot ? 'bot' : '',
        who.secure ? 'by TLS' : '',
      ]
      tell(`${who.nick}: ${facts.filter((fact) => fact !== '').join(', ')}`)
    },
  },
  {
    name: 'away',
    usage: '[TEXT]',
    about: 'says that you are away, or back',
    async run({ client, tell }, text) {
      await client.away(text)
      tell(text === '' ? 'you are back' : 'you are away')
    },
  },
  {
    name: 'raw',
    usage: 'COMMAND …',
    about: 'sends a line of IRC and shows its answer',
    async run({ client, show }, line) {
      const [command, rest] = split(need(line, '/raw COMMAND'))
      const [words = '', trailing] = rest.split(/(?:^| ):(.*)/s, 2)
      const params = words.split(' ').filter((word) => word !== '')
      const answer = await client.request({ command, params: trailing === undefined ? params : [...params, trailing] })
      show(answer.map((message) => [message.command, ...message.params.slice(1)].join(' ')))
    },
  },
  {
    name: 'quit',
    usage: '[TEXT]',
    about: 'leaves the chat',
    run: ({ leave }, reason) => leave(reason),
  },
]

/** One way to call a command, or an error whose sentence is shown. */
export async function runCommand(context: CommandContext, line: string): Promise<void> {
  const [name, argument] = split(line.slice(1))
  const command = COMMANDS.find((each) => each.name === name.toLowerCase())
  if (command === undefined) {
    context.tell(`there is no /${name}; /help lists what there is, and // at the start says a slash`)
    return
  }
  try {
    await command.run(context, argument)
  } catch (error) {
    context.tell(`/${command.name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Words for the one before the cursor: commands, rooms, and names of who is here. */
export function completions(text: string, client: Chatting, room: string): { start: number; words: string[] } {
  const start = text.lastIndexOf(' ') + 1
  const word = text.slice(start).toLowerCase()
  const end = start === 0 ? ': ' : ' '
  const found = (names: Iterable<string>, tail: string): string[] =>
    // As they are shown: what they hold beside that could not be typed, and would be obeyed by the terminal.
    Array.from(names, stripFormatting)
      .filter((name) => name.toLowerCase().startsWith(word))
      .map((name) => name + tail)
  if (start === 0 && word.startsWith('/'))
    return {
      start,
      words: found(
        COMMANDS.map(({ name }) => `/${name}`),
        ' ',
      ),
    }
  if (/^[#&]/.test(word))
    return {
      start,
      words: found(
        [...client.rooms.values()].map(({ name }) => name),
        ' ',
      ),
    }
  if (word === '') return { start, words: [] }
  const names = (client.room(room)?.sorted() ?? []).map(({ nick }) => nick).filter((nick) => nick !== client.nick)
  return { start, words: found(names, end) }
}

function split(text: string): [first: string, rest: string] {
  const match = /^\s*(\S*)\s*(.*)$/s.exec(text)
  return [match?.[1] ?? '', match?.[2]?.trimEnd() ?? '']
}

function need(text: string, usage: string): string {
  if (text === '') throw new Error(`usage: ${usage}`)
  return text
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
