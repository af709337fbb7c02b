// Every relative link of every Markdown file leads to a file that is there.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const files = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n')
const broken = []
let links = 0
for (const file of files) {
  const text = readFileSync(file, 'utf8').replace(/```[\s\S]*?```/g, '')
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:|^#/.test(target)) continue
    links++
    if (!existsSync(join(dirname(file), target.split('#')[0]))) broken.push(`${file}: ${target}`)
  }
}
for (const link of broken) console.error(`leads nowhere: ${link}`)
console.log(`${links} links, ${broken.length} broken`)
process.exit(broken.length > 0 ? 1 : 0)
