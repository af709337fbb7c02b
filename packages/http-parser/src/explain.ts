/**
 * The answer to "why did it refuse this?": an annotated hex dump that says what each octet was read as, and where and why
 * reading stopped.
 *
 * @module
 */
import { ERRORS } from './errors.js'
import { dump } from './explain/dump.js'
import { type ExplainOptions, type ReadOctets, read } from './explain/reading.js'
import { spansOf } from './explain/spans.js'
import { textOf } from './octets.js'
import { LENIENCES, type Leniences } from './options.js'

export type { ExplainOptions } from './explain/reading.js'

/**
 * Explains octets as the parser reads them: a line for each part of each message with its offset, octets and meaning, then how
 * reading ended. Long parts are shortened. The text is for people and may change; read `HttpError` in programs.
 *
 * ```ts
 * console.log(explain(new TextEncoder().encode('GET / HTTP/1.1\r\nHost : x\r\n\r\n')))
 * ```
 *
 * @param octets what a peer sent, from the first octet of a message on
 * @param options what the octets are, and the limits and leniences to read them with
 * @throws TypeError or RangeError when an option is not usable; never because of the octets
 */
export function explain(octets: Uint8Array, options: ExplainOptions = {}): string {
  const reading = read(octets, options)
  const lines: string[] = []
  for (const [i, message] of reading.messages.entries()) {
    lines.push(`${i === 0 ? '' : '\n'}${message.kind} at octet ${message.start}`)
    const limit = Math.min(message.end ?? reading.end, octets.length)
    for (const span of spansOf(octets, message, limit)) lines.push(...dump(octets, span.start, span.end, span.label))
    if (message.verdict !== undefined) lines.push(`= ${message.verdict}`)
    if (message.end !== undefined) lines.push(`= complete: ${message.end - message.start} octets`)
  }
  lines.push(...(reading.error === undefined ? ending(octets, reading) : refusal(octets, reading, options)))
  return `${lines.join('\n')}\n`
}

function ending(octets: Uint8Array, reading: ReadOctets): string[] {
  if (octets.length === 0) return ['= no octets']
  const behind = reading.messages.at(-1)?.end ?? 0
  const rest = octets.length - reading.end
  const lines = dump(octets, behind, reading.end, 'empty lines, skipped')
  if (reading.messages.length === 0) return [...lines, '= only empty lines']
  if (rest > 0) {
    lines.push(
      ...dump(octets, reading.end, octets.length, 'handed over: no longer HTTP/1.1'),
      `= ${rest} ${rest === 1 ? 'octet is' : 'octets are'} left`,
    )
  }
  return lines.length === 0 ? lines : ['', ...lines]
}

function refusal(octets: Uint8Array, reading: ReadOctets, options: ExplainOptions): string[] {
  const { code, offset, status, rfc } = reading.error!
  const { message } = ERRORS[code]
  if (code === 'HTTP_ERR_INCOMPLETE') {
    return [`✗ ${String(offset).padStart(8)}  the octets end within a message: more are needed (${code}, ${rfc})`]
  }
  const lines = [...dump(octets, offset, shownEnd(octets, offset), `← ${code}`, '✗')]
  if (lines.length === 0) lines.push(`✗ ${String(offset).padStart(8)}  ← ${code}`)
  const answer = `A ${options.type === 'response' ? 'gateway' : 'server'} answers ${status}`
  lines.push(`✗ ${message} (${rfc}). ${answer} and closes the connection.`)
  const protocol = otherProtocol(octets)
  if (protocol !== undefined) lines.push(`  This looks like ${protocol}.`)
  const helping = lenienceFor(octets, offset, options)
  if (helping !== undefined)
    lines.push(`  It would be read with leniences.${helping}; know the attack that this opens.`)
  const left = octets.length - offset
  if (left > 0) lines.push(`  ${left} ${left === 1 ? 'octet was' : 'octets were'} not read.`)
  return lines
}

/** The rest of the line that is refused, a dump's line at most. */
function shownEnd(octets: Uint8Array, offset: number): number {
  const most = Math.min(octets.length, offset + 16)
  const feed = octets.subarray(offset, most).indexOf(10)
  return feed < 0 ? most : offset + feed + 1
}

const openings: readonly [opening: string, protocol: string][] = [
  ['\x16\x03', 'a TLS handshake: the client speaks https to a port for http'],
  ['PRI * HTTP/2.0', 'the preface of HTTP/2 (RFC 9113 §3.4)'],
  ['SSH-', 'the banner of SSH'],
  ['PROXY ', 'the PROXY protocol of a load balancer'],
  ['\r\n\r\n\0\r\nQUIT\n', 'the PROXY protocol of a load balancer, in its binary form'],
  ['EHLO ', 'SMTP'],
  ['HELO ', 'SMTP'],
  ['NICK ', 'IRC'],
  ['RTSP/', 'RTSP'],
  ['ICY ', 'a SHOUTcast stream'],
]

function otherProtocol(octets: Uint8Array): string | undefined {
  const opening = textOf(octets, 0, Math.min(16, octets.length))
  return openings.find(([start]) => opening.startsWith(start))?.[1]
}

/** The one lenience with which the parser gets further. */
function lenienceFor(octets: Uint8Array, offset: number, options: ExplainOptions): keyof Leniences | undefined {
  return LENIENCES.find((name) => {
    if (options.leniences?.[name]) return false
    const { end } = read(octets, { ...options, leniences: { ...options.leniences, [name]: true } })
    return end > offset
  })
}
