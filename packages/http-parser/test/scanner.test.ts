import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CODES } from '../src/errors.js'
import { scan } from '../src/scanner/head-scanner.js'
import { At, Failure, Kind, Name, Size } from '../src/scanner/layout.js'
import * as portable from '../src/scanner/memory.js'
import { KNOWN_NAMES, NAME_NUMBERS } from '../src/scanner/names.js'
import type { Scanner } from '../src/scanner/scratch.js'
import { compileSimdScanner } from '../src/scanner/simd.js'
import { SIMD_MODULE } from '../src/scanner/simd-module.js'

portable.prepare()
const scanners: [string, Scanner | undefined][] = [
  ['portable', { octets: portable.octets, scan }],
  ['simd', compileSimdScanner()],
]

/** Scans a head; what is left in the memory. */
function run(scanner: Scanner, head: string, kind: number = Kind.REQUEST) {
  const words = new Int32Array(scanner.octets.buffer)
  words[At.MAX_START_LINE >> 2] = 8192
  words[At.MAX_FIELD >> 2] = 16384
  words[At.MAX_SECTION >> 2] = 32768
  words[At.MAX_FIELDS >> 2] = 100
  words[At.LENIENCES >> 2] = 0
  for (let i = 0; i < head.length; i++) scanner.octets[At.INPUT + i] = head.charCodeAt(i)
  scanner.octets[At.INPUT + head.length] = 0
  const end = scanner.scan(kind, At.INPUT, At.INPUT, At.INPUT + head.length)
  const records = new Uint16Array(scanner.octets.buffer, At.RECORDS, end > 0 ? 4 * words[At.COUNT >> 2]! : 0)
  return { end, records: [...records], offset: end < 0 ? words[At.OFFSET >> 2]! - At.INPUT : undefined }
}

describe('the module of the SIMD scanner', () => {
  it('is what its sources compile to, octet for octet', () => {
    const script = fileURLToPath(new URL('../scripts/build-scanner.mjs', import.meta.url))
    expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toContain(
      'is what its sources give',
    )
  }, 60_000)

  it('is small enough for a browser to compile it on its main thread: below 4 KiB', () => {
    expect(SIMD_MODULE.length).toBeLessThan(4096)
  })
})

it('names errors by the position that the table has them at', () => {
  for (const [name, number] of Object.entries(Failure)) {
    if (typeof number === 'number') expect(CODES[number]).toBe(`HTTP_ERR_${name}`)
  }
})

it('fits what is written into the memory between its addresses', () => {
  expect(At.NAMES + 64 * (NAME_NUMBERS.size + 1)).toBeLessThanOrEqual(At.MAX_START_LINE)
  for (const name of NAME_NUMBERS.keys()) expect(name.length).toBeLessThanOrEqual(Size.NAME)
  expect(At.RECORDS + 8 * 4096).toBeLessThanOrEqual(At.INPUT)
  expect(At.INPUT + Size.INPUT + 64).toBeLessThanOrEqual(Size.MEMORY)
})

