import type { Message } from '../codec/message.js'

/** A batch under way or complete. */
export interface Batch {
  readonly type: string
  readonly params: readonly string[]
  /** Label of the request that it answers; inner batches belong to the answer of the one around them. */
  readonly label: string | undefined
  /** The batch around it. */
  readonly parent: Batch | undefined
  /** Messages of it and of the batches in it, in order. */
  readonly messages: Message[]
}

/** Batches that may be open at once, and in one another. */
const MAX_OPEN = 100

/** Batches that are open, by reference (IRCv3 batch). Bounded: a server that never closes them costs no more than this. */
export class Batches {
  readonly #open = new Map<string, Batch>()
  readonly #maxMessages: number

  /** @param maxMessages in all open batches together; what comes beyond is left out */
  constructor(maxMessages: number) {
    this.#maxMessages = maxMessages
  }

  /** The batch that a message belongs to. */
  of(message: Message): Batch | undefined {
    const ref = message.tags.get('batch')
    return ref === undefined ? undefined : this.#open.get(ref)
  }

  /** Is the batch, or one around it, of the type? */
  within(batch: Batch | undefined, type: string): Batch | undefined {
    for (let at = batch; at !== undefined; at = at.parent) if (at.type === type) return at
    return undefined
  }

  /** Is the batch, or one around it, the answer to a label? */
  answers(batch: Batch | undefined): boolean {
    for (let at = batch; at !== undefined; at = at.parent) if (at.label !== undefined) return true
    return false
  }

  /** Adds a message to its batch and those around it. */
  add(batch: Batch, message: Message): void {
    let held = 0
    for (const { messages } of this.#open.values()) held += messages.length
    if (held >= this.#maxMessages) return
    for (let at: Batch | undefined = batch; at !== undefined; at = at.parent) at.messages.push(message)
  }

  /** Reads a BATCH; the batch that it closes, complete. */
  receive(message: Message): Batch | undefined {
    const [word = '', type = '', ...params] = message.params
    const ref = word.slice(1)
    if (word.startsWith('+')) {
      const parent = this.of(message)
      let depth = 0
      for (let at = parent; at !== undefined; at = at.parent) depth++
      if (this.#open.size < MAX_OPEN && depth < MAX_OPEN) {
        this.#open.set(ref, { type, params, label: message.tags.get('label'), parent, messages: [] })
      }
      return undefined
    }
    const batch = this.#open.get(ref)
    this.#open.delete(ref)
    return batch
  }

  clear(): void {
    this.#open.clear()
  }
}
