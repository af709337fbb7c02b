import {
  HttpError,
  type ParserOptions,
  type RequestHead,
  RequestParser,
  type ResponseHead,
  ResponseParser,
} from '../src/index.js'

/** What happened while octets were read, one line an event; the vectors hold these lines and every reader writes them. */
export type EventLog = string[]

/** How octets are to be read. */
export interface Reading {
  type: 'request' | 'response'
  options?: Record<string, unknown>
  /** For responses: the methods of the requests they answer, in order; GET where the list is shorter. */
  methods?: readonly string[]
  /** What follows an upgrade is read as HTTP/1.1. */
  ignoreUpgrade?: boolean
}

/** How octets are to be delivered. */
export interface Delivery {
  /** Octets per chunk; everything at once when absent. */
  chunkSize?: number
  /** Where chunks end, instead of a size. */
  cuts?: readonly number[]
  /** Octets behind the last message, in the last chunk: not one of them may be touched. */
  trailing?: Uint8Array
  /** Whether the parser is told to stop after each head and each piece of content. */
  pausing?: boolean
  scanner?: 'simd' | 'portable'
}

/**
 * Reads octets with the parser and gives the log. It throws whatever the parser throws that is no `HttpError`, and when the
 * parser breaks a promise: it takes octets behind a message's end, or comes back to life after an error.
 */
export function readEvents(octets: Uint8Array, reading: Reading, delivery: Delivery = {}): EventLog {
  return new Recorder(octets, reading, delivery).read()
}

