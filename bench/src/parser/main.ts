/**
 * The parser's benchmark: `npm run bench:parser`, in short with `--quick` (installs nothing), as a check with `--smoke`.
 *
 * One process for each implementation; in each round every item goes through all of them in an order drawn anew, so that the
 * machine's mood meets all alike and ratios are taken within a round. What an implementation reads out of every item is
 * compared with what the others read before any time is taken, in processes of its own; one that reads an item wrongly is not
 * timed on it. Where time is taken there is one parser, as on a connection that is kept alive, or 64, as in a server.
 */
import { environment } from '../measure/environment.js'
import { type Figure, keepsBar, type Ratio, type Result, type Table, writeResult } from '../measure/result.js'
import { geometricMean, shuffled, summarise } from '../measure/statistics.js'
import { Progress, printResult } from '../measure/terminal.js'
import { hasPeer, installPeers, peerVersions } from '../peers.js'
import { Child } from './child.js'
import { corpus, type Item } from './corpus.js'
import { firstParse, packageSize } from './figures.js'
import { implementations } from './implementations/all.js'
import type { Implementation, Message } from './implementations/driver.js'

const quick = process.argv.includes('--quick')
const smoke = process.argv.includes('--smoke')
// Many short rounds rather than few long ones: the machine's moods last longer than a round, so its ratios meet one alike.
const rounds = smoke ? 1 : quick ? 5 : 25
const milliseconds = smoke ? 2 : quick ? 10 : 16
// --only=eager,node measures rows whose id contains one of the words, --items=wrk,chrome some items: for those who tune.
const wanted = (name: string): string[] | undefined =>
  process.argv
    .find((argument) => argument.startsWith(`--${name}=`))
    ?.slice(name.length + 3)
    .split(',')
const only = wanted('only')
const onlyItems = wanted('items')

type Kind = Item['kind']

const skipped: string[] = []
if (!quick && !smoke && !only) installPeers()
const running = implementations.filter((implementation) => {
  if (only && !only.some((word) => implementation.id.includes(word))) return false
  if (!implementation.peer || hasPeer(implementation.peer)) return true
  skipped.push(`${implementation.name}: not installed (npm ci --prefix bench/peers)`)
  return false
})
const items = corpus().filter((item) => onlyItems === undefined || onlyItems.includes(item.id))

/** samples.get(item)?.get(implementation): nanoseconds per message, one a round. */
const samples = new Map<string, Map<string, number[]>>(items.map((item) => [item.id, new Map()]))
const problems: string[] = []
const progress = new Progress(items.length * rounds)
for (const kind of ['request', 'response'] as const) {
  const ofKind = items.filter((item) => item.kind === kind)
  for (const connections of new Set(ofKind.map((item) => item.connections))) {
    await measureAll(
      ofKind.filter((item) => item.connections === connections),
      kind,
      connections,
    )
  }
}
progress.end()
const allocations = await measureAllocations()
const size = packageSize()
const first = firstParse(smoke ? 1 : quick ? 5 : 15)
const result = makeResult()
printResult(result)
if (!smoke && !only && !onlyItems) {
  console.log(`written: ${writeResult(result)}`)
}
if (problems.some((problem) => problem.startsWith('plainwire'))) process.exitCode = 1

async function measureAll(chosen: Item[], kind: Kind, connections: number): Promise<void> {
  const right = await withChildren(kind, connections, (children) => compare(chosen, children))
  await withChildren(kind, connections, (children) => time(chosen, right, children))
}

/** Runs a process for each implementation as long as `use` takes. */
async function withChildren<T>(
  kind: Kind,
  connections: number,
  use: (children: Map<Implementation, Child>) => Promise<T>,
): Promise<T> {
  const children = new Map(
    await Promise.all(
      running.map(
        async (implementation) =>
          [implementation, await new Child(implementation.id, kind, connections).ready()] as const,
      ),
    ),
  )
  const result = await use(children)
  for (const child of children.values()) child.end()
  return result
}

