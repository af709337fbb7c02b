/** One message as the page shows it. */
export interface Message {
  /** The server's msgid; a message of our own that is not yet answered has only its `key`. */
  id: string | undefined
  /** Stays the same from sending to echo, so that the element on the page does too. */
  key: string
  from: string
  text: string
  /** Milliseconds since 1970. */
  time: number
  kind: 'message' | 'action' | 'notice' | 'event'
  self: boolean
  state: 'sent' | 'pending' | 'failed'
  /** The msgid this answers. */
  replyTo: string | undefined
  /** Who reacted, by reaction. */
  reactions: Map<string, Set<string>>
}

/** What the page keeps of a room, or of a conversation with one person; members and topic are the client's to know. */
export interface Room {
  name: string
  /** In order of time. */
  messages: Message[]
  byId: Map<string, Message>
  /** Our own that wait for their echo, by the client's `localId`. */
  waiting: Map<string, Message>
  unread: number
  /** Among the unread is our name. */
  called: boolean
  /** The first message not seen before the room was last left, `undefined` when all were. */
  marker: Message | undefined
  /** Who is writing, with the time at which that is over. */
  typing: Map<string, number>
  /** Whether older messages may exist on the server. */
  older: boolean
  loading: boolean
}

/** How many messages a room keeps on the page; older ones come back from the server when asked for. */
const maxMessages = 2_000
/** The room in front keeps more before it is cut, because somebody may be reading there. */
const maxCurrent = 2 * maxMessages
/** Rooms and conversations on the page. Beyond that the one that was opened first goes; its next message opens it again. */
const maxRooms = 500
/** Reactions of one message, people of one reaction, and people writing in a room: what is more is not shown. */
const maxPeople = 200

/** Everything the page knows, and nothing of how it looks: rooms, one of them in front. */
export class Store {
  readonly rooms = new Set<Room>()
  current: Room | undefined
  nick = ''
  readonly #same: (a: string, b: string) => boolean

  /** @param same are two names one to this server? Asked anew each time, because a server says only later how it compares */
  constructor(same: (a: string, b: string) => boolean) {
    this.#same = same
  }

  /** The room of that name, made when it is new. */
  room(name: string): Room {
    let room = this.find(name)
    if (!room) {
      room = {
        name,
        messages: [],
        byId: new Map(),
        waiting: new Map(),
        unread: 0,
        called: false,
        marker: undefined,
        typing: new Map(),
        older: true,
        loading: false,
      }
      this.rooms.add(room)
      for (const oldest of this.rooms) {
        if (this.rooms.size <= maxRooms) break
        if (oldest !== this.current) this.rooms.delete(oldest)
      }
    }
    return room
  }

  /** The room if there is one. */
  find(name: string): Room | undefined {
    for (const room of this.rooms) if (this.#same(room.name, name)) return room
    return undefined
  }

  /** Takes a room away. */
  remove(room: Room): void {
    this.rooms.delete(room)
    if (this.current === room) this.current = this.rooms.values().next().value
  }

  /** Puts a room in front: what came meanwhile is read, and the marker stays where reading had stopped. */
  show(room: Room): void {
    if (this.current && this.current !== room) this.current.marker = undefined
    this.current = room
    room.unread = 0
    room.called = false
  }

  /**
   * Puts a message in its place by time. A repeated msgid is dropped: history and live messages may overlap.
   *
   * @returns whether it is new
   */
  add(room: Room, message: Message, seen: boolean): boolean {
    if (message.id !== undefined) {
      if (room.byId.has(message.id)) return false
      room.byId.set(message.id, message)
    }
    // What we say ourselves has the time of our own clock until the server gives it one: it stands last.
    if (message.state === 'pending') room.messages.push(message)
    else place(room.messages, message)
    if (!seen && !message.self && message.kind !== 'event') {
      room.unread++
      room.marker ??= message
      if (this.mentions(message)) room.called = true
    }
    room.typing.delete(message.from)
    this.#trim(room)
    return true
  }

  /**
   * Puts a page of history in its place: by time, and where times are equal before or after what is there, because a
   * clock's tick can hold many messages. Known ones are left out.
   */
  addPast(room: Room, past: readonly Message[], side: 'before' | 'after'): void {
    const fresh = past.filter((message) => message.id === undefined || !room.byId.has(message.id))
    for (const message of fresh) if (message.id !== undefined) room.byId.set(message.id, message)
    const all = side === 'before' ? [...fresh, ...room.messages] : [...room.messages, ...fresh]
    room.messages = all.sort((a, b) => a.time - b.time)
    // What a reader asked for stays until something new comes.
    if (side === 'after') this.#trim(room)
  }

  #trim(room: Room): void {
    if (room.messages.length <= (room === this.current ? maxCurrent : maxMessages)) return
    for (const oldest of room.messages.splice(0, room.messages.length - maxMessages)) {
      if (oldest.id !== undefined) room.byId.delete(oldest.id)
    }
    room.older = true
  }

  /**
   * Our own message came back with its msgid: it is sent, and stands where it stands for everybody.
   *
   * @returns whether that is another place than before
   */
  confirm(room: Room, message: Message, id: string | undefined, time: number): boolean {
    message.state = 'sent'
    message.time = time
    if (id !== undefined && !room.byId.has(id)) {
      message.id = id
      room.byId.set(id, message)
    }
    const at = room.messages.indexOf(message)
    if (at < 0) return false
    room.messages.splice(at, 1)
    return place(room.messages, message) !== at
  }

  /** Whether our nick stands in a message as a word. */
  mentions(message: Message): boolean {
    if (message.self || this.nick === '') return false
    const words = message.text.split(/[^\p{L}\p{N}_\-[\]\\`^{}|]+/u)
    return words.some((word) => this.#same(word, this.nick))
  }

  /** Adds or takes back one person's reaction; `undefined` when the message is not on the page. */
  react(room: Room, id: string, from: string, reaction: string, on: boolean): Message | undefined {
    const message = room.byId.get(id)
    if (!message) return undefined
    const people = message.reactions.get(reaction) ?? new Set()
    if (!on) people.delete(from)
    else if (people.size < maxPeople && message.reactions.size < maxPeople) people.add(from)
    if (people.size > 0) message.reactions.set(reaction, people)
    else message.reactions.delete(reaction)
    return message
  }

  /** Who is writing in a room now; those whose time is over are forgotten. */
  typing(room: Room, now: number): string[] {
    for (const [nick, until] of room.typing) if (until <= now) room.typing.delete(nick)
    return [...room.typing.keys()]
  }

  setTyping(room: Room, nick: string, until: number | undefined): void {
    if (until === undefined) room.typing.delete(nick)
    else if (room.typing.size < maxPeople) room.typing.set(nick, until)
  }
}

/** Puts a message among others by its time, behind those of the same; its index. */
function place(messages: Message[], message: Message): number {
  let at = messages.length
  while (at > 0 && messages[at - 1]!.time > message.time) at--
  messages.splice(at, 0, message)
  return at
}

/** A message with what most messages have. */
export function newMessage(from: string, text: string, time: number, rest: Partial<Message> = {}): Message {
  return {
    id: undefined,
    key: `${time}-${Math.random().toString(36).slice(2)}`,
    from,
    text,
    time,
    kind: 'message',
    self: false,
    state: 'sent',
    replyTo: undefined,
    reactions: new Map(),
    ...rest,
  }
}
