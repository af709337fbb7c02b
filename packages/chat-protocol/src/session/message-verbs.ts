import type { Message } from '../codec/message.js'
import { byteLength } from '../codec/text.js'
import type { Outcome } from '../engine/handler.js'
import type { ClientTags, MessageKind } from '../engine/message-kind.js'
import { CAP } from './capabilities.js'
import type { VerbContext } from './context.js'
import { items, type Verb, verb } from './verb.js'

/** Talk: PRIVMSG NOTICE TAGMSG. */
export const messageVerbs: Readonly<Record<string, Verb>> = {
  PRIVMSG: verb(
    1,
    1,
    'PRIVMSG <#channel or nick>{,<#channel or nick>} :<text>: says something',
    (session, message) => say(session, message, 'privmsg'),
    { tooFew: () => 'noRecipient' },
  ),
  NOTICE: verb(
    1,
    1,
    'NOTICE <#channel or nick>{,<#channel or nick>} :<text>: says something that no program answers',
    (session, message) => say(session, message, 'notice'),
    { tooFew: () => 'noRecipient' },
  ),
  TAGMSG: verb(
    1,
    1,
    'TAGMSG <#channel or nick>{,<#channel or nick>}: sends tags without a text',
    (session, message) => (session.caps & CAP.messageTags ? say(session, message, 'tagmsg') : undefined),
    { tooFew: () => 'noRecipient' },
  ),
}

const WIRE_NAME: Readonly<Record<MessageKind, string>> = { privmsg: 'PRIVMSG', notice: 'NOTICE', tagmsg: 'TAGMSG' }

function say(session: VerbContext, message: Message, kind: MessageKind): Outcome {
  const { params } = message
  const text = kind === 'tagmsg' ? '' : (params[1] ?? '')
  if (text === '' && kind !== 'tagmsg') return session.refuse('noTextToSend')
  const targets = params[0]!.includes(',') ? items(params[0]) : [params[0]!]
  if (targets.length === 0) return session.refuse('noRecipient')
  // Receivers see the sender before the text. What would not fit then is refused, never cut.
  const frame = byteLength(session.user!.identity.mask) + WIRE_NAME[kind].length + 7 + byteLength(text)
  for (const target of targets) if (frame + byteLength(target) > 512) return session.refuse('inputTooLong')
  const tags = session.caps & CAP.messageTags && message.tags.size > 0 ? clientTags(message) : undefined
  return session.ask({ type: 'message', kind, targets, text, tags })
}

/** The tags that go to other clients as they are: those with a `+`. They came in one line, so they fit into one. */
function clientTags(message: Message): ClientTags | undefined {
  let tags: Record<string, string> | undefined
  for (const [key, value] of message.tags) {
    if (!key.startsWith('+') || key === '+') continue
    tags ??= Object.create(null) as Record<string, string>
    tags[key.slice(1)] = value
  }
  return tags
}
