import { frame } from './frames.js'

/** What a client asks, again and again. */
export interface Workload {
  id: string
  title: string
  /** What is counted, in the plural. */
  counted: 'requests' | 'messages'
  method: 'GET' | 'POST'
  path: string
  /** Fields beside Host and the two that frame the content. */
  fields: Record<string, string>
  content?: string
  /** Octets of one chunk: the content is sent chunked. */
  chunkSize?: number
  /** Requests sent before the first answer is waited for. */
  pipelining: number
  /** Every request on a connection of its own. */
  reconnect: boolean
  connections: number
  /** What every server answers; what one sends otherwise, it has to declare. */
  answer: Answer
  /** What goes back and forth on a connection that the request has opened, in place of further requests. */
  echo?: { sent: string; answered: string }
}

/** An answer, field line by field line; the value of Date is `*`. */
export interface Answer {
  statusLine: string
  fields: readonly string[]
  content: string
}

function ok(type: string, content: string, ...more: string[]): Answer {
  const fields = [`Content-Type: ${type}`, `Content-Length: ${content.length}`, 'Date: *', ...more]
  return { statusLine: 'HTTP/1.1 200 OK', fields, content }
}

const HELLO = 'Hello, World!\n'

/** 1 KiB that is neither text nor all the same. */
const KIBIBYTE = Array.from({ length: 1024 }, (_, at) => String.fromCharCode(33 + ((at * 7) % 90))).join('')
const OCTETS = 'application/octet-stream'

const plain = {
  counted: 'requests',
  method: 'GET',
  path: '/',
  fields: {},
  pipelining: 1,
  reconnect: false,
  connections: 64,
} as const

/** What a desktop browser sends for a page: 15 fields with Host. */
const BROWSER = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-GB,en;q=0.9,de;q=0.8',
  'Cache-Control': 'max-age=0',
  Cookie: 'session=0d3f7f1e2b7c4a7e9f5b6a1c8d2e4f60; theme=dark; consent=functional; visited=1763853600',
  Referer: 'http://127.0.0.1/articles/2026/11/a-page-with-a-long-address?from=search&position=3',
  'Sec-Ch-Ua': '"Chromium";v="142", "Not_A Brand";v="99"',
  'Sec-Ch-Ua-Mobile': '?0',
  'Sec-Ch-Ua-Platform': '"Linux"',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'same-origin',
  'Upgrade-Insecure-Requests': '1',
}

/** When the files that `peers/server/files.mjs` makes were changed last, so that every server says the same. */
export const FILE_TIME = Date.UTC(2026, 0, 2, 3, 4, 5)

/** What a server of files is asked for; every server serves the same folder. */
function file(id: string, size: number, title: string): Workload {
  const modified = `Last-Modified: ${new Date(FILE_TIME).toUTCString()}`
  return { ...plain, id, title, path: `/${size}.bin`, answer: ok(OCTETS, KIBIBYTE.repeat(size / 1024), modified) }
}

/** Messages that come back as they are. The key and its answer are the example of RFC 6455 §1.3. */
function webSocket(id: string, kind: 'text' | 'binary', payload: string, title: string): Workload {
  return {
    ...plain,
    id,
    title,
    counted: 'messages',
    fields: {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version': '13',
    },
    answer: {
      statusLine: 'HTTP/1.1 101 Switching Protocols',
      fields: ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
      content: '',
    },
    echo: { sent: frame(kind, payload, true), answered: frame(kind, payload, false) },
  }
}

/** The workloads, by the id that tables and bars use. */
export const WORKLOADS: readonly Workload[] = [
  { ...plain, id: 'hello', title: 'hello: a small GET, keep-alive', answer: ok('text/plain', HELLO) },
  { ...plain, id: 'pipe10', title: 'pipelining: ten at a time', pipelining: 10, answer: ok('text/plain', HELLO) },
  {
    ...plain,
    id: 'browser',
    title: "a browser's GET (15 fields)",
    fields: BROWSER,
    answer: ok('text/plain', HELLO),
  },
  {
    ...plain,
    id: 'post1k',
    title: 'POST of 1 KiB, echoed',
    method: 'POST',
    path: '/echo',
    fields: { 'Content-Type': OCTETS },
    content: KIBIBYTE,
    answer: ok(OCTETS, KIBIBYTE),
  },
  {
    ...plain,
    id: 'upload',
    title: 'POST of 64 KiB in 16 chunks, counted',
    method: 'POST',
    path: '/upload',
    fields: { 'Content-Type': OCTETS },
    content: KIBIBYTE.repeat(64),
    chunkSize: 4096,
    answer: ok('text/plain', '65536\n'),
  },
  {
    ...plain,
    id: 'connect',
    title: 'a new connection for each GET',
    fields: { Connection: 'close' },
    reconnect: true,
    connections: 16,
    answer: ok('text/plain', HELLO, 'Connection: close'),
  },
  { ...plain, id: 'json', title: 'JSON', path: '/json', answer: ok('application/json', '{"message":"Hello, World!"}') },
  file('file1k', 1024, 'a file of 1 KiB'),
  file('file100k', 102_400, 'a file of 100 KiB'),
  webSocket('websocket', 'text', 'The wire is plain. The wire hums', 'WebSocket: 32 octets of text, echoed'),
  webSocket('websocket1k', 'binary', KIBIBYTE, 'WebSocket: 1 KiB, echoed'),
]

/** The request as octets, for load generators and checks that take it raw. */
export function requestText(workload: Workload, port: number): string {
  const { method, path, fields, content, chunkSize } = workload
  let text = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
  for (const [name, value] of Object.entries(fields)) text += `${name}: ${value}\r\n`
  if (content === undefined) return `${text}\r\n`
  if (chunkSize === undefined) return `${text}Content-Length: ${content.length}\r\n\r\n${content}`
  text += 'Transfer-Encoding: chunked\r\n\r\n'
  for (let at = 0; at < content.length; at += chunkSize) {
    const chunk = content.slice(at, at + chunkSize)
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`
  }
  return `${text}0\r\n\r\n`
}
