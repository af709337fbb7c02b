import { describe, expect, it } from 'vitest'
import { type Connection, type ConnectionHooks, connect, type SocketError, serve } from '../src/index.js'
import { connectionPair } from '../src/testing.js'

const now = { signal: AbortSignal.abort() }

describe('what a hook throws', () => {
  const unprintable = [
    ['an object without a prototype', () => Object.create(null) as object],
    ['a symbol', () => Symbol('no')],
    ['nothing', () => undefined],
    [
      'an error that cannot be printed',
      () =>
        Object.assign(new Error('no'), {
          toString() {
            throw new Error('not even that')
          },
        }),
    ],
  ] as const
  const rows = unprintable.flatMap(([what, make]) => [
    [
      what,
      'data',
      (cause: unknown) => {
        throw cause
      },
      make(),
    ] as const,
    [what, 'data, later', (cause: unknown) => Promise.reject(cause), make()] as const,
  ])
  it.each(rows)('%s, in %s: its connection dies of SOCKET_ERR_HOOK, and no other', async (_, _hook, fail, cause) => {
    const errors: SocketError[] = []
    const hooks: ConnectionHooks = { data: () => fail(cause) as never, error: (_, error) => void errors.push(error) }
    const server = await serve({}, hooks)
    const client = await connect(server.url)
    client.write('x')
    expect(await client.read().catch(() => undefined)).toBeUndefined()
    expect(errors).toMatchObject([{ code: 'SOCKET_ERR_HOOK' }])
    expect(errors[0]!.cause).toBe(cause)
    expect((await connect(server.url)).writable).toBe(true)
    client.destroy()
    await server.close(now)
  })
})

describe('octets that wait for uncork', () => {
  const rows: [sentence: string, pieces: number[]][] = [
    ['a large piece and a small one', [5000, 1]],
    ['many small ones', Array.from({ length: 500 }, () => 10)],
    ['more than a system call takes', Array.from({ length: 20 }, () => 20_000)],
  ]
  it.each(rows)('do not wait for the peer: %s, beyond maxWriteQueue, arrive', async (_, pieces) => {
    const server = await serve(
      { maxWriteQueue: 1000 },
      {
        open(c) {
          c.cork()
          for (const size of pieces) c.write('x'.repeat(size))
          c.uncork()
          c.closeWrite()
        },
        data() {},
        end() {},
      },
    )
    const client = await connect(server.url)
    let size = 0
    for await (const chunk of client) size += chunk.length
    expect(size).toBe(pieces.reduce((sum, piece) => sum + piece))
    client.close()
    await server.close()
  })

  it('count when the peer does not read', async () => {
    const [left, right] = connectionPair({ wireLimit: 1000, leftOptions: { maxWriteQueue: 100_000 } })
    left.write('x'.repeat(1000))
    left.write('x')
    left.cork()
    left.write('x'.repeat(100_000))
    left.write('x')
    expect(left.error?.code).toBe('SOCKET_ERR_WRITE_QUEUE')
    right.destroy()
  })
})

it('octets that wait are counted as written in memory as elsewhere', async () => {
  const [left, right] = connectionPair({ wireLimit: 10 })
  for (let count = 1; count <= 5; count++) {
    left.write('0123456789')
    expect([count, left.bytesWritten]).toEqual([count, count * 10])
  }
  left.closeWrite()
  let size = 0
  for await (const chunk of right as Connection) size += chunk.length
  expect([size, left.bytesWritten, left.writeQueue]).toEqual([50, 50, 0])
  left.destroy()
  right.destroy()
})
