import type { ReadResponse } from './read-responses.js'

/** RFC 9110's words, and two classes of our own: what attackers use, and what a careful server does beyond the letter. */
export type Level = 'MUST' | 'SHOULD' | 'SECURITY' | 'HARDEN'

/** What is sent: octets at once, or steps with waits between them. */
export type Sending = string | Uint8Array | readonly Step[]

/** A step of a conversation. */
export type Step =
  | { send: string | Uint8Array }
  /** each octet on its own */
  | { drip: string }
  /** until a response of that status has begun */
  | { await: number }
  /** nothing more is sent */
  | { finish: true }

/** What must come back. */
export interface Expectation {
  /** The final statuses in order; an array stands for any of them. */
  statuses: ReadonlyArray<number | readonly number[]>
  /** The informational statuses in order; default none. */
  informational?: readonly number[]
  /** Afterwards the connection is: in step for another request, closed by the server, or either. */
  connection: 'open' | 'closed' | 'either'
  /** Looks at the final responses; throws what is wrong. */
  check?: (responses: ReadResponse[], received: Buffer) => void
}

/** One duty of a server: a sentence, where it is written, what to send and what must come back. */
export interface Duty {
  level: Level
  source: string
  says: string
  /** Each variant must be answered alike. */
  send: readonly Sending[]
  /** The methods of the requests in `send`, for responses whose framing depends on it. */
  methods: readonly string[]
  expect: Expectation
}

/** Builds the rows of a table: level, source, sentence, octets, expectation. */
export function duty(
  level: Level,
  source: string,
  says: string,
  send: Sending | { each: readonly Sending[] },
  expect: Expectation,
  methods: readonly string[] = ['GET'],
): Duty {
  const variants = typeof send === 'object' && 'each' in send ? send.each : [send]
  return { level, source, says, send: variants, methods, expect }
}

/** One answer of that status (200 by default), and the connection goes on. */
export function answered(check?: Expectation['check'], status: number | readonly number[] = 200): Expectation {
  return { statuses: [status], connection: 'open', ...(check && { check }) }
}

/** One answer of that status, after which the server closes: nothing that followed was interpreted. */
export function refused(status: number | readonly number[] = 400, check?: Expectation['check']): Expectation {
  return { statuses: [status], connection: 'closed', ...(check && { check }) }
}

/** So many answers of status 200, in order, and the connection goes on. */
export function answeredEach(count: number, check?: Expectation['check']): Expectation {
  return { statuses: Array.from({ length: count }, () => 200), connection: 'open', ...(check && { check }) }
}

/** The common fields of a request. */
export const HOST = 'Host: a.example\r\n'

/** A GET of `/echo` with these field lines (each ended by CR LF) after Host. */
export function get(fields = '', target = '/echo'): string {
  return `GET ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`
}

/** A POST of `/echo` with these field lines and content. */
export function post(fields: string, content = '', target = '/echo'): string {
  return `POST ${target} HTTP/1.1\r\n${HOST}${fields}\r\n${content}`
}

/** A chunked POST of `/echo` with this chunked body. */
export function chunked(body: string, target = '/echo'): string {
  return post('Transfer-Encoding: chunked\r\n', body, target)
}

/** What a smuggler hopes to have answered. */
export const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`

/** What `/echo` understood. */
export interface Echo {
  method: string
  target: string
  path: string
  query: string
  authority: string
  versionMinor: number
  content: string
  fields: Array<[string, string]>
  trailers: Array<[string, string]>
}

/** Checks what `/echo` understood. */
export function echoes(look: (echo: Echo) => void): Expectation['check'] {
  return (responses) => look(JSON.parse(responses[0]!.content.toString('utf8')) as Echo)
}
