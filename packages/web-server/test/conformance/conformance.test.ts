import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve, type WebServer } from '../../src/index.js'
import { application } from './application.js'
import { check } from './check.js'
import { CONNECTION } from './connection.duties.js'
import type { Duty } from './duty.js'
import { FIELDS } from './fields.duties.js'
import { CHUNKED, FRAMING } from './framing.duties.js'
import { RESPONSE } from './response.duties.js'
import { START_LINE } from './start-line.duties.js'

// Another server that runs the same application is checked with CONFORMANCE_PORT=8080 npx vitest run test/conformance
const elsewhere = process.env.CONFORMANCE_PORT

const TABLES: Record<string, Duty[]> = {
  'the start line': START_LINE,
  'fields and Host': FIELDS,
  'where a request ends': FRAMING,
  'the chunked coding': CHUNKED,
  'the connection': CONNECTION,
  'the answer': RESPONSE,
}

let server: WebServer | undefined
let port: number

beforeAll(async () => {
  if (elsewhere === undefined) server = await serve({ port: 0, handler: application, onError: () => {} })
  port = server?.port ?? Number(elsewhere)
})

afterAll(() => server?.close({ timeout: 1 }))

for (const [title, duties] of Object.entries(TABLES)) {
  describe.concurrent(title, { timeout: 30_000 }, () => {
    for (const duty of duties) {
      it(`${duty.level}: ${duty.says} (${duty.source})`, async () => {
        for (const sending of duty.send) await check(port, duty, sending)
      })
    }
  })
}

describe('the suite', () => {
  it('has at least two hundred checks, each with a source', () => {
    const duties = Object.values(TABLES).flat()
    expect(duties.length).toBeGreaterThanOrEqual(200)
    expect(new Set(duties.map(({ says }) => says)).size).toBe(duties.length)
    expect(duties.every(({ source, says }) => source !== '' && says !== '')).toBe(true)
    expect(duties.reduce((sum, { send }) => sum + send.length, 0)).toBeGreaterThanOrEqual(700)
  })
})
