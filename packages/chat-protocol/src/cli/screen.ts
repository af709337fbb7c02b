import { stripVTControlCharacters } from 'node:util'
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
 * Does a terminal that gets narrower break rows into several, as nearly all do today? xterm, the Linux console and GNU
 * screen cut them off instead.
 */
export function reflows(env: NodeJS.ProcessEnv): boolean {
  return !env.XTERM_VERSION && !env.STY && env.TERM !== 'linux'
}

/**
 * Messages scroll, the input stays: a status row (when there is one) and the input row lie below everything that was
 * printed. Whatever comes is one write that takes the two rows away, prints above and draws them again, so the input line
 * is never torn. Nothing but the scrolling of the terminal is used, so its scrollback is the chat's log.
 */
export class Screen {
  readonly #output: TerminalOutput
  readonly #reflows: boolean
  #input: InputRow = { prompt: '', promptWidth: 0, text: '', column: 0 }
  #status = ''
  /** Rows drawn above the one that the cursor is in, from the status row on. */
  #above: string[] = []
  /** What was drawn in the cursor's row, up to the character that it stands at. */
  #upToCursor = ''
  /** Width of the terminal at that time. */
  #drawnColumns = 0
  #closed = false

  constructor(output: TerminalOutput, breaksRows = true) {
    this.#output = output
    this.#reflows = breaksRows
  }

  get columns(): number {
    return Math.max(20, this.#output.columns ?? 80)
  }

  /** Prints rows above the input. They may hold colours and must fit. */
  print(rows: readonly string[]): void {
    if (this.#closed || rows.length === 0) return
    this.#output.write(this.#erase() + rows.map((row) => `${row}\r\n`).join('') + this.#draw())
  }

  /** Shows the input row, and a row above it: `''` for none. In one step, as each must be cut to the width of today. */
  show(input: InputRow, status: string): void {
    if (this.#closed) return
    const erase = this.#erase()
    this.#input = input
    this.#status = status
    this.#output.write(erase + this.#draw())
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
    const up = this.#rowsAbove()
    return `\r${up > 0 ? `\x1b[${up}A` : ''}\x1b[J`
  }

  /** How far our rows begin above the cursor, which a terminal that was made narrower may have broken into several. */
  #rowsAbove(): number {
    const columns = this.#output.columns ?? 80
    if (!this.#reflows || columns >= this.#drawnColumns) return this.#above.length
    return this.#above.reduce((sum, row) => sum + 1 + breaks(row, columns), breaks(this.#upToCursor, columns))
  }

  #draw(): string {
    const { prompt, promptWidth, text, column } = this.#input
    this.#above = this.#status === '' ? [] : [stripVTControlCharacters(this.#status)]
    this.#upToCursor = ' '.repeat(promptWidth) + textUpTo(text, column)
    this.#drawnColumns = this.#output.columns ?? 80
    const right = promptWidth + column
    const status = this.#status === '' ? '' : `${this.#status}\r\n`
    return `${status}${prompt}${text}\r${right > 0 ? `\x1b[${right}C` : ''}`
  }
}

/** How often a terminal of so many columns breaks a row. */
function breaks(text: string, columns: number): number {
  if (textWidth(text) <= columns) return 0
  let count = 0
  let width = 0
  for (const cell of cells(text)) {
    const more = cellWidth(cell)
    if (width + more > columns) {
      count++
      width = 0
    }
    width += more
  }
  return count
}

/** A text up to what stands in a column, that included. */
function textUpTo(text: string, column: number): string {
  let upTo = ''
  let width = 0
  for (const cell of cells(text)) {
    if (width > column) break
    upTo += cell
    width += cellWidth(cell)
  }
  return upTo
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
