import { TimerWheel } from '@plainwire/socket-server'
import { connectionPair } from '@plainwire/socket-server/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Engine } from '../src/engine.js'
import { HttpHooks } from '../src/http-hooks.js'
import type { Handler, ServerRequest, ServerResponse } from '../src/index.js'

/** What a handler does with its request; `turn` comes when the schedule says so, in any order among all handlers. */
type Conduct = (request: ServerRequest, response: ServerResponse, turn: () => Promise<void>) => void | Promise<void>

const EVIL = 'EVIL'

/** Everything that must not work any more once the answer is over. */
function meddle(response: ServerResponse): void {
  for (const act of [
    () => response.write(EVIL),
    () => response.end(EVIL),
    () => response.writeHead(200, { 'X-Id': EVIL }),
    () => response.setField('X-Id', EVIL),
    () => response.sendError(500, EVIL),
    () => response.informational(103, { Link: EVIL }),
    () => response.abort(),
  ]) {
    try {
      act()
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
    }
  }
}

const id = (request: ServerRequest): string => request.path.slice(1)

const CONDUCTS: Record<string, { status: number; content: (id: string) => string | undefined; act: Conduct }> = {
  sync: { status: 200, content: (id) => id, act: (request, response) => void response.end(id(request)) },
  soon: {
    status: 200,
    content: (id) => id,
    async act(request, response, turn) {
      await turn()
      response.end(id(request))
    },
  },
  pieces: {
    status: 200,
    content: (id) => `${id}+${id}`,
    async act(request, response, turn) {
      response.write(id(request))
      await turn()
      response.write('+')
      await turn()
      response.end(id(request))
    },
  },
  late: {
    status: 200,
    content: (id) => id,
    async act(request, response, turn) {
      response.end(id(request))
      await turn()
      meddle(response)
      await turn()
      meddle(response)
    },
  },
  streamsLate: {
    status: 200,
    content: (id) => id,
    async act(request, response, turn) {
      response.write(id(request))
      response.end()
      await turn()
      meddle(response)
      await turn()
      meddle(response)
    },
  },
  throws: {
    status: 500,
    content: () => undefined,
    act() {
      throw new Error('on purpose')
    },
  },
  rejects: {
    status: 500,
    content: () => undefined,
    async act(_request, response, turn) {
      await turn()
      response.status = 202
      throw new Error('on purpose')
    },
  },
  echoes: {
    status: 200,
    content: (id) => `content of ${id}`,
    async act(request, response, turn) {
      await turn()
      response.end(await request.bytes())
    },
  },
  ignores: {
    status: 200,
    content: (id) => id,
    async act(request, response, turn) {
      await turn()
      response.end(id(request))
      await turn()
      meddle(response)
    },
  },
}

interface Schedule {
  /** For each connection the conducts of its requests, and how long the pieces are that it sends. */
  connections: Array<{ conducts: string[]; cuts: number[] }>
  /** Which of the things that can happen next happens. */
  choices: number[]
}

const schedules: fc.Arbitrary<Schedule> = fc.record({
  connections: fc.array(
    fc.record({
      conducts: fc.array(fc.constantFrom(...Object.keys(CONDUCTS)), { minLength: 1, maxLength: 6 }),
      cuts: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  choices: fc.array(fc.nat(1000), { minLength: 10, maxLength: 30 }),
})

function requestText(connection: number, index: number, conduct: string): string {
  const name = `${connection}.${index}.${conduct}`
  const content = conduct === 'echoes' || conduct === 'ignores' ? `content of ${name}` : ''
  if (content === '') return `GET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`
  return index % 2 === 0
    ? `POST /${name} HTTP/1.1\r\nHost: a\r\nContent-Length: ${content.length}\r\n\r\n${content}`
    : `POST /${name} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`
}

interface Answer {
  status: number
  id: string | undefined
  content: string
}

/** Reads complete answers off the front, by rules of its own. */
function readAnswers(text: string): { answers: Answer[]; rest: string } {
  const answers: Answer[] = []
  for (let rest = text; ; ) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return { answers, rest }
    const head = rest.slice(0, end)
    let after = rest.slice(end + 4)
    let content = ''
    const length = /^Content-Length: (\d+)$/im.exec(head)?.[1]
    if (length !== undefined) {
      if (after.length < Number(length)) return { answers, rest }
      content = after.slice(0, Number(length))
      after = after.slice(Number(length))
    } else {
      for (let size = -1; size !== 0; ) {
        const line = after.indexOf('\r\n')
        size = Number.parseInt(after, 16)
        if (line === -1 || after.length < line + 4 + size) return { answers, rest }
        content += after.slice(line + 2, line + 2 + size)
        after = after.slice(line + 4 + size)
      }
    }
    answers.push({ status: Number(head.slice(9, 12)), id: /^X-Id: (.*)$/m.exec(head)?.[1], content })
    rest = after
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function play({ connections, choices }: Schedule): Promise<void> {
  /** Handlers that wait for their turn, and octets on their way. */
  const waiting: Array<() => void> = []
  const deliveries: Array<() => void> = []
  const handler: Handler = (request, response) => {
    response.setField('X-Id', id(request))
    const conduct = CONDUCTS[request.path.split('.')[2]!]!
    return conduct.act(request, response, () => new Promise((resolve) => waiting.push(resolve)))
  }
  const engine = new Engine({ handler, onError: () => {} }, handler, new TimerWheel())
  const hooks = new HttpHooks(engine)
  const received = connections.map(() => '')
  const clients = connections.map(({ conducts, cuts }, connection) => {
    const [, client] = connectionPair({
      left: hooks,
      right: {
        data: (_client, chunk) => {
          received[connection] += Buffer.from(chunk).toString('latin1')
        },
      },
      schedule: (task) => deliveries.push(task),
    })
    const text = conducts.map((conduct, index) => requestText(connection, index, conduct)).join('')
    for (let at = 0, cut = 0; at < text.length; cut++) {
      const size = cuts[cut % cuts.length]!
      client.write(text.slice(at, at + size), 'latin1')
      at += size
    }
    return client
  })
  for (let step = 0; deliveries.length + waiting.length > 0; step++) {
    const choice = choices[step % choices.length]!
    if (waiting.length > 0 && (deliveries.length === 0 || choice % 2 === 0)) {
      waiting.splice((choice >> 1) % waiting.length, 1)[0]!()
    } else deliveries.shift()!()
    await turn()
  }
  for (const [connection, { conducts }] of connections.entries()) {
    const { answers, rest } = readAnswers(received[connection]!)
    const expected = conducts.map((conduct, index) => {
      const name = `${connection}.${index}.${conduct}`
      const { status, content } = CONDUCTS[conduct]!
      return { status, id: name, content: content(name) ?? expect.not.stringContaining(EVIL) }
    })
    expect(answers).toEqual(expected)
    expect(rest).toBe('')
  }
  for (const client of clients) client.destroy()
  while (deliveries.length > 0) deliveries.shift()!()
}

describe('no answer to the wrong request', () => {
  it('ten thousand schedules of pipelined handlers that finish in any order', { timeout: 120_000 }, async () => {
    // Sixteen at a time share the turns of the event loop.
    const sixteen = fc.array(schedules, { minLength: 16, maxLength: 16 })
    await fc.assert(
      fc.asyncProperty(sixteen, async (each) => void (await Promise.all(each.map(play)))),
      { numRuns: 625, seed: 20261123 },
    )
  })
})
