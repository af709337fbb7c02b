import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MISUSES, serve, WEB_ERRORS } from '../src/index.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const optionsSource = readFileSync(new URL('../src/options.ts', import.meta.url), 'utf8')

describe('the README', () => {
  it('its first example does what it says', async () => {
    const example = /```js\n([\s\S]*?)```/.exec(readme)![1]!
    const said: string[] = []
    const AsyncFunction = (async () => {}).constructor as new (
      ...texts: string[]
    ) => (...values: unknown[]) => Promise<void>
    const program = new AsyncFunction('serve', 'console', example.replace(/^import .*$/m, ''))
    await program(serve, { log: (text: string) => said.push(text) })
    expect(said).toEqual(['You asked for /hello\n'])
    expect(example.split('\n').length).toBeLessThan(14)
  })

  it('its table of errors is the table of errors', () => {
    const rows = Object.entries(WEB_ERRORS).map(
      ([code, [status, sentence]]) => `| \`${code}\` | ${status === 0 ? '–' : status} | ${sentence} |`,
    )
    expect(readme).toContain(rows.join('\n'))
  })

  it('its table of mistakes is the table of mistakes', () => {
    const rows = Object.entries(MISUSES).map(([code, sentence]) => `| \`${code}\` | ${sentence} |`)
    expect(readme).toContain(rows.join('\n'))
  })

  it('it names every option of serve that is ours', () => {
    const own = optionsSource.slice(0, optionsSource.indexOf('interface WebServerStats'))
    const names = [...own.matchAll(/^ {2}(\w+)\?:/gm)].map((match) => match[1]!)
    expect(names.length).toBeGreaterThan(15)
    for (const name of names) expect(readme).toContain(`| \`${name}\` |`)
  })
})
