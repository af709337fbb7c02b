/**
 * Seeded mutations of HTTP messages: the same seed gives the same octets on every machine and every run.
 */

/** Numbers in [0, 1) from a 32-bit seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** A whole number in [0, below). */
export function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit)
}

/** Octets that grammars trip over. */
const octets = [
  0, 1, 8, 9, 10, 11, 12, 13, 27, 31, 32, 33, 34, 44, 45, 46, 47, 48, 49, 57, 58, 59, 61, 64, 65, 70, 71, 91, 92, 93,
  97, 102, 103, 127, 128, 133, 160, 255,
]

/** Pieces that change what a message means. */
const pieces = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\n\n',
  '\r\r\n',
  ' ',
  '\t',
  ': ',
  ' :',
  '\r\n ',
  ',',
  ';',
  ';a=b',
  ';a="b"',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'ffffffffffffffff',
  '9007199254740992',
  '0x10',
  '+1',
  '-1',
  'Host: a\r\n',
  'Host:\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 05\r\n',
  'content-length:3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Transfer-Encoding:\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive, upgrade\r\n',
  'Upgrade: x\r\n',
  'Expect: 100-continue\r\n',
  '__proto__: x\r\n',
  'GET / HTTP/1.1\r\n',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.0',
  'HTTP/2.0',
  'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
].map((text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0)))

/** One to four changes to a message: octets flipped, set, put in or taken out, pieces put in, lines repeated or moved, tails swapped. */
export function mutate(message: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  let mutant = message
  for (let changes = 1 + below(random, 4); changes > 0; changes--) mutant = change(mutant, other, random)
  return mutant
}

function change(message: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  const at = below(random, message.length + 1)
  const upTo = Math.min(message.length, at + 1 + below(random, 8))
  switch (below(random, 10)) {
    case 0:
      return spliced(message, at, at + 1, Uint8Array.of(below(random, 256)))
    case 1:
      return spliced(message, at, at + 1, Uint8Array.of((message[at] ?? 0) ^ (1 << below(random, 8))))
    case 2:
      return spliced(message, at, at, Uint8Array.of(octets[below(random, octets.length)]!))
    case 3:
      return spliced(message, at, at + 1, Uint8Array.of(octets[below(random, octets.length)]!))
    case 4:
      return spliced(message, at, upTo, new Uint8Array(0))
    case 5:
      return spliced(message, at, at, message.subarray(at, upTo))
    case 6:
      return spliced(message, at, message.length, other.subarray(below(random, other.length + 1)))
    case 7: {
      const line = lineAt(message, at)
      return spliced(message, line[0], line[0], message.subarray(line[0], line[1]))
    }
    case 8: {
      const from = lineAt(message, at)
      const to = lineAt(other, below(random, other.length + 1))
      return spliced(message, from[0], from[1], other.subarray(to[0], to[1]))
    }
    default: {
      // Mostly where a line begins, because that is where pieces mean something.
      const place = random() < 0.6 ? lineAt(message, at)[0] : at
      return spliced(message, place, place, pieces[below(random, pieces.length)]!)
    }
  }
}

/** Where the line around an octet begins and where the next one does. */
function lineAt(message: Uint8Array, at: number): [start: number, end: number] {
  const start = at > 0 ? message.lastIndexOf(10, at - 1) + 1 : 0
  const feed = message.indexOf(10, at)
  return [start, feed < 0 ? message.length : feed + 1]
}

function spliced(message: Uint8Array, from: number, to: number, put: Uint8Array): Uint8Array {
  const rest = message.subarray(Math.min(to, message.length))
  const result = new Uint8Array(from + put.length + rest.length)
  result.set(message.subarray(0, from))
  result.set(put, from)
  result.set(rest, from + put.length)
  return result
}
