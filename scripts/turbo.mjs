// Runs turbo with what it does not hash by itself: the Node major, so that a test passed on one major is never replayed as
// passed on another.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const turbo = join(dirname(createRequire(import.meta.url).resolve('turbo/package.json')), 'bin/turbo')
const child = spawn(process.execPath, [turbo, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_MAJOR: process.versions.node.split('.')[0], TURBO_TELEMETRY_DISABLED: '1' },
})
child.on('exit', (code, signal) => process.exit(signal ? 1 : code))
