/** An echo server as a process of its own: tells its port, and what it has used whenever it is asked. */
import { FORMS, type Form } from './forms.js'

/** What the process has used so far. */
export interface Usage {
  /** processor time of all its threads, user and system, µs */
  cpu: number
  /** resident memory, octets; after a collection, if one was asked for */
  rss: number
}

process.on('message', async (ask: { collect: boolean }) => {
  // Twice, with a pause: what the first collection frees is given back to the system by and by.
  for (let turn = 0; ask.collect && turn < 2; turn++) {
    ;(globalThis as { gc?: () => void }).gc?.()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { user, system } = process.cpuUsage()
  process.send!({ cpu: user + system, rss: process.memoryUsage().rss } satisfies Usage)
})
process.on('disconnect', () => process.exit())
process.send!({ port: await FORMS[process.argv[2] as Form]() })
