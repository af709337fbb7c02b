import type { Member } from '../client/interface.js'
import { element, nickElement } from './message-view.js'
import type { Room } from './store.js'

/** Draws the list of rooms: the one in front is marked, what is unread is counted. */
export function drawRooms(
  list: HTMLElement,
  rooms: Iterable<Room>,
  current: Room | undefined,
  choose: (room: Room) => void,
): void {
  // Drawn anew with every message: who is at a room with the keyboard stays there.
  const focused = list.contains(document.activeElement)
    ? (document.activeElement as HTMLElement).dataset.room
    : undefined
  let toFocus: HTMLElement | undefined
  const items: HTMLLIElement[] = []
  for (const room of rooms) {
    const button = element('button', room.unread > 0 ? 'unread' : '', room.name)
    button.type = 'button'
    button.dataset.room = room.name
    if (room.name === focused) toFocus = button
    if (room === current) button.setAttribute('aria-current', 'page')
    if (room.unread > 0) {
      const count = element('span', 'count', room.called ? `@ ${room.unread}` : String(room.unread))
      count.setAttribute('aria-label', `${room.unread} unread${room.called ? ', with your name' : ''}`)
      button.append(count)
    }
    button.addEventListener('click', () => choose(room))
    items.push(element('li', '', button))
  }
  list.replaceChildren(...items)
  toFocus?.focus()
}

/** Members that are drawn; of more than these nobody reads the list. */
const maxDrawn = 1_000

/** Draws the member list, in the order the client gives: by rank, then by name. */
export function drawMembers(list: HTMLElement, members: readonly Member[]): void {
  list.replaceChildren(
    ...members.slice(0, maxDrawn).map((member) => {
      const item = element('li', member.away ? 'away' : '', nickElement(member.nick))
      const rank = member.prefixes.startsWith('+') ? 'may speak' : member.prefixes === '' ? '' : 'operator'
      if (rank) item.append(element('small', '', rank))
      if (member.away) item.append(element('small', '', 'away'))
      return item
    }),
  )
  if (members.length > maxDrawn) list.append(element('li', '', `and ${members.length - maxDrawn} more`))
}

/** Who is writing, as a sentence. */
export function typingSentence(nicks: readonly string[]): string {
  if (nicks.length === 0) return ''
  if (nicks.length === 1) return `${nicks[0]} is writing…`
  if (nicks.length === 2) return `${nicks[0]} and ${nicks[1]} are writing…`
  return 'Several people are writing…'
}
