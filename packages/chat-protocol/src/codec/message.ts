import { ChatError, callerFault } from './errors.js'
import { byteLength } from './text.js'

/** One IRC message: what a line says. Values are unescaped; nothing is folded or validated beyond the grammar. */
export interface Message {
  /** Tag keys (client-only ones with their `+`) to unescaped values; a tag without a value has `''`. */
  readonly tags: ReadonlyMap<string, string>
  /** Who sent it, without the colon: a server's name or `nick!user@host`; `undefined` when the line has none. */
  readonly source: string | undefined
  /** Command in upper case (`PRIVMSG`) or a numeric's three digits (`001`). */
  readonly command: string
  /** Parameters in order. The last may be empty, hold spaces and start with a colon. */
  readonly params: readonly string[]
}

/** What {@link formatMessage} takes: a {@link Message} of which all but the command may be left out. */
export interface MessageInit {
  /** Tags as a map or as an object; `''` and `undefined` values are written as the key alone. */
  readonly tags?: ReadonlyMap<string, string> | Readonly<Record<string, string | undefined>> | undefined
  /** Source without its colon. */
  readonly source?: string | undefined
  /** Command or numeric. */
  readonly command: string
  /** Parameters; only the last may be empty, hold spaces or start with a colon. */
  readonly params?: readonly string[]
}

/** Sizes in bytes of a line on the wire. */
export interface LineLimits {
  /** Most bytes of a message without its tags, with CR LF (default 512, RFC 1459 §2.3; ISUPPORT `LINELEN` may raise it). */
  maxLength?: number
  /** Most bytes of the tags with `@` and the space after them (default 8,191; a server reads at most 4,096 of a client). */
  maxTagsLength?: number
}

/** Most bytes of a message with CR LF and without tags (RFC 1459 §2.3). */
export const MAX_LINE = 512
/** Most bytes of a line's tags with `@` and space, as a server sends them (IRCv3 message-tags). */
export const MAX_TAGS = 8191
/** Most bytes of a line's tags with `@` and space, as a client may send them (IRCv3 message-tags). */
export const MAX_CLIENT_TAGS = 4096

/** The tags of a message that has none. */
export const NO_TAGS: ReadonlyMap<string, string> = new Map()

const FORBIDS = 'CR, LF or NUL in a line'
const COMMAND_IS = 'bad command'
const FORBIDDEN = /[\0\r\n]/
const COMMAND = /^(?:[A-Za-z]+|\d{3})$/
const TAG_KEY = /^\+?(?:[^\0\r\n ;=/+@]+\/)?[A-Za-z0-9-]+$/

/**
 * Reads one line.
 *
 * Runs of spaces separate as one space does; a tab is an ordinary character; of a tag given twice the last counts.
 *
 * @param line a line without its CR LF
 * @returns a message; its strings are the line's own, unescaped in tags, the command in upper case
 * @throws ChatError `CHAT_ERR_NO_COMMAND`, `CHAT_ERR_BAD_COMMAND`, `CHAT_ERR_BAD_CHARACTER` (CR, LF or NUL inside)
 * @see RFC 1459 §2.3.1, IRCv3 message-tags
 */
export function parseMessage(line: string): Message {
  if (FORBIDDEN.test(line)) throw new ChatError('CHAT_ERR_BAD_CHARACTER', FORBIDS, { line })
  let at = 0
  let tags = NO_TAGS
  let source: string | undefined
  if (line.charCodeAt(0) === 64 /* @ */) {
    const end = wordEnd(line, 1)
    tags = parseTags(line.slice(1, end))
    at = skipSpaces(line, end)
  } else at = skipSpaces(line, 0)
  if (line.charCodeAt(at) === 58 /* : */) {
    const end = wordEnd(line, at)
    source = line.slice(at + 1, end)
    at = skipSpaces(line, end)
  }
  let end = wordEnd(line, at)
  if (end === at) throw new ChatError('CHAT_ERR_NO_COMMAND', 'no command', { line })
  const command = line.slice(at, end)
  if (!COMMAND.test(command)) throw new ChatError('CHAT_ERR_BAD_COMMAND', COMMAND_IS, { line })
  const params: string[] = []
  for (at = skipSpaces(line, end); at < line.length; at = skipSpaces(line, end)) {
    if (line.charCodeAt(at) === 58) {
      params.push(line.slice(at + 1))
      break
    }
    end = wordEnd(line, at)
    params.push(line.slice(at, end))
  }
  return { tags, source, command: command.toUpperCase(), params }
}

