import { stripFormatting } from '../client/formatting.js'
import type { Message } from './store.js'

/** What the composer needs of the page. */
export interface ComposerPorts {
  send(text: string, replyTo: string | undefined): void
  typing(state: 'active' | 'done'): void
  focusMessages(): void
}

/** The place to write in: grows with its text, keeps a draft for each room, remembers what it answers. */
export class Composer {
  readonly #ports: ComposerPorts
  readonly #form: HTMLFormElement
  readonly #field: HTMLTextAreaElement
  readonly #replying: HTMLElement
  readonly #replyingTo: HTMLElement
  readonly #drafts = new Map<string, string>()
  #room = ''
  #reply: Message | undefined

  constructor(form: HTMLFormElement, ports: ComposerPorts) {
    this.#ports = ports
    this.#form = form
    this.#field = form.querySelector('textarea')!
    this.#replying = form.querySelector('#replying')!
    this.#replyingTo = form.querySelector('#replying-to')!
    form.querySelector('#cancel-reply')!.addEventListener('click', () => this.reply(undefined))
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#submit()
    })
    this.#field.addEventListener('input', () => {
      this.#grow()
      // Who writes a command is not about to say anything.
      const { value } = this.#field
      this.#ports.typing(value === '' || /^\/\w/.test(value) ? 'done' : 'active')
    })
    this.#field.addEventListener('keydown', (event) => this.#key(event))
  }

  /** Goes to another room; what was begun here waits for the return. */
  enter(room: string): void {
    if (room !== this.#room) {
      this.#drafts.set(this.#room, this.#field.value)
      this.#room = room
      this.#field.value = this.#drafts.get(room) ?? ''
      this.reply(undefined)
    }
    this.#field.placeholder = `Write to ${room}`
    this.#grow()
    // On a phone the keyboard should open when a person wants to write, not when they look at a room.
    if (matchMedia('(pointer: fine)').matches) this.#field.focus()
  }

  /** Answers a message with the next one sent; `undefined` answers none. */
  reply(message: Message | undefined): void {
    this.#reply = message
    this.#replying.hidden = !message
    this.#replyingTo.textContent = message ? `Reply to ${message.from}: ${stripFormatting(message.text)}` : ''
    if (message) this.#field.focus()
  }

  #submit(): void {
    const text = this.#field.value.trimEnd()
    if (text.trim() === '') return
    this.#ports.send(text, this.#reply?.id)
    this.#ports.typing('done')
    this.#field.value = ''
    this.reply(undefined)
    this.#grow()
    this.#field.focus()
  }

  #key(event: KeyboardEvent): void {
    // Safari has ended the composing before it tells of the key that ended it: only the code 229 still says so.
    const composing = event.isComposing || event.keyCode === 229
    if (event.key === 'Enter' && !event.shiftKey && !composing) {
      event.preventDefault()
      this.#form.requestSubmit()
    } else if (event.key === 'Escape' && this.#reply) {
      this.reply(undefined)
    } else if (event.key === 'ArrowUp' && !event.altKey && this.#field.value === '') {
      event.preventDefault()
      this.#ports.focusMessages()
    }
  }

  #grow(): void {
    this.#field.style.height = 'auto'
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`
  }
}
