/**
 * Everybody of ours who waits for one signal hangs on one listener: a program may give a single signal to all it starts,
 * and Node 20 takes more than ten listeners of a signal for a leak.
 */
const waiting = new WeakMap<AbortSignal, Waiters>()

interface Waiters {
  readonly callbacks: Set<() => void>
  readonly tell: () => void
}

/**
 * Calls back when the signal aborts. One that has aborted already calls nobody: look at that first.
 *
 * @param signal without one there is nothing to wait for
 * @param callback the same one twice is called once
 * @returns gives the waiting up; a signal that nobody waits for any more keeps nothing of ours
 */
export function whenAborted(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return nothing
  const { callbacks, tell } = waiting.get(signal) ?? listenTo(signal)
  callbacks.add(callback)
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return
    waiting.delete(signal)
    signal.removeEventListener('abort', tell)
  }
}

function listenTo(signal: AbortSignal): Waiters {
  const callbacks = new Set<() => void>()
  const tell = (): void => {
    waiting.delete(signal)
    for (const callback of callbacks) callback()
  }
  const waiters = { callbacks, tell }
  waiting.set(signal, waiters)
  signal.addEventListener('abort', tell, { once: true })
  return waiters
}

function nothing(): void {}
