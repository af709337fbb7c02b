import { ChatError } from '../codec/errors.js'
import { formatMessage, MAX_CLIENT_TAGS, type Message, type MessageInit } from '../codec/message.js'
import { type Answers, judgeByShape, type Pending } from './answers.js'
import type { Link } from './link.js'
import { Pace } from './pace.js'
import { personOf } from './translate.js'

/** Lines that may wait for the pace before a request. A server that has us ask for one room's past after another stops here. */
const MAX_WAITING = 2000

/** The way out: lines in order, at the pace that the server bears, and requests that wait for their answers. */
export class Outlet {
  readonly #link: Link
  readonly #answers: Answers
  readonly #writeLine: (line: string) => void
  /** Lines that wait for the pace. */
  readonly #queue: { line: string; written: (() => void) | undefined }[] = []
  #pace: Pace
  #requests = 0

  constructor(link: Link, answers: Answers, writeLine: (line: string) => void) {
    this.#link = link
    this.#answers = answers
    this.#writeLine = writeLine
    this.#pace = new Pace(link.options.pace)
  }

  /** Another connection: nothing waits any more. */
  reset(): void {
    this.#queue.length = 0
    this.#pace = new Pace(this.#link.options.pace)
  }

  /** At once, whatever the pace: for what keeps the connection. */
  write(message: MessageInit): void {
    this.#writeLine(this.#format(message))
  }

  /** When the pace allows; dropped while not online. */
  send(message: MessageInit, written?: () => void): void {
    const line = this.#format(message)
    if (!this.#link.online) return
    this.#queue.push({ line, written })
    this.#drain()
  }

  /** When the pace allows; from then on the answer has its time. */
  async request(message: MessageInit, match: Partial<Pick<Pending, 'judge' | 'takesBatch'>> = {}): Promise<Message[]> {
    const link = this.#link
    const id = ++this.#requests
    const label = link.labels ? `r${id}` : undefined
    const line = this.#format(label === undefined ? message : { ...message, tags: { ...tagsOf(message), label } })
    if (!link.online) throw new ChatError('CHAT_ERR_NO_ANSWER', 'the client is not online')
    if (this.#queue.length >= MAX_WAITING)
      throw new ChatError('CHAT_ERR_QUEUE_FULL', `more than ${MAX_WAITING} lines wait to be sent`)
    const { answerTimeout } = link.options
    return new Promise((resolve, reject) => {
      const isOwn = (answer: Message): boolean => link.isSelf(personOf(answer).nick)
      const judge = match.judge ?? judgeByShape(message.command.toUpperCase(), message.params ?? [], isOwn)
      const name = `answer ${id}`
      const done =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          link.deadlines.clear(name)
          settle(value)
        }
      let heardAt = 0
      const pending: Pending = {
        label,
        ...match,
        judge,
        heard: () => {
          heardAt = link.now()
        },
        resolve: done(resolve),
        reject: done(reject),
      }
      this.#answers.add(pending)
      const wait = (since: number): void => {
        if (answerTimeout <= 0) return
        link.deadlines.set(name, since + answerTimeout, () => {
          // A long answer that is still coming is not one that does not come.
          if (link.now() - heardAt < answerTimeout) wait(heardAt)
          else this.#answers.expire(pending)
        })
      }
      const written = (): void => wait(link.now())
      this.#queue.push({ line, written })
      this.#drain()
    })
  }

  #format(message: MessageInit): string {
    return formatMessage(message, { maxLength: this.#link.support.maxLength, maxTagsLength: MAX_CLIENT_TAGS })
  }

  #drain(): void {
    const { deadlines } = this.#link
    while (this.#queue.length > 0) {
      if (!this.#pace.take(this.#link.now())) {
        return deadlines.set('pace', this.#link.now() + this.#pace.wait(), () => this.#drain())
      }
      const { line, written } = this.#queue.shift()!
      this.#writeLine(line)
      written?.()
    }
  }
}

function tagsOf({ tags }: MessageInit): Record<string, string | undefined> {
  return tags instanceof Map ? Object.fromEntries(tags) : { ...(tags as Record<string, string | undefined>) }
}
