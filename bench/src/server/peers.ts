import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
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
}

const folder = `${benchFolder}/peers`
const installFirst = 'not installed (npm ci --prefix bench/peers)'

function node(name: string, file: string, version: string, ours = false): Peer {
  return { name, ours, command: [process.execPath, `${folder}/server/${file}.mjs`], version, missing: '' }
}

/** A framework on Node, as pinned in `bench/peers`. */
function framework(name: string, file: string, packageName: string, ours = false): Peer {
  const path = `${folder}/node_modules/${packageName}/package.json`
  if (!existsSync(path)) return { name, ours, command: undefined, version: '', missing: installFirst }
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
  return node(name, file, version, ours)
}

/** Another runtime: from `bench/peers`, or wherever the machine has it. */
function runtime(name: string, installed: string, program: string, args: readonly string[], packageName: string): Peer {
  const local = `${folder}/node_modules/${installed}`
  const path = existsSync(local) ? local : findProgram(program)
  if (path === undefined) return { name, command: undefined, version: '', missing: installFirst }
  const described = `${folder}/node_modules/${packageName}/package.json`
  const version = existsSync(described)
    ? (JSON.parse(readFileSync(described, 'utf8')) as { version: string }).version
    : ''
  return { name, command: [path, ...args], version, missing: '' }
}

function nginx(name: string, file: string): Peer {
  const path = findProgram('nginx')
  if (path === undefined) return { name, command: undefined, version: '', missing: 'not installed' }
  return { name, command: [process.execPath, `${folder}/server/${file}.mjs`, path], version: '', missing: '' }
}

const ourVersion = (createRequire(import.meta.url)('@plainwire/web-server/package.json') as { version: string }).version

/** Every server there is to measure, by the name its rows have. */
export const PEERS = {
  plainwire: node('plainwire', 'plainwire', ourVersion, true),
  plainwireFetch: node('plainwire fetch', 'plainwire-fetch', ourVersion, true),
  plainwireHono: framework('hono on plainwire', 'plainwire-hono', 'hono', true),
  nodeHttp: node('node:http', 'node-http', process.version),
  nodeNet: node('node:net (a constant)', 'net', process.version),
  fastify: framework('fastify', 'fastify', 'fastify'),
  polka: framework('polka', 'polka', 'polka'),
  hono: framework('hono on node-server', 'hono', '@hono/node-server'),
  srvx: framework('srvx', 'srvx', 'srvx'),
  bun: runtime('Bun.serve', '@oven/bun-linux-x64/bin/bun', 'bun', [`${folder}/server/bun.mjs`], '@oven/bun-linux-x64'),
  deno: runtime(
    'Deno.serve',
    '@deno/linux-x64-glibc/deno',
    'deno',
    ['run', '--allow-net', `${folder}/server/deno.mjs`],
    '@deno/linux-x64-glibc',
  ),
  nginx: nginx('nginx', 'nginx'),
  plainwireSite: node('plainwire site', 'plainwire-site', ourVersion, true),
  sirv: framework('sirv on node:http', 'sirv', 'sirv'),
  bunFiles: runtime(
    'Bun.file',
    '@oven/bun-linux-x64/bin/bun',
    'bun',
    [`${folder}/server/bun-files.mjs`],
    '@oven/bun-linux-x64',
  ),
  nginxFiles: nginx('nginx (files)', 'nginx-files'),
} satisfies Record<string, Peer>
