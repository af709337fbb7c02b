import type { HttpErrorCode } from './errors.js'
import type { Settings } from './options.js'
import { CLASSES, TOKEN, VALUE } from './scanner/classes.js'

// What the next octet of a chunk's line may be. Extensions are read by their grammar, quoted strings included, because a
// reader that skips them can be led past a line end (RFC 9112 §7.1.1, CVE-2021-22960).
const SIZE = 0
const EXTENSION_NAME = 1
const EXTENSION_VALUE = 2
const QUOTED = 3
const ESCAPED = 4
const AFTER_VALUE = 5
const LINE_FEED = 6

/** Reads `chunk-size [ chunk-ext ] CRLF` octet by octet, wherever it is cut; one object serves all chunks of a connection. */
export class ChunkSizeReader {
  /** size of the chunk in octets, when `read` reached the end of its line */
  size = 0
  /** whether the line has ended */
  done = false
  /** what is wrong, at the octet that `read` answered */
  error: HttpErrorCode | undefined = undefined
  private readonly settings: Settings
  private state = SIZE
  private digits = 0
  // Octets in the token at hand: none is allowed to be empty.
  private token = 0
  // HTAB or SP was seen behind the token at hand, so that it cannot go on.
  private blank = false
  private extension = 0
  private extensions = 0

  constructor(settings: Settings) {
    this.settings = settings
  }

  /** Whether no octet of a line was read yet. */
  get fresh(): boolean {
    return this.state === SIZE && this.digits === 0 && !this.blank
  }

  /** Forgets the extensions of the message before. */
  start(): void {
    this.extensions = 0
    this.restart()
  }

  /** Goes on to the next chunk. */
  restart(): void {
    this.size = 0
    this.done = false
    this.digits = 0
    this.extension = 0
    this.enter(SIZE)
  }

  /** Reads octets; returns the index behind the line, or of the octet that is wrong, or `end`. */
  read(chunk: Uint8Array, at: number, end: number): number {
    for (; at < end; at++) {
      const octet = chunk[at]!
      // Everything behind the size is extension, blanks that a lenience allows included.
      const counted = this.state === SIZE ? octet === 59 || octet === 32 || octet === 9 : this.state !== LINE_FEED
      if (counted && octet !== 13 && octet !== 10) {
        this.extension++
        this.extensions++
        const { maxChunkExtensionSize, maxChunkExtensionsSize } = this.settings
        if (this.extension > maxChunkExtensionSize || this.extensions > maxChunkExtensionsSize) {
          this.error = 'HTTP_ERR_CHUNK_EXTENSIONS_TOO_LARGE'
          return at
        }
      }
      this.error = this.next(octet)
      if (this.error !== undefined) return at
      if (this.done) return at + 1
    }
    return at
  }

  private next(octet: number): HttpErrorCode | undefined {
    switch (this.state) {
      case SIZE: {
        const digit = hexDigit(octet)
        if (digit >= 0 && !(this.blank && this.digits > 0)) {
          this.blank = false
          this.size = this.size * 16 + digit
          if (++this.digits > 16 || this.size > Number.MAX_SAFE_INTEGER) return 'HTTP_ERR_CHUNK_TOO_LARGE'
          return undefined
        }
        if (this.isBlank(octet)) return undefined
        return this.digits === 0 ? 'HTTP_ERR_BAD_CHUNK_SIZE' : this.endOrExtension(octet, 'HTTP_ERR_BAD_CHUNK_SIZE')
      }
      case EXTENSION_NAME:
      case EXTENSION_VALUE: {
        if (this.isBlank(octet)) return undefined
        const named = this.state === EXTENSION_VALUE
        if ((CLASSES[octet]! & TOKEN) !== 0) {
          if (this.blank && this.token > 0) return 'HTTP_ERR_BAD_CHUNK_EXTENSION'
          this.blank = false
          this.token++
        } else if (named && octet === 34 && this.token === 0) this.enter(QUOTED)
        else if (this.token === 0) return 'HTTP_ERR_BAD_CHUNK_EXTENSION'
        else if (!named && octet === 61) this.enter(EXTENSION_VALUE)
        else return this.endOrExtension(octet, 'HTTP_ERR_BAD_CHUNK_EXTENSION')
        return undefined
      }
      case QUOTED:
        if (octet === 34) this.enter(AFTER_VALUE)
        else if (octet === 92) this.state = ESCAPED
        else if ((CLASSES[octet]! & VALUE) === 0) return 'HTTP_ERR_BAD_CHUNK_EXTENSION'
        return undefined
      case ESCAPED:
        if ((CLASSES[octet]! & VALUE) === 0) return 'HTTP_ERR_BAD_CHUNK_EXTENSION'
        this.state = QUOTED
        return undefined
      case AFTER_VALUE:
        return this.isBlank(octet) ? undefined : this.endOrExtension(octet, 'HTTP_ERR_BAD_CHUNK_EXTENSION')
      default:
        if (octet !== 10) return 'HTTP_ERR_BARE_CR'
        this.done = true
        return undefined
    }
  }

  private enter(state: number): void {
    this.state = state
    this.token = 0
    this.blank = false
  }

  private isBlank(octet: number): boolean {
    if (!this.settings.leniences.chunkWhitespace || (octet !== 32 && octet !== 9)) return false
    this.blank = true
    return true
  }

  private endOrExtension(octet: number, code: HttpErrorCode): HttpErrorCode | undefined {
    if (octet === 10) {
      if (!this.settings.leniences.bareLineFeed) return 'HTTP_ERR_BARE_LF'
      this.done = true
    } else if (octet === 13) this.enter(LINE_FEED)
    else if (octet === 59) this.enter(EXTENSION_NAME)
    else return code
    return undefined
  }
}

/** Value of a hexadecimal digit, or -1. */
export function hexDigit(octet: number): number {
  if (octet >= 48 && octet <= 57) return octet - 48
  const letter = octet | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
