/** What a parser made of the octets; adding it up keeps the optimiser from leaving work away. */
export class Seen {
  messages = 0
  strings = 0
  octets = 0
  /** Filled while results are compared, absent while time is taken. */
  captured: Message[] | undefined = undefined
}

/** One message as it is compared between parsers; absent parts were not made. */
export interface Message {
  start?: string
  fields?: string[]
  octets: number
}

/** One parser on one connection that stays open. */
export interface Driver {
  feed(chunk: Buffer): void
}

/** One row of the benchmark. */
export interface Implementation {
  id: string
  name: string
  /** What is made of a head: every string, the start line's strings, or nothing. */
  depth: 'eager' | 'lazy' | 'scan'
  ours: boolean
  /** npm package in `bench/peers`, for peers. */
  peer?: string
  /** Loads it and gives a driver. */
  open(kind: 'request' | 'response', seen: Seen): Promise<Driver>
}
