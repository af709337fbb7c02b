// The folder that the servers of files serve: the same octets for all, made anew for each, gone when it ends.
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'

export const folder = mkdtempSync(`${tmpdir()}/bench-files-`)

// nginx serves as nobody.
chmodSync(folder, 0o755)

// As in src/server/workloads.ts, against which every answer is checked.
const kibibyte = Array.from({ length: 1024 }, (_, at) => String.fromCharCode(33 + ((at * 7) % 90))).join('')
const changed = new Date(Date.UTC(2026, 0, 2, 3, 4, 5))
for (const size of [1024, 102_400]) {
  const path = `${folder}/${size}.bin`
  writeFileSync(path, kibibyte.repeat(size / 1024))
  utimesSync(path, changed, changed)
}

process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.on('SIGTERM', () => process.exit())
