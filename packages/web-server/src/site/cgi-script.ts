/**
 * The case that runs programs: CGI/1.1.
 *
 * A script is what lies in a script folder, or has one of the given extensions anywhere, and may be executed or has an
 * interpreter. Whatever lies where scripts lie is never sent as a file, so no source leaks when its permission is wrong.
 *
 * @see RFC 3875
 */
import { extname } from 'node:path'
import { type CgiRun, type Script, type Started, serveScript, startScript } from './cgi-run.js'
import type { Entry } from './entry.js'
import { joined } from './target.js'
import { Turnstile } from './turnstile.js'
import type { Case, Visit } from './visit.js'

/** Options of {@link cgiScript}. Durations in milliseconds, sizes in octets; 0 switches a limit off. */
export interface CgiOptions {
  /** Folders under the root whose files are scripts. Default: `['cgi-bin']`. */
  readonly folders?: readonly string[]
  /** Extensions, without the dot, that make a file a script anywhere in the tree. Default: none. */
  readonly extensions?: readonly string[]
  /**
   * Programs that run scripts, by extension without the dot: `{ php: ['php-cgi'] }`. The script is the last argument.
   * A script with an interpreter need not be executable. Default: none.
   */
  readonly interpreters?: Readonly<Record<string, string | readonly string[]>>
  /** Variables for every script. The server's own environment is not passed on, but for `PATH`, the locale and the time zone. */
  readonly env?: Readonly<Record<string, string>>
  /** How long a run may take in all; then its process group is ended: 504, or the answer is cut off. Default: 60,000. */
  readonly timeout?: number
  /** Most output of one run; then as above, with 502. Default: 256 MiB. */
  readonly maxOutputSize?: number
  /** Most octets of the head of a script's answer. Default: 32 KiB. */
  readonly maxHeadSize?: number
  /** Scripts running at the same time. Default: 16. */
  readonly maxConcurrent?: number
  /** Requests waiting for their turn; more get 503. Default: 256. */
  readonly maxWaiting?: number
  /** Receives what scripts write to standard error, and why a run failed. Default: standard error of this process. */
  readonly log?: (line: string, script: string) => void
}

/** Where the script of a visit was found, between its test and its act. */
const scripts = new WeakMap<Visit, Script>()

/**
 * Runs CGI scripts. Put it before the cases that answer with files.
 *
 * Not done, on purpose: command line arguments from the query (RFC 3875 §4.4; a hole in practice), and scripts that write
 * to the connection themselves (`nph-…`, §5), which are answered 501. An `Authorization` field is not passed on; who
 * came in through `basicAuth` is `REMOTE_USER`. A program that leaves its process group outlives its request.
 *
 * A script is run by its resolved path, not by a descriptor: whoever can write where scripts lie can run programs anyway.
 */
export function cgiScript(options: CgiOptions = {}): Case {
  const {
    folders = ['cgi-bin'],
    timeout = 60_000,
    maxOutputSize = 256 * 1024 * 1024,
    maxHeadSize = 32 * 1024,
    env = {},
    log = (line, script) => process.stderr.write(`${script}: ${line}\n`),
  } = options
  const prefixes = folders.map((folder) => folder.split('/').filter(Boolean).map(fold))
  const extensions = new Set((options.extensions ?? []).map(normal))
  const interpreters = new Map(
    Object.entries(options.interpreters ?? {}).map(([key, value]) => [normal(key), list(value)]),
  )
  const turnstile = new Turnstile(options.maxConcurrent ?? 16, options.maxWaiting ?? 256)

  return { name: 'CGI script', test, act }

  function test(visit: Visit): boolean | Promise<boolean> {
    const { names } = visit
    const first = names.findIndex((_, index) => mayBeScript(names, index + 1))
    if (first === -1) return visit.pass('not where scripts are')
    if (visit.entry.kind === 'refused') return visit.pass(visit.entry.reason)
    return find(visit, first + 1)
  }

  /** Whether the first `length` names could be those of a script. */
  function mayBeScript(names: readonly string[], length: number): boolean {
    if (extensions.size > 0 && extensions.has(normal(extname(names[length - 1]!)))) return true
    return prefixes.some(
      (prefix) => length > prefix.length && prefix.every((name, index) => fold(names[index]!) === name),
    )
  }

  /** The shortest path that is a file; what follows is PATH_INFO. */
  function find(visit: Visit, length: number): boolean | Promise<boolean> {
    const { names } = visit
    if (length > names.length) return visit.pass('no script there')
    if (!mayBeScript(names, length)) return find(visit, length + 1)
    const entry =
      length === names.length && visit.entry.kind === 'file' ? visit.entry : visit.look(names.slice(0, length))
    return entry instanceof Promise ? entry.then(decide) : decide(entry)

    function decide(entry: Entry): boolean | Promise<boolean> {
      if (entry.kind === 'directory') return find(visit, length + 1)
      if (entry.kind !== 'file') return visit.pass(entry.reason)
      const rest = names.slice(length)
      const slash = visit.path.endsWith('/')
      const pathInfo = rest.length > 0 ? joined(rest, slash) : slash ? '/' : ''
      scripts.set(visit, { file: entry, pathInfo })
      return true
    }
  }

  async function act(visit: Visit): Promise<void> {
    const script = scripts.get(visit)!
    const { file } = script
    const name = joined(file.target.names, false)
    if (file.target.names.at(-1)!.startsWith('nph-')) {
      return visit.sendError(501, 'Scripts that speak to the connection themselves are not run here.')
    }
    const interpreter = interpreters.get(normal(extname(file.realPath)))
    if (interpreter === undefined && (file.mode & 0o111) === 0) {
      log('is not executable and has no interpreter', name)
      return visit.sendError(403)
    }
    if (!(await turnstile.enter(visit.response))) {
      if (visit.response.finished) return
      visit.response.setField('Retry-After', '1')
      return visit.sendError(503)
    }
    const run: CgiRun = {
      visit,
      script,
      command: interpreter === undefined ? [file.realPath] : [...interpreter, file.realPath],
      env,
      timeout,
      maxOutputSize,
      maxHeadSize,
      note: (line) => log(line, name),
    }
    let started: Started | undefined
    try {
      started = await startScript(run)
    } finally {
      // The next one's turn comes when this one is gone.
      if (started === undefined) turnstile.leave()
      else void started.running.ended.then(() => turnstile.leave())
    }
    if (started !== undefined) return serveScript(run, started)
  }
}

function normal(extension: string): string {
  return extension.replace(/^\./, '').toLowerCase()
}

function list(value: string | readonly string[]): readonly [string, ...string[]] {
  const [program, ...args] = typeof value === 'string' ? [value] : value
  if (program === undefined) throw new TypeError('An interpreter is a program, and arguments if it needs some')
  return [program, ...args]
}

/** Where file systems usually do not tell `CGI-BIN` from `cgi-bin`, a script folder must not be missed for its spelling. */
function fold(name: string): string {
  return process.platform === 'linux' ? name : name.toLowerCase()
}
