import { defineConfig } from 'vitest/config'

// vitest's reporter groups failures with a function that Node 20 lacks; without it a failure there would print no reason.
const groupable = Map as MapConstructor & {
  groupBy?: <K, T>(items: Iterable<T>, keyOf: (item: T, index: number) => K) => Map<K, T[]>
}
groupable.groupBy ??= (items, keyOf) => {
  const groups = new Map<ReturnType<typeof keyOf>, (typeof items extends Iterable<infer T> ? T : never)[]>()
  let index = 0
  for (const item of items) {
    const key = keyOf(item, index++)
    const group = groups.get(key)
    if (group) group.push(item as never)
    else groups.set(key, [item as never])
  }
  return groups as never
}

/** What the tests of all packages have in common: besides what is printed, a report that the closing line is summed from. */
export default defineConfig({
  // A time limit ends what hangs; it says nothing about speed, and a busy machine must not look like a bug.
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/vitest.json' },
  },
})
