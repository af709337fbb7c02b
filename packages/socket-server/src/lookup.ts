import { isIP, type LookupFunction } from 'node:net'

/**
 * A look-up of the program, whose answers node:net can take. It asks for all addresses of a name: at a list of none it
 * throws where nobody can catch it, and a single one, which its type allows and older look-ups give, it does not know.
 */
export function answering(lookup: LookupFunction): LookupFunction {
  return (host, options, callback) =>
    lookup(host, options, (error, found, family) => {
      if (error) callback(error, found, family)
      else if (!found?.length)
        callback(Object.assign(new Error(`no address of ${host} was found`), { code: 'ENOTFOUND' }), [])
      else if (typeof found === 'string' && options.all === true)
        callback(null, [{ address: found, family: family ?? isIP(found) }])
      else callback(null, found, family)
    })
}
