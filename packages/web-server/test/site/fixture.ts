/** Trees of files for tests, made at run time because no repository could hold such names. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { vi } from 'vitest'
import { serve, type WebServeOptions, type WebServer } from '../../src/index.js'
import { type Case, type SiteOptions, site } from '../../src/site.js'

// Tests of sites start programs and browsers: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** Waits until an expectation holds. */
export function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000, interval: 25 })
}

/** An old time, so that entity tags are strong. */
export const old = new Date('2026-01-02T03:04:05Z')

/** A directory that is gone after the test. */
export class Fixture {
  /** holds the root and what must not be reached from it */
  readonly base: string
  readonly root: string

  constructor() {
    this.base = realpathSync(mkdtempSync(join(tmpdir(), 'site-')))
    chmodSync(this.base, 0o755)
    this.root = join(this.base, 'root')
    mkdirSync(this.root)
  }

  /** Writes a file under the root; its time is long ago. */
  file(path: string, content: string | Buffer = path, mode = 0o644): string {
    const full = join(this.root, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, content)
    chmodSync(full, mode)
    utimesSync(full, old, old)
    return full
  }

  directory(path: string): string {
    const full = join(this.root, path)
    mkdirSync(full, { recursive: true })
    return full
  }

  link(path: string, target: string): void {
    symlinkSync(target, join(this.root, path))
  }

  fifo(path: string): void {
    execFileSync('mkfifo', [join(this.root, path)])
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true })
  }
}

/** Serves a folder on a port of its own. */
export function serveSite(
  root: string,
  cases: readonly Case[],
  options?: SiteOptions,
  server?: WebServeOptions,
): Promise<WebServer> {
  return serve({ host: '127.0.0.1', port: 0, ...server, handler: site(root, cases, options) })
}

/** Descriptors of this process that lead to a place under a directory. */
export function descriptorsUnder(directory: string): string[] {
  const listing = execFileSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'utf8' })
  return listing.split('\n').filter((line) => line.includes(`-> ${directory}`))
}

/** Whether a program is installed. */
export function have(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
