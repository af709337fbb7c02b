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

/**
 * The part of the page's address that leads to a room, so that {@link roomName} of {@link roomOf} is the room again;
 * `undefined` for a conversation: its name in the address would lead to a room that is called so, where others read.
 */
export function hashOf(room: string): string | undefined {
  if (!/^[#&]/.test(room)) return undefined
  return encodeURIComponent(/^#[^#&]/.test(room) ? room.slice(1) : room)
}
