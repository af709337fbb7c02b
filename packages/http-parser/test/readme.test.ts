import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as parsers from '../src/index.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it('the first example of the README prints what it says', () => {
  const example = /```js\n(import \{ RequestParser \}[\s\S]*?)```/.exec(readme)![1]!
  const lines: string[] = []
  const log = (...values: unknown[]): void => void lines.push(values.join(' '))
  const code = example.replace(/^import .*$/m, '')
  new Function('RequestParser', 'console', code)(parsers.RequestParser, { log })
  expect(lines).toEqual([...code.matchAll(/\/\/ (.*)$/gm)].map((match) => match[1]))
})

it('the README lists every error as the table has it', () => {
  for (const [code, { status, rfc, message }] of Object.entries(parsers.ERRORS)) {
    expect(readme).toContain(`| \`${code}\` | ${status} | ${rfc} | ${message} |`)
  }
})

it('the README names every option and lenience with its default', () => {
  const source = readFileSync(new URL('../src/options.ts', import.meta.url), 'utf8')
  for (const [, name] of source.matchAll(/^ {2}readonly (\w+)\?:/gm)) expect(readme).toContain(`| \`${name}\``)
  for (const [, name, value] of source.matchAll(/limit\(options, '(\w+)', ([\d_]+)/g)) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``))
    expect(row).toContain(`| ${value!.replaceAll('_', ',')} |`)
  }
})
