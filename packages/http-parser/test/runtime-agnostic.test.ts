import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

describe('the entries that run anywhere', () => {
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'http-parser-'))
    await build({
      entryPoints: ['index', 'encode', 'stream', 'explain'].map((entry) => join(root, 'src', `${entry}.ts`)),
      bundle: true,
      format: 'esm',
      target: 'es2022',
      outdir: folder,
      logLevel: 'silent',
    })
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  for (const entry of ['index', 'encode', 'stream', 'explain']) {
    it(`./${entry} imports nothing and touches neither Buffer nor process`, () => {
      const code = readFileSync(join(folder, `${entry}.js`), 'utf8')
      expect(code).not.toMatch(/\bimport\b\s*[("'{*]|\brequire\(/)
      expect(code.replace(/\/\/.*$/gm, '')).not.toMatch(/\b(Buffer|process|require|__dirname)\b/)
    })
  }

  it('nothing else is built from them', () => {
    expect(readdirSync(folder).sort()).toEqual(['encode.js', 'explain.js', 'index.js', 'stream.js'])
  })

  it('reads a message where there is nothing but the language, with TextDecoder and WebAssembly and without', () => {
    const code = readFileSync(join(folder, 'index.js'), 'utf8').replace(/export\s*\{[^}]*\};?\s*$/, '')
    const read = `
      const seen = []
      const parser = new RequestParser({ head: (head) => { seen.push(head.method, head.target, ...head.fields.flat()) } })
      parser.push(Uint8Array.from('GET /a-target-that-is-too-long-to-be-short HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', (c) => c.charCodeAt(0)))
      JSON.stringify(seen)`
    const expected = '["GET","/a-target-that-is-too-long-to-be-short","Host","x"]'
    expect(runInContext(`${code};${read}`, createContext({ TextDecoder }))).toBe(expected)
    // No WebAssembly: the portable scanner.
    expect(runInContext(`${code};${read}`, createContext({ TextDecoder, WebAssembly: undefined }))).toBe(expected)
    expect(runInContext(`${code};${read}`, createContext({ WebAssembly: undefined }))).toBe(expected)
  })

  it('compiles nothing at import', () => {
    const code = readFileSync(join(folder, 'index.js'), 'utf8').replace(/export\s*\{[^}]*\};?\s*$/, '')
    const compiled: string[] = []
    const watched = {
      Module: class {
        constructor() {
          compiled.push('module')
          throw new Error('not today')
        }
      },
    }
    const context = createContext({ TextDecoder, WebAssembly: watched })
    runInContext(code, context)
    expect(compiled).toEqual([])
    runInContext('new RequestParser({ head() {} })', context)
    expect(compiled).toEqual(['module'])
  })
})
