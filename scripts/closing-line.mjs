// Sums the JSON reports that each package's `test` task wrote and prints the closing line: `N passed, N failed, N skipped`.
// Skipped tests are named: what was not run is said.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Counts the tests of the last run of every package. */
export function countTests({ nameSkipped = false } = {}) {
  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const path of reports()) {
    for (const file of JSON.parse(readFileSync(path, 'utf8')).testResults) {
      if (file.status === 'failed' && file.assertionResults.length === 0) count.failed++
      for (const test of file.assertionResults) {
        if (test.status === 'passed') count.passed++
        else if (test.status === 'failed') count.failed++
        else {
          count.skipped++
          if (nameSkipped) console.log(`skipped: ${test.fullName}`)
        }
      }
    }
  }
  return count
}

/** Names of the tests that failed in the last run of every package. */
export function failedTests() {
  return reports().flatMap((path) =>
    JSON.parse(readFileSync(path, 'utf8')).testResults.flatMap((file) =>
      file.assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    ),
  )
}

function reports() {
  const parents = ['packages', '.'].map((folder) => fileURLToPath(new URL(`../${folder}`, import.meta.url)))
  return parents.flatMap((parent) =>
    readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => {
        const folder = join(parent, entry.name, 'test-results')
        try {
          return readdirSync(folder)
            .filter((name) => name.endsWith('.json'))
            .map((name) => join(folder, name))
        } catch (error) {
          if (error.code === 'ENOENT') return []
          throw error
        }
      }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed, skipped } = countTests({ nameSkipped: true })
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  if (failed > 0 || passed === 0) process.exit(1)
}
