import type { ServerResponse } from './message.js'
import { checkDuration } from './option-checks.js'

/** One server-sent event; `data` of several lines stays several lines. */
export interface ServerSentEvent {
  /** The text; several lines are sent as several `data` lines. */
  data: string
  /** The event's type, `message` when left out. No line breaks. */
  event?: string
  /** The last event ID a client repeats when it comes back. No line breaks, no U+0000. */
  id?: string
  /** Milliseconds after which a client should come back. */
  retry?: number
}

/** Options of {@link eventStream}. */
export interface EventStreamOptions {
  /** Milliseconds between comments that keep proxies from closing a silent stream; 0 off. Default 15,000. */
  heartbeat?: number
}

/** An open stream of server-sent events. */
export interface EventStream {
  /** Whether it is over: closed by us, or the peer left. */
  readonly closed: boolean
  /** Sends an event. @returns whether to go on; `false`: wait for `drained`. @throws TypeError for a line break in `event` or `id` */
  send(event: ServerSentEvent | string): boolean
  /** Sends a comment, which clients skip. */
  comment(text: string): boolean
  /** Resolves when the connection takes more, rejects when the peer has left. */
  drained(): Promise<void>
  /** Ends the stream. Clients come back unless told 204. */
  close(): void
}

/**
 * Answers with a stream of server-sent events: `text/event-stream`, not cached, the head sent at once.
 * @throws RangeError for a `heartbeat` that no timer can wait
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function eventStream(response: ServerResponse, options: EventStreamOptions = {}): EventStream {
  const heartbeat = checkDuration('heartbeat', options.heartbeat ?? 15_000)
  const stream = new ResponseEventStream(response)
  stream.start(heartbeat)
  return stream
}

class ResponseEventStream implements EventStream {
  #response: ServerResponse
  #heart: ReturnType<typeof setInterval> | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  start(heartbeat: number): void {
    const response = this.#response
    response.setField('Content-Type', 'text/event-stream').setField('Cache-Control', 'no-cache')
    response.setField('X-Accel-Buffering', 'no').flushHead()
    if (!response.hasContent) {
      response.end()
      return
    }
    if (heartbeat === 0) return
    const heart = setInterval(() => this.comment(''), heartbeat)
    heart.unref()
    this.#heart = heart
    response.onFinish(() => clearInterval(heart))
  }

  get closed(): boolean {
    return this.#response.ended || this.#response.finished
  }

  send(event: ServerSentEvent | string): boolean {
    return this.closed ? true : this.#response.write(formatEvent(typeof event === 'string' ? { data: event } : event))
  }

  comment(text: string): boolean {
    return this.closed ? true : this.#response.write(`${prefixLines(':', text)}\n`)
  }

  drained(): Promise<void> {
    return this.#response.drained()
  }

  close(): void {
    clearInterval(this.#heart)
    if (!this.closed) this.#response.end()
  }
}

function formatEvent({ data, event, id, retry }: ServerSentEvent): string {
  let text = ''
  if (event !== undefined) text += `event: ${oneLine(event)}\n`
  if (id !== undefined) text += `id: ${oneLine(id)}\n`
  if (retry !== undefined) text += `retry: ${Math.trunc(retry)}\n`
  return `${text}${prefixLines('data: ', data)}\n`
}

/** CR, LF and CR LF all end a line of an event stream. */
function prefixLines(prefix: string, text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => `${prefix}${line}\n`)
    .join('')
}

/** A line break here would let data forge fields of the event. */
function oneLine(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new TypeError('An event type or ID has no line breaks and no U+0000')
  return text
}
