import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cores, type Role } from '../cores.js'
import type { Usage } from './echo-process.js'
import type { Form } from './forms.js'
import type { Task } from './load-process.js'

/** An echo server in its own process. */
export class EchoProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(form: Form): Promise<EchoProcess> {
    const child = start('echo-process.js', [form], 'server')
    const { port } = await answerOf<{ port: number }>(child)
    return new EchoProcess(child, port)
  }

  /** @param collect collect garbage first: for memory, not for processor time */
  usage(collect: boolean): Promise<Usage> {
    const answer = answerOf<Usage>(this.child)
    this.child.send({ collect })
    return answer
  }

  stop(): void {
    this.child.disconnect()
  }
}

/** The load generator in its own process. */
export class LoadProcess {
  private readonly child = start('load-process.js', [], 'load')

  async run(task: Task): Promise<number> {
    const answer = answerOf<{ answer?: number; failure?: string }>(this.child)
    this.child.send(task)
    const { answer: count, failure } = await answer
    if (count === undefined) throw new Error(failure)
    return count
  }

  stop(): void {
    this.child.disconnect()
  }
}

/** A compiled program of this suite; the bundler may have put this module elsewhere below `bench/dist`. */
function program(file: string): string {
  const here = fileURLToPath(import.meta.url)
  return `${here.slice(0, here.lastIndexOf('/dist/'))}/dist/sockets/${file}`
}

function start(file: string, args: string[], role: Role): ChildProcess {
  const child = fork(program(file), args, { execArgv: ['--expose-gc'] })
  if (cores !== undefined) spawnSync('taskset', ['-a', '-p', '-c', String(cores[role]), String(child.pid)])
  return child
}

function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const exited = (): void => reject(new Error('a process of the bench ended early'))
    child.once('exit', exited)
    child.once('message', (message) => {
      child.off('exit', exited)
      resolve(message as T)
    })
  })
}
