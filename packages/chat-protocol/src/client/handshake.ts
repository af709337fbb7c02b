import { ChatError } from '../codec/errors.js'
import type { Message, MessageInit } from '../codec/message.js'
import { ERR, RPL } from '../codec/numerics.js'
import { byteLength } from '../codec/text.js'

/** Capabilities that the client asks for where the server has them. Drafts carry their state in their name. */
export const WANTED_CAPS: readonly string[] = [
  'account-notify',
  'account-tag',
  'away-notify',
  'batch',
  'cap-notify',
  'chghost',
  'draft/chathistory',
  'echo-message',
  'extended-join',
  'extended-monitor',
  'invite-notify',
  'labeled-response',
  'message-tags',
  'multi-prefix',
  'server-time',
  'setname',
  'standard-replies',
  'userhost-in-names',
]

/** More capabilities than this a server does not turn on, whatever it acknowledges. */
const MAX_CAPS = 200

/** Who a client wants to be. */
export interface Identity {
  nick: string
  username: string
  realname: string
  password: string | undefined
  sasl: { account: string; password: string } | undefined
}

/** What a {@link Handshake} does to the world. */
export interface HandshakePorts {
  send(message: MessageInit): void
  /** The server will not have us, ever: wrong password, banned, impossible nick. */
  refused(error: ChatError): void
  /** Number in [0, 1). */
  random(): number
}

/**
 * Registration: CAP 302, PASS, NICK, USER and SASL in the order that every server takes, and capabilities that come and
 * go later. One per connection.
 *
 *     LS ──▶ REQ (as many lines as needed) ──ACK/NAK──▶ [AUTHENTICATE ──▶ 903] ──▶ END ──▶ 001
 *
 * A server without CAP answers 421 or nothing and welcomes us just the same.
 */
export class Handshake {
  /** Nick asked for last, or given by the server. */
  nick: string
  /** Has 001 come? */
  welcomed = false
  /** Capabilities in use. */
  readonly caps = new Set<string>()
  readonly #identity: Identity
  readonly #ports: HandshakePorts
  /** Capabilities on offer that we want. */
  readonly #offered = new Set<string>()
  /** REQ lines without an answer. */
  #asked = 0
  #ended = false
  #nickTries = 0

  constructor(identity: Identity, ports: HandshakePorts) {
    this.#identity = identity
    this.#ports = ports
    this.nick = identity.nick
  }

  /** The connection is open. */
  start(): void {
    const { password, nick, username, realname } = this.#identity
    this.#ports.send({ command: 'CAP', params: ['LS', '302'] })
    if (password !== undefined) this.#ports.send({ command: 'PASS', params: [password] })
    this.#ports.send({ command: 'NICK', params: [nick] })
    this.#ports.send({ command: 'USER', params: [username, '0', '*', realname] })
  }

