/** A terminal as far as the chat uses one: characters, CR, LF, wrapping, and the escapes that it writes. */
export class ScreenModel {
  readonly rows: string[] = ['']
  row = 0
  column = 0
  columns: number

  constructor(columns: number) {
    this.columns = columns
  }

  /** Everything that is to be seen, from the first row that was ever printed; no colours. */
  get text(): string {
    return this.rows.map((row) => row.trimEnd()).join('\n')
  }

  write(text: string): void {
    for (const [token] of text.matchAll(/\x1b\[[0-9;?]*[A-Za-z]|./gsu)) {
      if (token.startsWith('\x1b[')) this.#escape(Number(token.slice(2, -1)) || 0, token.at(-1)!)
      else if (token === '\r') this.column = 0
      else if (token === '\n') this.#down()
      else if (token >= ' ') this.#put(token)
      else if (token !== '\x07') throw new Error(`a terminal would obey ${JSON.stringify(token)}`)
    }
  }

  /** Has another width: rows that do not fit any more are broken into several, or cut off, and the cursor stays at its character. */
  resize(columns: number, breaks = true): void {
    this.columns = columns
    const old = this.rows.splice(0)
    const [row, column] = [this.row, this.column]
    for (const [at, text] of old.entries()) {
      if (at === row) {
        // Behind the last character of a full row it stays there, as it does when one is written there.
        const behind = column > 0 && column % columns === 0 && text.trimEnd().length <= column
        this.row = this.rows.length + (breaks ? Math.floor(column / columns) - Number(behind) : 0)
        this.column = breaks ? (behind ? columns : column % columns) : Math.min(column, columns - 1)
      }
      const pieces = breaks
        ? (text.trimEnd().match(new RegExp(`.{1,${columns}}`, 'gsu')) ?? [''])
        : [text.slice(0, columns)]
      this.rows.push(...pieces)
      if (at === row) while (this.rows.length <= this.row) this.rows.push('')
    }
  }

  #escape(count: number, final: string): void {
    switch (final) {
      case 'A':
        if (count > this.row) throw new Error('the cursor leaves the screen')
        this.row -= count || 1
        break
      case 'C':
        this.column += count || 1
        break
      case 'J':
        this.rows.length = this.row + 1
        this.rows[this.row] = this.rows[this.row]!.slice(0, this.column)
        break
      case 'm':
        break
      default:
        throw new Error(`a terminal would obey ${final}`)
    }
  }

  #put(character: string): void {
    if (this.column >= this.columns) {
      this.column = 0
      this.#down()
    }
    const row = this.rows[this.row]!.padEnd(this.column)
    this.rows[this.row] = row.slice(0, this.column) + character + row.slice(this.column + character.length)
    this.column += character.length
  }

  #down(): void {
    this.row++
    if (this.row === this.rows.length) this.rows.push('')
  }
}
