/**
 * All parsers share the memory of a scanner. Several are driven here by turns, also from each other's hooks, in pieces of any
 * size, out of buffers of their own that are moved, filled anew and copied; and each must see its own messages alone.
 */
import { expect, it } from 'vitest'
import { type Fields, type RequestHead, RequestParser, type ResponseHead, ResponseParser } from '../src/index.js'
import { below, randomNumbers } from './mutation.js'

type Random = () => number
type Head = RequestHead | ResponseHead

/** What a parser is to see of a message. */
interface Sent {
  readonly title: string
  readonly lines: readonly string[]
  readonly content: string
  readonly trailers: readonly string[]
}

const octets = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const pick = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)]!
const section = (lines: readonly string[]): string =>
  lines.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')

/** A message in which every part says whose it is. */
function makeMessage(request: boolean, id: string, random: Random): { text: string; sent: Sent } {
  const lines = request ? ['Host', 'h'] : []
  for (let i = below(random, 6); i > 0; i--) {
    const value = id.repeat(pick(random, [0, 1, 5, 300])) + pick(random, ['', '\xe9'])
    lines.push(pick(random, [`X-${id}`, 'Accept', 'cookie', 'USER-AGENT']), value)
  }
  const pieces = Array.from({ length: below(random, 5) }, () => `c${id}`.repeat(1 + below(random, 200)))
  const trailers = Array.from({ length: below(random, 3) }, () => [`T-${id}`, id]).flat()
  const framing = request ? pick(random, ['none', 'length', 'chunked']) : pick(random, ['length', 'chunked'])
  let body = ''
  if (framing === 'length') {
    body = pieces.join('')
    lines.push('Content-Length', `${body.length}`)
  } else if (framing === 'chunked') {
    lines.push('Transfer-Encoding', 'chunked')
    body = `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n${section(trailers)}\r\n`
  }
  const title = `/${id}${'t'.repeat(pick(random, [0, 10, 200]))}`
  const interim = `HTTP/1.1 103 ${id}\r\n\r\n`.repeat(request ? 0 : below(random, 3))
  const start = request ? `${pick(random, ['GET', 'POST', 'PATCH'])} ${title} HTTP/1.1` : `HTTP/1.1 200 ${title}`
  return {
    text: `${interim}${start}\r\n${section(lines)}\r\n${body}`,
    sent: {
      title,
      lines,
      content: framing === 'none' ? '' : pieces.join(''),
      trailers: framing === 'chunked' ? trailers : [],
    },
  }
}

/** A connection with a caller of unsteady habits. */
class Connection {
  done = false
  private readonly parser: RequestParser | ResponseParser
  private readonly stream: Uint8Array
  private readonly sent: Sent[] = []
  private readonly retained: [head: Head, sent: Sent][] = []
  private readonly buffer: Uint8Array
  private head: Head | undefined
  private content = ''
  private seen = 0
  private inside = false
  // What is to be pushed next, and how much of the stream was taken.
  private chunk: Uint8Array = new Uint8Array(0)
  private start = 0
  private end = 0
  private taken = 0

  constructor(
    id: string,
    private readonly all: Connection[],
    private readonly random: Random,
  ) {
    const request = below(random, 2) === 0
    const messages = Array.from({ length: 1 + below(random, 6) }, (_, i) => makeMessage(request, `${id}${i}`, random))
    for (const { sent } of messages) this.sent.push(sent)
    this.stream = octets(messages.map(({ text }) => text).join(''))
    this.buffer = new Uint8Array(256 + below(random, 4000))
    const hooks = {
      head: (head: Head) => this.within(() => this.begin(head)),
      informational: (head: ResponseHead) => {
        this.within(() => {
          this.letOthersWork()
          expect(head.reason.slice(0, 1)).toBe(id)
        })
      },
      content: (bytes: Uint8Array, start: number, end: number) =>
        this.within(() => {
          this.content += String.fromCharCode(...bytes.subarray(start, end))
        }),
      complete: (trailers: Fields | undefined) => void this.within(() => this.complete(trailers)),
    }
    const scanner = pick(random, ['simd', 'portable'] as const)
    this.parser = request ? new RequestParser(hooks, { scanner }) : new ResponseParser(hooks, { scanner })
  }

