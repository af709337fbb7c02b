/** Waits, a turn of the event loop at a time, until the condition holds. @throws Error after ten thousand turns */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (condition()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error('it did not come to that')
}
