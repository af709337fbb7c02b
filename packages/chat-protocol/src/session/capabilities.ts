/** Names that are still drafts, each with the state of its specification: a rename is one line here. */
export const DRAFTS = {
  /** CHATHISTORY, its batch and ISUPPORT tokens; ircv3.net/specs/extensions/chathistory, as of 2026. */
  chathistory: 'draft/chathistory',
  /** Joins, topics and the like in history too; same document. */
  eventPlayback: 'draft/event-playback',
} as const

/** Bits of the capabilities a session may switch on. The set of bits is what a serialised event depends on. */
export const CAP = {
  messageTags: 1 << 0,
  serverTime: 1 << 1,
  accountTag: 1 << 2,
  batch: 1 << 3,
  labeledResponse: 1 << 4,
  echoMessage: 1 << 5,
  standardReplies: 1 << 6,
  multiPrefix: 1 << 7,
  userhostInNames: 1 << 8,
  extendedJoin: 1 << 9,
  accountNotify: 1 << 10,
  awayNotify: 1 << 11,
  chghost: 1 << 12,
  setname: 1 << 13,
  inviteNotify: 1 << 14,
  extendedMonitor: 1 << 15,
  capNotify: 1 << 16,
  chathistory: 1 << 17,
  eventPlayback: 1 << 18,
} as const

/** Wire names of the capabilities, in the order CAP LS lists them. */
export const CAPABILITIES: readonly (readonly [name: string, bit: number])[] = [
  ['account-notify', CAP.accountNotify],
  ['account-tag', CAP.accountTag],
  ['away-notify', CAP.awayNotify],
  ['batch', CAP.batch],
  ['cap-notify', CAP.capNotify],
  ['chghost', CAP.chghost],
  [DRAFTS.chathistory, CAP.chathistory],
  [DRAFTS.eventPlayback, CAP.eventPlayback],
  ['echo-message', CAP.echoMessage],
  ['extended-join', CAP.extendedJoin],
  ['extended-monitor', CAP.extendedMonitor],
  ['invite-notify', CAP.inviteNotify],
  ['labeled-response', CAP.labeledResponse],
  ['message-tags', CAP.messageTags],
  ['multi-prefix', CAP.multiPrefix],
  ['server-time', CAP.serverTime],
  ['setname', CAP.setname],
  ['standard-replies', CAP.standardReplies],
  ['userhost-in-names', CAP.userhostInNames],
]

const BITS: ReadonlyMap<string, number> = new Map(CAPABILITIES)

/**
 * Applies the list of a CAP REQ to a set of bits.
 *
 * @param lasting bits that may not be switched off
 * @returns the new set, or undefined when one name is unknown or lasting: a request is granted whole or not at all
 */
export function requested(caps: number, list: string, lasting = 0): number | undefined {
  let result = caps
  for (const item of list.split(' ')) {
    if (item === '') continue
    const off = item.startsWith('-')
    const bit = BITS.get(off ? item.slice(1) : item)
    if (bit === undefined || (off && (bit & lasting) !== 0)) return undefined
    result = off ? result & ~bit : result | bit
  }
  return result
}

/** Names of the bits in the set. */
export function namesOf(caps: number): string[] {
  return CAPABILITIES.filter(([, bit]) => (caps & bit) !== 0).map(([name]) => name)
}

/** True when answers carry the labels of commands; one of several lines is a batch, so there are none without batches. */
export function hasLabels(caps: number): boolean {
  return (caps & CAP.labeledResponse) !== 0 && (caps & CAP.batch) !== 0
}
