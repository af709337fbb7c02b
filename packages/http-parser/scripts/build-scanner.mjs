// Compiles the head scanner to WebAssembly SIMD and writes it, as text, to src/scanner/simd-module.ts.
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
// A browser's main thread compiles modules synchronously up to this size.
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
if (module.length > limit) throw new Error(`the module has ${module.length} octets, more than ${limit}`)
// A character an octet is smaller than base64 when it is compressed, and turned into octets in a third of the time.
const literal = [...module].map((octet) => (octet >= 32 && octet < 127 ? plain(octet) : hex(octet))).join('')
const file = `// Made by scripts/build-scanner.mjs from head-scanner.ts, layout.ts and assembly/memory.ts. Do not edit.

/** WebAssembly module of the SIMD scanner, ${module.length} octets, a character each. */
export const SIMD_MODULE: string =
  '${literal}'
`
if (process.argv.includes('--check')) {
  const same = readFileSync(output, 'utf8') === file
  console.log(same ? 'simd-module.ts is what its sources give' : 'simd-module.ts is stale: run npm run build:scanner')
  process.exitCode = same ? 0 : 1
} else {
  writeFileSync(output, file)
  console.log(`${module.length} octets of WebAssembly`)
}

function plain(octet) {
  const character = String.fromCharCode(octet)
  return character === "'" || character === '\\' ? `\\${character}` : character
}

function hex(octet) {
  return `\\x${octet.toString(16).padStart(2, '0')}`
}
