import { createInterface } from 'node:readline'
import type { ChatEvent, DeliveryEvent } from '../client/events.js'
import { stripFormatting } from '../client/formatting.js'
import type { Chatting } from '../client/interface.js'
import { ChatError } from '../codec/errors.js'

/** Where lines come from and go to. */
export interface LineStreams {
  readonly input: NodeJS.ReadableStream
  readonly output: { write(text: string): unknown }
}

/** Options of {@link lineChat}. */
export interface LineChatOptions {
  /** Print every event as a line of JSON, and read lines that are JSON objects as commands. */
  readonly json: boolean
  /** Stay when the input ends, until the client is closed. */
  readonly follow: boolean
}

/** What is not kept until it can be said waits so long, milliseconds, for the connection and the room. */
const ENTER_TIMEOUT = 60_000

/**
 * The chat for programs: each line of the input is a message to the room. Ends when the input has ended and everything is
 * with the server.
 *
 * With `json` each event is printed as one line; an input line that is a JSON object is a command: `{"say": text, "room"?,
 * "replyTo"?, "kind"?}`, `{"react": reaction, "to": msgid, "room"?}`, `{"join": room}`, `{"part": room}`, `{"quit": reason}`.
 * Commands are done one after the other, each when it can be: what is said waits as long as it takes, reactions and
 * leaving wait a minute for the connection and the room.
 *
 * @returns what went wrong, a sentence each: lines that were refused, commands that are none, the end of the client
 */
export async function lineChat(
  client: Chatting & { readonly closed: Promise<void> },
  room: string,
  streams: LineStreams,
  options: LineChatOptions,
): Promise<string[]> {
  const failures: string[] = []
  const undelivered = new Set<string>()
  /** Where a reaction is under way: a complaint about it is its failure. */
  let reacting: string | undefined
  let settle: () => void = () => {}
  const stop = client.on((event) => {
    if (options.json) streams.output.write(`${eventJson(event)}\n`)
    // Before `say` returns: where the server has no echo, the delivery comes before that as well.
    if (event.type === 'message' && event.localId !== undefined) undelivered.add(event.localId)
    if (event.type === 'delivery') arrived(event)
    if (event.type === 'complaint' && event.severity === 'fail' && reacting !== undefined) {
      const about = reacting
      if (event.context.some((word) => client.same(word, about))) failures.push(`no reaction: ${event.text}`)
    }
    const ended = event.type === 'status' && event.state === 'closed' && event.error?.code !== 'CHAT_ERR_CLOSED'
    if (ended) failures.push(event.reason ?? 'the chat was closed')
  })
  const arrived = (event: DeliveryEvent): void => {
    undelivered.delete(event.localId)
    if (event.state === 'failed') failures.push(`not sent: ${event.error?.message ?? 'refused'}`)
    if (undelivered.size === 0) settle()
  }
  const say = async (target: string, text: string, how: object = {}): Promise<void> => {
    // The queue is bounded, so a long input waits here for the server.
    while (undelivered.size >= 100 && client.state !== 'closed') await drained()
    client.say(target, text, how)
  }
  const drained = (): Promise<void> =>
    undelivered.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          settle = resolve
        })
  const quit = async (reason: string | undefined): Promise<void> => {
    // What was said before is said.
    await drained()
    await client.close(reason)
  }
  const react = async (target: string, msgid: string, reaction: string): Promise<void> => {
    await entered(client, target)
    if (!client.has('message-tags')) throw new ChatError('CHAT_ERR_UNSUPPORTED', 'the server has no reactions')
    reacting = target
    try {
      client.react(target, msgid, reaction)
      // Nothing answers it. What is asked behind it is answered when the server has read it.
      await client.request({ command: 'PING', params: ['react'] })
    } finally {
      reacting = undefined
    }
  }
  const lines = createInterface({ input: streams.input, crlfDelay: Number.POSITIVE_INFINITY })
  const read = async (): Promise<void> => {
    for await (const line of lines) {
      if (client.state === 'closed') return
      try {
        if (options.json && line.trimStart().startsWith('{'))
          await obey(client, room, JSON.parse(line), { say, react, quit })
        else if (stripFormatting(line).trim() !== '') await say(room, line.replace(/[\0\x01]/g, ''))
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
      }
    }
    if (options.follow) return void (await client.closed)
    await drained()
    await client.close()
  }
  // Everything that is waited for ends with the client, so what was not done any more is among the failures.
  void client.closed.then(() => {
    settle()
    lines.close()
  })
  await read()
  stop()
  lines.close()
  return failures
}

/** The ways in which commands are done. */
interface Means {
  say(target: string, text: string, how?: object): Promise<void>
  react(target: string, msgid: string, reaction: string): Promise<void>
  quit(reason: string | undefined): Promise<void>
}

async function obey(
  client: Chatting,
  room: string,
  command: Record<string, unknown>,
  { say, react, quit }: Means,
): Promise<void> {
  const text = (key: string): string | undefined => {
    const value = command[key]
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`${key} must be a string`)
    return value
  }
  const target = text('room') ?? room
  if (text('say') !== undefined) {
    const kind = text('kind')
    if (kind !== undefined && kind !== 'message' && kind !== 'notice' && kind !== 'action') {
      throw new TypeError('kind must be message, notice or action')
    }
    const replyTo = text('replyTo')
    const how = { ...(kind === undefined ? {} : { kind }), ...(replyTo === undefined ? {} : { replyTo }) }
    return say(target, text('say')!, how)
  }
  if (text('react') !== undefined) {
    if (!text('react') || !text('to')) throw new TypeError('react needs a reaction, and to: the msgid of a message')
    return react(target, text('to')!, text('react')!)
  }
  if (text('join') !== undefined) return void (await client.join(text('join')!))
  if (text('part') !== undefined) {
    await entered(client, text('part')!)
    if (client.room(text('part')!) === undefined) throw new Error(`you are not in ${text('part')}`)
    return client.part(text('part')!)
  }
  if (text('quit') !== undefined) return quit(text('quit'))
  throw new TypeError(`no command: ${JSON.stringify(command).slice(0, 200)}`)
}

/** Resolves when the client is online and in the room, if that is one it wants to be in. */
function entered(client: Chatting, target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (client.state === 'closed') settle(() => reject(new ChatError('CHAT_ERR_CLOSED', 'the chat was closed')))
      else if (client.state === 'online' && client.room(target)?.joined !== false) settle(resolve)
    }
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      stop()
      act()
    }
    const stop = client.on(look)
    const timer = setTimeout(() => {
      settle(() => reject(new ChatError('CHAT_ERR_NO_ANSWER', `not in ${target} in time`)))
    }, ENTER_TIMEOUT)
    look()
  })
}

/**
 * An event as one line of JSON: tags as an object, errors as `{code, message}`, absent fields left out. All control
 * characters are escaped, also those of eight bits, which terminals obey and JSON would let stand.
 */
export function eventJson(event: ChatEvent): string {
  const json = JSON.stringify(event, (_, value: unknown) => {
    if (value instanceof Map) return Object.fromEntries(value)
    if (value instanceof Error) return { code: (value as { code?: string }).code, message: value.message }
    return value
  })
  return json.replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)
}
