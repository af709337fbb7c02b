/**
 * Child process: one implementation, one direction, so that no other parser's shapes are in its call sites. Commands come over
 * IPC, one at a time: see `Command`.
 */
import { corpus, type Item } from './corpus.js'
import { implementations } from './implementations/all.js'
import { type Driver, type Message, Seen } from './implementations/driver.js'

/** What the parent asks; the answer is one message, `{ error }` when it fails. */
export type Command =
  | { type: 'check'; item: string }
  | { type: 'measure'; item: string; milliseconds: number }
  | { type: 'allocation'; item: string; messages: number }

/** Result of `check`: what was read out of all variants. */
export interface Checked {
  messages: Message[]
}

const [id, kind, connections] = process.argv.slice(2) as [string, 'request' | 'response', string]
const implementation = implementations.find((candidate) => candidate.id === id)!
const items = new Map(corpus().map((item) => [item.id, item]))
const seen = new Seen()
/** Where time is taken: the same parsers read every item, as on connections that are kept alive. */
const measured: Driver[] = []
/** Iterations per sample, found while warming up. */
const counts = new Map<string, number>()

process.on('message', (command: Command) => {
  answer(command).then(
    (value) => process.send!(value as object),
    (error: unknown) => process.send!({ error: String(error) }),
  )
})
process.send!({ ready: true })

async function answer(command: Command): Promise<unknown> {
  const item = items.get(command.item)!
  // What a parser loses its way on must not trouble it on the next item.
  if (command.type === 'check') return { messages: check(item, await implementation.open(kind, seen)) }
  while (measured.length < Number(connections)) measured.push(await implementation.open(kind, seen))
  return command.type === 'measure'
    ? { nanoseconds: measure(item, measured, command.milliseconds) }
    : { octets: allocation(item, measured, command.messages) }
}

function check(item: Item, driver: Driver): Message[] {
  const captured: Message[] = []
  seen.captured = captured
  try {
    for (const chunks of item.variants) for (const chunk of chunks) driver.feed(chunk)
  } finally {
    seen.captured = undefined
  }
  return captured
}

/** Variants by turns, on the connections by turns. */
function run(drivers: Driver[], variants: Buffer[][], times: number): void {
  for (let i = 0; i < times; i++) {
    const driver = drivers[i % drivers.length]!
    const chunks = variants[i & 127]!
    for (let j = 0; j < chunks.length; j++) driver.feed(chunks[j]!)
  }
}

/** Nanoseconds of processor time, which other processes do not add to as they do to wall time. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

/** Nanoseconds per message over about the given time. */
function measure(item: Item, drivers: Driver[], milliseconds: number): number {
  let count = counts.get(item.id)
  if (count === undefined) {
    // Warm up until the optimising compiler has seen it all, and count how many runs fill a sample.
    const warm = 6 * milliseconds
    const started = performance.now()
    count = 0
    while (performance.now() - started < warm) {
      run(drivers, item.variants, 128)
      count += 128
    }
    count = Math.max(128, Math.round((count * milliseconds) / warm / 128) * 128)
    counts.set(item.id, count)
  }
  const before = seen.messages
  const started = processorTime()
  run(drivers, item.variants, count)
  const elapsed = Math.max(1, processorTime() - started)
  const messages = seen.messages - before
  if (messages !== count * item.messages) throw new Error(`${messages} messages instead of ${count * item.messages}`)
  counts.set(item.id, Math.max(128, Math.round((count * milliseconds * 1e6) / elapsed / 128) * 128))
  return elapsed / messages
}

/**
 * Heap octets per message; the process must have `--expose-gc` and a young generation that no run fills. What the runtime
 * itself allocates now and then, to compile again after a collection, is spread over as many messages as there is room for,
 * and the least of the samples counts: what every message allocates is in all of them.
 *
 * @param messages at most so many a sample
 */
function allocation(item: Item, drivers: Driver[], messages: number): number {
  const room = 96 * 1024 * 1024
  const allocated = (times: number): number => {
    globalThis.gc!()
    const before = process.memoryUsage().heapUsed
    run(drivers, item.variants, times)
    return (process.memoryUsage().heapUsed - before) / (times * item.messages)
  }
  run(drivers, item.variants, messages / 2)
  const rough = Math.max(16, allocated(4096))
  const count = Math.min(messages, Math.floor(room / rough / item.messages / 128) * 128)
  return Math.max(0, Math.min(...Array.from({ length: 5 }, () => allocated(count))))
}
