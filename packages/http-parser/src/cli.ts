#!/usr/bin/env node
/**
 * `http-parser explain`: what each octet of a request or response is read as, and why it is refused.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { parseArgs, styleText } from 'node:util'
import { type ExplainOptions, read } from './explain/reading.js'
import { explain } from './explain.js'
import { LENIENCES, type Leniences } from './options.js'

const usage = `Usage: http-parser explain [options] [file]

Says what each octet of HTTP/1.1 requests or responses is read as, and where and why
reading stops. Reads the file, or the standard input when there is none or it is -.

  --response            the octets are responses; default: requests
  --method <method>     method of the request that is answered (HEAD and CONNECT
                        matter); once for each response
  --ignore-upgrade      read on behind a request that offers another protocol
  --lenient <name>      accept more than the strict grammar; may be repeated:
                        bareLineFeed foldedResponseFields repeatedContentLength
                        missingReasonSpace chunkWhitespace controlsInValues anyHost
  --escapes             the input has \\r, \\n, \\t, \\0, \\\\ and \\xHH for octets, and its
                        own line ends do not count
  -h, --help            this text

Exit status: 0 everything was read, 1 the octets are refused or end within a message,
2 the command was not understood or the file cannot be read.

Example: printf 'GET / HTTP/1.1\\r\\nHost : x\\r\\n\\r\\n' | http-parser explain
`

// Who reads no further, as `head` does, has seen enough.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
// The process ends when all is written, be the reader of a pipe ever so late.
process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  let octets: Uint8Array
  let options: ExplainOptions
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        response: { type: 'boolean', default: false },
        method: { type: 'string', multiple: true, default: [] },
        'ignore-upgrade': { type: 'boolean', default: false },
        lenient: { type: 'string', multiple: true, default: [] },
        escapes: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      process.stdout.write(usage)
      return 0
    }
    const [command, file, ...more] = positionals
    if (command !== 'explain') return fail(command ? `unknown command: ${command}` : 'no command')
    if (more.length > 0) return fail('one file at a time')
    options = {
      type: values.response ? 'response' : 'request',
      requestMethods: values.method,
      ignoreUpgrade: values['ignore-upgrade'],
      leniences: leniences(values.lenient),
    }
    octets = (file ?? '-') === '-' ? await readInput() : readFileSync(file!)
    if (values.escapes) octets = unescaped(octets)
  } catch (error) {
    return fail((error as Error).message)
  }
  process.stdout.write(coloured(explain(octets, options)))
  return read(octets, options).error === undefined ? 0 : 1
}

/** The standard input, which may be a socket or pipe that does not block: readFileSync(0) would fail there. */
async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

function leniences(names: readonly string[]): Leniences {
  const unknown = names.find((name) => !(LENIENCES as readonly string[]).includes(name))
  if (unknown !== undefined) throw new TypeError(`unknown lenience: ${unknown}`)
  return Object.fromEntries(names.map((name) => [name, true]))
}

/** Octets written with escapes, so that a request can be typed. */
function unescaped(octets: Uint8Array): Uint8Array {
  const named: Record<string, string> = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' }
  const text = Buffer.from(octets)
    .toString('latin1')
    .replace(/\r?\n/g, '')
    .replace(/\\(?:x([\da-f]{2})|([rnt0\\]))/gi, (_, hex: string | undefined, letter: string) =>
      hex === undefined ? named[letter.toLowerCase()]! : String.fromCharCode(Number.parseInt(hex, 16)),
    )
  return Buffer.from(text, 'latin1')
}

function coloured(text: string): string {
  if (!process.stdout.isTTY || process.env.NO_COLOR) return text
  return text
    .replace(/^✗.*$/gm, (line) => styleText('red', line))
    .replace(/^=.*$/gm, (line) => styleText('green', line))
}

function fail(message: string): number {
  process.stderr.write(`http-parser: ${message}\n\n${usage}`)
  return 2
}
