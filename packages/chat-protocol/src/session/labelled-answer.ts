import { escapeTagValue } from '../codec/message.js'
import { line } from './wire.js'

/** Where a labelled answer goes. */
export interface AnswerPort {
  /** The server's name. */
  readonly server: string
  /** The reference of a new batch. */
  reference(): string
  /** Sends a line that is written already, its tags without `@`. */
  put(tags: string, body: string): void
}

/**
 * The answer to a labelled command (IRCv3 labeled-response): one labelled line, a batch of several, or the bare
 * acknowledgement. Which of them is known at its end, or as soon as there is more of it than is kept back. An answer that
 * is a batch of its own has the label on that one: many clients read no batches within batches.
 */
export class LabelledAnswer {
  /** Octets of the lines kept back. */
  size = 0
  private lines: { readonly tags: string; readonly body: string }[] = []
  /** Of its batch, once that was opened. */
  private reference: string | undefined = undefined

  constructor(
    /** The client's label, as it was before escaping. */
    private readonly label: string,
    private readonly port: AnswerPort,
  ) {}

  /** Adds a line. */
  add(tags: string, body: string): void {
    this.lines.push({ tags, body })
    this.size += tags.length + body.length
  }

  /** All that comes is in one batch. */
  open(type: string, ...params: readonly string[]): void {
    this.reference = this.port.reference()
    this.say(this.tag, 'BATCH', `+${this.reference}`, type, ...params)
  }

  /** Sends what there is; more follows. */
  flush(): void {
    if (this.lines.length === 0) return
    if (this.reference === undefined) this.open('labeled-response')
    const batch = `batch=${this.reference}`
    for (const { tags, body } of this.lines) this.port.put(tags === '' ? batch : `${batch};${tags}`, body)
    this.lines = []
    this.size = 0
  }

  /** Sends what there is; that was all. */
  end(): void {
    const { port, lines } = this
    const [first] = lines
    if (this.reference === undefined && first === undefined) return this.say(this.tag, 'ACK')
    if (this.reference === undefined && lines.length === 1) {
      return port.put(first!.tags === '' ? this.tag : `${this.tag};${first!.tags}`, first!.body)
    }
    this.flush()
    this.say('', 'BATCH', `-${this.reference}`)
  }

  private say(tags: string, command: string, ...params: string[]): void {
    this.port.put(tags, line(this.port.server, command, params))
  }

  private get tag(): string {
    return `label=${escapeTagValue(this.label)}`
  }
}
