import { createInterface } from 'node:readline'
import type { ChatEvent, DeliveryEvent } from '../client/events.js'
import { stripFormatting } from '../client/formatting.js'
import type { Chatting } from '../client/interface.js'

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

/**
 * The chat for programs: each line of the input is a message to the room. Ends when the input has ended and everything is
 * with the server.
 *
 * With `json` each event is printed as one line; an input line that is a JSON object is a command: `{"say": text, "room"?,
 * "replyTo"?, "kind"?}`, `{"react": reaction, "to": msgid, "room"?}`, `{"join": room}`, `{"part": room}`, `{"quit": reason}`.
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
  let settle: () => void = () => {}
  const stop = client.on((event) => {
    if (options.json) streams.output.write(`${eventJson(event)}\n`)
    // Before `say` returns: where the server has no echo, the delivery comes before that as well.
    if (event.type === 'message' && event.localId !== undefined) undelivered.add(event.localId)
    if (event.type === 'delivery') arrived(event)
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
  const lines = createInterface({ input: streams.input, crlfDelay: Number.POSITIVE_INFINITY })
  const read = async (): Promise<void> => {
    for await (const line of lines) {
      if (client.state === 'closed') return
      try {
        if (options.json && line.trimStart().startsWith('{')) await obey(client, room, JSON.parse(line), say, quit)
        else if (stripFormatting(line).trim() !== '') await say(room, line.replaceAll('\0', ''))
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
      }
    }
    if (options.follow) return void (await client.closed)
    await drained()
    await client.close()
  }
  await Promise.race([read(), client.closed.then(() => settle())])
  stop()
  lines.close()
  return failures
}

async function obey(
  client: Chatting,
  room: string,
  command: Record<string, unknown>,
  say: (target: string, text: string, how?: object) => Promise<void>,
  quit: (reason: string | undefined) => Promise<void>,
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
  if (text('react') !== undefined) return client.react(target, text('to') ?? '', text('react')!)
  if (text('join') !== undefined) return void (await client.join(text('join')!))
  if (text('part') !== undefined) return client.part(text('part')!)
  if (text('quit') !== undefined) return quit(text('quit'))
  throw new TypeError(`no command: ${JSON.stringify(command).slice(0, 200)}`)
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
