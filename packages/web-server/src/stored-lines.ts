import { Buffer } from 'node:buffer'

/**
 * The field lines of an answer that is given again and again. Only its Date changes, once a second, so the head they are
 * part of is kept: to join and encode it costs as much as to parse the request.
 */
export class StoredLines {
  /** `Name: value` lines, each with CR LF, ISO-8859-1 */
  readonly text: string
  // The head that was made last, and of what.
  private start = ''
  private date = ''
  private end = ''
  private octets: Buffer | undefined = undefined
  private flat: string | undefined = undefined

  /** @param text `Name: value` lines, each with CR LF, ISO-8859-1; nothing is checked */
  constructor(text: string) {
    this.text = text
  }

  /**
   * The head with these lines in it, as octets.
   *
   * @internal
   * @param start status line, and lines that go before
   * @param date the Date line, or ''
   * @param end the Connection line, if any, and the empty line
   */
  headOctets(start: string, date: string, end: string): Buffer {
    if (this.octets === undefined || this.date !== date || this.end !== end || this.start !== start) {
      this.octets = Buffer.from(start + this.text + date + end, 'latin1')
      this.flat = undefined
      this.start = start
      this.date = date
      this.end = end
    }
    return this.octets
  }

  /** The same as one flat string. @internal */
  headText(start: string, date: string, end: string): string {
    const octets = this.headOctets(start, date, end)
    this.flat ??= octets.toString('latin1')
    return this.flat
  }
}
