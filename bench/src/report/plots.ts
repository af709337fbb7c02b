import { writePlot } from '../measure/plot.js'
import type { Result } from '../measure/result.js'

/** What the README shows of each suite at a glance; the report page draws everything. */
const PICTURES: Readonly<Record<Result['suite'], { title: string; tables?: readonly string[] }>> = {
  server: {
    title: 'HTTP servers: processor time of the server, shorter is better',
    tables: ['hello', 'pipe10', 'browser', 'post1k', 'fetch-hello', 'file1k', 'websocket'],
  },
  parser: {
    title: 'HTTP/1.1 parsers in JavaScript: time per message, shorter is better',
    tables: ['tiny', 'chrome', 'post1k', 'chunked16', 'res-page'],
  },
  sockets: { title: 'Socket layers beside bare node:net, shorter is better' },
  chat: { title: 'Chat fan-out: 500 clients in 10 rooms of 50' },
}

/** Draws `bench/results/<suite>.svg`. */
export function writePicture(result: Result): void {
  const { title, tables } = PICTURES[result.suite]
  const shown = result.tables.filter(({ id }) => tables?.includes(id) ?? true)
  const subtitle = `${result.command}, ${result.date.slice(0, 10)}, Node ${result.environment.node}; bars are medians, lines the extremes`
  writePlot({ title, subtitle, tables: shown }, result.suite)
}
