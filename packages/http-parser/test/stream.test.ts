import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readRequests, readResponses } from '../src/stream.js'

const octets = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const pipelined =
  'GET /a HTTP/1.1\r\nHost: x\r\n\r\n' +
  'POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello' +
  'PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nDigest: 1\r\n\r\n' +
  'GET /d HTTP/1.1\r\nHost: x\r\n\r\n'

function* pieces(whole: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.slice(at, at + size)
}

function webStream(whole: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(octets(whole))
      controller.close()
    },
  })
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let all = ''
  for await (const chunk of chunks) all += text(chunk)
  return all
}

describe('readRequests', () => {
  for (const size of [1, 2, 3, 7, 64, 1000]) {
    it(`gives the same messages when octets come ${size} at a time`, async () => {
      const seen: unknown[] = []
      for await (const request of readRequests(Readable.from(pieces(octets(pipelined), size)))) {
        const content = text(await request.bytes())
        seen.push([request.head.method, request.head.target, content, request.trailers?.flat()])
      }
      expect(seen).toEqual([
        ['GET', '/a', '', undefined],
        ['POST', '/b', 'hello', undefined],
        ['PUT', '/c', 'abcdefg', ['Digest', '1']],
        ['GET', '/d', '', undefined],
      ])
    })
  }

  it('skips content that nobody read, and keeps heads readable for ever', async () => {
    const heads = []
    for await (const request of readRequests([octets(pipelined)])) heads.push(request.head)
    expect(heads.map((head) => [head.target, head.fields.get('host')])).toEqual([
      ['/a', 'x'],
      ['/b', 'x'],
      ['/c', 'x'],
      ['/d', 'x'],
    ])
  })

  it('pulls from the source only what is asked for', async () => {
    let pulled = 0
    const source = {
      async *[Symbol.asyncIterator]() {
        for (const piece of pieces(octets(pipelined), 10)) {
          pulled++
          yield piece
        }
      },
    }
    const requests = readRequests(source)
    await requests.next()
    expect(pulled).toBe(3)
    const { value } = await requests.next()
    const before = pulled
    for await (const range of value!.content) {
      expect(range.length).toBeGreaterThan(0)
      break
    }
    expect(pulled).toBeLessThanOrEqual(before + 1)
  })

  it('gives the source back its return() when the loop is left early', async () => {
    let returned = false
    const source = {
      async *[Symbol.asyncIterator]() {
        try {
          yield octets(pipelined)
        } finally {
          returned = true
        }
      },
    }
    for await (const _ of readRequests(source)) break
    expect(returned).toBe(true)
  })

  it('reads a ReadableStream through its reader', async () => {
    const web = webStream(pipelined)
    const targets = []
    for await (const request of readRequests({ getReader: () => web.getReader() })) targets.push(request.head.target)
    expect(targets).toEqual(['/a', '/b', '/c', '/d'])
    expect(web.locked).toBe(false)
  })

  const untilTheEnd = 'HTTP/1.1 200 OK\r\n\r\nuntil the end'
  const behindTheEnd: [string, (responses: ReturnType<typeof readResponses>) => Promise<string>, string][] = [
    [
      'a loop that is left',
      async (responses) => {
        for await (const response of responses) return text(await response.bytes())
        return 'nothing'
      },
      'until the end',
    ],
    [
      'the rest',
      async (responses) => {
        await (await responses.next()).value!.bytes()
        return gather(responses.rest())
      },
      '',
    ],
    [
      'the rest of a loop that was left before',
      async (responses) => {
        for await (const _ of responses) break
        return gather(responses.rest())
      },
      untilTheEnd.slice(untilTheEnd.indexOf('until')),
    ],
  ]
  for (const [what, read, expected] of behindTheEnd) {
    it(`has nothing to ask the reader of a ReadableStream behind its end: ${what}`, async () => {
      const web = webStream(untilTheEnd)
      expect(await read(readResponses({ getReader: () => web.getReader() }))).toBe(expected)
      expect(web.locked).toBe(false)
    })
  }

  it('cancels a ReadableStream once when the loop is left before its end', async () => {
    let cancelled = 0
    const web = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(octets(pipelined)),
      cancel: () => void cancelled++,
    })
    const requests = readRequests({ getReader: () => web.getReader() })
    for await (const _ of requests) break
    await requests.return?.()
    expect([cancelled, web.locked]).toEqual([1, false])
  })

  it('throws from the content where the message is broken, and from the iteration after it', async () => {
    const broken = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX'
    const requests = readRequests([octets(broken)])
    const { value } = await requests.next()
    await expect(value!.bytes()).rejects.toMatchObject({ code: 'HTTP_ERR_BAD_CHUNK_END', offset: 62 })
    await expect(requests.next()).rejects.toMatchObject({ code: 'HTTP_ERR_BAD_CHUNK_END' })
  })

  it('says that the peer stopped inside a message', async () => {
    const requests = readRequests([octets('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc')])
    const { value } = await requests.next()
    await expect(value!.bytes()).rejects.toMatchObject({ code: 'HTTP_ERR_INCOMPLETE', offset: 50 })
  })

  it('refuses to gather more content than allowed', async () => {
    const requests = readRequests([octets(pipelined)])
    await requests.next()
    const { value } = await requests.next()
    const first = pipelined.indexOf('hello')
    await expect(value!.bytes({ maxSize: 4 })).rejects.toMatchObject({
      code: 'HTTP_ERR_CONTENT_TOO_LARGE',
      status: 413,
      offset: first + 4,
    })
  })

  it('goes on to the next message after it refused to gather the content of one', async () => {
    const two = `POST /0 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello${pipelined}`
    const requests = readRequests([octets(two.slice(0, 20)), octets(two.slice(20))])
    const { value } = await requests.next()
    await expect(value!.bytes({ maxSize: 0 })).rejects.toMatchObject({ offset: two.indexOf('hello') })
    expect((await requests.next()).value!.head.target).toBe('/a')
  })
})

describe('readResponses', () => {
  it('frames by the methods of the requests, and hands interim heads along', async () => {
    const source =
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n' +
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi' +
      'HTTP/1.1 200 OK\r\n\r\nuntil the end'
    const seen: unknown[] = []
    for await (const response of readResponses([octets(source)], { methods: ['HEAD', 'GET'] })) {
      seen.push([text(await response.bytes()), response.informational.map((head) => head.fields.get('link'))])
    }
    expect(seen).toEqual([
      ['', []],
      ['hi', ['</a>']],
      ['until the end', []],
    ])
  })

  it('ends at a switch of protocols and gives the rest', async () => {
    const source = [octets('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nab'), octets('cd')]
    const responses = readResponses(source)
    const first = await responses.next()
    expect(first.value!.head.upgrade).toBe(true)
    expect((await responses.next()).done).toBe(true)
    expect(await gather(responses.rest())).toBe('abcd')
  })
})
