/**
 * Measures what a request costs our server and its peers: processor time of the server process, interleaved in shuffled
 * rounds, each peer answering the same requests with the same content.
 *
 *     node dist/server/main.js [--quick | --smoke] [--only=hello,pipe10] [--rounds=N] [--seconds=N] [--load=wrk|autocannon]
 */
import { parseArgs } from 'node:util'
import { environment } from '../measure/environment.js'
import { type Figure, keepsBar, type Ratio, type Result, type Table, writeResult } from '../measure/result.js'
import { pairedRatio, shuffled, summarise } from '../measure/statistics.js'
import { Progress, printResult } from '../measure/terminal.js'
import { checkAnswer } from './answer.js'
import { idleMemory } from './idle-memory.js'
import { autocannon, type Load, type LoadGenerator, wrk } from './load.js'
import { PEERS, type Peer } from './peers.js'
import { canCountCpu, ServerProcess } from './process.js'
import { BARS, ENTRIES, type Entry, IDLE_BAR } from './suite.js'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    load: { type: 'string' },
    peers: { type: 'string' },
  },
})
const { quick, smoke } = options
const rounds = Number(options.rounds ?? (smoke ? 1 : quick ? 3 : 5))
const seconds = Number(options.seconds ?? 1)
/** Enough for a rough picture; the others wait for the full run. */
const QUICK_TABLES = ['hello', 'pipe10', 'post1k']

interface Sample {
  microseconds: number
  load: Load
}

const skipped = new Set<string>()
const notes: string[] = []

function chooseGenerator(): LoadGenerator {
  const fast = quick || options.load === 'autocannon' ? undefined : wrk()
  if (fast !== undefined) return fast
  if (!quick && !smoke)
    skipped.add('wrk: not installed; autocannon alone loads, and is its own ceiling on fast servers')
  return autocannon()
}

function entries(): Entry[] {
  const only = options.only?.split(',') ?? (quick || smoke ? QUICK_TABLES : undefined)
  return ENTRIES.filter((entry) => only === undefined || only.includes(entry.table))
}

/** Who takes part: everybody installed, only ourselves and node:http in a quick run. */
function contestants(entry: Entry): Peer[] {
  const named = options.peers?.split(',')
  return [entry.ours, ...entry.peers].filter((peer) => {
    if (named !== undefined && peer !== entry.ours && !named.includes(peer.name)) return false
    if ((quick || smoke) && peer !== entry.ours && peer !== PEERS.nodeHttp) return false
    if (peer.command !== undefined) return true
    skipped.add(`${peer.name}: ${peer.missing}`)
    return false
  })
}

async function measure(server: ServerProcess, entry: Entry, generator: LoadGenerator): Promise<Sample> {
  const before = server.cpuMicroseconds()
  const load = await generator.run(entry.workload, server.port, seconds)
  const spent = server.cpuMicroseconds() - before
  if (load.answers === 0) throw new Error(`${generator.name} got no answer`)
  return { microseconds: spent / load.answers, load }
}

/** Until the compiler has seen enough, on a slow or busy machine too. */
async function warmUp(server: ServerProcess, entry: Entry, generator: LoadGenerator): Promise<void> {
  let answers = 0
  for (let run = 0; run < 5 && answers < 20_000; run++)
    answers += (await measure(server, entry, generator)).load.answers
}

async function runEntry(entry: Entry, generator: LoadGenerator, progress: Progress): Promise<[Table, Ratio[]]> {
  const running: Array<{ peer: Peer; server: ServerProcess; samples: Sample[] }> = []
  try {
    for (const peer of contestants(entry)) {
      const server = await ServerProcess.start(peer)
      running.push({ peer, server, samples: [] })
      await checkAnswer(peer.name, entry.workload, server.port)
      if (!smoke) await warmUp(server, entry, generator)
    }
    for (let round = 0; round < rounds; round++) {
      for (const each of shuffled(running)) {
        progress.step(`${entry.table}: ${each.peer.name}`)
        each.samples.push(await measure(each.server, entry, generator))
      }
    }
  } finally {
    for (const { server } of running) await server.stop()
  }
  return [tableOf(entry, running), ratiosOf(entry, running)]
}

type Measured = ReadonlyArray<{ peer: Peer; samples: readonly Sample[] }>

