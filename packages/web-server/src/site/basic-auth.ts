import { createHash, timingSafeEqual } from 'node:crypto'
import { checkString } from '../option-checks.js'
import type { Case } from './visit.js'

/** Options of {@link basicAuth}. */
export interface BasicAuthOptions {
  /** user name, without a colon */
  readonly user: string
  /** password */
  readonly password: string
  /** what the browser names when it asks. Default: `'Restricted'`. */
  readonly realm?: string
}

/**
 * Answers everybody who does not bring the name and the password; put it first. Over plain HTTP both can be read on
 * the way.
 *
 * @throws TypeError for a user name with a colon, a name or password that is no string, or a realm with other than
 *   printable ASCII characters
 * @see RFC 7617
 */
export function basicAuth(options: BasicAuthOptions): Case {
  const { user, password, realm = 'Restricted' } = options
  checkString('password', password)
  if (checkString('user', user).includes(':')) throw new TypeError('A user name can not contain a colon')
  if (!/^[\x20-\x7e]*$/.test(realm)) throw new TypeError('A realm is printable ASCII')
  const challenge = `Basic realm="${realm.replace(/["\\]/g, '\\$&')}", charset="UTF-8"`
  const expected = digest(Buffer.from(`${user}:${password}`))
  return {
    name: 'password',
    test(visit) {
      const given = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(visit.request.fields.get('authorization') ?? '')
      // Digests are compared, which are of one length and in constant time.
      const right = given !== null && timingSafeEqual(digest(Buffer.from(given[1]!, 'base64')), expected)
      if (!right) return true
      visit.user = user
      return visit.pass('name and password are right')
    },
    act(visit) {
      visit.response.setField('WWW-Authenticate', challenge)
      visit.sendError(401)
    },
  }
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
