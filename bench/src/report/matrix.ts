import type { Result, Table } from '../measure/result.js'
import { show } from '../measure/terminal.js'

/**
 * The medians of a result in as few tables as its workloads need: a row for each workload, a column for each
 * implementation, ours first. Workloads in which the same of ours take part share a table.
 *
 * @param shown which implementations have a column; default: all
 */
export function markdownMatrix(result: Result, shown: (name: string) => boolean = () => true): string {
  const groups = new Map<string, Table[]>()
  for (const table of result.tables) {
    const key = oursOf(table).join('\n')
    groups.set(key, [...(groups.get(key) ?? []), table])
  }
  const { environment } = result
  const made = `\`${result.command}\`, ${result.date.slice(0, 10)}, Node ${environment.node}, ${environment.cores} × ${environment.cpu}`
  return `${made}: medians.\n\n${[...groups.values()].map((tables) => matrix(tables, shown)).join('\n')}`
}

function matrix(tables: readonly Table[], shown: (name: string) => boolean): string {
  const ours = oursOf(tables[0]!)
  const names = [...new Set([...ours, ...tables.flatMap(({ rows }) => rows.map(({ name }) => name))])].filter(shown)
  const senses = [...new Set(tables.map(({ unit, better }) => `${unit}, ${better} is better`))]
  // What all rows share stands above them.
  const label = ({ title, unit, better }: Table): string =>
    senses.length === 1 ? title : `${title} (${unit}, ${better} is better)`
  const lines = [
    `| ${senses.length === 1 ? senses[0] : ''} | ${names.map((name) => (ours.includes(name) ? `**${name}**` : name)).join(' | ')} |`,
    `|---|${names.map(() => '--:|').join('')}`,
  ]
  for (const table of tables) {
    const cells = names.map((name) => {
      const row = table.rows.find((each) => each.name === name)
      if (row === undefined) return ''
      return row.ours ? `**${show(row.median)}**` : show(row.median)
    })
    lines.push(`| ${label(table)} | ${cells.join(' | ')} |`)
  }
  return `${lines.join('\n')}\n`
}

function oursOf({ rows }: Table): string[] {
  return rows.filter(({ ours }) => ours).map(({ name }) => name)
}
