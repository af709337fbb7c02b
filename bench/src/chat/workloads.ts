import { Crowd } from './crowd.js'
import type { RunningServer } from './servers.js'

/** Clients and rooms of the fan-out: 10 rooms of 50. */
export const CLIENTS = 500
/** Rooms of the fan-out. */
export const ROOMS = 10
const MEMBERS = CLIENTS / ROOMS
const IN_FLIGHT = 16
/** Octets of a message's text. */
export const TEXT_LENGTH = 80

/** What a saturated server did. */
export interface Saturation {
  /** Deliveries per second of the server's processor time. */
  readonly perCpuSecond: number
  /** Deliveries per second of the wall clock. */
  readonly perSecond: number
}

/** Closed loop: in each room 16 messages are always under way; the next is said when one has reached everybody. */
export async function saturate(server: RunningServer, crowd: Crowd, ms: number): Promise<Saturation> {
  const text = 'x'.repeat(TEXT_LENGTH)
  const arrived = new Array<number>(ROOMS).fill(0)
  let running = true
  crowd.onDelivery = (room) => {
    arrived[room] = arrived[room]! + 1
    if (running && arrived[room]! % (MEMBERS - 1) === 0) crowd.say(room, text)
  }
  for (let room = 0; room < ROOMS; room++) for (let i = 0; i < IN_FLIGHT; i++) crowd.say(room, text)
  await pause(ms / 4)
  const [deliveries, cpu, time] = [crowd.delivered, server.cpuSeconds(), performance.now()]
  await pause(ms)
  const done = crowd.delivered - deliveries
  const result = {
    perCpuSecond: done / (server.cpuSeconds() - cpu),
    perSecond: (done / (performance.now() - time)) * 1000,
  }
  running = false
  await settled(crowd)
  crowd.onDelivery = undefined
  return result
}

/** Milliseconds from a message's writing to its arrival at one member. */
export interface Latency {
  readonly p50: number
  readonly p99: number
}

/** Open loop: 200 messages a second, 9,800 deliveries a second, each with the time it was written. */
export async function trickle(crowd: Crowd, ms: number): Promise<Latency> {
  const samples: number[] = []
  crowd.onDelivery = (_room, chunk, start, end) => {
    const at = chunk.indexOf('t=', start, 'latin1')
    if (at > 0 && at < end) samples.push(performance.now() - Number(chunk.toString('latin1', at + 2, at + 16)))
  }
  let room = 0
  const begun = performance.now()
  let said = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - begun
      if (elapsed >= ms) {
        clearInterval(timer)
        return resolve()
      }
      while (said < elapsed / 5) {
        said++
        crowd.say(room, `t=${performance.now().toFixed(6).padStart(14, '0').slice(0, 14)} `.padEnd(TEXT_LENGTH, 'x'))
        room = (room + 1) % ROOMS
      }
    }, 5)
  })
  await settled(crowd)
  crowd.onDelivery = undefined
  samples.sort((a, b) => a - b)
  const at = (share: number): number => samples[Math.floor((samples.length - 1) * share)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

/**
 * Octets of resident memory per idle registered client. Fifty others come and go before, so that this is what a client
 * costs and not what the first ones cost: code that is compiled at its first use, tables that grow once.
 */
export async function idle(server: RunningServer, clients: number): Promise<number> {
  const early = await Crowd.gather({ port: server.port, clients: 50, rooms: 0, caps: [] })
  early.leave()
  await pause(500)
  const before = server.residentBytes()
  const crowd = await Crowd.gather({ port: server.port, clients, rooms: 0, caps: [] })
  await pause(500)
  const octets = (server.residentBytes() - before) / clients
  crowd.leave()
  return octets
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Waits until nothing arrives any more. */
async function settled(crowd: Crowd): Promise<void> {
  for (let before = -1; before !== crowd.delivered; ) {
    before = crowd.delivered
    await pause(50)
  }
}
