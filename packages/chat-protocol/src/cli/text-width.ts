let segmenter: Intl.Segmenter | undefined

/** What a terminal draws in one cell or two, one after the other. */
export function cells(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  // Short pieces, because V8's segmenter takes time in the square of the length; lines here are a few hundred long.
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/** Columns that a text takes in a terminal: wide characters and emoji two, marks on others none. */
export function textWidth(text: string): number {
  // ASCII, which is nearly everything, needs no segments.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const cell of cells(text)) width += cellWidth(cell)
  return width
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{1f1e6}-\u{1f1ff}]|\p{Emoji_Presentation}|\ufe0f|[\u{20000}-\u{3fffd}]/u

/** Columns of one cell. */
export function cellWidth(cell: string): number {
  if (/^[\p{Mark}\p{Cf}\p{Cc}]+$/u.test(cell)) return 0
  return WIDE.test(cell) ? 2 : 1
}

/** Breaks a text into rows of at most so many columns, between words where it can. */
export function wrap(text: string, columns: number): string[] {
  const rows: string[] = []
  let row = ''
  let width = 0
  const flush = (): void => {
    rows.push(row)
    row = ''
    width = 0
  }
  for (const word of text.split(/(?<= )/)) {
    const full = textWidth(word)
    const visible = textWidth(word.trimEnd())
    if (width > 0 && width + visible > columns) flush()
    if (visible <= columns) {
      row += word
      width += full
      continue
    }
    for (const cell of cells(word)) {
      if (width + cellWidth(cell) > columns) flush()
      row += cell
      width += cellWidth(cell)
    }
  }
  if (row !== '' || rows.length === 0) rows.push(row)
  return rows.map((each) => each.trimEnd())
}
