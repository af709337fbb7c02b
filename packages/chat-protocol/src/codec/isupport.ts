import { type Casemapping, parseCasemapping } from './casemapping.js'
import { MAX_LINE } from './message.js'
import { DEFAULT_MODES, type ModeKinds } from './modes.js'

/** What a server says about itself in 005 (RPL_ISUPPORT): feed it each message's parameters, ask it at any time. */
export class Isupport {
  readonly #tokens = new Map<string, string>()

  /**
   * Reads the tokens of one 005.
   *
   * @param tokens the parameters between the nick and the last: `NAME`, `NAME=value`, `-NAME`
   */
  apply(tokens: readonly string[]): void {
    for (const token of tokens) {
      const equals = token.indexOf('=')
      const name = (equals < 0 ? token : token.slice(0, equals)).toUpperCase()
      if (name.startsWith('-')) this.#tokens.delete(name.slice(1))
      else if (name !== '') this.#tokens.set(name, equals < 0 ? '' : unescapeValue(token.slice(equals + 1)))
    }
  }

  /** The token's value, `''` if it has none, `undefined` if the server did not send it. */
  get(name: string): string | undefined {
    return this.#tokens.get(name)
  }

  /** Did the server send the token? */
  has(name: string): boolean {
    return this.#tokens.has(name)
  }

  /** The token's value as a whole number; `fallback` when absent, empty or no number. */
  number(name: string, fallback: number): number {
    const value = this.#tokens.get(name)
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : fallback
  }

  /** All tokens as sent, values unescaped. */
  entries(): IterableIterator<[name: string, value: string]> {
    return this.#tokens.entries()
  }

  /** How the server compares names. */
  get casemapping(): Casemapping {
    return parseCasemapping(this.#tokens.get('CASEMAPPING'))
  }

  /** Characters that start a channel's name (default `#&`). */
  get channelTypes(): string {
    return this.#tokens.get('CHANTYPES') ?? '#&'
  }

  /** Does a target name a channel, by its first character? */
  isChannel(target: string): boolean {
    return target !== '' && this.channelTypes.includes(target[0]!)
  }

  /** Signs of members' ranks, highest first, in the order of `modes.member` (default `@+`). */
  get prefixes(): string {
    return this.#prefix[2] ?? ''
  }

  /** Which channel modes take a parameter. */
  get modes(): ModeKinds {
    const member = this.#prefix[1] ?? ''
    const chanModes = this.#tokens.get('CHANMODES')
    if (chanModes === undefined) return { ...DEFAULT_MODES, member }
    const [list = '', always = '', whenSet = '', never = ''] = chanModes.split(',')
    return { list, always, whenSet, never, member }
  }

  get #prefix(): readonly string[] {
    return /^\(([^)]*)\)(.*)$/.exec(this.#tokens.get('PREFIX') ?? '(ov)@+') ?? []
  }

  /** Most bytes of a line with CR LF (`LINELEN`, default 512). */
  get maxLength(): number {
    return Math.max(MAX_LINE, this.number('LINELEN', MAX_LINE))
  }

  /** Most characters of a nick (`NICKLEN`, default 9: RFC 1459 §1.2). */
  get maxNickLength(): number {
    return this.number('NICKLEN', 9)
  }
}

/**
 * Writes tokens as the parameters of 005 messages.
 *
 * @param tokens names to values; `''` or `true` writes the name alone
 * @param perMessage most tokens in one message (default 13: with nick and text fifteen parameters, RFC 1459 §2.3)
 * @returns tokens of each message, escaped
 */
export function formatIsupport(
  tokens: Readonly<Record<string, string | number | true>>,
  perMessage: number = 13,
): string[][] {
  const all = Object.entries(tokens).map(([name, value]) =>
    value === true || value === '' ? name : `${name}=${escapeValue(String(value))}`,
  )
  const messages: string[][] = []
  for (let at = 0; at < all.length; at += perMessage) messages.push(all.slice(at, at + perMessage))
  return messages
}

function unescapeValue(value: string): string {
  return value.replace(/\\x([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function escapeValue(value: string): string {
  return value.replace(/[\0-\x20\\]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)
}
