// The memory both scanners work in, and the words they leave there. This file is compiled twice: as TypeScript for the
// portable scanner and by AssemblyScript for the SIMD one, so it uses only what both understand.
//
//   0       classes of the 256 octets (classes.ts)
//   256     known-name number by 10-bit hash (names.ts)
//   1280    length of each known name
//   1408    for vectors: classes by low nibble, a bit for each high nibble (classes.ts)
//   1536    known names, 64 octets each: as usually written, then in lower case, both padded with zeros
//   7680    words: options in, verdicts out
//   8192    records, 8 octets a field line: name start, name, value start, value end (u16, relative to INPUT)
//   65536   the octets to scan, always followed by a zero octet that ends every loop

export const HASH: i32 = 256
export const TOKEN_NIBBLES: i32 = 1408
export const HOST_NIBBLES: i32 = 1424
export const NIBBLE_BITS: i32 = 1440
export const LENGTHS: i32 = 1280
export const NAMES: i32 = 1536
export const RECORDS: i32 = 8192
export const INPUT: i32 = 65536
export const INPUT_SIZE: i32 = 65535
export const MEMORY_SIZE: i32 = 196608

// Options, written by the owner of the memory before a scan.
export const MAX_START_LINE: i32 = 7680
export const MAX_FIELD: i32 = 7684
export const MAX_SECTION: i32 = 7688
export const MAX_FIELDS: i32 = 7692
export const LENIENCES: i32 = 7696

// Results; the first four are also what a scan needs to resume at the first line that was not complete.
export const FLAGS: i32 = 7712
export const COUNT: i32 = 7716
export const LINE: i32 = 7720
export const CONTENT_LENGTH: i32 = 7724
/** end of the method; for a response the status code itself */
export const METHOD_END: i32 = 7728
/** end of the request-target; for a response the end of the reason phrase */
export const TARGET_END: i32 = 7732
/** where an error was found */
export const OFFSET: i32 = 7736

// What is scanned.
export const REQUEST: i32 = 0
export const RESPONSE: i32 = 1
export const TRAILERS: i32 = 2

// Verdicts of a head, bits of FLAGS. The low four bits are the minor version.
export const METHOD_SHIFT: i32 = 4
export const METHOD_MASK: i32 = 0x70
export const CHUNKED: i32 = 1 << 7
export const HAS_TRANSFER_ENCODING: i32 = 1 << 8
export const HAS_CONTENT_LENGTH: i32 = 1 << 9
export const HAS_HOST: i32 = 1 << 10
export const CLOSE: i32 = 1 << 11
export const KEEP_ALIVE: i32 = 1 << 12
export const CONNECTION_UPGRADE: i32 = 1 << 13
export const HAS_UPGRADE: i32 = 1 << 14
export const EXPECT_CONTINUE: i32 = 1 << 15
export const HAS_EXPECT: i32 = 1 << 16
/** something is rare enough, or wrong, that review.ts must look at the records before the head is believed */
export const REVIEW: i32 = 1 << 17
export const FORM_SHIFT: i32 = 18
export const FORM_MASK: i32 = 3 << 18
/** response: the message ends with its head; request: method is CONNECT */
export const CONNECT: i32 = 1 << 20
/** head only: its octets were copied out for good */
export const RETAINED: i32 = 1 << 21

// Known names that the scanner itself acts upon; the rest of names.ts follows.
export const HOST_NAME: i32 = 1
export const CONTENT_LENGTH_NAME: i32 = 2
export const TRANSFER_ENCODING_NAME: i32 = 3
export const CONNECTION_NAME: i32 = 4
export const UPGRADE_NAME: i32 = 5
export const EXPECT_NAME: i32 = 6

/** The name word of a record is a length below this, else this + spelling × 256 + known-name number. */
export const KNOWN_NAME: i32 = 0xc000

// Leniences that concern lines; the portable scanner alone knows them.
export const LENIENT_BARE_LF: i32 = 1
export const LENIENT_OBS_FOLD: i32 = 2
export const LENIENT_CONTROLS: i32 = 4
export const LENIENT_REASON: i32 = 8

// Errors by their position in errors.ts, as a test asserts.
export const BAD_METHOD: i32 = 0
export const METHOD_TOO_LONG: i32 = 1
export const BAD_TARGET: i32 = 2
export const BAD_REQUEST_LINE: i32 = 3
export const BAD_VERSION: i32 = 4
export const UNSUPPORTED_VERSION: i32 = 5
export const START_LINE_TOO_LONG: i32 = 6
export const BAD_STATUS_LINE: i32 = 7
export const BARE_CR: i32 = 8
export const BARE_LF: i32 = 9
export const BAD_FIELD_NAME: i32 = 10
export const SPACE_AFTER_FIELD_NAME: i32 = 11
export const MISSING_COLON: i32 = 12
export const OBS_FOLD: i32 = 13
export const BAD_FIELD_VALUE: i32 = 14
export const FIELD_TOO_LARGE: i32 = 15
export const HEAD_TOO_LARGE: i32 = 16
export const TOO_MANY_FIELDS: i32 = 17
