import { describe, expect, it } from 'vitest'
import { ChatError, formatMessage, LineDecoder, type Message, parseMessage } from '../src/index.js'

// `npm run fuzz` sets a million; what is found is reported by its seed and number, which bring it back.
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 100_000)
const SEED = Number(process.env.FUZZ_SEED ?? 7)

/** Small and fast generator (mulberry32); the same seed gives the same inputs everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let z = Math.imul(state ^ (state >>> 15), state | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) % below
  }
}

const PIECES = [
  '@',
  ':',
  ' ',
  ';',
  '=',
  '\\',
  '+',
  '/',
  '!',
  '*',
  ',',
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\t',
  'PRIVMSG',
  'JOIN',
  '001',
  '#room',
  'ann',
  'x',
  'é',
  '👋🏽',
  '\\:',
  '\\s',
  '  ',
  ' :',
  'a=b',
  '@a=b;c ',
  ':ann!a@h ',
]
const encoded = PIECES.map((piece) => new TextEncoder().encode(piece))

/** Grammar pieces mostly, raw octets and long runs sometimes. */
function input(random: (below: number) => number): Uint8Array {
  const out: number[] = []
  for (let parts = 1 + random(16); parts > 0; parts--) {
    const kind = random(40)
    if (kind < 36) out.push(...encoded[random(encoded.length)]!)
    else if (kind < 39) out.push(random(256))
    else for (let n = random(40); n > 0; n--) out.push(120)
  }
  return Uint8Array.from(out)
}

/** Decodes, cut after every `size` octets, then parses: the events as one string. Small limits, so that they are met. */
function run(octets: Uint8Array, size: number): string {
  let events = ''
  const decoder = new LineDecoder(
    {
      line(line) {
        events += `|${line}`
        let message: Message
        try {
          message = parseMessage(line)
        } catch (error) {
          if (!(error instanceof ChatError)) throw error
          events += `!${error.code}`
          return
        }
        events += again(message)
      },
      refused(error) {
        events += `|!${error.code}`
      },
    },
    { maxLength: 48, maxTagsLength: 24 },
  )
  for (let at = 0; at < octets.length; at += size) decoder.push(octets.subarray(at, at + size))
  return `${events}|${decoder.finish()}`
}

/** Writes what was read and reads it again: it must be the same. Tags with keys outside the grammar cannot be written. */
function again(message: Message): string {
  let line: string
  try {
    line = formatMessage(message)
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === 'CHAT_ERR_BAD_TAG' || code === 'CHAT_ERR_BAD_SOURCE') return `!${code}`
    throw error
  }
  const back = parseMessage(line)
  const same =
    back.source === message.source &&
    back.command === message.command &&
    back.params.join('\0') === message.params.join('\0') &&
    [...back.tags].join('\0') === [...message.tags].join('\0')
  if (!same) throw new Error(`reads back differently: ${JSON.stringify(line)}`)
  return '='
}

describe('codec under random octets', () => {
  it(`${INPUTS} inputs (seed ${SEED}): nothing but coded refusals, no dependence on cuts, and what is written reads back`, () => {
    const random = generator(SEED)
    let refused = 0
    let read = 0
    for (let i = 0; i < INPUTS; i++) {
      const octets = input(random)
      const whole = run(octets, octets.length)
      const size = 1 + random(9)
      const cut = run(octets, size)
      if (cut !== whole) expect({ i, size, octets: [...octets], events: cut }).toEqual({ events: whole })
      if (whole.includes('!CHAT_ERR')) refused++
      if (whole.includes('=')) read++
    }
    // The inputs must reach both sides, or this proves nothing.
    expect(refused).toBeGreaterThan(INPUTS / 20)
    expect(read).toBeGreaterThan(INPUTS / 20)
  }, 600_000)
})
