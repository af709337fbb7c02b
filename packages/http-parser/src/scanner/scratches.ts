import type { Settings } from '../options.js'
import { scan } from './head-scanner.js'
import { octets, prepare } from './memory.js'
import { Scratch } from './scratch.js'
import { compileSimdScanner } from './simd.js'

let portable: Scratch | undefined
// Null when this runtime has no SIMD scanner.
let simd: Scratch | null | undefined

/** The scratch memory that a parser with these settings works in. Nothing is compiled before the first call. */
export function scratchFor(settings: Settings): Scratch {
  if (!settings.portable) {
    if (simd === undefined) {
      const scanner = compileSimdScanner()
      simd = scanner === undefined ? null : new Scratch(scanner, portableScratch)
    }
    if (simd !== null) return simd
  }
  return portableScratch()
}

function portableScratch(): Scratch {
  if (portable === undefined) {
    prepare()
    portable = new Scratch({ octets, scan })
  }
  return portable
}
