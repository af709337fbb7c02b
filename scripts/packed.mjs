// What npm users get: packs the packages, installs the tarballs in an empty folder, checks what they contain, checks their
// types with the oldest TypeScript that the READMEs promise and with ours, imports and requires every entry, and runs every
// example of the READMEs as ES module and as CommonJS, on Node 20, 22 and 24.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readmeExamples, runExample } from './readme-examples.mjs'
import { findNode } from './test-on-node.mjs'

const packages = ['http-parser', 'socket-server', 'web-server', 'chat-protocol']
const majors = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24']
const folder = mkdtempSync(join(tmpdir(), 'packed-'))
const problems = []
const examples = readmeExamples(resolve('.'))

try {
  const tarballs = packages.map((name) => pack(name))
  mkdirSync(join(folder, 'user'))
  writeFileSync(join(folder, 'user/package.json'), '{ "name": "user", "private": true, "type": "module" }\n')
  const oldest = 'oldest-typescript@npm:typescript@~5.8.0'
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', oldest, ...tarballs], {
    cwd: join(folder, 'user'),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const inBrowsers = ['http-parser', 'chat-protocol/engine', 'chat-protocol/client'].map((name) => `@plainwire/${name}`)
  for (const compiler of [join(folder, 'user/node_modules/oldest-typescript'), resolve('node_modules/typescript')]) {
    checkTypes(compiler, 'with the types of Node', entries(), { types: ['node'], module: 'nodenext' })
    checkTypes(compiler, 'in a browser', inBrowsers, {
      ...{ types: [], lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'] },
      ...{ module: 'esnext', moduleResolution: 'bundler', customConditions: ['browser'] },
    })
    checkTypes(compiler, 'by the resolution of projects that have no other yet', entries(), {
      ...{ types: ['node'], module: 'commonjs', moduleResolution: 'node10' },
      ...(compiler.endsWith('/typescript') && { ignoreDeprecations: '6.0' }),
    })
  }
  console.log('the declarations hold for whoever checks those of libraries, too')
  for (const major of majors) {
    const node = findNode(major)
    for (const specifier of entries()) {
      const seen = ['import', 'require'].map((way) => names(node, way, specifier))
      if (seen[0].length === 0) problems.push(`${specifier} exports nothing on Node ${major}`)
      if (seen[0].join() !== seen[1].join()) problems.push(`${specifier}: import and require differ on Node ${major}`)
    }
    console.log(`Node ${major}: every entry imports and requires`)
    const before = problems.length
    const programs = examples.flatMap((example) => [
      ['esm', example],
      ['cjs', example],
    ])
    const next = async () => {
      for (let program = programs.pop(); program !== undefined; program = programs.pop()) {
        const [form, example] = program
        const problem = await runExample(node, join(folder, 'user'), example, form)
        if (problem !== undefined) problems.push(`Node ${major}, ${form}, ${example.name}: ${problem}`)
      }
    }
    await Promise.all([next(), next()])
    const [esm, cjs] = ['esm', 'cjs'].map((form) => examples.length - count(before, `Node ${major}, ${form},`))
    console.log(`Node ${major}: of ${examples.length} README examples, ${esm} run as ES module and ${cjs} as CommonJS`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const problem of problems) console.error(problem)
process.exit(problems.length > 0 ? 1 : 0)

/** Problems from one on that begin with a text. */
function count(from, text) {
  return problems.slice(from).filter((problem) => problem.startsWith(text)).length
}

/** Packs one package and checks the list of files: code, declarations, README and licence, and nothing else. */
function pack(name) {
  const [{ filename, files }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: resolve('packages', name),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  const paths = files.map(({ path }) => path)
  for (const needed of ['package.json', 'README.md', 'LICENSE']) {
    if (!paths.includes(needed)) problems.push(`${name}: ${needed} is not packed`)
  }
  for (const path of paths) {
    if (!/^(dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(path))
      problems.push(`${name}: packs ${path}`)
  }
  return join(folder, filename)
}

/** Every entry of every package, as it is imported. */
function entries() {
  return packages.flatMap((name) => {
    const manifest = JSON.parse(readFileSync(resolve('packages', name, 'package.json'), 'utf8'))
    const paths = Object.keys(manifest.exports).filter((path) => path !== './package.json')
    return paths.map((path) => join(manifest.name, path))
  })
}

/**
 * Type-checks the declarations behind some entries, for ES modules and for CommonJS, in a project that has no other types
 * than those named.
 */
function checkTypes(compiler, where, specifiers, options) {
  const program = specifiers.map((specifier, i) => `export * as entry${i} from '${specifier}'\n`).join('')
  const files = ['types.ts', 'types.cts']
  for (const file of files) writeFileSync(join(folder, 'user', file), program)
  const compilerOptions = { noEmit: true, strict: true, skipLibCheck: false, target: 'es2022', ...options }
  compilerOptions.typeRoots = [resolve('node_modules/@types')]
  writeFileSync(join(folder, 'user/tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const command = [join(compiler, 'bin/tsc')]
  const { status, stdout } = spawnSync(process.execPath, command, { cwd: join(folder, 'user'), encoding: 'utf8' })
  if (status !== 0) problems.push(`types ${where}, ${compiler}: ${stdout}`)
}

/** The names an entry exports, as one Node sees them by `import` or by `require`. */
function names(node, way, specifier) {
  const load = way === 'import' ? `await import('${specifier}')` : `createRequire(import.meta.url)('${specifier}')`
  const program = `import { createRequire } from 'node:module'; console.log(Object.keys(${load}).filter((name) => name !== '__esModule').sort().join('\\n'))`
  const { status, stdout, stderr } = spawnSync(node, ['--input-type=module', '-e', program], {
    cwd: join(folder, 'user'),
    encoding: 'utf8',
    timeout: 30_000,
  })
  if (status !== 0)
    problems.push(`${specifier} does not load by ${way}: ${stderr.trim().split('\n').slice(-8).join(' ')}`)
  return stdout.trim().split('\n').filter(Boolean)
}
