import { appendFileSync, createWriteStream } from 'node:fs'
import type { Exchange } from './message.js'
import { checkDuration, checkNumber, checkString } from './option-checks.js'

/** How a line looks: Apache's common or combined format, JSON, or a function of your own (without the line break). */
export type AccessLogFormat = 'common' | 'combined' | 'json' | ((exchange: Exchange) => string)

/** Options of {@link accessLog}. */
export interface AccessLogOptions {
  /** Default `common`. */
  format?: AccessLogFormat
  /** A stream, or the name of a file to append to. Default: standard output. */
  to?: NodeJS.WritableStream | string
  /** Milliseconds a line may wait for company before it is written. 0: no longer than a turn. Default 1,000. */
  flushInterval?: number
  /** Characters that wait for a slow destination; lines beyond are dropped and counted. 0: no bound. Default 1 MiB. */
  maxBufferSize?: number
}

/** A log to give to `serve({ accessLog })`. */
export interface AccessLog {
  /** Takes down one exchange; never waits. */
  (exchange: Exchange): void
  /** Lines lost because the destination was too slow or failed. */
  readonly dropped: number
  /** What the destination failed with last, if it did; writing goes on. */
  readonly error: Error | undefined
  /** Hands over what waits, as far as the destination takes it. */
  flush(): void
  /** Opens the file of that name anew, after a log rotation has renamed it; does nothing for a stream. */
  reopen(): void
  /**
   * Hands over everything and closes the file (not a stream, which is yours). Resolves when it is written. A process
   * that ends without it hands over what it still can.
   */
  close(): Promise<void>
}

/** So much is collected before the destination is called in the middle of an interval. */
const BATCH = 64 * 1024

/**
 * Writes a line for every answer, in batches and never in a request's way: a destination that does not keep up costs
 * lines (see {@link AccessLog.dropped}), not latency or memory.
 *
 * What a client sends can not forge or break a line: quotes, backslashes, controls and everything beyond ASCII are
 * escaped as Apache does, `\xhh`. JSON and a function's line keep letters of any script, with controls beyond ASCII as `\u00hh`.
 *
 * @throws RangeError for a format that there is not, and a bound that is none; TypeError for a destination that is none
 */
export function accessLog(options: AccessLogOptions = {}): AccessLog {
  const writer = new LogWriter(options)
  const log = (exchange: Exchange): void => writer.add(exchange)
  Object.defineProperties(log, {
    dropped: { get: () => writer.dropped },
    error: { get: () => writer.error },
  })
  return Object.assign(log, {
    flush: () => writer.flush(),
    reopen: () => writer.reopen(),
    close: () => writer.close(),
  }) as AccessLog
}

/** Logs that are not closed: what waits in them must not end with the process. */
const open = new Set<LogWriter>()

function flushAtExit(): void {
  for (const writer of open) writer.flushNow()
}

