/**
 * What our connection costs over bare node:net: a 64-octet echo over 64 connections, processor time of the server
 * process per message, in rounds that take every form once; and memory per idle connection.
 *
 *     node dist/sockets/main.js [--quick | --smoke]
 */
import { environment } from '../measure/environment.js'
import { keepsBar, type Ratio, type Result, type Table, writeResult } from '../measure/result.js'
import { pairedRatio, shuffled, summarise } from '../measure/statistics.js'
import { Progress, printResult } from '../measure/terminal.js'
import { FORMS, type Form } from './forms.js'
import { EchoProcess, LoadProcess } from './processes.js'

const smoke = process.argv.includes('--smoke')
const quick = process.argv.includes('--quick')
const plan = smoke
  ? { rounds: 1, ms: 200, idle: 200, idleRounds: 1 }
  : quick
    ? { rounds: 8, ms: 500, idle: 6000, idleRounds: 1 }
    : { rounds: 20, ms: 700, idle: 10_000, idleRounds: 5 }

const CONNECTIONS = 64
const SIZE = 64
const BARE: Form = 'bare node:net'
const CPU_BARS: [Form, number][] = [
  ['hooks form', 1.05],
  ['async-iterable form', 1.6],
]
const MEMORY_BARS: [Form, number][] = [['hooks form', 1.15]]

const forms = Object.keys(FORMS) as Form[]
const progress = new Progress(forms.length * (plan.rounds + 1 + plan.idleRounds))

const cpu = await measureEcho()
const memory = await measureIdle()
progress.end()

const tables: Table[] = [
  table(
    'echo',
    `echo of ${SIZE} octets over ${CONNECTIONS} connections, processor time of the server per message`,
    'µs',
    cpu,
  ),
  table('idle', `resident memory per idle connection, ${plan.idle.toLocaleString('en')} connections`, 'KiB', memory),
]
const ratios = [
  ...CPU_BARS.map((bar) => ratio('echo', cpu, bar)),
  ...MEMORY_BARS.map((bar) => ratio('idle', memory, bar)),
]
const result: Result = {
  suite: 'sockets',
  command: `npm run bench:sockets${quick ? ' -- --quick' : ''}`,
  date: new Date().toISOString(),
  environment: environment({}, ['1× is bare node:net with noDelay, a data listener and an error listener']),
  tables,
  ratios,
  figures: [],
  skipped: [],
}
printResult(result)
if (!smoke) console.log(`\nwritten to ${writeResult(result)}`)

async function measureEcho(): Promise<Map<Form, number[]>> {
  const load = new LoadProcess()
  const servers = new Map<Form, EchoProcess>()
  for (const form of forms) servers.set(form, await EchoProcess.start(form))
  const samples = new Map<Form, number[]>(forms.map((form) => [form, []]))
  for (let round = -1; round < plan.rounds; round++) {
    for (const form of shuffled(forms)) {
      progress.step(form)
      const server = servers.get(form)!
      const before = await server.usage(false)
      const count = await load.run({
        kind: 'echo',
        port: server.port,
        connections: CONNECTIONS,
        size: SIZE,
        ms: plan.ms,
      })
      const after = await server.usage(false)
      // The first round warms everything up.
      if (round >= 0) samples.get(form)!.push((after.cpu - before.cpu) / count)
    }
  }
  for (const server of servers.values()) server.stop()
  load.stop()
  return samples
}

async function measureIdle(): Promise<Map<Form, number[]>> {
  const samples = new Map<Form, number[]>(forms.map((form) => [form, []]))
  for (let round = 0; round < plan.idleRounds; round++) {
    for (const form of shuffled(forms)) {
      progress.step(`${form}, idle`)
      const load = new LoadProcess()
      const server = await EchoProcess.start(form)
      // The heap grows its young generation under the first ones, for good: that is no cost per connection.
      await load.run({ kind: 'idle', port: server.port, connections: plan.idle / 4 })
      const before = await server.usage(true)
      await load.run({ kind: 'idle', port: server.port, connections: plan.idle })
      const after = await server.usage(true)
      samples.get(form)!.push((after.rss - before.rss) / plan.idle / 1024)
      load.stop()
      server.stop()
    }
  }
  return samples
}

function table(id: string, title: string, unit: string, samples: Map<Form, number[]>): Table {
  const rows = [...samples].map(([name, figures]) => ({ name, ours: name !== BARE, ...summarise(figures) }))
  return { id, title, unit, better: 'lower', rows }
}

function ratio(id: string, samples: Map<Form, number[]>, [form, bar]: [Form, number]): Ratio {
  const { median, min, max } = pairedRatio(samples.get(form)!, samples.get(BARE)!)
  return {
    table: id,
    of: form,
    over: BARE,
    median,
    min,
    max,
    bar,
    sense: 'at most',
    met: keepsBar(median, bar, 'at most'),
  }
}
