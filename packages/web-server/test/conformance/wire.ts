import { connect, type Socket } from 'node:net'
import { type ReadResponse, readResponses } from './read-responses.js'

/** How long a check waits for a server that should have spoken: only a failing check ever waits that long. */
const PATIENCE = 20_000

/** A bare TCP connection to a server under test: octets out, octets in, and whether the server has closed. */
export class Wire {
  readonly socket: Socket
  #received: Buffer[] = []
  #size = 0
  #listeners = new Set<() => void>()
  /** The server has closed its side, or the connection broke. */
  ended = false
  /** It broke: a reset. */
  reset = false

  constructor(port: number, host = '127.0.0.1') {
    this.socket = connect({ port, host, allowHalfOpen: true, noDelay: true })
    this.socket.on('data', (chunk) => {
      this.#received.push(chunk)
      this.#size += chunk.length
      this.#notify()
    })
    this.socket.on('end', () => this.#over())
    this.socket.on('close', () => this.#over())
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') this.reset = true
      this.#over()
    })
  }

  #over(): void {
    this.ended = true
    this.#notify()
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }

  /** All octets received so far. */
  get received(): Buffer {
    if (this.#received.length > 1) this.#received = [Buffer.concat(this.#received)]
    return this.#received[0] ?? Buffer.alloc(0)
  }

  /** Number of octets received so far. */
  get size(): number {
    return this.#size
  }

  /** Sends octets; strings are ISO-8859-1, so that a test can spell any octet. */
  send(octets: string | Uint8Array): void {
    this.socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets)
  }

  /** Says that nothing more will be sent. */
  finish(): void {
    this.socket.end()
  }

  /** Waits until the condition holds, which is looked at whenever something arrives. */
  until(condition: () => boolean, what: string, patience = PATIENCE): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => {
        clearTimeout(timer)
        this.#listeners.delete(look)
        done()
      }
      const timer = setTimeout(() => {
        const seen = this.received.toString('latin1').slice(0, 400)
        settle(() => reject(new Error(`waited in vain for ${what}; received ${JSON.stringify(seen)}`)))
      }, patience)
      const look = () => {
        if (condition()) settle(resolve)
      }
      this.#listeners.add(look)
    })
  }

  /** Waits for the server to close, and gives all responses that came. */
  async responsesToEnd(methods: readonly string[]): Promise<ReadResponse[]> {
    await this.until(() => this.ended, 'the connection to be closed')
    return readResponses(this.received, methods, true).responses
  }

  /** Waits for so many final responses. */
  async responses(count: number, methods: readonly string[]): Promise<ReadResponse[]> {
    const read = () => readResponses(this.received, methods, this.ended).responses.filter(({ status }) => status >= 200)
    await this.until(() => read().length >= count || this.ended, `${count} responses`)
    return read()
  }

  /** Gives the connection up. */
  close(): void {
    this.socket.destroy()
  }
}
