import type { Implementation } from './driver.js'
import { llhttpSimd } from './llhttp-simd.js'
import { llhttpWasm } from './llhttp-wasm.js'
import { milo } from './milo.js'
import { httpParserJs, nodeBinding } from './node-style.js'
import { ours } from './ours.js'

/** Every row of the benchmark. */
export const implementations: Implementation[] = [...ours, nodeBinding, llhttpSimd, llhttpWasm, httpParserJs, milo]
