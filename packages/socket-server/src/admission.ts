/** Who gets in: counts the sockets of a server against its limits, and keeps those waiting that have to. */
import type { Socket } from 'node:net'
import { checkCount } from './checks.js'
import { DEFAULTS, type ListenOptions } from './options.js'
import type { TimerWheel } from './timer-wheel.js'

/** Refused ones that still read their refusal; beyond that they are cut off without one. */
const MAX_REFUSED = 256
/** How long, in ms, a refused peer may take to read its refusal and go. */
const REFUSED_TIMEOUT = 2000

export class Admission {
  /** Sockets that were refused. */
  refused = 0
  private readonly max: number
  private readonly maxPerAddress: number
  private readonly maxWaiting: number
  private readonly waits: boolean
  private count = 0
  private readonly perAddress = new Map<string, number>()
  private readonly waiting: Socket[] = []
  private leaving = 0

  /** @param enter opens a socket that has got in */
  constructor(
    private readonly options: ListenOptions,
    private readonly wheel: TimerWheel,
    private readonly enter: (socket: Socket) => void,
  ) {
    checkCount('maxConnections', options.maxConnections)
    checkCount('maxConnectionsPerAddress', options.maxConnectionsPerAddress)
    const { refusal, overload = 'refuse' } = options
    if (refusal !== undefined && typeof refusal !== 'string' && !(refusal instanceof Uint8Array))
      throw new TypeError('refusal is a string or a Uint8Array')
    if (overload !== 'refuse' && overload !== 'wait')
      throw new TypeError(`overload is 'refuse' or 'wait', not ${String(overload)}`)
    this.max = options.maxConnections || Infinity
    this.maxPerAddress = options.maxConnectionsPerAddress || Infinity
    this.waits = overload === 'wait'
    this.maxWaiting = options.backlog ?? DEFAULTS.backlog
  }

  /** A socket was accepted. */
  arrive(socket: Socket): void {
    if (this.max === Infinity && this.maxPerAddress === Infinity) this.enter(socket)
    else if (!this.countAddress(socket)) this.refuse(socket)
    else if (this.count < this.max) this.take(socket)
    else if (this.waits && this.waiting.length < this.maxWaiting) this.wait(socket)
    else {
      this.uncountAddress(socket)
      this.refuse(socket)
    }
  }

  /** The server closes: nobody waits any longer. */
  close(): void {
    for (const socket of this.waiting.splice(0)) socket.destroy()
  }

  private take(socket: Socket): void {
    this.count++
    // On the socket itself, not on its connection: handshakes count, and so do sockets that were detached.
    socket.once('close', () => this.leave(socket))
    this.enter(socket)
  }

  private wait(socket: Socket): void {
    this.waiting.push(socket)
    socket.on('error', ignore)
  }

  private leave(socket: Socket): void {
    this.count--
    this.uncountAddress(socket)
    const next = this.waiting.shift()
    if (next === undefined) return
    next.off('error', ignore)
    this.take(next)
  }

  private refuse(socket: Socket): void {
    this.refused++
    const { refusal, tls } = this.options
    socket.on('error', ignore)
    if (refusal === undefined || tls !== undefined || this.leaving >= MAX_REFUSED) {
      socket.destroy()
      return
    }
    // Politely: what the peer sends is read, because closing over unread input would be a reset, and the refusal lost.
    this.leaving++
    const timer = this.wheel.schedule(REFUSED_TIMEOUT, () => socket.destroy())
    socket.once('close', () => {
      this.leaving--
      timer.cancel()
    })
    socket.resume().end(refusal)
  }

  private countAddress(socket: Socket): boolean {
    if (this.maxPerAddress === Infinity) return true
    const address = socket.remoteAddress
    if (address === undefined) return true
    const count = this.perAddress.get(address) ?? 0
    if (count >= this.maxPerAddress) return false
    this.perAddress.set(address, count + 1)
    return true
  }

  private uncountAddress(socket: Socket): void {
    if (this.maxPerAddress === Infinity) return
    const address = socket.remoteAddress
    const count = address === undefined ? undefined : this.perAddress.get(address)
    if (count === undefined) return
    if (count === 1) this.perAddress.delete(address!)
    else this.perAddress.set(address!, count - 1)
  }
}

function ignore(): void {}
