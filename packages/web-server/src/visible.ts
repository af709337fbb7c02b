/**
 * What a client sends must not steer the terminal, nor turn the direction of its text: controls, format characters, line
 * separators and what is no character are shown as escapes. Letters and signs of any script stay.
 */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}
