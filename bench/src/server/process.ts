import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { onCore } from '../cores.js'
import type { Peer } from './peers.js'

/** Ticks of `/proc/<pid>/stat` in a second: 100 on every Linux that Node runs on. */
const TICKS = 100

/** Whether processor time can be read here. */
export const canCountCpu = existsSync('/proc/self/stat')

/** A running server under measurement. */
export class ServerProcess {
  readonly port: number
  private readonly child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.child = child
    this.port = port
  }

  /** Starts a peer on its core and waits until it listens. @throws Error when it ends or says nothing for ten seconds */
  static async start(peer: Peer): Promise<ServerProcess> {
    const [program, ...args] = onCore('server', peer.command!)
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let complaints = ''
    child.stderr!.on('data', (text: Buffer) => {
      complaints = (complaints + text.toString()).slice(-2000)
    })
    const lines = createInterface({ input: child.stdout! })
    const port = await new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${peer.name} does not listen\n${complaints}`)), 10_000)
      lines.on('line', (line) => {
        const said = /^PORT (\d+)$/.exec(line)
        if (said === null) return
        clearTimeout(late)
        resolve(Number(said[1]))
      })
      child.on('error', reject)
      child.on('exit', (code) => reject(new Error(`${peer.name} ended with ${code}\n${complaints}`)))
    })
    return new ServerProcess(child, port)
  }

  /** Processor time of the process and its descendants so far, user and system, all threads; microseconds. */
  cpuMicroseconds(): number {
    let ticks = 0
    for (const pid of family(this.child.pid!)) {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // The second field is the name in brackets, which may hold anything.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        ticks += Number(fields[11]) + Number(fields[12])
      } catch {
        // A child that has just ended.
      }
    }
    return (ticks * 1e6) / TICKS
  }

  /** Resident memory of the process and its descendants, KiB. */
  residentKibibytes(): number {
    let sum = 0
    for (const pid of family(this.child.pid!)) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      sum += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    }
    return sum
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGTERM')
    const late = setTimeout(() => this.child.kill('SIGKILL'), 2000)
    await gone
    clearTimeout(late)
  }
}

/** A process and all that it started. */
function family(pid: number): number[] {
  const members = [pid]
  for (const member of members) {
    try {
      const children = readFileSync(`/proc/${member}/task/${member}/children`, 'utf8').trim()
      if (children !== '') members.push(...children.split(' ').map(Number))
    } catch {
      // Ended meanwhile.
    }
  }
  return members
}
