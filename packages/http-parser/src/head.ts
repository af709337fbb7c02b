import { FieldLines, type Fields } from './fields.js'
import { Flag } from './scanner/layout.js'
import { type HeadStore, PAST, RetainedText, type StoreHolder } from './store.js'

/** The form of a request-target (RFC 9112 §3.2). */
export type TargetForm = 'origin' | 'absolute' | 'authority' | 'asterisk'

/** What the heads of requests and responses have in common. */
export interface MessageHead {
  /** always 1: another major version is refused */
  readonly versionMajor: number
  /** 0 or 1, or what the peer claims beyond, which is treated as 1 (RFC 9110 §2.5) */
  readonly versionMinor: number
  /** field lines; strings are made when asked for */
  readonly fields: Fields
  /** value of Content-Length in octets, at most 2^53 - 1; `undefined` when there is none */
  readonly contentLength: number | undefined
  /** whether the content is chunked */
  readonly chunked: boolean
  /** whether octets of content may follow: false when the message ends with its head or Content-Length is 0 */
  readonly hasContent: boolean
  /** whether the peer lets the connection persist after this message (RFC 9112 §9.3); `close` wins over `keep-alive` */
  readonly keepAlive: boolean
  /**
   * Keeps the head readable for ever, at the cost of one copy. Without it a head can be read until `next()` is called on
   * its parser, in the hook or later; strings made before stay, anything asked for afterwards throws a `TypeError`.
   */
  retain(): this
}

/** The head of a request. It is lazy: strings are made when asked for. How long it lives: see `retain`. */
export interface RequestHead extends MessageHead {
  /** case-sensitive token, at most 64 octets */
  readonly method: string
  /** request-target as sent: visible ASCII, nothing decoded */
  readonly target: string
  /** form of the target: authority only with Flag.CONNECT, asterisk only with OPTIONS */
  readonly targetForm: TargetForm
  /** whether the peer waits for 100 (Continue) before it sends the content (RFC 9110 §10.1.1) */
  readonly expectContinue: boolean
  /** value of Expect, whatever it asks for; anything but 100-continue may be answered with 417 */
  readonly expect: string | undefined
  /** the peer offers another protocol: Upgrade with Connection: upgrade in HTTP/1.1, or method Flag.CONNECT */
  readonly upgrade: boolean
}

/** The head of a response. It is lazy: strings are made when asked for. How long it lives: see `retain`. */
export interface ResponseHead extends MessageHead {
  /** status code, 100…999 */
  readonly status: number
  /** reason phrase as sent, one character an octet; may be empty and means nothing (RFC 9112 §4) */
  readonly reason: string
  /** the connection now speaks another protocol: 101, or 2xx to Flag.CONNECT; octets behind the head are not HTTP */
  readonly upgrade: boolean
}

const CONTENT_UNTIL_CLOSE = 2
const METHODS = ['', 'GET', 'POST', 'HEAD']
const FORMS: TargetForm[] = ['origin', 'absolute', 'authority', 'asterisk']

/** {@link RequestHead} over the scratch memory. */
export class LazyRequestHead implements RequestHead, StoreHolder {
  /** @internal */
  store: HeadStore
  private flags: number
  private readonly length: number
  private targetOnce: string | undefined
  private fieldsOnce: Fields | undefined

  /**
   * @param store where the octets are
   * @param flags verdicts of the scan
   * @param length Content-Length, when the flags say that there is one
   */
  constructor(store: HeadStore, flags: number, length: number) {
    this.store = store
    this.flags = flags
    this.length = length
    this.targetOnce = undefined
    this.fieldsOnce = undefined
  }

  get method(): string {
    const known = (this.flags & Flag.METHOD_MASK) >> Flag.METHOD_SHIFT
    return known !== 0 ? METHODS[known]! : this.store.slice(this.store.start(), this.store.methodEnd())
  }

  get target(): string {
    if (this.targetOnce === undefined) {
      this.targetOnce = this.store.slice(this.store.methodEnd() + 1, this.store.targetEnd())
    }
    return this.targetOnce
  }

  get targetForm(): TargetForm {
    return FORMS[(this.flags & Flag.FORM_MASK) >> Flag.FORM_SHIFT]!
  }

  get versionMajor(): number {
    return 1
  }

