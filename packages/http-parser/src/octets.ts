/** Whether a value is a Uint8Array, of whatever realm. */
export function isOctets(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
}

/** Octets as a string, one character each. */
export function textOf(octets: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at += 4096) {
    text += String.fromCharCode.apply(null, octets.subarray(at, Math.min(end, at + 4096)) as unknown as number[])
  }
  return text
}