for (const [which, scanner] of scanners) {
  describe.skipIf(scanner === undefined)(`the ${which} scanner`, () => {
    it('knows every known name in its usual spelling, in lower case, and in any other', () => {
      for (const [lower, number] of NAME_NUMBERS) {
        const usual = KNOWN_NAMES[number]!
        const spellings = [
          usual,
          lower,
          lower.toUpperCase() === usual ? `${usual[0]!.toLowerCase()}${usual.slice(1)}` : lower.toUpperCase(),
        ]
        for (const [spelling, name] of spellings.entries()) {
          const { records } = run(scanner!, `GET / HTTP/1.0\r\nX: y\r\n${name}: v\r\n\r\n`)
          expect([name, records[5]]).toEqual([name, Name.KNOWN + spelling * 256 + number])
        }
      }
    })

    it('does not take a name for a known one that differs from it in one octet', () => {
      for (const name of NAME_NUMBERS.keys()) {
        for (let at = 0; at < name.length; at++) {
          const other = `${name.slice(0, at)}${name[at] === 'q' ? 'x' : 'q'}${name.slice(at + 1)}`
          if (NAME_NUMBERS.has(other)) continue
          expect(run(scanner!, `GET / HTTP/1.0\r\n${other}: v\r\n\r\n`).records[1]).toBe(other.length)
        }
      }
    })

    it('does not let an octet that is no token character pass for one of a known name', () => {
      for (const name of NAME_NUMBERS.keys()) {
        for (let at = 0; at < name.length; at++) {
          for (const bit of [0x20, 0x40, 0x80, 0x60]) {
            const octet = String.fromCharCode(name.charCodeAt(at) ^ bit)
            if (/[!#$%&'*+\-.^_`|~0-9A-Za-z:]/.test(octet)) continue
            const upper = name.toUpperCase()
            for (const spelt of [name, upper]) {
              const other = `${spelt.slice(0, at)}${octet}${spelt.slice(at + 1)}`
              expect([other, run(scanner!, `GET / HTTP/1.0\r\n${other}: v\r\n\r\n`).end < 0]).toEqual([other, true])
            }
          }
        }
      }
    })

    it('does not look for the colon of a name behind the octets it was given', () => {
      const whole = 'GET / HTTP/1.0\r\nHost: x\r\n\r\n'
      run(scanner!, whole)
      expect(run(scanner!, whole.slice(0, 'GET / HTTP/1.0\r\nHost'.length)).end).toBe(0)
    })

    const classes: [string, RegExp, (character: string) => string, number][] = [
      ['a method', /[!#$%&'*+\-.^_`|~0-9A-Za-z]/, (c) => `A${c}B / HTTP/1.0\r\n\r\n`, 1],
      ['a request-target', /[\x21-\x7e]/, (c) => `GET /${c} HTTP/1.0\r\n\r\n`, 5],
      ['a field name', /[!#$%&'*+\-.^_`|~0-9A-Za-z]/, (c) => `GET / HTTP/1.0\r\nA${c}B: v\r\n\r\n`, 17],
      ['a field value', /[\t\x20-\x7e\x80-\xff]/, (c) => `GET / HTTP/1.0\r\nA: v${c}v\r\n\r\n`, 20],
    ]
    for (const [where, allowed, head, at] of classes) {
      it(`takes in ${where} what its grammar allows, of all 256 octets, at any place of a vector`, () => {
        for (let octet = 0; octet < 256; octet++) {
          const character = String.fromCharCode(octet)
          // These end the part, and what follows is judged as another.
          if ((where === 'a method' || where === 'a request-target') && character === ' ') continue
          if (where === 'a field name' && character === ':') continue
          for (const before of ['', 'x'.repeat(7), 'x'.repeat(15), 'x'.repeat(16), 'x'.repeat(33)]) {
            const probe = head(`${before}${character}`)
            const { end, offset } = run(scanner!, probe)
            if (allowed.test(character)) expect([octet, end]).toEqual([octet, At.INPUT + probe.length])
            else expect([octet, end < 0, offset! - at - before.length <= 1]).toEqual([octet, true, true])
          }
        }
      })
    }

    it('resumes at the first line that was not complete, with the same result', () => {
      const head = 'GET /a HTTP/1.1\r\nHost: a\r\nX-Long: yyyyyyyyyyyyyyyyyyyyyyyyyyy\r\nAccept: */*\r\n\r\n'
      const whole = run(scanner!, head)
      const words = new Int32Array(scanner!.octets.buffer)
      for (let cut = 1; cut < head.length; cut++) {
        expect(run(scanner!, head.slice(0, cut)).end).toBe(0)
        for (let i = 0; i < head.length; i++) scanner!.octets[At.INPUT + i] = head.charCodeAt(i)
        const end = scanner!.scan(Kind.REQUEST, At.INPUT, words[At.LINE >> 2]!, At.INPUT + head.length)
        expect([cut, end]).toEqual([cut, whole.end])
        expect([...new Uint16Array(scanner!.octets.buffer, At.RECORDS, 12)]).toEqual(whole.records)
      }
    })
  })
}
