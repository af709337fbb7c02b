import { PEERS, type Peer } from './peers.js'
import { WORKLOADS, type Workload } from './workloads.js'

/** A workload with the servers that take part in it. */
export interface Entry {
  /** Its id. */
  table: string
  title: string
  workload: Workload
  ours: Peer
  peers: readonly Peer[]
}

/** What a ratio of processor time, theirs over ours, has to be (or ours over theirs, for `at most`). */
export interface Bar {
  table: string
  over: Peer
  bar: number
  sense: 'at least' | 'at most'
}

const { plainwire, plainwireFetch, plainwireHono, nodeHttp, nodeNet, fastify, polka, hono, srvx, bun, deno, nginx } =
  PEERS
const { plainwireSite, sirv, bunFiles, nginxFiles } = PEERS

function entry(id: string, ours: Peer, peers: readonly Peer[], table = id, title?: string): Entry {
  const workload = WORKLOADS.find((each) => each.id === id)!
  return { table, title: title ?? workload.title, workload, ours, peers }
}

/** The tables of the report, in its order. */
export const ENTRIES: readonly Entry[] = [
  entry('hello', plainwire, [nodeHttp, nodeNet, fastify, polka, bun, deno, nginx]),
  entry('pipe10', plainwire, [nodeHttp, fastify, polka, bun, deno, nginx]),
  entry('browser', plainwire, [nodeHttp, nodeNet, fastify, polka, bun, deno, nginx]),
  entry('post1k', plainwire, [nodeHttp, fastify, polka, bun, deno]),
  // nginx has no answer of its own that counts what it was sent.
  entry('upload', PEERS.plainwireUpload, [PEERS.nodeHttpUpload, fastify, polka, PEERS.bunUpload, PEERS.denoUpload]),
  entry('connect', plainwire, [nodeHttp, PEERS.nodeNetClose, fastify, polka, PEERS.bunClose, deno, nginx]),
  ...fetchEntries(),
  entry('file1k', plainwireSite, [sirv, bunFiles, nginxFiles]),
  entry('file100k', plainwireSite, [sirv, bunFiles, nginxFiles]),
  entry('websocket', PEERS.plainwireWebsocket, [PEERS.ws, PEERS.bunWebsocket, PEERS.denoWebsocket]),
  entry('websocket1k', PEERS.plainwireWebsocket, [PEERS.ws, PEERS.bunWebsocket, PEERS.denoWebsocket]),
]

function fetchEntries(): Entry[] {
  const peers = [plainwireHono, srvx, hono, bun, deno]
  const json = [plainwireHono, PEERS.srvxJson, hono, PEERS.bunJson, PEERS.denoJson]
  return [
    entry('hello', plainwireFetch, peers, 'fetch-hello', 'hello, by a fetch handler'),
    entry('json', PEERS.plainwireJson, json, 'fetch-json', 'JSON, by a fetch handler'),
    entry('post1k', plainwireFetch, peers, 'fetch-post1k', 'POST of 1 KiB, echoed by a fetch handler'),
  ]
}

const atLeast = (table: string, over: Peer, bar: number): Bar => ({ table, over, bar, sense: 'at least' })

/** What we hold ourselves to. */
export const BARS: readonly Bar[] = [
  atLeast('hello', nodeHttp, 1.8),
  atLeast('hello', bun, 0.9),
  { table: 'hello', over: nodeNet, bar: 1.1, sense: 'at most' },
  atLeast('pipe10', nodeHttp, 10),
  atLeast('pipe10', bun, 5.5),
  atLeast('pipe10', nginx, 4),
  atLeast('browser', nodeHttp, 2),
  atLeast('browser', bun, 0.9),
  atLeast('post1k', nodeHttp, 2.5),
  atLeast('post1k', bun, 1),
  atLeast('connect', nodeHttp, 1.4),
  atLeast('fetch-hello', srvx, 1.75),
  atLeast('fetch-hello', hono, 2),
  atLeast('fetch-post1k', srvx, 8),
  atLeast('fetch-post1k', hono, 6.5),
  atLeast('file1k', sirv, 7),
  atLeast('file1k', bunFiles, 2),
  atLeast('file1k', nginxFiles, 1),
  atLeast('file100k', sirv, 5),
  atLeast('file100k', bunFiles, 1.3),
  atLeast('file100k', nginxFiles, 0.8),
]

/** Whether there is a bar between that server and ours, or it is ours and there is any. */
export function isHeld({ table, ours }: Entry, peer: Peer): boolean {
  return BARS.some((bar) => bar.table === table && (peer === ours || bar.over === peer))
}

/** Resident memory of an idle keep-alive connection, KiB. */
export const IDLE_BAR = 5

/** Enough for a rough picture; the others wait for the full run. */
export const QUICK_TABLES: readonly string[] = ['hello', 'pipe10', 'post1k', 'upload', 'websocket']

/** Whom a quick run sets us against: what everybody has who has Node and this repository. */
export const QUICK_PEERS: readonly Peer[] = [nodeHttp, PEERS.nodeHttpUpload, PEERS.ws]
