import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { onCore } from '../cores.js'
import { findProgram, ownProgram } from './programs.js'
import { requestText, type Workload } from './workloads.js'

/** What a load generator saw. */
export interface Load {
  answers: number
  seconds: number
  /** Latency at saturation, milliseconds. */
  p50: number
  p99: number
  /** Answers that were none: wrong status, reset or cut off, unreadable, timed out. */
  failures: number
}

/** Sends a workload as fast as the server answers, from a core of its own. */
export interface LoadGenerator {
  name: string
  /** `answerSize`: octets of one answer, the same each time. */
  run(workload: Workload, port: number, seconds: number, answerSize: number): Promise<Load>
}

const SEPARATOR = '----- result '

/** wrk, where the machine has it: the only one of the two that can keep a fast server busy. */
export function wrk(): LoadGenerator | undefined {
  const program = findProgram('wrk')
  if (program === undefined) return undefined
  return {
    name: 'wrk',
    async run(workload, port, seconds) {
      const folder = mkdtempSync(`${tmpdir()}/wrk-`)
      const script = `${folder}/load.lua`
      writeFileSync(script, luaScript(workload, port))
      try {
        const whole = Math.max(1, Math.round(seconds))
        const args = ['-t1', `-c${workload.connections}`, `-d${whole}s`, '--timeout', '10s', '-s', script]
        const text = await output(onCore('load', [program, ...args, `http://127.0.0.1:${port}${workload.path}`]))
        const line = text.slice(text.indexOf(SEPARATOR) + SEPARATOR.length)
        const [answers, microseconds, p50, p99, failures] = line.trim().split(/\s+/).map(Number)
        if (failures === undefined) throw new Error(`wrk said:\n${text}`)
        return { answers: answers!, seconds: microseconds! / 1e6, p50: p50! / 1000, p99: p99! / 1000, failures }
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  }
}

/** A request as octets, made once; the answers' statuses are counted by wrk itself. */
function luaScript(workload: Workload, port: number): string {
  const octets = [...Buffer.from(requestText(workload, port), 'latin1')].map((octet) => `\\${octet}`).join('')
  return `local one = "${octets}"
local all = string.rep(one, ${workload.pipelining})
request = function() return all end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("${SEPARATOR}%d %d %f %f %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`
}

/** autocannon, in a process of its own: the load where `wrk` is not installed, for it needs nothing but npm. */
export function autocannon(): LoadGenerator {
  const program = ownProgram('autocannon-client')
  return {
    name: 'autocannon',
    async run(workload, port, seconds) {
      const task = JSON.stringify({ workload, port, seconds })
      return JSON.parse(await output(onCore('load', [process.execPath, program, task]))) as Load
    },
  }
}

/** What the client on raw sockets does; strings are octets, one character each. */
export interface SocketTask {
  port: number
  connections: number
  seconds: number
  /** Opens a connection for what follows; `size` octets answer it. */
  opening?: { octets: string; size: number }
  octets: string
  /** Octets of an answer, and what it begins with. */
  size: number
  begins: string
}

/** Raw sockets, in a process of its own: for chunked content, which autocannon cannot send, and for WebSockets. */
export function sockets(): LoadGenerator {
  const program = ownProgram('socket-client')
  return {
    name: 'raw sockets',
    async run({ answer, echo, ...workload }, port, seconds, answerSize) {
      const request = requestText({ answer, ...workload }, port)
      const { connections } = workload
      const task: SocketTask =
        echo === undefined
          ? { port, connections, seconds, octets: request, size: answerSize, begins: 'HTTP/1.1 200 ' }
          : {
              ...{ port, connections, seconds },
              opening: { octets: request, size: answerSize },
              ...{ octets: echo.sent, size: echo.answered.length, begins: echo.answered },
            }
      return JSON.parse(await output(onCore('load', [process.execPath, program, JSON.stringify(task)]))) as Load
    },
  }
}

async function output(command: readonly string[]): Promise<string> {
  const [program, ...args] = command
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  let complaints = ''
  child.stdout.on('data', (piece: Buffer) => {
    text += piece.toString()
  })
  child.stderr.on('data', (piece: Buffer) => {
    complaints += piece.toString()
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${command.join(' ').slice(0, 300)} ended with ${code}\n${complaints}`)
  return text
}
