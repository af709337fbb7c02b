import { HttpError } from '../errors.js'
import type { RequestHead, ResponseHead } from '../head.js'
import type { ParserOptions } from '../options.js'
import { RequestParser } from '../request-parser.js'
import { ResponseParser } from '../response-parser.js'

/** How octets are to be explained; the limits and leniences are those of the parser. */
export interface ExplainOptions extends ParserOptions {
  /** what the octets are; default `request` */
  readonly type?: 'request' | 'response'
  /** for responses: methods of the requests they answer, in order, because HEAD and CONNECT decide what follows; default GET */
  readonly requestMethods?: readonly string[]
  /** read on behind a request that offers another protocol, as a server that does not switch; default false */
  readonly ignoreUpgrade?: boolean
}

/** How the content of a message is delimited. */
export type ContentFraming = 'none' | 'length' | 'chunked' | 'close'

/** One message, or an interim response, as far as it was read. */
export interface ReadMessage {
  readonly kind: 'request' | 'response' | 'interim response'
  readonly start: number
  /** octet behind the head, when it was read whole */
  headEnd?: number
  framing: ContentFraming
  /** octet behind the message, when it was read whole */
  end?: number
  /** what follows from the head, in words */
  verdict?: string
  upgrade: boolean
}

/** What became of octets. */
export interface ReadOctets {
  readonly messages: readonly ReadMessage[]
  /** where reading ended: behind the last message, at the error, or at the end of the octets */
  readonly end: number
  /** why reading stopped: the octets are refused, or end within a message */
  readonly error?: HttpError
}

/** Reads octets with the parser and notes where everything began and ended. */
export function read(octets: Uint8Array, options: ExplainOptions): ReadOctets {
  return new Reader(octets, options).read()
}

class Reader {
  readonly #octets: Uint8Array
  readonly #options: ExplainOptions
  readonly #parser: RequestParser | ResponseParser
  readonly #messages: ReadMessage[] = []
  /** head that was complete in this push, whose end is known when it returns */
  #head: ReadMessage | undefined
  #start = 0
  #answered = 0
  #complete = false
  #paused = false

  constructor(octets: Uint8Array, options: ExplainOptions) {
    this.#octets = octets
    this.#options = options
    const { type, requestMethods, ignoreUpgrade, ...parserOptions } = options
    if (type !== undefined && type !== 'request' && type !== 'response') {
      throw new TypeError(`type must be 'request' or 'response', not ${String(type)}`)
    }
    const complete = (): void => {
      this.#complete = true
    }
    this.#parser =
      type === 'response'
        ? new ResponseParser(
            {
              head: (head) => this.#response('response', head),
              informational: (head) => this.#response('interim response', head),
              complete,
            },
            { ...parserOptions, requestMethod: this.#method() },
          )
        : new RequestParser({ head: (head) => this.#request(head), complete }, parserOptions)
  }

  read(): ReadOctets {
    let at = 0
    try {
      do {
        this.#paused = false
        at = this.#parser.push(this.#octets, at)
        this.#settleHead(at)
        if (this.#complete && !this.#next(at)) return { messages: this.#messages, end: at }
      } while (at < this.#octets.length || this.#paused)
      this.#parser.finish()
      if (this.#complete) this.#next(at)
      return { messages: this.#messages, end: at }
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      const last = this.#messages.at(-1)
      if (this.#start < this.#octets.length && (last === undefined || last.end !== undefined))
        this.#messages.push(this.#message(this.#options.type ?? 'request', 'none'))
      return { messages: this.#messages, end: error.offset, error }
    }
  }

  /** A message is complete: false when the parser is not to go on. */
  #next(at: number): boolean {
    this.#complete = false
    const message = this.#messages.at(-1)!
    message.end = at
    this.#start = at
    if (message.upgrade && !(this.#options.ignoreUpgrade && message.kind === 'request')) return false
    if (at >= this.#octets.length) return false
    this.#answered++
    if (this.#parser instanceof ResponseParser) this.#parser.next(this.#method())
    else this.#parser.next()
    return true
  }

  #method(): string {
    return this.#options.requestMethods?.[this.#answered] ?? 'GET'
  }

  #settleHead(at: number): void {
    if (this.#head === undefined) return
    this.#head.headEnd = at
    if (this.#head.kind === 'interim response') {
      this.#head.end = at
      this.#start = at
    }
    this.#head = undefined
  }

  #request(head: RequestHead): false {
    const framing = head.chunked ? 'chunked' : head.hasContent ? 'length' : 'none'
    const message = this.#message('request', framing)
    const words = [
      `${head.targetForm}-form`,
      contentInWords(framing, head.contentLength),
      head.keepAlive ? 'the connection may persist' : 'the connection closes',
    ]
    if (head.expectContinue) words.push('the client waits for 100 (Continue)')
    if (head.upgrade) words.push('another protocol is offered')
    message.verdict = words.join('; ')
    message.upgrade = head.upgrade
    return this.#note(message)
  }

  #response(kind: 'response' | 'interim response', head: ResponseHead): false {
    const framing = !head.hasContent
      ? 'none'
      : head.chunked
        ? 'chunked'
        : head.contentLength === undefined
          ? 'close'
          : 'length'
    const message = this.#message(kind, framing)
    message.verdict =
      kind === 'interim response'
        ? 'the final response follows'
        : `${contentInWords(framing, head.contentLength)}; ${head.keepAlive ? 'the connection may persist' : 'the connection closes'}`
    message.upgrade = head.upgrade
    return this.#note(message)
  }

  #message(kind: ReadMessage['kind'], framing: ContentFraming): ReadMessage {
    return { kind, start: this.#start, framing, upgrade: false }
  }

  #note(message: ReadMessage): false {
    this.#messages.push(message)
    this.#head = message
    this.#paused = true
    return false
  }
}

function contentInWords(framing: ContentFraming, length: number | undefined): string {
  switch (framing) {
    case 'none':
      return 'no content'
    case 'chunked':
      return 'chunked content'
    case 'close':
      return 'content until the connection closes'
    case 'length':
      return `${length} octets of content`
  }
}
