import { accessSync, constants } from 'node:fs'
import { delimiter } from 'node:path'

/** The path of a program on PATH (and in `/usr/sbin`, where servers are), `undefined` when there is none. */
export function findProgram(name: string): string | undefined {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']) {
    const path = `${folder}/${name}`
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not here; the next folder.
    }
  }
  return undefined
}
