/**
 * Mutants of the vectors are read by the portable scanner, by the SIMD scanner, in pieces, and by the reference reader; all must
 * tell the same story, to the octet. 10^5 of them here, `npm run fuzz` reads 10^6; SEED=… repeats a run.
 */
import { describe, expect, it } from 'vitest'
import { LENIENCES } from '../src/options.js'
import { type EventLog, type Reading, readEvents } from './event-log.js'
import { below, mutate, randomNumbers } from './mutation.js'
import { readReference } from './reference-reader.js'
import { readVectors } from './vector-file.js'

const seed = Number(process.env.SEED ?? 20261122)
const mutants = Number(process.env.MUTANTS ?? 100_000)
const parts = 10
const corpus = readVectors().filter((vector) => vector.octets.length <= 320)
const limits = [
  'maxStartLineSize',
  'maxFieldSize',
  'maxHeadSize',
  'maxFields',
  'maxTrailerSize',
  'maxTrailers',
  'maxChunkExtensionSize',
  'maxChunkExtensionsSize',
  'maxEmptyLines',
  'maxInformational',
]

describe(`mutants of seed ${seed}`, () => {
  for (let part = 0; part < parts; part++) {
    it(`are read alike by all readers, part ${part + 1} of ${parts}`, { timeout: 600_000 }, () => {
      const random = randomNumbers(seed + part * 7919)
      for (let i = 0; i < mutants / parts; i++) examine(random, i)
    })
  }
})

function examine(random: () => number, number: number): void {
  const vector = corpus[below(random, corpus.length)]!
  const octets = mutate(vector.octets, corpus[below(random, corpus.length)]!.octets, random)
  const reading: Reading = { type: vector.type, ...(vector.methods && { methods: vector.methods }) }
  if (vector.ignoreUpgrade) reading.ignoreUpgrade = true
  const strict = random() < 0.8
  if (!strict) reading.options = oddOptions(random)
  const about = (): string => `mutant ${number}: ${JSON.stringify({ octets: text(octets), ...reading })}`

  const portable = readEvents(octets, reading, { scanner: 'portable', pausing: true })
  const simd = readEvents(octets, reading, { scanner: 'simd', pausing: true })
  if (!equal(portable, simd)) expect(simd, `SIMD against portable, ${about()}`).toEqual(portable)

  const cuts = randomCuts(octets.length, random)
  const scanner = random() < 0.5 ? 'simd' : 'portable'
  const pieces = readEvents(octets, reading, cuts ? { scanner, cuts } : { scanner, chunkSize: 1 })
  const whole = withoutEnds(portable)
  if (!equal(pieces, whole)) expect(pieces, `${scanner} cut at ${cuts ?? 'every octet'}, ${about()}`).toEqual(whole)

  if (strict && !reading.ignoreUpgrade) {
    const reference = withStatus(readReference(octets, reading))
    const seen = withStatus(portable)
    if (!equal(seen, reference) && !waitsForLine(seen, reference, octets))
      expect(seen, `against the reference reader, ${about()}`).toEqual(reference)
  }
}

function oddOptions(random: () => number): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  if (random() < 0.5) options[limits[below(random, limits.length)]!] = below(random, 60)
  const chosen = LENIENCES.filter(() => random() < 0.3)
  options.leniences = Object.fromEntries(chosen.map((name) => [name, true]))
  return options
}

/** Up to four cuts; now and then every octet by itself. */
function randomCuts(length: number, random: () => number): number[] | undefined {
  if (random() < 0.04) return undefined
  const cuts = Array.from({ length: 1 + below(random, 4) }, () => below(random, length + 1))
  return cuts.sort((a, b) => a - b)
}

function withoutEnds(log: EventLog): EventLog {
  return log.map((line) => line.replace(/^(head|informational) \.\.\d+/, '$1 ..?'))
}

/** Without statuses, and the end of the octets within a message put the same way. */
function withStatus(log: EventLog): EventLog {
  return log.map((line) => line.replace(/^(?:error|finish) (\d+) (HTTP_ERR_\w+).*/, 'error $1 $2'))
}

/** The parser judges a line when it has ended, the reference reader octet by octet: what is wrong in a last, unended line is still open. */
function waitsForLine(seen: EventLog, reference: EventLog, octets: Uint8Array): boolean {
  const [, at] = /^error (\d+) HTTP_ERR_(?!INCOMPLETE)/.exec(reference.at(-1) ?? '') ?? []
  return (
    at !== undefined &&
    seen.at(-1) === `error ${octets.length} HTTP_ERR_INCOMPLETE` &&
    octets.indexOf(10, Number(at)) < 0 &&
    equal(seen.slice(0, -1), reference.slice(0, -1))
  )
}

function equal(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((line, i) => line === right[i])
}

function text(octets: Uint8Array): string {
  return String.fromCharCode(...octets)
}