class LogWriter {
  dropped = 0
  error: Error | undefined
  readonly #format: (exchange: Exchange) => string
  readonly #file: string | undefined
  readonly #interval: number
  readonly #maxSize: number
  #stream: NodeJS.WritableStream
  #text = ''
  #lines = 0
  #blocked = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({
    format = 'common',
    to = process.stdout,
    flushInterval = 1000,
    maxBufferSize = 1 << 20,
  }: AccessLogOptions) {
    const formatter = typeof format === 'function' ? oneLine(format) : FORMATS.get(format)
    if (formatter === undefined) throw new RangeError(`There is no access log format ${String(format)}`)
    this.#format = formatter
    this.#interval = checkDuration('flushInterval', flushInterval)
    this.#maxSize = checkNumber('maxBufferSize', maxBufferSize) || Number.POSITIVE_INFINITY
    this.#file = typeof to === 'string' ? checkString('to', to) : undefined
    if (to === '' || (typeof to !== 'string' && typeof to?.write !== 'function'))
      throw new TypeError(`to must be a stream or the name of a file, not ${to === '' ? 'no name' : typeof to}`)
    this.#stream = typeof to === 'string' ? this.#open(to) : this.#attach(to)
    open.add(this)
    if (open.size === 1) process.on('exit', flushAtExit)
  }

  add(exchange: Exchange): void {
    if (this.#text.length >= this.#maxSize) {
      this.dropped++
      return
    }
    try {
      this.#text += `${this.#format(exchange)}\n`
      this.#lines++
    } catch (error) {
      this.dropped++
      this.error = error as Error
      return
    }
    if (this.#text.length >= BATCH) this.flush()
    else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.flush(), this.#interval)
      this.#timer.unref?.()
    }
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#blocked || this.#text === '') return
    const { text, lines } = this.#take()
    this.#blocked = !this.#stream.write(text, (error) => {
      if (!error) return
      this.dropped += lines
      this.error ??= error
    })
  }

  reopen(): void {
    if (this.#file === undefined) return
    this.flush()
    this.#stream.end()
    this.#blocked = false
    this.#stream = this.#open(this.#file)
  }

  /** The process ends: nothing that takes another turn is written any more, so a file is appended to at once. */
  flushNow(): void {
    const { text, lines } = this.#take()
    if (text === '') return
    try {
      if (this.#file === undefined) this.#stream.write(text)
      else appendFileSync(this.#file, text)
    } catch (error) {
      this.dropped += lines
      this.error = error as Error
    }
  }

  #take(): { text: string; lines: number } {
    const batch = { text: this.#text, lines: this.#lines }
    this.#text = ''
    this.#lines = 0
    return batch
  }

  async close(): Promise<void> {
    open.delete(this)
    if (open.size === 0) process.off('exit', flushAtExit)
    this.#blocked = false
    this.flush()
    const stream = this.#stream
    if (this.#file !== undefined) await new Promise<void>((resolve) => stream.end(() => resolve()))
    else await new Promise<void>((resolve) => stream.write('', () => resolve()))
  }

  #open(file: string): NodeJS.WritableStream {
    return this.#attach(createWriteStream(file, { flags: 'a' }))
  }

  /** A destination that fails must cost lines, not the process. */
  #attach(stream: NodeJS.WritableStream): NodeJS.WritableStream {
    stream.on('drain', () => {
      if (stream !== this.#stream) return
      this.#blocked = false
      this.flush()
    })
    stream.on('error', (error: Error) => {
      this.error = error
      // A stream that has failed drains no more: what follows is to fail, and be counted, not to wait.
      if (stream === this.#stream) this.#blocked = false
    })
    return stream
  }
}

/** `host ident user [time] "request" status size`; ident and user are `-`: nobody else's secrets go to the log. */
function common(exchange: Exchange): string {
  const { request, remote, status, contentSize, startTime } = exchange
  const line = request === undefined ? '-' : `${request.method} ${request.target} HTTP/1.${request.versionMinor}`
  const size = contentSize === 0 ? '-' : contentSize
  return `${hostOf(remote)} - - [${commonTime(startTime)}] "${escapeText(line)}" ${status} ${size}`
}

function combined(exchange: Exchange): string {
  const fields = exchange.request?.fields
  const referer = fields?.get('referer') ?? '-'
  const agent = fields?.get('user-agent') ?? '-'
  return `${common(exchange)} "${escapeText(referer)}" "${escapeText(agent)}"`
}

function json({ request, remote, status, contentSize, startTime, duration, aborted, error }: Exchange): string {
  const line = JSON.stringify({
    time: new Date(startTime).toISOString(),
    remote: hostOf(remote),
    method: request?.method,
    host: request?.authority,
    target: request?.target,
    version: request === undefined ? undefined : `1.${request.versionMinor}`,
    status,
    size: contentSize,
    duration: Math.round(duration * 1000) / 1000,
    referer: request?.fields.get('referer'),
    userAgent: request?.fields.get('user-agent'),
    aborted: aborted || undefined,
    error: error === undefined || error === null ? undefined : ((error as { code?: string }).code ?? String(error)),
  })
  return escapeControls(line)
}

const FORMATS = new Map<string, (exchange: Exchange) => string>(Object.entries({ common, combined, json }))

/** A format of the user's must not let a client's line break or control through either. */
function oneLine(format: (exchange: Exchange) => string): (exchange: Exchange) => string {
  return (exchange) => escapeControls(String(format(exchange)).replace(/[\r\n\u2028\u2029]+/g, ' '))
}

/** Delete and the controls beyond ASCII, which JSON leaves as they are: a terminal obeys them, and one of them ends a line. */
function escapeControls(text: string): string {
  return text.replace(/[\x7f-\x9f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
}

function hostOf(address: Exchange['remote']): string {
  return 'host' in address ? address.host : 'unix:'
}

const NEEDS_ESCAPE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g

function escapeText(text: string): string {
  return text.replace(NEEDS_ESCAPE, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`
    const code = char.charCodeAt(0)
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
let lastSecond = -1
let lastTime = ''

/** `23/Nov/2026:04:35:00 +0000`, made once a second. */
function commonTime(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000)
  if (second !== lastSecond) {
    const date = new Date(second * 1000)
    const two = (value: number) => String(value).padStart(2, '0')
    const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`
    lastTime = `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`
    lastSecond = second
  }
  return lastTime
}
