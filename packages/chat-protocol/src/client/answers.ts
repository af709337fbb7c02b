import { ChatError } from '../codec/errors.js'
import type { Message } from '../codec/message.js'
import { ERR, RPL } from '../codec/numerics.js'

/** What a request makes of a message: not its own, part of its answer, the end of it, or a refusal. */
export type Verdict = 'foreign' | 'part' | 'done' | 'failed'

/** One request that waits for its answer. */
export interface Pending {
  /** Label that the server puts on the answer; `undefined` where it has no labels. */
  readonly label: string | undefined
  /** Judges messages without a label. */
  judge(message: Message): Verdict
  /** Is this batch, given by type and target, the whole answer? */
  takesBatch?(type: string, target: string): boolean
  readonly collected: Message[]
  resolve(messages: Message[]): void
  reject(error: ChatError): void
}

/** Requests in the order they were sent, each matched to its answer by label or, without labels, by what answers it. */
export class Answers {
  readonly #pending = new Set<Pending>()
  readonly #maxMessages: number

  /** @param maxMessages of one answer; what a server sends beyond is left out */
  constructor(maxMessages: number) {
    this.#maxMessages = maxMessages
  }

  add(pending: Pending): void {
    this.#pending.add(pending)
  }

  /** The time given to a request is over. */
  expire(pending: Pending): void {
    if (this.#pending.delete(pending))
      pending.reject(new ChatError('CHAT_ERR_NO_ANSWER', 'the server has not answered'))
  }

  /** The connection is gone and with it all answers. */
  fail(error: ChatError): void {
    for (const pending of this.#pending) {
      this.#pending.delete(pending)
      pending.reject(error)
    }
  }

  /** The whole answer to a label: one message, or the content of a batch, or nothing (ACK). */
  labelled(label: string, messages: readonly Message[]): boolean {
    for (const pending of this.#pending) {
      if (pending.label !== label) continue
      this.#pending.delete(pending)
      const failure = messages.find(isFailure)
      if (failure === undefined) pending.resolve([...messages])
      else pending.reject(failureOf(failure))
      return true
    }
    return false
  }

  /** Offers a batch without a label. */
  batch(type: string, target: string, messages: readonly Message[]): void {
    for (const pending of this.#pending) {
      if (pending.label !== undefined || !pending.takesBatch?.(type, target)) continue
      this.#pending.delete(pending)
      pending.resolve([...messages])
      return
    }
  }

  /** Offers a message without a label to the requests in their order; true when one took it. */
  offer(message: Message): boolean {
    for (const pending of this.#pending) {
      if (pending.label !== undefined) continue
      const verdict = pending.judge(message)
      if (verdict === 'foreign') continue
      if (verdict !== 'failed' && pending.collected.length < this.#maxMessages) pending.collected.push(message)
      if (verdict === 'part') return true
      this.#pending.delete(pending)
      if (verdict === 'done') pending.resolve(pending.collected)
      else pending.reject(failureOf(message))
      return true
    }
    return false
  }
}

/** Is the message an error numeric or FAIL? 422 (no MOTD) and 461 … are; away and other replies are not. */
export function isFailure({ command }: Message): boolean {
  return command === 'FAIL' || /^[45]\d\d$/.test(command) || ERRORS_ELSEWHERE.has(command)
}

const ERRORS_ELSEWHERE: ReadonlySet<string> = new Set([
  ERR.INVALIDMODEPARAM,
  ERR.NOPRIVS,
  ERR.MONLISTFULL,
  ERR.NICKLOCKED,
  ERR.SASLFAIL,
  ERR.SASLTOOLONG,
  ERR.SASLABORTED,
  RPL.TRYAGAIN,
])

/** The server's refusal as an error: its sentence, and its line without source and tags. */
export function failureOf({ command, params }: Message): ChatError {
  return new ChatError('CHAT_ERR_COMMAND_FAILED', params.at(-1) ?? command, { line: [command, ...params].join(' ') })
}

/** What answers a command where the server has no labels: numerics of which the answer is made, and those that end it. */
const SHAPES: Readonly<Record<string, { parts: readonly string[]; ends: readonly string[] }>> = {
  WHOIS: {
    parts: [
      RPL.AWAY,
      RPL.WHOISCERTFP,
      RPL.WHOISREGNICK,
      RPL.WHOISUSER,
      RPL.WHOISSERVER,
      RPL.WHOISOPERATOR,
      RPL.WHOISIDLE,
      RPL.WHOISCHANNELS,
      RPL.WHOISSPECIAL,
      RPL.WHOISACCOUNT,
      RPL.WHOISBOT,
      RPL.WHOISACTUALLY,
      RPL.WHOISHOST,
      RPL.WHOISMODES,
      RPL.WHOISSECURE,
    ],
    ends: [RPL.ENDOFWHOIS],
  },
  WHOWAS: { parts: [RPL.WHOWASUSER, RPL.WHOISSERVER, RPL.WHOISACTUALLY], ends: [RPL.ENDOFWHOWAS] },
  LIST: { parts: [RPL.LISTSTART, RPL.LIST], ends: [RPL.LISTEND] },
  NAMES: { parts: [RPL.NAMREPLY], ends: [RPL.ENDOFNAMES] },
  WHO: { parts: [RPL.WHOREPLY, RPL.WHOSPCRPL], ends: [RPL.ENDOFWHO] },
  AWAY: { parts: [], ends: [RPL.NOWAWAY, RPL.UNAWAY] },
  TOPIC: { parts: [], ends: ['TOPIC', RPL.TOPIC, RPL.NOTOPIC] },
  NICK: { parts: [], ends: ['NICK'] },
  PART: { parts: [], ends: ['PART'] },
  KICK: { parts: [], ends: ['KICK'] },
  INVITE: { parts: [], ends: [RPL.INVITING] },
  MODE: { parts: [], ends: ['MODE', RPL.CHANNELMODEIS, RPL.UMODEIS, RPL.ENDOFBANLIST] },
  MOTD: { parts: [RPL.MOTDSTART, RPL.MOTD], ends: [RPL.ENDOFMOTD] },
  LUSERS: {
    parts: [RPL.LUSERCLIENT, RPL.LUSEROP, RPL.LUSERUNKNOWN, RPL.LUSERCHANNELS, RPL.LOCALUSERS],
    ends: [RPL.GLOBALUSERS],
  },
  VERSION: { parts: [], ends: [RPL.VERSION] },
  TIME: { parts: [], ends: [RPL.TIME] },
  INFO: { parts: [RPL.INFO], ends: [RPL.ENDOFINFO] },
  USERHOST: { parts: [], ends: [RPL.USERHOST] },
  ISON: { parts: [], ends: [RPL.ISON] },
  OPER: { parts: [], ends: [RPL.YOUREOPER] },
  PING: { parts: [], ends: ['PONG'] },
}

/**
 * Judges answers by the command's shape. Errors that name one of the request's parameters, or the command, refuse it.
 *
 * @param command upper case
 * @param params the request's
 * @param isOwn did we cause the message? A JOIN or TOPIC of somebody else is no answer
 */
export function judgeByShape(
  command: string,
  params: readonly string[],
  isOwn: (message: Message) => boolean,
): Pending['judge'] {
  const shape = SHAPES[command]
  return (message) => {
    if (isFailure(message)) {
      const about = message.params.slice(message.command === 'FAIL' ? 0 : 1, -1)
      return about.some((word) => word === command || params.includes(word)) ? 'failed' : 'foreign'
    }
    if (shape === undefined) return 'foreign'
    if (shape.parts.includes(message.command)) return 'part'
    if (!shape.ends.includes(message.command)) return 'foreign'
    return /^\d/.test(message.command) || message.command === 'PONG' || isOwn(message) ? 'done' : 'foreign'
  }
}