  /** Looks at every message; true when it was the handshake's own business. */
  receive(message: Message): boolean {
    switch (message.command) {
      case 'CAP':
        this.#cap(message.params)
        return true
      case 'AUTHENTICATE':
        if (message.params[0] === '+') this.#authenticate()
        return true
      case ERR.UNKNOWNCOMMAND:
      case ERR.NOTREGISTERED:
        // A server that knows no CAP, which is no trouble of the user's.
        return !this.welcomed && message.params[1]?.toUpperCase() === 'CAP'
      case RPL.WELCOME:
        this.welcomed = true
        this.nick = message.params[0] ?? this.nick
        return false
      case RPL.SASLSUCCESS:
      case ERR.SASLALREADY:
        this.#end()
        return true
      case ERR.NICKLOCKED:
      case ERR.SASLFAIL:
      case ERR.SASLTOOLONG:
      case ERR.SASLABORTED:
        if (!this.welcomed) this.#refuse(message)
        return !this.welcomed
      case ERR.PASSWDMISMATCH:
      case ERR.YOUREBANNEDCREEP:
        if (!this.welcomed) this.#refuse(message)
        return !this.welcomed
      case ERR.ERRONEUSNICKNAME:
        // A nick of ours that the server made impossible by adding to it is not the user's fault.
        if (!this.welcomed && this.#nickTries === 0) this.#refuse(message)
        else if (!this.welcomed) this.#nextNick()
        return !this.welcomed
      case ERR.NICKNAMEINUSE:
      case '436':
      case '437':
        if (!this.welcomed) this.#nextNick()
        return !this.welcomed
      default:
        return false
    }
  }

  #cap(params: readonly string[]): void {
    const list = (params.at(-1) ?? '').split(' ').filter((name) => name !== '')
    switch (params[1]?.toUpperCase()) {
      case 'LS':
        this.#offer(list)
        // A `*` before the list: more lines follow.
        if (params[2] !== '*' || params.length < 4) this.#ask([...this.#offered])
        break
      case 'NEW':
        this.#offer(list)
        this.#ask(list.map((item) => item.split('=')[0]!))
        break
      case 'DEL':
        for (const name of list) {
          this.caps.delete(name)
          this.#offered.delete(name)
        }
        break
      case 'ACK':
        for (const name of list) {
          if (name.startsWith('-')) this.caps.delete(name.slice(1))
          else if (this.caps.size < MAX_CAPS) this.caps.add(name)
        }
        this.#answered()
        break
      case 'NAK':
        // One bad name spoils its whole line: ask for each on its own.
        if (list.length > 1) for (const name of list) if (this.#wants(name)) this.#request([name])
        this.#answered()
        break
    }
  }

  #offer(list: readonly string[]): void {
    for (const item of list) {
      const name = item.split('=')[0]!
      if (this.#wants(name)) this.#offered.add(name)
    }
  }

  #ask(names: readonly string[]): void {
    const wanted = names.filter((name) => this.#wants(name) && !this.caps.has(name))
    let line: string[] = []
    for (const name of wanted) {
      if (byteLength([...line, name].join(' ')) > 400) {
        this.#request(line)
        line = []
      }
      line.push(name)
    }
    if (line.length > 0) this.#request(line)
    if (this.#asked === 0) this.#end()
  }

  #wants(name: string): boolean {
    if (name === 'sasl') return this.#identity.sasl !== undefined && !this.welcomed
    return WANTED_CAPS.includes(name)
  }

  #request(names: readonly string[]): void {
    this.#asked++
    this.#ports.send({ command: 'CAP', params: ['REQ', names.join(' ')] })
  }

  #answered(): void {
    if (this.#asked > 0 && --this.#asked === 0 && !this.#ended) {
      if (this.caps.has('sasl')) this.#ports.send({ command: 'AUTHENTICATE', params: ['PLAIN'] })
      else this.#end()
    }
  }

  #end(): void {
    if (this.#ended) return
    if (this.#identity.sasl !== undefined && !this.caps.has('sasl')) {
      this.#ports.refused(
        new ChatError('CHAT_ERR_UNSUPPORTED', 'the server has no SASL, so the account cannot be used'),
      )
      return
    }
    this.#ended = true
    this.#ports.send({ command: 'CAP', params: ['END'] })
  }

  /** SASL PLAIN (RFC 4616) in pieces of 400 characters (IRCv3 SASL). */
  #authenticate(): void {
    const { account, password } = this.#identity.sasl ?? { account: '', password: '' }
    const octets = new TextEncoder().encode(`${account}\0${account}\0${password}`)
    const text = btoa(String.fromCharCode(...octets))
    for (let at = 0; at < text.length; at += 400) {
      this.#ports.send({ command: 'AUTHENTICATE', params: [text.slice(at, at + 400)] })
    }
    if (text.length % 400 === 0) this.#ports.send({ command: 'AUTHENTICATE', params: ['+'] })
  }

  /** The nick is taken: `ann_`, `ann__`, then with digits; short enough for servers that cut at nine. */
  #nextNick(): void {
    this.#nickTries++
    const tail =
      this.#nickTries <= 2 ? '_'.repeat(this.#nickTries) : String(Math.floor(this.#ports.random() * 9000) + 1000)
    const room = this.#nickTries === 1 ? Number.POSITIVE_INFINITY : 9 - tail.length
    const { nick } = this.#identity
    // Old servers allow nine characters; try with all of the name first.
    this.nick = (nick.length > room ? nick.slice(0, room) : nick) + tail
    this.#ports.send({ command: 'NICK', params: [this.nick] })
  }

  #refuse(message: Message): void {
    const text = message.params.at(-1) ?? message.command
    this.#ports.refused(
      new ChatError('CHAT_ERR_REFUSED', text, { line: [message.command, ...message.params].join(' ') }),
    )
  }
}
