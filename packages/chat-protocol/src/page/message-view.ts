import { stripFormatting } from '../client/formatting.js'
import { hueOf, splitLinks } from './links.js'
import type { Message, Room, Store } from './store.js'

/** What a person does with a message. */
export interface MessageActions {
  reply(message: Message): void
  chooseReaction(message: Message, near: Element): void
  toggleReaction(message: Message, reaction: string): void
}

/** The element of the page with that id, which the page is known to have. */
export function find<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

/** An element with classes and content. Text goes in as text nodes: nothing a peer sent is ever read as markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className = '',
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...content)
  return made
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })

/** A nick in its colour. */
export function nickElement(nick: string): HTMLSpanElement {
  const made = element('span', 'nick', nick)
  made.style.setProperty('--hue', String(hueOf(nick)))
  return made
}

/** The list item of one message; `previous` decides whether the nick is repeated. */
export function messageElement(
  store: Store,
  room: Room,
  message: Message,
  previous: Message | undefined,
  actions: MessageActions,
): HTMLLIElement {
  const item = element('li')
  item.dataset.key = message.key
  fillMessage(item, store, room, message, previous, actions)
  return item
}

/** Draws a message into its list item, anew when it changed. */
export function fillMessage(
  item: HTMLLIElement,
  store: Store,
  room: Room,
  message: Message,
  previous: Message | undefined,
  actions: MessageActions,
): void {
  if (message.kind === 'event') {
    item.className = 'event'
    item.replaceChildren(stripFormatting(message.text))
    return
  }
  const joined =
    previous && previous.kind !== 'event' && previous.from === message.from && message.time - previous.time < 300_000
  const first = !joined || message.replyTo !== undefined
  const states = [first && 'first', message.kind, message.state, store.mentions(message) && 'mentions']
  item.className = `message ${states.filter(Boolean).join(' ')}`
  item.tabIndex = -1
  const time = element('time', '', clock.format(message.time))
  time.dateTime = new Date(message.time).toISOString()
  const content: Node[] = [nickElement(message.from)]
  if (message.replyTo !== undefined) content.push(quoteElement(room.byId.get(message.replyTo)))
  const text = element('span', 'text')
  if (message.kind === 'action') text.append(`${message.from} `)
  for (const { text: part, href } of splitLinks(stripFormatting(message.text))) {
    if (href === undefined) text.append(part)
    else {
      const link = element('a', '', part)
      link.href = href
      link.target = '_blank'
      link.rel = 'noopener noreferrer nofollow'
      text.append(link)
    }
  }
  content.push(text, time, chipsElement(store, message, actions))
  if (message.id !== undefined) content.push(toolsElement(message, actions))
  item.replaceChildren(...content)
}

function quoteElement(original: Message | undefined): HTMLElement {
  if (!original) return element('span', 'quote', 'an older message')
  return element('span', 'quote', `${original.from}: ${stripFormatting(original.text)}`)
}

function chipsElement(store: Store, message: Message, actions: MessageActions): HTMLElement {
  const chips = element('span', 'chips')
  for (const [reaction, people] of message.reactions) {
    const count = `${stripFormatting(reaction)} ${people.size}`
    const own = people.has(store.nick)
    const chip = element('button', own ? 'own' : '', count)
    chip.type = 'button'
    chip.title = [...people].join(', ')
    chip.setAttribute('aria-label', `${count} by ${chip.title}`)
    chip.setAttribute('aria-pressed', String(own))
    chip.addEventListener('click', () => actions.toggleReaction(message, reaction))
    chips.append(chip)
  }
  return chips
}

function toolsElement(message: Message, actions: MessageActions): HTMLElement {
  const reply = element('button', '', '↩')
  const react = element('button', '', '☺')
  reply.title = 'Reply'
  react.title = 'React'
  for (const button of [reply, react]) {
    button.type = 'button'
    button.tabIndex = -1
    button.setAttribute('aria-label', `${button.title} to ${message.from}`)
  }
  reply.addEventListener('click', () => actions.reply(message))
  react.addEventListener('click', () => actions.chooseReaction(message, react))
  return element('span', 'tools', reply, react)
}

/** The line between two days, `undefined` on the same day. */
export function dayElement(message: Message, previous: Message | undefined): HTMLLIElement | undefined {
  const day = calendar.format(message.time)
  if (previous && calendar.format(previous.time) === day) return undefined
  return element('li', 'day', day)
}
