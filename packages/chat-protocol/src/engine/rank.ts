/** Ranks of a member, as bits: one person may hold several. A higher bit outranks all lower ones. */
export const RANK = { voice: 1, halfop: 2, op: 4 } as const

/** Name of a member's rank. */
export type Rank = keyof typeof RANK

/** Highest rank among the bits, as one bit; 0 for none. */
export function highest(ranks: number): number {
  return ranks & RANK.op || ranks & RANK.halfop || ranks & RANK.voice
}