async function time(
  chosen: Item[],
  right: Map<string, Set<Implementation>>,
  children: Map<Implementation, Child>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const item of shuffled(chosen)) {
      progress.step(item.id)
      for (const implementation of shuffled(running.filter((candidate) => right.get(item.id)!.has(candidate)))) {
        try {
          const answer = await children.get(implementation)!.ask({ type: 'measure', item: item.id, milliseconds })
          const ofItem = samples.get(item.id)!
          ofItem.set(implementation.id, [...(ofItem.get(implementation.id) ?? []), answer.nanoseconds as number])
        } catch (error) {
          // A figure of a parser that fails would be worth nothing.
          problems.push(`${implementation.name} fails at ${item.id}: ${(error as Error).message}`)
          right.get(item.id)!.delete(implementation)
          samples.get(item.id)!.delete(implementation.id)
        }
      }
    }
  }
}

/** Which implementations read which item as Node's binding does (or, without it, as the first one). */
async function compare(
  chosen: Item[],
  children: Map<Implementation, Child>,
): Promise<Map<string, Set<Implementation>>> {
  const right = new Map<string, Set<Implementation>>()
  for (const item of chosen) {
    const readings = new Map<Implementation, Message[] | string>()
    for (const [implementation, child] of children) {
      const reading = await child.ask({ type: 'check', item: item.id }).then(
        (answer) => answer.messages as Message[],
        (error: Error) => error.message,
      )
      readings.set(implementation, reading)
    }
    const reference = [...readings].find(
      ([implementation, reading]) => implementation.id === 'node' && typeof reading !== 'string',
    )
    const expected = (reference ?? [...readings].find(([, reading]) => typeof reading !== 'string'))?.[1] as Message[]
    const agreeing = new Set<Implementation>()
    for (const [implementation, reading] of readings) {
      const difference = typeof reading === 'string' ? reading : firstDifference(reading, expected, item)
      if (difference === undefined) agreeing.add(implementation)
      else problems.push(`${implementation.name} reads ${item.id} wrongly and is not timed on it: ${difference}`)
    }
    right.set(item.id, agreeing)
  }
  return right
}

function firstDifference(reading: Message[], expected: Message[], item: Item): string | undefined {
  const count = item.variants.length * item.messages
  if (reading.length !== count) return `${reading.length} messages instead of ${count}`
  for (const [i, message] of reading.entries()) {
    const other = expected[i]!
    if (message.octets !== other.octets) return `${message.octets} octets of content instead of ${other.octets}`
    if (message.start !== undefined && other.start !== undefined && message.start !== other.start)
      return `start line ${message.start} instead of ${other.start}`
    if (
      message.fields !== undefined &&
      other.fields !== undefined &&
      (message.fields.length !== other.fields.length || message.fields.some((text, at) => text !== other.fields![at]))
    )
      return `fields of message ${i} differ`
  }
  return undefined
}

async function measureAllocations(): Promise<Map<string, Map<string, number>>> {
  const measured = new Map<string, Map<string, number>>()
  const chosen = items.filter((item) => ['tiny', 'wrk', 'chrome', 'post1k'].includes(item.id))
  if (smoke) return measured
  const messages = quick ? 32_768 : 131_072
  for (const implementation of running) {
    const child = await new Child(implementation.id, 'request', 1, [
      '--expose-gc',
      '--min-semi-space-size=192',
      '--max-semi-space-size=192',
    ]).ready()
    for (const item of chosen) {
      if (!samples.get(item.id)!.has(implementation.id)) continue
      const answer = await child.ask({ type: 'allocation', item: item.id, messages })
      const ofItem = measured.get(item.id) ?? new Map<string, number>()
      measured.set(item.id, ofItem.set(implementation.id, answer.octets as number))
    }
    child.end()
  }
  return measured
}

function makeResult(): Result {
  const tables = items.map((item) => tableOf(item)).filter((table) => table.rows.length > 0)
  return {
    suite: 'parser',
    command: quick ? 'npm run bench:parser -- --quick' : 'npm run bench:parser',
    date: new Date().toISOString(),
    environment: environment(versions(), notes()),
    tables,
    ratios: ratios(),
    figures: figures(),
    skipped,
  }
}

function versions(): Record<string, string> {
  const pinned = peerVersions()
  const used = running.flatMap(({ peer }) => (peer ? [[peer, pinned[peer] ?? '?']] : []))
  return Object.fromEntries([['llhttp in Node', process.versions.llhttp ?? '?'], ...used]) as Record<string, string>
}

