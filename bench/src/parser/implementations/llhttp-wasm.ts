import { loadPeer } from '../../peers.js'
import type { Driver, Implementation, Message } from './driver.js'

interface LlhttpWasmHead {
  rawHeaders: string[]
  method?: number
  url?: string
  statusCode?: number
  statusMessage?: string
}

interface LlhttpWasmParser {
  onHeadersComplete: (head: LlhttpWasmHead) => number
  onMessageComplete: () => number
  onBody: (data: Uint8Array) => number
  execute(chunk: Uint8Array): number
}

/** llhttp in WebAssembly as npm's `llhttp-wasm` wraps it. */
export const llhttpWasm: Implementation = {
  id: 'llhttp-wasm',
  name: 'npm llhttp-wasm',
  depth: 'eager',
  ours: false,
  peer: 'llhttp-wasm',
  open: async (kind, seen) => {
    const { createParser, METHODS } = loadPeer('llhttp-wasm') as {
      createParser(type: string): LlhttpWasmParser
      METHODS: Record<string, number>
    }
    const methods: string[] = []
    for (const [name, number] of Object.entries(METHODS)) methods[number] = name
    const parser = createParser(kind === 'request' ? 'REQUEST' : 'RESPONSE')
    let message: Message | undefined
    parser.onHeadersComplete = (head) => {
      seen.strings += head.rawHeaders.length
      if (seen.captured !== undefined) {
        const start =
          kind === 'request' ? `${methods[head.method!]} ${head.url}` : `${head.statusCode} ${head.statusMessage}`
        message = { start, fields: head.rawHeaders.map((text) => text.trim()), octets: 0 }
      }
      return 0
    }
    parser.onBody = (data) => {
      seen.octets += data.length
      if (message !== undefined) message.octets += data.length
      return 0
    }
    parser.onMessageComplete = () => {
      seen.messages++
      if (message !== undefined) seen.captured?.push(message)
      return 0
    }
    return {
      feed(chunk) {
        const error = parser.execute(chunk)
        if (error !== 0) throw new Error(`llhttp error ${error}`)
      },
    } satisfies Driver
  },
}
