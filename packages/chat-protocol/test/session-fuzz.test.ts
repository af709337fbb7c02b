import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseMessage } from '../src/codec/message.js'
import { CAPABILITIES } from '../src/session/capabilities.js'
import { verbs } from '../src/session/verbs.js'
import { EngineStage } from './transcripts/stages.js'

/** The longest names there may be: what fits beside them always fits. */
const BOB = 'b'.repeat(32)
const LONGEST = {
  name: `${'s'.repeat(61)}.s`,
  operators: [{ name: 'root', password: 'secret', host: `${'h'.repeat(61)}.h` }],
}

const names = [...verbs.keys()]
const odd = [
  '',
  ':',
  '*',
  '::a',
  '::a!b@c',
  'm::a!b@c',
  ':*!*@*',
  '*!*@:',
  'ann',
  'bob',
  '#tea',
  '#TEA',
  '#',
  '@#tea',
  '%#',
  ',',
  ',,',
  'a,b,#tea',
  '0',
  '-1',
  '99999999999',
  '+',
  '-',
  '+o',
  '+bbb',
  '+b-k',
  '+beI',
  'beIXYZ',
  '-k+l-l',
  '-k',
  '+kl',
  '%tcuihsnfdlaor,1',
  '%',
  'o',
  'S',
  'L',
  'C',
  'LS',
  'REQ',
  'END',
  '302',
  'LATEST',
  'BEFORE',
  'BETWEEN',
  'TARGETS',
  'timestamp=2026-01-01T00:00:00.000Z',
  'timestamp=9999-99-99T00:00:00Z',
  'msgid=id1-1',
  'msgid=',
  '*!*@*',
  'm:*',
  'm:',
  '127.0.0.0/8',
  '\x01ACTION\x01',
  '\x02\x03',
  'chat.example',
  '*.example',
  '$',
  '\\',
  '[',
  '{',
  '~',
  '☃',
  '👋'.repeat(20),
  'é'.repeat(200),
  '漢'.repeat(30),
  '漢'.repeat(100),
  '漢'.repeat(160),
  '-batch',
  '\x1f',
  'a'.repeat(400),
  '\u202e',
  '\ud800',
  '=',
  ';',
  '>3',
  '<3',
  'C>1',
  'T<1',
  '!x',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
]
const word = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...odd) },
  { weight: 1, arbitrary: fc.string({ maxLength: 30, unit: 'grapheme' }) },
)
const tags = fc.constantFrom(
  '',
  '',
  '@label=x ',
  '@+typing=active;+draft/reply=y ',
  '@label= ',
  '@+a=\\:\\s\\\\ ',
  '@;;=;+= ',
  '@__proto__=1;+__proto__=2 ',
  `@+x=${'y'.repeat(4000)} `,
)
// Most verbs do something only with a room or a nick that is there.
const target = fc.constantFrom('#tea', '#tea', '#tea', 'ann', BOB, '漢'.repeat(160), `#${'漢'.repeat(21)}`)
const mask = fc.constantFrom('::a!b@c', ':a!b@c', 'a', BOB, 'm:漢', '*'.repeat(180), '漢'.repeat(60))
const mode = fc
  .tuple(
    fc.array(fc.constantFrom('b', 'e', 'I', 'k', 'l', 'o', 'v', 'X', '+', '-', '-k', 'n'), { maxLength: 9 }),
    fc.array(mask, { maxLength: 5 }),
  )
  .map(([letters, masks]) => `MODE #tea ${[letters.join(''), ...masks].join(' ')}`)
const command = fc
  .tuple(
    tags,
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: word }),
    fc.option(target, { nil: undefined }),
    fc.array(word, { maxLength: 6 }),
    fc.boolean(),
  )
  .map(([tag, verb, first, rest, trailing]) => {
    const params = first === undefined ? rest : [first, ...rest]
    const last = params.length - 1
    return `${tag}${verb} ${params.map((param, i) => (trailing && i === last ? `:${param} ${param}` : param)).join(' ')}`.replace(
      /[\r\n\0]/g,
      '',
    )
  })
const line = fc.oneof({ weight: 4, arbitrary: command }, { weight: 1, arbitrary: mode })

it('no line, whatever it says, breaks a session or makes it send a line that is none', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 60 }), fc.integer({ min: 0 }), async (lines, seed) => {
      const stage = new EngineStage(LONGEST)
      const caps = CAPABILITIES.filter((_, i) => (seed >> i) & 1).map(([name]) => name)
      const arrive = (who: string): void => {
        stage.connect(who)
        if (who === 'eve') return // stays unregistered
        const introduction = [`NICK ${who === 'bob' ? BOB : who}`, `USER ${'u'.repeat(12)} 0 * :U`]
        for (const text of [`CAP REQ :${caps.join(' ')}`, ...introduction, 'CAP END', 'JOIN #tea', 'OPER root secret'])
          stage.send(who, text)
      }
      for (const who of ['ann', 'bob', 'eve']) arrive(who)
      for (const [i, text] of lines.entries()) {
        stage.send(['ann', 'bob', 'eve'][i % 3]!, text)
        for (const [who, received] of await stage.received()) {
          for (const answer of received) {
            if (answer === undefined) {
              arrive(who)
              continue
            }
            expect(() => parseMessage(answer)).not.toThrow()
            const bare = answer.startsWith('@') ? answer.slice(answer.indexOf(' ') + 1) : answer
            if (Buffer.byteLength(bare) > 510) {
              throw new Error(
                `${who} received ${Buffer.byteLength(bare)} octets after ${JSON.stringify(text)}: ${answer}`,
              )
            }
          }
        }
      }
      expect(stage.engine.users.size).toBeLessThanOrEqual(3)
    }),
    { numRuns: 200, seed: 7 },
  )
})
