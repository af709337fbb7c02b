import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { DEFAULT_LIMITS } from '../src/engine/settings.js'
import { DEFAULT_CONNECTION_LIMITS } from '../src/server/admission.js'
import { DEFAULT_FLOOD } from '../src/session/flood.js'
import { DEFAULT_TIMEOUTS } from '../src/session/timeouts.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const results = new URL('../test-results/', import.meta.url)

/** The first example of a section, as a module that runs on what was built. */
function exampleOf(section: string): string {
  const text = readme.slice(readme.indexOf(`\n## ${section}\n`))
  const [, code] = /```ts\n([\s\S]*?)```/.exec(text) ?? []
  return code!.replace(/'@plainwire\/chat-protocol\/(\w+)'/g, `'${new URL('../dist/', import.meta.url).href}$1.js'`)
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

it('the README names every key of the options that are objects, with its default', () => {
  const defaults = {
    flood: DEFAULT_FLOOD,
    connectionLimits: DEFAULT_CONNECTION_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
    limits: DEFAULT_LIMITS,
  }
  for (const [option, keys] of Object.entries(defaults)) {
    for (const [key, value] of Object.entries<number | readonly string[]>({ ...keys })) {
      const shown = typeof value === 'number' ? value.toLocaleString('en') : 'none'
      expect(readme).toMatch(new RegExp(`^\\| \`${option}\\.${key}\` \\| [^|]+ \\| ${shown} \\|`, 'm'))
    }
  }
})
