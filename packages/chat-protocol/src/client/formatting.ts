/**
 * The text without what clients use to format it: mIRC's colours, bold and their kin, and every other control character,
 * so that nothing in it can steer a terminal, or turn the direction of what stands behind it (UAX #9: embeddings,
 * overrides, isolates; the marks that words of both directions need stay).
 *
 * @see modern.ircdocs.horse/formatting
 */
export function stripFormatting(text: string): string {
  return text
    .replace(/\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?/g, '')
    .replace(/\t/g, ' ')
    .replace(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, '')
}
