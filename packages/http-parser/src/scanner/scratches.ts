import type { Settings } from '../options.js'
import { portableScratch, type Scratch } from './scratch.js'

/** The scratch memory a parser with these settings works in. */
export function scratchFor(_settings: Settings): Scratch {
  return portableScratch()
}
