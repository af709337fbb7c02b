import type { ChatEvent, DeliveryEvent, MessageEvent, PastEvent, StatusEvent } from '../client/events.js'
import type { Chatting } from '../client/interface.js'
import type { LogView } from './log-view.js'
import { find } from './message-view.js'
import { type Message, newMessage, type Room, type Store } from './store.js'

/** How long "is writing" holds when nothing follows, by the specification of the typing client tag. */
const typingHolds = 6_000

/** What an event can change on the page. */
export interface Receiver {
  readonly client: Chatting
  readonly store: Store
  readonly log: LogView
  note(room: string | undefined, text: string, time?: Date): void
  leave(room: string): void
  showStatus(event: StatusEvent): void
  showRooms(): void
  showRoom(): void
  showTyping(): void
  showEdge(room: Room): void
}

/** Takes one event of the client into the store and has drawn what it changed. */
export function receive(page: Receiver, event: ChatEvent): void {
  const { client, store, log } = page
  switch (event.type) {
    case 'status':
      page.showStatus(event)
      return
    case 'welcome':
      takeNick(page, event.nick)
      return
    case 'message':
      receiveMessage(page, event)
      return
    case 'delivery':
      receiveDelivery(page, event)
      return
    case 'reaction': {
      const room = store.find(event.room)
      const message = room && store.react(room, event.replyTo, event.from.nick, event.reaction, event.set)
      if (room && message) log.change(room, message)
      return
    }
    case 'ctcp': {
      const who = event.self ? 'Your program' : `The program of ${event.from.nick}`
      const what = `${event.answer ? 'answers' : 'asks for'} ${event.command} ${event.text}`.trim()
      page.note(store.find(event.room)?.name, `${who} ${what} (CTCP)`, event.time)
      return
    }
    case 'typing': {
      const room = store.find(event.room)
      if (!room || client.same(event.from.nick, store.nick)) return
      store.setTyping(room, event.from.nick, event.state === 'active' ? Date.now() + typingHolds : undefined)
      setTimeout(() => page.showTyping(), typingHolds + 50)
      page.showTyping()
      return
    }
    case 'history':
      addHistory(page, store.room(event.room), event.events, event.more, 'after')
      return
    case 'nick':
      if (event.self) takeNick(page, event.to)
      for (const room of event.rooms) page.note(room, `${event.from.nick} is now ${event.to}`, event.time)
      return
    case 'join':
      if (!event.self) page.note(event.room, `${event.who.nick} came in`, event.time)
      return
    case 'part':
      if (event.self) page.leave(event.room)
      else page.note(event.room, `${event.who.nick} left${because(event.reason)}`, event.time)
      return
    case 'kick':
      page.note(event.room, `${event.nick} was put out by ${event.by.nick}${because(event.reason)}`, event.time)
      return
    case 'quit':
      for (const room of event.rooms) page.note(room, `${event.who.nick} is gone${because(event.reason)}`, event.time)
      return
    case 'topic':
      if (event.changed)
        page.note(event.room, `${event.by?.nick ?? 'The server'} set the topic: ${event.topic}`, event.time)
      else page.showRoom()
      return
    case 'names':
    case 'person':
    case 'mode':
      page.showRoom()
      return
    case 'invite':
      if (event.self) page.note(undefined, `${event.by.nick} invites you to ${event.room}`, event.time)
      return
    case 'complaint':
      if (event.severity === 'fail') page.note(undefined, event.text)
      return
    case 'reply':
      return
  }
}

/** Puts a stretch of the past in its place: messages first, then the reactions to them. */
export function addHistory(
  page: Receiver,
  room: Room,
  events: readonly PastEvent[],
  more: boolean,
  side: 'before' | 'after',
): void {
  const { store, log } = page
  room.older = more
  store.addPast(
    room,
    events.flatMap((event) => (event.type === 'message' ? fromEvent(event) : [])),
    side,
  )
  for (const event of events) {
    if (event.type === 'reaction') store.react(room, event.replyTo, event.from.nick, event.reaction, event.set)
  }
  if (room === store.current) log.show(room)
  page.showEdge(room)
}

function receiveMessage(page: Receiver, event: MessageEvent): void {
  const { store, log } = page
  const room = store.room(event.room)
  const message = fromEvent(event)
  if (event.localId !== undefined) room.waiting.set(event.localId, message)
  const seen = room === store.current && log.following
  if (!store.add(room, message, seen || event.past)) return
  log.add(room, message)
  page.showTyping()
  page.showRooms()
}

function receiveDelivery({ store, log }: Receiver, event: DeliveryEvent): void {
  const room = store.find(event.room)
  const message = room?.waiting.get(event.localId)
  if (!room || !message) return
  room.waiting.delete(event.localId)
  const moved = event.state === 'sent' && store.confirm(room, message, event.msgid, event.time.getTime())
  if (event.state === 'failed') message.state = 'failed'
  if (moved && room === store.current) log.show(room)
  else log.change(room, message)
}

function takeNick(page: Receiver, nick: string): void {
  page.store.nick = nick
  find('self-nick').textContent = nick
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

function because(reason: string): string {
  return reason === '' ? '' : ` (${reason})`
}
