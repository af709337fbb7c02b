import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Command } from './worker.js'

/** A worker process and its one question at a time. */
export class Child {
  readonly #process: ChildProcess
  #answer: ((value: Record<string, unknown>) => void) | undefined
  readonly #early: Record<string, unknown>[] = []

  /**
   * @param connections how many parsers read by turns
   * @param execArgv arguments for Node
   */
  constructor(implementation: string, kind: 'request' | 'response', connections: number = 1, execArgv: string[] = []) {
    const path = fileURLToPath(new URL('../parser/worker.js', distribution()))
    this.#process = fork(path, [implementation, kind, String(connections)], {
      execArgv: ['--no-deprecation', ...execArgv],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#process.on('message', (value) => this.#settle(value as Record<string, unknown>))
    this.#process.on('exit', (code, signal) => this.#settle({ error: `worker ended (${code ?? signal})` }))
  }

  /** Resolves when the process is up. */
  async ready(): Promise<this> {
    await this.#next()
    return this
  }

  /** Asks; rejects when the worker says that it failed. */
  async ask(command: Command): Promise<Record<string, unknown>> {
    const answer = this.#next()
    this.#process.send(command)
    const value = await answer
    if (typeof value.error === 'string') throw new Error(value.error)
    return value
  }

  /** Ends the process. */
  end(): void {
    this.#process.disconnect()
  }

  #next(): Promise<Record<string, unknown>> {
    const early = this.#early.shift()
    return early ? Promise.resolve(early) : new Promise((resolve) => (this.#answer = resolve))
  }

  #settle(value: Record<string, unknown>): void {
    const answer = this.#answer
    this.#answer = undefined
    if (answer) answer(value)
    else this.#early.push(value)
  }
}

/** The folder `dist/parser/`, also when the bundler has put this code into a shared chunk beside it. */
function distribution(): string {
  const here = import.meta.url
  return `${here.slice(0, here.lastIndexOf('/dist/') + '/dist/'.length)}parser/`
}
