import { ChatError } from '../codec/errors.js'

/** Events for one `for await`, bounded: who does not read gets an error and not the memory. */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  readonly #waiting: T[] = []
  readonly #maxEvents: number
  readonly #left: () => void
  readonly #weigh: (event: T) => number
  /** What waits, as it is weighed. */
  #weight = 0
  /** Calls of `next` that wait, oldest first. */
  #readers: ((result: IteratorResult<T>) => void)[] = []
  #ended = false
  #error: ChatError | undefined

  /**
   * @param left the reader is gone
   * @param weigh how many events an event counts as: one, and those in it
   */
  constructor(maxEvents: number, left: () => void, weigh: (event: T) => number = () => 1) {
    this.#maxEvents = maxEvents
    this.#left = left
    this.#weigh = weigh
  }

  push(event: T): void {
    if (this.#ended) return
    const reader = this.#readers.shift()
    if (reader !== undefined) reader({ value: event, done: false })
    else if (this.#maxEvents > 0 && this.#weight >= this.#maxEvents) {
      this.#error = new ChatError('CHAT_ERR_QUEUE_FULL', `more than ${this.#maxEvents} events wait to be read`)
      this.end()
    } else {
      this.#waiting.push(event)
      this.#weight += this.#weigh(event)
    }
  }

  /** No further events; those that wait are still read. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#left()
    for (const reader of this.#readers.splice(0)) reader({ value: undefined, done: true })
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#waiting.length > 0) {
      const value = this.#waiting.shift()!
      this.#weight -= this.#weigh(value)
      return Promise.resolve({ value, done: false })
    }
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
