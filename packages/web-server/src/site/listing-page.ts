/** How a listing looks: a page without script whose columns sort by links, and the same as JSON. */
import { escapeHtml, pageEnd, pageStart } from '../page.js'
import type { ListedEntry, Order, SortKey } from './listing.js'
import { encodeName } from './target.js'

const columns: readonly { key: SortKey; title: string; style: string }[] = [
  { key: 'name', title: 'Name', style: '' },
  { key: 'size', title: 'Size', style: 's' },
  { key: 'date', title: 'Modified (UTC)', style: 't' },
]

/** The order that a query asks for: `?sort=size&order=desc`; anything else is by name. */
export function parseOrder(query: string): Order {
  const parameters = new URLSearchParams(query)
  const key = parameters.get('sort')
  return { key: key === 'size' || key === 'date' ? key : 'name', descending: parameters.get('order') === 'desc' }
}

/** The page up to its first row. All links are relative, so a site may live under any prefix. */
export function listingStart(names: readonly string[], order: Order): string {
  const here = names.at(-1) ?? 'Start'
  let page = `${pageStart(names.length === 0 ? 'Index of /' : `Index of /${names.join('/')}/`)}${breadcrumb(names)}
<table>
<caption class="hidden">Contents of ${escapeHtml(here)}</caption>
<thead><tr>${columns.map((column) => heading(column, order)).join('')}</tr></thead>
<tbody>
`
  if (names.length > 0) {
    page += '<tr><td class="u"><a href="../">Parent folder</a></td><td class="s"></td><td class="t"></td></tr>\n'
  }
  return page
}

function breadcrumb(names: readonly string[]): string {
  const steps = ['Start', ...names].map((name, index) => {
    const up = names.length - index
    const href = up === 0 ? './' : '../'.repeat(up)
    const current = up === 0 ? ' aria-current="page"' : ''
    return `<li><a href="${href}"${current}><bdi>${escapeHtml(name)}</bdi></a></li>`
  })
  return `<nav aria-label="Breadcrumb"><ol>${steps.join('')}</ol></nav>`
}

function heading(column: { key: SortKey; title: string; style: string }, order: Order): string {
  const active = column.key === order.key
  // The first click shows what is usually wanted: names from A, but the largest and the latest on top.
  const descending = active ? !order.descending : column.key !== 'name'
  const sorted = active ? ` aria-sort="${order.descending ? 'descending' : 'ascending'}"` : ''
  const arrow = active ? `<span aria-hidden="true"> ${order.descending ? '↓' : '↑'}</span>` : ''
  const style = column.style === '' ? '' : ` class="${column.style}"`
  const href = `?sort=${column.key}&amp;order=${descending ? 'desc' : 'asc'}`
  return `<th scope="col"${style}${sorted}><a href="${href}">${column.title}${arrow}</a></th>`
}

/** One row of the page. */
export function listingRow(entry: ListedEntry): string {
  const time = isoTime(entry.modified)
  const shown = `${time.slice(0, 10)} ${time.slice(11, 16)}`
  const name = `<bdi>${escapeHtml(entry.name)}</bdi>`
  const href = `./${encodeName(entry.name)}${entry.directory ? '/' : ''}`
  return entry.directory
    ? `<tr><td class="d"><a href="${href}">${name}/</a></td><td class="s"></td><td class="t"><time datetime="${time}">${shown}</time></td></tr>\n`
    : `<tr><td><a href="${href}">${name}</a></td><td class="s" title="${entry.size} bytes">${humanSize(entry.size)}</td><td class="t"><time datetime="${time}">${shown}</time></td></tr>\n`
}

/** The page after its last row, with the sum of it all. */
export function listingEnd(entries: readonly ListedEntry[]): string {
  let folders = 0
  let size = 0
  for (const entry of entries) {
    if (entry.directory) folders++
    size += entry.size
  }
  const files = entries.length - folders
  const parts = [
    ...(folders > 0 ? [`${folders} ${folders === 1 ? 'folder' : 'folders'}`] : []),
    ...(files > 0 ? [`${files} ${files === 1 ? 'file' : 'files'}, ${humanSize(size)}`] : []),
  ]
  const sum = parts.length === 0 ? 'This folder is empty.' : parts.join(', ')
  return `</tbody>
</table>
<p class="empty">${sum}</p>
${pageEnd()}`
}

/** The listing as JSON, up to its first entry. */
export function listingJsonStart(path: string): string {
  return `{"path":${JSON.stringify(path)},"entries":[`
}

/** One entry as JSON; `first` leaves the comma away. */
export function listingJsonEntry(entry: ListedEntry, first: boolean): string {
  const { name, directory, size, modified } = entry
  const value = {
    name,
    type: directory ? 'directory' : 'file',
    ...(directory ? {} : { size }),
    modified: isoTime(modified),
  }
  return `${first ? '\n' : ',\n'}${JSON.stringify(value)}`
}

/** The end of the listing as JSON. */
export const listingJsonEnd = '\n]}\n'

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `1.2 MB`: three digits at most, in powers of a thousand. */
export function humanSize(octets: number): string {
  let value = octets
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** File systems know times that dates do not. */
function isoTime(milliseconds: number): string {
  const date = new Date(milliseconds)
  return `${(Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString().slice(0, 19)}Z`
}
