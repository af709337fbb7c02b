import { connect } from '../client/browser.js'
import type { StatusEvent } from '../client/events.js'
import { stripFormatting } from '../client/formatting.js'
import type { Chatting } from '../client/interface.js'
import { Composer } from './composer.js'
import { drawMembers, drawRooms, typingSentence } from './lists-view.js'
import { LogView } from './log-view.js'
import { element, find } from './message-view.js'
import { addHistory, type Receiver, receive } from './receive.js'
import { hashOf, roomName, roomOf } from './room-name.js'
import { type Message, newMessage, type Room, Store } from './store.js'

const reactions = ['👍', '❤️', '😄', '🎉', '😮', '😢', '👀', '✅']
/** What commands cannot do without. */
const usages: ReadonlyMap<string, readonly string[]> = new Map([
  ['me', ['TEXT']],
  ['join', ['ROOM']],
  ['nick', ['NAME']],
  ['msg', ['NAME', 'TEXT']],
])
/** Messages asked for when the reader comes near the top. */
const historyPage = 50
/** Milliseconds in which changes of a room are drawn together: when hundreds come, its list is not drawn for each. */
const drawInterval = 100

/**
 * The chat after the welcome: one client, one store, and views that draw what the store holds. Events go one way, client →
 * store → views (see `receive.ts`); what a person does goes to the client and comes back as an event.
 */
export class ChatPage implements Receiver {
  readonly client: Chatting
  readonly store = new Store((a, b) => this.client.same(a, b))
  readonly log: LogView
  readonly composer: Composer
  /** The room of the address, where notes go while there is no other. */
  readonly firstRoom: string
  /** The name asked for, and not one that the server made us take for a while: what the address says. */
  #name: string
  #drawing: ReturnType<typeof setTimeout> | undefined

  constructor(nick: string, firstRoom: string) {
    const socket = new URL('./socket', location.href)
    socket.protocol = socket.protocol.replace('http', 'ws')
    socket.search = socket.hash = ''
    this.firstRoom = firstRoom
    this.#name = this.store.nick = nick
    this.client = connect({ url: socket.href, nick, rooms: [firstRoom] })
    this.log = new LogView(
      this.store,
      {
        reply: (message) => this.composer.reply(message),
        chooseReaction: (message, near) => this.#chooseReaction(message, near),
        toggleReaction: (message, reaction) => this.#toggleReaction(message, reaction),
      },
      { log: find<HTMLOListElement>('log'), scroll: find('scroll'), newest: find<HTMLButtonElement>('newest') },
      (room) => void this.#readOlder(room),
    )
    this.composer = new Composer(find<HTMLFormElement>('composer'), {
      send: (text, replyTo) => this.#say(text, replyTo),
      typing: (state) => this.store.current && this.client.typing(this.store.current.name, state),
      focusMessages: () => this.log.focusNewest(),
    })
    this.client.on((event) => receive(this, event))
    this.show(this.store.room(firstRoom))
    this.#listen()
  }

  /** A line about a room rather than in it; without a room it goes where the reader is, without a time it stands last. */
  note(name: string | undefined, text: string, time?: Date): void {
    const room = this.store.room(name ?? this.store.current?.name ?? this.firstRoom)
    // Not by our own clock: it may be another than the server's, by which all others are ordered.
    const at = time?.getTime() ?? room.messages.at(-1)?.time ?? Date.now()
    const message = newMessage('', text, at, { kind: 'event' })
    this.store.add(room, message, true)
    this.log.add(room, message)
    this.showRoom()
  }

  /** Takes away a room that we have left. */
  leave(name: string): void {
    const room = this.store.find(name)
    if (room) this.store.remove(room)
    const isLast = this.store.current === undefined
    // There is always a room in front: what is written is shown there, as not sent if need be, and never lost.
    this.show(this.store.current ?? this.store.room(this.firstRoom))
    if (isLast) this.note(undefined, 'You are in no room now. Enter one by its name.')
  }

  // A person → client

