/** One response as it came over the wire. */
export interface ReadResponse {
  versionMinor: number
  status: number
  reason: string
  fields: Array<[name: string, value: string]>
  content: Buffer
  trailers: Array<[name: string, value: string]>
  /** How the end of the content was told. */
  framing: 'none' | 'length' | 'chunked' | 'close'
}

/**
 * Reads responses out of what a server has sent, knowing nothing of our own parser, and refuses what is not
 * well-formed to the letter (RFC 9112 §4–§7): a suite that shared the parser would share its mistakes.
 *
 * @param methods the method each response answers, in order; the last stands for all that follow
 * @param ended whether the server has closed: only then is content without a length over
 * @returns whole responses, and whether octets of an incomplete one are left
 */
export function readResponses(
  octets: Buffer,
  methods: readonly string[],
  ended: boolean,
): { responses: ReadResponse[]; incomplete: boolean } {
  const text = octets.toString('latin1')
  const responses: ReadResponse[] = []
  let at = 0
  let answered = 0
  while (at < text.length) {
    const headEnd = text.indexOf('\r\n\r\n', at)
    if (headEnd < 0) return { responses, incomplete: true }
    const [first = '', ...lines] = text.slice(at, headEnd).split('\r\n')
    const line = /^HTTP\/1\.([01]) ([1-5]\d\d) ([\t \x21-\x7e\x80-\xff]*)$/.exec(first)
    if (line === null) throw new Error(`malformed status line ${JSON.stringify(first)}`)
    const status = Number(line[2])
    const fields = lines.map(readField)
    const method = methods[Math.min(answered, methods.length - 1)] ?? 'GET'
    const content = readContent(text, headEnd + 4, status, fields, method, ended)
    if (content === undefined) return { responses, incomplete: true }
    const { end, framing, trailers, data } = content
    const response = {
      versionMinor: Number(line[1]),
      status,
      reason: line[3]!,
      fields,
      content: data,
      trailers,
      framing,
    }
    responses.push(response)
    if (status >= 200) answered++
    at = end
    if (status === 101) break
  }
  return { responses, incomplete: false }
}

/** All values of a field. */
export function valuesOf(response: ReadResponse, name: string): string[] {
  return response.fields.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

function readField(line: string): [string, string] {
  const parts =
    /^([!#$%&'*+\-.^_`|~\w]+):[\t ]*((?:[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[\t ]*$/.exec(
      line,
    )
  if (parts === null) throw new Error(`malformed field line ${JSON.stringify(line)}`)
  return [parts[1]!, parts[2]!]
}

interface Content {
  end: number
  framing: ReadResponse['framing']
  trailers: Array<[string, string]>
  data: Buffer
}

function readContent(
  text: string,
  start: number,
  status: number,
  fields: Array<[string, string]>,
  method: string,
  ended: boolean,
): Content | undefined {
  const values = (name: string) => fields.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
  const lengths = values('content-length')
  const codings = values('transfer-encoding')
  if (lengths.length > 1) throw new Error('more than one Content-Length')
  if (lengths.length > 0 && !/^\d+$/.test(lengths[0]!)) throw new Error(`Content-Length ${lengths[0]}`)
  if (lengths.length > 0 && codings.length > 0) throw new Error('both Content-Length and Transfer-Encoding')
  if ((status < 200 || status === 204) && lengths.length + codings.length > 0) {
    throw new Error(`a ${status} with ${lengths.length > 0 ? 'Content-Length' : 'Transfer-Encoding'}`)
  }
  const none: Content = { end: start, framing: 'none', trailers: [], data: Buffer.alloc(0) }
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return none
  if (codings.length > 0) {
    if (codings.join(', ') !== 'chunked') throw new Error(`Transfer-Encoding ${codings.join(', ')}`)
    return readChunks(text, start)
  }
  if (lengths.length > 0) {
    const end = start + Number(lengths[0])
    if (end > text.length) return undefined
    return { end, framing: 'length', trailers: [], data: Buffer.from(text.slice(start, end), 'latin1') }
  }
  if (!ended) return undefined
  return { end: text.length, framing: 'close', trailers: [], data: Buffer.from(text.slice(start), 'latin1') }
}

function readChunks(text: string, start: number): Content | undefined {
  const pieces: string[] = []
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const line = text.slice(at, lineEnd)
    if (!/^[0-9a-fA-F]+$/.test(line)) throw new Error(`malformed chunk size ${JSON.stringify(line)}`)
    const size = Number.parseInt(line, 16)
    at = lineEnd + 2
    if (size === 0) {
      if (text.startsWith('\r\n', at)) return whole(at + 2, [])
      const end = text.indexOf('\r\n\r\n', at)
      return end < 0 ? undefined : whole(end + 4, text.slice(at, end).split('\r\n').map(readField))
    }
    if (text.length < at + size + 2) return undefined
    pieces.push(text.slice(at, at + size))
    if (text.slice(at + size, at + size + 2) !== '\r\n') throw new Error('a chunk does not end with CR LF')
    at += size + 2
  }
  function whole(end: number, trailers: Array<[string, string]>): Content {
    return { end, framing: 'chunked', trailers, data: Buffer.from(pieces.join(''), 'latin1') }
  }
}
