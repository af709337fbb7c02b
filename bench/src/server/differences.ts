import type { Answer, Workload } from './workloads.js'

/**
 * How a server's head differs from the common one. Everything that is not declared has to be the same, octet for octet:
 * the status line, the names as they are spelled, the values and the order of the field lines.
 */
export interface Differences {
  statusLine?: string
  /** Field lines beside the common ones, behind them. */
  adds?: readonly string[]
  /** Names of common fields that are not sent. */
  leavesOut?: readonly string[]
  /** Names as they are spelled instead. */
  spells?: readonly string[]
  /** All names, as the server orders them. */
  order?: readonly string[]
}

/** What a server declares for a workload; `{}` when it sends the common answer. */
export type Declaration = (workload: Workload) => Differences

/**
 * The head a server has to send, lines separated by CR LF, without the empty line; the value of Date is `*`.
 *
 * @throws TypeError when the declaration speaks of a field that is not there: it would hide what is really sent
 */
export function declaredHead(answer: Answer, differences: Differences): string {
  const { statusLine = answer.statusLine, adds = [], leavesOut = [], spells = [], order } = differences
  const same = (line: string, name: string): boolean => nameOf(line).toLowerCase() === name.toLowerCase()
  for (const name of [...leavesOut, ...spells]) {
    if (!answer.fields.some((line) => same(line, name))) throw new TypeError(`${name} is not in the common answer`)
  }
  let lines = answer.fields
    .filter((line) => !leavesOut.some((name) => same(line, name)))
    .map((line) => {
      const name = spells.find((spelled) => same(line, spelled))
      return name === undefined ? line : name + line.slice(name.length)
    })
    .concat(adds)
  if (order !== undefined) {
    if (order.length !== lines.length) throw new TypeError(`${lines.length} fields and an order of ${order.length}`)
    lines = order.map((name) => {
      const line = lines.find((each) => same(each, name))
      if (line === undefined) throw new TypeError(`${name} has a place and is not sent`)
      return line
    })
  }
  return [statusLine, ...lines].join('\r\n')
}

/** The differences as a reader sees them, in Markdown; empty when there are none. */
export function describeDifferences({ statusLine, adds, leavesOut, spells, order }: Differences): string {
  const parts: string[] = []
  const list = (items: readonly string[]): string => items.map((item) => `\`${item}\``).join(', ')
  if (statusLine !== undefined) parts.push(`begins with \`"${statusLine}"\``)
  if (adds !== undefined && adds.length > 0) parts.push(`adds ${list(adds)}`)
  if (leavesOut !== undefined && leavesOut.length > 0) parts.push(`leaves out ${list(leavesOut)}`)
  if (spells !== undefined && spells.length > 0) parts.push(`spells ${list(spells)}`)
  if (order !== undefined) parts.push(`orders ${list(order)}`)
  return parts.join('; ')
}

/** A server beside the tables in which it sends the same differences. */
export interface DeclaredDifferences {
  name: string
  tables: string[]
  differences: string
}

/** All differences of the servers that take part in tables, each named once with the tables it concerns. */
export function collectDifferences(
  parts: ReadonlyArray<{ table: string; workload: Workload; name: string; differs: Declaration }>,
): DeclaredDifferences[] {
  const found = new Map<string, DeclaredDifferences>()
  for (const { table, workload, name, differs } of parts) {
    const differences = describeDifferences(differs(workload))
    if (differences === '') continue
    const key = `${name}\n${differences}`
    const known = found.get(key)
    if (known === undefined) found.set(key, { name, tables: [table], differences })
    else if (!known.tables.includes(table)) known.tables.push(table)
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'))
}

/** The name of a field line. */
export function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':'))
}
