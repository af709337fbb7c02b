/** What the command line says to an example, and how one ends that cannot go on: with a sentence. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The port that is named first, else the usual one. */
export function portOr(usual: number): number {
  const text = process.argv[2] ?? String(usual)
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  return giveUp(new RangeError(`A port is a number from 0 to 65535, not ${JSON.stringify(text)}.`))
}

/** The folder that is named second, else the example site. */
export function siteFolder(): string {
  const folder = process.argv[3] ?? fileURLToPath(new URL('../site', import.meta.url))
  if (folder !== '' && existsSync(join(folder, '/'))) return folder
  return giveUp(new Error(`There is no folder ${JSON.stringify(folder)}.`))
}

/** Ends the program with what is in its way: a port that is taken, a server that is not there. */
export function giveUp({ message }: Error): never {
  console.error(message)
  process.exit(1)
}
