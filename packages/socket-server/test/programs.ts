import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { directory } from './transports.js'

/** The folder of the package. */
export const packageFolder = join(import.meta.dirname, '..')

/**
 * A program that imports the package by its name, made to run from the sources.
 *
 * @param program the path of its source, or its text
 * @param name of the file that is made
 * @returns the path of that file
 */
export async function compile(program: { path: string } | { text: string }, name: string): Promise<string> {
  mkdirSync(directory, { recursive: true })
  const outfile = join(directory, name)
  await build({
    ...('path' in program
      ? { entryPoints: [program.path] }
      : { stdin: { contents: program.text, resolveDir: packageFolder } }),
    alias: { '@plainwire/socket-server': join(packageFolder, 'src/index.ts') },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    outfile,
    logLevel: 'silent',
  })
  return outfile
}
