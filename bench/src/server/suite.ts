import { PEERS, type Peer } from './peers.js'
import { WORKLOADS, type Workload } from './workloads.js'

/** A workload with the servers that take part in it. */
export interface Entry {
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

function workload(id: string): Workload {
  return WORKLOADS.find((each) => each.id === id)!
}

function entry(id: string, peers: readonly Peer[]): Entry {
  return { table: id, title: workload(id).title, workload: workload(id), ours: plainwire, peers }
}

function fetchEntry(table: string, title: string, id: string): Entry {
  return { table, title, workload: workload(id), ours: plainwireFetch, peers: [plainwireHono, srvx, hono, bun, deno] }
}

function fileEntry(id: string): Entry {
  const peers = [sirv, bunFiles, nginxFiles]
  return { table: id, title: workload(id).title, workload: workload(id), ours: plainwireSite, peers }
}

/** The tables of the report, in its order. */
export const ENTRIES: readonly Entry[] = [
  entry('hello', [nodeHttp, nodeNet, fastify, polka, bun, deno, nginx]),
  entry('pipe10', [nodeHttp, fastify, polka, bun, deno, nginx]),
  entry('browser', [nodeHttp, nodeNet, fastify, polka, bun, deno, nginx]),
  entry('post1k', [nodeHttp, fastify, polka, bun, deno]),
  entry('connect', [nodeHttp, nodeNet, fastify, polka, bun, deno, nginx]),
  fetchEntry('fetch-hello', 'hello, by a fetch handler', 'hello'),
  fetchEntry('fetch-post1k', 'POST of 1 KiB, echoed by a fetch handler', 'post1k'),
  fileEntry('file1k'),
  fileEntry('file100k'),
]

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

/** Resident memory of an idle keep-alive connection, KiB. */
export const IDLE_BAR = 5
