import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

describe('the codec as a browser gets it', () => {
  it('is at most 5 KiB gzipped and imports nothing', async () => {
    const result = await build({
      entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      metafile: true,
    })
    const inputs = Object.keys(result.metafile.inputs)
    expect(inputs.every((path) => /src\/(?:index|codec\/[a-z-]+)\.ts$/.test(path))).toBe(true)
    const code = result.outputFiles[0]!.text
    expect(code).not.toMatch(/\bBuffer\b|\bprocess\b|\brequire\b/)
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(5 * 1024)
  })
})
