// Every relative link and picture of every Markdown file leads to a file that is there, and to a heading that it has.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const files = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n')
const broken = []
let links = 0
for (const file of files) {
  for (const [, target] of proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue
    links++
    const [path, anchor] = target.split('#')
    const place = path === '' ? file : join(dirname(file), path)
    if (!existsSync(place) || (anchor !== undefined && !anchorsOf(place).includes(anchor)))
      broken.push(`${file}: ${target}`)
  }
}
for (const link of broken) console.error(`leads nowhere: ${link}`)
console.log(`${links} links, ${broken.length} broken`)
process.exit(broken.length > 0 ? 1 : 0)

/** A file without its blocks of code. */
function proseOf(file) {
  return readFileSync(file, 'utf8').replace(/^```[\s\S]*?^```/gm, '')
}

/** What the headings of a file are called in links, as the forge makes it of them. */
function anchorsOf(place) {
  const file = basename(place).includes('.') ? place : join(place, 'README.md')
  const headings = [...proseOf(file).matchAll(/^#+ (.*)$/gm)]
  return headings.map(([, text]) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}
