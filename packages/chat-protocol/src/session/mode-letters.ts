import { formatModes, type ModeKinds, parseModes, USER_MODES } from '../codec/modes.js'
import type { ChannelModeWish, UserModeWish } from '../engine/command.js'
import type { ChannelModeChange, UserModeChange } from '../engine/event.js'
import type { ChannelFlag, ChannelList, UserMode } from '../engine/mode.js'
import { RANK, type Rank } from '../engine/rank.js'

/** Letters of channel switches. */
export const FLAGS: Readonly<Record<string, ChannelFlag>> = {
  C: 'noCtcp',
  i: 'inviteOnly',
  m: 'moderated',
  n: 'noExternal',
  s: 'secret',
  t: 'topicLocked',
}

/** Letters of mask lists. */
export const LISTS: Readonly<Record<string, ChannelList>> = { I: 'invitation', b: 'ban', e: 'exception' }

/** Ranks from high to low: letter, sign before the nick. */
export const RANKS: readonly { readonly rank: Rank; readonly letter: string; readonly sign: string }[] = [
  { rank: 'op', letter: 'o', sign: '@' },
  { rank: 'halfop', letter: 'h', sign: '%' },
  { rank: 'voice', letter: 'v', sign: '+' },
]

/** Letters of user modes. */
export const USER_LETTERS: Readonly<Record<string, UserMode>> = {
  B: 'bot',
  i: 'invisible',
  o: 'operator',
  w: 'wallops',
}

/** Which channel modes take an argument, as 005 says it. */
export const CHANNEL_MODES: ModeKinds = {
  list: Object.keys(LISTS).join(''),
  always: 'k',
  whenSet: 'l',
  never: Object.keys(FLAGS).join(''),
  member: RANKS.map((rank) => rank.letter).join(''),
}

const LETTER_OF = new Map<string, string>([
  ...Object.entries(FLAGS).map(([letter, flag]) => [flag, letter] as const),
  ...Object.entries(LISTS).map(([letter, list]) => [list, letter] as const),
  ...RANKS.map(({ rank, letter }) => [rank, letter] as const),
  ...Object.entries(USER_LETTERS).map(([letter, mode]) => [mode, letter] as const),
  ['key', 'k'],
  ['limit', 'l'],
])

/** Letter of a mode by its name. */
export function letterOf(mode: string): string {
  return LETTER_OF.get(mode) ?? '?'
}

/**
 * Reads the parameters of a channel's MODE.
 *
 * @param maxModes changes with an argument that are taken; the rest is dropped, as MODES of 005 announces
 */
export function readChannelModes(params: readonly string[], maxModes: number): ChannelModeWish[] {
  const wishes: ChannelModeWish[] = []
  let withArgument = 0
  for (const { mode: letter, set: add, param } of parseModes(params, CHANNEL_MODES)) {
    if (param !== undefined && ++withArgument > maxModes) continue
    const flag = FLAGS[letter]
    const list = LISTS[letter]
    const rank = RANKS.find((candidate) => candidate.letter === letter)?.rank
    if (flag !== undefined) wishes.push({ mode: flag, add })
    else if (list !== undefined) wishes.push({ mode: list, add, mask: param })
    else if (rank !== undefined) wishes.push({ mode: rank, add, nick: param })
    else if (letter === 'k') wishes.push({ mode: 'key', add, key: param })
    else if (letter === 'l') wishes.push({ mode: 'limit', add, limit: param })
    else wishes.push({ mode: 'unknown', letter })
  }
  return wishes
}

/** Reads the parameters of a user's MODE. */
export function readUserModes(params: readonly string[]): UserModeWish[] {
  return parseModes(params.slice(0, 1), USER_MODES).map(({ mode: letter, set: add }) => {
    const mode = USER_LETTERS[letter]
    return mode === undefined ? { mode: 'unknown', letter } : { mode, add }
  })
}

/** Writes changes of a channel as the parameters of MODE. */
export function writeChanges(changes: readonly (ChannelModeChange | UserModeChange)[]): string[] {
  const [params = []] = formatModes(
    changes.map((change) => {
      const param = 'argument' in change ? change.argument : undefined
      const mode = letterOf(change.mode)
      return param === undefined ? { set: change.add, mode } : { set: change.add, mode, param }
    }),
  )
  return params
}

/** Signs of a member's ranks, high to low: all of them, or only the highest. */
export function signsOf(ranks: number, all: boolean): string {
  let signs = ''
  for (const { rank, sign } of RANKS) {
    if ((ranks & RANK[rank]) === 0) continue
    if (!all) return sign
    signs += sign
  }
  return signs
}

/** Sign that addresses the members of a rank and above; empty for everybody. */
export function signOfRank(rank: number): string {
  return RANKS.find((candidate) => RANK[candidate.rank] === rank)?.sign ?? ''
}
