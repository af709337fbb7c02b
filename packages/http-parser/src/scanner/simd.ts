import { writeTables } from './names.js'
import type { Scanner } from './scratch.js'
import { SIMD_MODULE } from './simd-module.js'

// The part of the WebAssembly API that is used here: it is not in the language's own types.
interface WebAssemblyLike {
  readonly Module: new (octets: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  scan(kind: number, start: number, from: number, end: number): number
}

/**
 * Compiles the SIMD scanner; `undefined` where that cannot be: no WebAssembly (`--jitless`), no SIMD, or a content security
 * policy without `wasm-unsafe-eval`.
 */
export function compileSimdScanner(): Scanner | undefined {
  try {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyLike }
    // The loop stays here, apart from others like it: in a function that is called again it would be so hot that its
    // optimisation, on another thread, competes with the rest of the start.
    const module = new Uint8Array(SIMD_MODULE.length)
    for (let i = 0; i < module.length; i++) module[i] = SIMD_MODULE.charCodeAt(i)
    const { memory, scan } = new WebAssembly.Instance(new WebAssembly.Module(module)).exports as Exports
    const octets = new Uint8Array(memory.buffer)
    writeTables(octets)
    return { octets, scan }
  } catch {
    return undefined
  }
}
