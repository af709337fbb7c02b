/**
 * Measures what a request costs our server and its peers: processor time of the server process, interleaved in shuffled
 * rounds, each peer answering the same requests with the same octets, save for what it declares.
 *
 *     node dist/server/main.js [--quick | --smoke] [--only=hello,idle] [--peers=srvx,nginx] [--rounds=N] [--seconds=N]
 *                              [--load=wrk|autocannon]
 */
import { parseArgs } from 'node:util'
import { cores } from '../cores.js'
import { environment } from '../measure/environment.js'
import { type Ratio, type Result, type Table, writeResult } from '../measure/result.js'
import { Progress, printResult } from '../measure/terminal.js'
import { collectDifferences } from './differences.js'
import { connectTail, type IdlePlan, idleFigure, idleTable, ratiosOf, tableOf } from './figures.js'
import { autocannon, type LoadGenerator, sockets, wrk } from './load.js'
import { PEERS, type Peer } from './peers.js'
import { canCountCpu } from './process.js'
import { checkOnly, runRounds } from './rounds.js'
import { BARS, ENTRIES, type Entry, isHeld, QUICK_PEERS, QUICK_TABLES } from './suite.js'
import type { Workload } from './workloads.js'

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
if (options.load !== undefined && !['wrk', 'autocannon'].includes(options.load))
  throw new TypeError(`--load is wrk or autocannon, not ${options.load}`)
const rounds = Number(options.rounds ?? (smoke ? 1 : quick ? 3 : 9))
const otherRounds = Math.min(rounds, 4)
const seconds = Number(options.seconds ?? 1)
const skipped = new Set<string>()
const notes: string[] = []

function chooseGenerator(): LoadGenerator {
  const wanted = !quick && options.load !== 'autocannon'
  const fast = wanted ? wrk() : undefined
  if (fast !== undefined) return fast
  if (!quick && !smoke)
    skipped.add(
      `wrk: not ${wanted ? 'installed' : 'asked for'}; autocannon alone loads, and is its own ceiling on fast servers`,
    )
  return autocannon()
}

/** wrk sends any octets and counts answers; autocannon makes its requests itself, and neither speaks WebSocket. */
function generatorFor(workload: Workload): LoadGenerator {
  if (workload.echo !== undefined) return sockets()
  return workload.chunkSize !== undefined && generator.name === 'autocannon' ? sockets() : generator
}

function entries(): Entry[] {
  const only = options.only?.split(',')
  return ENTRIES.filter(({ table }) => only?.includes(table) ?? (!quick || QUICK_TABLES.includes(table)))
}

/** Everybody who takes part and is installed. */
function contestants(entry: Entry): Peer[] {
  const named = options.peers?.split(',')
  return [entry.ours, ...entry.peers].filter((peer) => {
    if (named !== undefined && peer !== entry.ours && !named.includes(peer.name)) return false
    if (quick && peer !== entry.ours && !QUICK_PEERS.includes(peer)) return false
    if (peer.command !== undefined) return true
    skipped.add(`${peer.name}: ${peer.missing}`)
    return false
  })
}

/** In a smoke run everybody is asked, and only the tables and peers of a quick run are loaded. */
async function loaded(entry: Entry, peers: readonly Peer[]): Promise<Peer[]> {
  if (!smoke) return [...peers]
  const few = peers.filter(
    (peer) => QUICK_TABLES.includes(entry.table) && (peer === entry.ours || QUICK_PEERS.includes(peer)),
  )
  for (const peer of peers) if (!few.includes(peer)) await checkOnly(entry, peer)
  return few
}

async function run(entry: Entry, peers: readonly Peer[], generator: LoadGenerator): Promise<void> {
  const few = await loaded(entry, peers)
  if (few.length === 0) return
  const measured = await runRounds(entry, few, { rounds, otherRounds, seconds, warm: !smoke, generator }, progress)
  tables.push(tableOf(entry, measured, notes))
  ratios.push(...ratiosOf(entry, measured, quick || smoke ? [] : BARS))
}

const generator = chooseGenerator()
const chosen = entries().map((entry) => ({ entry, peers: contestants(entry) }))
const idlePlan: IdlePlan = {
  peers: quick ? [PEERS.plainwire, PEERS.nodeHttp] : [PEERS.plainwire, PEERS.nodeHttp, PEERS.nodeNet],
  connections: quick ? 1000 : 10_000,
  rounds: quick ? 1 : 3,
  seconds,
  generator,
}
const measuresIdle = !smoke && canCountCpu && (options.only?.split(',').includes('idle') ?? true)
const progress = new Progress(
  chosen
    .flatMap(({ entry, peers }) => peers.map((peer) => (isHeld(entry, peer) ? rounds : otherRounds)))
    .reduce((sum, count) => sum + count, measuresIdle ? idlePlan.peers.length * idlePlan.rounds : 0),
)
const tables: Table[] = []
const ratios: Ratio[] = []
for (const { entry, peers } of chosen) await run(entry, peers, generatorFor(entry.workload))
if (!quick && !smoke && generator.name === 'wrk' && options.only === undefined) {
  // Loaded by autocannon too, which anybody can install, so that a run without `wrk` has something to be set against.
  const entry = { ...ENTRIES[0]!, table: 'hello-autocannon', title: 'hello, loaded by autocannon' }
  await run(entry, [PEERS.plainwire, PEERS.nodeHttp], autocannon())
}
const figures = connectTail(tables)
if (measuresIdle) {
  const idle = await idleTable(idlePlan, progress)
  tables.push(idle)
  if (!quick) figures.push(idleFigure(idle))
}
progress.end()

const versions = Object.fromEntries(
  chosen.flatMap(({ peers }) =>
    peers.filter(({ version }) => version !== '').map(({ name, version }) => [name, version]),
  ),
)
const others = chosen.filter(({ entry }) => generatorFor(entry.workload).name !== generator.name)
if (quick) notes.push('held against no bar: those are for the full run and its load')
const where =
  cores === undefined
    ? 'on any core, for want of taskset or of a second core'
    : `servers on core ${cores.server}, load on core ${cores.load}`
const fewer = otherRounds < rounds ? ` (${otherRounds} where there is no bar)` : ''
notes.push(`load: ${generator.name}, ${rounds} rounds of ${seconds} s${fewer}, ${where}`)
if (others.length > 0)
  notes.push(
    `load of ${others.map(({ entry }) => entry.table).join(', ')}: raw sockets, one Node process, which can be its own ceiling`,
  )
const parts = chosen.flatMap(({ entry: { table, workload }, peers }) =>
  peers.map(({ name, differs }) => ({ table, workload, name, differs })),
)
for (const { name, tables, differences } of collectDifferences(parts))
  notes.push(`answers: ${name} (${tables.join(', ')}) ${differences}`)
// Other rounds or another load are another measurement.
const more = process.argv.slice(2).filter((argument) => argument !== '--quick')
const result: Result = {
  suite: 'server',
  command: [`npm run bench:${quick ? 'quick' : 'server'}`, ...(more.length > 0 ? ['--', ...more] : [])].join(' '),
  date: new Date().toISOString(),
  environment: environment(versions, notes),
  tables,
  ratios,
  figures,
  skipped: [...skipped],
}
printResult(result)
// A part of the tables or servers is for those who tune.
if (!smoke && options.only === undefined && options.peers === undefined) writeResult(result)
