/** What carries a session's lines to its client. */
export interface Carrier {
  /** Sends what {@link Session.take} gave, in one write. */
  send(outbox: string): void
  /** Octets sent that the client has not taken yet. */
  readonly writeQueue: number
  /** Closes after what was sent. */
  close(reason: string): void
}
