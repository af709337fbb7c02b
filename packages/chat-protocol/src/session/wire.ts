import { escapeTagValue, formatMessage } from '../codec/message.js'
import { splitText } from '../codec/text.js'
import type { Event, Publication } from '../engine/event.js'
import { Identity, type Source } from '../engine/identity.js'
import { fits } from '../engine/names.js'
import { CAP } from './capabilities.js'
import { signOfRank, writeChanges } from './mode-letters.js'

/** Bit beside those of {@link CAP}: lines go out as text, one message each, instead of as octets. */
export const TEXT = 1 << 30

/** Makes a parameter that a client sent fit for any place in a line: one word, not so long that the line overflows. */
export function word(text: string, maxOctets = MAX_WORD): string {
  if (text === '' || text.startsWith(':') || text.includes(' ')) return '*'
  return fits(text, maxOctets) ? text : `${splitText(text, maxOctets)[0]}…`
}

/** Octets of a word that an error repeats: longer ones are no name of anything. */
const MAX_WORD = 80

/** What writes events and replies of one server. */
export interface Wire {
  /** The server's name. */
  readonly server: string
}

function sourceOf(wire: Wire, source: Source): string {
  return source instanceof Identity ? source.mask : wire.server
}

type Writer<T extends Event['type']> = (
  event: Extract<Event, { type: T }>,
  caps: number,
  wire: Wire,
) => string | undefined

/** How each event looks to a session with these capabilities; undefined: not at all. */
const writers: { readonly [T in Event['type']]: Writer<T> } = {
  message: (event, caps) => {
    const target = event.rank === 0 ? event.target : signOfRank(event.rank) + event.target
    if (event.kind !== 'tagmsg') {
      // Written by hand: this is the one line that is made a thousand times a second, and its parts were all parsed
      // from lines before, so they hold no CR, LF or NUL and the target no space.
      return `:${event.from.mask} ${event.kind === 'privmsg' ? 'PRIVMSG' : 'NOTICE'} ${target} :${event.text}`
    }
    return caps & CAP.messageTags ? `:${event.from.mask} TAGMSG ${target}` : undefined
  },
  joined: (event, caps, wire) =>
    line(
      sourceOf(wire, event.who),
      'JOIN',
      caps & CAP.extendedJoin ? [event.channel, event.who.account ?? '*', event.who.realname] : [event.channel],
    ),
  parted: (event, _caps, wire) =>
    line(
      sourceOf(wire, event.who),
      'PART',
      event.reason === undefined ? [event.channel] : [event.channel, event.reason],
    ),
  quit: (event, _caps, wire) => line(sourceOf(wire, event.who), 'QUIT', [event.reason]),
  kicked: (event, _caps, wire) => line(sourceOf(wire, event.by), 'KICK', [event.channel, event.nick, event.reason]),
  renamed: (event, _caps, wire) => line(sourceOf(wire, event.who), 'NICK', [event.nick]),
  topicChanged: (event, _caps, wire) => `:${sourceOf(wire, event.by)} TOPIC ${event.channel} :${event.text}`,
  channelModesChanged: (event, _caps, wire) =>
    line(sourceOf(wire, event.by), 'MODE', [event.channel, ...writeChanges(event.changes)]),
  userModesChanged: (event, _caps, wire) =>
    line(sourceOf(wire, event.who), 'MODE', [event.who.nick, ...writeChanges(event.changes)]),
  invited: (event, caps, wire) =>
    event.witnessed && (caps & CAP.inviteNotify) === 0
      ? undefined
      : line(sourceOf(wire, event.by), 'INVITE', [event.nick, event.channel]),
  awayChanged: (event, caps, wire) =>
    caps & CAP.awayNotify
      ? line(sourceOf(wire, event.who), 'AWAY', event.message === undefined ? [] : [event.message])
      : undefined,
  hostChanged: (event, caps, wire) =>
    caps & CAP.chghost ? line(sourceOf(wire, event.who), 'CHGHOST', [event.user, event.host]) : undefined,
  realnameChanged: (event, caps, wire) =>
    caps & CAP.setname ? line(sourceOf(wire, event.who), 'SETNAME', [event.realname]) : undefined,
  wallops: (event, _caps, wire) => line(sourceOf(wire, event.from), 'WALLOPS', [event.text]),
  killed: (event, _caps, wire) => line(sourceOf(wire, event.by), 'KILL', [event.nick, event.reason]),
}

/** One line without tags. */
export function line(source: string, command: string, params: readonly string[]): string {
  return formatMessage({ source, command, params })
}

/** The event as a line without tags; undefined when a session with these capabilities does not get it. */
export function writeEvent(event: Event, caps: number, wire: Wire): string | undefined {
  return (writers[event.type] as Writer<Event['type']>)(event as never, caps, wire)
}

/** The event's tags, without `@` and space; empty when there are none. */
export function writeTags({ event, time, id }: Publication, caps: number): string {
  let tags = caps & CAP.serverTime ? `time=${timestamp(time)}` : ''
  const add = (tag: string): void => {
    tags += tags === '' ? tag : `;${tag}`
  }
  const who = actor(event)
  if (who instanceof Identity) {
    if (caps & CAP.accountTag && who.account !== undefined) add(`account=${escapeTagValue(who.account)}`)
    if (caps & CAP.messageTags && who.bot) add('bot')
  }
  if (caps & CAP.messageTags) {
    if (id !== undefined) add(`msgid=${id}`)
    if (event.type === 'message' && event.tags !== undefined) {
      for (const name in event.tags) {
        const value = event.tags[name]!
        add(value === '' ? `+${name}` : `+${name}=${escapeTagValue(value)}`)
      }
    }
  }
  return tags
}

function actor(event: Event): Source | undefined {
  if ('from' in event) return event.from
  if ('who' in event) return event.who
  return 'by' in event ? event.by : undefined
}

let lastTime = Number.NaN
let lastTimestamp = ''

/** A time as server-time writes it. Events of one tick mostly share a millisecond. */
export function timestamp(time: number): string {
  if (time !== lastTime) {
    lastTime = time
    lastTimestamp = new Date(time).toISOString()
  }
  return lastTimestamp
}

const encoder = new TextEncoder()

/**
 * The finished form of a line for a kind of session. Octets are held as a string with one character per octet: such
 * strings are joined, shared by all queues and written without encoding them again for each recipient.
 */
export function finished(tags: string, body: string, profile: number): string {
  const whole = tags === '' ? body : `@${tags} ${body}`
  if (profile & TEXT) return `${whole}\n`
  return /^[\x00-\x7f]*$/.test(whole) ? `${whole}\r\n` : `${String.fromCharCode(...encoder.encode(whole))}\r\n`
}

/** The form of a publication for a profile, made at the first call for it; empty when such sessions do not get it. */
export function formFor(publication: Publication, profile: number, wire: Wire): string {
  const { kinds, forms } = publication
  for (let i = 0; i < kinds.length; i++) if (kinds[i] === profile) return forms[i] as string
  const body = writeEvent(publication.event, profile, wire)
  const form = body === undefined ? '' : finished(writeTags(publication, profile), body, profile)
  kinds.push(profile)
  forms.push(form)
  return form
}
