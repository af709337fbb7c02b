/**
 * The case that runs programs: CGI/1.1.
 *
 * A script is what lies in a script folder, or has one of the given extensions anywhere, and may be executed or has an
 * interpreter. Whatever lies where scripts lie is never sent as a file, so no source leaks when its permission is wrong,
 * when a link leads there, or when another case finds it: an index page that is a script is run.
 *
 * @see RFC 3875
 */
import { existsSync } from 'node:fs'
import { extname, isAbsolute } from 'node:path'
import { checkDuration, checkFunction, checkList, checkNumber, checkString } from '../option-checks.js'
import { visible } from '../visible.js'
import type { CgiProcess } from './cgi-process.js'
import { type CgiRun, type Script, serveScript, startScript, takeInput } from './cgi-run.js'
import type { Entry } from './entry.js'
import { checkExtension, checkPath } from './name-checks.js'
import { joined } from './target.js'
import { Turnstile } from './turnstile.js'
import type { Case, Visit } from './visit.js'

/** Options of {@link cgiScript}. Durations in milliseconds, sizes in octets; 0 switches a limit off. */
export interface CgiOptions {
  /**
   * Folders whose files are scripts, as paths under the root, which `'.'` is. When one is a link to another folder of the
   * site, that one is to be named too. Default: `['cgi-bin']`.
   */
  readonly folders?: readonly string[]
  /** Extensions, without the dot, that make a file a script anywhere in the tree, in any case of letters. Default: none. */
  readonly extensions?: readonly string[]
  /**
   * Programs that run scripts, by extension without the dot: `{ php: ['php-cgi'] }`. The script is the last argument.
   * A script with an interpreter need not be executable. Default: none.
   */
  readonly interpreters?: Readonly<Record<string, string | readonly string[]>>
  /**
   * Variables for every script. Of the server's own environment only `PATH` is passed on, and where they are set `LANG`,
   * `LC_ALL`, `LC_CTYPE`, `TZ`, `TMPDIR`, `SystemRoot` and `PATHEXT`.
   */
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
  /**
   * Receives what scripts write to standard error, and why a run failed, as it is: a client may have a part in it, so
   * what a terminal would obey is to be escaped. Default: standard error of this process, escaped.
   */
  readonly log?: (line: string, script: string) => void
}

/** Where the script of a visit was found, between its test and its act. */
const scripts = new WeakMap<Visit, Script>()

/**
 * Runs CGI scripts. Put it before the cases that answer with files.
 *
 * Not done, on purpose: command line arguments from the query (RFC 3875 §4.4; a hole in practice), and scripts that write
 * to the connection themselves (`nph-…`, §5), which are answered 501. An `Authorization` field is not passed on; who
 * came in through `basicAuth` is `REMOTE_USER`. A program that leaves its process group outlives its request; and a server that
 * is ended by a signal it does not listen to leaves its scripts running: let it end by `close()` or `process.exit()`.
 *
 * It is a script's turn when its content has arrived: content in chunks is collected in memory, up to `maxContentSize` of
 * the server; of larger content with a length, only the first 64 KiB are waited for, and the rest is passed on as it comes.
 *
 * A local redirect ends the script, and then the site answers with the path it named, as to a GET.
 *
 * A script is run by its resolved path, not by a descriptor: whoever can write where scripts lie can run programs anyway.
 *
 * @throws TypeError for folders, extensions, programs and variables that the system can not be given
 * @throws RangeError for what is no folder under the root, no extension, or a limit out of its range
 */