function costs(samples: readonly Sample[]): number[] {
  // Without processor time (outside Linux) the time between two answers stands in; a server that is kept busy has little else.
  return samples.map(({ microseconds, load }) => (canCountCpu ? microseconds : (load.seconds * 1e6) / load.answers))
}

function tableOf(entry: Entry, measured: Measured): Table {
  const rows = measured.map(({ peer, samples }) => {
    const loads = samples.map(({ load }) => load)
    const failures = loads.reduce((sum, load) => sum + load.failures, 0)
    const extra: Record<string, number> = {
      'req/s': summarise(loads.map((load) => load.answers / load.seconds)).median,
      'p50 ms': summarise(loads.map((load) => load.p50)).median,
      'p99 ms': summarise(loads.map((load) => load.p99)).median,
    }
    if (failures > 0) notes.push(`${entry.table}: ${peer.name} failed ${failures} requests`)
    return { name: peer.name, ...(peer.ours ? { ours: true } : {}), ...summarise(costs(samples)), extra }
  })
  const unit = canCountCpu ? 'µs of CPU a request' : 'µs a request'
  return { id: entry.table, title: entry.title, unit, better: 'lower', rows }
}

function ratiosOf(entry: Entry, measured: Measured): Ratio[] {
  const ours = measured.find(({ peer }) => peer === entry.ours)!
  return measured.flatMap(({ peer, samples }) => {
    if (peer === entry.ours) return []
    const bar = BARS.find((each) => each.table === entry.table && each.over === peer)
    const sense = bar?.sense ?? 'at least'
    const [above, below] = sense === 'at least' ? [samples, ours.samples] : [ours.samples, samples]
    const { median, min, max } = pairedRatio(costs(above), costs(below))
    const ratio: Ratio = { table: entry.table, of: entry.ours.name, over: peer.name, median, min, max, sense }
    if (bar === undefined) return [ratio]
    return [{ ...ratio, bar: bar.bar, met: keepsBar(median, bar.bar, sense) }]
  })
}

async function idleFigures(): Promise<Figure[]> {
  if (!canCountCpu || smoke) return []
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
function connectTail(tables: readonly Table[]): Figure[] {
  const rows = tables.find((table) => table.id === 'connect')?.rows
  const p99 = (name: string): number | undefined => rows?.find((row) => row.name === name)?.extra?.['p99 ms'] as number
  const [ours, theirs] = [p99(PEERS.plainwire.name), p99(PEERS.nodeHttp.name)]
  if (ours === undefined || theirs === undefined) return []
  const title = "new connections: our p99 over node:http's"
  return [{ id: 'connect-p99', title, value: ours / theirs, unit: '×', bar: 1, sense: 'at most', met: ours <= theirs }]
}

const generator = chooseGenerator()
const chosen = entries()
const total = chosen.reduce((sum, entry) => sum + contestants(entry).length * rounds, 0)
const progress = new Progress(total)
const tables: Table[] = []
const ratios: Ratio[] = []
for (const entry of chosen) {
  const [table, found] = await runEntry(entry, generator, progress)
  tables.push(table)
  ratios.push(...found)
}
if (!quick && !smoke && generator.name === 'wrk' && options.only === undefined) {
  // The load generator of record, which anybody can install, on the two rows that matter most.
  const entry = { ...ENTRIES[0]!, table: 'hello-autocannon', title: 'hello, loaded by autocannon' }
  const [table, found] = await runEntry({ ...entry, peers: [PEERS.nodeHttp] }, autocannon(), progress)
  tables.push(table)
  ratios.push(...found)
}
progress.end()
const figures = [...connectTail(tables), ...(options.only === undefined ? await idleFigures() : [])]
const versions = Object.fromEntries(
  Object.values(PEERS)
    .filter((peer) => peer.command !== undefined && peer.version !== '')
    .map((peer) => [peer.name, peer.version]),
)
notes.push(`load: ${generator.name}, ${rounds} rounds of ${seconds} s, servers on core 0, load on core 1`)
const result: Result = {
  suite: 'server',
  command: `npm run bench:${quick ? 'quick' : 'server'}`,
  date: new Date().toISOString(),
  environment: environment(versions, notes),
  tables,
  ratios,
  figures,
  skipped: [...skipped],
}
printResult(result)
if (!smoke && options.only === undefined) writeResult(result, quick ? 'server-quick' : 'server')
