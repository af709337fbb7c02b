/**
 * Frames out of a byte stream, sans-IO: octets in, frames out, whatever the chunks' borders are. Each decoder holds at
 * most one incomplete frame, bounded by its limit, and does linear work however finely the stream is cut.
 */

export { SocketError, type SocketErrorCode } from './errors.js'
export { DelimiterDecoder, type DelimiterOptions } from './framing-delimiter.js'
export { encodeLengthPrefixed, LengthPrefixDecoder, type LengthPrefixOptions } from './framing-length.js'
export { LineDecoder, type LineOptions } from './framing-line.js'
export { type FrameDecoder, readFrames } from './framing-source.js'
