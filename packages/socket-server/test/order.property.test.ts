/**
 * Random interleavings: whatever two peers do to each other, hooks come in a legal order, close once and last, and no
 * octet is lost, repeated or reordered.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Connection, type ConnectionHooks, connect, TimerWheel } from '../src/index.js'
import { connectionPair, TestClock } from '../src/testing.js'
import { tcp } from './transports.js'

/** What one end can be told to do. The number is a size, a count of turns or a duration. */
type Action =
  | 'write'
  | 'cork'
  | 'uncork'
  | 'pause'
  | 'resume'
  | 'read'
  | 'closeWrite'
  | 'close'
  | 'finish'
  | 'destroy'
  | 'reset'
  | 'throw'
  | 'turns'
  | 'time'

interface Event {
  end: 0 | 1
  action: Action
  amount: number
}

const event: fc.Arbitrary<Event> = fc.record({
  end: fc.constantFrom<0 | 1>(0, 1),
  // The ways to end come rarely, so that most runs live for a while.
  action: fc.oneof(
    { weight: 90, arbitrary: fc.constantFrom<Action>('write', 'write', 'write', 'turns', 'turns', 'time') },
    { weight: 36, arbitrary: fc.constantFrom<Action>('cork', 'uncork', 'pause', 'resume', 'read') },
    { weight: 1, arbitrary: fc.constantFrom<Action>('closeWrite', 'close', 'finish', 'destroy', 'reset', 'throw') },
  ),
  amount: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 40_000 })),
})

/** One end: does what it is told, and writes down what it sees. */
class Party {
  readonly log: string[] = []
  readonly sent: Buffer[] = []
  readonly received: Buffer[] = []
  connection!: Connection
  /** It or its peer did something that may lose octets. */
  rough = false
  private next: number
  private throwing = false
  reading = false

  constructor(seed: number) {
    this.next = seed
  }

  readonly hooks: ConnectionHooks = {
    open: (c) => {
      this.connection = c
      this.log.push('open')
    },
    data: (_, chunk) => {
      this.log.push('data')
      this.received.push(Buffer.from(chunk))
      if (this.throwing) {
        this.throwing = false
        throw new Error('told to')
      }
    },
    drain: () => void this.log.push('drain'),
    end: (c) => {
      this.log.push('end')
      // Most protocols answer the end with their own.
      if (this.next % 2 === 0) c.closeWrite()
    },
    error: () => void this.log.push('error'),
    close: () => void this.log.push('close'),
  }

  do(action: Action, amount: number): void {
    const c = this.connection
    switch (action) {
      case 'write':
        if (c.writable) this.send(amount, (octets) => c.write(octets))
        break
      case 'cork':
        c.cork()
        break
      case 'uncork':
        c.uncork()
        break
      case 'pause':
        c.pause()
        break
      case 'resume':
        // A chunk that was read is seen a few promises later: until then hooks would overtake it.
        if (!this.reading) c.resume()
        break
      case 'read':
        this.read()
        break
      case 'closeWrite':
        if (c.writable) this.send(amount, (octets) => c.closeWrite(octets))
        break
      case 'close':
        this.rough = true
        c.close()
        break
      case 'finish':
        this.rough = true
        c.finish()
        break
      case 'destroy':
        this.rough = true
        c.destroy()
        break
      case 'reset':
        this.rough = true
        c.reset()
        break
      case 'throw':
        this.rough = this.throwing = true
        break
    }
  }

  /** Sends octets that all differ from their neighbours in the stream. */
  private send(size: number, write: (octets: Buffer) => void): void {
    const octets = Buffer.alloc(size)
    for (let at = 0; at < size; at++) octets[at] = this.next++ % 251
    this.sent.push(octets)
    write(octets)
  }

  private read(): void {
    if (this.reading) return
    this.reading = true
    this.connection.read().then(
      (chunk) => {
        this.reading = false
        if (chunk !== undefined) this.received.push(Buffer.from(chunk))
      },
      () => {
        this.reading = false
      },
    )
  }
}

