import type { ServerRequest } from '../message.js'

const TOKEN = "[!#$%&'*+\\-.^_`|~\\w]+"
/** A quoted value is a token as well, once it is unquoted (RFC 6455 §9.1). */
const PARAMETER = `[\\t ]*;[\\t ]*(${TOKEN})(?:[\\t ]*=[\\t ]*(?:(${TOKEN})|"((?:\\\\?[!#$%&'*+\\-.^_\`|~\\w])+)"))?`
const OFFER = new RegExp(`[\\t ]*(${TOKEN})((?:${PARAMETER})*)[\\t ]*(?:,|$)`, 'y')

/** Which values each parameter of permessage-deflate may have in an offer; `''`: none (RFC 7692 §7.1). */
const DEFLATE = new Map([
  ['server_no_context_takeover', /^$/],
  ['client_no_context_takeover', /^$/],
  ['server_max_window_bits', /^(?:[89]|1[0-5])$/],
  ['client_max_window_bits', /^(?:[89]|1[0-5])?$/],
])

/** Whether Sec-WebSocket-Extensions is what it has to be: offers, whatever they mean. @see RFC 6455 §9.1 */
export function areExtensions(list: string): boolean {
  return offersIn(list) !== undefined
}

/**
 * The first offer of permessage-deflate that has the parameters it may have, written anew; the others are declined, and
 * without one there is no compression. @see RFC 7692 §5.1, §7.1
 */
export function deflateOffer(request: ServerRequest): string | undefined {
  const offers = offersIn(request.fields.get('sec-websocket-extensions') ?? '') ?? []
  const offer = offers.find(({ name, parameters }) => {
    const names = new Set(parameters.map(([parameter]) => parameter))
    return (
      name === 'permessage-deflate' &&
      names.size === parameters.length &&
      parameters.every(([parameter, value]) => DEFLATE.get(parameter)?.test(value) === true)
    )
  })
  if (offer === undefined) return undefined
  return [offer.name, ...offer.parameters.map(([name, value]) => (value === '' ? name : `${name}=${value}`))].join('; ')
}

interface Offer {
  readonly name: string
  /** With `''` for those without a value. */
  readonly parameters: ReadonlyArray<readonly [name: string, value: string]>
}

/** The offers in the client's order; `undefined` when they are not well-formed. */
function offersIn(list: string): Offer[] | undefined {
  const offers: Offer[] = []
  OFFER.lastIndex = 0
  while (OFFER.lastIndex < list.length) {
    const match = OFFER.exec(list)
    if (match === null) return undefined
    const parameters = [...match[2]!.matchAll(new RegExp(PARAMETER, 'g'))].map(
      ([, name, token, quoted]) => [name!, token ?? quoted?.replaceAll('\\', '') ?? ''] as const,
    )
    offers.push({ name: match[1]!, parameters })
  }
  return offers
}
