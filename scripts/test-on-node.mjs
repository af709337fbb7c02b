// Runs the test command on other Node majors: `npm run test:node -- 22 24` (or, without arguments, 20 22 24).
// The binaries come from npm's per-platform packages and live in .tools, outside the workspace's dependencies.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

if (process.argv[1] === fileURLToPath(import.meta.url)) main()

function main() {
  const majors = process.argv.slice(2).filter((argument) => /^\d+$/.test(argument))
  const turboArguments = process.argv.slice(2).filter((argument) => !/^\d+$/.test(argument))
  if (majors.length === 0) majors.push('20', '22', '24')
  const tasks = turboArguments.length > 0 ? turboArguments : ['build', 'type-check', 'test']

  const failed = []
  for (const major of majors) {
    const node = findNode(major)
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
    console.log(`\n=== Node ${version} ===`)
    const run = (script, ...args) =>
      spawnSync(node, [script, ...args], {
        stdio: 'inherit',
        env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
      }).status
    if (run('scripts/turbo.mjs', 'run', ...tasks, '--continue', '--concurrency=2', '--output-logs=errors-only') !== 0)
      failed.push(version)
    else if (run('scripts/closing-line.mjs') !== 0) failed.push(version)
  }
  if (failed.length > 0) {
    console.error(`failed on ${failed.join(', ')}`)
    process.exit(1)
  }
}

/** The path of a Node binary of this major: the running one, or the newest of that major from npm. */
export function findNode(major) {
  if (process.versions.node.split('.')[0] === major) return process.execPath
  const folder = resolve('.tools', `node-${major}`)
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    const npm = spawnSync('npm', ['install', '--no-save', '--ignore-scripts', `${name}@${major}`], {
      cwd: folder,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    if (npm.status !== 0 || !existsSync(binary)) {
      console.error(`Node ${major} is not here and could not be installed from npm`)
      process.exit(1)
    }
  }
  return binary
}
