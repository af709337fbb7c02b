// The steps of a full check, one after the other, each with a time limit; a step that fails does not hide the ones behind it.
// The closing line counts every test of the test command and every step as one.
import { spawnSync } from 'node:child_process'
import { countTests, failedTests } from './closing-line.mjs'

const minute = 60_000
const steps = [
  { name: 'test command of the README', command: 'npm install && npm test', limit: 25 * minute, attempts: 2 },
  { name: 'second test run comes from the cache', command: 'node scripts/second-run.mjs', limit: 2 * minute },
  { name: 'every exported name has a docstring', command: 'node scripts/check-docstrings.mjs', limit: 2 * minute },
  { name: 'imports point one way', command: 'node scripts/check-circles.mjs', limit: minute },
  { name: 'every link of the documentation leads somewhere', command: 'node scripts/check-links.mjs', limit: minute },
  { name: 'API reference is generated', command: 'npm run docs:api', limit: 3 * minute },
  { name: 'changesets are in order', command: 'npx changeset status --since=HEAD', limit: minute },
  {
    name: 'first command of the README serves page, listing, script and chat',
    command: 'node scripts/start-smoke.mjs',
    limit: 3 * minute,
  },
  {
    name: 'packed packages install, import, require and run the README examples on Node 20, 22 and 24',
    command: 'node scripts/packed.mjs',
    limit: 6 * minute,
  },
  { name: 'tests on Node 22 and 24', command: 'node scripts/test-on-node.mjs 22 24', limit: 25 * minute, attempts: 2 },
  { name: 'parser in Chromium, Bun and Deno', command: 'node scripts/runtimes.mjs', limit: 4 * minute },
  { name: 'a million mutants through the parser and the codec', command: 'npm run fuzz', limit: 12 * minute },
  {
    name: 'load tests of the site at full size',
    command: 'PLAINWIRE_FULL=1 npx vitest run test/site/load.test.ts test/site/listing.test.ts',
    folder: 'packages/web-server',
    limit: 6 * minute,
  },
  { name: 'benchmarks run, and every peer answers as it declares', command: 'npm run bench:smoke', limit: 10 * minute },
]

// The test command first, and its tests counted before a run on another major writes over the reports.
const outcome = { passed: 0, failed: 0, skipped: 0 }
const failures = []
for (const [index, step] of steps.entries()) {
  let passed = run(step)
  // Real programs, browsers and loaded machines can fail a run that is right. A second attempt is allowed where they take
  // part; it repeats only what failed, and what failed first is named, because it has to be looked at.
  for (let attempt = 1; !passed && attempt < (step.attempts ?? 1); attempt++) {
    for (const name of failedTests()) console.log(`failed at the first attempt: ${name}`)
    passed = run(step)
  }
  outcome[passed ? 'passed' : 'failed']++
  if (!passed) failures.push(step.name)
  if (index === 0) {
    const tests = countTests()
    for (const key of Object.keys(outcome)) outcome[key] += tests[key]
  }
}
for (const name of failures) console.log(`failed: ${name}`)
console.log(`${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped} skipped`)
process.exit(outcome.failed > 0 ? 1 : 0)

/** Runs one step; says how it went and how long it took. */
function run(step) {
  console.log(`\n--- ${step.name} (${step.command})`)
  const started = performance.now()
  const { status, signal } = spawnSync(step.command, {
    cwd: step.folder,
    shell: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: step.limit,
    killSignal: 'SIGKILL',
  })
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(`--- ${status === 0 ? 'passed' : `failed (${signal ?? status})`} in ${seconds} s: ${step.name}`)
  return status === 0
}
