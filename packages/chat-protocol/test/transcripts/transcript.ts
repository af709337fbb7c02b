/**
 * The language of `*.irc` files: conversations with all their sides, readable and executable.
 *
 *     # A sentence that says what is shown. Each starts a conversation with a server of its own.
 *     server {"password": "sesame"}      options of this server, as `serveChat` takes them
 *     ann joins                          connects and registers; what the server says to that is not shown
 *     bob joins with message-tags batch  the same with capabilities
 *     eve connects                       connects and says nothing
 *     ann > JOIN #tea                    ann's client sends a line
 *     bob < :ann!~ann@127.0.0.1 JOIN #tea   bob's client receives it
 *     bob < …                            and whatever else until the next line that is sent
 *     ann vanishes                       ann's connection is lost
 *     ann is closed                      the server closed it
 *     90 s pass                          (only where time is a number)
 *
 * What nobody is said to receive, nobody may receive: before each next step all that arrived must have been expected.
 * `{welcome}` stands for all that follows registration, from 001 to the end of the message of the day. In an expected
 * line `{any}` stands for any text without spaces, `{time}` for a server-time and `{text}` for anything.
 * `\x01` and the like are written as in a string.
 */
export type Step =
  | { readonly do: 'join'; readonly who: string; readonly caps: readonly string[]; readonly at: number }
  | { readonly do: 'connect'; readonly who: string; readonly at: number }
  | { readonly do: 'send'; readonly who: string; readonly line: string; readonly at: number }
  | { readonly do: 'vanish'; readonly who: string; readonly at: number }
  | { readonly do: 'pass'; readonly seconds: number; readonly at: number }

/** What must have happened after a step. */
export interface Expectation {
  readonly who: string
  /** A pattern, or undefined: the connection is closed. */
  readonly line: string | undefined
  readonly at: number
}

/** One conversation. */
export interface Transcript {
  readonly title: string
  readonly options: Record<string, unknown>
  readonly steps: { readonly step: Step; readonly expected: Expectation[] }[]
}

/** Reads one file. @throws Error with the line that cannot be read */
export function readTranscripts(text: string): Transcript[] {
  const transcripts: Transcript[] = []
  let current: Transcript | undefined
  for (const [i, raw] of text.split('\n').entries()) {
    const at = i + 1
    const line = raw.trimEnd()
    if (line === '' || line.startsWith('//')) continue
    if (line.startsWith('# ')) {
      current = { title: line.slice(2), options: {}, steps: [] }
      transcripts.push(current)
      continue
    }
    if (current === undefined) throw new Error(`line ${at}: a conversation starts with "# "`)
    if (line.startsWith('server ')) {
      Object.assign(current.options, JSON.parse(line.slice(7)))
      continue
    }
    const step = readStep(line, at)
    if (step !== undefined) {
      current.steps.push({ step, expected: [] })
      continue
    }
    const [, who, expected] = /^(\w+) < (.*)$/.exec(line) ?? /^(\w+) (is closed)$/.exec(line) ?? []
    const last = current.steps.at(-1)
    if (who === undefined || last === undefined) throw new Error(`line ${at}: ${line}`)
    last.expected.push({ who, line: line.endsWith('is closed') ? undefined : unescaped(expected!), at })
  }
  return transcripts
}

function readStep(line: string, at: number): Step | undefined {
  const [, who, verb, rest] = /^(\w+) (joins with|joins|connects|vanishes|>)(?: (.*))?$/.exec(line) ?? []
  const [, seconds] = /^(\d+) s pass$/.exec(line) ?? []
  if (seconds !== undefined) return { do: 'pass', seconds: Number(seconds), at }
  switch (verb) {
    case 'joins with':
      return { do: 'join', who: who!, caps: rest!.split(' '), at }
    case 'joins':
      return { do: 'join', who: who!, caps: [], at }
    case 'connects':
      return { do: 'connect', who: who!, at }
    case 'vanishes':
      return { do: 'vanish', who: who!, at }
    case '>':
      return { do: 'send', who: who!, line: unescaped(rest ?? ''), at }
    default:
      return undefined
  }
}

/** Octets above 7f, which alone are no UTF-8, are carried as characters of a private area. */
function unescaped(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => {
    const octet = Number.parseInt(hex, 16)
    return String.fromCharCode(octet < 0x80 ? octet : 0xf700 + octet)
  })
}

/** The octets of a line that is sent, with its line break. */
export function octetsOf(line: string): Uint8Array {
  const pieces = line.split(/([\uf780-\uf7ff])/).map((piece) => {
    const code = piece.charCodeAt(0)
    return code >= 0xf780 && code <= 0xf7ff ? Uint8Array.of(code - 0xf700) : Buffer.from(piece)
  })
  return Buffer.concat([...pieces, Buffer.from('\r\n')])
}

/** True when a line received is what was expected. */
export function isAsExpected(expected: string, line: string): boolean {
  const pattern = expected
    .split(/(\{any\}|\{time\}|\{text\})/)
    .map((part) => PLACEHOLDERS[part] ?? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('')
  return new RegExp(`^${pattern}$`, 's').test(line)
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '{any}': '[^ ;]+',
  '{time}': '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z',
  '{text}': '.*',
}

/** A way to play a conversation. */
export interface Stage {
  connect(who: string): Promise<void> | void
  send(who: string, line: string): Promise<void> | void
  vanish(who: string): Promise<void> | void
  pass(seconds: number): void
  /** What each client received since the last call, undefined at the end of a closed one's. */
  received(): Promise<Map<string, (string | undefined)[]>>
  close(): Promise<void>
}

/** Plays a conversation; throws when somebody receives something else than expected. */
export async function play(transcript: Transcript, stage: Stage): Promise<void> {
  for (const { step, expected } of transcript.steps) {
    if (step.do === 'connect' || step.do === 'join') await stage.connect(step.who)
    if (step.do === 'send') await stage.send(step.who, step.line)
    if (step.do === 'vanish') await stage.vanish(step.who)
    if (step.do === 'pass') stage.pass(step.seconds)
    if (step.do === 'join') {
      if (step.caps.length > 0) await stage.send(step.who, `CAP REQ :${step.caps.join(' ')}`)
      await stage.send(step.who, `NICK ${step.who}`)
      await stage.send(step.who, `USER ${step.who} 0 * :Real ${step.who}`)
      if (step.caps.length > 0) await stage.send(step.who, 'CAP END')
    }
    const received = await stage.received()
    if (step.do === 'join') received.delete(step.who)
    compare(step, expected, received)
  }
}

function compare(step: Step, expected: readonly Expectation[], received: Map<string, (string | undefined)[]>): void {
  for (const { who, line, at } of expected) {
    if (line === '{welcome}') {
      const lines = received.get(who) ?? []
      const end = lines.findIndex((got) => / (376|422) /.test(got ?? ''))
      if (!/ 001 /.test(lines[0] ?? '') || end < 0) throw new Error(`line ${at}: ${who} should be welcomed`)
      lines.splice(0, end + 1)
      continue
    }
    const got = received.get(who)?.shift()
    const right = line === undefined ? got === undefined : got !== undefined && isAsExpected(line, got)
    if (!right)
      throw new Error(`line ${at}: ${who} should receive\n  ${line ?? '(closed)'}\nand got\n  ${got ?? '(nothing)'}`)
  }
  for (const [who, lines] of received) {
    if (lines.length > 0) throw new Error(`line ${step.at}: nobody expected ${who} to receive\n  ${lines.join('\n  ')}`)
  }
}
