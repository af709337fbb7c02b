import { Buffer } from 'node:buffer'

/** Slots for heads made lately, by the content's length: enough that the answers of one page do not chase each other out. */
const SLOTS = 32
/** Heads whose fields are longer are not kept: they would hold memory, and hardly come again. */
const MAX_KEPT_FIELDS = 2048

class RecentHead {
  line = ''
  fields = ''
  length = -1
  date = ''
  end = ''
  text = ''
  repeated = false
}

const recent: readonly RecentHead[] = Array.from({ length: SLOTS }, () => new RecentHead())

/**
 * Joins the parts of a head. A server gives the same head again and again within a second: then it is found again, in one
 * flat piece, by comparing a few addresses. Joining six parts and flattening them for the write costs 120 ns more.
 *
 * @param line status line, CR LF included
 * @param fields field lines, CR LF included
 * @param length of the content, for Content-Length; −1: without it
 * @param date the Date line, or ''
 * @param end the Connection line, if any, and the empty line
 */
export function headText(line: string, fields: string, length: number, date: string, end: string): string {
  const slot = recent[length & (SLOTS - 1)]!
  if (
    slot.length === length &&
    slot.date === date &&
    slot.end === end &&
    slot.line === line &&
    slot.fields === fields &&
    slot.text !== ''
  ) {
    if (!slot.repeated) {
      slot.repeated = true
      slot.text = Buffer.from(slot.text, 'latin1').toString('latin1')
    }
    return slot.text
  }
  const lengthLine = length === -1 ? '' : `Content-Length: ${length}\r\n`
  const text = line + fields + lengthLine + date + end
  if (fields.length > MAX_KEPT_FIELDS) return text
  slot.line = line
  slot.fields = fields
  slot.length = length
  slot.date = date
  slot.end = end
  slot.text = text
  slot.repeated = false
  return text
}
