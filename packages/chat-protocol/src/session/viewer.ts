/** What replies are written to: one session. */
export interface Viewer {
  /** Bits of the capabilities in force. */
  readonly caps: number
  /** Nick, `*` before there is one. */
  readonly nick: string
  /** The server's name. */
  readonly server: string
  readonly network: string
  readonly version: string
  readonly description: string
  /** Sends a numeric: the nick comes first, of the other parameters only the last may hold spaces. */
  numeric(code: string, ...params: readonly string[]): void
  /** Sends any line of the server's; tags without `@`. */
  send(command: string, params: readonly string[], source?: string, tags?: string): void
  /** Sends a finished line without its tags; tags without `@`. */
  sendBody(body: string, tags: string): void
  /** Sends a NOTICE of the server's. */
  notice(text: string): void
  /** Makes the whole answer one batch, before anything of it is sent; does nothing when the client has no batches. */
  openBatch(type: string, ...params: readonly string[]): void
  /** Tags of a line, with that of the open batch. */
  batched(tags: string): string
  /** Closes the open batch. */
  closeBatch(): void
}
