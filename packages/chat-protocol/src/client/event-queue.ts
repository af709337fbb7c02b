import { ChatError } from '../codec/errors.js'

/** Events for one `for await`, bounded: who does not read gets an error and not the memory. */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  readonly #waiting: T[] = []
  readonly #maxEvents: number
  readonly #left: () => void
  #reader: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void } | undefined
  #ended = false
  #error: ChatError | undefined

  /** @param left the reader is gone */
  constructor(maxEvents: number, left: () => void) {
    this.#maxEvents = maxEvents
    this.#left = left
  }

  push(event: T): void {
    if (this.#ended) return
    if (this.#reader !== undefined) {
      const reader = this.#reader
      this.#reader = undefined
      reader.resolve({ value: event, done: false })
    } else if (this.#maxEvents > 0 && this.#waiting.length >= this.#maxEvents) {
      this.#error = new ChatError('CHAT_ERR_QUEUE_FULL', `more than ${this.#maxEvents} events wait to be read`)
      this.end()
    } else this.#waiting.push(event)
  }

  /** No further events; those that wait are still read. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#left()
    this.#reader?.resolve({ value: undefined, done: true })
    this.#reader = undefined
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#waiting.length > 0) return Promise.resolve({ value: this.#waiting.shift()!, done: false })
    if (this.#error !== undefined) {
      const error = this.#error
      this.#error = undefined
      return Promise.reject(error)
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
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
