import { loadPeer } from '../../peers.js'
import type { Driver, Implementation, Message, Seen } from './driver.js'

/** The interface of Node's own parser, which http-parser-js shares: callbacks under numbers. */
interface NodeStyleParser {
  [callback: number]: unknown
  initialize?(type: number, resource: object): void
  execute(chunk: Buffer, start?: number, length?: number): number | Error
}

interface NodeStyleClass {
  new (type?: number): NodeStyleParser
  REQUEST: number
  RESPONSE: number
  kOnHeaders: number
  kOnHeadersComplete: number
  kOnBody: number
  kOnMessageComplete: number
}

/** llhttp as Node binds it, the parser under `node:http`: what everybody has. */
export const nodeBinding: Implementation = {
  id: 'node',
  name: 'Node llhttp binding',
  depth: 'eager',
  ours: false,
  open: async (kind, seen) => {
    const { binding } = process as unknown as {
      binding(name: string): { HTTPParser: NodeStyleClass; methods: string[]; allMethods?: string[] }
    }
    const { HTTPParser, methods, allMethods } = binding.call(process, 'http_parser')
    return open(HTTPParser, allMethods ?? methods, kind, seen)
  },
}

/** The parser in JavaScript that people install. */
export const httpParserJs: Implementation = {
  id: 'http-parser-js',
  name: 'http-parser-js',
  depth: 'eager',
  ours: false,
  peer: 'http-parser-js',
  open: async (kind, seen) => {
    const { HTTPParser, methods } = loadPeer('http-parser-js') as { HTTPParser: NodeStyleClass; methods: string[] }
    // Reading this constant tells it that a Node of this century calls, with nine arguments instead of one object.
    Reflect.get(HTTPParser, 'kOnExecute')
    return open(HTTPParser, methods, kind, seen)
  },
}

function open(Parser: NodeStyleClass, methods: string[], kind: 'request' | 'response', seen: Seen): Driver {
  const type = kind === 'request' ? Parser.REQUEST : Parser.RESPONSE
  const parser = new Parser(type)
  parser.initialize?.(type, {})
  let message: Message | undefined
  let early: string[] | undefined
  parser[Parser.kOnHeaders] = (fields: string[]) => {
    early = early === undefined ? fields : [...early, ...fields]
  }
  const heads = (fields: string[] | undefined, start: string): void => {
    const all = early === undefined ? (fields ?? []) : [...early, ...(fields ?? [])]
    early = undefined
    seen.strings += all.length + start.length
    if (seen.captured !== undefined) message = { start, fields: [...all], octets: 0 }
  }
  // versionMajor, versionMinor, fields, method, target, status, reason, upgrade, keepAlive
  parser[Parser.kOnHeadersComplete] =
    kind === 'request'
      ? (_major: number, _minor: number, fields: string[] | undefined, method: number, target: string) => {
          if (seen.captured !== undefined) heads(fields, `${methods[method]} ${target}`)
          else {
            seen.strings += (fields === undefined ? 0 : fields.length) + methods[method]!.length + target.length
            early = undefined
          }
          return 0
        }
      : (
          _major: number,
          _minor: number,
          fields: string[] | undefined,
          _method: number,
          _target: string,
          status: number,
          reason: string,
        ) => {
          if (seen.captured !== undefined) heads(fields, `${status} ${reason}`)
          else {
            seen.strings += (fields === undefined ? 0 : fields.length) + status + reason.length
            early = undefined
          }
          return 0
        }
  // Node's binding hands out the slice; http-parser-js the buffer, where the content starts, and its length.
  parser[Parser.kOnBody] = (body: Buffer, _start: number | undefined, length: number | undefined) => {
    const octets = length ?? body.length
    seen.octets += octets
    if (message !== undefined) message.octets += octets
  }
  parser[Parser.kOnMessageComplete] = () => {
    seen.messages++
    if (message !== undefined) seen.captured?.push(message)
    return 0
  }
  return {
    feed(chunk) {
      const result = parser.execute(chunk, 0, chunk.length)
      if (typeof result !== 'number') throw result
    },
  }
}
