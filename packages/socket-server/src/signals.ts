import { whenAborted } from './aborting.js'
import { aborted } from './errors.js'

/** What asks a program to end: Ctrl-C, a service manager, a terminal that is closed, Ctrl-\, and Ctrl-Break on Windows. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'] as const

/**
 * Waits until somebody asks the program to end, by SIGINT, SIGTERM, SIGHUP, SIGQUIT or Windows' SIGBREAK, so that it can
 * close its servers; it does not keep the process alive. Call it once, before you say that you are ready.
 *
 * A second signal, whichever of them, ends the process at once, with 128 and its number. It ends by `process.exit` and
 * not as signals do by default: what hangs on `exit` still runs, so no child outlives the program and no line is lost.
 *
 * @param options `signal` gives the waiting up, or the watch for the second one: from then on signals do again what they
 * do by default
 * @returns the name of the first one
 * @throws SocketError `SOCKET_ERR_ABORTED`
 */
export function untilSignal(options: { signal?: AbortSignal } = {}): Promise<NodeJS.Signals> {
  const { signal } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(aborted(signal))
    let asked = false
    const end = (name: NodeJS.Signals, number: number): void => {
      if (asked) process.exit(128 + number)
      asked = true
      resolve(name)
    }
    const giveUp = (): void => {
      for (const name of endings) process.off(name, end)
      reject(aborted(signal!))
    }
    whenAborted(signal, giveUp)
    for (const name of endings) process.on(name, end)
  })
}
