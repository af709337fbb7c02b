// The test command again: nothing has changed, so everything must come from the cache, in under ten seconds.
import { spawnSync } from 'node:child_process'

const started = performance.now()
const { status, stdout } = spawnSync('npm', ['test'], { encoding: 'utf8', maxBuffer: 1 << 28 })
const seconds = (performance.now() - started) / 1000
const [, hits, total] = /(\d+) cached, (\d+) total/.exec(stdout) ?? []
console.log(`${hits} of ${total} tasks from the cache, ${seconds.toFixed(1)} s`)
process.exit(status === 0 && hits !== undefined && hits === total && seconds < 10 ? 0 : 1)
