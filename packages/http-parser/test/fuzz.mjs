// npm run fuzz: 10^6 mutants, a tenth of them in the normal run; MUTANTS and SEED choose others.
import { spawnSync } from 'node:child_process'

const env = { MUTANTS: '1000000', SEED: String(process.env.SEED ?? 20261122), ...process.env }
console.log(`${env.MUTANTS} mutants of seed ${env.SEED}`)
const { status } = spawnSync(
  'npx',
  ['vitest', 'run', 'test/fuzz.test.ts', 'test/work.test.ts', '--testTimeout=900000'],
  {
    env,
    stdio: 'inherit',
  },
)
process.exit(status ?? 1)
