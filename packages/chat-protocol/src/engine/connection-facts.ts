/** Facts about a user's connection, given by whoever accepted it. */
export interface ConnectionFacts {
  /** Address the client connected from, for operators and bans; empty for a Unix socket. */
  readonly address: string
  /** Host name or address before cloaking. */
  readonly realHost: string
  /** True when the whole way to the server is encrypted. */
  readonly secure: boolean
}
