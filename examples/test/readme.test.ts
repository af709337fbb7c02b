import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('the example of the README serves a site and a fetch handler', async () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${root}/README.md`, 'utf8')) ?? []
  expect(example!.trimEnd().split('\n').length).toBeLessThanOrEqual(10)
  // As printed, but for the ports, which may be taken here, and what a reader would do next: open both.
  const program = `${example!.replace(/port: \d+/g, 'port: 0')}
for (const url of [pages.url, api.url]) console.log(await (await fetch(url)).text())`
  const folder = `${root}/examples/test-results/readme`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(`${root}/examples/site`, `${folder}/public`, { recursive: true })
  writeFileSync(
    `${folder}/example.mjs`,
    ts.transpileModule(program, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } })
      .outputText,
  )
  const child = spawn(process.execPath, ['example.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(printed).toMatch(/<h1>Plainwire<\/h1>[\s\S]*\{"method":"GET"\}/)
})