/**
 * Writes one line: the inverse of {@link parseMessage}. The last parameter gets its colon where it needs one.
 *
 * @param message what to say; tags are escaped here
 * @param limits when given, the line is measured against them
 * @returns a line without CR LF
 * @throws TypeError `CHAT_ERR_BAD_COMMAND`, `CHAT_ERR_BAD_PARAMETER`, `CHAT_ERR_BAD_SOURCE`, `CHAT_ERR_BAD_TAG`,
 *   `CHAT_ERR_BAD_CHARACTER`: a value that would read back as something else, so nothing can be injected
 * @throws RangeError `CHAT_ERR_LINE_TOO_LONG`, `CHAT_ERR_TAGS_TOO_LONG` when `limits` are given and exceeded
 */
export function formatMessage(message: MessageInit, limits?: LineLimits): string {
  const { source, command, params = [] } = message
  const tags = message.tags === undefined ? '' : formatTags(message.tags)
  let line = ''
  if (source !== undefined) {
    if (source === '' || source.includes(' '))
      throw callerFault(TypeError, 'CHAT_ERR_BAD_SOURCE', 'a source is one word')
    line = `:${source} `
  }
  if (!COMMAND.test(command)) throw callerFault(TypeError, 'CHAT_ERR_BAD_COMMAND', COMMAND_IS)
  line += command
  const last = params.length - 1
  for (let i = 0; i < last; i++) {
    const param = params[i]!
    if (needsColon(param)) throw callerFault(TypeError, 'CHAT_ERR_BAD_PARAMETER', `parameter ${i + 1} is no word`)
    line += ` ${param}`
  }
  if (last >= 0) line += needsColon(params[last]!) ? ` :${params[last]}` : ` ${params[last]}`
  if (FORBIDDEN.test(tags + line)) throw callerFault(TypeError, 'CHAT_ERR_BAD_CHARACTER', FORBIDS)
  if (limits !== undefined) {
    const { maxLength = MAX_LINE, maxTagsLength = MAX_TAGS } = limits
    if (byteLength(line) > maxLength - 2)
      throw callerFault(RangeError, 'CHAT_ERR_LINE_TOO_LONG', `a line exceeds ${maxLength} bytes`)
    if (tags !== '' && byteLength(tags) > maxTagsLength)
      throw callerFault(RangeError, 'CHAT_ERR_TAGS_TOO_LONG', `tags exceed ${maxTagsLength} bytes`)
  }
  return tags + line
}

/**
 * Reads the tags of a line.
 *
 * @param text what stands between `@` and the first space
 * @returns keys to unescaped values in order of first appearance; of a key given twice the last value counts, empty keys
 *   are left out
 */
export function parseTags(text: string): ReadonlyMap<string, string> {
  const tags = new Map<string, string>()
  for (const tag of text.split(';')) {
    const equals = tag.indexOf('=')
    if (equals < 0) {
      if (tag !== '') tags.set(tag, '')
    } else if (equals > 0) tags.set(tag.slice(0, equals), unescapeTagValue(tag.slice(equals + 1)))
  }
  return tags
}

/**
 * Writes the tags of a line with `@` before and a space after them; `''` when there are none.
 *
 * @throws TypeError `CHAT_ERR_BAD_TAG` for a key outside the grammar
 */
export function formatTags(tags: NonNullable<MessageInit['tags']>): string {
  let text = ''
  const entries = tags instanceof Map ? tags : Object.entries(tags as Record<string, string | undefined>)
  for (const [key, value] of entries) {
    if (!TAG_KEY.test(key)) throw callerFault(TypeError, 'CHAT_ERR_BAD_TAG', 'bad tag key')
    text += (text === '' ? '@' : ';') + (value ? `${key}=${escapeTagValue(value)}` : key)
  }
  return text === '' ? '' : `${text} `
}

const ESCAPES: Record<string, string> = { ';': '\\:', ' ': '\\s', '\\': '\\\\', '\r': '\\r', '\n': '\\n' }
const UNESCAPES: Record<string, string> = { ':': ';', s: ' ', r: '\r', n: '\n' }

/** Escapes a tag's value: `;` space `\` CR LF. NUL has no escape: `formatMessage` refuses it. */
export function escapeTagValue(value: string): string {
  return value.replace(/[; \\\r\n]/g, (c) => ESCAPES[c]!)
}

/** Unescapes a tag's value; an escape that means nothing loses its backslash, and so does a lone one at the end. */
export function unescapeTagValue(value: string): string {
  return value.includes('\\') ? value.replace(/\\(.?)/gs, (_, c: string) => UNESCAPES[c] ?? c) : value
}

/** Does a parameter need a colon, so that it can only come last? */
function needsColon(param: string): boolean {
  return param === '' || param.charCodeAt(0) === 58 || param.includes(' ')
}

function wordEnd(line: string, from: number): number {
  const end = line.indexOf(' ', from)
  return end < 0 ? line.length : end
}

function skipSpaces(line: string, from: number): number {
  while (line.charCodeAt(from) === 32) from++
  return from
}
