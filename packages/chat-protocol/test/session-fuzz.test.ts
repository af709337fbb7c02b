import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseMessage } from '../src/codec/message.js'
import { CAPABILITIES } from '../src/session/capabilities.js'
import { verbs } from '../src/session/verbs.js'
import { EngineStage } from './transcripts/stages.js'

const names = [...verbs.keys()]
const odd = [
  '',
  ':',
  '*',
  '::a',
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
const line = fc
  .tuple(
    tags,
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: word }),
    fc.array(word, { maxLength: 6 }),
    fc.boolean(),
  )
  .map(([tag, verb, params, trailing]) => {
    const last = params.length - 1
    return `${tag}${verb} ${params.map((param, i) => (trailing && i === last ? `:${param} ${param}` : param)).join(' ')}`.replace(
      /[\r\n\0]/g,
      '',
    )
  })

it('no line, whatever it says, breaks a session or makes it send a line that is none', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 60 }), fc.integer({ min: 0 }), async (lines, seed) => {
      const stage = new EngineStage({})
      const caps = CAPABILITIES.filter((_, i) => (seed >> i) & 1).map(([name]) => name)
      for (const who of ['ann', 'bob', 'eve']) {
        stage.connect(who)
        if (who === 'eve') continue // stays unregistered
        for (const text of [`CAP REQ :${caps.join(' ')}`, `NICK ${who}`, 'USER u 0 * :U', 'CAP END', 'JOIN #tea'])
          stage.send(who, text)
      }
      stage.send('ann', 'OPER root secret')
      await stage.received()
      for (const [i, text] of lines.entries()) {
        stage.send(['ann', 'bob', 'eve'][i % 3]!, text)
        for (const [who, received] of await stage.received()) {
          for (const answer of received) {
            if (answer === undefined) continue
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
