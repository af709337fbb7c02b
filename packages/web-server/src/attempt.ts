/** Whether it can be waited for: a promise, or what somebody else has made that behaves like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}

/**
 * Calls a user's function whose result nobody waits for.
 *
 * @param failed told what it throws, or what the promise it gives is rejected with
 */
export function attempt(call: () => unknown, failed: (problem: unknown) => void): void {
  try {
    const result = call()
    if (isThenable(result)) result.then(undefined, failed)
  } catch (problem) {
    failed(problem)
  }
}

/**
 * A promise of what a peer does. Who asks for it early and waits for it late has not listened yet when it is rejected, and
 * no peer may end the process by that.
 */
export function calm<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
