import type { ConnectionFacts } from './connection-facts.js'
import { maskMatcher } from './names.js'

/** A ban from the whole server. */
export interface ServerBan {
  /** `user@host` with wildcards; the host may be an address, a host name, its cloak, or an address range `192.0.2.0/24`. */
  readonly mask: string
  /** Told to who is banned. */
  readonly reason: string
  /** Nick of the operator. */
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Milliseconds since the epoch; undefined never expires. */
  readonly expires: number | undefined
}

interface Entry extends ServerBan {
  readonly covers: (user: string, host: string, facts: ConnectionFacts) => boolean
}

/** Bans of the server, with expiry. */
export class ServerBans {
  private readonly entries = new Map<string, Entry>()

  constructor(private readonly maxEntries: number) {}

  /** Adds or replaces a ban; false when there are too many. */
  add(ban: ServerBan): boolean {
    const mask = completed(ban.mask)
    const key = mask.toLowerCase()
    if (!this.entries.has(key) && this.entries.size >= this.maxEntries) return false
    this.entries.set(key, { ...ban, mask, covers: matcher(mask) })
    return true
  }

  /** False when there was none. */
  remove(mask: string): boolean {
    return this.entries.delete(completed(mask).toLowerCase())
  }

  /** The ban that covers a user, if any; expired ones are dropped on the way. */
  find(user: string, host: string, facts: ConnectionFacts, now: number): ServerBan | undefined {
    for (const [key, ban] of this.entries) {
      if (ban.expires !== undefined && ban.expires <= now) this.entries.delete(key)
      else if (ban.covers(user, host, facts)) return ban
    }
    return undefined
  }

  /** All bans in force. */
  list(now: number): readonly ServerBan[] {
    return [...this.entries.values()].filter((ban) => ban.expires === undefined || ban.expires > now)
  }
}

function completed(mask: string): string {
  return mask.includes('@') ? mask : `*@${mask}`
}

/** Whom one ban covers. */
export function banMatcher(mask: string): Entry['covers'] {
  return matcher(completed(mask))
}

/** Can the host part of a ban's mask cover anybody? It is an address, a range, a host name, or a mask of these. */
export function isBanMask(mask: string): boolean {
  const host = mask.slice(mask.lastIndexOf('@') + 1)
  return /[*?]/.test(host) || /^[A-Za-z0-9.-]+$/.test(host) || placeRange(host) !== undefined
}

function matcher(mask: string): Entry['covers'] {
  const at = mask.lastIndexOf('@')
  const user = maskMatcher(mask.slice(0, at))
  const range = placeRange(mask.slice(at + 1))
  if (range !== undefined) return (name, _host, facts) => user(name) && range(facts.address)
  const host = maskMatcher(mask.slice(at + 1))
  return (name, shown, facts) => user(name) && (host(shown) || host(facts.realHost) || host(facts.address))
}

/** An address, or a range of them, as a predicate: compared as numbers, for one address has many spellings. */
export function placeRange(text: string): ((address: string) => boolean) | undefined {
  const octets = addressOctets(text)
  return addressRange(octets === undefined ? text : `${text}/${octets.length * 8}`)
}

/** `192.0.2.0/24` or `2001:db8::/32` as a predicate over addresses; undefined when the text is no range. */
export function addressRange(text: string): ((address: string) => boolean) | undefined {
  const [, network, digits] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? []
  if (network === undefined) return undefined
  const wanted = addressOctets(network)
  const bits = Number(digits)
  if (wanted === undefined || bits > wanted.length * 8) return undefined
  return (address) => {
    const octets = addressOctets(address)
    if (octets === undefined || octets.length !== wanted.length) return false
    const whole = bits >> 3
    for (let i = 0; i < whole; i++) if (octets[i] !== wanted[i]) return false
    const rest = bits & 7
    return rest === 0 || (octets[whole]! ^ wanted[whole]!) >> (8 - rest) === 0
  }
}

/**
 * The octets of an IP address, 4 or 16; undefined when the text is none. An IPv4 address written as IPv6
 * (`::ffff:192.0.2.1`) gives the four octets, so that one ban covers both spellings.
 */
export function addressOctets(text: string): number[] | undefined {
  const dotted = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(text)
  if (dotted !== null) {
    const octets = dotted.slice(1).map(Number)
    return octets.every((octet) => octet < 256) ? octets : undefined
  }
  if (!/^[0-9a-f:]{2,39}$/i.test(text)) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...new Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail]
  const octets: number[] = []
  for (const group of groups) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined
    const value = Number.parseInt(group, 16)
    octets.push(value >> 8, value & 255)
  }
  return octets
}
