// Compiles the head scanner to WebAssembly SIMD and writes it, as base64, to src/scanner/simd-module.ts.
//
//   node scripts/build-scanner.mjs           writes the file
//   node scripts/build-scanner.mjs --check   compares it octet by octet, exit status 1 when it is not what the sources give
//
// The sources are src/scanner/{head-scanner,layout}.ts, which the portable scanner is made of too, and assembly/memory.ts.
// Tables are not in the module: src/scanner/names.ts writes the same ones into the memory of both scanners.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from 'assemblyscript/asc'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const output = join(root, 'src/scanner/simd-module.ts')
// A browser's main thread compiles modules synchronously up to this size, and the base64 is to stay below it too.
const limit = 4096

const text = (path) => readFileSync(join(root, path), 'utf8').replaceAll(".js'", "'")
const sources = {
  'scanner.ts': "export { scan } from './head-scanner'\n",
  'head-scanner.ts': text('src/scanner/head-scanner.ts'),
  'layout.ts': text('src/scanner/layout.ts'),
  'memory.ts': text('assembly/memory.ts'),
}

let module
const { error, stderr } = await main(
  [
    'scanner.ts',
    ...['--outFile', 'scanner.wasm', '--runtime', 'stub', '--enable', 'simd', '--noAssert', '--use', 'abort='],
    ...['--initialMemory', '3', '--maximumMemory', '3', '--optimizeLevel', '3', '--shrinkLevel', '0', '--converge'],
    ...(process.argv.includes('--text') ? ['--textFile', 'scanner.wat'] : []),
  ],
  {
    readFile: (name) => sources[name] ?? null,
    writeFile: (name, contents) => {
      if (name === 'scanner.wasm') module = contents
      else if (name.endsWith('.wat')) writeFileSync(name, contents)
    },
    listFiles: () => [],
  },
)
if (error) {
  console.error(stderr.toString())
  throw error
}
const base64 = Buffer.from(module).toString('base64')
if (base64.length > limit) throw new Error(`the module has ${base64.length} octets as base64, more than ${limit}`)
const file = `// Made by scripts/build-scanner.mjs from head-scanner.ts, layout.ts and assembly/memory.ts. Do not edit.

/** WebAssembly module of the SIMD scanner, ${module.length} octets, as base64. */
export const SIMD_MODULE: string =
  '${base64}'
`
if (process.argv.includes('--check')) {
  const same = readFileSync(output, 'utf8') === file
  console.log(same ? 'simd-module.ts is what its sources give' : 'simd-module.ts is stale: run npm run build:scanner')
  process.exitCode = same ? 0 : 1
} else {
  writeFileSync(output, file)
  console.log(`${module.length} octets of WebAssembly, ${base64.length} as base64`)
}