  step(): void {
    if (this.inside || this.done) return
    for (const [head, sent] of this.retained) expect([...head.fields].flat()).toEqual(sent.lines)
    if (this.parser.complete) {
      this.look()
      this.parser.next()
    }
    if (this.start === this.end) this.take()
    this.start = this.parser.push(this.chunk, this.start, this.end)
    if (this.start < this.end && this.chunk === this.buffer) this.rearrange()
    if (this.taken < this.stream.length || this.start < this.end) return
    // A hook may have stopped behind the last octet.
    this.parser.push(this.chunk, this.end, this.end)
    if (this.parser.complete) this.parser.next()
    this.parser.finish()
    expect(this.seen).toBe(this.sent.length)
    this.done = true
  }

  private take(): void {
    const most = Math.min(this.stream.length - this.taken, this.buffer.length)
    const size = Math.min(most, 1 + below(this.random, pick(this.random, [3, 50, 700, 4000])))
    const octets = this.stream.slice(this.taken, this.taken + size)
    this.taken += size
    this.chunk = octets
    this.start = 0
    this.end = size
    if (below(this.random, 3) === 0) return
    this.chunk = this.buffer.fill(33)
    this.start = pick(this.random, [0, this.buffer.length - size])
    this.end = this.start + size
    this.buffer.set(octets, this.start)
  }

  /** Moves what is left to the start of the buffer and fills it up, or copies it and uses the buffer for something else. */
  private rearrange(): void {
    const { buffer, random } = this
    const left = this.end - this.start
    const way = below(random, 3)
    if (way === 0) return
    if (way === 1) {
      this.chunk = buffer.slice(this.start, this.end)
      buffer.fill(33)
      this.end = left
    } else {
      buffer.copyWithin(0, this.start, this.end)
      const more = this.stream.subarray(this.taken, this.taken + buffer.length - left)
      buffer.set(more, left)
      this.taken += more.length
      this.end = left + more.length
    }
    this.start = 0
  }

  private begin(head: Head): void {
    this.head = head
    this.content = ''
    this.look()
    this.letOthersWork()
    this.look()
    if (below(this.random, 3) === 0) this.retained.push([head.retain(), this.sent[this.seen]!])
  }

  private complete(trailers: Fields | undefined): void {
    this.letOthersWork()
    this.look()
    const { content, trailers: lines } = this.sent[this.seen]!
    expect([this.content, trailers?.flat() ?? []]).toEqual([content, lines])
    this.seen++
    if (below(this.random, 2) === 0) return
    this.parser.next()
    this.head = undefined
    this.letOthersWork()
  }

  /** Runs a hook, and now and then stops the parser. */
  private within(hook: () => void): boolean {
    this.inside = true
    hook()
    this.letOthersWork()
    this.inside = false
    return below(this.random, 4) > 0
  }

  private letOthersWork(): void {
    if (below(this.random, 3) === 0) pick(this.random, this.all).step()
  }

  /** Looks at some of the head, or not yet. */
  private look(): void {
    const { head, random } = this
    if (head === undefined || below(random, 2) === 0) return
    const { title, lines } = this.sent[this.parser.complete ? this.seen - (this.inside ? 0 : 1) : this.seen]!
    if (below(random, 2) === 0) expect('target' in head ? head.target : head.reason).toBe(title)
    if (below(random, 2) === 0) expect(head.fields.flat()).toEqual(lines)
    else if (lines.length > 0) expect(head.fields.getAll(lines.at(-2)!)).toContain(lines.at(-1))
  }
}

it.each([1, 2, 3, 4, 5])(
  'parsers that take turns, and work in the hooks of others, see their own messages: seed %i',
  (seed) => {
    const random = randomNumbers(seed)
    for (let round = 0; round < 60; round++) {
      const all: Connection[] = []
      for (const id of 'abcd'.slice(0, 1 + below(random, 4))) all.push(new Connection(id, all, random))
      for (let turns = 0; all.some(({ done }) => !done); turns++) {
        pick(random, all).step()
        expect(turns).toBeLessThan(100_000)
      }
    }
  },
)
