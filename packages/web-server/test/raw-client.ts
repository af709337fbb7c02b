import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One response as it was on the wire. */
export interface RawResponse {
  status: number
  reason: string
  /** Lower-case names; several lines joined with `, `. */
  fields: Record<string, string>
  /** As received, without the empty line. */
  head: string
  content: string
  trailers: Record<string, string>
}

/**
 * A client that trusts nobody: it writes what it is told and reads responses with a parser of its own, so that our
 * server is not judged by our parser.
 */
export class RawClient {
  readonly socket: Socket
  /** Everything received and not yet taken, ISO-8859-1. */
  rest = ''
  /** How the connection ended, `undefined` while it has not. */
  ended: 'end' | 'reset' | undefined
  private wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.rest += chunk.toString('latin1')
      this.wake()
    })
    socket.on('end', () => this.end('end'))
    socket.on('error', () => this.end('reset'))
    socket.on('close', () => this.end('end'))
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  send(text: string): this {
    this.socket.write(text, 'latin1')
    return this
  }

  /** Half-closes. */
  finish(): this {
    this.socket.end()
    return this
  }

  close(): void {
    this.socket.destroy()
  }

  /** The next response; informational ones too. @throws Error when the connection ends inside it */
  async response(method = 'GET'): Promise<RawResponse> {
    const head = await this.take((text) => after(text, '\r\n\r\n'))
    const [line = '', ...lines] = head.slice(0, -4).split('\r\n')
    const match = /^HTTP\/1\.1 (\d{3}) ([^\r\n]*)$/.exec(line)
    if (match === null) throw new Error(`not a status line: ${JSON.stringify(line)}`)
    const status = Number(match[1])
    const fields = parseFields(lines)
    const response = { status, reason: match[2]!, fields, head: head.slice(0, -4), content: '', trailers: {} }
    const without = method === 'HEAD' || status < 200 || status === 204 || status === 304
    if (without || (method === 'CONNECT' && status < 300)) return response
    if (fields['transfer-encoding'] === 'chunked') return { ...response, ...(await this.chunked()) }
    if (fields['content-length'] !== undefined) {
      const size = Number(fields['content-length'])
      return { ...response, content: await this.take((text) => (text.length >= size ? size : -1)) }
    }
    await this.end_()
    const content = this.rest
    this.rest = ''
    return { ...response, content }
  }

  /** Waits until the server has closed; what it had still to say stays in `rest`. */
  async closed(): Promise<'end' | 'reset'> {
    await this.end_()
    return this.ended!
  }

  private async chunked(): Promise<{ content: string; trailers: Record<string, string> }> {
    let content = ''
    for (;;) {
      const line = await this.take((text) => after(text, '\r\n'))
      if (!/^[0-9a-f]+\r\n$/.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`)
      const size = Number.parseInt(line, 16)
      if (size === 0) break
      const chunk = await this.take((text) => (text.length >= size + 2 ? size + 2 : -1))
      if (!chunk.endsWith('\r\n')) throw new Error('a chunk without its CR LF')
      content += chunk.slice(0, -2)
    }
    const lines: string[] = []
    for (;;) {
      const line = await this.take((text) => after(text, '\r\n'))
      if (line === '\r\n') return { content, trailers: parseFields(lines) }
      lines.push(line.slice(0, -2))
    }
  }

  /** Takes as many octets as `size` says, once it says so. */
  private async take(size: (text: string) => number): Promise<string> {
    for (;;) {
      const end = size(this.rest)
      if (end !== -1) {
        const taken = this.rest.slice(0, end)
        this.rest = this.rest.slice(end)
        return taken
      }
      if (this.ended !== undefined) throw new Error(`ended (${this.ended}) after ${JSON.stringify(this.rest)}`)
      await this.news()
    }
  }

  private async end_(): Promise<void> {
    while (this.ended === undefined) await this.news()
  }

  private news(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }

  private end(how: 'end' | 'reset'): void {
    this.ended ??= how
    this.wake()
  }
}

function after(text: string, mark: string): number {
  const at = text.indexOf(mark)
  return at === -1 ? -1 : at + mark.length
}

function parseFields(lines: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (match === null) throw new Error(`not a field line: ${JSON.stringify(line)}`)
    const name = match[1]!.toLowerCase()
    fields[name] = fields[name] === undefined ? match[2]! : `${fields[name]}, ${match[2]}`
  }
  return fields
}
