import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { median } from '../measure/statistics.js'

/** Octets, gzipped, of everything that importing the package's main entry loads. */
export function packageSize(): number {
  const modules = new Map<string, string>()
  const visit = (url: string): void => {
    if (modules.has(url)) return
    const source = readFileSync(fileURLToPath(url), 'utf8')
    modules.set(url, source)
    for (const match of source.matchAll(/(?:from|import)\s*["'](\.[^"']+)["']/g)) visit(new URL(match[1]!, url).href)
  }
  visit(import.meta.resolve('@plainwire/http-parser'))
  return gzipSync([...modules.values()].map((source) => source.replace(/^\/\/# sourceMappingURL.*$/m, '')).join('\n'))
    .length
}

const probe = `
  let compiled = 0
  for (const name of ['Module', 'Instance']) {
    const original = WebAssembly[name]
    WebAssembly[name] = new Proxy(original, { construct(target, args) { compiled++; return new target(...args) } })
  }
  for (const name of ['compile', 'instantiate']) {
    const original = WebAssembly[name]
    WebAssembly[name] = (...args) => { compiled++; return original(...args) }
  }
  const { RequestParser } = await import(process.argv[1])
  const atImport = compiled
  const octets = Buffer.from('GET / HTTP/1.1\\r\\nHost: x\\r\\nAccept: */*\\r\\n\\r\\n')
  const started = performance.now()
  let target
  new RequestParser({ head(head) { target = head.target + head.fields.get('accept') } }).push(octets)
  const elapsed = performance.now() - started
  if (target !== '/*/*') throw new Error('not parsed')
  console.log(JSON.stringify({ elapsed, atImport }))
`

/** Milliseconds from the import to the first parsed request in new processes, and WebAssembly modules compiled at import. */
export function firstParse(runs: number): { milliseconds: number; compiledAtImport: number } {
  const url = import.meta.resolve('@plainwire/http-parser')
  const samples = Array.from({ length: runs }, () => {
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', probe, url], { encoding: 'utf8' })
    return JSON.parse(output) as { elapsed: number; atImport: number }
  })
  return {
    milliseconds: median(samples.map((sample) => sample.elapsed)),
    compiledAtImport: Math.max(...samples.map((sample) => sample.atImport)),
  }
}
