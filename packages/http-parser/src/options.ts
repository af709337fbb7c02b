import { Lenient } from './scanner/layout.js'

/**
 * What a parser accepts beyond the strict grammar. All are off; each opens the attack that its sentence names, whenever
 * another HTTP implementation in front of or behind this parser reads the same octets differently.
 */
export interface Leniences {
  /** A line may end with LF alone. Opens request smuggling past a proxy that takes the LF as part of a value. */
  readonly bareLineFeed?: boolean
  /** Response fields may be folded over several lines; the fold is read as spaces. Opens response smuggling and field injection. */
  readonly foldedResponseFields?: boolean
  /** Content-Length may repeat, as lines or as a list, when all values are equal. Opens smuggling past a peer that takes the list for zero. */
  readonly repeatedContentLength?: boolean
  /** A status line may end right behind the status code. Opens little: an intermediary may see another reason phrase. */
  readonly missingReasonSpace?: boolean
  /** SP and HTAB may stand around a chunk size and inside chunk extensions. Opens chunk smuggling past a peer that stops at the blank. */
  readonly chunkWhitespace?: boolean
  /** Values may contain control characters, except NUL, CR and LF. Opens log and terminal injection, and smuggling past a peer that ends values there. */
  readonly controlsInValues?: boolean
  /** Host may be missing, repeated or malformed. Opens cache poisoning and routing to another virtual host. */
  readonly anyHost?: boolean
}

/** Names of all leniences. */
export const LENIENCES = [
  'bareLineFeed',
  'foldedResponseFields',
  'repeatedContentLength',
  'missingReasonSpace',
  'chunkWhitespace',
  'controlsInValues',
  'anyHost',
] as const satisfies readonly (keyof Leniences)[]

/** Options of both parsers. Sizes are octets; every limit is there so that a peer cannot choose how much memory or work it costs. */
export interface ParserOptions {
  /** longest request line or status line without its CRLF; default 8,192, which satisfies RFC 9112 §3, at most 65,024; 414 */
  readonly maxStartLineSize?: number
  /** longest field line without its CRLF, in heads and trailers; default 16,384, room for real cookies, at most 48,640; 431 */
  readonly maxFieldSize?: number
  /** whole head with its empty line; default 32,768, at most 65,024; 431 */
  readonly maxHeadSize?: number
  /** field lines of a head; default 100, at most 4,096; more are refused with 431, never dropped */
  readonly maxFields?: number
  /** trailer section with its empty line; default 8,192, at most 65,024; 431 */
  readonly maxTrailerSize?: number
  /** field lines of a trailer section; default 32, at most 4,096; 431 */
  readonly maxTrailers?: number
  /** extensions of one chunk; default 1,024; 413 */
  readonly maxChunkExtensionSize?: number
  /** extensions of all chunks of one message; default 16,384; 413 */
  readonly maxChunkExtensionsSize?: number
  /** empty lines before a request line; default 4, RFC 9112 §2.2 asks for at least one; 400 */
  readonly maxEmptyLines?: number
  /** 1xx responses before a final one; default 16; 502 */
  readonly maxInformational?: number
  /** what to accept beyond the strict grammar; default nothing */
  readonly leniences?: Leniences
  /**
   * `simd` is WebAssembly SIMD, compiled when the first parser is made; `portable` is plain JavaScript with the same
   * answers. `simd` is a wish, and the default: where the runtime lacks it, or with one of the leniences `bareLineFeed`,
   * `foldedResponseFields`, `controlsInValues` and `missingReasonSpace`, it is the portable one.
   */
  readonly scanner?: 'simd' | 'portable'
}

/** Limits of one kind of section, as the scanners read them. */
export interface SectionLimits {
  readonly startLine: number
  readonly field: number
  readonly section: number
  readonly fields: number
  readonly leniences: number
}

/** Options with every default filled in. */
export interface Settings {
  readonly head: SectionLimits
  readonly trailers: SectionLimits
  readonly maxChunkExtensionSize: number
  readonly maxChunkExtensionsSize: number
  readonly maxEmptyLines: number
  readonly maxInformational: number
  readonly leniences: Required<Leniences>
  readonly portable: boolean
}

