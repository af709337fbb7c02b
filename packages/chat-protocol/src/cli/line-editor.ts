import { cells, cellWidth } from './text-width.js'

/** A key as `readline.emitKeypressEvents` tells it. */
export interface Key {
  readonly name?: string | undefined
  readonly ctrl?: boolean
  readonly meta?: boolean
  readonly sequence?: string
}

/** What a key did: a line is complete, the user wants to leave, or only the line looks different. */
export type EditorResult = { readonly line: string } | 'leave' | 'changed' | 'nothing'

/** Words that may stand for the one before the cursor. `start` is where that word begins. */
export type Complete = (text: string) => { start: number; words: readonly string[] }

/** Lines remembered. */
const MAX_HISTORY = 200

/**
 * The line being typed: text, cursor, the lines before it, completion. No terminal in it; keys go in.
 *
 * Edits by what readers see as characters, as Emacs and every shell do: Ctrl-A E B F H D K U W, arrows, Home, End, Alt-B F.
 */
export class LineEditor {
  /** Characters before and after the cursor. */
  #before: string[] = []
  #after: string[] = []
  readonly #history: string[] = []
  /** Place in the history; its length is the line being typed. */
  #at = 0
  #draft = ''
  #cycle: { words: readonly string[]; index: number; start: number } | undefined
  readonly #complete: Complete

  constructor(complete: Complete = () => ({ start: 0, words: [] })) {
    this.#complete = complete
  }

  get text(): string {
    return this.#before.join('') + this.#after.join('')
  }

  /** What the line begins with, `''` for an empty one; at every key, so all of it is not put together. */
  get first(): string {
    return this.#before[0] ?? this.#after[0] ?? ''
  }

  /**
   * What of the line fits into so many columns, with the cursor in it.
   *
   * @returns text to draw and the cursor's column in it
   */
  view(columns: number): { text: string; column: number } {
    let width = 0
    let start = this.#before.length
    // One column stays free for the cursor behind the text.
    while (start > 0 && width + cellWidth(this.#before[start - 1]!) < columns)
      width += cellWidth(this.#before[--start]!)
    let text = this.#before.slice(start).join('')
    const column = width
    for (const cell of this.#after) {
      width += cellWidth(cell)
      if (width > columns) break
      text += cell
    }
    return { text, column }
  }

  /** Text that was typed or pasted. */
  insert(text: string): void {
    this.#cycle = undefined
    // What comes may belong to the character before the cursor and to none further back; a paste is a key a character.
    for (const cell of cells((this.#before.pop() ?? '') + text)) this.#before.push(cell)
  }

  /** One key. */
  press(text: string | undefined, key: Key): EditorResult {
    if (key.name !== 'tab') this.#cycle = undefined
    if (key.ctrl) return this.#control(key.name)
    if (key.meta && key.name !== 'return' && key.name !== 'enter') return this.#alternate(key.name)
    switch (key.name) {
      case 'return':
      case 'enter':
        return this.#enter()
      case 'backspace':
        return this.#changed(this.#before.pop() !== undefined)
      case 'delete':
        return this.#changed(this.#after.shift() !== undefined)
      case 'left':
        return this.#move(-1)
      case 'right':
        return this.#move(1)
      case 'home':
        return this.#move(-this.#before.length)
      case 'end':
        return this.#move(this.#after.length)
      case 'up':
        return this.#recall(-1)
      case 'down':
        return this.#recall(1)
      case 'tab':
        return this.#tab()
      case 'escape':
        return 'nothing'
    }
    if (text === undefined || text === '' || /[\x00-\x1f\x7f]/.test(text)) return 'nothing'
    this.insert(text)
    return 'changed'
  }

  #control(name: string | undefined): EditorResult {
    switch (name) {
      case 'a':
        return this.#move(-this.#before.length)
      case 'e':
        return this.#move(this.#after.length)
      case 'b':
        return this.#move(-1)
      case 'f':
        return this.#move(1)
      case 'h':
        return this.#changed(this.#before.pop() !== undefined)
      case 'd':
        if (this.text === '') return 'leave'
        return this.#changed(this.#after.shift() !== undefined)
      case 'k':
        this.#after = []
        return 'changed'
      case 'u':
        this.#before = []
        return 'changed'
      case 'w':
        this.#before.splice(this.#wordStart())
        return 'changed'
      case 'p':
        return this.#recall(-1)
      case 'n':
        return this.#recall(1)
      case 'c':
        // Once clears the line, on an empty line it leaves: nobody loses a message by it.
        if (this.text === '') return 'leave'
        this.#set('')
        return 'changed'
      case 'j':
      case 'm':
        return this.#enter()
      default:
        return 'nothing'
    }
  }

  #alternate(name: string | undefined): EditorResult {
    if (name === 'b') return this.#move(this.#wordStart() - this.#before.length)
    if (name === 'f') return this.#move(this.#wordEnd())
    if (name === 'backspace') {
      this.#before.splice(this.#wordStart())
      return 'changed'
    }
    return 'nothing'
  }

  #enter(): EditorResult {
    const line = this.text
    if (line.trim() !== '' && line !== this.#history.at(-1)) {
      this.#history.push(line)
      if (this.#history.length > MAX_HISTORY) this.#history.shift()
    }
    this.#at = this.#history.length
    this.#draft = ''
    this.#set('')
    return { line }
  }

  #recall(step: -1 | 1): EditorResult {
    const to = this.#at + step
    if (to < 0 || to > this.#history.length) return 'nothing'
    if (this.#at === this.#history.length) this.#draft = this.text
    this.#at = to
    this.#set(this.#history[to] ?? this.#draft)
    return 'changed'
  }

  #tab(): EditorResult {
    if (this.#cycle === undefined) {
      const { start, words } = this.#complete(this.#before.join(''))
      if (words.length === 0) return 'nothing'
      this.#cycle = { words, index: -1, start }
    }
    const cycle = this.#cycle
    cycle.index = (cycle.index + 1) % cycle.words.length
    this.#before = cells(this.#before.join('').slice(0, cycle.start) + cycle.words[cycle.index])
    return 'changed'
  }

  #set(text: string): void {
    this.#before = cells(text)
    this.#after = []
  }

  #move(by: number): EditorResult {
    // Arrays and not arguments: of these there may be no more than the stack holds.
    if (by < 0) this.#after = [...this.#before.splice(Math.max(0, this.#before.length + by)), ...this.#after]
    else this.#before = [...this.#before, ...this.#after.splice(0, by)]
    return 'changed'
  }

  #wordStart(): number {
    let at = this.#before.length
    while (at > 0 && this.#before[at - 1] === ' ') at--
    while (at > 0 && this.#before[at - 1] !== ' ') at--
    return at
  }

  #wordEnd(): number {
    let at = 0
    while (at < this.#after.length && this.#after[at] === ' ') at++
    while (at < this.#after.length && this.#after[at] !== ' ') at++
    return at
  }

  #changed(did: boolean): EditorResult {
    return did ? 'changed' : 'nothing'
  }
}
