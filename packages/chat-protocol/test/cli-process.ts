import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The program as built. */
export const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

/** The program run without a terminal. */
export class Program {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<number | null>
  out = ''
  err = ''
  #look = (): void => {}

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [CLI, ...args])
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.out += text
      this.#look()
    })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.err += text))
    this.child.stdin.on('error', () => {})
    this.ended = new Promise((resolve) => this.child.once('close', (code) => resolve(code)))
  }

  /** Waits until the output matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const match = pattern.exec(this.out)
        if (match) resolve(match)
      }
      void this.ended.then((code) => reject(new Error(`ended with ${code} before ${pattern}: ${this.out}${this.err}`)))
      this.#look()
    })
  }

  stop(): Promise<number | null> {
    this.child.kill('SIGTERM')
    return this.ended
  }
}

/** `plainwire-chat serve` at ports that the system chooses. */
export async function serveProgram(...args: string[]): Promise<{ program: Program; irc: string; page: string }> {
  const program = new Program('serve', '--port', '0', '--web-port', '0', ...args)
  const [, irc = ''] = await program.prints(/(irc:\/\/\S+)/)
  const [, page = ''] = await program.prints(/(https?:\/\/\S+)/)
  return { program, irc, page }
}

export const haveTmux = spawnSync('tmux', ['-V']).error === undefined

/** A terminal of its own for one program, by tmux. */
export class Terminal {
  static #count = 0
  readonly #name = `plainwire-chat-${process.pid}-${++Terminal.#count}`

  constructor(columns: number, rows: number, args: readonly string[]) {
    this.#tmux('new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, process.execPath, CLI, ...args)
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#name, '-f', '/dev/null', ...args], { encoding: 'utf8' })
  }

  /** Types, without Enter. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', text)
  }

  /** Presses a key by tmux's name: `Enter`, `Tab`, `C-c`. */
  press(key: string): void {
    this.#tmux('send-keys', key)
  }

  /** What is on the screen; with `colours` as escapes. */
  screen(colours = false): string {
    return this.#tmux('capture-pane', '-p', ...(colours ? ['-e'] : []))
  }

  /** Looks until the screen matches. */
  async shows(pattern: RegExp): Promise<void> {
    for (let look = 0; look < 400; look++) {
      if (pattern.test(this.screen())) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`${pattern} is not shown:\n${this.screen()}`)
  }

  close(): void {
    spawnSync('tmux', ['-L', this.#name, 'kill-server'])
  }
}
