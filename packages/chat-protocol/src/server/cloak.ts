import { createHmac, randomBytes } from 'node:crypto'
import { addressOctets } from '../engine/bans.js'

/** Gives an address the host name that others see. */
export type Cloak = (address: string) => string

/**
 * Hides addresses: others see `<address>.<network>.<wider network>.ip`, three keyed digests, so that the same client
 * has the same host, a ban may cover its whole network (`*!*@*.<network>.<wider network>.ip`), and nobody can work the
 * address out without the secret.
 *
 * @param secret keep it secret and constant; without it cloaks change with every start, and bans on them with it
 */
export function cloakWith(secret: string | Uint8Array = randomBytes(32)): Cloak {
  const label = (kind: string, octets: readonly number[]): string => {
    // 50 bits each: no two clients of one server will meet by chance.
    const digest = createHmac('sha256', secret)
      .update(`${kind}:${octets.join('.')}`)
      .digest()
    return [...digest.subarray(0, 10)].map((octet) => ALPHABET[octet & 31]).join('')
  }
  return (address) => {
    const octets = addressOctets(address)
    if (octets === undefined) return 'local'
    // The network of an IPv6 client is its /64, which one household has; of an IPv4 client its /24.
    const [near, far] = octets.length === 4 ? [3, 2] : [8, 6]
    return `${label('address', octets)}.${label('near', octets.slice(0, near))}.${label('far', octets.slice(0, far))}.ip`
  }
}

/** No i, l, o, u: what is read aloud should arrive, and no words should arise. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Shows addresses as they are. */
export const plainHost: Cloak = (address) => plainAddress(address) || 'local'

/**
 * An address as it may stand in a line: with a `0` before a leading colon, which would start the last parameter, and
 * IPv4 in its own spelling, which a server on `::` sees as `::ffff:192.0.2.1`.
 */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/^:/, '0:')
}
