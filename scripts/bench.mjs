// npm run bench, bench:quick, bench:<suite>: builds, then runs the suites one after the other; arguments after `--` go to each.
import { spawnSync } from 'node:child_process'

const suites = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const run = (...command) => spawnSync(process.execPath, command, { stdio: 'inherit' }).status ?? 1

if (run('scripts/turbo.mjs', 'run', 'build', '--filter=@plainwire/bench...', '--output-logs=errors-only') !== 0)
  process.exit(1)
if (!options.includes('--quick') && suites.some((suite) => ['server', 'parser'].includes(suite))) {
  // A quick run is content with what is there.
  const { installPeers } = await import('../bench/dist/peers.js')
  for (const name of installPeers()) console.error(`missing, and left out: ${name}`)
}
let failed = 0
for (const suite of suites) {
  if (run(`bench/dist/${suite}/main.js`, ...options) !== 0) failed++
}
process.exit(failed > 0 ? 1 : 0)
