import { ChatError } from '../codec/errors.js'

/** Where a server is, taken from its URL. */
export interface ChatUrl {
  /** What carries the lines. */
  readonly transport: 'tcp' | 'tls' | 'websocket'
  /** Host name or address, IPv6 without brackets. */
  readonly host: string
  /** The URL's, or its scheme's. */
  readonly port: number
  /** For `websocket`: the URL to open. */
  readonly href: string
  /** Rooms that the URL names, with their `#`. */
  readonly rooms: readonly string[]
  /** Password that the URL holds. */
  readonly password: string | undefined
}

const PORTS = { 'irc:': 6667, 'ircs:': 6697, 'ws:': 80, 'wss:': 443 } as const

/**
 * Reads where a server is: `irc://host[:6667][/room]`, `ircs://…` (TLS, 6697), `ws://…`, `wss://…` (with the room after
 * `#`), the `http(s)://…` URL of a chat page (its socket is `socket` beside it), or a bare `host[:port]`, which is
 * `irc://`.
 *
 * @throws ChatError `CHAT_ERR_USAGE`
 */
export function parseChatUrl(text: string): ChatUrl {
  let url: URL
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `irc://${text}`)
  } catch {
    throw new ChatError('CHAT_ERR_USAGE', `not a server's address: ${JSON.stringify(text)}`)
  }
  const page = url.protocol === 'http:' || url.protocol === 'https:'
  const scheme = page ? (url.protocol === 'https:' ? 'wss:' : 'ws:') : url.protocol
  if (!(scheme in PORTS) || url.hostname === '') {
    throw new ChatError(
      'CHAT_ERR_USAGE',
      `not a server's address (irc, ircs, ws, wss, http or https): ${JSON.stringify(text)}`,
    )
  }
  const socket = scheme === 'ws:' || scheme === 'wss:'
  const named = socket
    ? url.hash.slice(1)
    : [url.pathname.slice(1), url.hash].filter((part) => part.length > 1).join('')
  const target = new URL(page ? './socket' : url.href, url)
  target.hash = target.username = target.password = ''
  if (page) {
    target.search = ''
    target.protocol = scheme
  }
  return {
    transport: socket ? 'websocket' : scheme === 'ircs:' ? 'tls' : 'tcp',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? PORTS[scheme as keyof typeof PORTS] : Number(url.port),
    href: socket ? target.href : url.href,
    rooms: decodePart(named)
      .split(',')
      .filter((name) => name !== '')
      .map(roomName),
    password: url.password === '' ? undefined : decodePart(url.password),
  }
}

/** The room that people mean: `lobby` is `#lobby`. */
export function roomName(text: string): string {
  return /^[#&+!]/.test(text) ? text : `#${text}`
}

/** A part of a URL without its percent-encoding; as it stands when it has none that is right (`100%`). */
export function decodePart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
