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

it('the README names every option and lenience with its default and its bound', () => {
  const source = readFileSync(new URL('../src/options.ts', import.meta.url), 'utf8')
  for (const [, name] of source.matchAll(/^ {2}readonly (\w+)\?:/gm)) expect(readme).toContain(`| \`${name}\``)
  const bounds = new Map(
    [...source.matchAll(/^const (\w+_LIMIT) = ([\d_]+)/gm)].map(([, name, value]) => [name, value]),
  )
  for (const [, name, value, bound] of source.matchAll(/limit\(options, '(\w+)', ([\d_]+), ([\w.]+)\)/g)) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``))
    const most = bounds.get(bound)?.replaceAll('_', ',') ?? ''
    expect(row).toContain(`| ${value!.replaceAll('_', ',')} | ${most}${most === '' ? '' : ' '}|`)
  }
})
