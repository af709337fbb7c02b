import { decodePart } from '../client/chat-url.js'

/** What a person calls a room: `lobby` is the channel `#lobby`. */
export function roomName(words: string): string {
  const name = words.replace(/[\s,]+/g, '-')
  return name === '' || /^[#&]/.test(name) ? name : `#${name}`
}

/** The room that the page's address names, as a person may have typed it; `''` for none. */
export function roomOf(address: { readonly hash: string }): string {
  return decodePart(address.hash.slice(1))
}
