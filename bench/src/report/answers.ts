import { collectDifferences } from '../server/differences.js'
import { ENTRIES } from '../server/suite.js'

/** What every server declares to send otherwise than the common answer, installed or not: a Markdown table. */
export function answersTable(): string {
  const parts = ENTRIES.flatMap(({ table, workload, ours, peers }) =>
    [ours, ...peers].map(({ name, differs }) => ({ table, workload, name, differs })),
  )
  const rows = collectDifferences(parts).map(
    ({ name, tables, differences }) => `| ${name} | ${tables.join(', ')} | ${differences} |`,
  )
  return ['| server | tables | its answer |', '|---|---|---|', ...rows].join('\n')
}
