import { cells, cellWidth, textWidth } from './text-width.js'

/** What is used of a terminal. */
export interface TerminalOutput {
  readonly columns?: number
  write(text: string): unknown
}

/** What stands in the lowest row: prompt, and the part of the input that fits beside it. */
export interface InputRow {
  /** May hold colours. */
  readonly prompt: string
  /** Columns of the prompt. */
  readonly promptWidth: number
  readonly text: string
  /** Cursor, in columns behind the prompt. */
  readonly column: number
}

/**
 * Messages scroll, the input stays: a status row (when there is one) and the input row lie below everything that was
 * printed. Whatever comes is one write that takes the two rows away, prints above and draws them again, so the input line
 * is never torn. Nothing but the scrolling of the terminal is used, so its scrollback is the chat's log.
 */
export class Screen {
  readonly #output: TerminalOutput
  #input: InputRow = { prompt: '', promptWidth: 0, text: '', column: 0 }
  #status = ''
  /** Rows drawn above the one the cursor is in. */
  #above = 0
  #closed = false

  constructor(output: TerminalOutput) {
    this.#output = output
  }

  get columns(): number {
    return Math.max(20, this.#output.columns ?? 80)
  }

  /** Prints rows above the input. They may hold colours and must fit. */
  print(rows: readonly string[]): void {
    if (this.#closed || rows.length === 0) return
    this.#output.write(this.#erase() + rows.map((row) => `${row}\r\n`).join('') + this.#draw())
  }

  /** Shows a row above the input, `''` for none. */
  status(text: string): void {
    if (this.#closed || text === this.#status) return
    const erase = this.#erase()
    this.#status = text
    this.#output.write(erase + this.#draw())
  }

  /** Shows the input row. */
  input(input: InputRow): void {
    if (this.#closed) return
    this.#input = input
    this.#output.write(this.#erase() + this.#draw())
  }

  /** The terminal was cleared or has another size. */
  redraw(): void {
    if (!this.#closed) this.#output.write(this.#erase() + this.#draw())
  }

  bell(): void {
    if (!this.#closed) this.#output.write('\x07')
  }

  /** Takes the rows away and leaves the cursor below the last message. */
  close(): void {
    if (this.#closed) return
    this.#output.write(this.#erase())
    this.#closed = true
  }

  #erase(): string {
    return `\r${this.#above > 0 ? `\x1b[${this.#above}A` : ''}\x1b[J`
  }

  #draw(): string {
    const { prompt, promptWidth, text, column } = this.#input
    this.#above = this.#status === '' ? 0 : 1
    const right = promptWidth + column
    const status = this.#status === '' ? '' : `${this.#status}\r\n`
    return `${status}${prompt}${text}\r${right > 0 ? `\x1b[${right}C` : ''}`
  }
}

/** Cuts a text without colours so that it fits into one row. */
export function clip(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  let clipped = ''
  let width = 0
  for (const cell of cells(text)) {
    width += cellWidth(cell)
    if (width > columns - 1) break
    clipped += cell
  }
  return `${clipped}…`
}
