// Sums the JSON reports that each package's `test` task wrote and prints the closing line: `N passed, N failed, N skipped`.
// Skipped tests are named: what was not run is said.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folders = ['packages', '.'].flatMap((parent) =>
  readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(parent, entry.name, 'test-results')),
)
const count = { passed: 0, failed: 0, skipped: 0 }
for (const folder of folders) {
  let names = []
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  for (const name of names) {
    const report = JSON.parse(readFileSync(join(folder, name), 'utf8'))
    for (const file of report.testResults) {
      for (const test of file.assertionResults) {
        if (test.status === 'passed') count.passed++
        else if (test.status === 'failed') count.failed++
        else {
          count.skipped++
          console.log(`skipped: ${test.fullName}`)
        }
      }
    }
  }
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
if (count.failed > 0 || count.passed === 0) process.exit(1)
