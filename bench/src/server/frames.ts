/** One unfragmented WebSocket frame as octets (RFC 6455 §5.2), for messages below 64 KiB; one character an octet. */
export function frame(kind: 'text' | 'binary', payload: string, masked: boolean): string {
  const first = String.fromCharCode(0x80 | (kind === 'text' ? 1 : 2))
  const maskBit = masked ? 0x80 : 0
  const { length } = payload
  const size =
    length < 126
      ? String.fromCharCode(maskBit | length)
      : String.fromCharCode(maskBit | 126, length >> 8, length & 0xff)
  if (!masked) return first + size + payload
  const hidden = Array.from(payload, (character, at) =>
    String.fromCharCode(character.charCodeAt(0) ^ MASK.charCodeAt(at & 3)),
  )
  return first + size + MASK + hidden.join('')
}

/** A client has to mask with a key that pages cannot foresee; a load client has no pages. The example of RFC 6455 §5.7. */
const MASK = '\x37\xfa\x21\x3d'
