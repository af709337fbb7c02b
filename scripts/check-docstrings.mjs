// Fails when an exported name of a package has no docstring. It reads the declarations as published (dist/*.d.ts), through
// the compiler, so that what the editor of a user shows is what is checked: every exported name, and every public member of
// an exported class or interface.
import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import ts from 'typescript'

const packages = ['http-parser', 'socket-server', 'web-server', 'chat-protocol']
const missing = []
let names = 0
for (const name of packages) {
  const folder = resolve('packages', name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const entries = Object.values(manifest.exports)
    .map((target) => target.types)
    .filter(Boolean)
    .map((types) => join(folder, types))
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
  })
  const checker = program.getTypeChecker()
  for (const entry of entries) {
    const file = program.getSourceFile(entry)
    const module = file && checker.getSymbolAtLocation(file)
    if (!module) {
      missing.push(`${relative('.', entry)}: exports nothing, or is not built`)
      continue
    }
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      const declaration = symbol.declarations?.[0]
      if (!declaration?.getSourceFile().fileName.startsWith(folder)) continue
      check(symbol, `${name} ${relative(folder, entry)}: ${exported.name}`)
      if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) continue
      for (const member of declaration.members) {
        const key = member.name && ts.isIdentifier(member.name) ? member.name.text : undefined
        const hidden = ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)
        if (!key || hidden || key.startsWith('_') || inherited(declaration, key)) continue
        const inner = checker.getSymbolAtLocation(member.name)
        if (inner) check(inner, `${name} ${relative(folder, entry)}: ${exported.name}.${key}`)
      }
    }
  }

  /** A member that the platform's own type documents: `name` of an Error, `headers` of a Response. */
  function inherited(declaration, key) {
    const bases = (declaration.heritageClauses ?? []).flatMap(({ types }) => [...types])
    return bases.some((base) => {
      const property = checker.getTypeAtLocation(base).getProperty(key)
      return (
        property !== undefined && (property.declarations?.[0]?.getSourceFile().fileName ?? '').includes('node_modules')
      )
    })
  }

  function check(symbol, label) {
    if (symbol.getJsDocTags(checker).some(({ name }) => name === 'internal')) return
    names++
    if (ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() === '') missing.push(label)
  }
}
for (const label of [...new Set(missing)].sort()) console.error(`no docstring: ${label}`)
console.log(`${names} public names, ${new Set(missing).size} without a docstring`)
process.exit(missing.length > 0 ? 1 : 0)
