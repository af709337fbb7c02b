const of = String.fromCharCode

/** Longest range that {@link shortText} takes. */
export const SHORT_TEXT = 32

/**
 * A string of up to 32 octets. Spelling out the arguments looks odd, and costs a tenth to two thirds of what any decoder costs
 * for so few octets: most request-targets are made here.
 */
export function shortText(o: Uint8Array, s: number, length: number): string {
  // biome-ignore format: one line for each length
  switch (length) {
    case 1: return of(o[s]!)
    case 2: return of(o[s]!, o[s + 1]!)
    case 3: return of(o[s]!, o[s + 1]!, o[s + 2]!)
    case 4: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!)
    case 5: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!)
    case 6: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!)
    case 7: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!)
    case 8: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!)
    case 9: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!)
    case 10: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!)
    case 11: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!)
    case 12: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!)
    case 13: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!)
    case 14: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!)
    case 15: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!)
    case 16: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!)
    default: return length === 0 ? '' : longerText(o, s, length)
  }
}

// Apart, because a function is compiled when it is first called: for most the lines above are all they ever use.
function longerText(o: Uint8Array, s: number, length: number): string {
  // biome-ignore format: one line for each length
  switch (length) {
    case 17: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!)
    case 18: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!)
    case 19: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!)
    case 20: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!)
    case 21: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!)
    case 22: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!)
    case 23: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!)
    case 24: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!, o[s + 23]!)
    case 25: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!, o[s + 23]!, o[s + 24]!)
    case 26: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!, o[s + 23]!, o[s + 24]!, o[s + 25]!)
    case 27: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!, o[s + 23]!, o[s + 24]!, o[s + 25]!, o[s + 26]!)
    case 28: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!, o[s + 23]!, o[s + 24]!, o[s + 25]!, o[s + 26]!, o[s + 27]!)
    case 29: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!, o[s + 23]!, o[s + 24]!, o[s + 25]!, o[s + 26]!, o[s + 27]!, o[s + 28]!)
    case 30: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!, o[s + 23]!, o[s + 24]!, o[s + 25]!, o[s + 26]!, o[s + 27]!, o[s + 28]!, o[s + 29]!)
    case 31: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!, o[s + 23]!, o[s + 24]!, o[s + 25]!, o[s + 26]!, o[s + 27]!, o[s + 28]!, o[s + 29]!, o[s + 30]!)
    case 32: return of(o[s]!, o[s + 1]!, o[s + 2]!, o[s + 3]!, o[s + 4]!, o[s + 5]!, o[s + 6]!, o[s + 7]!, o[s + 8]!, o[s + 9]!, o[s + 10]!, o[s + 11]!, o[s + 12]!, o[s + 13]!, o[s + 14]!, o[s + 15]!, o[s + 16]!, o[s + 17]!, o[s + 18]!, o[s + 19]!, o[s + 20]!, o[s + 21]!, o[s + 22]!, o[s + 23]!, o[s + 24]!, o[s + 25]!, o[s + 26]!, o[s + 27]!, o[s + 28]!, o[s + 29]!, o[s + 30]!, o[s + 31]!)
    default: return ''
  }
}
