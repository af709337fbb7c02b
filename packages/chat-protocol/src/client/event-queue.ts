import { ChatError } from '../codec/errors.js'

/** Events for one `for await`, bounded: who does not read gets an error and not the memory. */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  readonly #waiting: T[] = []
  readonly #maxEvents: number
  readonly #left: () => void
  /** Calls of `next` that wait, oldest first. */
  #readers: ((result: IteratorResult<T>) => void)[] = []
  #ended = false
  #error: ChatError | undefined

  /** @param left the reader is gone */
  constructor(maxEvents: number, left: () => void) {
    this.#maxEvents = maxEvents
    this.#left = left
  }

  push(event: T): void {
    if (this.#ended) return
    const reader = this.#readers.shift()
    if (reader !== undefined) reader({ value: event, done: false })
    else if (this.#maxEvents > 0 && this.#waiting.length >= this.#maxEvents) {
      this.#error = new ChatError('CHAT_ERR_QUEUE_FULL', `more than ${this.#maxEvents} events wait to be read`)
      this.end()
    } else this.#waiting.push(event)
  }

  /** No further events; those that wait are still read. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#left()
    for (const reader of this.#readers.splice(0)) reader({ value: undefined, done: true })
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#waiting.length > 0) return Promise.resolve({ value: this.#waiting.shift()!, done: false })
    if (this.#error !== undefined) {
      const error = this.#error
      this.#error = undefined
      return Promise.reject(error)
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#readers.push(resolve))
  }

  return(): Promise<IteratorResult<T>> {
    this.#waiting.length = 0
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
