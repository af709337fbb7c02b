// npm run bench:report                       report page, plots, docs/results.md, README tables from bench/results/*.json
// npm run bench:report -- compare FILE       the newest result of its suite, quick or full as it is, set against an earlier one
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Result, resultPath, resultsFolder } from '../measure/result.js'
import { answersTable } from './answers.js'
import { compareResults, printChanges } from './compare.js'
import { markdownMatrix } from './matrix.js'
import { renderPage } from './page.js'
import { writePicture } from './plots.js'
import { markdownBars, replaceBetweenMarkers, resultsPage } from './tables.js'

const suites: Result['suite'][] = ['server', 'parser', 'sockets', 'chat']
const folder = resultsFolder()
const read = (path: string): Result => JSON.parse(readFileSync(path, 'utf8')) as Result

const [mode, file] = process.argv.slice(2)
if (mode === 'compare') {
  if (!file) throw new TypeError('compare needs the path of an earlier result')
  const earlier = read(file)
  printChanges(compareResults(earlier, read(resultPath(earlier))))
} else {
  const results = suites
    .map((suite) => `${folder}/${suite}.json`)
    .filter((path) => existsSync(path))
    .map(read)
  writeFileSync(`${folder}/report.html`, renderPage(results))
  const root = dirname(dirname(folder))
  const readme = `${root}/README.md`
  let text = readFileSync(readme, 'utf8')
  for (const result of results) {
    writePicture(result)
    // The slower scanner of the parser has its rows in the full tables.
    const matrix = markdownMatrix(result, (name) => !name.includes('portable'))
    text = replaceBetweenMarkers(text, result.suite, `${matrix}\n${markdownBars(result)}`)
  }
  writeFileSync(readme, text)
  writeFileSync(`${root}/docs/results.md`, resultsPage(results))
  const method = `${root}/docs/benchmarks.md`
  writeFileSync(method, replaceBetweenMarkers(readFileSync(method, 'utf8'), 'answers', answersTable()))
  console.log(`wrote ${folder}/report.html and the README's tables of ${results.map(({ suite }) => suite).join(', ')}`)
}
