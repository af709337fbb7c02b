import { type Figure, keepsBar, type Ratio, type Table } from '../measure/result.js'
import { pairedRatio, shuffled, summarise } from '../measure/statistics.js'
import type { Progress } from '../measure/terminal.js'
import { checkAnswer } from './answer.js'
import { idleMemory } from './idle-memory.js'
import type { Load } from './load.js'
import { PEERS, type Peer } from './peers.js'
import { canCountCpu } from './process.js'
import { type Measured, type Pace, type Sample, warmUp } from './rounds.js'
import { type Bar, ENTRIES, type Entry, IDLE_BAR } from './suite.js'

/** What a server paid for each answer, a figure a round. */
function costs(samples: readonly Sample[]): number[] {
  // Without processor time (outside Linux) the time between two answers stands in; a server that is kept busy has little else.
  return samples.map(({ microseconds, load }) => (canCountCpu ? microseconds : (load.seconds * 1e6) / load.answers))
}

/** One workload as a table of the report; what failed goes to the notes. */
export function tableOf(entry: Entry, measured: readonly Measured[], notes: string[]): Table {
  const { counted } = entry.workload
  const rows = measured.map(({ peer, samples }) => {
    const loads = samples.map(({ load }) => load)
    const failures = loads.reduce((sum, load) => sum + load.failures, 0)
    const extra: Record<string, number> = {
      [counted === 'requests' ? 'req/s' : 'messages/s']: summarise(loads.map((load) => load.answers / load.seconds))
        .median,
      ...latency(loads),
      MiB: summarise(samples.map(({ resident }) => resident)).median,
    }
    if (failures > 0) notes.push(`${entry.table}: ${peer.name} failed ${failures} ${counted}`)
    return { name: peer.name, ...(peer.ours ? { ours: true } : {}), ...summarise(costs(samples)), extra }
  })
  const one = counted.slice(0, -1)
  const unit = canCountCpu ? `µs of CPU a ${one}` : `µs a ${one}`
  return { id: entry.table, title: entry.title, unit, better: 'lower', rows }
}

/** Medians over the rounds, left out where a load generator contradicts itself: it has counted nothing then. */
function latency(loads: readonly Load[]): Record<string, number> {
  const p50 = summarise(loads.map((load) => load.p50)).median
  const p99 = summarise(loads.map((load) => load.p99)).median
  return p99 < p50 ? {} : { 'p50 ms': p50, 'p99 ms': p99 }
}

/**
 * Ours against each of the others, round by round, held against the bars, if there are any.
 *
 * @param bars those of the full run; none for a short one, which has another load
 */
export function ratiosOf(entry: Entry, measured: readonly Measured[], bars: readonly Bar[]): Ratio[] {
  const ours = measured.find(({ peer }) => peer === entry.ours)!
  return measured.flatMap(({ peer, samples }) => {
    if (peer === entry.ours) return []
    const bar = bars.find((each) => each.table === entry.table && each.over === peer)
    const sense = bar?.sense ?? 'at least'
    const [above, below] = sense === 'at least' ? [samples, ours.samples] : [ours.samples, samples]
    const { median, min, max } = pairedRatio(costs(above), costs(below))
    const ratio: Ratio = { table: entry.table, of: entry.ours.name, over: peer.name, median, min, max, sense }
    if (bar === undefined) return [ratio]
    return [{ ...ratio, bar: bar.bar, met: keepsBar(median, bar.bar, sense) }]
  })
}

/** How idle connections are measured. */
export interface IdlePlan extends Pace {
  peers: readonly Peer[]
  connections: number
  rounds: number
}

/** What connections cost that do nothing, in servers that were loaded before: each round starts every server anew. */
export async function idleTable(plan: IdlePlan, progress: Progress): Promise<Table> {
  const entry = ENTRIES.find(({ table }) => table === 'hello')!
  const measured = plan.peers.map((peer) => ({ peer, each: [] as number[], atRest: [] as number[] }))
  for (let round = 0; round < plan.rounds; round++) {
    for (const { peer, each, atRest } of shuffled(measured)) {
      progress.step(`idle: ${peer.name}`)
      const memory = await idleMemory(peer, plan.connections, async (server) => {
        const size = await checkAnswer(peer, entry.workload, server.port)
        await warmUp(server, entry, size, plan)
      })
      each.push(memory.kibibytesEach)
      atRest.push(memory.restMebibytes)
    }
  }
  const rows = measured.map(({ peer, each, atRest }) => {
    const extra = { 'MiB at rest': summarise(atRest).median }
    return { name: peer.name, ...(peer.ours ? { ours: true } : {}), ...summarise(each), extra }
  })
  const title = `resident memory of an idle connection, ${plan.connections.toLocaleString('en')} open`
  return { id: 'idle', title, unit: 'KiB', better: 'lower', rows }
}

/** Memory of an idle connection of ours, with the bar of the full run. */
export function idleFigure(table: Table): Figure {
  const value = table.rows.find(({ ours }) => ours)!.median
  const title = `${PEERS.plainwire.name}: ${table.title}`
  return { id: 'idle', title, value, unit: 'KiB', bar: IDLE_BAR, sense: 'at most', met: value <= IDLE_BAR }
}

/** The tail of new connections has a bar of its own: no worse than node:http's. */
export function connectTail(tables: readonly Table[]): Figure[] {
  const rows = tables.find((table) => table.id === 'connect')?.rows
  const p99 = (name: string): number | undefined => rows?.find((row) => row.name === name)?.extra?.['p99 ms'] as number
  const [ours, theirs] = [p99(PEERS.plainwire.name), p99(PEERS.nodeHttp.name)]
  if (ours === undefined || theirs === undefined) return []
  const title = "new connections: our p99 over node:http's"
  return [{ id: 'connect-p99', title, value: ours / theirs, unit: '×', bar: 1, sense: 'at most', met: ours <= theirs }]
}
