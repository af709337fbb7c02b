/**
 * What a CGI script answers: a head of field lines, an empty line, a document. Sans-IO and incremental.
 *
 * @see RFC 3875 §6
 */

/** A head that was understood. */
export type CgiHead = CgiDocument | CgiLocalRedirect

/** A document for the client, a redirection of the client included. */
export interface CgiDocument {
  readonly kind: 'document'
  readonly status: number
  /** `undefined` for the usual one */
  readonly reason: string | undefined
  /** fields for the client, in order */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** the length that the script promised */
  readonly contentLength: number | undefined
}

/** The script wants another path of this server to answer (§6.2.2). */
export interface CgiLocalRedirect {
  readonly kind: 'local redirect'
  readonly path: string
  readonly query: string
}

/** Why a script's answer is none; for the log. */
export class CgiResponseError extends Error {
  override readonly name = 'CgiResponseError'
}

/** Fields that concern one connection, which is not the script's. */
const connectionFields = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|x-cgi-.*)$/

/** Collects the head of a script's answer from its output. */
export class CgiHeadParser {
  readonly #maxSize: number
  #held: Buffer = Buffer.alloc(0)
  #searched = 0

  /** @param maxSize octets of the whole head, its empty line included; 0: as large as it likes */
  constructor(maxSize: number) {
    this.#maxSize = maxSize || Number.POSITIVE_INFINITY
  }

  /**
   * Takes more output.
   *
   * @returns the head and what follows it, or `undefined` when the head is not complete
   * @throws CgiResponseError when it can not become one, or is too large
   */
  push(chunk: Buffer): { readonly head: CgiHead; readonly rest: Buffer } | undefined {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const held = this.#held
    // Where a line feed meets the next, with a carriage return between them or not, is the end; §7.2 allows both ends of lines.
    for (let at = held.indexOf(LF, this.#searched); at !== -1; at = held.indexOf(LF, at + 1)) {
      const next = held[at + 1] === CR ? at + 2 : at + 1
      if (at === 0 || (at === 1 && held[0] === CR)) return this.#finish(0, at + 1)
      if (held[next] === LF) return this.#finish(at + 1, next + 1)
    }
    if (held.length > this.#maxSize) throw new CgiResponseError('its head is too large')
    // The last two octets may be the beginning of the end.
    this.#searched = Math.max(0, held.length - 3)
    return undefined
  }

  #finish(headEnd: number, restStart: number): { readonly head: CgiHead; readonly rest: Buffer } {
    if (restStart > this.#maxSize) throw new CgiResponseError('its head is too large')
    const head = parseHead(this.#held.toString('latin1', 0, headEnd))
    return { head, rest: this.#held.subarray(restStart) }
  }
}

const LF = 0x0a
const CR = 0x0d

function parseHead(text: string): CgiHead {
  const fields: [string, string][] = []
  const own = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)$/.exec(line)
    if (match === null || /[^\t\x20-\x7e\x80-\xff]/.test(line)) {
      throw new CgiResponseError(`its head has a line that is no field: ${JSON.stringify(line.slice(0, 80))}`)
    }
    const name = match[1]!
    const value = withoutBlanks(match[2]!)
    const lower = name.toLowerCase()
    if (lower === 'status' || lower === 'location' || lower === 'content-type' || lower === 'content-length') {
      if (own.has(lower)) throw new CgiResponseError(`its head has ${name} twice`)
      own.set(lower, value)
    } else if (!connectionFields.test(lower)) {
      fields.push([name, value])
    }
  }
  const location = own.get('location')
  const status = own.get('status')
  // With a Status the script speaks to the client, and a relative Location is the client's to resolve (RFC 9110 §10.2.2).
  if (location?.startsWith('/') && status === undefined) {
    const [, path, query] = /^([^?#]*)\??([^#]*)/.exec(location) as unknown as [string, string, string]
    return { kind: 'local redirect', path, query }
  }
  const contentType = own.get('content-type')
  if (location === undefined && contentType === undefined && status === undefined) {
    throw new CgiResponseError('its head has neither Content-Type nor Location nor Status')
  }
  const length = own.get('content-length')
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new CgiResponseError('its Content-Length is no number')
  if (contentType !== undefined) fields.unshift(['Content-Type', contentType])
  if (location !== undefined) fields.unshift(['Location', location])
  return {
    kind: 'document',
    ...parseStatus(status ?? (location === undefined ? '200' : '302')),
    fields,
    contentLength: length === undefined ? undefined : Number(length),
  }
}

/** A value without the SP and HTAB around it. Stepped, not matched, which would be quadratic in the blanks inside. */
function withoutBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text[start]!)) start++
  while (end > start && isBlank(text[end - 1]!)) end--
  return text.slice(start, end)
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t'
}

function parseStatus(value: string): { status: number; reason: string | undefined } {
  const match = /^([2-5]\d\d)(?: +(.*))?$/.exec(value)
  if (match === null) throw new CgiResponseError(`its Status is none: ${JSON.stringify(value.slice(0, 80))}`)
  return { status: Number(match[1]), reason: match[2] || undefined }
}
