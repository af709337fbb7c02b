import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const results = new URL('../test-results/', import.meta.url)

/** The first example of a section, as a module that runs on what was built. */
function exampleOf(section: string): string {
  const text = readme.slice(readme.indexOf(`\n## ${section}\n`))
  const [, code] = /```ts\n([\s\S]*?)```/.exec(text) ?? []
  return code!.replace(/'@plainwire\/chat-protocol\/(\w+)'/g, `'${new URL('../dist/', import.meta.url).pathname}$1.js'`)
}

describe("the README's examples run", () => {
  it.each([
    ['Server', /^irc:\/\/127\.0\.0\.1:\d+$/],
    ['Engine', / 366 ann #tea /],
  ])('%s', async (section, printed) => {
    mkdirSync(results, { recursive: true })
    const file = new URL(`readme-${section.toLowerCase()}.mjs`, results)
    writeFileSync(file, exampleOf(section))
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(/* @vite-ignore */ file.href)
    expect(String(log.mock.calls.flat().join('\n'))).toMatch(printed)
    log.mockRestore()
  })
})
