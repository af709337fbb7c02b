import { drawPlot } from '../measure/plot.js'
import type { Result, Table } from '../measure/result.js'
import { show } from '../measure/terminal.js'
import { RATIOS_READ } from './tables.js'

const titles: Record<Result['suite'], string> = {
  parser: 'HTTP/1.1 parsers',
  server: 'HTTP servers',
  sockets: 'Socket layers',
  chat: 'Chat servers',
}

/** One self-contained page of all results: plots, bars met and missed, every figure, how it was measured. */
export function renderPage(results: readonly Result[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Plainwire benchmarks</title>
<style>
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
  table { border-collapse: collapse; margin: 1rem 0; width: 100% } td, th { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #8884 }
  td:first-child, th:first-child { text-align: left } .met { color: #1a7f64 } .missed { color: #d1242f; font-weight: 600 } svg { max-width: 100%; height: auto }
  .quiet { opacity: .75 } .ours { font-weight: 600 }
</style>
<h1>Plainwire benchmarks</h1>
<p>All figures of one section come from one run on one machine, implementations interleaved and shuffled round by round; ratios are
paired by round. A thin line over a bar is the range of all rounds.</p>
${results.map(renderResult).join('\n')}
</html>
`
}

function renderResult(result: Result): string {
  const { environment } = result
  const versions = Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`)
  const plot = drawPlot({
    title: titles[result.suite],
    subtitle: `${result.command}, ${result.date.slice(0, 10)}`,
    tables: result.tables,
  })
  const bars = [
    ...result.ratios.map((ratio) => ({
      name: `${ratio.table}: ${ratio.of} over ${ratio.over}`,
      value: `${show(ratio.median)}×`,
      range: `${show(ratio.min)} – ${show(ratio.max)}`,
      bar: ratio.bar === undefined ? '' : `${ratio.sense} ${ratio.bar}×`,
      met: ratio.met,
    })),
    ...result.figures.map((figure) => ({
      name: figure.title,
      value: `${show(figure.value)} ${figure.unit}`,
      range: '',
      bar: figure.bar === undefined ? '' : `${figure.sense} ${figure.bar}`,
      met: figure.met,
    })),
  ]
  const verdict = (met: boolean | undefined): string =>
    met === undefined ? '' : met ? '<span class="met">met</span>' : '<span class="missed">missed</span>'
  return `<section>
<h2>${titles[result.suite]}</h2>
<p class="quiet">Node ${escapeHtml(environment.node)}, ${environment.cores} × ${escapeHtml(environment.cpu)}, ${escapeHtml(environment.os)}${versions.length > 0 ? `; ${escapeHtml(versions.join(', '))}` : ''}</p>
${plot}
<p class="quiet">${RATIOS_READ}</p>
<table><tr><th></th><th>measured</th><th>range</th><th>bar</th><th></th></tr>
${bars.map((bar) => `<tr><td>${escapeHtml(bar.name)}</td><td>${bar.value}</td><td>${bar.range}</td><td>${bar.bar}</td><td>${verdict(bar.met)}</td></tr>`).join('\n')}
</table>
<details><summary>Every figure</summary>
${result.tables.map(renderTable).join('\n')}
</details>
<details><summary>Notes</summary>
<ul>${environment.notes.map((note) => `<li>${escapeHtml(note).replace(/`([^`]*)`/g, '<code>$1</code>')}</li>`).join('\n')}</ul>
</details>
${result.skipped.length > 0 ? `<p class="quiet">Skipped: ${escapeHtml(result.skipped.join('; '))}</p>` : ''}
</section>`
}

function renderTable(table: Table): string {
  const rows = [...table.rows].sort((a, b) => (table.better === 'lower' ? a.median - b.median : b.median - a.median))
  const extras = [...new Set(rows.flatMap((row) => Object.keys(row.extra ?? {})))]
  const heads = ['', 'median', 'min – max', ...extras].map((name) => `<th>${escapeHtml(name)}</th>`)
  const lines = rows.map((row) => {
    const cells = [
      show(row.median),
      `${show(row.min)} – ${show(row.max)}`,
      ...extras.map((name) => show(row.extra?.[name])),
    ]
    const name = `<td${row.ours ? ' class="ours"' : ''}>${escapeHtml(row.name)}</td>`
    return `<tr>${name}${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`
  })
  return `<h3>${escapeHtml(table.title)}</h3>
<p class="quiet">${escapeHtml(table.unit)}, ${table.better} is better</p>
<table><tr>${heads.join('')}</tr>
${lines.join('\n')}
</table>`
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
