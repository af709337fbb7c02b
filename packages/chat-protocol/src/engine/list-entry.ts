import { completeMask } from '../codec/mask.js'
import { byteLength } from '../codec/text.js'
import type { Identity } from './identity.js'
import type { ChannelList } from './mode.js'
import { maskMatcher } from './names.js'

/** One line of a mask list. */
export interface ListEntry {
  /** As given, completed to `nick!user@host`; an extended ban keeps its letter. */
  readonly mask: string
  /** Undefined for a plain mask; `mute` forbids to speak and nothing else. */
  readonly kind: 'mute' | undefined
  /** Tells whether the mask covers somebody. */
  readonly covers: (identity: Identity) => boolean
  /** Full mask of who set it. */
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * Reads one line of a mask list. `m:mask` is the extended ban that mutes.
 *
 * @returns undefined when the mask cannot be one: empty, or more or less than one word of a line once it is completed
 */
export function listEntry(text: string, list: ChannelList, by: string, at: number): ListEntry | undefined {
  if (text === '' || byteLength(text) > 200 || /[\s\x00-\x1f]/.test(text)) return undefined
  const extended = list !== 'invitation' && /^m:(.+)$/.exec(text)
  const plain = completeMask(extended ? extended[1]! : text)
  const mask = extended ? `m:${plain}` : plain
  // It will stand in the middle of lines, where a leading colon would start the last parameter.
  if (mask.startsWith(':')) return undefined
  const covers = maskMatcher(plain)
  return {
    mask,
    kind: extended ? 'mute' : undefined,
    covers: (identity: Identity) => covers(identity.mask),
    by,
    at,
  }
}
