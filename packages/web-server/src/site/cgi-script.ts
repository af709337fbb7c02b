/**
 * The case that runs programs: CGI/1.1.
 *
 * A script is what lies in a script folder, or has one of the given extensions anywhere, and may be executed or has an
 * interpreter. Whatever lies where scripts lie is never sent as a file, so no source leaks when its permission is wrong.
 *
 * @see RFC 3875
 */
import { dirname, extname } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as after } from 'node:timers/promises'
import type { ServerRequest, ServerResponse } from '../message.js'
import { cgiEnvironment } from './cgi-environment.js'
import { CgiProcess } from './cgi-process.js'
import { type CgiDocument, CgiHeadParser, type CgiLocalRedirect, CgiResponseError } from './cgi-response.js'
import type { Entry, FileEntry } from './entry.js'
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

/** A script and what follows its name in the path. */
interface Script {
  readonly file: FileEntry
  readonly pathInfo: string
}

/** Where the script of a visit was found, between its test and its act. */
const scripts = new WeakMap<Visit, Script>()

/**
 * Runs CGI scripts. Put it before the cases that answer with files.
 *
 * Not done, on purpose: command line arguments from the query (RFC 3875 §4.4; a hole in practice), and scripts that write
 * to the connection themselves (`nph-…`, §5), which are answered 501. An `Authorization` field is not passed on; who
 * came in through `basicAuth` is `REMOTE_USER`. A program that leaves its process group outlives its request.
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
  const prefixes = folders.map((folder) => folder.split('/').filter(Boolean))
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
    return prefixes.some((prefix) => length > prefix.length && prefix.every((name, index) => names[index] === name))
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
    let running: CgiProcess | undefined
    try {
      const command: [string, ...string[]] = interpreter
        ? [interpreter[0]!, ...interpreter.slice(1), file.realPath]
        : [file.realPath]
      running = await start(visit, script, command, (line) => log(line, name))
    } finally {
      // The next one's turn comes when this one is gone.
      if (running === undefined) turnstile.leave()
      else void running.ended.then(() => turnstile.leave())
    }
    if (running !== undefined) return serve(visit, running, (line) => log(line, name))
  }

  /** Starts the script, or answers with why it can not be started. */
  async function start(
    visit: Visit,
    { file, pathInfo }: Script,
    command: [string, ...string[]],
    note: (line: string) => void,
  ): Promise<CgiProcess | undefined> {
    const { request, response } = visit
    const hasInput = request.hasContent && visit.hops === 0
    // A script is told the length of its input, so content without one is collected first, up to the server's limit.
    const collected = hasInput && request.contentLength === undefined ? await request.bytes() : undefined
    const environment = cgiEnvironment(
      {
        method: visit.method,
        target: request.target,
        query: visit.query,
        authority: request.authority,
        versionMinor: request.versionMinor,
        secure: request.secure,
        remote: request.remote,
        local: request.local,
        fields: request.fields,
        contentLength: hasInput ? (request.contentLength ?? collected!.length) : undefined,
        user: visit.user,
        scriptName: joined(file.target.names, false),
        scriptFile: file.realPath,
        pathInfo,
        root: visit.tree.root,
      },
      env,
    )
    try {
      const started = await CgiProcess.start({
        command,
        cwd: dirname(file.realPath),
        env: environment,
        input: hasInput,
        log: note,
      })
      if (hasInput) void feed(started, collected ?? request)
      return started
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException
      note(`could not be started: ${message}`)
      const busy = /^(?:EAGAIN|EMFILE|ENFILE|ENOMEM)$/.test(code)
      if (busy) response.setField('Retry-After', '1')
      response.sendError(busy ? 503 : 500)
      return undefined
    }
  }

  /** From the script's output to the client, under the limits. */
  async function serve(visit: Visit, running: CgiProcess, note: (line: string) => void): Promise<void> {
    const { response } = visit
    let failure: 0 | 502 | 504 = 0
    const fail = (status: 502 | 504, why: string) => {
      if (failure !== 0) return
      failure = status
      note(why)
      running.end()
    }
    const timer = timeout > 0 ? setTimeout(() => fail(504, `took longer than ${timeout} ms`), timeout) : undefined
    // Also when the script is silent, it ends as soon as nobody listens.
    response.onFinish(() => {
      if (response.aborted) running.end()
    })
    void running.ended.then(() => clearTimeout(timer))

    const parser = new CgiHeadParser(maxHeadSize)
    let document: CgiDocument | undefined
    let redirect: CgiLocalRedirect | undefined
    let size = 0
    try {
      for await (const chunk of running.stdout as AsyncIterable<Buffer>) {
        size += chunk.length
        if (maxOutputSize > 0 && size > maxOutputSize) {
          fail(502, `wrote more than ${maxOutputSize} octets`)
          break
        }
        let body = chunk
        if (document === undefined) {
          const parsed = parser.push(chunk)
          if (parsed === undefined) continue
          if (parsed.head.kind === 'local redirect') {
            redirect = parsed.head
            break
          }
          document = parsed.head
          begin(response, document)
          body = parsed.rest
        }
        if (body.length > 0 && !(await pass(response, document, body))) break
      }
    } catch (error) {
      // A destroyed stdout (a limit, a client that left) ends the loop with an error of the stream; that is no news.
      if (error instanceof CgiResponseError) fail(502, error.message)
      else if (failure === 0 && !response.finished) fail(502, String(error))
    }
    if (response.finished) return running.end()
    if (failure !== 0) return response.headSent ? response.abort() : visit.sendError(failure)
    if (redirect !== undefined) return visit.forward(redirect.path, redirect.query)
    if (document === undefined) {
      const { code, signal } = await running.ended
      note(`ended ${signal === null ? `with code ${code}` : `by ${signal}`} before its head was complete`)
      return visit.sendError(failure || 502)
    }
    return complete(response, document, running, note)
  }
}

