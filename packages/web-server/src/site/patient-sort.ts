import { setImmediate as nextTurn } from 'node:timers/promises'

/** Items sorted at a stroke; about a millisecond. */
const run = 2048

/** Milliseconds of work after which others get their turn. */
const turn = 4

/**
 * Sorts a large array without holding the event loop: short runs are sorted by the engine, then merged pairwise, and
 * every few milliseconds everybody else gets a turn. Stable.
 *
 * @param items are left as they are
 * @returns a sorted copy
 */
export async function patientSort<T>(items: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  let from: T[] = []
  let since = performance.now()
  const rest = async () => {
    if (performance.now() - since < turn) return
    await nextTurn()
    since = performance.now()
  }
  for (let start = 0; start < items.length; start += run) {
    for (const item of items.slice(start, start + run).sort(compare)) from.push(item)
    await rest()
  }
  let to = new Array<T>(from.length)
  for (let width = run; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      const middle = Math.min(start + width, from.length)
      const end = Math.min(middle + width, from.length)
      let left = start
      let right = middle
      for (let at = start; at < end; at++) {
        const takeLeft = left < middle && (right >= end || compare(from[left]!, from[right]!) <= 0)
        to[at] = from[takeLeft ? left++ : right++]!
        if ((at & 1023) === 0) await rest()
      }
    }
    const swap = from
    from = to
    to = swap
  }
  return from
}
