/** What all decoders of this entry are. */
export interface FrameDecoder<F> {
  /**
   * Takes a chunk and calls `frame` for each frame that is complete with it, in order. The chunk is not kept. What
   * `frame` throws comes through, and costs the octets behind that frame: the decoder cannot go on then.
   *
   * @throws SocketError the frame breaks its limit; the decoder stays dead and throws the same again
   */
  push(chunk: Uint8Array, frame: (frame: F) => void): void
  /**
   * The source has ended.
   *
   * @throws SocketError `SOCKET_ERR_TRUNCATED` it ended inside a frame
   */
  end(frame: (frame: F) => void): void
}

/**
 * The frames of any chunk source: a connection, a file, an array. Pull-driven: the source is read when frames are wanted.
 *
 * @param source chunks with any borders
 * @param decoder used by this loop alone
 * @throws SocketError what the decoder throws; what the source throws
 */
export async function* readFrames<F>(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  decoder: FrameDecoder<F>,
): AsyncGenerator<F, void, undefined> {
  const frames: F[] = []
  const keep = (frame: F): void => {
    frames.push(frame)
  }
  for await (const chunk of source) {
    let failure: unknown
    try {
      decoder.push(chunk, keep)
    } catch (error) {
      failure = error
    }
    // Frames before the bad one are good.
    yield* frames.splice(0)
    if (failure !== undefined) throw failure
  }
  decoder.end(keep)
  yield* frames
}
