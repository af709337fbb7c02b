/** What options that name a file, a folder or a kind of file are held to, as {@link checkString} and its kin hold others. */
import { extname } from 'node:path'
import { checkString } from '../option-checks.js'
import { isName } from './target.js'

/** One name, or a part of one. @throws RangeError for what a name can not have: a slash, only dots, nothing */
export function checkName(name: string, value: string): string {
  if (isName(checkString(name, value))) return value
  throw new RangeError(`${name} must be a name, not ${JSON.stringify(value)}`)
}

/**
 * The names of a path under the root. Empty segments and `.` mean nothing, so `/a/b/`, `./a/b` and `a/b` are the same.
 *
 * @throws RangeError for a path that leaves the root, or has segments that are no names
 */
export function checkPath(name: string, value: string): string[] {
  const names = checkString(name, value)
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
  if (names.every(isName)) return names
  throw new RangeError(`${name} must be a path under the root, not ${JSON.stringify(value)}`)
}

/**
 * An extension of file names: without the dot, lower case.
 *
 * @param value with its dot or without
 * @throws RangeError for what can not be the extension of a name: `tar.gz`, `*`, nothing
 */
export function checkExtension(name: string, value: string): string {
  const extension = withoutDot(checkString(name, value))
  if (extension !== '' && !extension.includes('*') && extname(`name.${extension}`) === `.${extension}`) {
    return extension.toLowerCase()
  }
  throw new RangeError(`${name} must be the extension of a file, not ${JSON.stringify(value)}`)
}

/**
 * What a name may end with after a dot: unlike {@link checkExtension}, `tar.gz` as well, and as it is spelled.
 *
 * @param value with its dot or without
 * @throws RangeError for what no name can end with
 */
export function checkEnding(name: string, value: string): string {
  return checkName(name, withoutDot(checkString(name, value)))
}

function withoutDot(extension: string): string {
  return extension.replace(/^\./, '')
}
