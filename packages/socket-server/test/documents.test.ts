import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SOCKET_ERRORS } from '../src/index.js'
import { compile, packageFolder } from './programs.js'

const examples = join(packageFolder, '../../examples')
const readme = readFileSync(join(packageFolder, 'README.md'), 'utf8')

async function outputOf(program: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  expect(await once(child, 'close')).toEqual([0, null])
  return out
}

it('the example of the README has ten lines and prints what it says', async () => {
  const [, example] = /```js\n([\s\S]*?)```/.exec(readme)!
  expect(example!.trimEnd().split('\n').length).toBeLessThanOrEqual(10)
  expect(await outputOf(await compile({ text: example! }, 'readme.mjs'))).toBe('Hello, wire!\n')
})

it('the README’s table of errors is that of the sources', () => {
  const rows = Object.entries(SOCKET_ERRORS).map(([code, sentence]) => `| \`${code}\` | ${sentence} |`)
  const table = ['| code | meaning |', '|---|---|', ...rows].join('\n')
  expect(readme).toContain(`compares -->\n${table}\n<!-- /errors -->`)
})

it('the README names every option of serve and connect', () => {
  const sources = ['options.ts', 'hooks.ts', 'connect.ts', 'address.ts'].map((file) =>
    readFileSync(join(packageFolder, 'src', file), 'utf8'),
  )
  const names = sources
    .flatMap((text) => [...text.matchAll(/^export interface \w*(?:Options|Timeouts) [^{]*\{\n([\s\S]*?)^\}/gm)])
    .flatMap(([, body]) => [...body!.matchAll(/^ {2}(\w+)\?:/gm)])
    .map(([, name]) => name!)
  expect(names).toContain('maxWriteQueue')
  for (const name of names) expect(readme).toContain(`\`${name}\``)
})

it('the echo server and its client, each under 30 lines, talk to each other', async () => {
  for (const name of ['echo-server.ts', 'echo-client.ts']) {
    expect(readFileSync(join(examples, name), 'utf8').split('\n').length).toBeLessThan(30)
  }
  const program = await compile({ path: join(examples, 'echo-server.ts') }, 'echo-example.mjs')
  const server = spawn(process.execPath, [program, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [first] = (await once(server.stdout, 'data')) as [Buffer]
  const address = /tcp:\S+/.exec(first.toString())![0]
  const client = await compile({ path: join(examples, 'echo-client.ts') }, 'echo-client.mjs')
  expect(await outputOf(client, address)).toBe('Hello, wire!\n')
  expect(await outputOf(client, address, 'one', 'two')).toBe('one two\n')
  server.kill('SIGINT')
  expect(await once(server, 'exit')).toEqual([0, null])
})