function notes(): string[] {
  return [
    `${rounds} interleaved rounds of ${milliseconds} ms; processor time of the process; noise only ever adds to it, so min is the best of all rounds`,
    'eager: method, target, every name and value are strings; lazy: method and target; scan: validated, nothing made',
    ...problems,
  ]
}

function tableOf(item: Item): Table {
  const rows = running.flatMap((implementation) => {
    const taken = samples.get(item.id)!.get(implementation.id)
    if (!taken) return []
    const octets = item.variants[0]!.reduce((sum, chunk) => sum + chunk.length, 0) / item.messages
    const summary = summarise(taken)
    const allocated = allocations.get(item.id)?.get(implementation.id)
    const extra: Record<string, number | string> = { 'MB/s': (octets / summary.median) * 1000 }
    if (allocated !== undefined) extra['heap B'] = Math.round(allocated)
    return [{ name: implementation.name, ours: implementation.ours, ...summary, extra }]
  })
  return { id: item.id, title: `${item.id}: ${item.title}`, unit: 'ns per message', better: 'lower', rows }
}

/** How many times longer `over` takes than `of`, a figure for each round. */
function perRound(over: string, of: string, chosen: Item[]): number[] {
  const usable = chosen.filter((item) => samples.get(item.id)?.get(over) && samples.get(item.id)?.get(of))
  if (usable.length === 0 || usable.length < chosen.length) return []
  return Array.from({ length: rounds }, (_, round) =>
    geometricMean(
      usable.map((item) => samples.get(item.id)!.get(over)![round]! / samples.get(item.id)!.get(of)![round]!),
    ),
  )
}

function ratio(table: string, of: string, over: string, chosen: Item[], bar?: number): Ratio[] {
  const figures = perRound(over, of, chosen)
  if (figures.length === 0) return []
  const { median, min, max } = summarise(figures)
  const name = (id: string): string => implementations.find((candidate) => candidate.id === id)!.name
  return [
    {
      table,
      of: name(of),
      over: name(over),
      median,
      min,
      max,
      sense: 'at least',
      ...(bar === undefined ? {} : { bar, met: keepsBar(median, bar, 'at least') }),
    },
  ]
}

function ratios(): Ratio[] {
  const whole = items.filter((item) => item.kind === 'request' && item.wholeHead)
  const responses = items.filter((item) => item.kind === 'response' && item.wholeHead)
  const mean = 'whole heads, geometric mean'
  return [
    ...ratio(mean, 'simd-eager', 'node', whole, 3.5),
    ...ratio(mean, 'simd-lazy', 'node', whole, 5),
    ...ratio(mean, 'simd-scan', 'node', whole, 8),
    ...ratio(mean, 'portable-eager', 'node', whole, 1.8),
    ...ratio(mean, 'simd-eager', 'http-parser-js', whole, 6),
    ...ratio(mean, 'simd-eager', 'llhttp-wasm', whole, 10),
    ...ratio(mean, 'simd-eager', 'llhttp-simd', whole),
    ...ratio(mean, 'simd-eager', 'milo', whole),
    ...ratio('responses, geometric mean', 'simd-eager', 'node', responses, 3),
    ...items.flatMap((item) => ratio(item.id, 'simd-eager', 'node', [item], barOf(item))),
  ]
}

function barOf(item: Item): number | undefined {
  if (item.kind === 'response') return undefined
  return item.id === 'chunked16' ? 20 : 2
}

function figures(): Figure[] {
  const lazy = [...allocations.values()].flatMap((ofItem) => ofItem.get('simd-lazy') ?? [])
  const figure = (id: string, title: string, value: number, unit: string, bar: number): Figure => ({
    id,
    title,
    value,
    unit,
    bar,
    sense: 'at most',
    met: keepsBar(value, bar, 'at most'),
  })
  return [
    ...(lazy.length > 0
      ? [figure('lazy-allocation', 'heap per request, lazy, the worst item', Math.max(...lazy), 'octets', 128)]
      : []),
    figure('gzip', 'package entry as published, gzipped', size / 1024, 'KiB', 12),
    figure('first-parse', 'first parse after import', first.milliseconds, 'ms', 3),
    figure('compiled-at-import', 'WebAssembly modules compiled at import', first.compiledAtImport, 'modules', 0),
  ]
}
