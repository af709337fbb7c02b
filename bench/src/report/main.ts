// npm run bench:report                       report page, plots, README tables from bench/results/*.json
// npm run bench:report -- compare FILE       the newest result of that suite set against an earlier one
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { writePlot } from '../measure/plot.js'
import { type Result, resultsFolder } from '../measure/result.js'
import { compareResults, printChanges } from './compare.js'
import { renderPage } from './page.js'
import { markdownBars, markdownTables, replaceBetweenMarkers } from './tables.js'

const suites: Result['suite'][] = ['server', 'parser', 'sockets', 'chat']
const folder = resultsFolder()
const read = (path: string): Result => JSON.parse(readFileSync(path, 'utf8')) as Result

const [mode, file] = process.argv.slice(2)
if (mode === 'compare') {
  if (!file) throw new TypeError('compare needs the path of an earlier result')
  const earlier = read(file)
  printChanges(compareResults(earlier, read(`${folder}/${earlier.suite}.json`)))
} else {
  const results = suites
    .map((suite) => `${folder}/${suite}.json`)
    .filter((path) => existsSync(path))
    .map(read)
  writeFileSync(`${folder}/report.html`, renderPage(results))
  const readme = `${dirname(dirname(folder))}/README.md`
  let text = readFileSync(readme, 'utf8')
  for (const result of results) {
    writePlot(
      {
        title: `${result.suite}: ${result.tables[0]?.unit ?? ''}`,
        subtitle: `${result.command}, ${result.date.slice(0, 10)}`,
        tables: result.tables,
      },
      result.suite,
    )
    text = replaceBetweenMarkers(text, result.suite, `${markdownTables(result)}\n${markdownBars(result)}`)
  }
  writeFileSync(readme, text)
  console.log(`wrote ${folder}/report.html and the README's tables of ${results.map(({ suite }) => suite).join(', ')}`)
}
