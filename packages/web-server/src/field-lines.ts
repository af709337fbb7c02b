import { checkFieldName, checkFieldValue } from '@plainwire/http-parser/encode'
import { misuse } from './errors.js'
import type { FieldsInit, FieldValue } from './message.js'

/** Fields that take part in framing or that the engine adds itself when they are missing, as bits. */
export const ROLE = { contentLength: 1, transferEncoding: 2, connection: 4, date: 8 } as const

const ROLES: Readonly<Record<string, number>> = {
  'content-length': ROLE.contentLength,
  'transfer-encoding': ROLE.transferEncoding,
  connection: ROLE.connection,
  date: ROLE.date,
}

/** A field name in one spelling: checked and lower-cased once, however often it is used. */
interface FieldName {
  readonly spelled: string
  readonly key: string
  /** `Name: ` */
  readonly prefix: string
  readonly role: number
}

const names = new Map<string, FieldName>()
/** Programs use few names; one that makes them up (from input, say) must not fill the memory with them. */
const MAX_NAMES = 1000

function fieldName(spelled: string): FieldName {
  return names.get(spelled) ?? learnName(spelled)
}

function learnName(spelled: string): FieldName {
  checkFieldName(spelled)
  const lower = spelled.toLowerCase()
  // One string per key, so that comparing keys is comparing addresses.
  const key = names.get(lower)?.key ?? lower
  const name = { spelled, key, prefix: `${spelled}: `, role: Object.hasOwn(ROLES, key) ? ROLES[key]! : 0 }
  if (names.size < MAX_NAMES) {
    names.set(spelled, name)
    if (spelled !== lower) fieldName(lower)
  }
  return name
}

/**
 * The fields of a response: few, in order, name and value checked when they come in (response splitting ends here:
 * no CR, LF or NUL gets past), joined to text once.
 */
export class FieldLines {
  /** Which of the fields in {@link ROLE} are present. */
  roles = 0
  /** Name and value alternate: no object for each line. */
  private readonly lines: Array<FieldName | string> = []

  set(spelled: string, value: FieldValue): void {
    const name = fieldName(spelled)
    if (this.lines.length > 0) this.drop(name.key)
    this.add(name, value)
  }

  append(spelled: string, value: FieldValue): void {
    const name = fieldName(spelled)
    // Two lengths are two framings (RFC 9112 §6.3); a second Date or length can only be a mistake.
    if (name.role === ROLE.contentLength || name.role === ROLE.date) this.drop(name.key)
    this.add(name, value)
  }

  setAll(fields: FieldsInit): void {
    for (const [name] of eachField(fields)) this.remove(name)
    for (const [name, value] of eachField(fields)) this.append(name, value)
  }

  get(spelled: string): string | undefined {
    const { key } = fieldName(spelled)
    let joined: string | undefined
    for (let at = 0; at < this.lines.length; at += 2) {
      if ((this.lines[at] as FieldName).key !== key) continue
      const value = this.lines[at + 1] as string
      joined = joined === undefined ? value : `${joined}, ${value}`
    }
    return joined
  }

  remove(spelled: string): void {
    this.drop(fieldName(spelled).key)
  }

  clear(): void {
    this.lines.length = 0
    this.roles = 0
  }

  /** Removes every field that the predicate holds of, by its lower-case name. */
  removeWhere(holds: (key: string) => boolean): void {
    for (let at = this.lines.length - 2; at >= 0; at -= 2) {
      if (holds((this.lines[at] as FieldName).key)) this.cut(at)
    }
  }

  entries(): Array<[name: string, value: string]> {
    const pairs: Array<[string, string]> = []
    for (let at = 0; at < this.lines.length; at += 2) {
      pairs.push([(this.lines[at] as FieldName).spelled, this.lines[at + 1] as string])
    }
    return pairs
  }

  /** All lines as text, each with its CR LF; Content-Length is left out when `withoutLength`. */
  text(withoutLength: boolean): string {
    const { lines } = this
    let text = ''
    for (let at = 0; at < lines.length; at += 2) {
      const name = lines[at] as FieldName
      if (withoutLength && name.role === ROLE.contentLength) continue
      text += `${name.prefix}${lines[at + 1] as string}\r\n`
    }
    return text
  }

  private add(name: FieldName, value: FieldValue): void {
    if (typeof value === 'string') this.addLine(name, value)
    else if (typeof value === 'number') this.addLine(name, String(value))
    else for (const line of value) this.addLine(name, line)
  }

  private addLine(name: FieldName, value: string): void {
    checkFieldValue(value)
    if (name.role !== 0) {
      if (name.role === ROLE.transferEncoding) {
        // The engine frames; asking for chunked is asking for what it does anyway.
        if (value.toLowerCase() === 'chunked') return
        throw misuse('WEB_ERR_BAD_FRAMING', `Transfer-Encoding is the server's to decide, not ${JSON.stringify(value)}`)
      }
      if (name.role === ROLE.contentLength && !/^\d{1,15}$/.test(value))
        throw misuse('WEB_ERR_BAD_FRAMING', `Content-Length is a number of octets, not ${JSON.stringify(value)}`)
      this.roles |= name.role
    }
    this.lines.push(name, value)
  }

  private drop(key: string): void {
    for (let at = this.lines.length - 2; at >= 0; at -= 2) {
      if ((this.lines[at] as FieldName).key === key) this.cut(at)
    }
  }

  private cut(at: number): void {
    this.roles &= ~(this.lines[at] as FieldName).role
    this.lines.splice(at, 2)
  }
}

/** Pairs of whatever callers write fields with. */
export function* eachField(fields: FieldsInit): Generator<readonly [name: string, value: FieldValue]> {
  if (Symbol.iterator in fields) yield* fields as Iterable<readonly [string, FieldValue]>
  else for (const name of Object.keys(fields)) yield [name, (fields as Record<string, FieldValue>)[name]!]
}
