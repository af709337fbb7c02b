/** What the caller does wrong is said at the call, and not by what becomes of it: see README, "Errors". */
import type { Timeouts } from './timeouts.js'

/** @throws RangeError when it is no duration; text is none either: it would be appended to the time instead of added */
export function checkTimeout(name: string, value: number | undefined): void {
  if (value !== undefined && !(typeof value === 'number' && value >= 0 && value < Infinity)) {
    throw new RangeError(`${name} is a number of milliseconds from 0 (off) up, not ${String(value)}`)
  }
}

/** @throws RangeError when one is no duration */
export function checkTimeouts(timeouts: Timeouts): void {
  checkTimeout('idleTimeout', timeouts.idleTimeout)
  checkTimeout('readTimeout', timeouts.readTimeout)
  checkTimeout('writeTimeout', timeouts.writeTimeout)
  checkTimeout('lifetimeTimeout', timeouts.lifetimeTimeout)
}

/** @throws RangeError when it is no count */
export function checkCount(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
    throw new RangeError(`${name} is a whole number from 0 up, not ${String(value)}`)
  }
}

const ARTICLE = { string: 'a', function: 'a', object: 'an' } as const

/** @throws TypeError when it is given and of another type; null is no object */
export function checkType(name: string, value: unknown, type: keyof typeof ARTICLE): void {
  if (value !== undefined && (value === null || typeof value !== type))
    throw new TypeError(`${name} is ${ARTICLE[type]} ${type}, not ${String(value)}`)
}

/** @throws TypeError when it is given and no signal */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new TypeError(`signal is an AbortSignal, not ${String(signal)}`)
}
