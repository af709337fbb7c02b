/**
 * What options are held to. A value that would make every request fail or wait, or a bound that bounds nothing, is thrown
 * at the call, where the caller sees it.
 */

/** Milliseconds that a timer can wait; one that is told to wait longer goes off at once. */
export const MAX_DURATION = 2 ** 31 - 1

/** A limit. @throws RangeError for what is no number from 0 up */
export function checkNumber(name: string, value: number): number {
  if (!(typeof value === 'number' && value >= 0)) {
    throw new RangeError(`${name} must be a number from 0 on, not ${value}`)
  }
  return value
}

/** A duration in milliseconds. @throws RangeError for what is no number from 0 up, or too long for a timer */
export function checkDuration(name: string, value: number): number {
  if (checkNumber(name, value) <= MAX_DURATION) return value
  throw new RangeError(`${name} must be at most ${MAX_DURATION} ms, not ${value}; 0 switches it off`)
}

/** Yes or no. The word `'false'` would be a yes. @throws TypeError for anything else */
export function checkFlag(name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value
  throw new TypeError(`${name} must be true or false, not ${JSON.stringify(value)}`)
}

/** A function, or nothing. @throws TypeError for anything else */
export function checkFunction<F>(name: string, value: F): F {
  if (value === undefined || typeof value === 'function') return value
  throw new TypeError(`${name} must be a function, not ${value === null ? 'null' : typeof value}`)
}

/** An object, or nothing. @throws TypeError for anything else */
export function checkObject<T>(name: string, value: T): T {
  if (value === undefined || (typeof value === 'object' && value !== null)) return value
  throw new TypeError(`${name} must be an object, not ${value === null ? 'null' : typeof value}`)
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

/**
 * An origin as browsers send it: scheme, host, and the port unless it is the scheme's own. Spelled otherwise, with a slash
 * at its end perhaps, it would never be the one that a request names.
 *
 * @throws TypeError for anything else
 */
export function checkOrigin(name: string, value: string): string {
  const web = /^https?:/i.test(checkString(name, value))
  const right = web
    ? URL.canParse(value) && new URL(value).origin === value
    : /^(?:null|[a-z][\w+.-]*:\/\/[^/?#\s]*)$/.test(value)
  if (right) return value
  throw new TypeError(`${name} are such as https://a.example, not ${JSON.stringify(value)}`)
}