  get versionMinor(): number {
    return this.flags & 15
  }

  get fields(): Fields {
    this.fieldsOnce ??= new FieldLines(this)
    return this.fieldsOnce
  }

  get contentLength(): number | undefined {
    return (this.flags & Flag.HAS_CONTENT_LENGTH) !== 0 ? this.length : undefined
  }

  get chunked(): boolean {
    return (this.flags & Flag.CHUNKED) !== 0
  }

  get hasContent(): boolean {
    return (this.flags & Flag.CHUNKED) !== 0 || this.length !== 0
  }

  get keepAlive(): boolean {
    return persists(this.flags)
  }

  get expectContinue(): boolean {
    return (this.flags & Flag.EXPECT_CONTINUE) !== 0
  }

  get expect(): string | undefined {
    return (this.flags & Flag.HAS_EXPECT) !== 0 ? this.fields.get('expect') : undefined
  }

  get upgrade(): boolean {
    return (this.flags & Flag.CONNECT) !== 0 || offersUpgrade(this.flags)
  }

  retain(): this {
    this.save()
    this.flags |= Flag.RETAINED
    return this
  }

  /** Copies the octets out of the scratch memory, which somebody else needs. */
  save(): void {
    if (this.store !== PAST && !(this.store instanceof RetainedText)) this.store = new RetainedText(this.store)
  }

  /** The parser goes on to the next message. */
  end(): void {
    if ((this.flags & Flag.RETAINED) === 0) this.store = PAST
  }
}

/** {@link ResponseHead} over the scratch memory. */
export class LazyResponseHead implements ResponseHead, StoreHolder {
  /** @internal */
  store: HeadStore
  private flags: number
  private readonly length: number
  private readonly content: number
  readonly status: number
  private fieldsOnce: Fields | undefined

  /**
   * @param store where the octets are
   * @param flags verdicts of the scan
   * @param length Content-Length, when the flags say that there is one
   * @param content NO_CONTENT, CONTENT or CONTENT_UNTIL_CLOSE
   * @param switching whether the connection speaks another protocol behind this head
   */
  constructor(store: HeadStore, flags: number, length: number, content: number, switching: boolean) {
    this.store = store
    this.flags = switching ? flags | Flag.CONNECT : flags
    this.length = length
    this.status = store.methodEnd()
    this.content = content
    this.fieldsOnce = undefined
  }

  get reason(): string {
    const start = this.store.start() + 13
    const end = this.store.targetEnd()
    return start < end ? this.store.slice(start, end) : ''
  }

  get versionMajor(): number {
    return 1
  }

  get versionMinor(): number {
    return this.flags & 15
  }

  get fields(): Fields {
    this.fieldsOnce ??= new FieldLines(this)
    return this.fieldsOnce
  }

  get contentLength(): number | undefined {
    return (this.flags & Flag.HAS_CONTENT_LENGTH) !== 0 ? this.length : undefined
  }

  get chunked(): boolean {
    return (this.flags & Flag.CHUNKED) !== 0
  }

  get hasContent(): boolean {
    return this.content !== 0
  }

  get keepAlive(): boolean {
    return this.content !== CONTENT_UNTIL_CLOSE && persists(this.flags)
  }

  get upgrade(): boolean {
    return (this.flags & Flag.CONNECT) !== 0
  }

  retain(): this {
    this.save()
    this.flags |= Flag.RETAINED
    return this
  }

  /** Copies the octets out of the scratch memory, which somebody else needs. */
  save(): void {
    if (this.store !== PAST && !(this.store instanceof RetainedText)) this.store = new RetainedText(this.store)
  }

  /** The parser goes on to the next message. */
  end(): void {
    if ((this.flags & Flag.RETAINED) === 0) this.store = PAST
  }
}

// RFC 9112 §9.3
function persists(flags: number): boolean {
  return (flags & Flag.CLOSE) === 0 && ((flags & 15) !== 0 || (flags & Flag.KEEP_ALIVE) !== 0)
}

// RFC 9110 §7.8: an Upgrade in HTTP/1.0 is ignored.
function offersUpgrade(flags: number): boolean {
  return (flags & 15) !== 0 && (flags & Flag.HAS_UPGRADE) !== 0 && (flags & Flag.CONNECTION_UPGRADE) !== 0
}
