/** A client that sends exactly what it is told, for tests of what no decent client would send. */
import { connect } from 'node:net'

export interface Answer {
  status: number
  /** names in lower case; lines of one name joined */
  fields: Record<string, string>
  body: Buffer
  text: string
  /** the content is as long as the head promised, and chunked content has its end */
  complete: boolean
}

export interface Question {
  method?: string
  fields?: Record<string, string>
  content?: string | Buffer
  host?: string
}

/** One request on a connection of its own. */
export function ask(port: number, target: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', fields = {}, content, host = 'here' } = question
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close']
  for (const [name, value] of Object.entries(fields)) lines.push(`${name}: ${value}`)
  if (content !== undefined && fields['Transfer-Encoding'] === undefined) {
    lines.push(`Content-Length: ${Buffer.byteLength(content)}`)
  }
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return exchange(port, Buffer.concat([head, Buffer.from(content ?? '')])).then((octets) => readAnswer(octets, method))
}

/** Sends octets and reads until the server closes. */
export function exchange(port: number, octets: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(Buffer.concat(chunks))
      else reject(error)
    })
    socket.on('close', () => resolve(Buffer.concat(chunks)))
    socket.write(octets)
  })
}

/** Reads one response; what comes after it is an error. */
export function readAnswer(octets: Buffer, method = 'GET'): Answer {
  const end = octets.indexOf('\r\n\r\n')
  if (end === -1) return { status: 0, fields: {}, body: octets, text: octets.toString(), complete: false }
  const [start, ...lines] = octets.toString('latin1', 0, end).split('\r\n') as [string, ...string[]]
  const fields: Record<string, string> = {}
  for (const line of lines) {
    const [name, value] = [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`
  }
  const status = Number(start.split(' ')[1])
  const rest = octets.subarray(end + 4)
  const bodiless = method === 'HEAD' || status === 204 || status === 304
  let body = rest
  let complete = bodiless ? rest.length === 0 : rest.length === Number(fields['content-length'] ?? rest.length)
  if (fields['transfer-encoding'] === 'chunked' && !bodiless) {
    const chunks = dechunk(rest)
    body = chunks.body
    complete = chunks.complete
  }
  return { status, fields, body, text: body.toString(), complete }
}

function dechunk(octets: Buffer): { body: Buffer; complete: boolean } {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const line = octets.indexOf('\r\n', at)
    if (line === -1) return { body: Buffer.concat(chunks), complete: false }
    const size = Number.parseInt(octets.toString('latin1', at, line), 16)
    if (size === 0) return { body: Buffer.concat(chunks), complete: octets.length === line + 4 }
    chunks.push(octets.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}
