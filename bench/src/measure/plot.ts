import { writeFileSync } from 'node:fs'
import { resultsFolder, type Table } from './result.js'
import { show } from './terminal.js'

/** What a plot of one suite shows: some of its tables, a group of bars each. */
export interface Plot {
  title: string
  /** One sentence below the title: unit and sense. */
  subtitle: string
  tables: Table[]
}

const width = 760
const nameWidth = 190
const barHeight = 16
const barGap = 5
const groupGap = 26

/**
 * Draws horizontal bars, a group for each table, each group scaled to its own longest bar, with the extremes as a thin line
 * over the bar's end. The drawing carries its own colours for light and dark, so it reads in a README and in a page.
 */
export function drawPlot(plot: Plot): string {
  const parts: string[] = []
  let y = 70
  for (const table of plot.tables) {
    const rows = [...table.rows].sort((a, b) => (table.better === 'lower' ? a.median - b.median : b.median - a.median))
    const longest = Math.max(...rows.map((row) => row.median))
    const scale = (value: number): number => Math.min(1, value / longest) * (width - nameWidth - 90)
    parts.push(`<text class="group" x="16" y="${y}">${escapeXml(table.title)}</text>`)
    parts.push(`<text class="unit" x="${width - 16}" y="${y}" text-anchor="end">${escapeXml(table.unit)}</text>`)
    y += 10
    for (const row of rows) {
      const length = Math.max(1, scale(row.median))
      const middle = y + barHeight / 2
      parts.push(
        `<text class="name${row.ours ? ' ours' : ''}" x="${nameWidth - 8}" y="${middle + 4}" text-anchor="end">${escapeXml(row.name)}</text>`,
      )
      parts.push(
        `<rect class="${row.ours ? 'bar-ours' : 'bar'}" x="${nameWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>`,
      )
      parts.push(
        `<path class="range" d="M${(nameWidth + scale(row.min)).toFixed(1)} ${middle}H${(nameWidth + scale(row.max)).toFixed(1)}"/>`,
      )
      parts.push(
        `<text class="value" x="${(nameWidth + Math.max(length, scale(row.max)) + 6).toFixed(1)}" y="${middle + 4}">${show(row.median)}</text>`,
      )
      y += barHeight + barGap
    }
    y += groupGap
  }
  const height = y - groupGap + 16
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(plot.title)}">
<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 } .sub, .unit { fill: #656d76 } .group { font-weight: 600 }
  .ours { font-weight: 600 } .bar { fill: #afb8c1 } .bar-ours { fill: #1a7f64 } .range { stroke: #24292f; stroke-opacity: .55 } .ground { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .sub, .unit { fill: #9198a1 } .bar { fill: #4b535d } .bar-ours { fill: #2fb892 } .range { stroke: #e6edf3 } .ground { fill: #0d1117 }
  }
</style>
<rect class="ground" width="${width}" height="${height}" rx="8"/>
<text class="title" x="16" y="26">${escapeXml(plot.title)}</text>
<text class="sub" x="16" y="43">${escapeXml(plot.subtitle)}</text>
${parts.join('\n')}
</svg>
`
}

/** Draws the plot into `bench/results/<name>.svg`; returns the path. */
export function writePlot(plot: Plot, name: string): string {
  const path = `${resultsFolder()}/${name}.svg`
  writeFileSync(path, drawPlot(plot))
  return path
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
