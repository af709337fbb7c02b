import { styleText } from 'node:util'
import type { Result } from '../measure/result.js'
import { median, spread } from '../measure/statistics.js'

/** One row measured twice. */
export interface Change {
  table: string
  row: string
  /** Later median over earlier median, set against what a neighbour that we did not change did in the same two runs. */
  ratio: number
  /** Whether the change is larger than both runs' own spread, and than that of the neighbours it was set against. */
  moved: boolean
  better: boolean
}

/**
 * Sets a result against an earlier one of the same suite. Two runs at different hours differ by the machine, so each row is
 * first divided by the median change of all rows of its table that are not ours: what is left is what the code did.
 */
export function compareResults(earlier: Result, later: Result): Change[] {
  const changes: Change[] = []
  for (const table of later.tables) {
    const before = earlier.tables.find(({ id }) => id === table.id)
    if (!before) continue
    const pairs = table.rows.flatMap((row) => {
      const old = before.rows.find(({ name }) => name === row.name)
      if (old === undefined) return []
      return [{ row, ratio: row.median / old.median, noise: Math.max(spread(row.samples), spread(old.samples)) }]
    })
    const peers = pairs.filter(({ row }) => !row.ours)
    const drift = peers.length > 0 ? median(peers.map(({ ratio }) => ratio)) : 1
    // The fewer neighbours, the less the machine's share is known.
    const doubt = peers.length > 0 ? median(peers.map(({ noise }) => noise)) / Math.sqrt(peers.length) : 0
    for (const { row, ratio, noise } of pairs) {
      const own = ratio / drift
      changes.push({
        table: table.title,
        row: row.name,
        ratio: own,
        moved: Math.abs(own - 1) > Math.max(noise, doubt, 0.03),
        better: table.better === 'lower' ? own < 1 : own > 1,
      })
    }
  }
  return changes
}

/** Prints the changes, those beyond the spread marked. */
export function printChanges(changes: readonly Change[]): void {
  for (const change of changes) {
    const percent = `${change.ratio >= 1 ? '+' : ''}${((change.ratio - 1) * 100).toFixed(1)} %`
    const line = `${change.table.padEnd(34)} ${change.row.padEnd(26)} ${percent.padStart(9)}`
    console.log(
      change.moved
        ? styleText(change.better ? 'green' : 'red', `${line}  ${change.better ? 'better' : 'worse'}`)
        : line,
    )
  }
}
