import type { Socket } from 'node:net'

/** A client that keeps its lines and can wait for one. */
export class Client {
  readonly lines: string[] = []
  closed = false
  private rest = ''
  private wake: (() => void) | undefined = undefined

  constructor(readonly socket: Socket) {
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('data', (text: string) => {
      const lines = (this.rest + text).split('\r\n')
      this.rest = lines.pop()!
      this.lines.push(...lines)
      this.wake?.()
    })
    socket.on('close', () => {
      this.closed = true
      this.wake?.()
    })
  }

  send(...lines: string[]): void {
    this.socket.write(lines.map((line) => `${line}\r\n`).join(''))
  }

  /** The first line from `from` on that holds the words. */
  async wait(words: string, from = 0): Promise<string> {
    for (;;) {
      const line = this.lines.slice(from).find((candidate) => candidate.includes(words))
      if (line !== undefined) return line
      if (this.closed) throw new Error(`closed before ${words}: ${this.lines.join('\n')}`)
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  async end(): Promise<void> {
    while (!this.closed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }
}
