import { ContentQueue, type ContentSource } from './content.js'
import type { Engine } from './engine.js'
import { WebError } from './errors.js'
import type { Output } from './output.js'
import type { RequestReader } from './request-reader.js'

/** What the content of a request asks of the exchange that it belongs to. */
export interface IntakeOwner {
  readonly output: Output
  readonly reader: RequestReader
  /** The final head has been sent: it is too late for `100 (Continue)`. */
  readonly headSent: boolean
  /** What the head declares, in octets, if it does. */
  readonly declaredSize: number | undefined
  /** Content is waited for, or not wanted any more: reading may have to go on or to stop. */
  contentDemandChanged(): void
  /** Looks at the deadlines no later than after so many milliseconds. */
  expireWithin(milliseconds: number): void
  /** The content came too slowly: nothing can follow it on this connection. */
  contentTooSlow(): void
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

/**
 * The content of one request while it arrives: fills the queue, asks the client to go on, and watches how long it takes.
 * A request whose content came whole with its head has none.
 */
export class ContentIntake implements ContentSource {
  readonly queue: ContentQueue
  private readonly engine: Engine
  private readonly owner: IntakeOwner
  private continueOwed: boolean
  /** Content that came, how long somebody waited for it, and since when somebody waits: in the wheel's time. */
  private size = 0
  private waited = 0
  private waitSince = 0

  /** @param first content that came with the head @param continueAsked the client waits for `100 (Continue)` */
  constructor(engine: Engine, owner: IntakeOwner, first: Uint8Array | undefined, continueAsked: boolean) {
    this.engine = engine
    this.owner = owner
    this.queue = new ContentQueue(this)
    this.continueOwed = continueAsked && first === undefined
    if (first === undefined) return
    this.size = first.length
    this.queue.add(first)
  }

  /** Takes what the owner's reader found in its last step. */
  takeFrom(reader: RequestReader): void {
    const content = reader.takeContent()
    if (content !== undefined) {
      if (this.queue.awaited) this.waited += this.engine.wheel.now - this.waitSince
      this.size += content.length
      this.continueOwed = false
      this.queue.add(content)
    }
    if (reader.messageComplete) this.queue.end(reader.trailers)
  }

  /** Whether the connection can go on: the rest is read by the handler, or dropping it costs less than a new connection. */
  willBeRead(): boolean {
    if (this.continueOwed) return false
    if (this.owner.reader.messageComplete || this.queue.awaited) return true
    const { declaredSize } = this.owner
    return declaredSize === undefined || declaredSize - this.size <= this.engine.bounds.maxDrainSize
  }

  /** @see ContentSource */
  want(): void {
    const { owner } = this
    if (this.continueOwed && !owner.headSent) {
      this.continueOwed = false
      owner.output.put(CONTINUE)
      owner.output.flushSoon()
    }
    owner.contentDemandChanged()
    if (this.queue.awaited) this.waitSince = this.engine.wheel.now
    const { contentTimeout } = this.engine.bounds
    if (contentTimeout !== 0) owner.expireWithin(contentTimeout)
  }

  /** @see ContentSource */
  drop(): void {
    this.owner.contentDemandChanged()
  }

  /** Looks whether the content is too late or too slow; asks to be looked at again when it may still come to be. */
  expire(now: number): void {
    const { contentTimeout, minContentRate } = this.engine.bounds
    if (!this.queue.awaited || contentTimeout === 0) return
    const waited = this.waited + now - this.waitSince
    const slow = waited > contentTimeout && this.size * 1000 < minContentRate * waited
    const left = this.waitSince + contentTimeout - now
    if (slow || left <= 0) {
      this.owner.contentTooSlow()
      this.queue.fail(new WebError('WEB_ERR_CONTENT_TIMEOUT'))
    } else this.owner.expireWithin(Math.min(left, 1000))
  }
}
