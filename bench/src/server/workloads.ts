/** What a client asks, again and again. */
export interface Workload {
  id: string
  title: string
  method: 'GET' | 'POST'
  path: string
  /** Fields beside Host and Content-Length. */
  fields: Record<string, string>
  content?: string
  /** Requests sent before the first answer is waited for. */
  pipelining: number
  /** Every request on a connection of its own. */
  reconnect: boolean
  connections: number
  /** What every server must answer, octet for octet. */
  answer: { status: number; type: string; content: string }
}

const HELLO = { status: 200, type: 'text/plain', content: 'Hello, World!\n' }

/** 1 KiB that is neither text nor all the same. */
const KIBIBYTE = Array.from({ length: 1024 }, (_, at) => String.fromCharCode(33 + ((at * 7) % 90))).join('')

const plain = { path: '/', fields: {}, pipelining: 1, reconnect: false, connections: 64 } as const

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

/** What a server of files is asked for; every server serves the same folder, made by `peers/server/files.mjs`. */
function file(id: string, size: number, title: string): Workload {
  const content = KIBIBYTE.repeat(size / 1024)
  return {
    ...plain,
    id,
    title,
    method: 'GET',
    path: `/${size}.bin`,
    answer: { status: 200, type: 'application/octet-stream', content },
  }
}

/** The workloads, by the id that tables and bars use. */
export const WORKLOADS: readonly Workload[] = [
  { ...plain, id: 'hello', title: 'hello: a small GET, keep-alive', method: 'GET', answer: HELLO },
  { ...plain, id: 'pipe10', title: 'pipelining: ten at a time', method: 'GET', pipelining: 10, answer: HELLO },
  { ...plain, id: 'browser', title: "a browser's GET (15 fields)", method: 'GET', fields: BROWSER, answer: HELLO },
  {
    ...plain,
    id: 'post1k',
    title: 'POST of 1 KiB, echoed',
    method: 'POST',
    path: '/echo',
    fields: { 'Content-Type': 'application/octet-stream' },
    content: KIBIBYTE,
    answer: { status: 200, type: 'application/octet-stream', content: KIBIBYTE },
  },
  {
    ...plain,
    id: 'connect',
    title: 'a new connection for each GET',
    method: 'GET',
    fields: { Connection: 'close' },
    reconnect: true,
    connections: 16,
    answer: HELLO,
  },
  file('file1k', 1024, 'a file of 1 KiB'),
  file('file100k', 102_400, 'a file of 100 KiB'),
]

/** The request as octets, for load generators and checks that take it raw. */
export function requestText(workload: Workload, port: number): string {
  const { method, path, fields, content } = workload
  let text = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
  for (const [name, value] of Object.entries(fields)) text += `${name}: ${value}\r\n`
  if (content !== undefined) text += `Content-Length: ${content.length}\r\n`
  return `${text}\r\n${content ?? ''}`
}
