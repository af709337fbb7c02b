import type { Message } from '../codec/message.js'
import type { Answers, Pending } from './answers.js'

/** A batch under way or complete. */
export interface Batch {
  readonly type: string
  readonly params: readonly string[]
  /** Label of the request that it answers; inner batches belong to the answer of the one around them. */
  readonly label: string | undefined
  /** The batch around it. */
  readonly parent: Batch | undefined
  /** The request whose answer it is, or is a part of. */
  readonly answer: Pending | undefined
  /** Messages that nobody asked for, in order: a stretch of the past, with what is in the batches in it. */
  messages: Message[]
  closed: boolean
}

/** Batches that may be open at once, and in one another. */
const MAX_OPEN = 100

/**
 * Batches that are open, by reference (IRCv3 batch). Messages are held where they mean nothing before the batch is
 * complete: answers, which {@link Answers} holds, and the past. All others are told as they come.
 */
export class Batches {
  readonly #open = new Map<string, Batch>()
  readonly #answers: Answers
  readonly #maxMessages: number
  /** Told and asked of nobody: how much is held in all. */
  #held = 0

  /** @param maxMessages that nobody asked for, in all open batches together */
  constructor(answers: Answers, maxMessages: number) {
    this.#answers = answers
    this.#maxMessages = maxMessages
  }

  /** The batch that a message belongs to. */
  of(message: Message): Batch | undefined {
    const ref = message.tags.get('batch')
    return ref === undefined ? undefined : this.#open.get(ref)
  }

  /** The label that the batch, or one around it, answers. */
  label(batch: Batch | undefined): string | undefined {
    for (let at = batch; at !== undefined; at = at.parent) if (at.label !== undefined) return at.label
    return undefined
  }

  /** Holds a message of a batch; false when it is to be told at once. */
  hold(batch: Batch, message: Message): boolean {
    const past = outermostPast(batch)
    if (batch.answer !== undefined) this.#answers.collect(batch.answer, message)
    else if (past !== undefined && !past.closed) {
      past.messages.push(message)
      this.#held++
    }
    return past !== undefined
  }

  /** Takes out what nobody asked for, when that is more than may be held: it is told in pieces then, and nothing is lost. */
  overflow(): Batch[] {
    if (this.#held <= this.#maxMessages) return []
    return [...this.#open.values()].map((batch) => this.#emptied(batch))
  }

  /** Reads a BATCH; the batch that it closes, complete. */
  receive(message: Message): Batch | undefined {
    const [word = '', type = '', ...params] = message.params
    const ref = word.slice(1)
    if (!word.startsWith('+')) return this.#close(ref)
    const parent = this.of(message)
    let depth = 0
    for (let at = parent; at !== undefined; at = at.parent) depth++
    if ((this.#open.size >= MAX_OPEN && !this.#open.has(ref)) || depth >= MAX_OPEN) return undefined
    this.#close(ref)
    const label = message.tags.get('label')
    const answer =
      parent?.answer ?? (label !== undefined ? this.#answers.find(label) : this.#answers.takerOf(type, params[0] ?? ''))
    this.#open.set(ref, { type, params, label, parent, answer, messages: [], closed: false })
    return undefined
  }

  clear(): void {
    this.#open.clear()
    this.#held = 0
  }

  #close(ref: string): Batch | undefined {
    const batch = this.#open.get(ref)
    if (batch === undefined) return undefined
    this.#open.delete(ref)
    batch.closed = true
    return this.#emptied(batch)
  }

  /** The batch as it is, which then holds nothing. */
  #emptied(batch: Batch): Batch {
    const { messages } = batch
    batch.messages = []
    this.#held -= messages.length
    return { ...batch, messages }
  }
}

/** The outermost batch of history that the batch is, or is in. */
function outermostPast(batch: Batch): Batch | undefined {
  let past: Batch | undefined
  for (let at: Batch | undefined = batch; at !== undefined; at = at.parent) if (at.type === 'chathistory') past = at
  return past
}
