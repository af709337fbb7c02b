// The memory both scanners work in, and the words they leave there. This file is compiled twice: as TypeScript for the
// portable scanner and by AssemblyScript for the SIMD one, so it uses only what both understand.
//
//   0       classes of the 256 octets (classes.ts)
//   256     known-name number by 10-bit hash (names.ts)
//   1280    for vectors: classes by low nibble, a bit for each high nibble (classes.ts)
//   1536    known names, 64 octets each: as usually written, then in lower case, both a colon and zeros behind both
//   7680    words: options in, verdicts out
//   8192    records, 8 octets a field line: name start, name, value start, value end (u16, relative to INPUT)
//   65536   the octets to scan, always followed by a zero octet that ends every loop

/** Addresses. */
export enum At {
  HASH = 256,
  TOKEN_NIBBLES = 1280,
  HOST_NIBBLES = 1296,
  NIBBLE_BITS = 1312,
  NAMES = 1536,
  RECORDS = 8192,
  INPUT = 65536,
  /** options, written by the owner of the memory before a scan */
  MAX_START_LINE = 7680,
  MAX_FIELD = 7684,
  MAX_SECTION = 7688,
  MAX_FIELDS = 7692,
  LENIENCES = 7696,
  /** results; the first four are also what a scan resumes with at the line that was not complete */
  FLAGS = 7712,
  COUNT = 7716,
  LINE = 7720,
  CONTENT_LENGTH = 7724,
  /** end of the method; for a response the status code itself */
  METHOD_END = 7728,
  /** end of the request-target; for a response the end of the reason phrase */
  TARGET_END = 7732,
  /** where an error was found */
  OFFSET = 7736,
}

/** Sizes in octets. */
export enum Size {
  INPUT = 65535,
  /** longest known name: with its colon as many octets as its place in the table has */
  NAME = 31,
  MEMORY = 196608,
}

/** What is scanned. */
export enum Kind {
  REQUEST = 0,
  RESPONSE = 1,
  TRAILERS = 2,
}

/** Verdicts of a head, bits of At.FLAGS; the low four bits are the minor version. */
export enum Flag {
  METHOD_SHIFT = 4,
  METHOD_MASK = 0x70,
  CHUNKED = 1 << 7,
  HAS_TRANSFER_ENCODING = 1 << 8,
  HAS_CONTENT_LENGTH = 1 << 9,
  HAS_HOST = 1 << 10,
  CLOSE = 1 << 11,
  KEEP_ALIVE = 1 << 12,
  CONNECTION_UPGRADE = 1 << 13,
  HAS_UPGRADE = 1 << 14,
  EXPECT_CONTINUE = 1 << 15,
  HAS_EXPECT = 1 << 16,
  /** something is rare enough, or wrong, that framing.ts must look at the records before the head is believed */
  REVIEW = 1 << 17,
  FORM_SHIFT = 18,
  FORM_MASK = 3 << 18,
  /** request: the method is CONNECT; response: the connection speaks another protocol */
  CONNECT = 1 << 20,
}

/** Known names that the scanner itself acts upon; the rest of names.ts follows. */
export enum Name {
  HOST = 1,
  CONTENT_LENGTH = 2,
  TRANSFER_ENCODING = 3,
  CONNECTION = 4,
  UPGRADE = 5,
  EXPECT = 6,
  /** the name word of a record is a length below this, else this + spelling × 256 + known-name number */
  KNOWN = 0xc000,
  /** added to the name word when the value, too, need not be read: it is the usual one, letter for letter (names.ts) */
  USUAL_VALUE = 0x400,
}

/** Leniences that concern lines; the portable scanner alone knows them. */
export enum Lenient {
  BARE_LF = 1,
  OBS_FOLD = 2,
  CONTROLS = 4,
  REASON = 8,
}

/** Errors by their position in errors.ts, as a test asserts. */
export enum Failure {
  BAD_METHOD = 0,
  METHOD_TOO_LONG = 1,
  BAD_TARGET = 2,
  BAD_REQUEST_LINE = 3,
  BAD_VERSION = 4,
  UNSUPPORTED_VERSION = 5,
  START_LINE_TOO_LONG = 6,
  BAD_STATUS_LINE = 7,
  BARE_CR = 8,
  BARE_LF = 9,
  BAD_FIELD_NAME = 10,
  SPACE_AFTER_FIELD_NAME = 11,
  MISSING_COLON = 12,
  OBS_FOLD = 13,
  BAD_FIELD_VALUE = 14,
  FIELD_TOO_LARGE = 15,
  HEAD_TOO_LARGE = 16,
  TOO_MANY_FIELDS = 17,
}
