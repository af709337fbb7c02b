/**
 * The vectors and a thousand mutants of them, read by us, by Node's own parser and by http-parser-js. Where two disagree the table
 * must say so, and by which clause we decided; and what the table says must occur.
 */
import { describe, expect, it } from 'vitest'
import {
  readOurs,
  readWithHttpParserJs,
  readWithNodeClient,
  readWithNodeServer,
  type Told,
  type ToldInput,
} from './differential-peers.js'
import { type Disagreement, disagreements } from './differential-table.js'
import { below, mutate, randomNumbers } from './mutation.js'
import { readVectors } from './vector-file.js'

const vectors = readVectors().filter(
  (vector) => Object.keys(vector.options ?? {}).length === 0 && !vector.ignoreUpgrade && vector.octets.length < 4000,
)

/** The vectors and, from a fixed seed, mutants of them. */
function inputs(type: 'request' | 'response', mutants: number): (ToldInput & { title: string })[] {
  const random = randomNumbers(20261123)
  const ofType = vectors.filter((vector) => vector.type === type)
  const chosen = Array.from({ length: mutants }, (_, i) => {
    const vector = ofType[below(random, ofType.length)]!
    const octets = mutate(vector.octets, ofType[below(random, ofType.length)]!.octets, random)
    return { ...vector, octets, title: `mutant ${i}: ${JSON.stringify(Buffer.from(octets).toString('latin1'))}` }
  })
  return [...ofType, ...chosen]
}

/** In which way another reading differs from ours, or nothing. Which octet it was that two errors were found at does not matter here. */
function difference(type: string, ours: Told, theirs: Told): [ours: string, theirs: string] | undefined {
  // Only the first response is compared: how a peer likes what follows is another question.
  if (type === 'response' && ours.verdict === 'read' && theirs.messages[0]?.complete) theirs.verdict = 'read'
  const refused = ours.verdict.startsWith('HTTP_ERR_')
  if (theirs.verdict === 'never returns') return [refused ? 'refused' : 'read', theirs.verdict]
  if (refused) return theirs.verdict.startsWith('refused') ? undefined : [ours.verdict, 'accepted']
  if (ours.verdict === 'incomplete' && theirs.verdict.startsWith('refused')) return [ours.verdict, 'refused']
  if (ours.verdict !== theirs.verdict) return [ours.verdict, theirs.verdict]
  const count = Math.max(ours.messages.length, theirs.messages.length)
  for (let i = 0; i < count; i++) {
    const [a, b] = [ours.messages[i], theirs.messages[i]]
    if (!a || !b) return [ours.verdict, 'other messages']
    if (a.start !== b.start) return [ours.verdict, 'another start line']
    if (a.fields.length !== b.fields.length || a.fields.some((text, at) => text !== b.fields[at]))
      return [ours.verdict, 'other fields']
    if (a.content !== b.content) return [ours.verdict, 'other content']
  }
  return undefined
}

const key = ({ peer, type, ours, theirs }: Omit<Disagreement, 'rfc' | 'because'>): string =>
  `${peer}, ${type}: ours ${ours}, theirs ${theirs}`

/** Whether the llhttp in this Node still differs. */
function occurs({ until }: Disagreement): boolean {
  const version = (text: string): number[] => text.split('.').map(Number)
  const [major = 0, minor = 0] = version(process.versions.llhttp ?? '0')
  const [untilMajor = 0, untilMinor = 0] = version(until ?? '999.0')
  return major < untilMajor || (major === untilMajor && minor < untilMinor)
}

describe.each([
  ['node', 'request', readWithNodeServer, 600],
  ['node', 'response', readWithNodeClient, 600],
  ['http-parser-js', 'request', readWithHttpParserJs, 3000],
  ['http-parser-js', 'response', readWithHttpParserJs, 3000],
] as const)('%s, %ss', (peer, type, readTheirs, mutants) => {
  it('disagrees with us only where the table says so, and wherever it says so', { timeout: 60_000 }, async () => {
    const found = new Map<string, string>()
    for (const input of inputs(type, mutants)) {
      const differs = difference(type, readOurs(input), await readTheirs(input))
      if (!differs) continue
      const [ours, theirs] = differs
      const name = key({ peer, type, ours, theirs })
      if (!found.has(name)) found.set(name, input.title)
    }
    const listed = new Set(
      disagreements.filter((row) => row.peer === peer && row.type === type && occurs(row)).map(key),
    )
    const unlisted = [...found].filter(([name]) => !listed.has(name)).map(([name, title]) => `${name} — ${title}`)
    expect(unlisted, 'disagreements without a row').toEqual([])
    expect(
      [...listed].filter((name) => !found.has(name)),
      'rows that no longer occur',
    ).toEqual([])
  })
})

it('every row names the clause that decides', () => {
  for (const row of disagreements) expect(row.rfc, key(row)).toMatch(/^RFC \d{4} §\d/)
})
