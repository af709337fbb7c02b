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
  /** A part of the answer has come. */
  heard?(): void
  resolve(messages: Message[]): void
  reject(error: ChatError): void
}

/** What has come of an answer. */
interface Answer {
  messages: Message[]
  /** It was too long: it is rejected already, and what still comes of it is passed over up to its end. */
  cut: boolean
  /** A batch is its answer. */
  taken: boolean
}

/** Messages of one answer; the longest, of LIST on the largest networks, are about half of it. */
export const MAX_ANSWER = 100_000
/** Messages of all answers that are under way. */
const MAX_ANSWERS = 2 * MAX_ANSWER

/**
 * Requests in the order they were sent, each matched to its answer by label or, without labels, by what answers it. An
 * answer is whole or it is none: one that is too long rejects.
 */
export class Answers {
  readonly #pending = new Map<Pending, Answer>()
  /** Messages held of all answers. */
  #held = 0

  add(pending: Pending): void {
    this.#pending.set(pending, { messages: [], cut: false, taken: false })
  }

  /** The time given to a request is over. */
  expire(pending: Pending): void {
    this.#end(pending, new ChatError('CHAT_ERR_NO_ANSWER', 'the server has not answered'))
  }

  /** The connection is gone and with it all answers. */
  fail(error: ChatError): void {
    for (const pending of [...this.#pending.keys()]) this.#end(pending, error)
  }

  /** The request with this label. */
  find(label: string): Pending | undefined {
    for (const pending of this.#pending.keys()) if (pending.label === label) return pending
    return undefined
  }

  /** The request without a label whose whole answer this batch is; no other batch is it from then on. */
  takerOf(type: string, target: string): Pending | undefined {
    for (const [pending, answer] of this.#pending) {
      if (pending.label !== undefined || answer.taken || !pending.takesBatch?.(type, target)) continue
      answer.taken = true
      return pending
    }
    return undefined
  }

  /** A message is a part of the answer. */
  collect(pending: Pending, message: Message): void {
    const answer = this.#pending.get(pending)
    if (answer === undefined || answer.cut) return
    pending.heard?.()
    if (answer.messages.length < MAX_ANSWER && this.#held < MAX_ANSWERS) {
      answer.messages.push(message)
      this.#held++
      return
    }
    this.#held -= answer.messages.length
    answer.messages = []
    answer.cut = true
    pending.reject(
      new ChatError('CHAT_ERR_ANSWER_TOO_LONG', `the answer has more lines than the ${MAX_ANSWER} that are kept`),
    )
  }

  /** The answer is complete. */
  complete(pending: Pending): void {
    const failure = this.#pending.get(pending)?.messages.find(isFailure)
    this.#end(pending, failure && failureOf(failure))
  }

  /** The answer to a label is one message, or nothing (ACK); false when nobody waits for it. */
  labelled(label: string, message: Message | undefined): boolean {
    const pending = this.find(label)
    if (pending === undefined) return false
    if (message !== undefined) this.collect(pending, message)
    this.complete(pending)
    return true
  }

  /** Offers a message without a label to the requests in their order; true when one took it. */
  offer(message: Message): boolean {
    for (const pending of this.#pending.keys()) {
      if (pending.label !== undefined) continue
      const verdict = pending.judge(message)
      if (verdict === 'foreign') continue
      if (verdict === 'failed') this.#end(pending, failureOf(message))
      else this.collect(pending, message)
      if (verdict === 'done') this.#end(pending)
      return true
    }
    return false
  }

  #end(pending: Pending, error?: ChatError): void {
    const answer = this.#pending.get(pending)
    if (answer === undefined) return
    this.#pending.delete(pending)
    this.#held -= answer.messages.length
    if (answer.cut) return
    if (error === undefined) pending.resolve(answer.messages)
    else pending.reject(error)
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
