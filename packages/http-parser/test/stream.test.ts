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

const ended = 'HTTP/1.1 200 OK\r\n\r\nuntil the end'

/** A source that gives some octets and then fails. */
async function* failing(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const one of texts) yield octets(one)
  throw new Error('the wire was cut')
}

describe('content is whole or an error, when', () => {
  const cut = (size: number) => [...pieces(octets(ended), size)]
  type Row = [
    what: string,
    read: (responses: ReturnType<typeof readResponses>) => Promise<unknown>,
    source: () => Parameters<typeof readResponses>[0],
    expected: string | RegExp,
  ]
  const rows: Row[] = [
    [
      'it is asked for behind the next message',
      async (responses) => {
        const { value } = await responses.next()
        await responses.next()
        return value!.bytes()
      },
      () => cut(1000),
      /was skipped/,
    ],
    [
      'its second half is asked for behind the next message',
      async (responses) => {
        const { value } = await responses.next()
        const content = value!.content[Symbol.asyncIterator]()
        await content.next()
        await responses.next()
        return content.next()
      },
      () => cut(25),
      /was skipped/,
    ],
    [
      'it is asked for behind the loop',
      async (responses) => {
        let last: { bytes(): Promise<Uint8Array> } | undefined
        for await (const response of responses) {
          last = response
          break
        }
        return last!.bytes()
      },
      () => cut(25),
      /was ended/,
    ],
    [
      'it is asked for behind rest()',
      async (responses) => {
        const { value } = await responses.next()
        responses.rest()
        return value!.bytes()
      },
      () => cut(25),
      /was ended/,
    ],
    [
      'the source failed once and is asked again',
      async (responses) => {
        const { value } = await responses.next()
        await expect(value!.bytes()).rejects.toThrow('the wire was cut')
        await expect(gather(value!.content)).rejects.toThrow('the wire was cut')
        return responses.next()
      },
      () => failing(ended),
      /the wire was cut/,
    ],
    [
      'it was too large before',
      async (responses) => {
        const { value } = await responses.next()
        await expect(value!.bytes({ maxSize: 3 })).rejects.toMatchObject({ code: 'HTTP_ERR_CONTENT_TOO_LARGE' })
        return value!.bytes()
      },
      () => cut(2),
      /some of the content was read/,
    ],
    [
      'it was read before',
      async (responses) => {
        const { value } = await responses.next()
        await value!.bytes()
        return value!.bytes()
      },
      () => cut(1000),
      /some of the content was read/,
    ],
    [
      'bytes() is called twice at once',
      async (responses) => {
        const { value } = await responses.next()
        const [first, second] = await Promise.allSettled([value!.bytes(), value!.bytes()])
        return `${text((first as PromiseFulfilledResult<Uint8Array>).value)}, ${second.status}`
      },
      () => cut(5),
      'until the end, rejected',
    ],
    [
      'bytes() is called while it is iterated',
      async (responses) => {
        const { value } = await responses.next()
        const first = gather(value!.content)
        await expect(value!.bytes()).rejects.toThrow(/some of the content was read/)
        return first
      },
      () => cut(5),
      'until the end',
    ],
    [
      'it is iterated twice at once',
      async (responses) => {
        const { value } = await responses.next()
        const first = gather(value!.content)
        await expect(gather(value!.content)).rejects.toThrow(/by somebody else/)
        return first
      },
      () => cut(5),
      'until the end',
    ],
    [
      'it is iterated on behind a break',
      async (responses) => {
        const { value } = await responses.next()
        for await (const range of value!.content) return text(range) + (await gather(value!.content))
        return undefined
      },
      () => cut(5),
      /by somebody else/,
    ],
    [
      'it is iterated on behind the loop',
      async (responses) => {
        const { value } = await responses.next()
        let all = ''
        for await (const range of value!.content) {
          all += text(range)
          break
        }
        return all + (await gather(value!.content))
      },
      () => cut(5),
      'until the end',
    ],
    [
      'a chunk is given away with octets in it that are still to be read',
      async (responses) => {
        const { value } = await responses.next()
        for await (const range of value!.content) structuredClone(0, { transfer: [range.buffer as ArrayBuffer] })
        return responses.next()
      },
      () => [octets('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 204 No Content\r\n\r\n')],
      /was detached/,
    ],
    [
      'there was none, which can be asked for at any time',
      async (responses) => {
        const { value } = await responses.next()
        await responses.next()
        expect(await Promise.all([value!.bytes(), value!.bytes()])).toEqual([new Uint8Array(0), new Uint8Array(0)])
        return text(await value!.bytes())
      },
      () => [octets('HTTP/1.1 204 No Content\r\n\r\n')],
      '',
    ],
    [
      'all of it was read before the next message',
      async (responses) => {
        const { value } = await responses.next()
        const content = value!.content[Symbol.asyncIterator]()
        let all = ''
        while (all.length < 13) all += text((await content.next()).value)
        await responses.next()
        return all + JSON.stringify(await content.next())
      },
      () => cut(25),
      'until the end{"done":true}',
    ],
  ]
  it.each(rows)('%s', async (_what, read, source, expected) => {
    const outcome = read(readResponses(source()))
    if (typeof expected === 'string') expect(await outcome).toBe(expected)
    else await expect(outcome).rejects.toThrow(expected)
  })

  it.each([Number.NaN, -1, '1' as never])('refuses a maxSize of %s', async (maxSize) => {
    const { value } = await readResponses(cut(5)).next()
    await expect(value!.bytes({ maxSize })).rejects.toThrow(RangeError)
  })

  it.each([1, 7, 1000])('bytes() is all of it in a buffer of its own size, %i octets a time', async (size) => {
    for (const maxSize of [13, 14, Number.POSITIVE_INFINITY]) {
      const { value } = await readResponses(cut(size)).next()
      const bytes = await value!.bytes({ maxSize })
      expect([text(bytes), bytes.buffer.byteLength]).toEqual(['until the end', 13])
    }
  })

  it('lets the reader have the buffers of ranges', async () => {
    const { value } = await readResponses(cut(5)).next()
    let all = ''
    for await (const range of value!.content) {
      all += text(range)
      // What was left of this chunk would be gone, so only those are given away that end with it.
      if (range.byteOffset + range.length === range.buffer.byteLength)
        structuredClone(range, { transfer: [range.buffer] })
    }
    expect(all).toBe('until the end')
  })
})

