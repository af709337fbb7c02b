import { connect } from 'node:net'
import { type Declaration, declaredHead } from './differences.js'
import { requestText, type Workload } from './workloads.js'

/** As long as any date is: `Mon, 23 Nov 2026 07:28:47 GMT`. */
const ANY_DATE = '*'.repeat(29)

/**
 * Asserts on a raw socket that a server answers a workload octet for octet as it has to: the common answer with the
 * differences it declares, less the value of Date. Asked twice on one connection, so that what one answer has too many
 * shows in the next; where each request has its connection, until that is closed.
 *
 * @param patience milliseconds in which an answer has to be complete
 * @returns octets of one answer
 * @throws Error that shows the first octet that differs
 */
export async function checkAnswer(
  { name, differs }: { name: string; differs: Declaration },
  workload: Workload,
  port: number,
  patience = 5000,
): Promise<number> {
  const { answer, echo } = workload
  const head = `${declaredHead(answer, differs(workload)).replace(/^(date: )\*$/im, `$1${ANY_DATE}`)}\r\n\r\n`
  const whole = head + answer.content
  const wire = new Wire(port, patience)
  const expect = async (expected: string): Promise<void> => {
    const given = withoutDate(await wire.read(expected.length, (octets) => !expected.startsWith(withoutDate(octets))))
    if (given !== expected) throw new Error(`${name}, ${workload.id}: ${difference(given, expected)}`)
  }
  const nothingMore = (rest: string): void => {
    if (rest !== '') throw new Error(`${name}, ${workload.id}: says more than asked: ${shown(rest)}`)
  }
  try {
    const asked = requestText(workload, port).repeat(workload.pipelining)
    for (let round = workload.reconnect || echo !== undefined ? 1 : 0; round < 2; round++) {
      wire.write(asked)
      for (let each = 0; each < workload.pipelining; each++) await expect(whole)
      nothingMore(wire.unread)
    }
    for (let round = 0; round < 2 && echo !== undefined; round++) {
      wire.write(echo.sent)
      await expect(echo.answered)
      nothingMore(wire.unread)
    }
    if (workload.reconnect) nothingMore(await wire.readToEnd())
  } finally {
    wire.end()
  }
  return whole.length
}

/** The date is not compared, but has to be one, of now. */
function withoutDate(octets: string): string {
  return octets.replace(/^(date: )(\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)\r$/im, (line, name, date) =>
    Math.abs(Date.parse(date) - Date.now()) < 60_000 ? `${name}${ANY_DATE}\r` : line,
  )
}

function difference(given: string, expected: string): string {
  let at = 0
  while (at < given.length && given[at] === expected[at]) at++
  const start = Math.max(0, at - 40)
  return `octet ${at} differs, ${shown(given.slice(start))} instead of ${shown(expected.slice(start))}`
}

function shown(octets: string): string {
  return JSON.stringify(octets.length > 120 ? `${octets.slice(0, 120)}…` : octets)
}

/** A connection that is read by numbers of octets; one character an octet. */
class Wire {
  readonly #socket
  readonly #patience: number
  #octets = ''
  #ended = false
  #wake = (): void => {}

  constructor(port: number, patience: number) {
    this.#patience = patience
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('data', (piece: Buffer) => {
      this.#octets += piece.toString('latin1')
      this.#wake()
    })
    const end = (): void => {
      this.#ended = true
      this.#wake()
    }
    this.#socket.on('end', end).on('error', end).on('close', end)
  }

  write(octets: string): void {
    this.#socket.write(octets, 'latin1')
  }

  /** The next octets; fewer when the peer has closed or is late, or when a whole head among them is `wrong` already. */
  async read(size: number, wrong: (octets: string) => boolean): Promise<string> {
    const wrongHead = (): boolean => this.#octets.includes('\r\n\r\n') && wrong(this.#octets.slice(0, size))
    await this.#until(() => this.#octets.length >= size || wrongHead())
    const taken = this.#octets.slice(0, size)
    this.#octets = this.#octets.slice(size)
    return taken
  }

  /** What has come and was not read. */
  get unread(): string {
    return this.#octets
  }

  /** All that comes until the peer closes. @throws Error when it does not */
  async readToEnd(): Promise<string> {
    await this.#until(() => this.#ended)
    if (!this.#ended) throw new Error('the connection is kept')
    return this.#octets
  }

  end(): void {
    this.#socket.destroy()
  }

  async #until(enough: () => boolean): Promise<void> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake()
    }, this.#patience)
    while (!enough() && !this.#ended && !late) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    clearTimeout(timer)
  }
}
