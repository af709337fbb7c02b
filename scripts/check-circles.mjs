// Fails when imports run in a circle, or against the direction in which the packages build on each other. Imports of types
// count like the others: two files that need each other's types are one idea in two places, too.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'

// What the sources of a package may import that is not their own, and from which of their files; what no rule names is
// refused. The first rule that covers a file counts.
const anything = /^/
const outside = /^(?!@plainwire\/)/
const rules = [
  { files: /^packages\/http-parser\/src\/cli\.ts$/, may: outside },
  { files: /^packages\/http-parser\//, may: /^(?!)/ },
  { files: /^packages\/socket-server\//, may: /^node:/ },
  { files: /^packages\/web-server\//, may: either(outside, /^@plainwire\/(http-parser|socket-server)(\/|$)/) },
  {
    files: /^packages\/chat-protocol\/src\/(web|cli)(\.ts$|\/)/,
    may: either(outside, /^@plainwire\/(socket-server|web-server)(\/|$)/),
  },
  { files: /^packages\/chat-protocol\//, may: either(outside, /^@plainwire\/socket-server(\/|$)/) },
  { files: /^bench\//, may: anything },
]

const folders = [...readdirSync('packages').map((name) => join('packages', name, 'src')), join('bench', 'src')]
const wrong = []
/** For each file, the files it imports. */
const arrows = new Map()
let imports = 0
for (const folder of folders) {
  const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, name))
  for (const file of files.filter((name) => name.endsWith('.ts'))) arrows.set(slashed(file), [])
}
for (const [file, targets] of arrows) {
  for (const name of importsOf(file)) {
    imports++
    if (!name.startsWith('.')) {
      const rule = rules.find(({ files }) => files.test(file))
      if (!rule?.may.test(name)) wrong.push(`wrong direction: ${file} imports ${name}`)
      continue
    }
    const target = slashed(relative('.', resolve(file, '..', name))).replace(/\.js$/, '.ts')
    const home = file.slice(0, file.indexOf('/src/') + '/src/'.length)
    if (!target.startsWith(home)) wrong.push(`leaves its package: ${file} imports ${name}`)
    else if (arrows.has(target)) targets.push(target)
    else wrong.push(`leads nowhere: ${file} imports ${name}`)
  }
}
const circles = circlesOf(arrows)
for (const circle of circles) {
  console.error(`circle: ${circle.join(', ')}`)
  console.error(`  the shortest way round: ${shortestRound(circle).join(' -> ')}`)
}
for (const line of wrong) console.error(line)
console.log(
  `${arrows.size} files, ${imports} imports, ${circles.length} circles, ${wrong.length} imports that are not allowed`,
)
process.exit(circles.length + wrong.length > 0 ? 1 : 0)

/** Every module that a file names: imports and exports of values and of types, `import()` as a call and as a type. */
function importsOf(file) {
  const names = []
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  visit(source)
  return names

  function visit(node) {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) take(node.moduleSpecifier)
    else if (ts.isExternalModuleReference(node)) take(node.expression)
    else if (ts.isImportTypeNode(node)) take(node.argument.literal)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) take(node.arguments[0])
    ts.forEachChild(node, visit)
  }

  function take(specifier) {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) names.push(specifier.text)
  }
}

/** The groups of files in which every file leads to every other (the strongly connected components, after Tarjan). */
function circlesOf(graph) {
  const found = []
  const order = new Map()
  const low = new Map()
  const path = []
  const onPath = new Set()
  for (const file of graph.keys()) if (!order.has(file)) walk(file)
  return found

  function walk(file) {
    order.set(file, order.size)
    low.set(file, order.get(file))
    path.push(file)
    onPath.add(file)
    for (const target of graph.get(file)) {
      if (!order.has(target)) {
        walk(target)
        low.set(file, Math.min(low.get(file), low.get(target)))
      } else if (onPath.has(target)) low.set(file, Math.min(low.get(file), order.get(target)))
    }
    if (low.get(file) !== order.get(file)) return
    const group = path.splice(path.indexOf(file))
    for (const member of group) onPath.delete(member)
    if (group.length > 1 || graph.get(file).includes(file)) found.push(group.sort())
  }
}

/** The shortest round trip inside a circle: the arrows among which one has to go. */
function shortestRound(circle) {
  let shortest
  for (const start of circle) {
    const ways = [[start]]
    const seen = new Set()
    for (const way of ways) {
      if (shortest !== undefined && way.length >= shortest.length) break
      const targets = arrows.get(way.at(-1))
      if (targets.includes(start)) {
        shortest = [...way, start]
        break
      }
      for (const target of targets) {
        if (seen.has(target)) continue
        seen.add(target)
        ways.push([...way, target])
      }
    }
  }
  return shortest
}

/** Matches what one of the patterns matches. */
function either(...patterns) {
  return new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'))
}

function slashed(path) {
  return path.split(sep).join('/')
}
