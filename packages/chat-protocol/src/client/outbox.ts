import { ChatError } from '../codec/errors.js'
import type { MessageEvent } from './events.js'

/** A line of ours from `say` until the server has it. */
export interface Outgoing {
  readonly localId: string
  /** Channel or nick. */
  readonly target: string
  readonly text: string
  readonly kind: MessageEvent['kind']
  readonly replyTo: string | undefined
  /** Has it left, so that its echo is awaited? */
  written: boolean
}

/**
 * Our own words until the server has them. What is lost with a connection is said again, unless the history shows that
 * it had arrived.
 */
export class Outbox {
  readonly #waiting = new Map<string, Outgoing>()
  readonly #maxQueued: number

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued
  }

  get size(): number {
    return this.#waiting.size
  }

  /** @throws ChatError `CHAT_ERR_QUEUE_FULL` before anything is added */
  add(lines: readonly Outgoing[]): void {
    if (this.#waiting.size + lines.length > this.#maxQueued) {
      throw new ChatError('CHAT_ERR_QUEUE_FULL', `more than ${this.#maxQueued} lines wait to be sent`)
    }
    for (const line of lines) this.#waiting.set(line.localId, line)
  }

  /** Lines to write now, oldest first; those to targets that are not open are skipped. */
  *ready(isOpen: (target: string) => boolean): Iterable<Outgoing> {
    for (const line of [...this.#waiting.values()]) if (!line.written && isOpen(line.target)) yield line
  }

  /** The line with this id, taken out. */
  take(localId: string): Outgoing | undefined {
    const line = this.#waiting.get(localId)
    this.#waiting.delete(localId)
    return line
  }

  /** The oldest written line that reads like this, taken out. */
  match(same: (line: Outgoing) => boolean): Outgoing | undefined {
    for (const line of this.#waiting.values()) if (line.written && same(line)) return this.take(line.localId)
    return undefined
  }

  /** What was written to these targets is to be written again. */
  rewind(isLost: (target: string) => boolean): void {
    for (const line of this.#waiting.values()) if (isLost(line.target)) line.written = false
  }

  /** All lines, taken out. */
  drain(): Outgoing[] {
    const lines = [...this.#waiting.values()]
    this.#waiting.clear()
    return lines
  }
}
