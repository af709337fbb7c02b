/**
 * What the parsers are given: our own requests and responses in the shapes and sizes that the field measures with. Every item
 * has 128 variants in which paths, cookies and contents differ, so that nothing wins by recognising one input.
 */

/** One workload. */
export interface Item {
  id: string
  title: string
  kind: 'request' | 'response'
  /** Messages in one variant. */
  messages: number
  /** The chunks of each variant, as a socket would deliver them. */
  variants: Buffer[][]
  /** Connections, each with a parser of its own, that send it by turns. */
  connections: number
  /** Whether it counts for the mean over whole heads. */
  wholeHead: boolean
}

const variantCount = 128

/** Every workload, in the order it is reported. */
export function corpus(): Item[] {
  return [
    item('tiny', 'GET and Host, 27 octets', 'request', tiny, { wholeHead: true }),
    item('wrk', 'load generator, 72 octets', 'request', wrk, { wholeHead: true }),
    item('chrome', 'browser with cookies, 17 fields, 832 octets', 'request', chrome, { wholeHead: true }),
    item('firefox', 'browser with one long cookie, 703 octets', 'request', firefox, { wholeHead: true }),
    item('llhttp', 'POST of the size llhttp publishes, 520 octets', 'request', post520, { wholeHead: true }),
    item('post1k', 'POST with 1 KiB of content, 1174 octets', 'request', post1k, { wholeHead: true }),
    item('pipe16', '16 pipelined requests of 72 octets', 'request', (v) => repeated(16, v), {
      wholeHead: true,
      messages: 16,
    }),
    item('pipe64', '64 pipelined requests of 72 octets', 'request', (v) => repeated(64, v), {
      wholeHead: true,
      messages: 64,
    }),
    item('chrome-unique', 'browser, every value differs', 'request', chromeUnique),
    item('chunked16', '16 chunks of 64 octets, 1254 octets', 'request', chunked16),
    item('chrome-3', 'browser in 3 fragments', 'request', chrome, { cut: 278 }),
    item('chrome-bytes', 'browser, an octet at a time', 'request', chrome, { cut: 1 }),
    item('wrk-64c', 'load generator, 64 connections by turns', 'request', wrk, { connections: 64 }),
    item('chrome-64c', 'browser, 64 connections by turns', 'request', chrome, { connections: 64 }),
    item('res-small', '200 with 13 octets of content', 'response', responseSmall, { wholeHead: true }),
    item('res-304', '304 with 6 fields', 'response', response304, { wholeHead: true }),
    item('res-page', '200 with 14 fields and 1 KiB', 'response', responsePage, { wholeHead: true }),
    item('res-pipe16', '16 responses in one read', 'response', (v) => repeatedResponses(16, v), {
      wholeHead: true,
      messages: 16,
    }),
    item('res-chunked16', '200 with 16 chunks of 64 octets', 'response', responseChunked16),
  ]
}

function item(
  id: string,
  title: string,
  kind: 'request' | 'response',
  make: (variant: number) => string,
  shape: { wholeHead?: boolean; messages?: number; cut?: number; connections?: number } = {},
): Item {
  const variants = Array.from({ length: variantCount }, (_, variant) => {
    const octets = Buffer.from(make(variant), 'latin1')
    if (shape.cut === undefined) return [octets]
    const size = shape.cut
    return Array.from({ length: Math.ceil(octets.length / size) }, (_, i) => octets.subarray(i * size, (i + 1) * size))
  })
  const { messages = 1, connections = 1, wholeHead = false } = shape
  return { id, title, kind, messages, variants, connections, wholeHead }
}

/** Letters that differ with variant and place, always the same for both. */
function letters(count: number, variant: number, salt = 0): string {
  let state = (variant * 2654435761 + salt * 40503 + 12345) >>> 0
  let text = ''
  while (text.length < count) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    text += 'abcdefghijklmnopqrstuvwxyz012345'[state >>> 27]
  }
  return text
}

