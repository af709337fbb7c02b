/**
 * What is said of a sample: the median, because the machine's noise only ever adds, and the extremes, because a reader
 * should see the noise.
 */
export interface Summary {
  median: number
  min: number
  max: number
  samples: number[]
}

/** Median, extremes and the samples themselves, of at least one figure. */
export function summarise(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('no samples')
  const sorted = [...samples].sort((a, b) => a - b)
  return { median: medianOfSorted(sorted), min: sorted[0]!, max: sorted.at(-1)!, samples: [...samples] }
}

/** The middle figure, or the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  return medianOfSorted([...samples].sort((a, b) => a - b))
}

/** Distance between the quartiles over the median: how far a claim about the median can be trusted. */
export function spread(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
  return (at(0.75) - at(0.25)) / medianOfSorted(sorted)
}

/** Geometric mean, the mean that is right for ratios. */
export function geometricMean(figures: readonly number[]): number {
  return Math.exp(figures.reduce((sum, figure) => sum + Math.log(figure), 0) / figures.length)
}

/**
 * Ratios of two rows measured in the same rounds: `theirs[i] / ours[i]`. Pairing cancels the drift of the machine between
 * rounds, which moves both alike.
 */
export function pairedRatio(theirs: readonly number[], ours: readonly number[]): Summary {
  const rounds = Math.min(theirs.length, ours.length)
  return summarise(Array.from({ length: rounds }, (_, round) => theirs[round]! / ours[round]!))
}

/** The items in an order drawn anew each round, so that no implementation always runs after the same neighbour. */
export function shuffled<T>(items: readonly T[], random: () => number = Math.random): T[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[order[last], order[other]] = [order[other]!, order[last]!]
  }
  return order
}

function medianOfSorted(sorted: readonly number[]): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
