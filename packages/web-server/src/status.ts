import { reasonPhrase } from '@plainwire/http-parser/encode'

/** One status line for every code, so that the common case is a look-up. HTTP/1.1 also to a 1.0 client (RFC 9112 §2.3). */
const LINES: readonly string[] = Array.from(
  { length: 600 },
  (_, status) => `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`,
)

/** The status line, CR LF included; `reason` must have been checked. */
export function statusLine(status: number, reason: string | undefined): string {
  return reason === undefined ? LINES[status]! : `HTTP/1.1 ${status} ${reason}\r\n`
}
