import { styleText } from 'node:util'
import type { Figure, Ratio, Result, Table } from './result.js'

/** Prints every table, ratio and figure of a result, aligned, the ratios with their bars. */
export function printResult(result: Result): void {
  const { environment } = result
  console.log(
    `\n${result.suite}: Node ${environment.node}, ${environment.cores} × ${environment.cpu}, ${environment.os}`,
  )
  for (const table of result.tables) printTable(table)
  if (result.ratios.length > 0) printRatios(result.ratios)
  for (const figure of result.figures)
    console.log(`${verdict(figure)} ${figure.title}: ${show(figure.value)} ${figure.unit}${barOf(figure)}`)
  for (const note of environment.notes) console.log(`note: ${note}`)
  for (const name of result.skipped) console.log(`skipped: ${name}`)
}

/** Prints one workload, the best first. */
export function printTable(table: Table): void {
  const rows = [...table.rows].sort((a, b) => (table.better === 'lower' ? a.median - b.median : b.median - a.median))
  const extras = [...new Set(rows.flatMap((row) => Object.keys(row.extra ?? {})))]
  const lines = [['', 'median', 'min', 'max', ...extras]]
  for (const row of rows) {
    lines.push([
      row.name,
      show(row.median),
      show(row.min),
      show(row.max),
      ...extras.map((name) => show(row.extra?.[name])),
    ])
  }
  console.log(`\n${styleText('bold', table.title)} (${table.unit}, ${table.better} is better)`)
  printAligned(lines, (index) => rows[index - 1]?.ours === true)
}

function printRatios(ratios: readonly Ratio[]): void {
  console.log(`\n${styleText('bold', 'ratios')} (paired by round: median, extremes)`)
  printAligned(
    ratios.map((ratio) => [
      `${verdict(ratio)} ${ratio.table}: ${ratio.of} over ${ratio.over}`,
      `${show(ratio.median)}×`,
      `${show(ratio.min)}–${show(ratio.max)}`,
      barOf(ratio),
    ]),
  )
}

/** Columns padded to their widest cell; the first flush left, the others flush right. */
function printAligned(lines: readonly string[][], stands: (line: number) => boolean = () => false): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
  for (const [index, line] of lines.entries()) {
    const text = line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
    console.log(stands(index) ? styleText('green', text) : text)
  }
}

function verdict(item: Ratio | Figure): string {
  return item.met === undefined ? ' ' : item.met ? '✓' : '✗'
}

function barOf(item: Ratio | Figure): string {
  return item.bar === undefined ? '' : ` (bar: ${item.sense} ${item.bar})`
}

/** Three significant digits, and no more than a reader needs. */
export function show(value: number | string | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (!Number.isFinite(value)) return '–'
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

/** One line on a terminal that shows how far a run is and how long it will take; silent in a pipe. */
export class Progress {
  readonly #total: number
  readonly #started = performance.now()
  #done = 0

  constructor(total: number) {
    this.#total = total
  }

  /** Counts one step; `label` says what runs next. */
  step(label: string): void {
    this.#done++
    if (!process.stderr.isTTY) return
    const share = Math.min(1, this.#done / this.#total)
    const left = ((performance.now() - this.#started) / share) * (1 - share)
    const bar = '█'.repeat(Math.round(share * 24)).padEnd(24, '·')
    process.stderr.write(`\r\x1b[K${bar} ${Math.round(share * 100)}%  ${Math.ceil(left / 1000)} s left  ${label}`)
  }

  /** Takes the line away. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}
