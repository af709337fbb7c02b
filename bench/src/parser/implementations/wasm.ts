/** What Node has and the type definitions leave to browsers. */
export const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: new (code: Uint8Array) => object
    Instance: new (module: object, imports: object) => { exports: object }
  }
}

/** A Buffer with the method behind `toString('latin1')`, which saves its callers the argument checks. */
export type Latin1Buffer = Buffer & { latin1Slice(start: number, end: number): string }

/** A view of a module's memory. */
export function memoryBuffer(memory: ArrayBuffer, offset = 0, length?: number): Latin1Buffer {
  return Buffer.from(memory, offset, length) as Latin1Buffer
}