describe('the source', () => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\n\r\n'

  it('gives every octet behind to a rest() that is taken inside the loop and read behind it', async () => {
    const responses = readResponses(Readable.from([octets(`${switching}ab`), octets('cd')]))
    let rest: AsyncIterable<Uint8Array> = Readable.from([])
    for await (const _ of responses) {
      rest = Readable.from(responses.rest())
      break
    }
    expect(await gather(rest)).toBe('abcd')
  })

  it('gives no chunk of no octets, and its chunks are Uint8Arrays', async () => {
    const responses = readResponses([octets(switching), octets(''), octets('ab'), octets('')])
    await responses.next()
    const sizes: number[] = []
    for await (const chunk of responses.rest()) sizes.push(chunk.length)
    expect(sizes).toEqual([2])
    await expect(readResponses(['HTTP/1.1 200 OK'] as never).next()).rejects.toThrow(/chunks that are Uint8Arrays/)
    expect(() => readResponses([], { methods: 'HEAD' })).toThrow('methods are a list of strings, not one')
    for (const source of [null, 5, 'GET', {}, Promise.resolve([])]) {
      expect(() => readRequests(source as never)).toThrow('a source is a ReadableStream or an iterable of Uint8Arrays')
    }
    await expect(readResponses([undefined] as never).next()).rejects.toThrow(/chunks that are Uint8Arrays/)
  })

  it('gives no octet twice', async () => {
    const responses = readResponses([octets(`${switching}ab`), octets('cd')])
    await responses.next()
    for await (const chunk of responses.rest()) {
      expect(text(chunk)).toBe('ab')
      break
    }
    expect(await gather(responses.rest())).toBe('cd')
  })

  it('gives the octets behind a message that is still waited for to nobody else', async () => {
    let give: (chunk: Uint8Array) => void = () => {}
    const waited = new Promise<Uint8Array>((resolve) => {
      give = resolve
    })
    const requests = readRequests(
      (async function* () {
        yield octets('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
        yield await waited
      })(),
    )
    await requests.next()
    const second = requests.next()
    const rest = gather(requests.rest())
    give(octets('GET /b HTTP/1.1\r\nHost: x\r\n\r\nbehind'))
    expect([(await second).value!.head.target, await rest]).toEqual(['/b', 'behind'])
  })

  const web = (more: object): ReadableStream<Uint8Array> =>
    new ReadableStream({ start: (controller) => controller.enqueue(octets(`${switching}ab`)), ...more })
  it.each([
    [
      'that fails between messages',
      { pull: (controller: ReadableStreamDefaultController) => controller.error(new Error('mine')) },
      async (stream: Parameters<typeof readResponses>[0]) => {
        const responses = readResponses(stream, { methods: ['HEAD'] })
        while (!(await responses.next()).done);
      },
    ],
    [
      'that can not be cancelled',
      { cancel: () => Promise.reject(new Error('mine')) },
      async (stream: Parameters<typeof readResponses>[0]) => {
        for await (const _ of readResponses(stream)) break
      },
    ],
  ])('is not locked for ever: a ReadableStream %s', async (_what, more, read) => {
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(octets('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n')),
      ...more,
    })
    await expect(read({ getReader: () => stream.getReader() })).rejects.toThrow('mine')
    expect(stream.locked).toBe(false)
  })

  it("is the caller's again, neither locked nor cancelled, when rest() is left", async () => {
    let cancelled = false
    const stream = web({
      cancel() {
        cancelled = true
      },
    })
    const responses = readResponses(stream)
    await responses.next()
    for await (const _ of responses.rest()) break
    expect([stream.locked, cancelled]).toEqual([false, false])
  })

  it('is not touched when an option is not usable', () => {
    const stream = web({})
    expect(() => readRequests(stream, { maxFields: -1 })).toThrow(RangeError)
    expect(stream.locked).toBe(false)
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
