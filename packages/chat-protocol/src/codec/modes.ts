/** Which channel modes take a parameter and when (ISUPPORT `CHANMODES` and `PREFIX`). */
export interface ModeKinds {
  /** List modes, type A: a parameter, or none to ask for the list (`b e I`). */
  readonly list: string
  /** Type B: always a parameter (`k`). */
  readonly always: string
  /** Type C: a parameter when set (`l`). */
  readonly whenSet: string
  /** Type D: never a parameter (`n t m i s`). */
  readonly never: string
  /** Members' modes, highest first (`ov`): always a parameter, a nick. */
  readonly member: string
}

/** One change of a MODE message. */
export interface ModeChange {
  /** True for `+`, false for `-`. */
  readonly set: boolean
  /** The mode's letter. */
  readonly mode: string
  /** Its parameter; absent where the mode has none, and for a list mode that is asked for. */
  readonly param?: string
}

/** What every server has in common (RFC 2811 §4), until ISUPPORT says more. */
export const DEFAULT_MODES: ModeKinds = { list: 'b', always: 'k', whenSet: 'l', never: 'imnpst', member: 'ov' }
/** A user's own modes: none takes a parameter. */
export const USER_MODES: ModeKinds = { list: '', always: '', whenSet: '', never: '', member: '' }

/**
 * Reads a mode string.
 *
 * @param params the MODE message's parameters after the target: letters with `+` and `-`, then the modes' parameters;
 *   further mode strings may follow, each with its sign first (RFC 2812 §3.2.3); a parameter that no letter takes is
 *   passed over
 * @param kinds which letters take a parameter; letters it does not know take none
 * @returns changes in order; a letter before any sign is set; a letter that lacks its parameter has none
 */
export function parseModes(params: readonly string[], kinds: ModeKinds = DEFAULT_MODES): ModeChange[] {
  const changes: ModeChange[] = []
  for (let at = 0; at < params.length; ) {
    const letters = params[at++]!
    // What no letter has taken is no letters itself: a mask behind a mode that is unknown here would switch modes.
    if (at > 1 && !/^[+-]/.test(letters)) continue
    let set = true
    for (const mode of letters) {
      if (mode === '+' || mode === '-') {
        set = mode === '+'
        continue
      }
      const takes = takesParam(mode, set, kinds) && at < params.length
      changes.push(takes ? { set, mode, param: params[at++]! } : { set, mode })
    }
  }
  return changes
}

/**
 * Writes changes as MODE messages' parameters: `['+ov-l', 'ann', 'bob']`.
 *
 * @param changes in order; neighbours with the same sign share it
 * @param maxParams most changes with a parameter in one message (ISUPPORT `MODES`; default 0: no limit)
 * @returns one list of parameters per message; `[]` for no changes
 */
export function formatModes(changes: readonly ModeChange[], maxParams: number = 0): string[][] {
  const messages: string[][] = []
  let letters = ''
  let params: string[] = []
  let sign: boolean | undefined
  const flush = (): void => {
    if (letters !== '') messages.push([letters, ...params])
    letters = ''
    params = []
    sign = undefined
  }
  for (const { set, mode, param } of changes) {
    if (maxParams > 0 && param !== undefined && params.length === maxParams) flush()
    if (set !== sign) letters += set ? '+' : '-'
    sign = set
    letters += mode
    if (param !== undefined) params.push(param)
  }
  flush()
  return messages
}

function takesParam(mode: string, set: boolean, { member, always, list, whenSet }: ModeKinds): boolean {
  return (member + always + list + (set ? whenSet : '')).includes(mode)
}
