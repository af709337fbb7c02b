const perLine = 16
/** Lines of a long span that are shown before and behind what is left out. */
const firstLines = 3
const lastLines = 1

/**
 * Lines of a hex dump of octets `start…end`: mark, offset, sixteen octets, their characters, and the label beside the first.
 * Of a span that takes many lines the middle is left out.
 */
export function dump(octets: Uint8Array, start: number, end: number, label: string, mark = ' '): string[] {
  const lines: string[] = []
  const total = Math.ceil((end - start) / perLine)
  for (let line = 0; line < total; line++) {
    if (total > firstLines + lastLines + 1 && line === firstLines) {
      const skipped = (total - firstLines - lastLines) * perLine
      lines.push(`${' '.repeat(11)}… ${skipped} octets`)
      line = total - lastLines
    }
    const at = start + line * perLine
    const stop = Math.min(end, at + perLine)
    let hex = ''
    let text = ''
    for (let i = at; i < stop; i++) {
      const octet = octets[i]!
      hex += `${octet.toString(16).padStart(2, '0')} `
      text += octet > 31 && octet < 127 ? String.fromCharCode(octet) : '.'
    }
    const row = `${mark} ${String(at).padStart(8)}  ${hex.padEnd(perLine * 3)} ${text.padEnd(perLine)}`
    lines.push(line === 0 ? `${row}  ${label}` : row.trimEnd())
  }
  return lines
}
