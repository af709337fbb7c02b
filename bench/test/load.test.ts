import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type LoadGenerator, sockets, wrk } from '../src/server/load.js'
import { requestText, WORKLOADS, type Workload } from '../src/server/workloads.js'

const workload = (id: string): Workload => ({ ...WORKLOADS.find((each) => each.id === id)!, connections: 4 })
const running: Array<() => void> = []
afterEach(() => {
  for (const stop of running.splice(0)) stop()
})

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n65536\n'
const opening = 'HTTP/1.1 101 Switching Protocols\r\n\r\n'

/** A server that compares what it reads with what it should be asked, and answers each whole request. */
async function counting(asked: (port: number, nth: number) => string, says: (nth: number) => string) {
  const seen = { whole: 0, other: 0 }
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const { port } = server.address() as AddressInfo
    let octets = ''
    let nth = 0
    open.add(socket)
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      octets += piece.toString('latin1')
      for (let next = asked(port, nth); octets.length >= next.length; next = asked(port, nth)) {
        seen[octets.startsWith(next) ? 'whole' : 'other']++
        octets = octets.slice(next.length)
        socket.write(says(nth++), 'latin1')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  running.push(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, seen }
}

/** Each connection may have one more on its way when the time is up. */
function expectCounted({ answers }: { answers: number }, seen: { whole: number; other: number }, before = 0): void {
  expect(seen.other).toBe(0)
  expect(answers).toBeGreaterThan(0)
  expect(seen.whole - before).toBeGreaterThanOrEqual(answers)
  expect(seen.whole - before).toBeLessThanOrEqual(answers + 4)
}

describe('load', () => {
  const generators: Array<[string, LoadGenerator | undefined]> = [
    ['raw sockets', sockets()],
    ['wrk', wrk()],
  ]
  for (const [name, generator] of generators) {
    it.skipIf(generator === undefined)(`of ${name}: chunked uploads arrive whole and are counted`, async () => {
      const upload = workload('upload')
      const { port, seen } = await counting(
        (port) => requestText(upload, port),
        () => answer,
      )
      const load = await generator!.run(upload, port, 0.2, answer.length)
      expect(load.failures).toBe(0)
      expectCounted(load, seen)
    })
  }

  it.skipIf(wrk() === undefined)('of wrk: answers that are cut off by a reset are failures', async () => {
    const hello = workload('hello')
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n655', () => socket.resetAndDestroy())
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    running.push(() => server.close())
    const load = await wrk()!.run(hello, (server.address() as AddressInfo).port, 0.2, answer.length)
    expect(load.answers).toBe(0)
    expect(load.failures).toBeGreaterThan(0)
  })

  const { echo } = workload('websocket')
  const opened = (port: number, nth: number): string =>
    nth === 0 ? requestText(workload('websocket'), port) : echo!.sent
  const run = (port: number) => sockets().run(workload('websocket'), port, 0.2, opening.length)

  it('of WebSockets: messages come back and are counted, the handshakes are not', async () => {
    const { port, seen } = await counting(opened, (nth) => (nth === 0 ? opening : echo!.answered))
    const load = await run(port)
    expect(load.failures).toBe(0)
    expect(load.p50).toBeGreaterThan(0)
    expect(load.p99).toBeGreaterThanOrEqual(load.p50)
    expectCounted(load, seen, 4)
  })

  it.each<[string, string]>([
    ['changed', echo!.answered.replace('wire', 'fire')],
    ['twice', echo!.answered.repeat(2)],
  ])('of WebSockets: a message that comes back %s is a failure of its connection', async (_, wrong) => {
    const { port } = await counting(opened, (nth) => (nth === 0 ? opening : nth < 3 ? echo!.answered : wrong))
    const { answers, failures } = await run(port)
    expect({ answers, failures }).toEqual({ answers: 8, failures: 4 })
  })
})
