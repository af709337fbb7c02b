/**
 * Fan-out: 500 clients in 10 rooms of 50. Deliveries per second of processor time with 16 messages under way in each
 * room, the time a message takes at 9,800 deliveries a second, and memory per idle client; ours and two servers in C
 * and C++, each a process of its own, in rounds that take every server once.
 *
 *     node dist/chat/main.js [--quick | --smoke]
 */
import { environment } from '../measure/environment.js'
import { type Figure, keepsBar, type Ratio, type Result, type Table, writeResult } from '../measure/result.js'
import { pairedRatio, shuffled, summarise } from '../measure/statistics.js'
import { Progress, printResult } from '../measure/terminal.js'
import { Crowd } from './crowd.js'
import { PROGRAMS, type Program } from './servers.js'
import { CLIENTS, idle, ROOMS, saturate, TEXT_LENGTH, trickle } from './workloads.js'

const smoke = process.argv.includes('--smoke')
const quick = process.argv.includes('--quick')
const plan = smoke
  ? { rounds: 1, saturationMs: 300, trickleMs: 300, idle: 100 }
  : quick
    ? { rounds: 3, saturationMs: 1500, trickleMs: 1500, idle: 1000 }
    : { rounds: 5, saturationMs: 3000, trickleMs: 3000, idle: 1000 }

// Ours sends tags and times, which cost it octets and work; the others run as they are fastest.
const CAPS: Readonly<Record<string, readonly string[]>> = { plainwire: ['message-tags', 'server-time'] }

const programs = PROGRAMS.filter((program) => program.missing() === undefined)
const skipped = PROGRAMS.filter((program) => program.missing() !== undefined).map(
  (program) => `${program.name}: ${program.missing()}`,
)
const progress = new Progress(programs.length * (plan.rounds + 1))
const samples = {
  saturation: new Map<string, number[]>(),
  wall: new Map<string, number[]>(),
  p50: new Map<string, number[]>(),
  p99: new Map<string, number[]>(),
  idle: new Map<string, number[]>(),
}

for (let round = 0; round < plan.rounds; round++) {
  for (const program of shuffled(programs)) {
    progress.step(program.name)
    await measure(program)
  }
}
for (const program of programs) {
  progress.step(`${program.name}, idle`)
  const server = await program.start()
  try {
    add(samples.idle, program.name, ((await idle(server, plan.idle)) * 1000) / 2 ** 20)
  } finally {
    await server.stop()
  }
}
const life = await lifetimes(plan.rounds)
progress.end()

const tables: Table[] = [
  table(
    'fanout',
    `${CLIENTS} clients in ${ROOMS} rooms, 16 messages of ${TEXT_LENGTH} octets under way in each`,
    'deliveries per CPU-second',
    'higher',
    samples.saturation,
    samples.wall,
  ),
  table('p99', '9,800 deliveries a second: the slowest hundredth', 'ms', 'lower', samples.p99),
  table('p50', '9,800 deliveries a second: the middle', 'ms', 'lower', samples.p50),
  table('idle', `resident memory per 1,000 of ${plan.idle} idle clients`, 'MiB', 'lower', samples.idle),
]
const ratios: Ratio[] = [
  ...ratio('fanout', samples.saturation, 'plainwire', 'InspIRCd', 0.5, 'at least'),
  ...ratio('fanout', samples.saturation, 'plainwire', 'ngIRCd', 0.8, 'at least'),
  ...ratio('p99', samples.p99, 'plainwire', 'ngIRCd', 2, 'at most'),
]
const memory = samples.idle.get('plainwire')![0]!
const figures: Figure[] = [
  {
    id: 'idle',
    title: 'memory per 1,000 idle clients',
    value: memory,
    unit: 'MiB',
    bar: 15,
    sense: 'at most',
    met: keepsBar(memory, 15, 'at most'),
  },
  {
    id: 'start',
    title: 'from the start of the process to listening',
    value: life.start,
    unit: 'ms',
    bar: 200,
    sense: 'at most',
    met: keepsBar(life.start, 200, 'at most'),
  },
  {
    id: 'end',
    title: 'from SIGTERM to the end of the process, 100 clients told and closed',
    value: life.end,
    unit: 'ms',
    bar: 500,
    sense: 'at most',
    met: keepsBar(life.end, 500, 'at most'),
  },
]
const result: Result = {
  suite: 'chat',
  command: `npm run bench:chat${quick ? ' -- --quick' : ''}`,
  date: new Date().toISOString(),
  environment: environment(Object.fromEntries(programs.map((program) => [program.name, program.version()])), [
    'ours: receivers with message-tags and server-time; the others without tags, as they are fastest',
    'memory: after 50 clients came and went; cold, before anybody came, ours takes 2 to 3 MiB more for the first 1,000',
    'flood control, lookups and connection limits are off everywhere; the load runs on the same machine',
  ]),
  tables,
  ratios,
  figures,
  skipped,
}
printResult(result)
if (!smoke) {
  console.log(`\nwritten to ${writeResult(result)}`)
}
if (smoke && programs.some((program) => !(samples.saturation.get(program.name)![0]! > 0))) process.exit(1)

/** Milliseconds our server takes to start, and to end with clients connected: medians. */
async function lifetimes(rounds: number): Promise<{ start: number; end: number }> {
  const ours = PROGRAMS.find((program) => program.ours)!
  const starts: number[] = []
  const ends: number[] = []
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now()
    const server = await ours.start()
    starts.push(performance.now() - begun)
    await Crowd.gather({ port: server.port, clients: 100, rooms: 10, caps: [] })
    const asked = performance.now()
    await server.stop()
    ends.push(performance.now() - asked)
  }
  return { start: summarise(starts).median, end: summarise(ends).median }
}

async function measure(program: Program): Promise<void> {
  const server = await program.start()
  try {
    const crowd = await Crowd.gather({
      port: server.port,
      clients: CLIENTS,
      rooms: ROOMS,
      caps: CAPS[program.name] ?? [],
    })
    const latency = await trickle(crowd, plan.trickleMs)
    const { perCpuSecond, perSecond } = await saturate(server, crowd, plan.saturationMs)
    crowd.leave()
    add(samples.saturation, program.name, perCpuSecond)
    add(samples.wall, program.name, perSecond)
    add(samples.p50, program.name, latency.p50)
    add(samples.p99, program.name, latency.p99)
  } finally {
    await server.stop()
  }
}

function add(into: Map<string, number[]>, name: string, value: number): void {
  into.set(name, [...(into.get(name) ?? []), value])
}

function table(
  id: string,
  title: string,
  unit: string,
  better: 'lower' | 'higher',
  figuresOf: Map<string, number[]>,
  wall?: Map<string, number[]>,
): Table {
  const rows = programs.map(({ name, ours }) => ({
    name,
    ...summarise(figuresOf.get(name)!),
    ...(ours ? { ours } : {}),
    ...(wall === undefined ? {} : { extra: { 'per second': summarise(wall.get(name)!).median } }),
  }))
  return { id, title, unit, better, rows }
}

function ratio(
  id: string,
  figuresOf: Map<string, number[]>,
  of: string,
  over: string,
  bar: number,
  sense: 'at least' | 'at most',
): Ratio[] {
  const [mine, theirs] = [figuresOf.get(of), figuresOf.get(over)]
  if (mine === undefined || theirs === undefined) return []
  const { median, min, max } = pairedRatio(mine, theirs)
  return [{ table: id, of, over, median, min, max, bar, sense, met: keepsBar(median, bar, sense) }]
}
