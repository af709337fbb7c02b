import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { onCore } from '../cores.js'
import type { Peer } from './peers.js'
import { ServerProcess } from './process.js'
import { ownProgram } from './programs.js'

/** What idle connections cost a server. */
export interface IdleMemory {
  /** Resident memory with nobody connected, after it answered a few. */
  restMebibytes: number
  kibibytesEach: number
}

/**
 * Resident memory for each of `count` connections that have been answered once and stay open.
 *
 * @param warmUp loads the server first: code that requests load and compile is no cost of connections
 */
export async function idleMemory(
  peer: Peer,
  count: number,
  warmUp: (server: ServerProcess) => Promise<void>,
): Promise<IdleMemory> {
  const server = await ServerProcess.start(peer)
  try {
    await warmUp(server)
    await (await openIdle(server.port, 200)).close()
    const rest = await settled(server)
    const clients = await openIdle(server.port, count)
    const full = await settled(server)
    await clients.close()
    return { restMebibytes: rest / 1024, kibibytesEach: (full - rest) / count }
  } finally {
    await server.stop()
  }
}

/** The least memory seen while the collector comes round. */
async function settled(server: ServerProcess): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < 15; look++) {
    await sleep(200)
    least = Math.min(least, server.residentKibibytes())
  }
  return least
}

async function openIdle(port: number, count: number): Promise<{ close(): Promise<void> }> {
  const program = ownProgram('idle-client')
  const [command, ...args] = onCore('load', [process.execPath, program, String(port), String(count)])
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => line === 'READY' && resolve())
    child.once('exit', () => reject(new Error('the client of the idle connections ended')))
  })
  return {
    async close() {
      child.stdin!.end()
      await gone
    },
  }
}
