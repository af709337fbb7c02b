import type { Result } from '../measure/result.js'
import { show } from '../measure/terminal.js'

/** Every figure of every result as a page of Markdown: what the README is short of. */
export function resultsPage(results: readonly Result[]): string {
  const parts = results.map((result) => {
    const ratios = result.ratios.filter(({ bar }) => bar === undefined)
    const more = ratios.map(
      ({ table, of, over, median, min, max }) =>
        `| ${table}: ${of} over ${over} | ${show(median)}× | ${show(min)} – ${show(max)} |`,
    )
    const figures = result.figures.filter(({ bar }) => bar === undefined)
    for (const { title, value, unit } of figures) more.push(`| ${title} | ${show(value)} ${unit} | |`)
    const sections = [
      `## ${result.suite}`,
      markdownTables(result).trim(),
      markdownBars(result).trim(),
      more.length > 0 ? `Without a bar:\n\n| | measured | range |\n|---|--:|--:|\n${more.join('\n')}` : '',
      [...result.environment.notes, ...result.skipped.map((name) => `skipped: ${name}`)]
        .map((note) => `- ${note}`)
        .join('\n'),
    ]
    return sections.filter((section) => section !== '').join('\n\n')
  })
  return `# Results

Made from \`bench/results/*.json\` by \`npm run bench:report\`; [how it is measured](benchmarks.md). Ratios are paired by round; those
without a bar are read as with one that says at least.

${parts.join('\n\n')}
`
}

/** The tables of a result in Markdown, with the command that made them. */
function markdownTables(result: Result): string {
  const { environment } = result
  const lines = [
    `Made by \`${result.command}\` on ${result.date.slice(0, 10)}: Node ${environment.node}, ${environment.cores} × ${environment.cpu}.`,
    '',
  ]
  for (const table of result.tables) {
    const rows = [...table.rows].sort((a, b) => (table.better === 'lower' ? a.median - b.median : b.median - a.median))
    const extras = [...new Set(rows.flatMap((row) => Object.keys(row.extra ?? {})))]
    lines.push(`**${table.title}** (${table.unit}, ${table.better} is better)`, '')
    lines.push(`| | median | min – max |${extras.map((name) => ` ${name} |`).join('')}`)
    lines.push(`|---|--:|--:|${extras.map(() => '--:|').join('')}`)
    for (const row of rows) {
      const name = row.ours ? `**${row.name}**` : row.name
      const cells = extras.map((extra) => ` ${show(row.extra?.[extra])} |`).join('')
      lines.push(`| ${name} | ${show(row.median)} | ${show(row.min)} – ${show(row.max)} |${cells}`)
    }
    lines.push('')
  }
  return lines.join('\n')
}

/** How a ratio is read; the bars of both senses stand in one table. */
export const RATIOS_READ =
  '“A over B” is how many times as well A does as B where the bar says at least, and how many times as much A takes where it says at most.'

/** The ratios and figures that are held against a bar, one line each, the missed ones as plainly as the met. */
export function markdownBars(result: Result): string {
  const lines = ['| | measured | range | bar | |', '|---|--:|--:|--:|---|']
  for (const ratio of result.ratios) {
    if (ratio.bar === undefined) continue
    const range = `${show(ratio.min)} – ${show(ratio.max)}`
    lines.push(
      `| ${ratio.table}: ${ratio.of} over ${ratio.over} | ${show(ratio.median)}× | ${range} | ${ratio.sense} ${ratio.bar}× | ${ratio.met ? 'met' : 'missed'} |`,
    )
  }
  for (const figure of result.figures) {
    if (figure.bar === undefined) continue
    lines.push(
      `| ${figure.title} | ${show(figure.value)} ${figure.unit} | | ${figure.sense} ${figure.bar} | ${figure.met ? 'met' : 'missed'} |`,
    )
  }
  if (lines.length === 2) return ''
  const met = lines.filter((line) => line.endsWith('| met |')).length
  return `${met} of ${lines.length - 2} bars are met.\n${RATIOS_READ}\n\n${lines.join('\n')}\n`
}

/**
 * Puts `content` between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` of a document.
 *
 * @throws RangeError when the document has no such place: a table that silently goes nowhere would be worse
 */
export function replaceBetweenMarkers(document: string, name: string, content: string): string {
  const open = `<!-- bench:${name} -->`
  const close = `<!-- /bench:${name} -->`
  const start = document.indexOf(open)
  const end = document.indexOf(close)
  if (start < 0 || end < start) throw new RangeError(`the document has no place for ${name}`)
  return `${document.slice(0, start + open.length)}\n${content.trim()}\n${document.slice(end)}`
}
