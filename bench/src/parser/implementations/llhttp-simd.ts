import { loadPeer } from '../../peers.js'
import type { Driver, Implementation, Message, Seen } from './driver.js'
import { type Latin1Buffer, memoryBuffer, WebAssembly } from './wasm.js'

interface Llhttp {
  memory: { buffer: ArrayBuffer }
  llhttp_alloc(type: number): number
  malloc(size: number): number
  llhttp_execute(parser: number, at: number, size: number): number
  llhttp_get_method(parser: number): number
  llhttp_get_error_reason(parser: number): number
}

/**
 * llhttp as undici ships it, WebAssembly with SIMD, driven as well as we know how: spans are noted as numbers, and a head
 * that came whole is decoded once and cut into strings.
 */
export const llhttpSimd: Implementation = {
  id: 'llhttp-simd',
  name: 'undici llhttp (WASM SIMD)',
  depth: 'eager',
  ours: false,
  peer: 'undici',
  open: async (kind, seen) => {
    const code = loadPeer('undici/lib/llhttp/llhttp_simd-wasm.js') as Uint8Array<ArrayBuffer>
    const { TYPE, METHODS } = loadPeer('undici/lib/llhttp/constants.js') as {
      TYPE: Record<'REQUEST' | 'RESPONSE', number>
      METHODS: Record<string, number>
    }
    const methods: string[] = []
    for (const [name, number] of Object.entries(METHODS)) methods[number] = name
    return new LlhttpDriver(code, kind === 'request' ? TYPE.REQUEST : TYPE.RESPONSE, kind, methods, seen)
  },
}

const TARGET = 0
const NAME = 1
const VALUE = 2
const inputSize = 1 << 16

class LlhttpDriver implements Driver {
  readonly #llhttp: Llhttp
  readonly #parser: number
  readonly #input: number
  readonly #memory: Latin1Buffer
  readonly #kind: 'request' | 'response'
  readonly #methods: string[]
  readonly #seen: Seen
  // Spans of the head in this chunk: what it is, where, how long.
  readonly #spans = new Int32Array(3 * 512)
  #spanCount = 0
  // Strings of the head from earlier chunks, and what the last of them was.
  #earlier: string[] = []
  #lastKind = -1
  #message: Message | undefined

  constructor(
    code: Uint8Array<ArrayBuffer>,
    type: number,
    kind: 'request' | 'response',
    methods: string[],
    seen: Seen,
  ) {
    this.#kind = kind
    this.#methods = methods
    this.#seen = seen
    const note = (what: number, at: number, size: number): number => {
      const i = this.#spanCount++ * 3
      this.#spans[i] = what
      this.#spans[i + 1] = at
      this.#spans[i + 2] = size
      return 0
    }
    const env = {
      wasm_on_url: (_: number, at: number, size: number) => note(TARGET, at, size),
      wasm_on_status: (_: number, at: number, size: number) => note(TARGET, at, size),
      wasm_on_message_begin: () => 0,
      wasm_on_header_field: (_: number, at: number, size: number) => note(NAME, at, size),
      wasm_on_header_value: (_: number, at: number, size: number) => note(VALUE, at, size),
      wasm_on_headers_complete: (_: number, status: number) => this.#head(status),
      wasm_on_body: (_: number, _at: number, size: number) => {
        this.#seen.octets += size
        if (this.#message !== undefined) this.#message.octets += size
        return 0
      },
      wasm_on_message_complete: () => {
        this.#seen.messages++
        if (this.#message !== undefined) this.#seen.captured?.push(this.#message)
        return 0
      },
    }
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env })
    this.#llhttp = exports as unknown as Llhttp
    this.#parser = this.#llhttp.llhttp_alloc(type)
    this.#input = this.#llhttp.malloc(inputSize)
    this.#memory = memoryBuffer(this.#llhttp.memory.buffer)
  }

  feed(chunk: Buffer): void {
    this.#memory.set(chunk, this.#input)
    const error = this.#llhttp.llhttp_execute(this.#parser, this.#input, chunk.length)
    if (error !== 0) throw new Error(`llhttp error ${error}`)
    if (this.#spanCount > 0) this.#keepSpans()
  }

  #head(status: number): number {
    let strings: string[]
    const count = this.#spanCount
    if (this.#earlier.length === 0) {
      const spans = this.#spans
      const first = spans[1]!
      const text = this.#memory.latin1Slice(first, spans[count * 3 - 2]! + spans[count * 3 - 1]!)
      strings = new Array<string>(count)
      for (let i = 0; i < count; i++) {
        const at = spans[i * 3 + 1]! - first
        strings[i] = text.substring(at, at + spans[i * 3 + 2]!)
      }
      this.#spanCount = 0
    } else {
      this.#keepSpans()
      strings = this.#earlier
      this.#earlier = []
    }
    this.#lastKind = -1
    const start =
      this.#kind === 'request' ? this.#methods[this.#llhttp.llhttp_get_method(this.#parser)]! : String(status)
    this.#seen.strings += strings.length + start.length
    if (this.#seen.captured !== undefined)
      this.#message = {
        start: `${start} ${strings[0]}`,
        fields: strings.slice(1).map((text) => text.trim()),
        octets: 0,
      }
    return 0
  }

  // A chunk ends within a head: its spans become strings, because the next chunk takes their place in memory.
  #keepSpans(): void {
    for (let i = 0; i < this.#spanCount; i++) {
      const kind = this.#spans[i * 3]!
      const at = this.#spans[i * 3 + 1]!
      const text = this.#memory.latin1Slice(at, at + this.#spans[i * 3 + 2]!)
      if (kind === this.#lastKind) this.#earlier[this.#earlier.length - 1] += text
      else this.#earlier.push(text)
      this.#lastKind = kind
    }
    this.#spanCount = 0
  }
}
