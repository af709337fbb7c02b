/** Whether a value is a Uint8Array, of whatever realm. */
export function isOctets(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
}
