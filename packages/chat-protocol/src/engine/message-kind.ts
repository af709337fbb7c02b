/** How a message wants to be treated: only a `privmsg` may be answered by programs. */
export type MessageKind = 'privmsg' | 'notice' | 'tagmsg'

/** What a client attaches to a message for other clients, keyed without the leading `+`. */
export type ClientTags = Readonly<Record<string, string>>