const SECTION_LIMIT = 65_024
// A record has one word for the name: a length, or from 0xc000 (49,152) on a known name (scanner/layout.ts). A field line
// that is longer could have a name that is taken for one.
const FIELD_LIMIT = 48_640
const FIELDS_LIMIT = 4_096

const OPTIONS: ReadonlySet<string> = /* @__PURE__ */ new Set(
  (
    'maxStartLineSize maxFieldSize maxHeadSize maxFields maxTrailerSize maxTrailers maxChunkExtensionSize ' +
    'maxChunkExtensionsSize maxEmptyLines maxInformational leniences scanner requestMethod'
  ).split(' '),
)
const LENIENCE_NAMES: ReadonlySet<string> = /* @__PURE__ */ new Set(LENIENCES)

/** Checks options and fills in the defaults. */
export function settle(options: ParserOptions): Settings {
  checkNames(options, OPTIONS)
  const leniences = settleLeniences(options.leniences ?? {})
  const lines =
    (leniences.bareLineFeed ? Lenient.BARE_LF : 0) |
    (leniences.foldedResponseFields ? Lenient.OBS_FOLD : 0) |
    (leniences.controlsInValues ? Lenient.CONTROLS : 0) |
    (leniences.missingReasonSpace ? Lenient.REASON : 0)
  if (options.scanner !== undefined && options.scanner !== 'simd' && options.scanner !== 'portable') {
    throw new TypeError(`scanner must be 'simd' or 'portable', not ${String(options.scanner)}`)
  }
  const field = limit(options, 'maxFieldSize', 16_384, FIELD_LIMIT)
  const startLine = limit(options, 'maxStartLineSize', 8_192, SECTION_LIMIT)
  return {
    head: {
      startLine,
      field,
      section: limit(options, 'maxHeadSize', 32_768, SECTION_LIMIT),
      fields: limit(options, 'maxFields', 100, FIELDS_LIMIT),
      leniences: lines,
    },
    trailers: {
      startLine,
      field,
      section: limit(options, 'maxTrailerSize', 8_192, SECTION_LIMIT),
      fields: limit(options, 'maxTrailers', 32, FIELDS_LIMIT),
      leniences: lines,
    },
    maxChunkExtensionSize: limit(options, 'maxChunkExtensionSize', 1_024, Number.MAX_SAFE_INTEGER),
    maxChunkExtensionsSize: limit(options, 'maxChunkExtensionsSize', 16_384, Number.MAX_SAFE_INTEGER),
    maxEmptyLines: limit(options, 'maxEmptyLines', 4, Number.MAX_SAFE_INTEGER),
    maxInformational: limit(options, 'maxInformational', 16, Number.MAX_SAFE_INTEGER),
    leniences,
    portable: options.scanner === 'portable' || lines !== 0,
  }
}

/** A limit that is misspelt would be the default, in silence. */
function checkNames(options: object, names: ReadonlySet<string>): void {
  for (const name in options) {
    if (!names.has(name) && Object.hasOwn(options, name)) throw new TypeError(`there is no option ${name}`)
  }
}

/** A copy: what the caller does to its object later opens nothing. */
function settleLeniences(leniences: Leniences): Required<Leniences> {
  checkNames(leniences, LENIENCE_NAMES)
  const settled = {} as Record<keyof Leniences, boolean>
  for (const name of LENIENCES) {
    const value: unknown = leniences[name] ?? false
    if (typeof value !== 'boolean') throw new TypeError(`leniences.${name} must be true or false, not ${String(value)}`)
    settled[name] = value
  }
  return settled
}

function limit(options: ParserOptions, name: keyof ParserOptions, preset: number, most: number): number {
  const value = options[name] ?? preset
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new TypeError(`${name} must be an integer`)
  if (value < 0 || value > most) throw new RangeError(`${name} must be within 0…${most}, not ${value}`)
  return value
}