const LEGAL = /^open (?:(?:data|drain) )*(?:end (?:drain )*)?(?:error )?close$/

function check(party: Party, peer: Party): void {
  expect(party.log.join(' ')).toMatch(LEGAL)
  const sent = Buffer.concat(peer.sent)
  const received = Buffer.concat(party.received)
  // What arrived is a beginning of what was sent: nothing repeated, reordered or invented.
  expect(received.compare(sent, 0, received.length)).toBe(0)
  expect(received.length).toBeLessThanOrEqual(sent.length)
  // And all of it, when both took leave in the regular way.
  if (!party.rough && !peer.rough) expect(received.length).toBe(sent.length)
}

async function play(
  parties: [Party, Party],
  events: Event[],
  turn: (count: number) => Promise<void>,
  advance: (ms: number) => void,
): Promise<void> {
  for (const { end, action, amount } of events) {
    if (action === 'turns') await turn((amount % 5) + 1)
    else if (action === 'time') advance(amount % 1000)
    else parties[end].do(action, amount)
  }
  // The regular end: everything is read, both half-close.
  for (const { connection } of parties) {
    connection.uncork()
    connection.uncork()
    for (let level = 0; level < 60; level++) connection.uncork()
    connection.closeWrite()
  }
  for (let turns = 0; turns < 4000 && !parties.every((party) => party.log.includes('close')); turns++) {
    await turn(1)
    for (const party of parties) party.do('resume', 0)
    // Who closed waits for a peer that may have gone without a word.
    if (turns > 100) advance(1000)
  }
  check(parties[0], parties[1])
  check(parties[1], parties[0])
}

describe('any interleaving of what two peers can do', () => {
  it('over the memory pair: 100,000 events', async () => {
    let played = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 200, maxLength: 600 }),
        fc.integer({ min: 1, max: 70_000 }),
        async (events, wireLimit) => {
          played += events.length
          const clock = new TestClock()
          const tasks: (() => void)[] = []
          const parties: [Party, Party] = [new Party(0), new Party(101)]
          connectionPair({
            left: parties[0].hooks,
            right: parties[1].hooks,
            wireLimit,
            clock,
            options: { writeTimeout: 0, lingerTimeout: 5000, warn() {} },
            schedule: (task) => void tasks.push(task),
          })
          const turn = async (count: number): Promise<void> => {
            for (let done = 0; done < count; done++) {
              for (const task of tasks.splice(0)) task()
              // Promises and nextTick of the streams run in between.
              await new Promise(setImmediate)
            }
          }
          await play(parties, events, turn, (ms) => clock.advance(ms))
        },
      ),
      { numRuns: 400, seed: 4, endOnFailure: true },
    )
    expect(played).toBeGreaterThanOrEqual(100_000)
  }, 60_000)

  it('over TCP: a shorter run', async () => {
    let party!: Party
    const clock = new TestClock()
    const wheel = new TimerWheel({ clock })
    const server = await tcp.serve!(
      { wheel, writeTimeout: 0, lingerTimeout: 5000, warn() {} },
      {
        open: (c) => party.hooks.open?.(c),
        data: (c, chunk) => party.hooks.data?.(c, chunk),
        drain: (c) => party.hooks.drain?.(c),
        end: (c) => party.hooks.end?.(c),
        error: (c, error) => party.hooks.error?.(c, error),
        close: (c) => party.hooks.close?.(c),
      },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 20, maxLength: 100 }), async (events) => {
        party = new Party(101)
        const client = new Party(0)
        const own = { wheel, writeTimeout: 0, lingerTimeout: 5000, warn() {} }
        await connect({ ...own, host: '127.0.0.1', port: server.port }, client.hooks)
        while (party.connection === undefined) await new Promise(setImmediate)
        const turn = async (count: number): Promise<void> => {
          for (let done = 0; done < count; done++) await new Promise(setImmediate)
        }
        await play([client, party], events, turn, (ms) => clock.advance(ms))
      }),
      { numRuns: 60, seed: 4, endOnFailure: true },
    )
    await server.close({ signal: AbortSignal.abort() })
  }, 60_000)
})