  #say(text: string, replyTo: string | undefined): void {
    const room = this.store.current
    if (!room) return
    const [, command, rest] = /^\/(\w+)(?:\s+([\s\S]*))?$/.exec(text) ?? []
    if (command !== undefined) this.#obey(room, command, rest ?? '')
    else this.#attempt(() => this.client.say(room.name, text, replyTo === undefined ? {} : { replyTo }))
  }

  /** The few commands that the page has no button for; an unknown one is said to be so, not sent as text. */
  #obey(room: Room, command: string, rest: string): void {
    const needed = usages.get(command) ?? []
    if (rest.split(/\s+/).filter((word) => word !== '').length < needed.length)
      this.note(room.name, `Usage: /${command} ${needed.join(' ')}`)
    else if (command === 'me') this.#attempt(() => this.client.say(room.name, rest, { kind: 'action' }))
    else if (command === 'join') this.#go(roomName(rest))
    else if (command === 'part') {
      // A conversation is only ours to end, and a room that we are not in tells nobody of it.
      if (!this.client.room(room.name)?.joined) this.leave(room.name)
      this.#attempt(() => this.client.part(room.name, rest || undefined))
    } else if (command === 'nick') {
      this.#attempt(async () => {
        await this.client.changeNick(rest)
        this.#name = rest
        this.#showAddress()
      })
    } else if (command === 'topic' && rest.trim() === '') {
      // Whoever only asks must not remove it.
      this.note(room.name, `Topic: ${this.client.room(room.name)?.topic || 'none'}`)
    } else if (command === 'topic') this.#attempt(() => this.client.setTopic(room.name, rest))
    else if (command === 'msg') {
      const [, to, words] = /^(\S+)\s+([\s\S]+)$/.exec(rest) ?? []
      if (to !== undefined && words !== undefined) this.#attempt(() => this.client.say(to, words))
    } else this.note(room.name, `There is no /${command}. There are /me /join /part /nick /topic /msg.`)
  }

  #attempt(action: () => unknown): void {
    Promise.resolve()
      .then(action)
      .catch((error: Error) => this.note(undefined, error.message))
  }

  #chooseReaction(message: Message, near: Element): void {
    const dialog = find<HTMLDialogElement>('reactions')
    dialog.replaceChildren(
      ...reactions.map((reaction) => {
        const button = element('button', '', reaction)
        button.type = 'button'
        button.addEventListener('click', () => {
          dialog.close()
          this.#toggleReaction(message, reaction)
        })
        return button
      }),
    )
    dialog.showModal()
    const { top, right } = near.getBoundingClientRect()
    dialog.style.margin = '0'
    dialog.style.top = `${Math.max(8, Math.min(top, innerHeight - dialog.offsetHeight - 8))}px`
    dialog.style.left = `${Math.max(8, Math.min(right, innerWidth) - dialog.offsetWidth - 8)}px`
  }

  #toggleReaction(message: Message, reaction: string): void {
    const room = this.store.current
    if (!room || message.id === undefined) return
    // Unlike words they are not kept, and must not look as if they were.
    if (this.client.state !== 'online') return this.note(room.name, 'Not connected: reactions wait for that.')
    const set = !message.reactions.get(reaction)?.has(this.store.nick)
    const { id } = message
    // What somebody reacted with may be too long for a line of ours.
    this.#attempt(() => this.client.react(room.name, id, reaction, set))
    // A server without echo-message says nothing back; with it the same reaction comes again and changes nothing.
    this.store.react(room, message.id, this.store.nick, reaction, set)
    this.log.change(room, message)
  }

  async #readOlder(room: Room): Promise<void> {
    const oldest = room.messages[0]
    if (!room.older || room.loading || !oldest || !this.client.has('draft/chathistory')) return
    room.loading = true
    this.showEdge(room)
    try {
      const page = await this.client.history(room.name, {
        before: oldest.id ?? new Date(oldest.time),
        limit: historyPage,
      })
      addHistory(this, room, page.events, page.more, 'before')
    } catch {
      room.older = false
    } finally {
      room.loading = false
      this.showEdge(room)
    }
  }

  // Views

  show(room: Room): void {
    this.store.show(room)
    this.composer.enter(room.name)
    this.log.show(room)
    this.showRooms()
    this.#drawRoom()
    this.showEdge(room)
    this.showTyping()
    this.#showAddress()
    this.#closeRooms()
  }

  #showAddress(): void {
    const address = new URL(location.href)
    address.searchParams.set('name', this.#name)
    const hash = this.store.current && hashOf(this.store.current.name)
    if (hash !== undefined) address.hash = hash
    history.replaceState(null, '', address)
  }

  #go(name: string): void {
    if (name === '') return
    this.show(this.store.room(name))
    if (/^[#&]/.test(name) && !this.client.room(name)?.joined) this.#attempt(() => this.client.join(name))
  }

  showRooms(): void {
    drawRooms(find('room-list'), this.store.rooms.values(), this.store.current, (room) => this.show(room))
    const unread = [...this.store.rooms.values()].reduce((sum, room) => sum + room.unread, 0)
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${this.store.current?.name ?? 'Chat'}`
  }

  showRoom(): void {
    this.#drawing ??= setTimeout(() => this.#drawRoom(), drawInterval)
  }

  #drawRoom(): void {
    clearTimeout(this.#drawing)
    this.#drawing = undefined
    const room = this.store.current
    if (!room) return
    const known = this.client.room(room.name)
    find('room-title').textContent = room.name
    find('topic').textContent = find('topic').title = stripFormatting(known?.topic ?? '')
    find('toggle-members').hidden = !known
    find('member-count').textContent = String(known?.members.size ?? 0)
    drawMembers(find('member-list'), known?.sorted() ?? [])
  }

  showTyping(): void {
    if (this.store.current)
      find('typing').textContent = typingSentence(this.store.typing(this.store.current, Date.now()))
  }

  showEdge(room: Room): void {
    if (room !== this.store.current) return
    find('edge').textContent = room.loading
      ? 'Reading older messages…'
      : room.older
        ? ''
        : `This is where ${room.name} begins.`
  }

  showStatus(event: StatusEvent): void {
    const state = find('state')
    const online = event.state === 'online'
    state.classList.toggle('broken', !online)
    state.textContent = online
      ? ''
      : event.state === 'waiting'
        ? 'Connection lost, trying again…'
        : event.state === 'closed'
          ? 'Not connected'
          : 'Connecting…'
    if (event.state === 'closed' && event.reason) this.note(undefined, event.reason)
  }

  #closeRooms(): void {
    find('rooms').classList.remove('open')
    find('open-rooms').ariaExpanded = 'false'
  }

  #showMembers(shown: boolean): void {
    find('members').hidden = !shown
    find('toggle-members').ariaExpanded = String(shown)
  }

  #listen(): void {
    const [closeRooms, closeMembers] = [find('close-rooms'), find('close-members')]
    find('open-rooms').addEventListener('click', () => {
      find('rooms').classList.add('open')
      find('open-rooms').ariaExpanded = 'true'
      closeRooms.focus()
    })
    closeRooms.addEventListener('click', () => {
      this.#closeRooms()
      find('open-rooms').focus()
    })
    find('toggle-members').addEventListener('click', () => {
      this.#showMembers(!find('members').checkVisibility())
      closeMembers.focus()
    })
    closeMembers.addEventListener('click', () => {
      this.#showMembers(false)
      find('toggle-members').focus()
    })
    find('add-room').addEventListener('submit', (event) => {
      event.preventDefault()
      const field = find<HTMLInputElement>('room-name')
      this.#go(roomName(field.value.trim()))
      field.value = ''
    })
    document.addEventListener('keydown', (event) => {
      // Where the lists stand beside the messages there is nothing to press, and nothing in the way.
      if (event.key === 'Escape')
        for (const close of [closeRooms, closeMembers]) close.checkVisibility() && close.click()
      if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
      const rooms = [...this.store.rooms.values()]
      const at = rooms.indexOf(this.store.current!) + (event.key === 'ArrowDown' ? 1 : -1)
      this.show(rooms[(at + rooms.length) % rooms.length]!)
      event.preventDefault()
    })
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible' || !this.store.current) return
      this.store.current.unread = 0
      this.store.current.called = false
      this.showRooms()
      this.client.retryNow()
    })
    addEventListener('online', () => this.client.retryNow())
    addEventListener('hashchange', () => this.#go(roomName(roomOf(location))))
  }
}
