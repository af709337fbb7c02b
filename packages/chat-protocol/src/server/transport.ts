/**
 * A way to a client that carries whole messages, as a WebSocket does: what {@link ChatServer.attach} takes. The server
 * calls `send` at most once per tick.
 */
export interface Transport {
  /** IP address of the client; `''` when there is none. */
  readonly remote: string
  /** True when the whole way to the client is encrypted. */
  readonly secure: boolean
  /** Octets (or characters) sent that the client has not taken yet. */
  readonly writeQueue: number
  /** Sends messages in order, each without a line break. */
  send(messages: readonly string[]): void
  /** Closes after what was sent. */
  close(reason: string): void
}

/** The server's side of an attached {@link Transport}: what came in goes in here. */
export interface Attachment {
  /**
   * One whole message of the client's. Octets must be UTF-8. A message with CR, LF or NUL, and one that is too long, is
   * refused with an answer; a single line break at its end is forgiven.
   */
  receive(message: string | Uint8Array): void
  /**
   * The transport is gone.
   *
   * @param reason what others read, the first line of it. Not the peer's own words: they could pass for the server's
   */
  end(reason?: string): void
}