/** Passes a piece on, no faster than the client takes it; false when the answer is over. */
async function pass(response: ServerResponse, document: CgiDocument, piece: Buffer): Promise<boolean> {
  // More than the script promised is not for this answer.
  const left = document.contentLength === undefined ? piece.length : document.contentLength - response.contentSize
  if (response.hasContent) response.write(left < piece.length ? piece.subarray(0, left) : piece)
  try {
    await response.drained()
  } catch {
    return false
  }
  return !response.finished
}

function begin(response: ServerResponse, document: CgiDocument): void {
  response.status = document.status
  response.reason = document.reason
  for (const [name, value] of document.fields) response.appendField(name, value)
  if (document.contentLength !== undefined && document.status !== 204) {
    response.setField('Content-Length', document.contentLength)
  }
}

/** The script has closed its output: was that all? */
async function complete(
  response: ServerResponse,
  document: CgiDocument,
  running: CgiProcess,
  note: (line: string) => void,
): Promise<void> {
  const missing = document.contentLength === undefined ? 0 : document.contentLength - response.contentSize
  if (response.hasContent && missing > 0) {
    note(`promised ${document.contentLength} octets, and ${missing} are missing`)
    return response.abort()
  }
  // A script that was killed in the middle of its output must not look as if it had come to its end. One that only
  // closed its output and works on does not keep its client waiting.
  const end = await Promise.race([running.ended, after(100, undefined, { ref: false })])
  if (end !== undefined && end.signal !== null && document.contentLength === undefined) {
    note(`ended by ${end.signal}`)
    return response.abort()
  }
  response.end()
}

/** Content to standard input, no faster than the script reads; a script that does not read is left alone. */
async function feed(running: CgiProcess, source: Uint8Array | ServerRequest): Promise<void> {
  const { stdin } = running
  if (stdin === undefined) return
  try {
    for await (const chunk of source instanceof Uint8Array ? [source] : source.content) {
      if (stdin.destroyed) return
      if (!stdin.write(chunk)) await room(stdin)
    }
    stdin.end()
  } catch {
    // The client left before it had sent everything: a script must not take that for the end.
    running.end()
  }
}

/** Resolves when there is room again, or never will be. */
function room(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stdin.off('drain', done)
      stdin.off('close', done)
      resolve()
    }
    stdin.on('drain', done)
    stdin.on('close', done)
    if (stdin.destroyed) done()
  })
}

function normal(extension: string): string {
  return extension.replace(/^\./, '').toLowerCase()
}

function list(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
