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
    const module = new WebAssembly.Module(fromBase64(SIMD_MODULE))
    const { memory, scan } = new WebAssembly.Instance(module).exports as Exports
    const octets = new Uint8Array(memory.buffer)
    writeTables(octets)
    return { octets, scan }
  } catch {
    return undefined
  }
}

/** The octets of base64 text. Runs once, cold, which `atob` and a second pass over its string take three times as long for. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(128)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i
  const octets = new Uint8Array(Math.floor((text.replace(/=+$/, '').length * 3) / 4))
  for (let i = 0, at = 0; i < text.length; i += 4) {
    const four =
      (values[text.charCodeAt(i)]! << 18) |
      (values[text.charCodeAt(i + 1)]! << 12) |
      (values[text.charCodeAt(i + 2)]! << 6) |
      values[text.charCodeAt(i + 3)]!
    octets[at++] = four >> 16
    octets[at++] = four >> 8
    octets[at++] = four
  }
  return octets
}
