/**
 * What the options of sites and cases are held to. A value that would make every request fail or wait is thrown at the
 * call, where the caller sees it.
 */
import { extname } from 'node:path'
import { isName } from './target.js'

/** Milliseconds that a timer can wait; one that is told to wait longer goes off at once. */
const maxDuration = 2 ** 31 - 1

/** A limit. @throws RangeError for what is no number from 0 up */
export function checkNumber(name: string, value: number): number {
  if (!(typeof value === 'number' && value >= 0)) {
    throw new RangeError(`${name} must be a number from 0 on, not ${value}`)
  }
  return value
}

/** A duration in milliseconds. @throws RangeError for what is no number from 0 up, or too long for a timer */
export function checkDuration(name: string, value: number): number {
  if (checkNumber(name, value) <= maxDuration) return value
  throw new RangeError(`${name} must be at most ${maxDuration} ms, not ${value}; 0 switches it off`)
}

/** A list. A string would be one of its characters. @throws TypeError for anything but an array */
export function checkList<T>(name: string, value: readonly T[]): readonly T[] {
  if (Array.isArray(value)) return value
  throw new TypeError(`${name} must be a list, not ${typeof value === 'string' ? JSON.stringify(value) : typeof value}`)
}

/** A string. @throws TypeError for anything else, and for one with a NUL, which the system can not be given */
export function checkString(name: string, value: string): string {
  if (typeof value === 'string' && !value.includes('\0')) return value
  throw new TypeError(`${name} must be a string without NUL, not ${JSON.stringify(value)}`)
}

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
