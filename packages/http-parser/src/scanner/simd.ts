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
    const module = new WebAssembly.Module(fromHex(SIMD_MODULE))
    const { memory, scan } = new WebAssembly.Instance(module).exports as Exports
    const octets = new Uint8Array(memory.buffer)
    writeTables(octets)
    return { octets, scan }
  } catch {
    return undefined
  }
}

/** The octets of hexadecimal text. */
function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(text.length / 2)
  for (let i = 0; i < octets.length; i++) octets[i] = Number(`0x${text.slice(2 * i, 2 * i + 2)}`)
  return octets
}
