/** One run of autocannon; the task is the argument, the result goes to standard output as JSON. */
import autocannon from 'autocannon'
import type { Load } from './load.js'
import type { Workload } from './workloads.js'

const { workload, port, seconds } = JSON.parse(process.argv[2]!) as {
  workload: Workload
  port: number
  seconds: number
}

const started = performance.now()
const result = await autocannon({
  url: `http://127.0.0.1:${port}${workload.path}`,
  method: workload.method,
  headers: workload.fields,
  ...(workload.content === undefined ? {} : { body: workload.content }),
  ...(workload.reconnect ? { reconnectRate: 1 } : {}),
  connections: workload.connections,
  pipelining: workload.pipelining,
  duration: seconds,
})
const load: Load = {
  answers: result['2xx'],
  seconds: (performance.now() - started) / 1000,
  p50: result.latency.p50,
  p99: result.latency.p99,
  failures: result.non2xx + result.errors + result.timeouts,
}
process.stdout.write(JSON.stringify(load))
