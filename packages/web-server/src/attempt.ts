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
