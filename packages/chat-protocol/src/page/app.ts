// The page: one client, one store, and views that draw what the store holds. Events go one way: client → store → views;
// what a person does goes to the client and comes back as an event.
import { connectChat } from '../client/browser.js'
import type { ChatEvent, MessageEvent, PastEvent, StatusEvent } from '../client/events.js'
import type { Chatting } from '../client/interface.js'
import { Composer } from './composer.js'
import { drawMembers, drawRooms, typingSentence } from './lists-view.js'
import { LogView } from './log-view.js'
import { element } from './message-view.js'
import { type Message, newMessage, type Room, Store } from './store.js'

const reactions = ['👍', '❤️', '😄', '🎉', '😮', '😢', '👀', '✅']
/** How long "is writing" holds when nothing follows, by the typing client tag's specification. */
const typingHolds = 6_000
/** Messages asked for when the reader comes near the top. */
const historyPage = 50

const find = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T

welcome()

/** Asks for a name and a room, as far as the address does not say: `?name=ada#lobby`. */
function welcome(): void {
  const form = find<HTMLFormElement>('welcome')
  const name = find<HTMLInputElement>('name')
  const room = find<HTMLInputElement>('room')
  const address = new URL(location.href)
  name.value = address.searchParams.get('name') ?? remembered() ?? ''
  if (address.hash.length > 1) room.value = decodeURIComponent(address.hash.slice(1))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const nick = name.value.trim()
    // The server decides what a name may be; this only spares a round trip for what no server takes.
    if (/[\s,*?!@:#&]/.test(nick) || /^[\d-]/.test(nick)) {
      find('problem').textContent = 'A name has no spaces or , * ? ! @ : # & and does not begin with a digit.'
      return
    }
    remember(nick)
    form.hidden = true
    find('chat').hidden = false
    enter(nick, roomName(room.value.trim()))
  })
  if (address.searchParams.has('name') && name.value !== '') form.requestSubmit()
  else name.focus()
}

