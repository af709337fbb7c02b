import { type Figure, keepsBar, type Ratio, type Table } from '../measure/result.js'
import { pairedRatio, summarise } from '../measure/statistics.js'
import { idleMemory } from './idle-memory.js'
import type { Load } from './load.js'
import { PEERS } from './peers.js'
import { canCountCpu } from './process.js'
import type { Measured, Sample } from './rounds.js'
import { type Bar, type Entry, IDLE_BAR } from './suite.js'

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

/** What connections cost that do nothing, and a server that has none. */
export async function idleFigures(quick: boolean): Promise<Figure[]> {
  if (!canCountCpu) return []
  const count = quick ? 1000 : 10_000
  const figures: Figure[] = []
  for (const peer of [PEERS.plainwire, PEERS.nodeHttp, PEERS.nodeNet]) {
    if (quick && peer === PEERS.nodeNet) continue
    const { restMebibytes, kibibytesEach } = await idleMemory(peer, count)
    const title = `${peer.name}: memory of an idle connection, ${count.toLocaleString('en')} open`
    const figure: Figure = { id: `idle-${peer.name}`, title, value: kibibytesEach, unit: 'KiB' }
    const held = peer.ours && !quick ? { bar: IDLE_BAR, sense: 'at most' as const, met: kibibytesEach <= IDLE_BAR } : {}
    figures.push({ ...figure, ...held })
    figures.push({ id: `rest-${peer.name}`, title: `${peer.name}: memory at rest`, value: restMebibytes, unit: 'MiB' })
  }
  return figures
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
