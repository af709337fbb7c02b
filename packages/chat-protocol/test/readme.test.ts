import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../src/client/options.js'
import { connect } from '../src/client.js'
import { serveChat } from '../src/server.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const errors = readFileSync(new URL('../src/codec/errors.ts', import.meta.url), 'utf8')
const events = readFileSync(new URL('../src/client/events.ts', import.meta.url), 'utf8')
const methods = readFileSync(new URL('../src/client/interface.ts', import.meta.url), 'utf8')

describe('the README', () => {
  it('its first example does what it says', async () => {
    const example = /```js\n([\s\S]*?)```/.exec(readme)![1]!
    const said: unknown[] = []
    const AsyncFunction = (async () => {}).constructor as new (
      ...texts: string[]
    ) => (...values: unknown[]) => Promise<void>
    const program = new AsyncFunction('connect', 'serveChat', 'console', example.replace(/^import .*$/gm, ''))
    await program(connect, serveChat, { log: (...words: unknown[]) => said.push(words.join(' ')) })
    expect(said).toEqual(['1 bird in the room'])
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(13)
  })

  it('its table of errors is the table of errors', () => {
    const codes = [...errors.matchAll(/\/\*\* (.*?)\.? \*\/\n {2}\| '(\w+)'/g)]
    expect(codes.length).toBeGreaterThan(15)
    const rows = codes.map(([, sentence, code]) => `| \`${code}\` | ${sentence} |`.toLowerCase())
    expect(readme.toLowerCase()).toContain(rows.join('\n'))
  })

  it('it names every option, event and method of the client', () => {
    const options = [...Object.keys(resolveOptions({ nick: 'ann' })), 'url', 'password', 'sasl', 'tls', 'signal']
    const types = [...events.matchAll(/readonly type: '(\w+)'/g)].map((match) => match[1]!)
    const called = [...methods.slice(methods.indexOf('interface Chatting')).matchAll(/^ {2}(\w+)\(/gm)].map(
      (match) => match[1]!,
    )
    expect([options.length > 15, types.length > 15, called.length > 15]).toEqual([true, true, true])
    for (const name of [...options, ...types]) expect(readme).toContain(`\`${name}\``)
    for (const name of called) if (!/^(room|same|has)$/.test(name)) expect(readme).toMatch(new RegExp(`\`${name}[(\`]`))
  })
})
