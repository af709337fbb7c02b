import { type Declaration, nameOf } from './differences.js'
import type { Workload } from './workloads.js'

const NODE_KEPT = (seconds: number): string[] => ['Connection: keep-alive', `Keep-Alive: timeout=${seconds}`]
const SMALL = ['content-type', 'content-length']

const sizeOf = (workload: Workload): number => workload.answer.content.length

/** Sends the common answer. */
export const NONE: Declaration = () => ({})

/** `node:http`, which says that it keeps the connection and for how long. */
export const NODE_HTTP: Declaration = ({ reconnect }) => (reconnect ? {} : { adds: NODE_KEPT(5) })

export const FASTIFY: Declaration = ({ reconnect }) => ({
  spells: SMALL,
  ...(reconnect ? {} : { adds: NODE_KEPT(72) }),
})

export const SRVX: Declaration = () => ({ statusLine: 'HTTP/1.1 200 ', spells: SMALL, adds: NODE_KEPT(5) })

/** Its answers to a GET and to a POST are written by different parts of it. */
export const HONO_ON_NODE: Declaration = ({ method }) =>
  method === 'POST'
    ? { spells: SMALL, adds: NODE_KEPT(5) }
    : { adds: NODE_KEPT(5), order: ['Content-Type', 'Date', 'Connection', 'Keep-Alive', 'Content-Length'] }

export const BUN: Declaration = ({ reconnect, echo }) => {
  if (echo !== undefined) return { adds: ['Date: *'] }
  if (reconnect) return { order: ['Content-Type', 'Connection', 'Date', 'Content-Length'] }
  return { order: ['Content-Type', 'Date', 'Content-Length'] }
}

export const DENO: Declaration = ({ reconnect, echo }) =>
  echo === undefined
    ? { spells: [...SMALL, 'date', ...(reconnect ? ['connection'] : [])] }
    : { spells: ['upgrade', 'connection', 'sec-websocket-accept'], adds: ['date: *'] }

export const NGINX: Declaration = ({ reconnect }) => ({
  adds: ['Server: nginx', ...(reconnect ? [] : ['Connection: keep-alive'])],
  order: ['Server', 'Date', 'Content-Type', 'Content-Length', 'Connection'],
})

const changedAt = (workload: Workload): number => {
  const line = workload.answer.fields.find((field) => nameOf(field) === 'Last-Modified')!
  return Date.parse(line.slice(line.indexOf(':') + 1))
}

/** Our site. */
export const SITE: Declaration = (workload) => ({
  adds: [
    `ETag: "${sizeOf(workload).toString(36)}-${(changedAt(workload) * 1000).toString(36)}"`,
    'Accept-Ranges: bytes',
    'X-Content-Type-Options: nosniff',
  ],
  order: ['Content-Type', 'Content-Length', 'ETag', 'Last-Modified', 'Accept-Ranges', 'X-Content-Type-Options', 'Date'],
})

export const SIRV: Declaration = (workload) => ({
  adds: [`ETag: W/"${sizeOf(workload)}-${changedAt(workload)}"`, ...NODE_KEPT(600)],
  order: ['Content-Length', 'Content-Type', 'Last-Modified', 'ETag', 'Date', 'Connection', 'Keep-Alive'],
})

export const NGINX_FILES: Declaration = (workload) => ({
  adds: [
    'Server: nginx',
    'Connection: keep-alive',
    `ETag: "${(changedAt(workload) / 1000).toString(16)}-${sizeOf(workload).toString(16)}"`,
    'Accept-Ranges: bytes',
  ],
  order: [
    ...['Server', 'Date', 'Content-Type', 'Content-Length'],
    ...['Last-Modified', 'Connection', 'ETag', 'Accept-Ranges'],
  ],
})

export const BUN_FILE: Declaration = ({ path }) => ({
  leavesOut: ['Last-Modified'],
  spells: SMALL,
  adds: [`content-disposition: filename="${path.slice(1)}"`],
  order: ['content-type', 'content-disposition', 'content-length', 'Date'],
})
