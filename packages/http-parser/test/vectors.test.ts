import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readEvents } from './event-log.js'
import { readVectors, readWritingVectors, type Vector } from './vector-file.js'

const vectors = readVectors()
const scanners = ['portable', 'simd'] as const
/** What stands behind a message must not be touched, above all when it looks like one, or like none. */
const trailing = [
  Uint8Array.of(0),
  new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'),
  Uint8Array.of(255, 13, 10, 13, 10),
]

for (const file of new Set(vectors.map((vector) => vector.file))) {
  describe(file, () => {
    for (const vector of vectors.filter((candidate) => candidate.file === file)) {
      it(vector.title, () => {
        for (const scanner of scanners) {
          const read = (delivery: object) => readEvents(vector.octets, vector, { scanner, ...delivery })
          expect(read({ pausing: true }), `${scanner}, whole`).toEqual(vector.log)
          const ends = vector.log.map((line) => line.replace(/^(head|informational) \.\.\d+/, '$1 ..?'))
          for (const chunkSize of chunkSizes(vector)) {
            // Comparing before expecting: a hundred thousand assertions would take longer than all the parsing.
            const log = read({ chunkSize })
            if (!equal(log, ends)) expect(log, `${scanner}, chunks of ${chunkSize}`).toEqual(ends)
            if (chunkSize > 64) continue
            const pausing = read({ chunkSize, pausing: true })
            if (!equal(pausing, vector.log))
              expect(pausing, `${scanner}, chunks of ${chunkSize}, pausing`).toEqual(vector.log)
          }
          if (
            /^(complete|error| {2}")/.test(vector.log.at(-1) ?? '') &&
            !vector.log.some((line) => /until close/.test(line))
          )
            for (const octets of trailing)
              expect(read({ trailing: octets, pausing: true }), `${scanner}, trailing octets`).toEqual(vector.log)
        }
      })
    }
  })
}

/** Every size for what is short; what is long gets the small ones, those around a vector's width, and those near its end. */
function chunkSizes({ octets }: Vector): number[] {
  const all = Array.from({ length: octets.length }, (_, i) => i + 1)
  if (octets.length <= 400) return all
  const near = [1, 2, 3, 7, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1024, 4096, 8192, 16384]
  return all.filter((size) => near.includes(size) || size > octets.length - 3)
}

function equal(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((line, i) => line === right[i])
}

describe('the vectors', () => {
  const requirements = readFileSync(new URL('requirements.md', import.meta.url), 'utf8')
  const tags = new Set([...vectors, ...readWritingVectors()].flatMap((vector) => vector.tags))

  it('are at least 400, and no two have the same title', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(400)
    const titles = vectors.map((vector) => `${vector.file}: ${vector.title}`)
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([])
  })

  it('name every requirement, every vulnerability class and every limit at its edges', () => {
    const required = [...requirements.matchAll(/^- `\[([^\]]+)\]`/gm)].map((match) => match[1]!)
    expect(required.length).toBeGreaterThan(70)
    expect(required.filter((tag) => !tags.has(tag))).toEqual([])
  })

  it('have no tag that the list of requirements does not explain', () => {
    expect([...tags].filter((tag) => !requirements.includes(`- \`[${tag}]\``))).toEqual([])
  })

  it('whose input and log are the same come with different settings', () => {
    const keys = vectors.map((vector) =>
      JSON.stringify([[...vector.octets], vector.log, vector.options, vector.methods, vector.ignoreUpgrade]),
    )
    expect(vectors.filter((_, i) => keys.indexOf(keys[i]!) !== i).map((vector) => vector.title)).toEqual([])
  })
})
