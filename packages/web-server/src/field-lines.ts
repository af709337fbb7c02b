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
  readonly role: number
  /** The line made of it last: most names have one value, again and again. */
  latest: FieldLine | undefined
}

/** A field line that was checked; responses share it. */
interface FieldLine {
  readonly name: FieldName
  readonly value: string
  /** `Name: value`, CR LF */
  readonly text: string
}

const names = new Map<string, FieldName>()
/** Programs use few names; one that makes them up (from input, say) must not fill the memory with them. */
const MAX_NAMES = 1000
/** Nor with their values. */
const MAX_KEPT_VALUE = 256

function fieldName(spelled: string): FieldName {
  return names.get(spelled) ?? learnName(spelled)
}

function learnName(spelled: string): FieldName {
  checkFieldName(spelled)
  const lower = spelled.toLowerCase()
  // One string per key, so that comparing keys is comparing addresses.
  const key = names.get(lower)?.key ?? lower
  const name = { spelled, key, role: Object.hasOwn(ROLES, key) ? ROLES[key]! : 0, latest: undefined }
  if (names.size < MAX_NAMES) {
    names.set(spelled, name)
    if (spelled !== lower) fieldName(lower)
  }
  return name
}

/** The line of that name and value, checked. Finding the one made last saves the check and the joining, 60 ns a line. */
function fieldLine(name: FieldName, value: string): FieldLine {
  const { latest } = name
  if (latest !== undefined && latest.value === value) return latest
  checkFieldValue(value)
  if (name.role === ROLE.contentLength && !/^\d{1,15}$/.test(value))
    throw misuse('WEB_ERR_BAD_FRAMING', `Content-Length is a number of octets, not ${JSON.stringify(value)}`)
  const line = { name, value, text: `${name.spelled}: ${value}\r\n` }
  if (value.length <= MAX_KEPT_VALUE) name.latest = line
  return line
}

/**
 * The fields of a response: few, in order, name and value checked when they come in (response splitting ends here:
 * no CR, LF or NUL gets past).
 */
export class FieldLines {
  /** Which of the fields in {@link ROLE} are present. */
  roles = 0
  private lines: FieldLine[] = NONE

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
    // Twice, and an iterable may give its pairs only once.
    const pairs = [...eachField(fields)]
    for (const [name] of pairs) this.remove(name)
    for (const [name, value] of pairs) this.append(name, value)
  }

  get(spelled: string): string | undefined {
    const { key } = fieldName(spelled)
    let joined: string | undefined
    for (const { name, value } of this.lines) {
      if (name.key === key) joined = joined === undefined ? value : `${joined}, ${value}`
    }
    return joined
  }

  remove(spelled: string): void {
    this.drop(fieldName(spelled).key)
  }

  clear(): void {
    this.lines = NONE
    this.roles = 0
  }

  /** Removes every field that the predicate holds of, by its lower-case name. */
  removeWhere(holds: (key: string) => boolean): void {
    for (let at = this.lines.length - 1; at >= 0; at--) if (holds(this.lines[at]!.name.key)) this.cut(at)
  }

  entries(): Array<[name: string, value: string]> {
    return this.lines.map(({ name, value }) => [name.spelled, value])
  }

  /** All lines as text, each with its CR LF; Content-Length is left out when `withoutLength`. */
  text(withoutLength: boolean): string {
    const { lines } = this
    let text = ''
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at]!
      if (!withoutLength || line.name.role !== ROLE.contentLength) text += line.text
    }
    return text
  }

  private add(name: FieldName, value: FieldValue): void {
    if (typeof value === 'string') this.addLine(name, value)
    else this.addOther(name, value)
  }

  private addOther(name: FieldName, value: Exclude<FieldValue, string>): void {
    if (typeof value === 'number') this.addLine(name, String(value))
    else if (Array.isArray(value)) for (const line of value) this.addLine(name, line)
    else throw new TypeError(`The value of ${name.spelled} is a string, a number or an array of strings, not ${value}`)
  }

  private addLine(name: FieldName, value: string): void {
    if (name.role !== 0 && this.isEngines(name, value)) return
    const line = fieldLine(name, value)
    this.roles |= name.role
    // An array that a first element is pushed to makes room for seventeen.
    if (this.lines.length === 0) this.lines = [line]
    else this.lines.push(line)
  }

  /** Whether it asks for what the engine does anyway, where it can. @throws TypeError for what it does not */
  private isEngines({ role }: FieldName, value: string): boolean {
    // Beside the engine's own `close` it would be a lie.
    if (role === ROLE.connection) return value.toLowerCase() === 'keep-alive'
    if ((this.roles & role & ROLE.contentLength) !== 0)
      throw misuse('WEB_ERR_BAD_FRAMING', 'There is one Content-Length')
    if (role !== ROLE.transferEncoding) return false
    checkFieldValue(value)
    if (value.toLowerCase() === 'chunked') return true
    throw misuse('WEB_ERR_BAD_FRAMING', `Transfer-Encoding is the server's to decide, not ${JSON.stringify(value)}`)
  }

  private drop(key: string): void {
    for (let at = this.lines.length - 1; at >= 0; at--) if (this.lines[at]!.name.key === key) this.cut(at)
  }

  private cut(at: number): void {
    this.roles &= ~this.lines[at]!.name.role
    this.lines.splice(at, 1)
  }
}

/** Of responses without fields; never written to. */
const NONE: FieldLine[] = []

/** Pairs of whatever callers write fields with. */
export function* eachField(fields: FieldsInit): Generator<readonly [name: string, value: FieldValue]> {
  if (Symbol.iterator in fields) yield* fields as Iterable<readonly [string, FieldValue]>
  else for (const name of Object.keys(fields)) yield [name, (fields as Record<string, FieldValue>)[name]!]
}
