import { accessSync, constants } from 'node:fs'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(import.meta.url)

/** The folder `bench`, wherever the bundler puts the code that asks. */
export const benchFolder = here.slice(0, here.lastIndexOf('/bench/') + '/bench'.length)

/** A compiled program of this suite, to be run in a process of its own. */
export function ownProgram(name: string): string {
  return `${benchFolder}/dist/server/${name}.js`
}

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
