import { checkNumber, checkOrigin } from '../option-checks.js'
import { addVary } from '../response.js'
import type { Case } from './visit.js'

/** Options of {@link cors}. */
export interface CorsOptions {
  /** the origins whose scripts may read; `'*'` for all. Default: `'*'`. */
  readonly origins?: '*' | readonly string[]
  /** how long a browser may remember the answer to a preflight, in seconds. Default: 86,400. */
  readonly maxAge?: number
}

/**
 * Lets scripts of other origins read this site (cross-origin resource sharing); put it before the cases it is for.
 * It answers preflights and otherwise only adds fields and passes. Credentials are never allowed.
 *
 * @throws TypeError for origins that are neither a list nor `'*'`, or not spelled as browsers do
 * @throws RangeError for a `maxAge` that is no number of whole seconds
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function cors(options: CorsOptions = {}): Case {
  const { origins = '*', maxAge = 86_400 } = options
  // In a string, `includes` would find parts of an origin too.
  if (origins !== '*' && !Array.isArray(origins)) throw new TypeError("origins is a list, or '*'")
  if (origins !== '*') for (const origin of origins) checkOrigin('origins', origin)
  if (!Number.isSafeInteger(checkNumber('maxAge', maxAge))) throw new RangeError(`maxAge is in seconds, not ${maxAge}`)
  return {
    name: 'cross-origin',
    test(visit) {
      const { request, response } = visit
      const origin = request.fields.get('origin')
      if (origins === '*') {
        response.setField('Access-Control-Allow-Origin', '*')
      } else {
        addVary(response, 'Origin')
        if (origin === undefined || !origins.includes(origin)) return visit.pass('not an origin that may read')
        response.setField('Access-Control-Allow-Origin', origin)
      }
      response.setField('Access-Control-Expose-Headers', 'ETag, Content-Range, Accept-Ranges, Content-Length')
      if (request.method === 'OPTIONS' && request.fields.has('access-control-request-method')) return true
      return visit.pass('fields added, not a preflight')
    },
    act(visit) {
      const { request, response } = visit
      response.setField('Access-Control-Allow-Methods', 'GET, HEAD, POST, OPTIONS')
      const asked = request.fields.get('access-control-request-headers')
      if (asked !== undefined && /^[\w\s!#$%&'*+.^`|~,-]*$/.test(asked)) {
        response.setField('Access-Control-Allow-Headers', asked)
        addVary(response, 'Access-Control-Request-Headers')
      }
      response.setField('Access-Control-Max-Age', maxAge)
      response.status = 204
      response.end()
    },
  }
}
