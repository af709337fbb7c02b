/** A terminal as far as the chat uses one: characters, CR, LF, wrapping, and the escapes that it writes. */
export class ScreenModel {
  readonly rows: string[] = ['']
  row = 0
  column = 0
  readonly columns: number

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