/** Text of ISO-8859-1 as a vector shows it: quoted, octets outside ASCII escaped, the middle of long ones left out. */
export function describeText(text: string): string {
  if (text.length > 96) return `${describeText(text.slice(0, 16))}… ${text.length} octets`
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  const escaped = text.replace(/[\\"]/g, '\\$&').replace(/[^ -~]/g, (letter) => {
    const name = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '\0': '\\0' }[letter]
    return name ?? `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${escaped}"`
}

class Recorder {
  readonly #octets: Uint8Array
  readonly #reading: Reading
  readonly #delivery: Delivery
  readonly #log: EventLog = []
  readonly #parser: RequestParser | ResponseParser
  #messages = 0
  /** Octets of the stream before the chunk that is being pushed. */
  #base = 0
  #contentStart = -1
  #contentEnd = -1
  /** Line of the last head, whose end is known when `push` returns. */
  #headLine = -1
  #paused = false
  #completed = false
  #upgrade = false

  constructor(octets: Uint8Array, reading: Reading, delivery: Delivery) {
    this.#octets = octets
    this.#reading = reading
    this.#delivery = delivery
    const options = { ...reading.options, ...(delivery.scanner && { scanner: delivery.scanner }) } as ParserOptions
    const content = (chunk: Uint8Array, start: number, end: number): boolean => this.#content(chunk, start, end)
    const complete = (trailers: Iterable<[string, string]> | undefined): void => {
      this.#completed = true
      this.#closeContent()
      this.#log.push('complete')
      if (trailers) this.#fields(trailers)
    }
    this.#parser =
      reading.type === 'request'
        ? new RequestParser({ head: (head) => this.#request(head), content, complete }, options)
        : new ResponseParser(
            {
              head: (head) => this.#response('head', head),
              informational: (head) => this.#response('informational', head),
              content,
              complete,
            },
            { ...options, requestMethod: reading.methods?.[0] ?? 'GET' },
          )
  }

  read(): EventLog {
    try {
      if (!this.#pushAll()) return this.#log
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      this.#closeContent()
      this.#log.push(`error ${error.offset} ${error.code} ${error.status}`)
      this.#staysDead(error)
      return this.#log
    }
    this.#finish()
    return this.#log
  }

  /** False when the connection was handed over to another protocol. */
  #pushAll(): boolean {
    const { trailing } = this.#delivery
    const total = this.#octets.length
    for (const [start, stop] of this.#chunks()) {
      let chunk = this.#octets.subarray(start, stop)
      if (trailing && stop === total) chunk = joined(chunk, trailing)
      this.#base = start
      let at = 0
      do {
        this.#paused = false
        at = this.#parser.push(chunk, at, chunk.length)
        if (at < 0 || at > chunk.length) throw new Error(`push returned ${at} of ${chunk.length}`)
        this.#place(start + at)
        if (!this.#completed) {
          if (at < chunk.length && !this.#paused) throw new Error(`stopped at ${start + at} for no reason`)
          continue
        }
        if (this.#upgrade && !this.#reading.ignoreUpgrade) {
          this.#log.push(`handover ${start + at}`)
          return false
        }
        if (start + at === total) {
          if (trailing && this.#parser.push(chunk, at, chunk.length) !== at)
            throw new Error('trailing octets were read')
          return true
        }
        this.#completed = false
        this.#messages++
        if (this.#parser instanceof ResponseParser) this.#parser.next(this.#reading.methods?.[this.#messages] ?? 'GET')
        else this.#parser.next()
      } while (at < chunk.length || this.#paused)
    }
    return true
  }

  /** Offsets that only the return of `push` tells. */
  #place(offset: number): void {
    if (this.#headLine >= 0 && this.#delivery.pausing)
      this.#log[this.#headLine] = this.#log[this.#headLine]!.replace('..?', `..${offset}`)
    this.#headLine = -1
    const last = this.#log.lastIndexOf('complete')
    if (last >= 0) this.#log[last] = `complete ${offset}`
  }

  #finish(): void {
    const total = this.#octets.length
    try {
      this.#parser.finish()
      this.#place(total)
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      this.#closeContent()
      this.#log.push(`finish ${error.offset} ${error.code} ${error.status}`)
    }
  }

  #staysDead(error: HttpError): void {
    for (const octets of [this.#octets, Uint8Array.of(13)]) {
      try {
        this.#parser.push(octets)
      } catch (again) {
        if (again instanceof HttpError && again.code === error.code && again.offset === error.offset) continue
        throw again
      }
      throw new Error('the parser came back to life')
    }
  }

  *#chunks(): Iterable<[start: number, stop: number]> {
    const total = this.#octets.length
    const { cuts, chunkSize = Math.max(1, total) } = this.#delivery
    let start = 0
    if (cuts) {
      for (const cut of cuts) {
        yield [start, cut]
        start = cut
      }
      yield [start, total]
    } else {
      do {
        yield [start, Math.min(total, start + chunkSize)]
        start += chunkSize
      } while (start < total)
    }
  }

  #request(head: RequestHead): boolean {
    this.#openHead(
      `head ..? ${head.method} ${describeText(head.target)} HTTP/${head.versionMajor}.${head.versionMinor} ${head.targetForm}`,
      head.fields,
    )
    const words = [
      head.chunked ? 'chunked' : head.contentLength === undefined ? 'no content' : `length ${head.contentLength}`,
      head.keepAlive ? 'keep-alive' : 'close',
    ]
    if (head.expectContinue) words.push('expect 100-continue')
    else if (head.expect !== undefined) words.push(`expect ${describeText(head.expect)}`)
    if (head.upgrade) words.push('upgrade')
    this.#log.push(`  ${words.join(', ')}`)
    this.#upgrade = head.upgrade
    return this.#goesOn()
  }

  #response(event: 'head' | 'informational', head: ResponseHead): boolean {
    this.#openHead(
      `${event} ..? HTTP/${head.versionMajor}.${head.versionMinor} ${head.status} ${describeText(head.reason)}`,
      head.fields,
    )
    if (event === 'head') {
      const framing = head.chunked
        ? 'chunked'
        : head.contentLength === undefined
          ? 'until close'
          : `length ${head.contentLength}`
      const words = [head.hasContent ? framing : 'no content', head.keepAlive ? 'keep-alive' : 'close']
      if (head.upgrade) words.push('upgrade')
      this.#log.push(`  ${words.join(', ')}`)
      this.#upgrade = head.upgrade
    }
    return this.#goesOn()
  }

  #openHead(line: string, fields: Iterable<[string, string]>): void {
    this.#closeContent()
    this.#headLine = this.#log.push(line) - 1
    this.#fields(fields)
  }

  #content(chunk: Uint8Array, start: number, end: number): boolean {
    if (!(start < end) || end > chunk.length) throw new Error(`content ${start}..${end} of ${chunk.length}`)
    const from = this.#base + start
    if (from !== this.#contentEnd) {
      this.#closeContent()
      this.#contentStart = from
    }
    this.#contentEnd = this.#base + end
    return this.#goesOn()
  }

  #closeContent(): void {
    if (this.#contentStart < 0) return
    let text = ''
    for (let i = this.#contentStart; i < this.#contentEnd; i++) text += String.fromCharCode(this.#octets[i]!)
    this.#log.push(`content ${this.#contentStart}..${this.#contentEnd} ${describeText(text)}`)
    this.#contentStart = this.#contentEnd = -1
  }

  #fields(fields: Iterable<[string, string]>): void {
    for (const [name, value] of fields) this.#log.push(`  ${describeText(name)}: ${describeText(value)}`)
  }

  #goesOn(): boolean {
    this.#paused = this.#delivery.pausing === true
    return !this.#paused
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
