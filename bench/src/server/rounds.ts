import { shuffled } from '../measure/statistics.js'
import type { Progress } from '../measure/terminal.js'
import { checkAnswer } from './answer.js'
import type { Load, LoadGenerator } from './load.js'
import type { Peer } from './peers.js'
import { canCountCpu, ServerProcess } from './process.js'
import { type Entry, isHeld } from './suite.js'

/** One server under load for a while. */
export interface Sample {
  /** Processor time of the server for each answer. */
  microseconds: number
  /** Resident memory right behind the load, MiB; `NaN` where it cannot be read. */
  resident: number
  load: Load
}

/** A server and what was measured of it, a sample a round. */
export interface Measured {
  peer: Peer
  samples: readonly Sample[]
}

/** How a server is loaded once. */
export interface Pace {
  seconds: number
  generator: LoadGenerator
}

/** How much is measured. */
export interface Plan extends Pace {
  /** Of our server and those that it is held against. */
  rounds: number
  /** Of the others: the first of those rounds. */
  otherRounds: number
  /** Before anything counts; without it the first rounds measure the compiler. */
  warm: boolean
}

/**
 * Asks every server of a table and compares its answer, then loads them in turns, in an order drawn anew each round.
 *
 * @throws Error when a server answers otherwise than it declares; nothing is timed then
 */
export async function runRounds(
  entry: Entry,
  peers: readonly Peer[],
  plan: Plan,
  progress: Progress,
): Promise<Measured[]> {
  const running: Array<{ peer: Peer; server: ServerProcess; size: number; samples: Sample[] }> = []
  const { workload } = entry
  try {
    for (const peer of peers) {
      const server = await ServerProcess.start(peer)
      const each = { peer, server, size: 0, samples: [] }
      running.push(each)
      each.size = await checkAnswer(peer, workload, server.port)
    }
    if (plan.warm) for (const { server, size } of running) await warmUp(server, entry, size, plan)
    const { rounds, otherRounds } = plan
    for (let round = 0; round < rounds; round++) {
      const loaded = running.filter(({ peer }) => round < (isHeld(entry, peer) ? rounds : otherRounds))
      for (const { peer, server, size, samples } of shuffled(loaded)) {
        progress.step(`${entry.table}: ${peer.name}`)
        samples.push(await load(server, entry, size, plan))
      }
    }
  } finally {
    for (const { server } of running) await server.stop()
  }
  return running
}

/** Asks a server and compares its answer, without any load. */
export async function checkOnly(entry: Entry, peer: Peer): Promise<void> {
  const server = await ServerProcess.start(peer)
  try {
    await checkAnswer(peer, entry.workload, server.port)
  } finally {
    await server.stop()
  }
}

async function load(server: ServerProcess, entry: Entry, size: number, { generator, seconds }: Pace): Promise<Sample> {
  const before = server.cpuMicroseconds()
  const load = await generator.run(entry.workload, server.port, seconds, size)
  const spent = server.cpuMicroseconds() - before
  if (load.answers === 0) throw new Error(`${generator.name} got no answer`)
  const resident = canCountCpu ? server.residentKibibytes() / 1024 : Number.NaN
  return { microseconds: spent / load.answers, resident, load }
}

/**
 * Loads a server until the compiler has seen enough and is done, on a slow or busy machine too: its threads' time counts as
 * the server's.
 *
 * @param size octets of one answer, as `checkAnswer` found
 */
export async function warmUp(server: ServerProcess, entry: Entry, size: number, plan: Pace): Promise<void> {
  let answers = 0
  for (let run = 0; run < 2 || (run < 4 && answers < 30_000); run++)
    answers += (await load(server, entry, size, plan)).load.answers
}