function enter(nick: string, firstRoom: string): void {
  const socket = new URL('./socket', location.href)
  socket.protocol = socket.protocol.replace('http', 'ws')
  socket.search = socket.hash = ''
  const client: Chatting = connectChat({ url: socket.href, nick, rooms: [firstRoom] })
  const store = new Store((name) => name.toLowerCase())
  store.nick = nick

  const log = new LogView(
    store,
    { reply: (message) => composer.reply(message), chooseReaction, toggleReaction },
    { log: find<HTMLOListElement>('log'), scroll: find('scroll'), newest: find<HTMLButtonElement>('newest') },
    (room) => void readOlder(room),
  )
  const composer = new Composer(find<HTMLFormElement>('composer'), {
    send: say,
    typing: (state) => store.current && client.typing(store.current.name, state),
    focusMessages: () => log.focusNewest(),
  })

  client.on(receive)
  show(store.room(firstRoom))
  listen()

  // Client → store → views

  function receive(event: ChatEvent): void {
    switch (event.type) {
      case 'status':
        showStatus(event)
        return
      case 'welcome':
        store.nick = event.nick
        find('self-nick').textContent = event.nick
        return
      case 'message':
        receiveMessage(event)
        return
      case 'delivery': {
        const room = store.find(event.room)
        const message = room?.waiting.get(event.localId)
        if (!room || !message) return
        room.waiting.delete(event.localId)
        if (event.state === 'sent') store.confirm(room, message, event.msgid, event.time.getTime())
        else message.state = 'failed'
        log.change(room, message)
        return
      }
      case 'reaction': {
        const room = store.find(event.room)
        const message = room && store.react(room, event.replyTo, event.from.nick, event.reaction, event.set)
        if (room && message) log.change(room, message)
        return
      }
      case 'typing': {
        const room = store.find(event.room)
        if (!room || client.same(event.from.nick, store.nick)) return
        store.setTyping(room, event.from.nick, event.state === 'active' ? Date.now() + typingHolds : undefined)
        setTimeout(showTyping, typingHolds + 50)
        showTyping()
        return
      }
      case 'history':
        receiveHistory(event.room, event.events, event.more)
        return
      case 'nick':
        if (event.self) {
          store.nick = event.to
          find('self-nick').textContent = event.to
        }
        for (const room of event.rooms) note(room, `${event.from.nick} is now ${event.to}`, event.time)
        return
      case 'join':
        if (!event.self) note(event.room, `${event.who.nick} came in`, event.time)
        return
      case 'part':
        if (event.self) {
          const room = store.find(event.room)
          if (room) store.remove(room)
          if (store.current) show(store.current)
        } else note(event.room, `${event.who.nick} left${because(event.reason)}`, event.time)
        return
      case 'kick':
        note(event.room, `${event.nick} was put out by ${event.by.nick}${because(event.reason)}`, event.time)
        return
      case 'quit':
        for (const room of event.rooms) note(room, `${event.who.nick} is gone${because(event.reason)}`, event.time)
        return
      case 'topic':
        if (event.changed)
          note(event.room, `${event.by?.nick ?? 'The server'} set the topic: ${event.topic}`, event.time)
        else showRoom()
        return
      case 'names':
      case 'person':
      case 'mode':
        showRoom()
        return
      case 'invite':
        if (event.self)
          note(store.current?.name ?? firstRoom, `${event.by.nick} invites you to ${event.room}`, event.time)
        return
      case 'complaint':
        if (event.severity === 'fail') note(store.current?.name ?? firstRoom, event.text, event.time)
        return
      case 'reply':
        return
    }
  }

  function receiveMessage(event: MessageEvent): void {
    const room = store.room(event.room)
    const message = fromEvent(event)
    if (event.localId !== undefined) room.waiting.set(event.localId, message)
    const seen = room === store.current && log.following
    if (!store.add(room, message, seen || event.past)) return
    log.add(room, message)
    showTyping()
    showRooms()
  }

  function receiveHistory(name: string, events: readonly PastEvent[], more: boolean): void {
    const room = store.room(name)
    room.older = more
    for (const event of events) {
      if (event.type === 'message') store.add(room, fromEvent(event), true)
    }
    for (const event of events) {
      if (event.type === 'reaction') store.react(room, event.replyTo, event.from.nick, event.reaction, event.set)
    }
    if (room === store.current) log.show(room)
    showEdge(room)
  }

  function fromEvent(event: MessageEvent): Message {
    return newMessage(event.from.nick, event.text, event.time.getTime(), {
      id: event.msgid,
      kind: event.kind,
      self: event.self,
      state: event.localId === undefined ? 'sent' : 'pending',
      replyTo: event.replyTo,
    })
  }

  /** A line about the room rather than in it. */
  function note(name: string, text: string, time: Date): void {
    const room = store.room(name)
    const message = newMessage('', text, time.getTime(), { kind: 'event' })
    store.add(room, message, true)
    log.add(room, message)
    showRoom()
  }

  // A person → client

  function say(text: string, replyTo: string | undefined): void {
    const room = store.current
    if (!room) return
    const [, command, rest] = /^\/(\w+)(?:\s+([\s\S]*))?$/.exec(text) ?? []
    if (command !== undefined) obey(room, command, rest ?? '')
    else attempt(() => client.say(room.name, text, replyTo === undefined ? {} : { replyTo }))
  }

  /** The few commands that the page has no button for; an unknown one is said to be so, not sent as text. */
  function obey(room: Room, command: string, rest: string): void {
    if (command === 'me') attempt(() => client.say(room.name, rest, { kind: 'action' }))
    else if (command === 'join') go(roomName(rest))
    else if (command === 'part') attempt(() => client.part(room.name, rest || undefined))
    else if (command === 'nick') attempt(() => client.changeNick(rest))
    else if (command === 'topic') attempt(() => client.setTopic(room.name, rest))
    else if (command === 'msg') {
      const [, to, words] = /^(\S+)\s+([\s\S]+)$/.exec(rest) ?? []
      if (to !== undefined && words !== undefined) attempt(() => client.say(to, words))
    } else note(room.name, `There is no /${command}. There are /me /join /part /nick /topic /msg.`, new Date())
  }

  function attempt(action: () => unknown): void {
    Promise.resolve()
      .then(action)
      .catch((error: Error) => note(store.current?.name ?? firstRoom, error.message, new Date()))
  }

  function chooseReaction(message: Message, near: Element): void {
    const dialog = find<HTMLDialogElement>('reactions')
    dialog.replaceChildren(
      ...reactions.map((reaction) => {
        const button = element('button', '', reaction)
        button.type = 'button'
        button.addEventListener('click', () => {
          dialog.close()
          toggleReaction(message, reaction)
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

  function toggleReaction(message: Message, reaction: string): void {
    const room = store.current
    if (!room || message.id === undefined) return
    const set = !message.reactions.get(reaction)?.has(store.nick)
    client.react(room.name, message.id, reaction, set)
    // A server without echo-message says nothing back; with it the same reaction comes again and changes nothing.
    store.react(room, message.id, store.nick, reaction, set)
    log.change(room, message)
  }

  async function readOlder(room: Room): Promise<void> {
    const oldest = room.messages[0]
    if (!room.older || room.loading || !oldest || !client.has('draft/chathistory')) return
    room.loading = true
    showEdge(room)
    try {
      const page = await client.history(room.name, { before: oldest.id ?? new Date(oldest.time), limit: historyPage })
      receiveHistory(room.name, page.events, page.more)
    } catch {
      room.older = false
    } finally {
      room.loading = false
      showEdge(room)
    }
  }

  // Views

  function show(room: Room): void {
    store.show(room)
    composer.enter(room.name)
    log.show(room)
    showRooms()
    showRoom()
    showEdge(room)
    showTyping()
    const address = new URL(location.href)
    address.searchParams.set('name', store.nick)
    address.hash = encodeURIComponent(room.name.replace(/^#/, ''))
    history.replaceState(null, '', address)
    closeRooms()
  }

  function go(name: string): void {
    if (name === '') return
    show(store.room(name))
    if (/^[#&]/.test(name) && !client.room(name)?.joined) attempt(() => client.join(name))
  }

  function showRooms(): void {
    drawRooms(find('room-list'), store.rooms.values(), store.current, show)
    const unread = [...store.rooms.values()].reduce((sum, room) => sum + room.unread, 0)
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${store.current?.name ?? 'Chat'}`
  }

  function showRoom(): void {
    const room = store.current
    if (!room) return
    const known = client.room(room.name)
    find('room-title').textContent = room.name
    find('topic').textContent = known?.topic ?? ''
    find('topic').title = known?.topic ?? ''
    find('toggle-members').hidden = !known
    find('member-count').textContent = String(known?.members.size ?? 0)
    drawMembers(find('member-list'), known?.sorted() ?? [])
  }

  function showTyping(): void {
    if (store.current) find('typing').textContent = typingSentence(store.typing(store.current, Date.now()))
  }

  function showEdge(room: Room): void {
    if (room !== store.current) return
    find('edge').textContent = room.loading
      ? 'Reading older messages…'
      : room.older
        ? ''
        : `This is where ${room.name} begins.`
  }

  function showStatus(event: StatusEvent): void {
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
    if (event.state === 'closed' && event.reason) note(store.current?.name ?? firstRoom, event.reason, new Date())
  }

  function closeRooms(): void {
    find('rooms').classList.remove('open')
    find('open-rooms').setAttribute('aria-expanded', 'false')
  }

  function listen(): void {
    find('open-rooms').addEventListener('click', () => {
      find('rooms').classList.add('open')
      find('open-rooms').setAttribute('aria-expanded', 'true')
      find('close-rooms').focus()
    })
    find('close-rooms').addEventListener('click', closeRooms)
    find('toggle-members').addEventListener('click', () => {
      const members = find('members')
      members.hidden = !members.hidden
      find('toggle-members').setAttribute('aria-expanded', String(!members.hidden))
    })
    find('add-room').addEventListener('submit', (event) => {
      event.preventDefault()
      const field = find<HTMLInputElement>('room-name')
      go(roomName(field.value.trim()))
      field.value = ''
    })
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') closeRooms()
      if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
      const rooms = [...store.rooms.values()]
      const at = rooms.indexOf(store.current!) + (event.key === 'ArrowDown' ? 1 : -1)
      show(rooms[(at + rooms.length) % rooms.length]!)
      event.preventDefault()
    })
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible' || !store.current) return
      store.current.unread = 0
      store.current.called = false
      showRooms()
      client.retryNow()
    })
    addEventListener('online', () => client.retryNow())
    addEventListener('hashchange', () => go(roomName(decodeURIComponent(location.hash.slice(1)))))
  }
}

/** What a person calls a room: `lobby` is the channel `#lobby`. */
function roomName(words: string): string {
  const name = words.replace(/[\s,]+/g, '-')
  return name === '' || /^[#&]/.test(name) ? name : `#${name}`
}

function because(reason: string): string {
  return reason === '' ? '' : ` (${reason})`
}

/** Storage may be forbidden; then the name is asked for again. */
function remembered(): string | null {
  try {
    return localStorage.getItem('name')
  } catch {
    return null
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem('name', name)
  } catch {
    // asked for again next time
  }
}