function head(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Fills a cookie so that the message has exactly the size that is wanted. */
function padded(size: number, make: (padding: string) => string, variant: number): string {
  return make(letters(size - make('').length, variant, 7))
}

function tiny(): string {
  return head('GET / HTTP/1.1', 'Host: x')
}

function wrk(variant: number): string {
  return padded(72, (rest) => head(`GET /${rest} HTTP/1.1`, 'Host: 127.0.0.1:8080', 'Connection: keep-alive'), variant)
}

function chrome(variant: number): string {
  return padded(832, (rest) => browser(variant, rest, false), variant)
}

function chromeUnique(variant: number): string {
  return padded(832, (rest) => browser(variant, rest, true), variant)
}

function browser(variant: number, rest: string, unique: boolean): string {
  const u = (text: string, salt: number): string => (unique ? letters(text.length, variant, salt) : text)
  return head(
    `GET /articles/${letters(12, variant, 1)}?page=${variant} HTTP/1.1`,
    `Host: ${u('www.example.com', 20)}`,
    'Connection: keep-alive',
    `Cache-Control: ${u('max-age=0', 21)}`,
    `sec-ch-ua: ${u('"Chromium";v="130", "Not?A_Brand";v="99"', 22)}`,
    `sec-ch-ua-mobile: ${u('?0', 23)}`,
    `sec-ch-ua-platform: ${u('"Linux"', 24)}`,
    `Upgrade-Insecure-Requests: ${u('1', 25)}`,
    `User-Agent: ${u('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0', 26)}`,
    `Accept: ${u('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 27)}`,
    `Sec-Fetch-Site: ${u('same-origin', 28)}`,
    `Sec-Fetch-Mode: ${u('navigate', 29)}`,
    `Sec-Fetch-User: ${u('?1', 30)}`,
    `Sec-Fetch-Dest: ${u('document', 31)}`,
    `Referer: https://www.example.com/${letters(10, variant, 2)}`,
    `Accept-Encoding: ${u('gzip, deflate, br', 32)}`,
    `Accept-Language: ${u('en-GB,en;q=0.9', 33)}`,
    `Cookie: sid=${letters(24, variant, 3)}; theme=dark; r=${rest}`,
  )
}

function firefox(variant: number): string {
  return padded(
    703,
    (rest) =>
      head(
        `GET /images/${letters(16, variant, 1)}/thumb.png HTTP/1.1`,
        'Host: static.example.org',
        'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
        'Accept: image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5',
        'Accept-Language: de,en-US;q=0.7,en;q=0.3',
        'Accept-Encoding: gzip, deflate',
        'Keep-Alive: 115',
        'Connection: keep-alive',
        `Cookie: session=${letters(40, variant, 3)}; seen=${rest}`,
      ),
    variant,
  )
}

function post520(variant: number): string {
  return padded(
    520,
    (rest) =>
      head(
        'POST /projects/parser/issues HTTP/1.1',
        'Host: github.example',
        'DNT: 1',
        'Accept-Encoding: gzip, deflate, sdch',
        'Accept-Language: en-US,en;q=0.8',
        'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0',
        'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
        `Referer: https://github.example/projects/${rest}`,
        'Connection: keep-alive',
        'Cache-Control: max-age=0',
        'Content-Length: 19',
      ).concat('title=', letters(13, variant, 5)),
    variant,
  )
}

function post1k(variant: number): string {
  return padded(
    1174,
    (rest) =>
      head(
        `POST /api/${rest} HTTP/1.1`,
        'Host: api.example.com',
        'Content-Type: application/json',
        'Accept: application/json',
        'Content-Length: 1024',
      ) + letters(1024, variant, 5),
    variant,
  )
}

function chunks16(variant: number): string {
  const chunks = Array.from({ length: 16 }, (_, i) => `40\r\n${letters(64, variant, 10 + i)}\r\n`)
  return `${chunks.join('')}0\r\n\r\n`
}

function chunked16(variant: number): string {
  return padded(
    1254,
    (rest) =>
      head(`POST /upload/${rest} HTTP/1.1`, 'Host: api.example.com', 'Transfer-Encoding: chunked') + chunks16(variant),
    variant,
  )
}

function repeated(count: number, variant: number): string {
  return Array.from({ length: count }, (_, i) => wrk(variant * count + i)).join('')
}

function responseSmall(variant: number): string {
  return (
    head(
      'HTTP/1.1 200 OK',
      'Server: example',
      'Date: Sun, 22 Nov 2026 12:00:00 GMT',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Length: 13',
    ) + letters(13, variant)
  )
}

function response304(variant: number): string {
  return head(
    'HTTP/1.1 304 Not Modified',
    'Date: Sun, 22 Nov 2026 12:00:00 GMT',
    `ETag: "${letters(20, variant)}"`,
    'Cache-Control: public, max-age=3600',
    'Vary: Accept-Encoding',
    'Server: example',
    'Connection: keep-alive',
  )
}

function responsePage(variant: number): string {
  return (
    head(
      'HTTP/1.1 200 OK',
      'Date: Sun, 22 Nov 2026 12:00:00 GMT',
      'Content-Type: text/html; charset=utf-8',
      'Content-Length: 1024',
      'Connection: keep-alive',
      'Server: nginx',
      `ETag: W/"${letters(24, variant, 1)}"`,
      'Last-Modified: Sat, 21 Nov 2026 08:30:00 GMT',
      'Cache-Control: public, max-age=600, stale-while-revalidate=60',
      'Vary: Accept-Encoding, Cookie',
      `Set-Cookie: sid=${letters(32, variant, 2)}; Path=/; HttpOnly; Secure; SameSite=Lax`,
      'Strict-Transport-Security: max-age=31536000; includeSubDomains',
      "Content-Security-Policy: default-src 'self'; img-src *; object-src 'none'",
      'X-Content-Type-Options: nosniff',
      `X-Request-Id: ${letters(36, variant, 3)}`,
    ) + letters(1024, variant, 4)
  )
}

function responseChunked16(variant: number): string {
  return (
    head(
      'HTTP/1.1 200 OK',
      'Date: Sun, 22 Nov 2026 12:00:00 GMT',
      'Content-Type: text/html; charset=utf-8',
      'Transfer-Encoding: chunked',
      `X-Request-Id: ${letters(36, variant, 3)}`,
    ) + chunks16(variant)
  )
}

function repeatedResponses(count: number, variant: number): string {
  return Array.from({ length: count }, (_, i) => responseSmall(variant * count + i)).join('')
}
