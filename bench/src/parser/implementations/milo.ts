import { loadPeer } from '../../peers.js'
import type { Driver, Implementation, Message } from './driver.js'
import { type Latin1Buffer, memoryBuffer } from './wasm.js'

type Span = (parser: number, at: number, size: number) => void

interface Milo {
  memory: { buffer: ArrayBuffer }
  MESSAGE_TYPE_REQUEST: number
  MESSAGE_TYPE_RESPONSE: number
  alloc(size: number): number
  create(): number
  parse(parser: number, data: number, limit: number): number
  setMode(parser: number, mode: number): void
  setManageUnconsumed(parser: number, value: boolean): void
  getStatus(parser: number): number
  getErrorCode(parser: number): number
  getErrorDescription(parser: number): string
  [setter: `setOn${string}`]: (parser: number, callback: Span) => void
}

const inputSize = 1 << 16

/** Rust in WebAssembly: npm's `@perseveranza-pets/milo`. Spans count from the start of the octets given last. */
export const milo: Implementation = {
  id: 'milo',
  name: 'milo (WASM)',
  depth: 'eager',
  ours: false,
  peer: '@perseveranza-pets/milo',
  open: async (kind, seen) => {
    const { milo } = loadPeer('@perseveranza-pets/milo') as { milo: Milo }
    const parser = milo.create()
    const input = milo.alloc(inputSize)
    // Its memory may grow, which leaves views of it empty.
    let view = memoryBuffer(milo.memory.buffer, input, inputSize)
    const memory = (): Latin1Buffer => {
      if (view.length === 0) view = memoryBuffer(milo.memory.buffer, input, inputSize)
      return view
    }
    milo.setMode(parser, kind === 'request' ? milo.MESSAGE_TYPE_REQUEST : milo.MESSAGE_TYPE_RESPONSE)
    let message: Message | undefined
    let method = ''
    let target = ''
    let fields: string[] = []
    const text = (at: number, size: number): string => memory().latin1Slice(at, at + size)
    milo.setOnMethod?.(parser, (_, at, size) => {
      method = text(at, size)
    })
    const start = kind === 'request' ? 'setOnUrl' : 'setOnReason'
    milo[start]?.(parser, (_, at, size) => {
      target = text(at, size)
    })
    const field: Span = (_, at, size) => {
      fields.push(text(at, size))
    }
    milo.setOnHeaderName?.(parser, field)
    milo.setOnHeaderValue?.(parser, field)
    milo.setOnHeaders?.(parser, () => {
      seen.strings += fields.length + method.length + target.length
      if (seen.captured !== undefined) {
        const first = kind === 'request' ? method : milo.getStatus(parser)
        message = { start: `${first} ${target}`, fields: fields.map((value) => value.trim()), octets: 0 }
      }
      fields = []
    })
    milo.setOnData?.(parser, (_, _at, size) => {
      seen.octets += size
      if (message !== undefined) message.octets += size
    })
    milo.setOnMessageComplete?.(parser, () => {
      seen.messages++
      if (message !== undefined) seen.captured?.push(message)
    })
    // What one call leaves over is put before the next chunk, as its documentation asks.
    let kept = 0
    return {
      feed(chunk) {
        memory().set(chunk, kept)
        const size = kept + chunk.length
        const consumed = milo.parse(parser, input, size)
        if (milo.getErrorCode(parser) !== 0) throw new Error(`milo: ${milo.getErrorDescription(parser)}`)
        kept = size - consumed
        if (kept > 0) memory().copyWithin(0, consumed, size)
      },
    } satisfies Driver
  },
}
