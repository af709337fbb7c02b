/** Durations of a session in milliseconds; 0 = off. */
export interface SessionTimeouts {
  /** Until a new connection has registered. Default 30,000: a person who types NICK and USER by hand needs that long. */
  readonly registrationTimeout: number
  /** Silence after which the client is asked whether it is there. Default 120,000. */
  readonly pingTimeout: number
  /** Further silence after which it is given up. Default 60,000. */
  readonly pongTimeout: number
}

/** The defaults of {@link SessionTimeouts}. */
export const DEFAULT_TIMEOUTS: SessionTimeouts = {
  registrationTimeout: 30_000,
  pingTimeout: 120_000,
  pongTimeout: 60_000,
}
