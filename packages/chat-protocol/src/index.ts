/**
 * The codec: IRC lines to messages and back. Pure functions and one decoder, no dependency, no I/O, for any runtime.
 *
 * @packageDocumentation
 */
export { type Casemapping, fold, parseCasemapping } from './codec/casemapping.js'
export { ChatError, type ChatErrorCode, type ChatErrorDetail } from './codec/errors.js'
export { formatIsupport, Isupport } from './codec/isupport.js'
export { LineDecoder, type LineDecoderOptions, type LineHooks } from './codec/line-decoder.js'
export { completeMask, formatMask, isHostname, type Mask, matchMask, parseMask } from './codec/mask.js'
export {
  escapeTagValue,
  formatMessage,
  formatTags,
  type LineLimits,
  MAX_CLIENT_TAGS,
  MAX_LINE,
  MAX_TAGS,
  type Message,
  type MessageInit,
  NO_TAGS,
  parseMessage,
  parseTags,
  unescapeTagValue,
} from './codec/message.js'
export { DEFAULT_MODES, formatModes, type ModeChange, type ModeKinds, parseModes, USER_MODES } from './codec/modes.js'
export { ERR, numericName, RPL } from './codec/numerics.js'
export { byteLength, splitText, type TextFrame, textBudget } from './codec/text.js'
