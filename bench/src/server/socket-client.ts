/**
 * A load client on raw sockets, for what the other generators cannot say: sends the same octets on every connection as
 * soon as the answer to the last ones is complete. The task is the argument, the result goes to standard output as JSON.
 */
import { connect } from 'node:net'
import type { Load, SocketTask } from './load.js'

const task = JSON.parse(process.argv[2]!) as SocketTask
const octets = Buffer.from(task.octets, 'latin1')
const begins = Buffer.from(task.begins, 'latin1')
const latencies: number[] = []
const ready: Array<() => void> = []
let lost = 0
let started = 0

for (let each = 0; each < task.connections; each++) open()
setTimeout(() => {
  if (started === 0) throw new Error(`${ready.length} of ${task.connections} connections were opened`)
}, 10_000).unref()

/** All begin together: who is connected first does not have the server for himself. */
function begin(): void {
  started = performance.now()
  for (const ask of ready) ask()
  setTimeout(finish, task.seconds * 1000)
}

function open(): void {
  const socket = connect({ port: task.port, host: '127.0.0.1', noDelay: true })
  let opening = task.opening?.size ?? 0
  let held: Buffer | undefined
  let asked = 0
  const ask = (): void => {
    asked = performance.now()
    socket.write(octets)
  }
  const opened = (): void => {
    if (ready.push(ask) === task.connections) begin()
  }
  socket.on('connect', () => {
    if (task.opening === undefined) opened()
    else socket.write(task.opening.octets, 'latin1')
  })
  socket.on('data', (piece: Buffer) => {
    if (opening > 0) {
      opening -= piece.length
      if (opening === 0) opened()
      else if (opening < 0) socket.destroy()
      return
    }
    const given = held === undefined ? piece : Buffer.concat([held, piece])
    held = given.length < task.size ? given : undefined
    if (held !== undefined) return
    // One is asked at a time, so more octets than an answer has are wrong.
    if (given.length > task.size || given.compare(begins, 0, begins.length, 0, begins.length) !== 0) {
      socket.destroy()
      return
    }
    latencies.push(performance.now() - asked)
    ask()
  })
  // A connection is lost once, whatever the reason.
  socket.on('error', () => {})
  socket.on('close', () => {
    lost++
    if (lost === task.connections && started > 0) finish()
  })
}

function finish(): void {
  const seconds = (performance.now() - started) / 1000
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? 0
  const load: Load = { answers: latencies.length, seconds, p50: at(0.5), p99: at(0.99), failures: lost }
  process.stdout.write(JSON.stringify(load), () => process.exit())
}
