/**
 * The programs that are compared with: pinned in `bench/peers/package.json`, outside the workspaces, and installed when a full
 * benchmark asks for them, so that nobody who only builds or tests has to fetch a line of them.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(import.meta.url)
const folder = `${here.slice(0, here.lastIndexOf('/bench/') + '/bench'.length)}/peers`
const requirePeer = createRequire(`${folder}/package.json`)

/** Names and pinned versions of all peers. */
export function peerVersions(): Record<string, string> {
  return (JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { dependencies: Record<string, string> })
    .dependencies
}

/** Whether a peer is installed. */
export function hasPeer(name: string): boolean {
  return existsSync(`${folder}/node_modules/${name}/package.json`)
}

/** Installs what is missing, exactly as locked; says what is still missing afterwards (no network, for one). */
export function installPeers(): string[] {
  const missing = (): string[] => Object.keys(peerVersions()).filter((name) => !hasPeer(name))
  if (missing().length > 0) {
    console.error(`installing the peers once: npm ci --prefix bench/peers`)
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    spawnSync('npm', ['ci', '--prefix', folder, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return missing()
}

/** A peer's CommonJS exports, or a file of it such as `undici/lib/llhttp/llhttp_simd-wasm.js`. */
export function loadPeer(name: string): unknown {
  return requirePeer(name)
}

/** Where a module of a peer lies, for a child process that imports or runs it. */
export function resolvePeer(name: string): string {
  return requirePeer.resolve(name)
}
