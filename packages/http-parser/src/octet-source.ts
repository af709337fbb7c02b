/** Where octets come from: a Node stream, a file, a `fetch` body, a generator, an array of chunks. */
export type OctetSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | { getReader(): OctetReader }

/** The part of a `ReadableStreamDefaultReader` that is used. */
export interface OctetReader {
  /** the next chunk, or done */
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  /** tells the source that no more will be read */
  cancel?(reason?: unknown): Promise<unknown>
  /** gives the stream back */
  releaseLock(): void
}

/** A source as it is used here. */
export interface Source {
  read(): Promise<{ readonly done?: boolean | undefined; readonly value?: Uint8Array | undefined }>
  /** Nothing more will be read by anybody. */
  stop(): Promise<void>
  /** Nothing more will be read by us. */
  release(): void
}

/** Starts to read a source. */
export function sourceOf(source: OctetSource): Source {
  if (typeof source === 'object' && source !== null) {
    if ('getReader' in source) return readerSource(source.getReader())
    if (Symbol.asyncIterator in source) {
      const iterator = source[Symbol.asyncIterator]()
      return {
        read: () => iterator.next(),
        stop: async () => void (await iterator.return?.()),
        release() {},
      }
    }
    if (Symbol.iterator in source) {
      const iterator = source[Symbol.iterator]()
      return {
        read: async () => iterator.next(),
        stop: async () => void iterator.return?.(),
        release() {},
      }
    }
  }
  throw new TypeError('a source is a ReadableStream or an iterable of Uint8Arrays')
}

function readerSource(reader: OctetReader): Source {
  // Behind its end, and when it is given back, a reader can not be asked again.
  let released = false
  const release = (): void => {
    if (released) return
    released = true
    reader.releaseLock()
  }
  return {
    async read() {
      if (released) return { done: true }
      let result: Awaited<ReturnType<OctetReader['read']>> = { done: true }
      try {
        result = await reader.read()
      } finally {
        if (result.done) release()
      }
      return result
    },
    async stop() {
      if (released) return
      try {
        await reader.cancel?.()
      } finally {
        release()
      }
    },
    release,
  }
}
