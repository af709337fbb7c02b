/** Rules for `Cache-Control`: the first pattern that matches the path of a file decides. */

import { checkList, checkString } from '../option-checks.js'

/** A pattern and the value of `Cache-Control` for the paths that match it. */
export type CacheRule = readonly [pattern: string, value: string]

/**
 * Makes a function from path to `Cache-Control`.
 *
 * In a pattern `*` stands for anything but a slash, `**` for anything, `?` for one character; a pattern without a slash
 * is matched against the name alone (`*.css`), one with a slash against the whole path (`/assets/**`).
 *
 * @param rules a value for every file, or rules in order; a file that no rule matches gets no field
 * @throws TypeError for rules that are no pairs, and a value with characters that a field value can not have
 */
export function cacheControl(rules: string | readonly CacheRule[]): (path: string) => string | undefined {
  const list: readonly CacheRule[] = typeof rules === 'string' ? (rules === '' ? [] : [['**', rules]]) : rules
  const compiled = checkList('cacheControl', list).map((rule) => {
    const [pattern, value] = checkList('A rule of cacheControl', rule) as CacheRule
    checkString('The pattern of cacheControl', pattern)
    checkString(`Cache-Control for ${pattern}`, value)
    if (!/^[\x20-\x7e]*$/.test(value)) throw new TypeError(`Cache-Control for ${pattern} is not a field value`)
    return { matches: matcher(pattern), value }
  })
  return (path) => compiled.find((rule) => rule.matches(path))?.value
}

function matcher(pattern: string): (path: string) => boolean {
  const whole = pattern.includes('/') || pattern.includes('**')
  // Runs of stars are one star, so that the expression has no ambiguity to backtrack over.
  const source = pattern.replace(/\*{3,}/g, '**').replace(/\*\*|\*|\?|[^*?]+/g, (part) => {
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    return part === '?' ? '[^/]' : part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  })
  const expression = new RegExp(`^${source}$`, 's')
  return (path) => expression.test(whole ? path : path.slice(path.lastIndexOf('/') + 1))
}