export function cgiScript(options: CgiOptions = {}): Case {
  const { folders = ['cgi-bin'], log = logVisibly } = options
  checkFunction('log', log)
  const prefixes = checkList('folders', folders).map(folderNames)
  const extensions = new Set(
    checkList('extensions', options.extensions ?? []).map((extension) => checkExtension('extensions', extension)),
  )
  const interpreters = new Map(
    Object.entries(options.interpreters ?? {}).map(([key, value]) => [
      checkExtension('interpreters', key),
      commandOf(value),
    ]),
  )
  const env = checkVariables(options.env ?? {})
  const timeout = checkDuration('timeout', options.timeout ?? 60_000)
  const maxOutputSize = checkNumber('maxOutputSize', options.maxOutputSize ?? 256 * 1024 * 1024)
  const maxHeadSize = checkNumber('maxHeadSize', options.maxHeadSize ?? 32 * 1024)
  const turnstile = new Turnstile(
    checkNumber('maxConcurrent', options.maxConcurrent ?? 16),
    checkNumber('maxWaiting', options.maxWaiting ?? 256),
  )

  return { name: 'CGI script', test, act, reserves: (names) => mayBeScript(names, names.length) }

  function test(visit: Visit): boolean | Promise<boolean> {
    const { names } = visit
    const first = names.findIndex((_, index) => mayBeScript(names, index + 1))
    if (first === -1) return visit.pass('not where scripts are')
    if (visit.entry.kind === 'refused') return visit.pass(visit.entry.reason)
    return find(visit, first + 1)
  }

  /** Whether the first `length` names could be those of a script. */
  function mayBeScript(names: readonly string[], length: number): boolean {
    if (extensions.size > 0 && extensions.has(extensionOf(names[length - 1]!))) return true
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
    const interpreter = interpreters.get(extensionOf(file.realPath))
    if (interpreter === undefined && (file.mode & 0o111) === 0) {
      log('is not executable and has no interpreter', name)
      return visit.sendError(403)
    }
    // Before it is this one's turn: a client that is slow to send its content keeps nobody else from theirs, unless it
    // has sent a good part of a large one. Then the deadlines bound it: those of the server for content, and `timeout`.
    const input = await takeInput(visit)
    if (!(await turnstile.enter(visit.response))) {
      if (visit.response.finished) return
      visit.response.setField('Retry-After', '1')
      return visit.sendError(503)
    }
    const run: CgiRun = {
      visit,
      script,
      input,
      command: interpreter === undefined ? [file.realPath] : [...interpreter, file.realPath],
      env,
      timeout,
      maxOutputSize,
      maxHeadSize,
      note: (line) => log(line, name),
    }
    let running: CgiProcess | undefined
    try {
      running = await startScript(run)
    } finally {
      // The next one's turn comes when this one is gone.
      if (running === undefined) turnstile.leave()
      else void running.ended.then(() => turnstile.leave())
    }
    if (running !== undefined) return serveScript(run, running)
  }
}

function extensionOf(name: string): string {
  return extname(name).slice(1).toLowerCase()
}

/** The names of a script folder. One that no request can reach would be a folder of scripts that are sent as files. */
function folderNames(folder: string): string[] {
  const names = checkPath('folders', folder)
  if (names.length > 0 && isAbsolute(folder) && existsSync(folder)) {
    throw new RangeError(
      `folders are under the root of the site, and ${folder} is a place on the disk; without its first slash it is not`,
    )
  }
  return names.map(fold)
}

function commandOf(value: string | readonly string[]): readonly [string, ...string[]] {
  const [program, ...args] = typeof value === 'string' ? [value] : value
  if (!program) throw new TypeError('An interpreter is a program, and arguments if it needs some')
  for (const word of [program, ...args]) checkString('interpreters', word)
  return [program, ...args]
}

function checkVariables(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(env)) {
    if (checkString('env', name) === '' || name.includes('=')) throw new TypeError(`env has no variable ${name}`)
    checkString(`env.${name}`, value)
  }
  return env
}

function logVisibly(line: string, script: string): void {
  process.stderr.write(`${visible(script)}: ${visible(line)}\n`)
}

/** Where file systems usually do not tell `CGI-BIN` from `cgi-bin`, a script folder must not be missed for its spelling. */
function fold(name: string): string {
  return process.platform === 'linux' ? name : name.toLowerCase()
}
