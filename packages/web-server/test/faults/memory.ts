import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Octets of live objects: what is left after the collector has run, and what it released has had its turn. */
export async function liveOctets(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    collect()
    await new Promise(setImmediate)
  }
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
}

/** Waits until the condition holds: the event loop turns, nothing sleeps longer than a moment. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let moment = 0; moment < 15_000; moment++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error(`waited in vain for ${what}`)
}
