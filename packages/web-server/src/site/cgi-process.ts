/**
 * One run of a script: a process group of its own, so that whatever the script starts ends with it; limits on time,
 * output and talk. Knows nothing of HTTP.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** How to run a script. */
export interface CgiProcessOptions {
  /** the program and its arguments */
  readonly command: readonly [string, ...string[]]
  readonly cwd: string
  readonly env: Record<string, string>
  /** whether there will be something on its standard input */
  readonly input: boolean
  /** one line of what it writes to standard error, clipped */
  readonly log: (line: string) => void
}

/** Milliseconds between the request to end and the end. */
const grace = 1000

/** Octets of standard error that reach the log in one run, and of one line. */
const maxTalk = 64 * 1024
const maxLine = 4096

/** A running script. */
export class CgiProcess {
  readonly stdin: Writable | undefined
  readonly stdout: Readable
  /** resolves when the process and everything it started is gone; never rejects */
  readonly ended: Promise<CgiEnd>
  readonly #child: ChildProcess
  readonly #pid: number
  #ending: NodeJS.Timeout | undefined
  #gone = false

  private constructor(child: ChildProcess, log: (line: string) => void) {
    this.#child = child
    this.#pid = child.pid!
    this.stdin = child.stdin ?? undefined
    this.stdout = child.stdout!
    // A script need not read what it is sent: EPIPE is no error.
    this.stdin?.on('error', () => {})
    this.stdout.on('error', () => {})
    talk(child.stderr!, log)
    live.add(this.#pid)
    if (live.size === 1) process.on('exit', endAll)
    this.ended = new Promise((resolve) => {
      let end: CgiEnd | undefined
      let silent = false
      const settle = () => {
        if (end === undefined || !silent) return
        // What the script left running in its group ends with it.
        this.#signal('SIGKILL')
        this.#gone = true
        clearTimeout(this.#ending)
        live.delete(this.#pid)
        if (live.size === 0) process.off('exit', endAll)
        this.stdin?.destroy()
        child.stderr!.destroy()
        resolve(end)
      }
      child.once('exit', (code, signal) => {
        end = { code, signal }
        settle()
      })
      this.stdout.once('close', () => {
        silent = true
        settle()
      })
    })
  }

  /**
   * Starts a script.
   *
   * @throws what `spawn` throws: ENOENT, EACCES, EAGAIN, E2BIG …
   */
  static async start(options: CgiProcessOptions): Promise<CgiProcess> {
    const [program, ...args] = options.command
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      // A new session, whose leader's number is the number of the group.
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    if (child.pid === undefined) {
      throw await new Promise((resolve) => child.once('error', resolve))
    }
    child.on('error', () => {})
    return new CgiProcess(child, options.log)
  }

  /** Asks the whole group to end, and makes it end a moment later. */
  end(): void {
    if (this.#gone || this.#ending !== undefined) return
    this.#signal('SIGTERM')
    this.#ending = setTimeout(() => this.#signal('SIGKILL'), grace)
    this.stdin?.destroy()
    // Nobody listens any more; the pipe must not keep the group from ending.
    this.stdout.destroy()
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (!this.#gone) signalGroup(this.#pid, signal, this.#child)
  }
}

/** How a script ended: with a code, or by a signal. */
export interface CgiEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Groups that must not outlive this process. */
const live = new Set<number>()

function endAll(): void {
  for (const pid of live) signalGroup(pid, 'SIGKILL')
}

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL', child?: ChildProcess): void {
  try {
    if (process.platform === 'win32') child?.kill(signal)
    else process.kill(-pid, signal)
  } catch {
    // ESRCH: the group is empty.
  }
}

/** Hands standard error to the log line by line, and stops listening (not reading) when it is too much. */
function talk(stderr: Readable, log: (line: string) => void): void {
  let line = ''
  let total = 0
  stderr.setEncoding('utf8')
  stderr.on('error', () => {})
  stderr.on('data', (text: string) => {
    if (total > maxTalk) return
    total += text.length
    const lines = (line + text).split('\n')
    line = lines.pop()!.slice(0, maxLine)
    for (const one of lines) log(one.slice(0, maxLine))
    if (total > maxTalk) {
      line = ''
      log('(and more, which is not logged)')
    }
  })
  stderr.once('end', () => {
    if (line !== '') log(line)
  })
}
