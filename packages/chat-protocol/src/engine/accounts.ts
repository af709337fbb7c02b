import type { Awaitable } from './log.js'

/** Who somebody proved to be. */
export interface Account {
  /** Display form, sent in `account` tags. */
  readonly name: string
}

/**
 * The accounts port: who may log in. No adapter comes with this version, so nobody is logged in and every `account` is
 * empty; the port is here so that SASL has its place.
 */
export interface Accounts {
  /** SASL mechanisms offered, in order of preference; empty when nobody can log in. */
  readonly mechanisms: readonly string[]
  /** Checks a password; undefined when name or password are wrong. Must take the same time for both. */
  verify(name: string, password: string): Awaitable<Account | undefined>
}

/** Accounts of a server that has none. */
export const NO_ACCOUNTS: Accounts = { mechanisms: [], verify: () => undefined }
