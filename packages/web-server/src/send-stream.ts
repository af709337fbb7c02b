import type { Sendable, ServerResponse } from './message.js'

type Stream = Exclude<Sendable, string | Uint8Array | null>

/**
 * Sends what a stream yields, no faster than the peer reads. The stream is cancelled when the peer leaves, also while
 * it is waiting for its next piece; when it fails, the response is cut off and the failure is the caller's.
 */
export async function sendStream(response: ServerResponse, stream: Stream): Promise<void> {
  const source = open(stream)
  let left = false
  response.onFinish(() => {
    left = response.aborted
    if (left) source.cancel()
  })
  if (!response.hasContent) {
    source.cancel()
    response.end()
    return
  }
  try {
    for (;;) {
      const piece = await source.next()
      if (left) return
      if (piece === undefined) break
      if (!response.write(piece)) await response.drained()
    }
    response.end()
  } catch (problem) {
    if (left) return
    source.cancel()
    // Before the head there still is an answer to give: the connection makes an error page of the rejection.
    if (response.headSent) response.abort(problem)
    throw problem
  }
}

interface Source {
  next(): Promise<string | Uint8Array | undefined>
  cancel(): void
}

function open(stream: Stream): Source {
  if (typeof stream !== 'object') throw notSendable(stream)
  if ('getReader' in stream) return openWebStream(stream as ReadableStream<string | Uint8Array>)
  if (Symbol.asyncIterator in stream) {
    const iterator = (stream as AsyncIterable<string | Uint8Array>)[Symbol.asyncIterator]()
    // A Node stream ends with destroy(), also while its iterator waits; a generator's return() waits for its turn.
    const destroy = 'destroy' in stream ? () => destroyQuietly(stream as unknown as Destroyable) : undefined
    return openIterator(iterator, destroy)
  }
  if (Symbol.iterator in stream) return openIterator((stream as Iterable<string | Uint8Array>)[Symbol.iterator]())
  throw notSendable(stream)
}

/** From JavaScript may come what no type allows. */
function notSendable(value: unknown): TypeError {
  return new TypeError(`What is sent is text, octets, an iterable or a stream, not ${String(value)}`)
}

/** A Node stream. */
interface Destroyable {
  on?(event: 'error', listener: () => void): unknown
  destroy(): void
}

/** Its iterator listens to errors only from its first step on; an error that nobody listens to ends the process. */
function destroyQuietly(stream: Destroyable): void {
  stream.on?.('error', () => {})
  stream.destroy()
}

function openWebStream(stream: ReadableStream<string | Uint8Array>): Source {
  const reader = stream.getReader()
  return {
    async next() {
      const { done, value } = await reader.read()
      return done ? undefined : value
    },
    cancel() {
      reader.cancel().catch(() => undefined)
    },
  }
}

function openIterator(
  iterator: Iterator<string | Uint8Array> | AsyncIterator<string | Uint8Array>,
  destroy?: () => void,
): Source {
  return {
    async next() {
      const { done, value } = await iterator.next()
      return done === true ? undefined : value
    },
    cancel() {
      destroy?.()
      // Whatever a source says while it is being sent away is of no interest to anybody.
      Promise.resolve(iterator.return?.()).catch(() => undefined)
    },
  }
}
