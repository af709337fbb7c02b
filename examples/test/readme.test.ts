import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readmeExamples, runExample, typeProblems } from '../../scripts/readme-examples.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
// Below a workspace, so that packages are found by their names as they are for users.
const folder = fileURLToPath(new URL('../test-results/readme', import.meta.url))
mkdirSync(folder, { recursive: true })

describe('the examples of the READMEs say what they promise', () => {
  const examples = readmeExamples(root)

  it.each(examples.map((example) => [example.name, example] as const))('%s', async (_, example) => {
    expect(await runExample(process.execPath, folder, example, 'esm')).toBeUndefined()
  })

  it('each is type-checked as it is printed', () => {
    expect(typeProblems(folder, examples)).toEqual([])
    const wrong = { name: 'of a wrong type', code: "const port: number = 'http'\nexport default port\n" }
    expect(typeProblems(folder, [wrong])).toEqual([expect.stringMatching(/of-a-wrong-type\.ts:1: .*not assignable/)])
  })

  it('the first of each README has about ten lines', () => {
    const seen = new Set<string>()
    for (const { name, code } of examples) {
      const readme = name.split(':')[0]!
      if (!seen.has(readme)) expect(code.trimEnd().split('\n').length, name).toBeLessThanOrEqual(13)
      seen.add(readme)
    }
    expect(seen.size).toBe(5)
  })

  it('an example that says something else, or does not end, is found out', async () => {
    const [first] = examples
    expect(await runExample(process.execPath, folder, { ...first!, prints: 'else' }, 'esm')).toContain('printed')
    const throwing = { ...first!, name: 'throws', cjs: 'throw new Error("no")' }
    expect(await runExample(process.execPath, folder, throwing, 'cjs')).toContain('ended with 1')
  })
})
