import { FieldLines, type Fields } from './fields.js'
import { Flag } from './scanner/layout.js'
import { type HeadStore, RetainedText, type StoreHolder, type StoreSource } from './store.js'

/** The form of a request-target (RFC 9112 §3.2). */
export type TargetForm = 'origin' | 'absolute' | 'authority' | 'asterisk'

/** What the heads of requests and responses have in common. */
export interface MessageHead {
  /** always 1: another major version is refused */
  readonly versionMajor: number
  /** 0 or 1, or what the peer claims beyond, which is treated as 1 (RFC 9110 §2.5) */
  readonly versionMinor: number
  /** a view of the field lines; strings are made when asked for */
  readonly fields: Fields
  /** value of Content-Length in octets, at most 2^53 - 1; `undefined` when there is none that is not contradicted */
  readonly contentLength: number | undefined
  /** whether the content is chunked */
  readonly chunked: boolean
  /** whether octets of content may follow: false when the message ends with its head or Content-Length is 0 */
  readonly hasContent: boolean
  /** whether the peer lets the connection persist after this message (RFC 9112 §9.3); `close` wins over `keep-alive` */
  readonly keepAlive: boolean
  /**
   * Keeps the head readable for ever, at the cost of one copy. Without it a head can be read until `next()` is called on
   * its parser, in the hook or later, behind an error in the content, too; strings made before stay, anything asked for
   * afterwards throws a `TypeError`.
   */
  retain(): this
}

/** The head of a request. It is lazy: strings are made when asked for. How long it lives: see `retain`. */
export interface RequestHead extends MessageHead {
  /** case-sensitive token, at most 64 octets */
  readonly method: string
  /** request-target as sent: visible ASCII, nothing decoded */
  readonly target: string
  /** form of the target: authority only with CONNECT, asterisk only with OPTIONS */
  readonly targetForm: TargetForm
  /** whether the peer waits for 100 (Continue), and expects nothing else, before it sends the content (RFC 9110 §10.1.1) */
  readonly expectContinue: boolean
  /** value of Expect, whatever it asks for; anything but 100-continue may be answered with 417 */
  readonly expect: string | undefined
  /** the peer offers another protocol: Upgrade with Connection: upgrade in HTTP/1.1, or method CONNECT */
  readonly upgrade: boolean
}

/** The head of a response. It is lazy: strings are made when asked for. How long it lives: see `retain`. */
export interface ResponseHead extends MessageHead {
  /** status code, 100…999 */
  readonly status: number
  /** reason phrase as sent, one character an octet; may be empty and means nothing (RFC 9112 §4) */
  readonly reason: string
  /** the connection now speaks another protocol: 101, or 2xx to CONNECT; octets behind the head are not HTTP */
  readonly upgrade: boolean
}

/** What a head is followed by. */
export const NO_CONTENT = 0
export const CONTENT = 1
export const CONTENT_UNTIL_CLOSE = 2

const METHODS = ['', 'GET', 'POST', 'HEAD']
const FORMS: TargetForm[] = ['origin', 'absolute', 'authority', 'asterisk']

/** What both heads are made of: verdicts of the scan, and where the octets are. */
class LazyHead implements StoreSource {
  private holder: StoreHolder
  private readonly serial: number
  protected readonly flags: number
  private readonly length: number

  /**
   * @param holder whose head it is, and its number there
   * @param flags verdicts of the scan
   * @param length Content-Length, when the flags say that there is one
   */
  constructor(holder: StoreHolder, serial: number, flags: number, length: number) {
    this.holder = holder
    this.serial = serial
    this.flags = flags
    this.length = length
  }

  /** @internal */
  store(): HeadStore {
    return this.holder.store(this.serial)
  }

  get versionMajor(): number {
    return 1
  }

  get versionMinor(): number {
    return this.flags & 15
  }

  get fields(): Fields {
    return new FieldLines(this)
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

  // RFC 9112 §9.3
  get keepAlive(): boolean {
    const flags = this.flags
    return (flags & Flag.CLOSE) === 0 && ((flags & 15) !== 0 || (flags & Flag.KEEP_ALIVE) !== 0)
  }

  retain(): this {
    const store = this.store()
    this.holder = store instanceof RetainedText ? store : new RetainedText(store)
    return this
  }
}

/** {@link RequestHead} over the octets of its parser. */
export class LazyRequestHead extends LazyHead implements RequestHead {
  private targetOnce: string | undefined = undefined

  get method(): string {
    const known = (this.flags & Flag.METHOD_MASK) >> Flag.METHOD_SHIFT
    if (known !== 0) return METHODS[known]!
    const store = this.store()
    return store.slice(store.start(), store.methodEnd())
  }

  get target(): string {
    if (this.targetOnce === undefined) {
      const store = this.store()
      this.targetOnce = store.slice(store.methodEnd() + 1, store.targetEnd())
    }
    return this.targetOnce
  }

  get targetForm(): TargetForm {
    return FORMS[(this.flags & Flag.FORM_MASK) >> Flag.FORM_SHIFT]!
  }

  get expectContinue(): boolean {
    return (this.flags & Flag.EXPECT_CONTINUE) !== 0
  }

  get expect(): string | undefined {
    return (this.flags & Flag.HAS_EXPECT) !== 0 ? this.fields.get('expect') : undefined
  }

  // RFC 9110 §7.8: an Upgrade in HTTP/1.0 is ignored.
  get upgrade(): boolean {
    const offer = Flag.HAS_UPGRADE | Flag.CONNECTION_UPGRADE
    return (this.flags & Flag.CONNECT) !== 0 || ((this.flags & 15) !== 0 && (this.flags & offer) === offer)
  }
}

/** {@link ResponseHead} over the octets of its parser. */
export class LazyResponseHead extends LazyHead implements ResponseHead {
  readonly status: number
  private readonly content: number

  /**
   * @param content NO_CONTENT, CONTENT or CONTENT_UNTIL_CLOSE
   * @param switching whether the connection speaks another protocol behind this head
   */
  constructor(
    holder: StoreHolder,
    serial: number,
    flags: number,
    length: number,
    status: number,
    content: number,
    switching: boolean,
  ) {
    super(holder, serial, switching ? flags | Flag.CONNECT : flags, length)
    this.status = status
    this.content = content
  }

  get reason(): string {
    const store = this.store()
    const start = store.start() + 13
    return start < store.targetEnd() ? store.slice(start, store.targetEnd()) : ''
  }

  override get hasContent(): boolean {
    return this.content !== NO_CONTENT
  }

  override get keepAlive(): boolean {
    return this.content !== CONTENT_UNTIL_CLOSE && super.keepAlive
  }

  get upgrade(): boolean {
    return (this.flags & Flag.CONNECT) !== 0
  }
}
