import { connect, type Socket } from 'node:net'

/** What a crowd does. */
export interface CrowdOptions {
  readonly port: number
  readonly clients: number
  /** 0: nobody joins anything. */
  readonly rooms: number
  /** Capabilities asked for; a server that knows none of them is asked for none. */
  readonly caps: readonly string[]
}

interface Client {
  readonly socket: Socket
  readonly room: number
  rest: Buffer
}

const LF = 10

/**
 * Clients in rooms, counting what reaches them. It reads as little as it can: between two line breaks lies one delivery,
 * so that what is measured is the server and not the crowd.
 */
export class Crowd {
  /** Deliveries since the start. */
  delivered = 0
  /** Called for each delivery with the client's room; the chunk holds the line from `start` to `end`. */
  onDelivery: ((room: number, chunk: Buffer, start: number, end: number) => void) | undefined = undefined
  private readonly byRoom: Client[][] = []
  private readonly turn: number[] = []

  private constructor(private readonly clients: readonly Client[]) {}

  /** Connects, registers and joins everybody. */
  static async gather(options: CrowdOptions): Promise<Crowd> {
    const clients: Client[] = []
    // A few at a time, so that the backlog of no server overflows.
    for (let from = 0; from < options.clients; from += 50) {
      const some = Array.from({ length: Math.min(50, options.clients - from) }, (_, i) => enter(options, from + i))
      clients.push(...(await Promise.all(some)))
    }
    const crowd = new Crowd(clients)
    for (const client of clients) {
      crowd.byRoom[client.room] ??= []
      crowd.byRoom[client.room]!.push(client)
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
    for (const client of clients) {
      client.socket.removeAllListeners('data')
      client.socket.on('data', (chunk: Buffer) => crowd.read(client, chunk))
    }
    return crowd
  }

  private read(client: Client, chunk: Buffer): void {
    const data = client.rest.length === 0 ? chunk : Buffer.concat([client.rest, chunk])
    let start = 0
    for (;;) {
      const end = data.indexOf(LF, start)
      if (end < 0) break
      if (data[start] === 80 /* P of a PING, which alone has no source */) {
        client.socket.write(`PONG${data.toString('latin1', start + 4, end)}\n`)
      } else {
        this.delivered++
        this.onDelivery?.(client.room, data, start, end)
      }
      start = end + 1
    }
    client.rest = start === data.length ? EMPTY : data.subarray(start)
  }

  /** The next member of the room says something. */
  say(room: number, text: string): void {
    const members = this.byRoom[room]!
    const turn = ((this.turn[room] ?? 0) + 1) % members.length
    this.turn[room] = turn
    members[turn]!.socket.write(`PRIVMSG #room${room} :${text}\r\n`)
  }

  /** Everybody is gone at once. */
  leave(): void {
    for (const { socket } of this.clients) socket.destroy()
  }
}

const EMPTY = Buffer.alloc(0)

function enter(options: CrowdOptions, i: number): Promise<Client> {
  const room = options.rooms === 0 ? 0 : i % options.rooms
  const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true })
  return new Promise((resolve, reject) => {
    let text = ''
    let step = 0
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const ping = /(?:^|\n)PING ([^\r\n]+)\r?\n/.exec(text)
      if (ping !== null) {
        socket.write(`PONG ${ping[1]}\r\n`)
        text = text.replace(ping[0], '\n')
      }
      if (step === 0 && / CAP \S+ (ACK|NAK) /.test(text)) {
        step = 1
        socket.write('CAP END\r\n')
      }
      if (step < 2 && / (376|422) /.test(text)) {
        step = 2
        text = ''
        if (options.rooms === 0) return resolve({ socket, room, rest: EMPTY })
        socket.write(`JOIN #room${room}\r\n`)
      }
      if (step === 2 && / 366 /.test(text)) {
        step = 3
        resolve({ socket, room, rest: EMPTY })
      }
    })
    if (options.caps.length > 0) socket.write(`CAP REQ :${options.caps.join(' ')}\r\n`)
    else step = 1
    socket.write(`NICK n${i}\r\nUSER u${i} 0 * :u\r\n`)
  })
}
