import type { ChatEvent, HistoryEvent, MessageEvent, PastEvent } from '../client/events.js'
import { stripFormatting } from '../client/formatting.js'
import { nickFormat, type Paint } from './paint.js'
import { textWidth, wrap } from './text-width.js'

/** What a line's look depends on beside the event. */
export interface LogContext {
  readonly paint: Paint
  readonly columns: number
  readonly nick: string
  /** The room that plain lines go to; messages elsewhere say where they are. */
  readonly room: string
  same(a: string, b: string): boolean
}

/** Columns of the nicks: names are right-aligned, longer ones push their text. */
const NICK_COLUMNS = 10

/** Rows for an event; none for what is not shown in the log (typing, deliveries that went well, the server's chatter). */
export function logLines(event: ChatEvent, context: LogContext): string[] {
  switch (event.type) {
    case 'message':
      return messageLines(event, context)
    case 'history':
      return historyLines(event, context)
    case 'reaction':
      return event.set
        ? note(
            event.time,
            `${event.from.nick} reacted with ${event.reaction}${elsewhere(event.room, context)}`,
            context,
          )
        : []
    case 'ctcp': {
      const who = event.self ? 'your program' : `the program of ${event.from.nick}`
      const what = `${event.answer ? 'answers' : 'asks for'} ${event.command} ${event.text}`.trim()
      const where = /^[#&+!]/.test(event.room) ? elsewhere(event.room, context) : event.self ? ` → ${event.room}` : ''
      return note(event.time, `${who} ${what} (CTCP)${where}`, context)
    }
    case 'join':
      return event.self
        ? note(event.time, `you are in ${event.room}`, context)
        : note(event.time, `${event.who.nick} came in${elsewhere(event.room, context)}`, context, '→')
    case 'part':
      return event.self
        ? note(event.time, `you left ${event.room}`, context)
        : note(
            event.time,
            `${event.who.nick} left${elsewhere(event.room, context)}${because(event.reason)}`,
            context,
            '←',
          )
    case 'quit':
      return event.self ? [] : note(event.time, `${event.who.nick} went away${because(event.reason)}`, context, '←')
    case 'kick': {
      const who = event.self ? 'you were' : `${event.nick} was`
      const text = `${who} put out of ${event.room} by ${event.by.nick}${because(event.reason)}`
      return note(event.time, text, context, '←')
    }
    case 'nick':
      return note(event.time, `${event.self ? 'you are' : `${event.from.nick} is`} now ${event.to}`, context)
    case 'topic': {
      if (event.topic === '') return event.changed ? note(event.time, 'the topic was removed', context) : []
      const by = event.changed && event.by ? ` (${event.by.nick})` : ''
      return note(event.time, `topic${elsewhere(event.room, context)}: ${event.topic}${by}`, context)
    }
    case 'mode': {
      const letters = event.changes.map(
        ({ set, mode, param }) => `${set ? '+' : '-'}${mode}${param ? ` ${param}` : ''}`,
      )
      return note(event.time, `${event.by.nick} set ${letters.join(' ')} on ${event.room}`, context)
    }
    case 'invite':
      return event.self
        ? note(event.time, `${event.by.nick} invites you to ${event.room}: /join ${event.room}`, context)
        : []
    case 'complaint': {
      const about = event.context.length > 0 ? ` (${event.context.join(' ')})` : ''
      return note(event.time, `${event.text}${about}`, context, '!', event.severity === 'fail' ? 'red' : 'yellow')
    }
    case 'delivery':
      return event.state === 'failed'
        ? note(event.time, `not sent to ${event.room}: ${event.error?.message ?? 'refused'}`, context, '!', 'red')
        : []
    default:
      return []
  }
}

/** A line that is nobody's: `--` or another sign where a nick would be, dimmed. */
export function note(
  time: Date,
  text: string,
  context: LogContext,
  sign = '–',
  format: 'dim' | 'red' | 'yellow' = 'dim',
): string[] {
  return rows(time, context, sign, format, stripFormatting(text), (row) => context.paint(format, row))
}

function messageLines(event: MessageEvent, context: LogContext): string[] {
  const { paint } = context
  const text = stripFormatting(event.text)
  const nick = stripFormatting(event.from.nick) || 'server'
  const where = elsewhere(event.room, context, event)
  if (event.kind === 'action') {
    return rows(event.time, context, '*', nickFormat(nick), `${where.trim()} ${nick} ${text}`.trim(), (row) =>
      paint('italic', row),
    )
  }
  const mine = !event.self && mentions(text, context.nick)
  const shown = where === '' ? text : `${where.trim()} ${text}`
  const colour = event.kind === 'notice' ? (row: string) => paint('dim', row) : (row: string) => row
  return rows(event.time, context, nick, nickFormat(nick), shown, mine ? (row) => paint('bold', row) : colour)
}

function historyLines(event: HistoryEvent, context: LogContext): string[] {
  if (event.events.length === 0) return []
  const lines = event.gap ? rule('some of what was said meanwhile is missing', context) : []
  let day = ''
  for (const each of event.events) {
    const today = each.time.toDateString()
    if (today !== day && today !== new Date().toDateString()) lines.push(...rule(today, context))
    day = today
    lines.push(...logLines(each as PastEvent, context))
  }
  const said = event.kind === 'catch-up' ? 'you missed the above' : 'said before you came'
  return [...lines, ...rule(said, context)]
}

/** A line across the log. */
function rule(text: string, context: LogContext): string[] {
  const width = Math.max(0, Math.min(context.columns, 72) - textWidth(text) - 6)
  return [context.paint('dim', `──── ${text} ${'─'.repeat(width)}`)]
}

/** Is the nick a word of the text? */
export function mentions(text: string, nick: string): boolean {
  const at = text.toLowerCase().indexOf(nick.toLowerCase())
  if (at < 0) return false
  const word = /[\p{L}\p{N}_]/u
  return !word.test(text[at - 1] ?? '') && !word.test(text[at + nick.length] ?? '')
}

function elsewhere(room: string, context: LogContext, message?: MessageEvent): string {
  if (context.same(room, context.room)) return ''
  if (message === undefined) return ` in ${room}`
  const channel = /^[#&+!]/.test(room)
  return channel ? `[${room}]` : message.self ? `[to ${room}]` : '[to you]'
}

function because(reason: string): string {
  return reason === '' ? '' : ` (${reason})`
}

function rows(
  time: Date,
  { paint, columns }: LogContext,
  name: string,
  format: Parameters<Paint>[0],
  text: string,
  colour: (row: string) => string,
): string[] {
  const clock = `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`
  const pad = ' '.repeat(Math.max(0, NICK_COLUMNS - textWidth(name)))
  const indent = clock.length + 2 + Math.max(NICK_COLUMNS, textWidth(name)) + 2
  const head = `${paint('dim', clock)}  ${pad}${paint(format, name)}  `
  // On a narrow terminal the text gets at least half of it.
  const hang = indent > columns / 2 ? 2 : indent
  const [first = '', ...rest] = wrap(text, columns - indent > 10 ? columns - indent : Math.max(10, columns - hang))
  return [head + colour(first), ...rest.map((row) => ' '.repeat(hang) + colour(row))]
}
