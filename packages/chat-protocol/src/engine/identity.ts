/**
 * Who somebody was when something happened. Immutable: a user who changes nick, host or account gets a new one, so
 * events and history may keep a reference for ever.
 */
export class Identity {
  /** `nick!user@host`, the text that bans are matched against. */
  readonly mask: string

  constructor(
    /** Name in use. */
    readonly nick: string,
    /** User name, `~` before it when nobody verified it. */
    readonly user: string,
    /** Host as others see it, mostly a cloak. */
    readonly host: string,
    /** Free text. */
    readonly realname: string,
    /** Account name; undefined while nobody is logged in. */
    readonly account: string | undefined = undefined,
    /** True for a user that declared itself to be a program. */
    readonly bot = false,
  ) {
    this.mask = `${nick}!${user}@${host}`
  }

  /** The same person with some parts replaced. */
  with(parts: Partial<Omit<Identity, 'mask' | 'with'>>): Identity {
    return new Identity(
      parts.nick ?? this.nick,
      parts.user ?? this.user,
      parts.host ?? this.host,
      parts.realname ?? this.realname,
      'account' in parts ? parts.account : this.account,
      parts.bot ?? this.bot,
    )
  }
}

/** Source of events that no user caused: the server itself. */
export const SERVER = Symbol('server')

/** Who caused an event. */
export type Source = Identity | typeof SERVER
