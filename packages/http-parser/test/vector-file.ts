/**
 * Reads the vectors: Markdown in which every section with an `http` block is a case and its `log` block is what must come out.
 *
 * - A heading names the case. Words in square brackets say which requirement it proves: `[5.6]` is line 6 of the requirement
 *   list in `requirements.md`, `[CVE-2018-7159]` a vulnerability class, `[limit maxFields n+1]` a limit at its edge.
 * - An HTML comment holds JSON settings (`Settings`); those under the file's first heading hold for all its cases.
 * - In the `http` block the end of a line is CRLF, the end of the last line too; a backslash at the end of a line joins it to
 *   the next. `\r \n \t \0 \\ \xHH` stand for octets, and `\{n:text}` for `text` n times.
 * - The `log` block is the expected event log, as `event-log.ts` writes it.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** What a comment may set for a case. */
export interface Settings {
  type?: 'request' | 'response'
  /** Options of the parser. */
  options?: Record<string, unknown>
  /** For responses: the methods of the requests they answer. */
  methods?: string[]
  /** The server does not switch protocols: what follows an upgrade is read as HTTP/1.1. */
  ignoreUpgrade?: boolean
}

/** One case. */
export interface Vector extends Required<Pick<Settings, 'type'>>, Omit<Settings, 'type'> {
  file: string
  title: string
  /** What the title has in square brackets. */
  tags: string[]
  octets: Uint8Array
  log: string[]
}

const folder = new URL('vectors/', import.meta.url)

/** Every case of every file. */
export function readVectors(): Vector[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .flatMap((name) => parseVectors(readFileSync(new URL(name, folder), 'utf8'), name))
}

/** The cases of one file's text. */
export function parseVectors(text: string, file: string): Vector[] {
  const vectors: Vector[] = []
  let common: Settings = {}
  for (const section of text.split(/^(?=#+ )/m)) {
    const title = /^#+ (.*)/.exec(section)?.[1]?.trim() ?? ''
    const comment = /<!-- (\{.*?\}) -->/s.exec(section)?.[1]
    const settings = comment === undefined ? {} : (JSON.parse(comment) as Settings)
    const input = block(section, 'http')
    if (input === undefined || block(section, 'json') !== undefined) {
      if (section.startsWith('# ')) common = settings
      continue
    }
    const log = block(section, 'log')
    if (log === undefined) throw new Error(`${file}: "${title}" has no log block`)
    const merged = { ...common, ...settings, options: { ...common.options, ...settings.options } }
    vectors.push({
      type: 'request',
      ...merged,
      file,
      title,
      tags: tagsOf(title),
      octets: octetsOf(input),
      log: log.split('\n').filter((line) => line !== ''),
    })
  }
  return vectors
}

/** One case of writing: a call, and the octets or the error that come of it. */
export interface WritingVector {
  title: string
  tags: string[]
  call: Record<string, unknown>
  octets?: Uint8Array
  error?: string
}

/** The cases whose input is a `json` block: what to write. */
export function readWritingVectors(): WritingVector[] {
  const text = readFileSync(new URL('writing.md', folder), 'utf8')
  return text.split(/^(?=## )/m).flatMap((section) => {
    const call = block(section, 'json')
    const title = /^## (.*)/.exec(section)?.[1]
    if (call === undefined || title === undefined) return []
    const octets = block(section, 'http')
    const error = /^error (\w+)/.exec(block(section, 'log') ?? '')?.[1]
    const expected = octets === undefined ? { error: error! } : { octets: octetsOf(octets) }
    return [{ title, tags: tagsOf(title), call: JSON.parse(call) as Record<string, unknown>, ...expected }]
  })
}

function tagsOf(title: string): string[] {
  return [...title.matchAll(/\[([^\]]+)\]/g)].map((match) => match[1]!)
}

function block(section: string, language: string): string | undefined {
  return new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(section)?.[1]
}

/** The octets an `http` block stands for. */
export function octetsOf(block: string): Uint8Array {
  let text = block.replace(/\\\n/g, '').replace(/\n/g, '\\r\\n')
  for (let inner = ''; inner !== text; ) {
    inner = text
    text = inner.replace(innermostRepeat, (_, count: string, repeated: string) => repeated.repeat(Number(count)))
  }
  text = text.replace(
    /\\(?:x([0-9a-fA-F]{2})|([rnt0\\]))/g,
    (_, hex: string | undefined, letter: string | undefined) =>
      hex === undefined ? escapes[letter!]! : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Uint8Array.from(text, (letter) => {
    const code = letter.charCodeAt(0)
    if (code > 255) throw new Error(`${JSON.stringify(letter)} is no octet: write its UTF-8 octets as \\xHH`)
    return code
  })
}

const innermostRepeat = /\\\{(\d+):((?:[^\\}]|\\[^{])*)\}/g
const escapes: Record<string, string> = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' }
