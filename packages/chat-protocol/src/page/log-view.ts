import { dayElement, element, fillMessage, type MessageActions, messageElement } from './message-view.js'
import type { Message, Room, Store } from './store.js'

/**
 * The messages of the room in front. It keeps the reader's place: at the bottom it follows what comes, anywhere else it
 * stays where it is and shows that there is more below.
 */
export class LogView {
  readonly #store: Store
  readonly #actions: MessageActions
  readonly #log: HTMLOListElement
  readonly #scroll: HTMLElement
  readonly #newest: HTMLButtonElement
  readonly #items = new Map<string, HTMLLIElement>()
  #room: Room | undefined

  /** @param wantsOlder called when the reader comes near the top */
  constructor(
    store: Store,
    actions: MessageActions,
    parts: { log: HTMLOListElement; scroll: HTMLElement; newest: HTMLButtonElement },
    wantsOlder: (room: Room) => void,
  ) {
    this.#store = store
    this.#actions = actions
    this.#log = parts.log
    this.#scroll = parts.scroll
    this.#newest = parts.newest
    this.#newest.addEventListener('click', () => this.toBottom())
    this.#scroll.addEventListener('scroll', () => {
      if (this.#atBottom()) this.#newest.hidden = true
      if (this.#scroll.scrollTop < 200 && this.#room) wantsOlder(this.#room)
    })
    this.#log.addEventListener('keydown', (event) => this.#key(event))
  }

  /** Whether the reader sees the newest message. */
  get following(): boolean {
    return document.visibilityState === 'visible' && this.#atBottom()
  }

  /** Shows a room from its newest message, or draws it anew where the reader is. */
  show(room: Room): void {
    const stay = room === this.#room && !this.#atBottom()
    const fromBottom = this.#scroll.scrollHeight - this.#scroll.scrollTop
    const focused = this.#log.contains(document.activeElement)
      ? document.activeElement?.closest<HTMLLIElement>('li.message')?.dataset.key
      : undefined
    this.#room = room
    this.#items.clear()
    const content: HTMLElement[] = []
    let previous: Message | undefined
    for (const message of room.messages) {
      const day = dayElement(message, previous)
      if (day) content.push(day)
      if (message === room.marker) content.push(element('li', 'unread-marker', 'New'))
      content.push(this.#draw(room, message, day || message === room.marker ? undefined : previous))
      previous = message
    }
    // A whole room is not news: a screen reader is told only what comes after.
    this.#scroll.ariaBusy = 'true'
    this.#log.replaceChildren(...content)
    this.#scroll.ariaBusy = 'false'
    if (stay) this.#scroll.scrollTop = this.#scroll.scrollHeight - fromBottom
    else this.toBottom()
    // Who reads by keyboard is at a message, and stays there.
    if (focused !== undefined) this.#items.get(focused)?.focus({ preventScroll: true })
  }

  /** Adds the newest message at the end; one that belongs elsewhere, or for which old ones went, draws the room anew. */
  add(room: Room, message: Message): void {
    if (room !== this.#room) return
    if (room.messages.at(-1) !== message || room.messages.length <= this.#items.size) {
      this.show(room)
      return
    }
    const previous = room.messages.at(-2)
    const follow = this.#atBottom()
    const day = dayElement(message, previous)
    if (day) this.#log.append(day)
    if (message === room.marker) this.#log.append(element('li', 'unread-marker', 'New'))
    this.#log.append(this.#draw(room, message, day || message === room.marker ? undefined : previous))
    if (follow || message.self) this.toBottom()
    else if (message.kind !== 'event') this.#newest.hidden = false
  }

  /** Draws one message anew, where it stands. */
  change(room: Room, message: Message): void {
    const item = this.#items.get(message.key)
    if (room !== this.#room || !item) return
    const follow = this.#atBottom()
    const focused = item.contains(document.activeElement)
    fillMessage(item, this.#store, room, message, room.messages[room.messages.indexOf(message) - 1], this.#actions)
    if (focused) item.focus()
    if (follow) this.toBottom()
  }

  /** Goes to the newest message. */
  toBottom(): void {
    this.#newest.hidden = true
    this.#scroll.scrollTop = this.#scroll.scrollHeight
  }

  #draw(room: Room, message: Message, previous: Message | undefined): HTMLLIElement {
    const item = messageElement(this.#store, room, message, previous, this.#actions)
    this.#items.set(message.key, item)
    return item
  }

  #atBottom(): boolean {
    return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < 40
  }

  /** The message the keyboard is at, from the newest upwards. */
  focusNewest(): void {
    const items = this.#log.querySelectorAll<HTMLLIElement>('li.message')
    items[items.length - 1]?.focus()
  }

  #key(event: KeyboardEvent): void {
    const item = (event.target as Element).closest<HTMLLIElement>('li.message')
    if (!item || event.target !== item || event.altKey || event.ctrlKey || event.metaKey) return
    const message = this.#room?.messages.find(({ key }) => key === item.dataset.key)
    const step =
      event.key === 'ArrowUp' ? 'previousElementSibling' : event.key === 'ArrowDown' ? 'nextElementSibling' : undefined
    if (step) {
      let next = item[step]
      while (next && !next.classList.contains('message')) next = next[step]
      if (next) (next as HTMLElement).focus()
      else if (step === 'nextElementSibling') document.getElementById('say')?.focus()
    } else if (event.key === 'r' && message?.id !== undefined) this.#actions.reply(message)
    else if (event.key === '+' && message?.id !== undefined) this.#actions.chooseReaction(message, item)
    else return
    event.preventDefault()
  }
}
