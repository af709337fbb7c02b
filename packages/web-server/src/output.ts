import { Buffer } from 'node:buffer'
import type { Connection } from '@plainwire/socket-server'
import { WebError } from './errors.js'

/** Text gathers up to here before it is written, however many answers are in it. */
const BATCH = 64 * 1024

/** Octets up to here join the text: one string in one write is cheaper than two pieces, in spite of the copy. */
const SMALL = 4096

interface Waiter {
  resolve(): void
  reject(problem: WebError): void
}

/**
 * What responses write to one connection, gathered so that it leaves in as few system calls as possible: head and small
 * content as one string, a batch of pipelined answers as one string, large octets uncopied behind it in one `writev`.
 */
export class Output {
  /** Whether the connection asked to wait: its queue has to drain before more is made. */
  full = false
  private readonly connection: Connection<unknown>
  private text = ''
  private corked = false
  private corkedSize = 0
  private scheduled = false
  private gone = false
  private waiters: Waiter[] | undefined = undefined

  constructor(connection: Connection<unknown>) {
    this.connection = connection
  }

  /** Takes text whose characters are octets (ISO-8859-1). @returns whether to go on */
  put(text: string): boolean {
    this.text += text
    if (this.text.length > BATCH) this.flush()
    return !this.full
  }

  /** Takes octets, which stay the writer's until they are sent. @returns whether to go on */
  putBytes(bytes: Uint8Array): boolean {
    return bytes.length <= SMALL ? this.put(latin1(bytes)) : this.putLarge(undefined, bytes)
  }

  /** Takes a head and its content, which stay the writer's until they are sent. @returns whether to go on */
  putPair(head: Uint8Array, content: Uint8Array): boolean {
    return content.length <= SMALL ? this.put(latin1(head) + latin1(content)) : this.putLarge(head, content)
  }

  private putLarge(head: Uint8Array | undefined, content: Uint8Array): boolean {
    if (this.gone) return true
    if (!this.corked) {
      this.corked = true
      this.connection.cork()
    }
    if (this.text !== '') this.writeText()
    if (head !== undefined) this.connection.write(head)
    this.connection.write(content)
    this.corkedSize += content.length
    if (this.corkedSize > BATCH) this.flush()
    return !this.full
  }

  /** Writes what has been gathered. */
  flush(): void {
    if (this.text !== '') this.writeText()
    if (this.corked) {
      this.corked = false
      this.corkedSize = 0
      if (!this.connection.uncork()) this.full = true
    }
  }

  /** Writes at the end of this turn, together with what comes until then. */
  flushSoon(): void {
    if (this.scheduled) return
    this.scheduled = true
    process.nextTick(flushNow, this)
  }

  /** Takes the text back, for a last write that is joined with the close. */
  takeText(): string {
    if (this.corked) this.flush()
    const { text } = this
    this.text = ''
    return text
  }

  /** Resolves when the connection takes more; rejects when it never will. */
  drained(): Promise<void> {
    this.flush()
    if (this.gone) return Promise.reject(new WebError('WEB_ERR_PEER_GONE'))
    if (!this.full) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.waiters ??= []
      this.waiters.push({ resolve, reject })
    })
  }

  /** The connection's queue is empty again. */
  drain(): void {
    this.full = false
    const { waiters } = this
    this.waiters = undefined
    if (waiters !== undefined) for (const waiter of waiters) waiter.resolve()
  }

  /** The connection is gone: what comes from now on is dropped. */
  close(): void {
    this.gone = true
    this.full = false
    this.text = ''
    const { waiters } = this
    this.waiters = undefined
    if (waiters !== undefined) for (const waiter of waiters) waiter.reject(new WebError('WEB_ERR_PEER_GONE'))
  }

  /** @internal */
  runScheduled(): void {
    this.scheduled = false
    this.flush()
  }

  private writeText(): void {
    const { text } = this
    this.text = ''
    if (this.gone || text === '') return
    if (!this.connection.write(text, 'latin1')) this.full = true
  }
}

function flushNow(output: Output): void {
  output.runScheduled()
}

function latin1(bytes: Uint8Array): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return buffer.toString('latin1')
}
