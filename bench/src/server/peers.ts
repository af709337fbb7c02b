import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as declarations from './declarations.js'
import type { Declaration } from './differences.js'
import { benchFolder, findProgram } from './programs.js'

/** A server to measure: a program that prints `PORT n` when it listens. */
export interface Peer {
  name: string
  ours?: boolean
  /** The program and its arguments; `undefined` when it is not installed. */
  command: readonly string[] | undefined
  version: string
  /** Why there is no command. */
  missing: string
  /** How its answers differ from the common ones; nothing else may. */
  differs: Declaration
}

const folder = `${benchFolder}/peers`
const installFirst = 'not installed (npm ci --prefix bench/peers)'

interface Declared {
  ours?: boolean
  differs?: Declaration
}

function node(
  name: string,
  file: string,
  version: string,
  { ours = false, differs = declarations.NONE }: Declared,
): Peer {
  return { name, ours, command: [process.execPath, `${folder}/server/${file}.mjs`], version, missing: '', differs }
}

/** A framework on Node, as pinned in `bench/peers`. */
function framework(
  name: string,
  file: string,
  packageName: string,
  { ours = false, differs = declarations.NONE }: Declared,
): Peer {
  const version = versionOf(packageName)
  if (version === undefined) return { name, ours, command: undefined, version: '', missing: installFirst, differs }
  return node(name, file, version, { ours, differs })
}

/** Another runtime than Node, and how it is told to run a file. */
interface Runtime {
  path: string | undefined
  args: readonly string[]
  version: string
}

/** From `bench/peers`, or wherever the machine has it. */
function runtime(packageName: string, inPackage: string, program: string, args: readonly string[]): Runtime {
  const local = `${folder}/node_modules/${packageName}/${inPackage}`
  const path = existsSync(local) ? local : findProgram(program)
  return { path, args, version: versionOf(packageName) ?? '' }
}

function on({ path, args, version }: Runtime, name: string, file: string, differs: Declaration): Peer {
  if (path === undefined) return { name, command: undefined, version: '', missing: installFirst, differs }
  return { name, command: [path, ...args, `${folder}/server/${file}.mjs`], version, missing: '', differs }
}

function nginx(name: string, file: string, differs: Declaration): Peer {
  const path = findProgram('nginx')
  if (path === undefined) return { name, command: undefined, version: '', missing: 'not installed', differs }
  // It says so on standard error.
  const version = /nginx\/(\S+)/.exec(spawnSync(path, ['-v'], { encoding: 'utf8' }).stderr)?.[1] ?? ''
  return { name, command: [process.execPath, `${folder}/server/${file}.mjs`, path], version, missing: '', differs }
}

function versionOf(packageName: string): string | undefined {
  const path = `${folder}/node_modules/${packageName}/package.json`
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version : undefined
}

const require = createRequire(import.meta.url)
const ourVersion = (require('@plainwire/web-server/package.json') as { version: string }).version
// The one that our server frames WebSockets with, so that both rows differ in the server alone.
const wsVersion = (
  createRequire(require.resolve('@plainwire/web-server/package.json'))('ws/package.json') as { version: string }
).version

const ours = (name: string, file: string, differs: Declaration = declarations.NONE): Peer =>
  node(name, file, ourVersion, { ours: true, differs })
const NODE = { differs: declarations.NODE_HTTP }
const BUN = runtime('@oven/bun-linux-x64', 'bin/bun', 'bun', [])
const DENO = runtime('@deno/linux-x64-glibc', 'deno', 'deno', ['run', '--allow-net'])

/** Every server there is to measure; one that needs another program for another workload has several here, under one name. */
export const PEERS = {
  plainwire: ours('plainwire', 'plainwire'),
  plainwireUpload: ours('plainwire', 'plainwire-upload'),
  plainwireWebsocket: ours('plainwire websocket', 'plainwire-websocket'),
  plainwireFetch: ours('plainwire fetch', 'plainwire-fetch'),
  plainwireJson: ours('plainwire fetch', 'plainwire-json'),
  plainwireSite: ours('plainwire site', 'plainwire-site', declarations.SITE),
  plainwireHono: framework('hono on plainwire', 'plainwire-hono', 'hono', { ours: true }),
  nodeHttp: node('node:http', 'node-http', process.version, NODE),
  nodeHttpUpload: node('node:http', 'node-http-upload', process.version, NODE),
  nodeNet: node('node:net (a constant)', 'net', process.version, {}),
  nodeNetClose: node('node:net (a constant)', 'net-close', process.version, {}),
  ws: node('ws on node:http', 'ws', wsVersion, {}),
  fastify: framework('fastify', 'fastify', 'fastify', { differs: declarations.FASTIFY }),
  polka: framework('polka', 'polka', 'polka', NODE),
  hono: framework('hono on node-server', 'hono', '@hono/node-server', { differs: declarations.HONO_ON_NODE }),
  srvx: framework('srvx', 'srvx', 'srvx', { differs: declarations.SRVX }),
  srvxJson: framework('srvx', 'srvx-json', 'srvx', { differs: declarations.SRVX }),
  sirv: framework('sirv on node:http', 'sirv', 'sirv', { differs: declarations.SIRV }),
  bun: on(BUN, 'Bun.serve', 'bun', declarations.BUN),
  bunClose: on(BUN, 'Bun.serve', 'bun-close', declarations.BUN),
  bunJson: on(BUN, 'Bun.serve', 'bun-json', declarations.BUN),
  bunUpload: on(BUN, 'Bun.serve', 'bun-upload', declarations.BUN),
  bunWebsocket: on(BUN, 'Bun.serve', 'bun-websocket', declarations.BUN),
  bunFiles: on(BUN, 'Bun.file', 'bun-files', declarations.BUN_FILE),
  deno: on(DENO, 'Deno.serve', 'deno', declarations.DENO),
  denoJson: on(DENO, 'Deno.serve', 'deno-json', declarations.DENO),
  denoUpload: on(DENO, 'Deno.serve', 'deno-upload', declarations.DENO),
  denoWebsocket: on(DENO, 'Deno.serve', 'deno-websocket', declarations.DENO),
  nginx: nginx('nginx', 'nginx', declarations.NGINX),
  nginxFiles: nginx('nginx (files)', 'nginx-files', declarations.NGINX_FILES),
} satisfies Record<string, Peer>
